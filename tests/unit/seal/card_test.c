#include "tests/unit/unit.h"

#include <sodium.h>

#include "base/secret.h"
#include "seal/card.h"

static const uint8_t fk[AGE_FILE_KEY_BYTES] = "YELLOW SUBMARINE";
static struct stream *s;
static struct age_identity id;
static uint8_t envelope_buf[ENVELOPE_MAX];
static struct bytes envelope;

static int setup(void **state)
{
	struct writer w = writer_on(envelope_buf, sizeof(envelope_buf));

	(void)state;
	if (sodium_init() < 0 || secret_init(4096) || stream_new(&s) ||
	    age_identity_new(&id) || envelope_make(fk, &id.recipient, 1, &w))
		return 1;
	envelope = (struct bytes){ envelope_buf, w.len };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stream_free(s);
	age_identity_close(&id);
	return 0;
}

static struct bytes bytes_of(const char *t)
{
	return (struct bytes){ (const uint8_t *)t, strlen(t) };
}

static void facts_come_back(void **state)
{
	static uint8_t card[CARD_MAX], json[CARD_JSON_MAX];
	struct writer w = writer_on(card, sizeof(card));
	struct writer out = writer_on(json, sizeof(json));
	struct bytes env, payload;

	(void)state;
	assert_int_equal(card_make(s, fk, envelope, bytes_of("{\"a\":1}"), &w),
			 0);
	assert_int_equal(card_open(s, &id, (struct bytes){ card, w.len }, &out),
			 0);
	assert_int_equal(out.len, 7);
	assert_memory_equal(json, "{\"a\":1}", 7);
	assert_int_equal(
		card_split((struct bytes){ card, w.len }, &env, &payload), 0);
	assert_int_equal(env.len, envelope.len);
	assert_memory_equal(env.p, envelope.p, env.len);
	assert_int_equal(payload.len, stream_sealed_bytes(7));
}

/* One key and nonce, one plaintext: even for a card that is made again. */
static void other_facts_other_nonce_same_facts_same_bytes(void **state)
{
	static uint8_t a[CARD_MAX], b[CARD_MAX], c[CARD_MAX];
	struct writer wa = writer_on(a, sizeof(a));
	struct writer wb = writer_on(b, sizeof(b));
	struct writer wc = writer_on(c, sizeof(c));

	(void)state;
	assert_int_equal(card_make(s, fk, envelope, bytes_of("{\"a\":1}"), &wa),
			 0);
	assert_int_equal(card_make(s, fk, envelope, bytes_of("{\"a\":1}"), &wb),
			 0);
	assert_int_equal(card_make(s, fk, envelope, bytes_of("{\"a\":2}"), &wc),
			 0);
	assert_int_equal(wa.len, wb.len);
	assert_memory_equal(a, b, wa.len);
	assert_memory_not_equal(a + envelope.len, c + envelope.len,
				AGE_NONCE_BYTES);
}

static void every_cut_and_flip_is_seen(void **state)
{
	static uint8_t card[CARD_MAX], json[CARD_JSON_MAX];
	struct writer w = writer_on(card, sizeof(card));

	(void)state;
	assert_int_equal(card_make(s, fk, envelope, bytes_of("{\"a\":1}"), &w),
			 0);
	for (size_t n = 0; n < w.len; n++) {
		struct writer out = writer_on(json, sizeof(json));

		assert_int_equal(
			card_open(s, &id, (struct bytes){ card, n }, &out),
			EBADMSG);
		card[n] ^= 4;
		assert_int_not_equal(
			card_open(s, &id, (struct bytes){ card, w.len }, &out),
			0);
		assert_int_equal(out.len, 0);
		card[n] ^= 4;
	}
}

static void cards_are_bounded(void **state)
{
	static uint8_t big[CARD_JSON_MAX + 1], card[2 * CARD_MAX];
	struct writer w = writer_on(card, sizeof(card));
	static uint8_t json[CARD_JSON_MAX];
	struct writer out = writer_on(json, sizeof(json));

	(void)state;
	assert_int_equal(card_make(s, fk, envelope,
				   (struct bytes){ big, sizeof(big) }, &w),
			 EMSGSIZE);
	assert_int_equal(card_make(s, fk, envelope,
				   (struct bytes){ big, CARD_JSON_MAX }, &w),
			 0);
	assert_true(w.len <= CARD_MAX);
	assert_int_equal(card_open(s, &id, (struct bytes){ card, w.len }, &out),
			 0);
	assert_int_equal(
		card_open(s, &id, (struct bytes){ card, CARD_MAX + 1 }, &out),
		EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_come_back),
		cmocka_unit_test(other_facts_other_nonce_same_facts_same_bytes),
		cmocka_unit_test(every_cut_and_flip_is_seen),
		cmocka_unit_test(cards_are_bounded),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
