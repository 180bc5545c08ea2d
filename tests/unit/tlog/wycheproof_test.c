#include "tests/unit/unit.h"

#include <jansson.h>
#include <sodium.h>

#include "base/encode.h"
#include "tests/unit/tlog/vectors.h"

/*
 * libsodium is stricter than others with keys and points of small order, but
 * none of this set's verdicts differ: each is asserted as it stands.
 */
static unsigned judged;

static struct text hex_in(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	assert_non_null(s);
	return text_of(s);
}

static void judge(const json_t *test, const uint8_t pk[32])
{
	uint8_t msg[4096], sig[64];
	struct text m = hex_in(test, "msg"), s = hex_in(test, "sig");
	int id = (int)json_integer_value(json_object_get(test, "tcId"));
	bool want = !strcmp(json_string_value(json_object_get(test, "result")),
			    "valid");
	bool is = false;

	assert_true(m.len / 2 <= sizeof(msg));
	assert_int_equal(hex_read(m, msg, m.len / 2), 0);
	/* a signature has 64 bytes: whoever has others never gets so far */
	if (s.len == 2 * sizeof(sig)) {
		assert_int_equal(hex_read(s, sig, sizeof(sig)), 0);
		is = !crypto_sign_ed25519_verify_detached(sig, msg, m.len / 2,
							  pk);
	}
	judged++;
	if (is != want) {
		print_error("test %d: libsodium says %d\n", id, is);
		fail();
	}
}

static void ed25519_is_judged_right(void **state)
{
	const char *dir = vectors_folder("wycheproof/ed25519_test.json");
	const json_t *groups, *tests;
	json_t *all;

	(void)state;
	if (!dir)
		return;
	all = json_load_file(dir, 0, NULL);
	assert_non_null(all);
	groups = json_object_get(all, "testGroups");
	for (size_t g = 0; g < json_array_size(groups); g++) {
		const json_t *group = json_array_get(groups, g);
		uint8_t pk[32];

		assert_int_equal(
			hex_read(hex_in(json_object_get(group, "publicKey"),
					"pk"),
				 pk, sizeof(pk)),
			0);
		tests = json_object_get(group, "tests");
		for (size_t i = 0; i < json_array_size(tests); i++)
			judge(json_array_get(tests, i), pk);
	}
	json_decref(all);
	assert_int_equal(judged, 151);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ed25519_is_judged_right),
	};

	return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
