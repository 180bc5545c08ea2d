/* Any bytes as a PIDF-LO document: a place in Sweden, or none. */
#include <assert.h>

#include "routing/municipality.h"
#include "routing/pidf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct location_place place;
	struct pidf p;

	if (pidf_read((struct text){ (const char *)data, size }, &p))
		return 0;
	assert(size <= PIDF_MAX);
	assert(text_is_printable(text_of(p.a1)));
	assert(text_is_printable(text_of(p.a2)));
	if (pidf_place(&p, &place))
		return 0;
	assert(place.region >= 0 && place.region < REGIONS);
	assert(place.municipality < MUNICIPALITIES);
	assert(place.municipality < 0 ||
	       municipality_table[place.municipality].region == place.region);
	return 0;
}
