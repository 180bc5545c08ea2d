/*
 * minutes -- dated minutes and who answers then, written by hand
 *
 * From the contracts in world.h and a calendar of 2026, not from the code.
 */
#include "tests/unit/unit.h"

#include "tests/unit/routing/world.h"

struct minute {
	const char *municipality, *at, *route;
};

static const struct minute minutes[] = {
	/* A and B: an ordinary week in Nyköping, Monday 19 January on */
	{ "0480", "2026-01-19T06:59:00+01:00", "sormland-medcare" },
	{ "0480", "2026-01-19T07:00:00+01:00", "sormland" },
	{ "0480", "2026-01-19T18:59:00+01:00", "sormland" },
	{ "0480", "2026-01-19T19:00:00+01:00", "sormland-medcare" },
	{ "0480", "2026-01-20T00:00:00+01:00", "sormland-medcare" },
	{ "0480", "2026-01-20T06:59:00+01:00", "sormland-medcare" },
	{ "0480", "2026-01-20T07:00:00+01:00", "sormland" },
	{ "0480", "2026-01-23T06:59:00+01:00", "sormland-medcare" },
	{ "0480", "2026-01-23T07:00:00+01:00", "sormland" },
	{ "0480", "2026-01-23T19:00:00+01:00", "sormland-medcare" },
	{ "0480", "2026-01-24T12:00:00+01:00", "sormland-medcare" },
	{ "0480", "2026-01-25T23:59:00+01:00", "sormland-medcare" },
	{ "0480", "2026-01-26T07:00:00+01:00", "sormland" },
	/* another municipality of the region, another offset */
	{ "0486", "2026-01-19T06:00:00Z", "sormland" },
	{ "0486", "2026-01-19T05:59:00Z", "sormland-medcare" },
	/* the eve of Epiphany (Monday 5 January), and Epiphany */
	{ "0480", "2026-01-05T15:59:00+01:00", "sormland" },
	{ "0480", "2026-01-05T16:00:00+01:00", "sormland-medcare" },
	{ "0480", "2026-01-06T12:00:00+01:00", "sormland-medcare" },
	{ "0480", "2026-01-07T06:59:00+01:00", "sormland-medcare" },
	{ "0480", "2026-01-07T07:00:00+01:00", "sormland" },
	/* Easter: Maundy Thursday 2 April, 18:00, to Tuesday 7 April, 07:00 */
	{ "0480", "2026-04-02T17:59:00+02:00", "sormland" },
	{ "0480", "2026-04-02T18:00:00+02:00", "sormland-medcare" },
	{ "0480", "2026-04-03T12:00:00+02:00", "sormland-medcare" },
	{ "0480", "2026-04-06T12:00:00+02:00", "sormland-medcare" },
	{ "0480", "2026-04-07T06:59:00+02:00", "sormland-medcare" },
	{ "0480", "2026-04-07T07:00:00+02:00", "sormland" },
	/* 1 May is a Friday, Ascension Day Thursday 14 May */
	{ "0480", "2026-04-30T15:59:00+02:00", "sormland" },
	{ "0480", "2026-04-30T16:00:00+02:00", "sormland-medcare" },
	{ "0480", "2026-05-01T12:00:00+02:00", "sormland-medcare" },
	{ "0480", "2026-05-04T07:00:00+02:00", "sormland" },
	{ "0480", "2026-05-13T16:00:00+02:00", "sormland-medcare" },
	{ "0480", "2026-05-15T07:00:00+02:00", "sormland" },
	/* midsummer's eve is Friday 19 June; it begins on Thursday */
	{ "0480", "2026-06-18T17:59:00+02:00", "sormland" },
	{ "0480", "2026-06-18T18:00:00+02:00", "sormland-medcare" },
	{ "0480", "2026-06-19T12:00:00+02:00", "sormland-medcare" },
	{ "0480", "2026-06-22T07:00:00+02:00", "sormland" },
	/* C: the agreement ends with 30 June, in the middle of a night */
	{ "0480", "2026-06-30T23:59:00+02:00", "sormland-medcare" },
	{ "0480", "2026-07-01T00:00:00+02:00", "sormland-uppsala" },
	{ "0480", "2026-07-01T06:59:00+02:00", "sormland-uppsala" },
	{ "0480", "2026-07-01T07:00:00+02:00", "sormland" },
	/* Christmas: Wednesday 23 December, 18:00, to Monday 28th, 07:00 */
	{ "0480", "2026-12-23T17:59:00+01:00", "sormland" },
	{ "0480", "2026-12-23T18:00:00+01:00", "sormland-uppsala" },
	{ "0480", "2026-12-24T12:00:00+01:00", "sormland-uppsala" },
	{ "0480", "2026-12-28T06:59:00+01:00", "sormland-uppsala" },
	{ "0480", "2026-12-28T07:00:00+01:00", "sormland" },
	{ "0480", "2026-12-31T12:00:00+01:00", "sormland-uppsala" },
	/* D: Linköping, and the clock put forward on 29 March */
	{ "0580", "2026-03-28T02:29:00+01:00", "ostergotland-medcare" },
	{ "0580", "2026-03-28T02:30:00+01:00", "ostergotland" },
	{ "0580", "2026-03-29T01:59:00+01:00", "ostergotland-medcare" },
	{ "0580", "2026-03-29T03:00:00+02:00", "ostergotland" },
	{ "0580", "2026-03-29T14:29:00+02:00", "ostergotland" },
	{ "0580", "2026-03-29T14:30:00+02:00", "ostergotland-medcare" },
	/* ... and back on 25 October: the first half past two counts */
	{ "0580", "2026-10-25T02:29:00+02:00", "ostergotland-medcare" },
	{ "0580", "2026-10-25T02:30:00+02:00", "ostergotland" },
	{ "0580", "2026-10-25T02:00:00+01:00", "ostergotland" },
	{ "0580", "2026-10-25T02:29:00+01:00", "ostergotland" },
	{ "0580", "2026-10-25T03:00:00+01:00", "ostergotland" },
	/* E: never Bangkok, neither by night nor at a weekend */
	{ "0380", "2026-11-23T12:00:00+01:00", "uppsala" },
	{ "0380", "2026-11-23T23:30:00+01:00", "uppsala" },
	{ "0380", "2026-11-28T12:00:00+01:00", "uppsala" },
	/* F */
	{ "0180", "2026-11-23T12:00:00+01:00", "stockholm-medcare" },
	{ "0188", "2026-11-23T12:00:00+01:00", "norrtalje" },
	{ "0188", "2026-11-23T17:00:00+01:00", "stockholm-medcare" },
	/* G: nobody's municipality, and a region without routes */
	{ "", "2026-11-23T12:00:00+01:00", "national" },
	{ "2584", "2026-11-23T12:00:00+01:00", "national" },
	{ "2584", "2026-12-24T03:00:00+01:00", "national" },
};

static void test_minutes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
		const struct minute *m = &minutes[i];
		struct decide_ask ask = {
			.line = TEXT("1177"),
			.place = world_place(m->municipality),
			.minute = world_minute(m->at),
		};
		struct decision d;

		assert_int_equal(decide(world.routes, world.book, &ask, &d), 0);
		if (strcmp(world.routes->routes[d.route].id, m->route) != 0)
			fail_msg("%s at %s: %s, not %s", m->municipality, m->at,
				 world.routes->routes[d.route].id, m->route);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_minutes) };

	return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
