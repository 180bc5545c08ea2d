/*
 * token, receipt, replay -- who takes which call once, and who says so
 */
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdlib.h>

#include "handover/receipt.h"
#include "handover/token.h"

#define NOW 1795000000

static struct note_signer national, stranger, provider_signer;
static struct age_identity provider, other;
static struct handover_sealer *sealer;
static const struct handover_route routes[] = {
	{ { "1177", 4 }, { "medcare", 7 }, { "days", 4 } },
	{ { "1177", 4 }, { "medcare", 7 }, { "nights", 6 } },
};
static struct handover_facts facts = {
	.method = LOCATION_GEOLOCATION,
	.confidence = CONFIDENCE_MEDIUM,
	.conflicts = 1,
};
static uint8_t *memory;
static struct handover_verifier verifier;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(secret_init(1 << 16), 0);
	assert_int_equal(note_signer_new(&national, NOTE_ED25519,
					 "national.example/handover"),
			 0);
	assert_int_equal(note_signer_new(&stranger, NOTE_ED25519,
					 "national.example/handover"),
			 0);
	assert_int_equal(note_signer_new(&provider_signer, NOTE_ED25519,
					 "medcare.example/handover"),
			 0);
	assert_int_equal(age_identity_new(&provider), 0);
	assert_int_equal(age_identity_new(&other), 0);
	assert_int_equal(handover_sealer_new(&sealer, &provider.recipient), 0);
	facts.place = location_place_of(80);
	memory = calloc(1, handover_replay_bytes(64));
	assert_non_null(memory);
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	verifier = (struct handover_verifier){
		.nodes = &national.key,
		.node_count = 1,
		.routes = routes,
		.route_count = 2,
	};
	assert_int_equal(handover_replay_init(memory, handover_replay_bytes(64),
					      64, &verifier.replay),
			 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	note_signer_close(&national);
	note_signer_close(&stranger);
	note_signer_close(&provider_signer);
	handover_sealer_free(sealer);
	age_identity_close(&provider);
	age_identity_close(&other);
	free(memory);
	return 0;
}

static char text[HANDOVER_TOKEN_CHARS + 1];
static uint8_t id[ID_BYTES];

static struct text issue(const struct note_signer *by, unsigned route)
{
	id_new(id);
	assert_int_equal(handover_issue(by, sealer, &routes[route], true,
					&facts, id, NOW, text),
			 0);
	return text_of(text);
}

static void test_good(void **state)
{
	struct handover_token t;
	struct handover_facts f;

	(void)state;
	assert_int_equal(
		handover_verify(&verifier, issue(&national, 1), NOW, &t),
		HANDOVER_GOOD);
	assert_int_equal(strlen(text), HANDOVER_TOKEN_CHARS);
	assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
				      "nopqrstuvwxyz0123456789-_"),
			 HANDOVER_TOKEN_CHARS);
	assert_memory_equal(t.id, id, ID_BYTES);
	assert_int_equal(t.route, 1);
	assert_int_equal(t.issued_s, NOW);
	assert_true(t.record);
	assert_int_equal(handover_open(&t, &provider, &f), 0);
	assert_memory_equal(&f.place, &facts.place, sizeof(f.place));
	assert_int_equal(f.method, facts.method);
	assert_int_equal(f.confidence, facts.confidence);
	assert_int_equal(f.conflicts, 1);
	/* the carrier, or the supplier, cannot */
	assert_int_equal(handover_open(&t, &other, &f), EBADMSG);
	/* two tokens of one place do not look alike */
	{
		uint8_t sealed[sizeof(t.sealed)];

		memcpy(sealed, t.sealed, sizeof(sealed));
		assert_int_equal(handover_verify(&verifier, issue(&national, 1),
						 NOW, &t),
				 HANDOVER_GOOD);
		assert_memory_not_equal(sealed, t.sealed, sizeof(sealed));
	}
}

static void test_once(void **state)
{
	struct handover_token t;
	struct text token = issue(&national, 0);

	(void)state;
	assert_int_equal(handover_verify(&verifier, token, NOW, &t),
			 HANDOVER_GOOD);
	assert_int_equal(handover_verify(&verifier, token, NOW, &t),
			 HANDOVER_REPLAYED);
	assert_int_equal(handover_verify(&verifier, token, NOW + 65, &t),
			 HANDOVER_REPLAYED);
	assert_int_equal(handover_verify(&verifier, token, NOW + 66, &t),
			 HANDOVER_EXPIRED);
	/* a node that starts anew and finds the memory */
	assert_int_equal(handover_replay_adopt(memory,
					       handover_replay_bytes(64),
					       &verifier.replay),
			 0);
	assert_int_equal(handover_verify(&verifier, token, NOW + 1, &t),
			 HANDOVER_REPLAYED);
}

static void test_time(void **state)
{
	static const struct {
		int64_t at;
		enum handover_result result;
	} cases[] = {
		{ -6, HANDOVER_EARLY },     { -5, HANDOVER_GOOD },
		{ 0, HANDOVER_GOOD },       { 60, HANDOVER_GOOD },
		{ 65, HANDOVER_GOOD },      { 66, HANDOVER_EXPIRED },
		{ 9999, HANDOVER_EXPIRED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct handover_token t;

		assert_int_equal(handover_verify(&verifier, issue(&national, 0),
						 NOW + cases[i].at, &t),
				 cases[i].result);
	}
}

static void test_refused(void **state)
{
	struct handover_token t;
	struct text token;

	(void)state;
	/* not of a national node that we know */
	token = issue(&stranger, 0);
	assert_int_equal(handover_verify(&verifier, token, NOW, &t),
			 HANDOVER_UNKNOWN_KEY);
	/* ... that says it were */
	stranger.key.id = national.key.id;
	token = issue(&stranger, 0);
	assert_int_equal(handover_verify(&verifier, token, NOW, &t),
			 HANDOVER_BAD_SIGNATURE);
	/* for a route that is not ours: and it is not used up by asking */
	token = issue(&national, 1);
	verifier.route_count = 1;
	assert_int_equal(handover_verify(&verifier, token, NOW, &t),
			 HANDOVER_WRONG_ROUTE);
	verifier.route_count = 2;
	assert_int_equal(handover_verify(&verifier, token, NOW, &t),
			 HANDOVER_GOOD);
	assert_int_equal(t.route, 1);
}

/* One character more, less, or another: never good. */
static void test_every_character(void **state)
{
	struct text token = issue(&national, 0);
	char changed[HANDOVER_TOKEN_CHARS + 2];
	struct handover_token t;

	(void)state;
	for (size_t i = 0; i < token.len; i++) {
		memcpy(changed, text, sizeof(text));
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(
			handover_verify(&verifier, text_of(changed), NOW, &t),
			HANDOVER_GOOD);
	}
	memcpy(changed, text, sizeof(text));
	changed[HANDOVER_TOKEN_CHARS] = 'A';
	assert_int_equal(
		handover_verify(&verifier,
				(struct text){ changed, token.len + 1 }, NOW,
				&t),
		HANDOVER_MALFORMED);
	assert_int_equal(handover_verify(&verifier,
					 (struct text){ text, token.len - 1 },
					 NOW, &t),
			 HANDOVER_MALFORMED);
	assert_int_equal(handover_verify(&verifier, TEXT(""), NOW, &t),
			 HANDOVER_MALFORMED);
	assert_int_equal(handover_verify(&verifier, token, NOW, &t),
			 HANDOVER_GOOD);
}

/* Facts that cannot be are not issued. */
static void test_facts(void **state)
{
	struct handover_facts f = facts;
	struct handover_token t;
	struct handover_facts back;

	(void)state;
	f.place.region = (int16_t)(facts.place.region + 1);
	assert_int_equal(handover_issue(&national, sealer, routes, true, &f, id,
					NOW, text),
			 EINVAL);
	f.place = location_place_of(LOCATION_UNKNOWN);
	f.method = LOCATION_NOWHERE;
	f.confidence = CONFIDENCE_NONE;
	id_new(id);
	assert_int_equal(handover_issue(&national, sealer, routes, false, &f,
					id, NOW, text),
			 0);
	assert_int_equal(handover_verify(&verifier, text_of(text), NOW, &t),
			 HANDOVER_GOOD);
	assert_false(t.record);
	assert_int_equal(handover_open(&t, &provider, &back), 0);
	assert_int_equal(back.place.municipality, LOCATION_UNKNOWN);
	assert_int_equal(back.method, LOCATION_NOWHERE);
	assert_int_equal(handover_issue(&national, sealer, routes, true, &facts,
					id, -1, text),
			 EINVAL);
}

/* As libsodium's own box: it opens it, each is another, none to such a key. */
static void test_sealed_box(void **state)
{
	const uint8_t plain[] = "any length will do, not eight bytes alone";
	uint8_t a[sizeof(plain) + crypto_box_SEALBYTES], b[sizeof(a)];
	uint8_t back[sizeof(plain)];
	struct age_recipient low = { { 0 } };
	struct handover_sealer *to_low;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(handover_seal(sealer, plain, sizeof(plain), a),
				 0);
		assert_int_equal(crypto_box_seal_open(back, a, sizeof(a),
						      provider.recipient.key,
						      provider.scalar->bytes),
				 0);
		assert_memory_equal(back, plain, sizeof(plain));
	}
	assert_int_equal(handover_seal(sealer, plain, sizeof(plain), b), 0);
	assert_memory_not_equal(a, b, 32);
	assert_memory_not_equal(a + 32, b + 32, sizeof(a) - 32);
	assert_int_equal(crypto_box_seal_open(back, a, sizeof(a),
					      other.recipient.key,
					      other.scalar->bytes),
			 -1);
	assert_int_equal(handover_sealer_new(&to_low, &low), 0);
	assert_int_equal(handover_seal(to_low, plain, sizeof(plain), b),
			 EINVAL);
	handover_sealer_free(to_low);
}

/* ---- replay */

static void test_bounded(void **state)
{
	unsigned taken = 0, refused = 0;
	uint8_t first[ID_BYTES];

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		id_new(id);
		if (!i)
			memcpy(first, id, ID_BYTES);
		switch (handover_replay_use(verifier.replay, id, NOW + 65,
					    NOW)) {
		case 0:
			taken++;
			break;
		case EAGAIN:
			refused++;
			break;
		default:
			fail();
		}
	}
	/* it is full, and has forgotten nobody */
	assert_int_equal(taken + refused, 200);
	assert_in_range(taken, 40, 64);
	assert_int_equal(
		handover_replay_use(verifier.replay, first, NOW + 65, NOW + 65),
		EPROTO);
	/* until their time is over */
	assert_int_equal(handover_replay_use(verifier.replay, first, NOW + 131,
					     NOW + 66),
			 0);
}

static void test_memory(void **state)
{
	struct handover_replay *r;
	uint8_t small[8] = { 0 };
	uint32_t slots = 1u << 20;

	(void)state;
	assert_int_equal(
		handover_replay_init(memory, handover_replay_bytes(64), 65, &r),
		EINVAL);
	assert_int_equal(handover_replay_init(memory, handover_replay_bytes(64),
					      128, &r),
			 EINVAL);
	assert_int_equal(handover_replay_adopt(small, sizeof(small), &r),
			 EBADMSG);
	/* memory that says it is larger than it is */
	memcpy(memory + 4, &slots, 4);
	assert_int_equal(
		handover_replay_adopt(memory, handover_replay_bytes(64), &r),
		EBADMSG);
}

/* ---- receipts */

static void test_receipt(void **state)
{
	struct text token = issue(&national, 0);
	const int64_t now = NOW / 60;
	char receipt[HANDOVER_RECEIPT_CHARS + 1],
		changed[HANDOVER_RECEIPT_CHARS + 1];
	const struct note_key *key = &provider_signer.key;
	uint8_t other_id[ID_BYTES];
	int64_t minute = 0;

	(void)state;
	assert_int_equal(handover_receipt_sign(&provider_signer, id, token, now,
					       receipt),
			 0);
	assert_int_equal(strlen(receipt), HANDOVER_RECEIPT_CHARS);
	assert_int_equal(handover_receipt_verify(key, 1, text_of(receipt), id,
						 token, now + 2, &minute),
			 HANDOVER_RECEIPT_GOOD);
	assert_int_equal(minute, now);
	assert_int_equal(handover_receipt_verify(key, 1, text_of(receipt), id,
						 token, now + 3, &minute),
			 HANDOVER_RECEIPT_WRONG_TIME);
	assert_int_equal(handover_receipt_verify(&national.key, 1,
						 text_of(receipt), id, token,
						 now, &minute),
			 HANDOVER_RECEIPT_UNKNOWN_KEY);
	id_new(other_id);
	assert_int_equal(handover_receipt_verify(key, 1, text_of(receipt),
						 other_id, token, now, &minute),
			 HANDOVER_RECEIPT_OTHER_CALL);
	assert_int_equal(handover_receipt_verify(key, 1, text_of(receipt), id,
						 TEXT("another"), now, &minute),
			 HANDOVER_RECEIPT_OTHER_CALL);
	for (size_t i = 0; i < HANDOVER_RECEIPT_CHARS; i++) {
		memcpy(changed, receipt, sizeof(receipt));
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(
			handover_receipt_verify(key, 1, text_of(changed), id,
						token, now, &minute),
			HANDOVER_RECEIPT_GOOD);
	}
	/* a token is no receipt */
	assert_int_equal(
		handover_receipt_verify(key, 1, token, id, token, now, &minute),
		HANDOVER_RECEIPT_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good, fresh),
		cmocka_unit_test_setup(test_once, fresh),
		cmocka_unit_test_setup(test_time, fresh),
		cmocka_unit_test_setup(test_refused, fresh),
		cmocka_unit_test_setup(test_every_character, fresh),
		cmocka_unit_test_setup(test_facts, fresh),
		cmocka_unit_test(test_sealed_box),
		cmocka_unit_test_setup(test_bounded, fresh),
		cmocka_unit_test_setup(test_memory, fresh),
		cmocka_unit_test_setup(test_receipt, fresh),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
