/*
 * waiting -- what a node says of its queues, written and read
 */
#include "tests/unit/unit.h"

#include "handover/waiting.h"

#define MORE_LINES_THAN_ARE_TOLD                                               \
	"1;waiting=1;wait=1,2;waiting=1;wait=1,3;waiting=1;wait=1,"            \
	"4;waiting=1;wait=1,5;waiting=1;wait=1"

static void test_there_and_back(void **state)
{
	static const struct waiting said = {
		.lines = { { "1177", 12, 340 }, { "113", 0, 4000000000u } },
		.count = 2,
	};
	char text[128];
	struct writer w = writer_on(text, sizeof(text));
	struct waiting heard;

	(void)state;
	waiting_write(&w, &said);
	assert_int_equal(writer_finish(&w), 0);
	assert_int_equal(waiting_read((struct text){ text, w.len }, &heard), 0);
	assert_int_equal(heard.count, 2);
	assert_int_equal(waiting_find(&heard, TEXT("1177"))->callers, 12);
	assert_int_equal(waiting_find(&heard, TEXT("1177"))->longest_s, 340);
	assert_int_equal(waiting_find(&heard, TEXT("113"))->longest_s,
			 WAITING_SECONDS_MAX);
	assert_null(waiting_find(&heard, TEXT("117")));
	assert_int_equal(waiting_read(TEXT(""), &heard), 0);
	assert_int_equal(heard.count, 0);
}

static void test_nonsense(void **state)
{
	static const char *const wrong[] = {
		"1177",
		"1177;waiting=1",
		"1177;wait=1;waiting=1",
		"1177;waiting=-1;wait=1",
		"1177;waiting=1;wait=1;more=1",
		"1177;waiting=1000001;wait=1",
		"1177;waiting=1;wait=99999999999999999999",
		";waiting=1;wait=1",
		"12345678901234567890123456789012;waiting=1;wait=1",
		MORE_LINES_THAN_ARE_TOLD,
	};
	struct waiting w = { .count = 3 };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (waiting_read(text_of(wrong[i]), &w) != EBADMSG)
			fail_msg("taken: %s", wrong[i]);
	assert_int_equal(w.count, 3); /* untouched */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
