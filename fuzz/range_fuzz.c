/* Any header: what comes of it lies within what is there. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "https/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct https_range r;
	char header[128];
	uint64_t total;

	if (size < 1 ||
	    text_copy(header, sizeof(header),
		      (struct text){ (const char *)data + 1, size - 1 }))
		return 0;
	total = (uint64_t)data[0] << (data[0] % 54);
	if (!https_range_read(header, total, &r))
		assert(r.len && r.from < total && r.len <= total - r.from);
	return 0;
}
