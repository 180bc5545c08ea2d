#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

#include "tlog/leaf.h"

static const uint8_t salt[LEAF_SALT_BYTES] = { 1, 2, 3 };

static size_t make(uint8_t *buf, const char *organisation, int64_t at_ms)
{
	uint8_t commitment[LEAF_COMMITMENT_BYTES];
	struct writer w = writer_on(buf, LEAF_MAX);

	leaf_commit(salt, TEXT("{\"call\":\"x\"}"), commitment);
	assert_int_equal(leaf_write(&w, TEXT("call.answered"),
				    text_of(organisation), at_ms, commitment),
			 0);
	return w.len;
}

/* A golden one: what others must be able to recompute. */
static void a_leaf_is_these_bytes(void **state)
{
	static const char want[] =
		"{\"type\":\"call.answered\",\"organisation\":\"Region "
		"S\xc3\xb6rmland\",\"hour\":\"2026-11-21T21:00:00Z\","
		"\"commitment\":"
		"\"YjkfyJNa89V5c2n3j0VSsUgBme3tg9jmm7W5LFVp39E=\"}";
	uint8_t buf[LEAF_MAX];
	size_t len = make(buf, "Region S\xc3\xb6rmland", 1795295100125);
	struct leaf leaf;

	(void)state;
	assert_int_equal(len, strlen(want));
	assert_memory_equal(buf, want, len);
	assert_int_equal(leaf_read(text_of(want), &leaf), 0);
	assert_string_equal(leaf.type, "call.answered");
	assert_string_equal(leaf.organisation, "Region S\xc3\xb6rmland");
	assert_int_equal(leaf.hour_ms, 1795294800000);
	assert_int_equal(leaf_check(&leaf, salt, TEXT("{\"call\":\"x\"}")), 0);
	assert_int_equal(leaf_check(&leaf, salt, TEXT("{\"call\":\"y\"}")),
			 EBADMSG);
	assert_int_equal(
		leaf_check(&leaf, leaf.commitment, TEXT("{\"call\":\"x\"}")),
		EBADMSG);
}

static void quotes_are_escaped(void **state)
{
	uint8_t buf[LEAF_MAX];
	size_t len = make(buf, "a \"b\" \\c", 0);
	struct leaf leaf;

	(void)state;
	assert_int_equal(leaf_read((struct text){ (char *)buf, len }, &leaf),
			 0);
	assert_string_equal(leaf.organisation, "a \"b\" \\c");
}

static void any_other_spelling_is_refused(void **state)
{
	uint8_t buf[LEAF_MAX], changed[LEAF_MAX + 1];
	size_t len = make(buf, "Region X", 1795295100125);
	struct leaf leaf;

	(void)state;
	/* cut off anywhere, a blank anywhere */
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(
			leaf_read((struct text){ (char *)buf, i }, &leaf),
			EBADMSG);
		memcpy(changed, buf, i);
		changed[i] = ' ';
		memcpy(changed + i + 1, buf + i, len - i);
		/* in the middle of a text it is another, right leaf */
		if (!leaf_read((struct text){ (char *)changed, len + 1 },
			       &leaf))
			assert_true(strcmp(leaf.organisation, "Region X") ||
				    strcmp(leaf.type, "call.answered"));
	}
	assert_int_equal(
		leaf_read(
			TEXT("{\"type\":\"a\",\"organisation\":\"b\","
			     "\"hour\":\"2026-11-21T21:00:00+00:00\","
			     "\"commitment\":\"YjkfyJNa89V5c2n3j0VSsUgBme3tg9j"
			     "mm7W5LFVp39E=\"}"),
			&leaf),
		EBADMSG);
	assert_int_equal(
		leaf_read(
			TEXT("{\"type\":\"a\",\"organisation\":\"b\","
			     "\"hour\":\"2026-11-21T21:30:00Z\","
			     "\"commitment\":\"YjkfyJNa89V5c2n3j0VSsUgBme3tg9j"
			     "mm7W5LFVp39E=\"}"),
			&leaf),
		EBADMSG);
}

static void what_cannot_stand_in_a_leaf_is_refused(void **state)
{
	uint8_t c[LEAF_COMMITMENT_BYTES] = { 0 }, buf[LEAF_MAX];
	struct writer w = writer_on(buf, sizeof(buf));
	char longer[LEAF_ORGANISATION_MAX + 1];

	(void)state;
	memset(longer, 'x', sizeof(longer));
	assert_int_equal(leaf_write(&w, TEXT(""), TEXT("o"), 0, c), EINVAL);
	assert_int_equal(leaf_write(&w, TEXT("t"), TEXT("o\n"), 0, c), EINVAL);
	assert_int_equal(leaf_write(&w, TEXT("t"), TEXT("\xff"), 0, c), EINVAL);
	assert_int_equal(leaf_write(&w, TEXT("t"), TEXT("o"), -1, c), EINVAL);
	assert_int_equal(leaf_write(&w, TEXT("t"), TEXT("o"), INT64_MAX, c),
			 EINVAL);
	assert_int_equal(leaf_write(&w, TEXT("t"),
				    (struct text){ longer, sizeof(longer) }, 0,
				    c),
			 EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leaf_is_these_bytes),
		cmocka_unit_test(quotes_are_escaped),
		cmocka_unit_test(any_other_spelling_is_refused),
		cmocka_unit_test(what_cannot_stand_in_a_leaf_is_refused),
	};

	return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
