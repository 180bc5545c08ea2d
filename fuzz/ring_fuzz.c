/* The consumer against memory that the producer filled with anything. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t *memory;
	static struct ring_frame frame;
	size_t total = ring_memory_bytes(1);
	struct ring *r;

	if (!memory)
		memory = aligned_alloc(64, total);
	if (!memory || ring_format(memory, total))
		return 0;
	/* all but magic and size, which are checked when attaching */
	if (len > total - 64)
		len = total - 64;
	memcpy(memory + 64, data, len);
	if (ring_attach(&r, memory, total))
		return 0;
	for (int i = 0; i < 5000; i++) {
		int err = ring_get(r, &frame);

		if (err == EAGAIN)
			break;
		if (!err)
			assert(frame.len <= RING_PAYLOAD_MAX);
	}
	ring_release(r);
	ring_detach(r);
	return 0;
}
