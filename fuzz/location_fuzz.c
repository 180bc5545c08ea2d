/* Lines of what a trunk says of a caller's place, in the order of the struct;
 * the body is what follows them. */
#include <assert.h>

#include "routing/location.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char cells_text[] = "utran-cell-id-3gpp=24001\t0180\n"
				 "cgi-3gpp=2400\t0480\n";

static struct text line(struct reader *r)
{
	struct text t = { "", 0 };

	if (reader_until(r, '\n', &t))
		(void)!reader_text(r, reader_left(r), &t);
	return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct location_table *cells;
	struct reader r = reader_on(data, size);
	struct location_signals s = { .trusted = true };
	struct location l;
	unsigned at;

	if (!cells && location_table_read(&cells, text_of(cells_text), &at))
		return 0;
	s.kommun_id = line(&r);
	s.asserted = line(&r);
	s.access_network = line(&r);
	s.geolocation = line(&r);
	s.geolocation_routing = line(&r);
	s.content_type = line(&r);
	s.content_id = line(&r);
	(void)!reader_text(&r, reader_left(&r), &s.body);
	location_find(&s, &(struct location_tables){ NULL, cells, cells }, &l);
	assert((l.method == LOCATION_NOWHERE) == (l.place.region < 0));
	assert(l.conflicts < LOCATION_METHODS && !l.ignored);
	s.trusted = false;
	location_find(&s, &(struct location_tables){ NULL, cells, cells }, &l);
	assert(l.method == LOCATION_NOWHERE && l.place.region < 0);
	return 0;
}
