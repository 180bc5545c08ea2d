/*
 * window -- what is open when, written by hand
 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "base/clock.h"
#include "routing/window.h"

static int64_t minute_of(const char *rfc3339)
{
	int64_t ms;

	assert_int_equal(clock_read(text_of(rfc3339), &ms), 0);
	return ms / 60000;
}

static bool open_at(const char *window, const char *at)
{
	struct window_view v;
	struct window w;
	const char *why;

	assert_int_equal(window_read(text_of(window), &w, &why), 0);
	window_look(minute_of(at), &v);
	return window_open(&w, &v);
}

static void test_hours(void **state)
{
	static const struct {
		const char *window, *at;
		bool open;
	} cases[] = {
		/* a night: Monday 23 to Tuesday 24 November 2026 */
		{ "mon-thu 22:00-06:00", "2026-11-23T21:59:59+01:00", false },
		{ "mon-thu 22:00-06:00", "2026-11-23T22:00:00+01:00", true },
		{ "mon-thu 22:00-06:00", "2026-11-24T05:59:00+01:00", true },
		{ "mon-thu 22:00-06:00", "2026-11-24T06:00:00+01:00", false },
		{ "mon-thu 22:00-06:00", "2026-11-27T05:59:00+01:00", true },
		{ "mon-thu 22:00-06:00", "2026-11-27T22:30:00+01:00", false },
		/* another offset, the same minute */
		{ "mon-thu 22:00-06:00", "2026-11-23T21:00:00Z", true },
		{ "mon-thu 22:00-06:00", "2026-11-23T20:59:00Z", false },
		/* a weekend */
		{ "fri 19:00-mon 07:00", "2026-11-27T18:59:00+01:00", false },
		{ "fri 19:00-mon 07:00", "2026-11-27T19:00:00+01:00", true },
		{ "fri 19:00-mon 07:00", "2026-11-29T12:00:00+01:00", true },
		{ "fri 19:00-mon 07:00", "2026-11-30T06:59:00+01:00", true },
		{ "fri 19:00-mon 07:00", "2026-11-30T07:00:00+01:00", false },
		/* all of two days, of each day, and of a day by its hours */
		{ "sat,sun 00:00-24:00", "2026-11-27T23:59:00+01:00", false },
		{ "sat,sun 00:00-24:00", "2026-11-28T00:00:00+01:00", true },
		{ "sat,sun 00:00-24:00", "2026-11-29T23:59:00+01:00", true },
		{ "sat,sun 00:00-24:00", "2026-11-30T00:00:00+01:00", false },
		{ "daily 00:00-24:00", "2026-11-30T00:00:00+01:00", true },
		{ "daily 08:00-08:00", "2026-11-30T07:59:00+01:00", true },
		{ "sat-mon 08:00-17:00", "2026-11-30T08:00:00+01:00", true },
		{ "sat-mon 08:00-17:00", "2026-12-01T08:00:00+01:00", false },
		/* Easter 2026: 18:00 on Maundy Thursday to Tuesday 07:00 */
		{ "before-major 18:00-workday 07:00",
		  "2026-04-02T17:59:00+02:00", false },
		{ "before-major 18:00-workday 07:00",
		  "2026-04-02T18:00:00+02:00", true },
		{ "before-major 18:00-workday 07:00",
		  "2026-04-06T12:00:00+02:00", true },
		{ "before-major 18:00-workday 07:00",
		  "2026-04-07T06:59:00+02:00", true },
		{ "before-major 18:00-workday 07:00",
		  "2026-04-07T07:00:00+02:00", false },
		/* the night to 29 March 2026 has no half past two */
		{ "sat 22:00-02:30", "2026-03-29T01:59:00+01:00", true },
		{ "sat 22:00-02:30", "2026-03-29T03:00:00+02:00", false },
		{ "sun 02:30-04:00", "2026-03-29T01:59:00+01:00", false },
		{ "sun 02:30-04:00", "2026-03-29T03:00:00+02:00", true },
		/* the night to 25 October 2026 has two: the first one counts */
		{ "sat 22:00-02:30", "2026-10-25T02:29:00+02:00", true },
		{ "sat 22:00-02:30", "2026-10-25T02:30:00+02:00", false },
		{ "sat 22:00-02:30", "2026-10-25T02:15:00+01:00", false },
		{ "sun 02:30-04:00", "2026-10-25T02:29:00+02:00", false },
		{ "sun 02:30-04:00", "2026-10-25T02:31:00+02:00", true },
		{ "sun 02:30-04:00", "2026-10-25T02:15:00+01:00", true },
		{ "sat 22:00-06:00", "2026-10-25T05:59:00+01:00", true },
		{ "sat 22:00-06:00", "2026-10-25T06:00:00+01:00", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (open_at(cases[i].window, cases[i].at) != cases[i].open)
			fail_msg("%s at %s: not as written", cases[i].window,
				 cases[i].at);
}

static void test_usual(void **state)
{
	static const struct {
		const char *at;
		bool nights, weekends, eves, major;
	} cases[] = {
		{ "2026-11-23T12:00:00+01:00", 0, 0, 0, 0 },
		{ "2026-11-23T23:00:00+01:00", 1, 0, 0, 0 },
		{ "2026-11-28T12:00:00+01:00", 0, 1, 0, 0 },
		/* Epiphany is a Tuesday; 30 April a Thursday */
		{ "2026-01-05T15:59:00+01:00", 0, 0, 0, 0 },
		{ "2026-01-05T16:00:00+01:00", 0, 0, 1, 0 },
		{ "2026-01-06T12:00:00+01:00", 0, 0, 1, 0 },
		{ "2026-01-07T06:59:00+01:00", 0, 0, 1, 0 },
		{ "2026-01-07T07:00:00+01:00", 0, 0, 0, 0 },
		{ "2026-04-30T16:00:00+02:00", 0, 0, 1, 0 },
		{ "2026-05-01T12:00:00+02:00", 0, 0, 1, 0 },
		{ "2026-12-23T17:59:00+01:00", 0, 0, 0, 0 },
		{ "2026-12-23T18:00:00+01:00", 0, 0, 0, 1 },
		{ "2026-12-24T12:00:00+01:00", 0, 0, 0, 1 },
		{ "2026-12-28T06:59:00+01:00", 0, 1, 0, 1 },
		{ "2026-12-28T07:00:00+01:00", 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const names[] = { "nights", "weekends", "eves",
					      "major-holidays" };
		const bool expected[] = { cases[i].nights, cases[i].weekends,
					  cases[i].eves, cases[i].major };
		const struct window_class *all =
			window_usual_class(TEXT("nights-and-weekends"));
		struct window_view v;
		bool any = false;

		window_look(minute_of(cases[i].at), &v);
		for (size_t n = 0; n < 4; n++) {
			const struct window_class *c =
				window_usual_class(text_of(names[n]));

			assert_non_null(c);
			any |= expected[n];
			if (window_any_open(c->windows, c->count, &v) !=
			    expected[n])
				fail_msg("%s at %s", names[n], cases[i].at);
		}
		assert_int_equal(window_any_open(all->windows, all->count, &v),
				 any);
	}
	assert_null(window_usual_class(TEXT("lunch")));
}

static void test_malformed(void **state)
{
	static const char *const cases[] = {
		"",
		"mon",
		"22:00-06:00",
		"mon 22:00",
		"mon 22:00-",
		"mon 22:00-6:00",
		"mon 22:00-06:00 ",
		"mon 24:00-06:00",
		"mon 22:00-24:01",
		"mon 22:60-23:00",
		"monday 22:00-06:00",
		"mon- 22:00-06:00",
		"mon, 22:00-06:00",
		",mon 22:00-06:00",
		"mon-holiday 22:00-06:00",
		"mon 22:00-holiday 06:00",
		"mon 22:00-eve,major 06:00",
		"mon 22:00 - 06:00",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = NULL;
		struct window w;

		if (window_read(text_of(cases[i]), &w, &why) != EBADMSG)
			fail_msg("taken: %s", cases[i]);
		assert_non_null(why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_usual),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
