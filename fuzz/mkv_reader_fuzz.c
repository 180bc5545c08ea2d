/* Any file, at once and byte by byte: both must find the same. */
#include <stdlib.h>

#include "container/mkv_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void on_block(void *arg, const struct mkv_block *b)
{
	uint64_t *sum = arg;

	*sum += b->at_ms + b->track;
	for (size_t i = 0; i < b->payload.len; i++)
		*sum = *sum * 31 + b->payload.p[i];
}

static int read_it(const uint8_t *data, size_t len, size_t step,
		   struct mkv_info *info, uint64_t *sum)
{
	struct mkv_reader *r;
	int err = 0;

	*sum = 0;
	if (mkv_reader_new(&r, on_block, sum))
		abort();
	for (size_t at = 0; !err && at < len; at += step)
		err = mkv_reader_feed(
			r, (struct bytes){ data + at,
					   len - at < step ? len - at : step });
	if (!err)
		err = mkv_reader_end(r);
	*info = *mkv_reader_info(r);
	mkv_reader_free(r);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mkv_info a, b;
	uint64_t sum_a, sum_b;

	if (read_it(data, len, 100000, &a, &sum_a) !=
	    read_it(data, len, 13, &b, &sum_b))
		abort();
	if (sum_a != sum_b || a.whole_bytes != b.whole_bytes ||
	    a.length_ms != b.length_ms || a.track_count != b.track_count ||
	    a.whole_bytes > len)
		abort();
	return 0;
}
