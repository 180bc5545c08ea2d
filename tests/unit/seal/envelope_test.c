#include "tests/unit/unit.h"

#include <sodium.h>

#include "base/encode.h"
#include "base/secret.h"
#include "seal/envelope.h"

static int setup(void **state)
{
	(void)state;
	return sodium_init() < 0 || secret_init(16 * 1024);
}

static const uint8_t fk[AGE_FILE_KEY_BYTES] = "YELLOW SUBMARINE";
static const uint8_t pn[AGE_NONCE_BYTES] = "ONE-TIME NONCE 1";

static void assert_hex(const uint8_t *p, size_t len, const char *hex)
{
	uint8_t want[64];

	assert_int_equal(hex_read(text_of(hex), want, len), 0);
	assert_memory_equal(p, want, len);
}

static void new_identities(struct age_identity *ids, size_t n,
			   struct age_recipient *recipients)
{
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(age_identity_new(&ids[i]), 0);
		recipients[i] = ids[i].recipient;
	}
}

/* Computed from the text of the design with Node's crypto, not with this code.
 */
static void the_key_schedule_is_as_written(void **state)
{
	struct seal_keys k;

	(void)state;
	seal_keys_derive(fk, pn, &k);
	assert_hex(k.payload, 32,
		   "c204f8170c14efc9d4a357889a852a5f2aefd9237853f5d0fd0218dacf4"
		   "8f81b");
	assert_hex(k.tail, 32,
		   "83e30e01a69dfcd89b70dd6a4493e935b532f95c7a4a4a3ed9e4262c5c8"
		   "738c3");
	assert_hex(k.check, 16, "b4af46fd3bcb5d578f47b4bf7a34dd79");
	/* in place, as it is after a recovery */
	seal_keys_derive(k.fk, k.pn, &k);
	assert_hex(k.tail, 32,
		   "83e30e01a69dfcd89b70dd6a4493e935b532f95c7a4a4a3ed9e4262c5c8"
		   "738c3");
	seal_keys_wipe(&k);
	assert_true(sodium_is_zero((const uint8_t *)&k, sizeof(k)));
}

static void an_envelope_is_always_the_same_bytes(void **state)
{
	static const char golden[] =
		"age-encryption.org/v1\n"
		"-> X25519 tijKDfitkd+PczkHIz7uvgScR9Ez5QOaaxGAe3otaXw\n"
		"2Z+1w4u1O+MNmQ3MdbZ5m+Ecs150G4P6qVocIsgqdw4\n"
		"-> X25519 CNQqyT9Xhpyz4jCCUoT/iays+o9ROIYHhvp2scHIDzI\n"
		"dCmXrwfL+vn5cYqpu80mBt0BLEk3VKfIh34K/LOy+vY\n"
		"--- 8ptGKNWmwnqmhk5t+uwBGlOpgzsMXhlEs87W8c46Ckg\n";
	struct age_recipient to[2];
	uint8_t buf[ENVELOPE_MAX];
	struct writer w = writer_on(buf, sizeof(buf));

	(void)state;
	assert_int_equal(
		age_recipient_read(TEXT("age15nsf9y4k28p83wth93tf7hafhvfajp45d2"
					"mge80ems45gz0c5gys3me64l"),
				   &to[0]),
		0);
	assert_int_equal(
		age_recipient_read(TEXT("age1e6xn45wvkce7c7msc9upffw8dmxs9959q5"
					"xng369hgzcwrjc04vszex59m"),
				   &to[1]),
		0);
	assert_int_equal(envelope_make(fk, to, 2, &w), 0);
	assert_int_equal(w.len, 266);
	assert_memory_equal(buf, golden, w.len);
}

static void each_recipient_opens_it_and_no_other(void **state)
{
	struct age_identity ids[3];
	struct age_recipient to[3];
	uint8_t buf[ENVELOPE_MAX], back[AGE_FILE_KEY_BYTES] = { 0 };
	struct writer w = writer_on(buf, sizeof(buf));

	(void)state;
	new_identities(ids, 3, to);
	assert_int_equal(envelope_make(fk, to, 2, &w), 0);
	for (int i = 0; i < 2; i++) {
		sodium_memzero(back, sizeof(back));
		assert_int_equal(envelope_open(&ids[i],
					       (struct bytes){ buf, w.len },
					       back),
				 0);
		assert_memory_equal(back, fk, sizeof(fk));
	}
	assert_int_equal(
		envelope_open(&ids[2], (struct bytes){ buf, w.len }, back),
		ENOKEY);
	/* a header, and nothing after it */
	writer_u8(&w, 0);
	assert_int_equal(
		envelope_open(&ids[0], (struct bytes){ buf, w.len }, back),
		EBADMSG);
	for (int i = 0; i < 3; i++)
		age_identity_close(&ids[i]);
}

static void an_added_recipient_is_seen(void **state)
{
	struct age_identity ids[3];
	struct age_recipient to[3], swapped[2];
	uint8_t buf[ENVELOPE_MAX];
	struct writer w = writer_on(buf, sizeof(buf));
	struct bytes envelope;

	(void)state;
	new_identities(ids, 3, to);
	assert_int_equal(envelope_make(fk, to, 2, &w), 0);
	envelope = (struct bytes){ buf, w.len };
	assert_int_equal(envelope_check(fk, to, 2, envelope), 0);
	assert_int_equal(envelope_check(fk, to, 1, envelope), EPERM);
	assert_int_equal(envelope_check(fk, to, 3, envelope), EPERM);
	assert_int_equal(envelope_check(fk, to, 0, envelope), ENOKEY);
	swapped[0] = to[1];
	swapped[1] = to[0];
	assert_int_equal(envelope_check(fk, swapped, 2, envelope), EPERM);
	assert_int_equal(envelope_check(pn, to, 2, envelope), EPERM);
	for (int i = 0; i < 3; i++)
		age_identity_close(&ids[i]);
}

static void a_rewrapped_envelope_opens_for_one(void **state)
{
	struct age_identity ids[2];
	struct age_recipient to[2];
	uint8_t buf[ENVELOPE_MAX], back[AGE_FILE_KEY_BYTES];
	struct writer w = writer_on(buf, sizeof(buf));

	(void)state;
	new_identities(ids, 2, to);
	assert_int_equal(envelope_rewrap(fk, &to[1], &w), 0);
	assert_int_equal(
		envelope_open(&ids[1], (struct bytes){ buf, w.len }, back), 0);
	assert_int_equal(
		envelope_open(&ids[0], (struct bytes){ buf, w.len }, back),
		ENOKEY);
	age_identity_close(&ids[0]);
	age_identity_close(&ids[1]);
}

/* A key of low order would make the envelope open for everybody. */
static void recipients_of_low_order_are_refused(void **state)
{
	uint8_t buf[ENVELOPE_MAX];
	struct writer w = writer_on(buf, sizeof(buf));
	struct age_recipient to[2] = { { { 0 } }, { { 1 } } };

	(void)state;
	assert_int_equal(envelope_make(fk, &to[0], 1, &w), EBADMSG);
	assert_int_equal(envelope_make(fk, &to[1], 1, &w), EBADMSG);
	assert_int_equal(w.len, 0);
}

static void envelopes_are_bounded(void **state)
{
	static struct age_recipient to[60];
	uint8_t buf[2 * ENVELOPE_MAX], back[AGE_FILE_KEY_BYTES];
	struct writer w = writer_on(buf, sizeof(buf));
	struct age_identity id;

	(void)state;
	assert_int_equal(age_identity_new(&id), 0);
	for (size_t i = 0; i < 60; i++)
		to[i] = id.recipient;
	assert_int_equal(envelope_make(fk, to, 60, &w), EMSGSIZE);
	assert_int_equal(w.len, 0);
	assert_int_equal(age_header_write(fk, to, 60, &w), 0);
	assert_int_equal(envelope_open(&id, (struct bytes){ buf, w.len }, back),
			 EMSGSIZE);
	w = writer_on(buf, 100);
	assert_int_equal(envelope_make(fk, to, 1, &w), EMSGSIZE);
	age_identity_close(&id);
}

static void fresh_keys_differ(void **state)
{
	struct seal_keys a, b;

	(void)state;
	seal_keys_new(&a);
	seal_keys_new(&b);
	assert_memory_not_equal(a.fk, b.fk, sizeof(a.fk));
	assert_memory_not_equal(a.pn, b.pn, sizeof(a.pn));
	assert_memory_not_equal(a.check, b.check, sizeof(a.check));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_schedule_is_as_written),
		cmocka_unit_test(an_envelope_is_always_the_same_bytes),
		cmocka_unit_test(each_recipient_opens_it_and_no_other),
		cmocka_unit_test(an_added_recipient_is_seen),
		cmocka_unit_test(a_rewrapped_envelope_opens_for_one),
		cmocka_unit_test(recipients_of_low_order_are_refused),
		cmocka_unit_test(envelopes_are_bounded),
		cmocka_unit_test(fresh_keys_differ),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
