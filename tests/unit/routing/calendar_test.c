/*
 * calendar -- against the C library's clock and a published list of holidays
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "routing/calendar.h"

static void test_dates(void **state)
{
	struct calendar_date d;

	(void)state;
	assert_int_equal(calendar_day((struct calendar_date){ 1970, 1, 1 }), 0);
	assert_int_equal(calendar_day((struct calendar_date){ 2000, 2, 29 }),
			 11016);
	assert_int_equal(calendar_day((struct calendar_date){ 2100, 3, 1 }),
			 47541);
	for (int32_t day = -40000; day < 100000; day++) {
		d = calendar_date(day);
		assert_int_equal(calendar_day(d), day);
		assert_in_range(d.month, 1, 12);
		assert_in_range(d.day, 1, 31);
	}
}

/* The rule written as POSIX has it, so that no time zone files are needed. */
static void test_clock(void **state)
{
	int64_t from = 26 * 365 * 1440ll, to = 100 * 365 * 1440ll;

	(void)state;
	assert_int_equal(setenv("TZ", "CET-1CEST,M3.5.0/2,M10.5.0/3", 1), 0);
	tzset();
	for (int64_t minute = from; minute < to; minute += 30) {
		time_t s = (time_t)(minute * 60);
		struct calendar_local l;
		struct calendar_date d;
		struct tm tm;

		assert_non_null(localtime_r(&s, &tm));
		calendar_local(minute, &l);
		d = calendar_date(l.day);
		if ((unsigned)(tm.tm_hour * 60 + tm.tm_min) != l.minute ||
		    tm.tm_mday != (int)d.day || tm.tm_mon + 1 != (int)d.month ||
		    tm.tm_year + 1900 != d.year ||
		    tm.tm_gmtoff != (long)l.offset_m * 60)
			fail_msg("at minute %lld", (long long)minute);
	}
}

/* Every time of every day has its minute, in order, and shows that time. */
static void test_minutes(void **state)
{
	int64_t before = INT64_MIN;
	int32_t first = calendar_day((struct calendar_date){ 2026, 1, 1 });

	(void)state;
	for (int32_t day = first; day < first + 731; day++)
		for (unsigned m = 0; m < 1440; m += 10) {
			int64_t minute = calendar_minute(day, m);
			struct calendar_local l, early;

			calendar_local(minute, &l);
			calendar_local(minute - 60, &early);
			assert_true(minute >= before);
			before = minute;
			if (l.minute != m) { /* leapt over */
				assert_int_equal(l.minute, 180);
				assert_in_range(m, 120, 179);
				assert_int_equal(early.minute, 60);
			}
			/* not the second of two */
			assert_false(early.day == day && early.minute == m);
		}
}

static void test_text(void **state)
{
	static const struct {
		int32_t year;
		unsigned month, day, minute;
		const char *text;
	} cases[] = {
		{ 2026, 11, 22, 125, "2026-11-22T02:05+01:00" },
		{ 2026, 3, 29, 119, "2026-03-29T01:59+01:00" },
		{ 2026, 3, 29, 150, "2026-03-29T03:00+02:00" },
		{ 2026, 10, 25, 150, "2026-10-25T02:30+02:00" },
		{ 2026, 10, 25, 180, "2026-10-25T03:00+01:00" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[CALENDAR_TEXT_MAX];
		struct calendar_date d = { cases[i].year, cases[i].month,
					   cases[i].day };

		calendar_text(calendar_minute(calendar_day(d), cases[i].minute),
			      text);
		assert_string_equal(text, cases[i].text);
	}
}

/* "2026-12-24\tthu\tJulafton\tafton" */
static int32_t next_holiday(FILE *f, char name[64], bool *ret_eve,
			    unsigned *ret_weekday)
{
	static const char week[] = "mon\0tue\0wed\0thu\0fri\0sat\0sun";
	struct calendar_date d;
	char weekday[8], kind[16];
	int year;
	unsigned i = 0;

	if (fscanf(f, "%d-%u-%u\t%7[^\t]\t%63[^\t]\t%15[^\n]\n", &year,
		   &d.month, &d.day, weekday, name, kind) != 6)
		return INT32_MAX;
	while (i < 7 && strcmp(week + 4 * i, weekday) != 0)
		i++;
	d.year = year;
	*ret_weekday = 1u << i;
	*ret_eve = !strcmp(kind, "afton");
	return calendar_day(d);
}

/* data/holidays.tsv: each day of it, and no other. */
static void test_holidays(void **state)
{
	const char *source = getenv("SOURCE");
	char path[512], name[64];
	int32_t day = calendar_day((struct calendar_date){ 2013, 1, 1 });
	int32_t end = calendar_day((struct calendar_date){ 2041, 1, 1 });
	unsigned weekday, seen = 0;
	bool eve;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/data/holidays.tsv",
		 source ? source : ".");
	f = fopen(path, "re");
	assert_non_null(f);
	assert_non_null(fgets(path, sizeof(path), f));
	for (int32_t next; day < end; day = next + 1, seen++) {
		next = next_holiday(f, name, &eve, &weekday);
		for (; day < end && day < next; day++) {
			assert_null(calendar_name(day));
			assert_int_equal(
				calendar_kinds(day) &
					(DAY_HOLIDAY | DAY_EVE | DAY_MAJOR),
				0);
		}
		if (next == INT32_MAX)
			break;
		assert_string_equal(calendar_name(next), name);
		assert_int_equal(calendar_kinds(next) & DAY_ANY, weekday);
		assert_int_equal(calendar_kinds(next) & (DAY_HOLIDAY | DAY_EVE),
				 eve ? DAY_EVE : DAY_HOLIDAY);
	}
	assert_int_equal(seen, 504);
	fclose(f);
}

static void test_kinds(void **state)
{
	static const struct {
		unsigned month, day, kinds;
	} cases[] = {
		{ 1, 5, DAY_MON | DAY_WORKDAY | DAY_BEFORE_HOLIDAY },
		{ 1, 6, DAY_TUE | DAY_HOLIDAY },
		{ 4, 2, DAY_THU | DAY_WORKDAY | DAY_BEFORE_MAJOR },
		{ 4, 3, DAY_FRI | DAY_HOLIDAY | DAY_MAJOR },
		{ 4, 4, DAY_SAT | DAY_EVE | DAY_MAJOR },
		{ 4, 6, DAY_MON | DAY_HOLIDAY | DAY_MAJOR },
		{ 4, 7, DAY_TUE | DAY_WORKDAY },
		{ 4, 30, DAY_THU | DAY_WORKDAY | DAY_BEFORE_HOLIDAY },
		{ 5, 22, DAY_FRI | DAY_WORKDAY | DAY_BEFORE_MAJOR },
		{ 6, 18, DAY_THU | DAY_WORKDAY | DAY_BEFORE_MAJOR },
		{ 6, 19, DAY_FRI | DAY_EVE | DAY_MAJOR },
		{ 10, 30, DAY_FRI | DAY_WORKDAY | DAY_BEFORE_HOLIDAY },
		{ 12, 23, DAY_WED | DAY_WORKDAY | DAY_BEFORE_MAJOR },
		{ 12, 24, DAY_THU | DAY_EVE | DAY_MAJOR },
		{ 12, 26, DAY_SAT | DAY_HOLIDAY | DAY_MAJOR },
		{ 12, 30, DAY_WED | DAY_WORKDAY | DAY_BEFORE_MAJOR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			calendar_kinds(calendar_day((struct calendar_date){
				2026, cases[i].month, cases[i].day })),
			cases[i].kinds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),    cmocka_unit_test(test_clock),
		cmocka_unit_test(test_minutes),  cmocka_unit_test(test_text),
		cmocka_unit_test(test_holidays), cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
