/*
 * The keeper's side of recovery: records that a broken recorder might send.
 * The first byte chooses: raw bytes after a good START, or a script that makes
 * well-sealed records with any offsets, lengths and order.
 */
#include <sodium.h>
#include <stdlib.h>

#include "ipc/values.h"
#include "recording/recover.h"
#include "seal/spool.h"

static struct age_identity identity;
static struct seal_keys keys, card_keys;
static uint8_t start[4096];
static size_t start_len;
static struct spool_seal first_seal;
static struct spool_nonce nonce;

static void make_start(void)
{
	uint8_t envelope[ENVELOPE_MAX], card_envelope[ENVELOPE_MAX];
	struct writer e = writer_on(envelope, sizeof(envelope));
	struct writer c = writer_on(card_envelope, sizeof(card_envelope));
	struct writer w = writer_on(start, sizeof(start));
	struct spool_start s = { .controller = TEXT("c") };

	if (sodium_init() < 0 || secret_init(4096) ||
	    age_identity_new(&identity))
		abort();
	seal_keys_new(&keys);
	seal_keys_new(&card_keys);
	spool_nonce_init(&nonce);
	memcpy(s.pn, keys.pn, sizeof(s.pn));
	memcpy(s.check, keys.check, sizeof(s.check));
	memcpy(s.card_pn, card_keys.pn, sizeof(s.card_pn));
	memcpy(s.card_check, card_keys.check, sizeof(s.card_check));
	if (envelope_make(keys.fk, &identity.recipient, 1, &e) ||
	    envelope_make(card_keys.fk, &identity.recipient, 1, &c))
		abort();
	s.envelope = (struct bytes){ envelope, e.len };
	s.card_envelope = (struct bytes){ card_envelope, c.len };
	if (spool_write_start(&w, &s, &keys, &card_keys, &first_seal))
		abort();
	start_len = w.len;
}

static int put(void *arg, uint64_t at, struct bytes sealed)
{
	(void)arg;
	(void)at;
	if (!sealed.len || sealed.len > RECOVER_PIECE_MAX)
		abort();
	return 0;
}

static int settle(void *arg, struct bytes start_record, struct bytes record,
		  struct spool_end *end)
{
	(void)arg;
	(void)start_record;
	(void)record;
	(void)end;
	return 0;
}

/* One record as the script has it. */
static int one(struct recover *r, struct spool_seal *seal, struct reader *in,
	       uint8_t kind)
{
	static uint8_t zeros[SPOOL_DATA_MAX];
	static uint8_t record[SPOOL_RECORD_MAX];
	struct writer w = writer_on(record, sizeof(record));
	uint32_t a = 0;
	uint16_t len = 0;
	int err;

	if (reader_u32(in, &a) || reader_u16(in, &len))
		return ENOENT;
	if (kind % 4 == 0) {
		struct spool_end end = { .body_len = a & 0x7ffff };

		err = spool_write_end(&w, seal, &nonce, &end);
	} else if (kind % 4 == 1) {
		struct spool_fact fact = { .kind = (uint8_t)a,
					   .value = { (const char *)zeros,
						      len % 600 } };

		err = spool_write_fact(&w, seal, &nonce, &fact);
	} else {
		/* near each other, and near the borders of chunks */
		struct spool_data d = { .offset = kind % 4 == 2 ? a & 0x7ffff
								: (a & 7) << 16,
					.bytes = { zeros, len } };

		err = spool_write_data(&w, seal, &nonce, &d);
	}
	return err ? err : recover_feed(r, (struct bytes){ record, w.len });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader in = reader_on(data, size);
	struct spool_seal seal;
	struct recover *r;
	uint8_t how, kind, base;
	int err;

	if (!start_len)
		make_start();
	if (reader_u8(&in, &how) || reader_u8(&in, &base))
		return 0;
	if (recover_new(&r, &identity, 1,
			base == 255 ? UINT64_MAX : (uint64_t)base << 16, put,
			settle, NULL))
		abort();
	seal = first_seal;
	err = recover_feed(r, (struct bytes){ start, start_len });
	if (err)
		abort();
	if (how & 1)
		err = recover_feed(r,
				   (struct bytes){ in.at, reader_left(&in) });
	else
		while (!err && !reader_u8(&in, &kind))
			err = one(r, &seal, &in, kind);
	if (!err || err == ENOENT)
		(void)!recover_finish(r);
	recover_free(r);
	return 0;
}
