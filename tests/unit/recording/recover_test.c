#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/encode.h"
#include "container/mkv.h"
#include "ipc/values.h"
#include "recording/card_json.h"
#include "recording/last_ms.h"
#include "recording/recover.h"
#include "seal/card.h"
#include "seal/spool.h"

#define BODY_MAX ((size_t)400 * 1024)

/* A recording as the recorder would have spooled it, and what comes back. */
struct bench {
	struct age_identity identity;
	struct seal_keys keys, card_keys;
	struct spool_seal seal;
	struct spool_nonce nonce;
	uint8_t start[4096];
	size_t start_len;
	uint8_t *records;
	struct writer w;
	uint8_t plain[BODY_MAX];
	uint8_t body[BODY_MAX + 1024];
	size_t body_len;
	uint64_t lowest;
	uint8_t card[CARD_MAX];
	size_t card_len;
	uint8_t end[SPOOL_ALIGN];
	size_t end_len;
	struct recover_summary summary;
	bool summed;
	/* how often an END was to be settled; what the answer is */
	unsigned made, met;
	int settle_error;
	const struct spool_end *settled;
};

static struct bench *b;

static int set_up(void **state)
{
	struct age_recipient to[1];
	uint8_t envelope[ENVELOPE_MAX], card_envelope[ENVELOPE_MAX];
	struct writer e = writer_on(envelope, sizeof(envelope));
	struct writer c = writer_on(card_envelope, sizeof(card_envelope));
	struct writer w;
	struct spool_start start = { .at_ms = 1700000000000,
				     .controller = TEXT("region-x") };

	(void)state;
	b = calloc(1, sizeof(*b));
	b->records = calloc(1, BODY_MAX * 2);
	b->w = writer_on(b->records, BODY_MAX * 2);
	b->lowest = UINT64_MAX;
	assert_int_equal(age_identity_new(&b->identity), 0);
	to[0] = b->identity.recipient;
	seal_keys_new(&b->keys);
	seal_keys_new(&b->card_keys);
	spool_nonce_init(&b->nonce);
	assert_int_equal(envelope_make(b->keys.fk, to, 1, &e), 0);
	assert_int_equal(envelope_make(b->card_keys.fk, to, 1, &c), 0);
	id_new(start.id);
	id_new(start.body_name);
	id_new(start.call_id);
	memcpy(start.pn, b->keys.pn, sizeof(start.pn));
	memcpy(start.check, b->keys.check, sizeof(start.check));
	memcpy(start.card_pn, b->card_keys.pn, sizeof(start.card_pn));
	memcpy(start.card_check, b->card_keys.check, sizeof(start.card_check));
	start.envelope = (struct bytes){ envelope, e.len };
	start.card_envelope = (struct bytes){ card_envelope, c.len };
	w = writer_on(b->start, sizeof(b->start));
	assert_int_equal(spool_write_start(&w, &start, &b->keys, &b->card_keys,
					   &b->seal),
			 0);
	b->start_len = w.len;
	randombytes_buf(b->plain, sizeof(b->plain));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	age_identity_close(&b->identity);
	free(b->records);
	free(b);
	return 0;
}

static void data(uint64_t from, uint64_t to)
{
	while (from < to) {
		size_t n = to - from < 5000 ? (size_t)(to - from) : 5000;
		struct spool_data d = { .offset = from,
					.bytes = { b->plain + from, n } };

		assert_int_equal(
			spool_write_data(&b->w, &b->seal, &b->nonce, &d), 0);
		from += n;
	}
}

static void fact(uint8_t kind, const char *value)
{
	struct spool_fact f = { .kind = kind,
				.at_ms = 1700000000500,
				.value = text_of(value) };

	assert_int_equal(spool_write_fact(&b->w, &b->seal, &b->nonce, &f), 0);
}

static int take(void *arg, uint64_t at, struct bytes sealed)
{
	(void)arg;
	assert_true(sealed.len && sealed.len <= RECOVER_PIECE_MAX);
	if (at == RECOVER_AT_END) {
		memcpy(b->end, sealed.p, sealed.len);
		b->end_len = sealed.len;
	} else if (at == RECOVER_AT_SUMMARY) {
		assert_int_equal(recover_summary_read(sealed, &b->summary), 0);
		b->summed = true;
	} else if (at >= RECOVER_AT_CARD) {
		assert_int_equal(at - RECOVER_AT_CARD, b->card_len);
		memcpy(b->card + b->card_len, sealed.p, sealed.len);
		b->card_len += sealed.len;
	} else {
		memcpy(b->body + at, sealed.p, sealed.len);
		if (at + sealed.len > b->body_len)
			b->body_len = at + sealed.len;
		if (at >= AGE_NONCE_BYTES && at < b->lowest)
			b->lowest = at;
	}
	return 0;
}

static int settle(void *arg, struct bytes start, struct bytes record,
		  struct spool_end *end)
{
	(void)arg;
	assert_int_equal(start.len, b->start_len);
	assert_memory_equal(start.p, b->start, b->start_len);
	if (record.len)
		b->met++;
	else
		b->made++;
	/* nothing that rests on it went out before */
	assert_int_equal(b->end_len + b->body_len + b->card_len, 0);
	if (b->settled)
		*end = *b->settled;
	return b->settle_error;
}

/* START, END where there is one, the rest; fed in odd pieces. */
static int run(uint64_t base, const uint8_t *end, size_t end_len)
{
	struct recover *r;
	const uint8_t *p = b->records;
	size_t left = b->w.len;
	int err;

	b->body_len = b->card_len = b->end_len = 0;
	b->summed = false;
	assert_int_equal(
		recover_new(&r, &b->identity, 1, base, take, settle, NULL), 0);
	err = recover_feed(r, (struct bytes){ b->start, b->start_len });
	if (!err && end_len)
		err = recover_feed(r, (struct bytes){ end, end_len });
	while (!err && left) {
		size_t n = left < 777 ? left : 777;

		err = recover_feed(r, (struct bytes){ p, n });
		p += n;
		left -= n;
	}
	if (!err)
		err = recover_finish(r);
	recover_free(r);
	return err;
}

/* Without END the keeper ends it; then the body must open as an age payload. */
static void recover_all(uint64_t base)
{
	uint8_t end[SPOOL_ALIGN];
	size_t end_len;

	assert_int_equal(run(base, NULL, 0), 0);
	assert_true(b->end_len);
	assert_int_equal(b->body_len, 0);
	end_len = b->end_len;
	memcpy(end, b->end, end_len);
	assert_int_equal(run(base, end, end_len), 0);
	assert_int_equal(b->end_len, 0);
	assert_true(b->summed);
	assert_int_equal(b->summary.reason, RECORD_END_INTERRUPTED);
}

static void body_is(size_t plain_len)
{
	struct stream *s;
	static uint8_t out[BODY_MAX];
	struct writer w = writer_on(out, sizeof(out));

	assert_int_equal(b->summary.body_len, plain_len);
	assert_int_equal(b->body_len, stream_sealed_bytes(plain_len));
	assert_int_equal(stream_new(&s), 0);
	assert_int_equal(stream_open(s, b->keys.fk,
				     (struct bytes){ b->body, b->body_len },
				     &w),
			 0);
	stream_free(s);
	assert_int_equal(w.len, plain_len);
	assert_memory_equal(out, b->plain, plain_len);
}

static void any_length(void **state)
{
	static const size_t lengths[] = { 0,     1,      4999,   65535, 65536,
					  65537, 131072, 131073, 300000 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		b->w.len = 0;
		data(0, lengths[i]);
		recover_all(0);
		body_is(lengths[i]);
	}
}

/* The END that was settled before is given, whatever was fed since. */
static void one_end_is_settled(void **state)
{
	struct spool_end end = { .body_len = 30000,
				 .length_ms = 77,
				 .reason = RECORD_END_INTERRUPTED };
	uint8_t record[SPOOL_ALIGN];
	size_t len;

	(void)state;
	data(0, 100000);
	b->settled = &end;
	assert_int_equal(run(0, NULL, 0), 0);
	assert_int_equal(b->made, 1);
	len = b->end_len;
	memcpy(record, b->end, len);
	b->settled = NULL;
	assert_int_equal(run(0, record, len), 0);
	assert_int_equal(b->met, 1);
	assert_int_equal(b->summary.body_len, 30000);
	assert_int_equal(b->summary.length_ms, 77);
	/* another one was settled, or it could not be: nothing comes out */
	b->settle_error = EIO;
	assert_int_equal(run(0, NULL, 0), EIO);
	assert_int_equal(run(0, record, len), EIO);
	assert_int_equal(b->end_len + b->body_len + b->card_len, 0);
}

static void overlap_and_repetition(void **state)
{
	(void)state;
	data(0, 70000);
	data(65000, 90000);
	data(60000, 140000);
	recover_all(0);
	body_is(140000);
}

static void torn_record_ends_the_body(void **state)
{
	size_t torn;

	(void)state;
	data(0, 100000);
	torn = b->w.len;
	data(100000, 105000);
	data(105000, 120000);
	b->records[torn + 700] ^= 1;
	recover_all(0);
	body_is(100000);
}

static void data_after_a_gap_is_left_out_twice(void **state)
{
	(void)state;
	data(0, 10000);
	data(15000, 20000);
	recover_all(0);
	body_is(10000);
}

static void first_chunks_have_left_the_spool(void **state)
{
	(void)state;
	data(131072, 140000);
	recover_all(131072);
	assert_int_equal(b->lowest,
			 AGE_NONCE_BYTES + 2 * STREAM_SEALED_CHUNK_BYTES);
	assert_int_equal(b->summary.body_len, 140000);

	/* a beginning that is nowhere is not invented */
	recover_all(65536);
	assert_int_equal(b->summary.body_len, 0);

	/* some of the old DATA is still there, some is not */
	b->w.len = 0;
	data(0, 30000);
	data(131072, 140000);
	recover_all(131072);
	assert_int_equal(b->summary.body_len, 140000);
	recover_all(0);
	assert_int_equal(b->summary.body_len, 30000);
}

static void same_bytes_again(void **state)
{
	static uint8_t first[BODY_MAX];
	uint8_t end[SPOOL_ALIGN];
	size_t len, end_len;

	(void)state;
	data(0, 200000);
	fact(FACT_CALLER, "+46700000000");
	assert_int_equal(run(0, NULL, 0), 0);
	end_len = b->end_len;
	memcpy(end, b->end, end_len);
	assert_int_equal(run(0, end, end_len), 0);
	len = b->body_len;
	memcpy(first, b->body, len);
	/* more that turns up later does not count: END has been said */
	data(200000, 210000);
	assert_int_equal(run(0, end, end_len), 0);
	assert_int_equal(b->body_len, len);
	assert_memory_equal(b->body, first, len);
}

static void end_of_the_recorder_counts(void **state)
{
	uint8_t end[SPOOL_ALIGN];
	struct writer w = writer_on(end, sizeof(end));
	struct spool_end e = { .body_len = 80000,
			       .length_ms = 4321,
			       .reason = RECORD_END_HANGUP,
			       .at_ms = 1700000009000 };

	(void)state;
	data(0, 80000);
	assert_int_equal(spool_write_end(&w, &b->seal, &b->nonce, &e), 0);
	assert_int_equal(run(0, end, w.len), 0);
	assert_int_equal(b->summary.length_ms, 4321);
	assert_int_equal(b->summary.reason, RECORD_END_HANGUP);
	body_is(80000);

	/* a body that is whole needs no chunk again, only card and summary */
	assert_int_equal(run(UINT64_MAX, end, w.len), 0);
	assert_int_equal(b->body_len, 0);
	assert_true(b->summed && b->card_len);

	/* END says more than there is */
	b->w.len = 0;
	data(0, 70000);
	assert_int_equal(run(0, end, w.len), EPROTO);
}

static void card_holds_facts_and_marks(void **state)
{
	struct stream *s;
	static uint8_t json[CARD_JSON_MAX];
	struct writer w = writer_on(json, sizeof(json) - 1);
	char mark[CARD_MARK_MAX];

	(void)state;
	fact(FACT_CALLER, "+46700000000");
	card_mark(MARK_HOLD, 61250, mark);
	fact(FACT_MARK, mark);
	fact(FACT_AGENT, "quote\" and \\ and \x01");
	fact(FACT_CALLER, "+46700000000");
	recover_all(0);
	assert_int_equal(stream_new(&s), 0);
	assert_int_equal(card_open(s, &b->identity,
				   (struct bytes){ b->card, b->card_len }, &w),
			 0);
	stream_free(s);
	json[w.len] = 0;
	assert_non_null(strstr(
		(char *)json,
		"\"facts\":[{\"kind\":\"caller\",\"at\":\"2023-11-14T22:13:20."
		"500Z\",\"value\":\"+46700000000\"},{\"kind\":\"agent\",\"at\":"
		"\"2023-11-14T22:13:20.500Z\",\"value\":\"quote\\\" and \\\\ "
		"and \\u0001\"}],\"marks\":[{\"kind\":\"hold\",\"ms\":61250}]"
		",\"seek\":[],\"length_ms\":0,"));
}

static void card_says_where_to_find_a_time(void **state)
{
	static const enum codec codecs[MKV_AUDIO_TRACKS] = { CODEC_PCMA,
							     CODEC_NONE,
							     CODEC_NONE };
	static const uint8_t payload[160];
	static uint8_t json[CARD_JSON_MAX];
	struct writer w = writer_on(b->plain, sizeof(b->plain));
	struct writer out = writer_on(json, sizeof(json) - 1);
	struct seek seek = { 0 };
	char wanted[128];
	struct stream *s;
	struct mkv_writer m;

	(void)state;
	assert_int_equal(mkv_begin(&m, codecs, 1700000000000, &w), 0);
	for (uint64_t at = 0; at < 25000; at += 20)
		assert_int_equal(mkv_frame(&m, 0, at,
					   (struct bytes){ payload, 160 }, &w),
				 0);
	data(0, w.len);
	recover_all(0);
	body_is(w.len);
	seek_scan(&seek, (struct bytes){ b->plain, w.len }, 0);
	assert_int_equal(seek.count, 3);
	(void)snprintf(wanted, sizeof(wanted),
		       "\"seek\":[[0,%u],[10000,%u],[20000,%u]]",
		       seek.point[0].offset, seek.point[1].offset,
		       seek.point[2].offset);
	assert_int_equal(stream_new(&s), 0);
	assert_int_equal(card_open(s, &b->identity,
				   (struct bytes){ b->card, b->card_len },
				   &out),
			 0);
	stream_free(s);
	json[out.len] = 0;
	assert_non_null(strstr((char *)json, wanted));
}

static void stranger_gets_nothing(void **state)
{
	struct age_identity other;
	struct recover *r;

	(void)state;
	assert_int_equal(age_identity_new(&other), 0);
	assert_int_equal(recover_new(&r, &other, 1, 0, take, settle, NULL), 0);
	assert_int_equal(
		recover_feed(r, (struct bytes){ b->start, b->start_len }),
		ENOKEY);
	recover_free(r);
	age_identity_close(&other);

	/* START must come first, and whole */
	data(0, 100);
	b->start[100] ^= 1;
	assert_int_equal(run(0, NULL, 0), EBADMSG);
	b->start_len = 0;
	assert_int_equal(run(0, NULL, 0), EBADMSG);

	/* a record that says that it has no length */
	memset(b->records, 0, 100);
	assert_int_equal(run(0, NULL, 0), EBADMSG);
}

static void length_of_what_nobody_ended(void **state)
{
	static const enum codec codecs[MKV_AUDIO_TRACKS] = { CODEC_PCMA,
							     CODEC_PCMA,
							     CODEC_NONE };
	static const uint8_t payload[160];
	struct mkv_writer m;
	struct writer w = writer_on(b->plain, sizeof(b->plain));
	uint64_t ms;

	(void)state;
	assert_int_equal(mkv_begin(&m, codecs, 1700000000000, &w), 0);
	assert_int_equal(last_ms((struct bytes){ b->plain, w.len }, &ms),
			 ENOENT);
	for (uint64_t at = 0; at <= 12340; at += 20)
		for (unsigned track = 0; track < 2; track++)
			assert_int_equal(
				mkv_frame(&m, track, at,
					  (struct bytes){ payload, 160 }, &w),
				0);
	/* cut in the middle of the last block */
	assert_int_equal(last_ms((struct bytes){ b->plain, w.len - 50 }, &ms),
			 0);
	assert_int_equal(ms, 12340);
	/* from the middle */
	assert_int_equal(
		last_ms((struct bytes){ b->plain + w.len - 60001, 60001 }, &ms),
		0);
	assert_int_equal(ms, 12340);
	data(0, w.len);
	recover_all(0);
	assert_int_equal(b->summary.length_ms, 12340);
	body_is(w.len);
}

static int init(void **state)
{
	(void)state;
	if (sodium_init() < 0)
		return -1;
	return secret_init(64 * 1024);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(any_length),
		T(one_end_is_settled),
		T(overlap_and_repetition),
		T(torn_record_ends_the_body),
		T(data_after_a_gap_is_left_out_twice),
		T(first_chunks_have_left_the_spool),
		T(same_bytes_again),
		T(end_of_the_recorder_counts),
		T(card_holds_facts_and_marks),
		T(card_says_where_to_find_a_time),
		T(stranger_gets_nothing),
		T(length_of_what_nobody_ended),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
