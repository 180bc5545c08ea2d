/*
 * A stream in pieces: the first byte says how large they are. Whatever the
 * pieces, the same frames must come out.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "sip/frame.h"
#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Frames found, and a sum over their kinds and lengths. */
static uint64_t run(const uint8_t *p, size_t size, size_t piece)
{
	size_t from = 0, to = 0, scanned = 0;
	uint64_t sum = 1;

	while (to < size) {
		to = size - to > piece ? to + piece : size;
		for (;;) {
			struct frame f;
			int err = frame_next(p + from, to - from, &scanned, &f);

			if (err)
				return sum * 31 + (uint64_t)err;
			if (f.kind == FRAME_MORE)
				break;
			assert(f.len && f.len <= to - from);
			assert(f.len <= MESSAGE_MAX);
			/* one or two blanks: depends on what had come */
			if (f.kind == FRAME_MESSAGE)
				sum = sum * 31 + f.len;
			from += f.len;
			scanned = 0;
		}
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	/* past the limit the moment of noticing depends on the pieces */
	if (size > MESSAGE_MAX)
		size = MESSAGE_MAX;
	assert(run(data + 1, size - 1, size) ==
	       run(data + 1, size - 1, (size_t)data[0] + 1));
	return 0;
}
