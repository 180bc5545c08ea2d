/*
 * A spool of any content; and records that we wrote, damaged at a place that
 * the input names, which must never open as something else.
 */
#include <sodium.h>
#include <stdlib.h>

#include "seal/spool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct seal_keys keys, card_keys;

static void walk(struct bytes in)
{
	static uint8_t buf[SPOOL_RECORD_MAX];
	struct reader r = reader_on(in.p, in.len);
	struct spool_seal seal;
	struct spool_record rec;
	struct spool_content c;
	struct spool_start s;
	struct spool_event e;
	struct spool_done d;
	bool started = false;

	while (!spool_next(&r, &rec)) {
		if (rec.raw.len % SPOOL_ALIGN || rec.raw.len > SPOOL_RECORD_MAX)
			abort();
		(void)!spool_read_start(&rec, &s);
		(void)!spool_read_event(&rec, &e);
		(void)!spool_read_done(&rec, &d);
		if (!spool_resume(&rec, &keys, &card_keys, &seal))
			started = true;
		if (started)
			(void)!spool_open(&rec, &seal, buf, sizeof(buf), &c);
	}
}

/* Tags of clear records made right, so that what is behind them is reached. */
static void walk_with_tags(struct bytes in)
{
	static uint8_t buf[4096];
	uint8_t digest[32];
	uint32_t total = SPOOL_ALIGN;

	if (in.len > sizeof(buf) - SPOOL_ALIGN)
		return;
	memset(buf, 0, sizeof(buf));
	memcpy(buf, in.p, in.len);
	memcpy(buf, "VXS1\0\0", 6);
	while (total < in.len)
		total += SPOOL_ALIGN;
	buf[6] = (uint8_t)(total >> 8);
	buf[7] = 0;
	memset(buf + 9, 0, 3);
	memset(buf + 28, 0, 32);
	(void)crypto_hash_sha256(digest, buf, total - SPOOL_TAG_BYTES);
	memcpy(buf + total - SPOOL_TAG_BYTES, digest, SPOOL_TAG_BYTES);
	walk((struct bytes){ buf, total });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool ready;

	if (!ready) {
		static const uint8_t fk[16] = "YELLOW SUBMARINE";

		if (sodium_init() < 0)
			abort();
		seal_keys_derive(fk, fk, &keys);
		seal_keys_derive(fk, fk, &card_keys);
		ready = true;
	}
	walk((struct bytes){ data, len });
	walk_with_tags((struct bytes){ data, len });
	return 0;
}
