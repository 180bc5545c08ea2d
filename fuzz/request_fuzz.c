/* R: what decodes encodes to the same bytes, and receipts need a signature. */
#include <stdlib.h>
#include <string.h>

#include "release/receipt.h"
#include "release/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[REQUEST_MAX];
	struct writer w = writer_on(again, sizeof(again));
	struct request q;
	struct receipt r;

	if (!request_decode((struct bytes){ data, size }, &q))
		if (request_encode(&w, &q) || w.len != size ||
		    memcmp(again, data, size))
			abort();
	(void)!receipt_read((struct bytes){ data, size }, &r);
	return 0;
}
