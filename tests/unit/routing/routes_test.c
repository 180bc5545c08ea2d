/*
 * routes -- the text of routes, all 290 municipalities, and gaps
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "routing/gap.h"
#include "tests/unit/routing/world.h"

static char *read_file(const char *name)
{
	const char *source = getenv("SOURCE");
	char path[512], *text;

	snprintf(path, sizeof(path), "%s/%s", source ? source : ".", name);
	assert_int_equal(settings_read_file(path, &text), 0);
	return text;
}

static void on_fault(void *arg, const struct register_fault *f)
{
	char *to = arg;
	size_t len = strlen(to);

	snprintf(to + len, 256 - len, "%u %s %.40s\n", f->line, f->rule,
		 f->fault);
}

/* ---- every municipality, by the example's routes */

static void example(struct world *w)
{
	char *text = read_file("examples/1177/register.conf");
	char faults[256] = "";

	if (register_read(&w->book, text, strlen(text), on_fault, faults))
		fail_msg("%s", faults);
	free(text);
	text = read_file("examples/1177/routes.conf");
	if (routes_read(&w->routes, text, strlen(text), w->book, on_fault,
			faults))
		fail_msg("%s", faults);
	free(text);
}

/* At noon on a working day three regions answer themselves. */
static const char *provider_of(const char *county)
{
	if (!strcmp(county, "09"))
		return "region-09";
	if (!strcmp(county, "22"))
		return "region-22";
	if (!strcmp(county, "23"))
		return "region-23";
	return "vardlinjen";
}

static void test_all_290(void **state)
{
	char *text = read_file("data/municipalities.tsv"), *save = NULL;
	struct world w;
	unsigned seen = 0;

	(void)state;
	example(&w);
	strtok_r(text, "\n", &save); /* the heading */
	for (char *row; (row = strtok_r(NULL, "\n", &save)); seen++) {
		char code[5], county[3], name[64], county_name[64], region[64];
		struct decide_ask ask = { .line = TEXT("1177") };
		struct decision d;

		assert_int_equal(sscanf(row,
					"%4[^\t]\t%63[^\t]\t%2[^\t]\t%63[^\t]\t"
					"%63[^\t]",
					code, name, county, county_name,
					region),
				 5);
		ask.place = world_place(code);
		ask.minute = world_minute("2026-11-23T12:00:00+01:00");
		assert_string_equal(
			municipality_table[ask.place.municipality].name, name);
		assert_string_equal(region_table[ask.place.region].county,
				    county);
		assert_string_equal(region_table[ask.place.region].name,
				    region);
		assert_int_equal(decide(w.routes, w.book, &ask, &d), 0);
		assert_string_equal(w.routes->routes[d.route].organisation,
				    provider_of(county));
	}
	assert_int_equal(seen, 290);
	world_free(&w);
	free(text);
}

/* ---- what may stand in the text */

#define NATIONAL                                                               \
	"route \"n\" { kind = national-queue for = \"region-01\" "             \
	"organisation = \"medcare\" trunk = \"t\" }\n"
#define ROUTE(more)                                                            \
	"route \"a\" { regions = {\"04\"} organisation = \"medcare\" "         \
	"trunk = \"t\" " more " }\n" NATIONAL

static void test_faults(void **state)
{
	static const struct {
		const char *text, *faults;
	} cases[] = {
		{ ROUTE(""), "" },
		{ "", "1 CONFIG a caller of whom nobody knows where reac\n" },
		{ ROUTE("kind = other"),
		  "1 CONFIG kind has an unknown value\n" },
		{ ROUTE("when = {lunch}"),
		  "1 CONFIG neither hours nor a name for them: lunch\n" },
		{ ROUTE("place = \"moon\""),
		  "1 CONFIG place: the register has no place moon\n" },
		{ ROUTE("for = \"moon\""),
		  "1 CONFIG for: the register has no organisation mo\n" },
		{ ROUTE("municipalities = {\"9999\"}"),
		  "1 CONFIG there is no municipality 9999\n" },
		{ ROUTE("from = \"2026-02-30\""),
		  "1 CONFIG from is no date\n" },
		{ ROUTE("from = \"2026-02-02\" until = \"2026-02-01\""),
		  "1 CONFIG route a ends before it begins\n" },
		{ ROUTE("queue-max = -1"),
		  "1 CONFIG queue-max must be from 0 to 100000\n" },
		{ ROUTE("") NATIONAL, "3 CONFIG found duplicate title 'n'\n" },
		{ NATIONAL "route \"b\" { regions = {\"2\"} trunk = \"t\" "
			   "organisation = \"medcare\" }\n",
		  "2 CONFIG there is no region 2\n" },
		{ NATIONAL "route \"b c\" { organisation = \"medcare\" }\n",
		  "2 CONFIG route b c takes nobody's callers\n"
		  "2 CONFIG this is no id\n"
		  "2 CONFIG route b c leads nowhere\n" },
		{ "route \"n\" { kind = national-queue organisation = "
		  "\"medcare\" trunk = \"t\" }\n",
		  "1 CONFIG the national queue n is nobody's\n" },
		{ "\nroute \"n\" {\n",
		  "2 CONFIG the section that begins here has no end\n" },
		{ NATIONAL "# ${HOME}\n", "1 CONFIG ${ has no meaning here\n" },
		{ "hours \"h\" { }\n" NATIONAL, "1 CONFIG hours h: never\n" },
	};
	struct world w;

	(void)state;
	world_make(&w);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char faults[256] = "", expected[256];
		struct routes *r = NULL;
		int err = routes_read(&r, cases[i].text, strlen(cases[i].text),
				      w.book, on_fault, faults);

		/* faults are told whole, here their beginnings */
		snprintf(expected, sizeof(expected), "%s", cases[i].faults);
		if (err != (*cases[i].faults ? EINVAL : 0) ||
		    strncmp(faults, expected, 20) != 0)
			fail_msg("case %zu: %s", i, faults);
		routes_free(r);
	}
	world_free(&w);
}

/* ---- a configuration without routes of its own */

static void test_of_settings(void **state)
{
	struct settings *s = calloc(1, sizeof(*s));
	struct decide_ask ask = { .line = TEXT("1177") };
	struct routes *r = NULL;
	struct decision d;

	(void)state;
	assert_non_null(s);
	memcpy(s->routes[0].county, "04", 3);
	memcpy(s->routes[0].trunk, "south", 6);
	memcpy(s->routes[0].organisation, "Region", 7);
	s->route_count = 1;
	memcpy(s->national_trunk, "queue", 6);
	assert_int_equal(routes_of_settings(&r, s), 0);
	ask.place = world_place("0480");
	assert_int_equal(decide(r, NULL, &ask, &d), 0);
	assert_string_equal(r->routes[d.route].trunk, "south");
	ask.place = world_place("0180");
	assert_int_equal(decide(r, NULL, &ask, &d), 0);
	assert_string_equal(r->routes[d.route].trunk, "queue");
	ask.place = world_place("");
	assert_int_equal(decide(r, NULL, &ask, &d), 0);
	assert_string_equal(r->routes[d.route].trunk, "queue");
	routes_free(r);
	free(s);
}

/* ---- gaps */

static char gaps[1024];

static void on_gap(void *arg, const struct gap *g)
{
	const struct routes *r = arg;
	char from[CALENDAR_TEXT_MAX], until[CALENDAR_TEXT_MAX];
	size_t len = strlen(gaps);

	calendar_text(g->from, from);
	calendar_text(g->until, until);
	snprintf(gaps + len, sizeof(gaps) - len, "%s%s%s %s %s %s\n",
		 g->region == REGIONS ? "national"
				      : region_table[g->region].county,
		 g->municipality < 0 ? "" : "/",
		 g->municipality < 0 ? ""
				     : municipality_table[g->municipality].code,
		 from, until,
		 g->best.route == ROUTE_NONE ? "-"
					     : r->routes[g->best.route].id);
}

static void assert_gaps(const struct world *w, const char *text,
			const char *from, const char *until,
			const char *expected)
{
	struct routes *r = NULL;
	char faults[256] = "";
	unsigned n;

	if (routes_read(&r, text, strlen(text), w->book, on_fault, faults))
		fail_msg("%s", faults);
	gaps[0] = '\0';
	assert_int_equal(gap_find(r, w->book, TEXT("1177"), world_minute(from),
				  world_minute(until), on_gap, r, &n),
			 0);
	assert_string_equal(gaps, expected);
	routes_free(r);
}

#define YEAR "2026-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00"
#define WEEK "2026-11-23T00:00:00+01:00", "2026-11-30T00:00:00+01:00"
#define DAY "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"
#define OTHERS                                                                 \
	"route \"x\" { regions = {\"01\", \"03\", \"05\"} organisation = "     \
	"\"region-01\" for = \"region-01\" trunk = \"t\" }\n" NATIONAL

static void test_gaps(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	assert_gaps(&w, world_routes(), YEAR, "");
	/* Medcare's agreement with Sörmland ends with June */
	assert_gaps(&w,
		    "route \"a\" { regions = {\"04\"} organisation = "
		    "\"medcare\" trunk = \"t\" }\n" OTHERS,
		    YEAR,
		    "04 2026-07-01T00:00+02:00 2027-01-01T00:00+01:00 a\n");
	/* hours that do not meet, and an hour that a clock leaps over */
	assert_gaps(&w,
		    "route \"a\" { regions = {\"04\"} organisation = "
		    "\"region-04\" trunk = \"t\" when = {\"mon-fri "
		    "07:00-19:00\", \"mon-thu 19:30-07:00\", \"fri 19:00-mon "
		    "07:00\"} }\n" OTHERS,
		    WEEK,
		    "04 2026-11-23T19:00+01:00 2026-11-23T19:30+01:00 a\n"
		    "04 2026-11-24T19:00+01:00 2026-11-24T19:30+01:00 a\n"
		    "04 2026-11-25T19:00+01:00 2026-11-25T19:30+01:00 a\n"
		    "04 2026-11-26T19:00+01:00 2026-11-26T19:30+01:00 a\n");
	assert_gaps(&w,
		    "route \"a\" { regions = {\"04\"} organisation = "
		    "\"region-04\" trunk = \"t\" when = {\"daily "
		    "03:00-02:00\"} }\n" OTHERS,
		    DAY, "");
	/* one municipality that nobody takes */
	assert_gaps(&w,
		    "route \"a\" { municipalities = {\"0428\", \"0461\", "
		    "\"0480\", \"0481\", \"0482\", \"0483\", \"0484\", "
		    "\"0486\"} organisation = \"region-04\" trunk = \"t\" "
		    "}\n" OTHERS,
		    WEEK,
		    "04/0488 2026-11-23T00:00+01:00 2026-11-30T00:00+01:00 "
		    "a\n");
	/* a region of the register, and no route at all */
	assert_gaps(&w, OTHERS, WEEK,
		    "04 2026-11-23T00:00+01:00 2026-11-30T00:00+01:00 -\n");
	/* a national queue that has no right to answer */
	assert_gaps(&w,
		    "route \"a\" { regions = {\"01\", \"03\", \"04\", "
		    "\"05\"} organisation = \"region-01\" for = \"region-01\" "
		    "trunk = \"t\" }\n"
		    "route \"n\" { kind = national-queue for = \"region-03\" "
		    "organisation = \"bangkok\" trunk = \"t\" }\n",
		    WEEK,
		    "national 2026-11-23T00:00+01:00 2026-11-30T00:00+01:00 "
		    "n\n");
	world_free(&w);
}

/* The gaps that are found are those that asking every quarter finds. */
static void test_gaps_by_asking(void **state)
{
	static const char text[] =
		"route \"a\" { regions = {\"04\"} organisation = \"region-04\" "
		"trunk = \"t\" when = {nights-and-weekends, \"workday "
		"07:15-15:45\"} except = {\"eve 12:00-15:00\"} }\n" OTHERS;
	int64_t from = world_minute("2026-03-01T00:00:00+01:00");
	struct routes *r = NULL;
	unsigned changes = 0;
	bool before = true;
	struct world w;
	char faults[256] = "";

	(void)state;
	world_make(&w);
	assert_int_equal(
		routes_read(&r, text, strlen(text), w.book, on_fault, faults),
		0);
	for (int64_t m = from; m < from + 300 * 1440; m += 15) {
		struct decide_ask ask = { .line = TEXT("1177"),
					  .place = world_place("0480"),
					  .minute = m };
		struct decision d;
		bool answered;

		assert_int_equal(decide(r, w.book, &ask, &d), 0);
		answered = r->routes[d.route].kind != ROUTE_NATIONAL_QUEUE;
		changes += before && !answered;
		before = answered;
	}
	gaps[0] = '\0';
	{
		unsigned n;

		assert_int_equal(gap_find(r, w.book, TEXT(""), from,
					  from + 300 * 1440, NULL, NULL, &n),
				 0);
		assert_int_equal(n, changes);
		assert_true(n > 100);
	}
	routes_free(r);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_290),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_of_settings),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_gaps_by_asking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
