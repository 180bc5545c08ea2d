/*
 * Payloads under a known key. The first byte says how: as they are, or sealed
 * by us and then damaged at a place that the input names.
 */
#include <sodium.h>
#include <stdlib.h>

#include "seal/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const uint8_t fk[AGE_FILE_KEY_BYTES] = "YELLOW SUBMARINE";
static struct stream *s;

static void damaged(struct bytes plain, size_t at, uint8_t how)
{
	static uint8_t sealed[1 << 18], back[1 << 18];
	struct writer w = writer_on(sealed, sizeof(sealed));
	struct writer out = writer_on(back, sizeof(back));
	int err;

	if (plain.len > 150000 || stream_seal(s, fk, fk, plain, &w))
		return;
	if (at < w.len)
		sealed[at] ^= how;
	err = stream_open(s, fk, (struct bytes){ sealed, w.len }, &out);
	if ((at < w.len && how) != !!err)
		abort();
	if (out.len > plain.len || (!err && out.len != plain.len) ||
	    (out.len && memcmp(back, plain.p, out.len)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t back[1 << 20];
	struct writer out = writer_on(back, sizeof(back));
	size_t at;

	if (!s && (sodium_init() < 0 || stream_new(&s)))
		abort();
	if (len < 5)
		return 0;
	if (data[0] & 1) {
		(void)!stream_open(s, fk, (struct bytes){ data + 1, len - 1 },
				   &out);
		return 0;
	}
	at = (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
	damaged((struct bytes){ data + 5, len - 5 }, at, data[4]);
	return 0;
}
