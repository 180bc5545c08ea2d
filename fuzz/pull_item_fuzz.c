/* Any line of another node's feed: what is taken of it is within bounds. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "process/puller/item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct item i;
	int err = item_read((struct text){ (const char *)data, size },
			    "Region Test", &i);

	if (err && err != ENODATA)
		return 0;
	assert(i.cursor[0] && i.origin[0]);
	assert(i.state >= RECORD_SEALED && i.state < RECORD_STATES);
	assert(i.envelope_len <= sizeof(i.envelope));
	assert(i.card_len <= sizeof(i.card));
	if (item_has_body(&i))
		assert(i.body_bytes && (err == ENODATA) == !i.envelope_len);
	return 0;
}
