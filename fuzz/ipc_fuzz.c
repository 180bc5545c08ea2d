/* Any two of our processes, any bytes: the table, then the decoder, and what
   was decoded must encode to the same bytes again. */
#include <assert.h>
#include <string.h>

#include "ipc/ipc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t again[IPC_MESSAGE_MAX];
	struct ipc_message m;
	enum ipc_type type;
	struct reader r;
	struct writer w;
	uint64_t about;

	if (len < 2 || len - 2 > IPC_MESSAGE_MAX)
		return 0;
	if (ipc_check(data + 2, len - 2, data[0] >> 7,
		      (enum role)(data[0] % ROLE_COUNT),
		      (enum role)(data[1] % ROLE_COUNT), &type, &about))
		return 0;
	r = reader_on(data + 2 + IPC_HEADER_BYTES, len - 2 - IPC_HEADER_BYTES);
	if (ipc_decode(&r, type, &m))
		return 0;
	w = writer_on(again, sizeof(again));
	assert(!ipc_encode(&w, &m));
	assert(w.len == len - 2 - IPC_HEADER_BYTES);
	assert(!memcmp(again, data + 2 + IPC_HEADER_BYTES, w.len));
	return 0;
}
