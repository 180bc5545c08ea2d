/* A checkpoint without extensions has one spelling. */
#include <assert.h>

#include "tlog/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { (const char *)data, size };
	char origin[512], again[1024];
	struct writer w = writer_on(again, sizeof(again));
	struct checkpoint c;

	if (checkpoint_read(t, &c) || c.extensions.len ||
	    c.origin.len >= sizeof(origin) ||
	    memchr(c.origin.p, '\0', c.origin.len))
		return 0;
	assert(!text_copy(origin, sizeof(origin), c.origin));
	checkpoint_write(&w, origin, c.size, &c.root);
	assert(w.len == size && !memcmp(again, data, size));
	return 0;
}
