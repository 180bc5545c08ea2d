/*
 * Stanzas of the age plugin protocol: what is written is read, a byte less is
 * not whole yet, and what is malformed is no stanza.
 */
#include "tests/unit/unit.h"

#include "seal/plugin.h"

static void test_round(void **state)
{
	uint8_t body[200], out[PLUGIN_STANZA_MAX];

	(void)state;
	for (size_t n = 0; n < sizeof(body); n++)
		body[n] = (uint8_t)n;
	/* 48 bytes are a line of 64, and need an empty one behind */
	for (size_t n = 0; n <= sizeof(body); n += n < 44 ? 11 : 1) {
		struct writer w = writer_on(out, sizeof(out));
		struct plugin_stanza s;

		assert_int_equal(0, plugin_write(&w, "file-key 0",
						 (struct bytes){ body, n }));
		assert_int_equal(0,
				 plugin_read((struct bytes){ out, w.len }, &s));
		assert_int_equal(w.len, s.len);
		assert_int_equal(2, s.arg_count);
		assert_int_equal(n, s.body_len);
		assert_memory_equal(body, s.body, n);
		assert_int_equal(
			EAGAIN,
			plugin_read((struct bytes){ out, w.len - 1 }, &s));
	}
}

static void test_malformed(void **state)
{
	static const char *const bad[] = {
		"- > done\n\n", "->\n\n",
		"-> \n\n",      "-> a  b\n\n",
		"-> a\n=\n",    "-> a\nA\n",
		"-> a\x01\n\n", "-> 1 2 3 4 5 6 7 8 9\n\n",
	};
	static const char ok[] = "-> a\nAAAA\n-> b\n\n";
	struct plugin_stanza s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
			EBADMSG,
			plugin_read((struct bytes){ (const uint8_t *)bad[i],
						    strlen(bad[i]) },
				    &s));
	assert_int_equal(0, plugin_read((struct bytes){ (const uint8_t *)ok,
							sizeof(ok) - 1 },
					&s));
	assert_int_equal(3, s.body_len);
	assert_int_equal(10, s.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
