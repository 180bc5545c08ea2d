/*
 * date -- days of Stockholm, and both changes of the clock
 */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "register/register.h"

static const struct {
	const char *day;
	bool end;
	const char *same; /* the same minute, written with its offset */
} days[] = {
	{ "2026-11-21", false, "2026-11-21T00:00:00+01:00" },
	{ "2026-11-21", true, "2026-11-22T00:00:00+01:00" },
	{ "2026-07-01", false, "2026-07-01T00:00:00+02:00" },
	{ "2026-12-31", true, "2027-01-01T00:00:00+01:00" },
	/* the clock goes forward on 29 March 2026, back on 25 October */
	{ "2026-03-29", false, "2026-03-29T00:00:00+01:00" },
	{ "2026-03-29", true, "2026-03-30T00:00:00+02:00" },
	{ "2026-10-25", false, "2026-10-25T00:00:00+02:00" },
	{ "2026-10-25", true, "2026-10-26T00:00:00+01:00" },
	{ "2024-02-29", false, "2024-02-29T00:00:00+01:00" },
	{ "2018-05-25", false, "2018-05-25T00:00:00+02:00" },
	{ "2025-03-30", true, "2025-03-31T00:00:00+02:00" },
};

static void test_days(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		int64_t got = 0, ms = 0;
		char back[REGISTER_DATE_TEXT];

		assert_int_equal(register_date_read(text_of(days[i].day),
						    days[i].end, &got),
				 0);
		assert_int_equal(clock_read(text_of(days[i].same), &ms), 0);
		if (got != ms / 60000)
			fail_msg("%s", days[i].day);
		register_date_text(got, days[i].end, back);
		assert_string_equal(back, days[i].day);
	}
}

static void test_times(void **state)
{
	int64_t got = 0;
	char back[REGISTER_DATE_TEXT];

	(void)state;
	assert_int_equal(register_date_read(TEXT("2026-06-01T12:00:00+02:00"),
					    true, &got),
			 0);
	register_date_text(got, true, back);
	assert_string_equal(back, "2026-06-01T10:00Z");
	register_date_text(REGISTER_ALWAYS, true, back);
	assert_string_equal(back, "-");
	register_date_text(REGISTER_SINCE_EVER, false, back);
	assert_string_equal(back, "-");
}

static void test_no_days(void **state)
{
	static const char *const no[] = {
		"",           "2026-02-29",
		"2026-04-31", "2026-13-01",
		"26-01-01",   "2026-1-1",
		"2026/01/01", "2026-01-01 ",
		"yesterday",  "2026-01-01T25:00:00Z"
	};
	int64_t got = 17;

	(void)state;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (register_date_read(text_of(no[i]), false, &got) != EBADMSG)
			fail_msg("%s", no[i]);
	assert_int_equal(got, 17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_no_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
