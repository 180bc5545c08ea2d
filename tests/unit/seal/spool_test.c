#include "tests/unit/unit.h"

#include <sodium.h>

#include "seal/spool.h"

enum { MAX = 256 * 1024 };

static uint8_t file[MAX];
static struct seal_keys keys, card_keys;
static struct spool_nonce nonce;
static const uint8_t rec_id[SPOOL_ID_BYTES] = "recording id 16b";
static const uint8_t event_id[SPOOL_ID_BYTES] = "event id is 16b.";

static int setup(void **state)
{
	(void)state;
	if (sodium_init() < 0)
		return 1;
	seal_keys_new(&keys);
	seal_keys_new(&card_keys);
	spool_nonce_init(&nonce);
	return 0;
}

static struct spool_start a_start(void)
{
	struct spool_start s = {
		.at_ms = 1795295100125,
		.worker = 3,
		.codecs = { 0, 2, 4 },
		.controller = TEXT("region-sormland"),
		.envelope = { (const uint8_t *)"the envelope", 12 },
		.card_envelope = { (const uint8_t *)"the card's", 10 },
	};

	memcpy(s.id, rec_id, sizeof(s.id));
	memcpy(s.body_name, "name of the body", 16);
	memcpy(s.call_id, "call id 16 bytes", 16);
	return s;
}

/* START, DATA, FACT, EVENT, DATA, END, DONE; returns the bytes. */
static size_t a_spool(struct spool_seal *seal)
{
	struct writer w = writer_on(file, sizeof(file));
	struct spool_start start = a_start();
	struct spool_data data = { .offset = 0,
				   .last_packet = { 4, 5, SPOOL_NO_PACKET } };
	struct spool_fact fact = { 2, 99, TEXT("a nurse's account") };
	struct spool_end end = { 1234, 5678, 1, 1000 };
	struct spool_event event = { .type = 7,
				     .at_ms = 42,
				     .organisation = TEXT("org"),
				     .details = TEXT("{}") };
	struct spool_done done = { 3, 0 };
	static uint8_t audio[1700];

	memset(audio, 0xd5, sizeof(audio));
	memcpy(event.id, event_id, sizeof(event.id));
	assert_int_equal(spool_write_start(&w, &start, &keys, &card_keys, seal),
			 0);
	data.bytes = (struct bytes){ audio, sizeof(audio) };
	assert_int_equal(spool_write_data(&w, seal, &nonce, &data), 0);
	assert_int_equal(spool_write_fact(&w, seal, &nonce, &fact), 0);
	assert_int_equal(spool_write_event(&w, &event), 0);
	data.offset = sizeof(audio);
	data.bytes.len = 0;
	assert_int_equal(spool_write_data(&w, seal, &nonce, &data), 0);
	assert_int_equal(spool_write_end(&w, seal, &nonce, &end), 0);
	assert_int_equal(spool_write_done(&w, rec_id, seal->seq, &done), 0);
	assert_int_equal(w.len % SPOOL_ALIGN, 0);
	return w.len;
}

static void an_end_from_elsewhere_is_held_to_its_form(void **state)
{
	static const uint8_t other[SPOOL_ID_BYTES] = "another of them.";
	struct spool_seal seal;
	size_t len = a_spool(&seal);
	struct reader r = reader_on(file, len);
	struct spool_record rec;

	(void)state;
	while (!spool_next(&r, &rec)) {
		bool end = rec.type == SPOOL_END;

		assert_int_equal(spool_is_end(rec.raw, rec_id), end);
		assert_false(spool_is_end(rec.raw, other));
		for (size_t n = 0; n < rec.raw.len; n += 7)
			assert_false(spool_is_end(
				(struct bytes){ rec.raw.p, n }, rec_id));
		/* with another record, or its beginning, behind it */
		if (end)
			assert_false(spool_is_end(
				(struct bytes){ rec.raw.p,
						rec.raw.len + SPOOL_ALIGN },
				rec_id));
	}
}

static void records_come_back(void **state)
{
	static const enum spool_type types[] = { SPOOL_START, SPOOL_DATA,
						 SPOOL_FACT,  SPOOL_EVENT,
						 SPOOL_DATA,  SPOOL_END,
						 SPOOL_DONE };
	static uint8_t buf[SPOOL_RECORD_MAX];
	struct spool_seal seal, again;
	size_t len = a_spool(&seal);
	struct reader r = reader_on(file, len);
	struct spool_record rec;
	struct spool_content c;
	struct spool_start s;
	struct spool_event e;
	struct spool_done d;

	(void)state;
	assert_int_equal(seal.seq, 5);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(spool_next(&r, &rec), 0);
		assert_int_equal(rec.type, types[i]);
		switch (i) {
		case 0:
			assert_int_equal(spool_read_start(&rec, &s), 0);
			assert_int_equal(s.at_ms, 1795295100125);
			assert_int_equal(s.worker, 3);
			assert_memory_equal(s.id, rec_id, 16);
			assert_memory_equal(s.codecs, "\0\2\4", 3);
			assert_memory_equal(s.body_name, "name of the body",
					    16);
			assert_memory_equal(s.call_id, "call id 16 bytes", 16);
			assert_true(text_is(s.controller, "region-sormland"));
			assert_memory_equal(s.pn, keys.pn, 16);
			assert_memory_equal(s.check, keys.check, 16);
			assert_memory_equal(s.card_pn, card_keys.pn, 16);
			assert_memory_equal(s.card_check, card_keys.check, 16);
			assert_int_equal(s.envelope.len, 12);
			assert_memory_equal(s.envelope.p, "the envelope", 12);
			assert_memory_equal(s.card_envelope.p, "the card's",
					    10);
			assert_int_equal(
				spool_resume(&rec, &card_keys, &keys, &again),
				EPERM);
			assert_int_equal(
				spool_resume(&rec, &keys, &card_keys, &again),
				0);
			assert_int_equal(spool_read_event(&rec, &e), EPROTO);
			break;
		case 1:
		case 4:
			assert_int_equal(
				spool_open(&rec, &again, buf, sizeof(buf), &c),
				0);
			assert_int_equal(c.u.data.offset, i == 1 ? 0 : 1700);
			assert_int_equal(c.u.data.bytes.len, i == 1 ? 1700 : 0);
			assert_int_equal(c.u.data.last_packet[1], 5);
			assert_true(c.u.data.last_packet[2] == SPOOL_NO_PACKET);
			if (i == 1)
				assert_int_equal(c.u.data.bytes.p[1699], 0xd5);
			break;
		case 2:
			assert_int_equal(
				spool_open(&rec, &again, buf, sizeof(buf), &c),
				0);
			assert_int_equal(c.u.fact.kind, 2);
			assert_true(
				text_is(c.u.fact.value, "a nurse's account"));
			break;
		case 3:
			assert_int_equal(
				spool_open(&rec, &again, buf, sizeof(buf), &c),
				EPROTO);
			assert_int_equal(spool_read_event(&rec, &e), 0);
			assert_int_equal(e.type, 7);
			assert_int_equal(e.at_ms, 42);
			assert_memory_equal(e.id, event_id, 16);
			assert_true(text_is(e.organisation, "org"));
			assert_true(text_is(e.details, "{}"));
			break;
		case 5:
			assert_int_equal(
				spool_open(&rec, &again, buf, sizeof(buf), &c),
				0);
			assert_int_equal(c.u.end.body_len, 1234);
			assert_int_equal(c.u.end.length_ms, 5678);
			assert_int_equal(c.u.end.reason, 1);
			assert_int_equal(c.u.end.at_ms, 1000);
			break;
		default:
			assert_int_equal(spool_read_done(&rec, &d), 0);
			assert_int_equal(d.state, 3);
			assert_int_equal(rec.seq, 5);
		}
	}
	assert_int_equal(spool_next(&r, &rec), ENOENT);
	assert_int_equal(again.seq, seal.seq);
	assert_memory_equal(again.start_digest, seal.start_digest, 32);
}

/* The layout of the header, byte by byte. */
static void a_record_is_laid_out_as_documented(void **state)
{
	struct spool_seal seal;
	struct spool_nonce n = { "nonce of process", 0x0102 };
	struct spool_data data = { .bytes = { (const uint8_t *)"x", 1 } };
	struct writer w = writer_on(file, sizeof(file));
	struct spool_start start = a_start();
	uint8_t ad[41], plain[512], digest[32];
	const uint8_t *r;

	(void)state;
	assert_int_equal(
		spool_write_start(&w, &start, &keys, &card_keys, &seal), 0);
	r = file;
	assert_memory_equal(r, "VXS1\0\0\2\0\1\0\0\0", 12);
	assert_memory_equal(r + 12, rec_id, 16);
	assert_true(sodium_is_zero(r + 28, 32));
	(void)crypto_hash_sha256(digest, r, 512 - 16);
	assert_memory_equal(r + 512 - 16, digest, 16);
	r = file + w.len;
	assert_int_equal(spool_write_data(&w, &seal, &n, &data), 0);
	assert_memory_equal(r, "VXS1\0\0\2\0\2\0\0\0", 12);
	assert_memory_equal(r + 28, "\0\0\0\0\0\0\0\1", 8);
	assert_memory_equal(r + 36, "nonce of process\0\0\0\0\0\0\1\2", 24);
	(void)crypto_hash_sha256(ad, file, 512);
	memcpy(ad + 32, "\2\0\0\0\0\0\0\0\1", 9);
	assert_int_equal(crypto_aead_xchacha20poly1305_ietf_decrypt(
				 plain, NULL, NULL, r + 60, 512 - 60, ad,
				 sizeof(ad), r + 36, keys.tail),
			 0);
	assert_memory_equal(plain, "\0\0\0\x25", 4);
	assert_memory_equal(plain + 4 + 32, "\0\0\0\1x", 5);
	assert_true(sodium_is_zero(plain + 41, 512 - 60 - 16 - 41));
	assert_int_equal(n.next, 0x0103);
}

/*
 * Every record, whatever was cut off or overwritten after it, still reads;
 * and reading stops before the damage.
 */
static void a_torn_spool_ends_before_the_tear(void **state)
{
	struct spool_seal seal;
	size_t len = a_spool(&seal);
	size_t ends[8] = { 0 };
	struct reader r = reader_on(file, len);
	struct spool_record rec;
	static uint8_t torn[MAX];

	(void)state;
	for (size_t i = 1; i < 8; i++) {
		assert_int_equal(spool_next(&r, &rec), 0);
		ends[i] = (size_t)(r.at - file);
	}
	for (size_t cut = 0; cut <= len; cut += 4) {
		size_t whole = 0;
		int err;

		memcpy(torn, file, len);
		memset(torn + cut, 0xee, len - cut);
		r = reader_on(torn, cut);
		while (!(err = spool_next(&r, &rec)))
			whole++;
		assert_int_equal(r.at - torn, ends[whole]);
		assert_true(ends[whole] <= cut);
		assert_true(whole == 7 || ends[whole + 1] > cut);
		assert_int_equal(err, ends[whole] == cut ? ENOENT : EBADMSG);
	}
}

static void zeros_after_the_records_are_the_clean_end(void **state)
{
	struct spool_seal seal;
	size_t len = a_spool(&seal);
	struct reader r = reader_on(file, len + 4096);
	struct spool_record rec;
	int err, n = 0;

	(void)state;
	memset(file + len, 0, 4096);
	while (!(err = spool_next(&r, &rec)))
		n++;
	assert_int_equal(err, ENOENT);
	assert_int_equal(n, 7);
	file[len + 4000] = 1;
	assert_int_equal(spool_next(&r, &rec), EBADMSG);
}

/* Sealed records: any byte changed, order changed, or one left out. */
static void every_changed_byte_is_seen(void **state)
{
	static uint8_t buf[SPOOL_RECORD_MAX];
	struct spool_seal seal;
	size_t len = a_spool(&seal);
	struct reader all = reader_on(file, len);
	struct spool_record rec;
	struct spool_content c;
	struct spool_seal base = { .seq = 0 };

	(void)state;
	while (!spool_next(&all, &rec)) {
		size_t from = (size_t)(rec.raw.p - file);
		struct spool_record bad;

		if (rec.type == SPOOL_START)
			assert_int_equal(
				spool_resume(&rec, &keys, &card_keys, &base),
				0);
		for (size_t i = 0; i < rec.raw.len; i++) {
			struct spool_seal now = base;
			struct reader r;
			int err;

			file[from + i] ^= 0x20;
			r = reader_on(file + from, len - from);
			err = spool_next(&r, &bad);
			if (!err)
				err = spool_open(&bad, &now, buf, sizeof(buf),
						 &c);
			assert_int_not_equal(err, 0);
			assert_int_equal(now.seq, base.seq);
			file[from + i] ^= 0x20;
		}
		if (rec.type == SPOOL_DATA || rec.type == SPOOL_FACT ||
		    rec.type == SPOOL_END) {
			struct spool_seal skipped = base;

			skipped.seq++;
			assert_int_equal(spool_open(&rec, &skipped, buf,
						    sizeof(buf), &c),
					 EBADMSG);
			assert_int_equal(
				spool_open(&rec, &base, buf, sizeof(buf), &c),
				0);
		}
	}
	assert_int_equal(base.seq, seal.seq);
}

static void nonces_never_repeat(void **state)
{
	struct spool_seal seal;
	struct spool_nonce n;
	struct spool_data data = { .offset = 0 };
	struct spool_start start = a_start();
	struct writer w = writer_on(file, sizeof(file));
	uint8_t before[24] = { 0 };

	(void)state;
	spool_nonce_init(&n);
	assert_int_equal(
		spool_write_start(&w, &start, &keys, &card_keys, &seal), 0);
	for (uint64_t i = 0; i < 50; i++) {
		const uint8_t *rec = file + w.len;

		assert_int_equal(spool_write_data(&w, &seal, &n, &data), 0);
		assert_true(memcmp(before, rec + 36, 24) < 0 || !i);
		memcpy(before, rec + 36, 24);
	}
}

static void what_does_not_fit_changes_nothing(void **state)
{
	struct spool_seal seal;
	struct spool_start start = a_start();
	struct writer w = writer_on(file, 1024);
	static uint8_t audio[SPOOL_DATA_MAX + 1];
	static char words[513];
	struct spool_data data = { .bytes = { audio, 1000 } };
	struct spool_fact fact = { 1, 0, { words, sizeof(words) } };

	(void)state;
	assert_int_equal(
		spool_write_start(&w, &start, &keys, &card_keys, &seal), 0);
	assert_int_equal(w.len, 512);
	assert_int_equal(spool_write_data(&w, &seal, &nonce, &data), EMSGSIZE);
	assert_int_equal(seal.seq, 1);
	assert_int_equal(w.len, 512);
	assert_false(w.full);
	data.bytes.len = 100;
	assert_int_equal(spool_write_data(&w, &seal, &nonce, &data), 0);
	w = writer_on(file, sizeof(file));
	data.bytes.len = sizeof(audio);
	assert_int_equal(spool_write_data(&w, &seal, &nonce, &data), EMSGSIZE);
	assert_int_equal(spool_write_fact(&w, &seal, &nonce, &fact), EMSGSIZE);
	data.bytes.len = SPOOL_DATA_MAX;
	assert_int_equal(spool_write_data(&w, &seal, &nonce, &data), 0);
	assert_true(w.len <= SPOOL_RECORD_MAX);
}

static void sizes_are_hidden(void **state)
{
	static const size_t sizes[][2] = {
		{ 1, 512 }, { 396, 512 }, { 397, 1024 }, { 1700, 2048 }
	};
	static uint8_t audio[1700];
	struct spool_seal seal;
	struct spool_start start = a_start();
	struct writer w = writer_on(file, sizeof(file));

	(void)state;
	assert_int_equal(
		spool_write_start(&w, &start, &keys, &card_keys, &seal), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct spool_data data = { .bytes = { audio, sizes[i][0] } };
		size_t before = w.len;

		assert_int_equal(spool_write_data(&w, &seal, &nonce, &data), 0);
		assert_int_equal(w.len - before, sizes[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_end_from_elsewhere_is_held_to_its_form),
		cmocka_unit_test(records_come_back),
		cmocka_unit_test(a_record_is_laid_out_as_documented),
		cmocka_unit_test(a_torn_spool_ends_before_the_tear),
		cmocka_unit_test(zeros_after_the_records_are_the_clean_end),
		cmocka_unit_test(every_changed_byte_is_seen),
		cmocka_unit_test(nonces_never_repeat),
		cmocka_unit_test(what_does_not_fit_changes_nothing),
		cmocka_unit_test(sizes_are_hidden),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
