/* A leaf has one spelling. */
#include <assert.h>

#include "tlog/leaf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { (const char *)data, size };
	uint8_t again[LEAF_MAX];
	struct writer w = writer_on(again, sizeof(again));
	struct leaf l;

	if (leaf_read(t, &l))
		return 0;
	assert(!leaf_write(&w, text_of(l.type), text_of(l.organisation),
			   l.hour_ms, l.commitment));
	assert(w.len == size && !memcmp(again, data, size));
	return 0;
}
