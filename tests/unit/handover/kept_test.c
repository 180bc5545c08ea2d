/*
 * kept -- sealed to the caller's region, and to no other
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "handover/kept.h"
#include "seal/card.h"

#define SAID "{\"number\":\"+46701234567\",\"municipality\":\"0480\"}"

static struct age_identity sormland, gotland;
static struct stream *stream;
static unsigned faults;
static char last_rule[24];

static int setup(void **state)
{
	(void)state;
	assert_int_equal(secret_init(1 << 16), 0);
	assert_int_equal(age_identity_new(&sormland), 0);
	assert_int_equal(age_identity_new(&gotland), 0);
	return stream_new(&stream);
}

static void count(void *arg, const struct settings_fault *f)
{
	(void)arg;
	faults++;
	memcpy(last_rule, f->rule, sizeof(last_rule));
}

#define REGION(id, number, county, more)                                       \
	"organisation \"" id "\" {\n"                                          \
	"	name = \"" id "\" number = \"" number "\" country = \"SE\"\n"  \
	"	kind = region county = \"" county "\" board = \"Nämnden\"\n"  \
	"	" more "\n}\n"

/* Regions 04 and 09; the second with what is given as its key. */
static int read_keys(struct kept_keys *ret, unsigned keep_s, const char *second)
{
	char text[2048], key[AGE_RECIPIENT_CHARS + 1];
	struct settings *s = calloc(1, sizeof(*s));
	struct register_book *book;
	int err;

	assert_non_null(s);
	s->keep_calls_s = keep_s;
	age_recipient_text(&sormland.recipient, key);
	(void)snprintf(
		text, sizeof(text),
		REGION("region-04", "232100-0032", "04", "recipient = \"%s\"")
			REGION("region-09", "212000-0803", "09", "%s"),
		key, second);
	assert_int_equal(register_read(&book, text, strlen(text), NULL, NULL),
			 0);
	faults = 0;
	err = kept_keys_read(ret, s, book, count, NULL);
	register_free(book);
	free(s);
	return err;
}

static void a_region_without_a_key_is_a_fault_where_calls_are_kept(void **state)
{
	struct kept_keys keys;

	(void)state;
	assert_int_equal(read_keys(&keys, 0, ""), 0);
	assert_int_equal(faults, 0);
	assert_int_equal(read_keys(&keys, 60, ""), EINVAL);
	assert_int_equal(faults, 1);
	assert_string_equal(last_rule, "GDPR-32-PLAIN");
	assert_int_equal(read_keys(&keys, 0, "recipient = \"age1xyz\""),
			 EINVAL);
	assert_string_equal(last_rule, "CONFIG");
}

static void without_a_register_nothing_can_be_kept(void **state)
{
	struct settings *s = calloc(1, sizeof(*s));
	struct kept_keys keys;

	(void)state;
	assert_non_null(s);
	faults = 0;
	assert_int_equal(kept_keys_read(&keys, s, NULL, count, NULL), 0);
	s->keep_calls_s = 60;
	assert_int_equal(kept_keys_read(&keys, s, NULL, count, NULL), EINVAL);
	assert_int_equal(faults, 1);
	free(s);
}

static unsigned region_of(const char *county)
{
	return region_index(region_find(text_of(county)));
}

static struct kept_sealer *a_sealer(void)
{
	struct kept_sealer *k;
	struct kept_keys keys;

	/* that of 09 is missing */
	assert_int_equal(read_keys(&keys, 0, ""), 0);
	assert_int_equal(kept_sealer_new(&k), 0);
	kept_sealer_take(k, &keys);
	return k;
}

static void the_region_opens_it_and_nobody_else(void **state)
{
	struct kept_sealer *k = a_sealer();
	uint8_t sealed[KEPT_SEALED_MAX], plain[KEPT_JSON_MAX];
	struct writer w = writer_on(sealed, sizeof(sealed));
	struct writer p = writer_on(plain, sizeof(plain));

	(void)state;
	assert_string_equal(kept_region(k, region_of("04")), "region-04");
	assert_null(kept_region(k, region_of("09")));
	assert_null(kept_region(k, REGIONS));
	assert_null(kept_region(k, (unsigned)-1));
	assert_int_equal(
		kept_seal(k, region_of("09"), 5,
			  (struct bytes){ (const uint8_t *)SAID, strlen(SAID) },
			  &w),
		ENOKEY);
	assert_int_equal(w.len, 0);
	assert_int_equal(
		kept_seal(k, region_of("04"), 5,
			  (struct bytes){ (const uint8_t *)SAID, strlen(SAID) },
			  &w),
		0);
	assert_null(memmem(sealed, w.len, "+4670", 5));
	assert_int_equal(card_open(stream, &gotland,
				   (struct bytes){ sealed, w.len }, &p),
			 ENOKEY);
	assert_int_equal(card_open(stream, &sormland,
				   (struct bytes){ sealed, w.len }, &p),
			 0);
	assert_int_equal(p.len, strlen(SAID));
	assert_memory_equal(plain, SAID, p.len);
	kept_sealer_free(k);
}

static void one_key_a_minute_and_one_nonce_a_call(void **state)
{
	const struct bytes said = { (const uint8_t *)SAID, strlen(SAID) };
	const size_t head = 160; /* of the header, which is 168 */
	struct kept_sealer *k = a_sealer();
	uint8_t sealed[4][KEPT_SEALED_MAX];
	const uint64_t at[] = { 1, KEPT_KEY_MS, KEPT_KEY_MS + 1,
				KEPT_KEY_MS + 2 };
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct writer w = writer_on(sealed[i], sizeof(sealed[i]));

		if (i == 3) /* and the tick wipes what is old */
			kept_tick(k, 3 * KEPT_KEY_MS);
		assert_int_equal(kept_seal(k, region_of("04"), at[i], said, &w),
				 0);
		len = w.len;
	}
	assert_memory_equal(sealed[0], sealed[1], head);
	assert_memory_not_equal(sealed[0], sealed[2], head);
	assert_memory_not_equal(sealed[2], sealed[3], head);
	/* the same facts, other bytes */
	assert_memory_not_equal(sealed[0] + len - said.len,
				sealed[1] + len - said.len, said.len);
	kept_sealer_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_region_without_a_key_is_a_fault_where_calls_are_kept),
		cmocka_unit_test(without_a_register_nothing_can_be_kept),
		cmocka_unit_test(the_region_opens_it_and_nobody_else),
		cmocka_unit_test(one_key_a_minute_and_one_nonce_a_call),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
