/* What the desk may ask: it may be broken into. */
#include <assert.h>

#include "process/ledger/ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ask a;

	if (ask_read((struct text){ (const char *)data, size }, &a))
		return 0;
	assert(a.what < ASK_WHATS && a.limit <= ASK_RECORDINGS_MAX);
	assert(a.type < EVENT_TYPES && a.state < RECORD_STATES);
	assert(a.details_len <= sizeof(a.details));
	assert(strlen(a.org) < sizeof(a.org));
	return 0;
}
