/*
 * decide -- what is considered, in which words, and what is never taken
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/allocations.h"
#include "tests/unit/routing/world.h"

static struct decide_ask ask_of(const char *municipality, const char *at)
{
	return (struct decide_ask){ .line = TEXT("1177"),
				    .place = world_place(municipality),
				    .minute = world_minute(at) };
}

/* ---- what is told */

static char told[4096];

static void on_tell(void *arg, bool taken, const char *route, const char *rule,
		    const char *text)
{
	size_t len = strlen(told);

	(void)arg;
	snprintf(told + len, sizeof(told) - len, "%s %s %s %.30s\n",
		 taken ? "taken" : "passed", route, rule, text);
}

static const char *tell(const struct decide_ask *ask)
{
	struct decision d;

	told[0] = '\0';
	(void)!decide(world.routes, world.book, ask, &d);
	for (unsigned i = 0; i < d.count; i++)
		decide_tell(world.routes, world.book, ask, &d.steps[i], on_tell,
			    NULL);
	return told;
}

static void test_told(void **state)
{
	struct decide_ask ask = ask_of("0380", "2026-11-23T23:30:00+01:00");

	(void)state;
	assert_string_equal(
		tell(&ask),
		"passed uppsala-bangkok SE-HSL answering: Bangkok answers and\n"
		"passed uppsala-bangkok SE-SECRECY answering: Bangkok is under "
		"no\n"
		"passed uppsala-bangkok GDPR-6-9 answering: Bangkok states no "
		"l\n"
		"passed uppsala-bangkok GDPR-44 answering: place bangkok-hall "
		"\n"
		"taken uppsala - the region's own provision, Na\n");
	/* by day its hours already pass it */
	ask = ask_of("0380", "2026-11-23T12:00:00+01:00");
	assert_string_equal(
		tell(&ask),
		"passed uppsala-bangkok - not in its hours: Monday 2026-\n"
		"taken uppsala - the region's own provision, Na\n");
	/* an agreement that has ended, one that has not begun */
	ask = ask_of("0480", "2026-07-01T00:00:00+02:00");
	assert_string_equal(tell(&ask),
			    "passed sormland - not in its hours: Wednesday 20\n"
			    "passed sormland-medcare GDPR-28-3 answering: no "
			    "agreement in for\n"
			    "taken sormland-uppsala - a partner region, "
			    "Name of regi\n");
}

/* ---- queues, trunks, and routes that failed */

static const char *route_of(const struct decide_ask *ask, unsigned *ret_why)
{
	struct decision d;

	if (decide(world.routes, world.book, ask, &d))
		return "none";
	*ret_why = d.steps[d.count - 1].why;
	return world.routes->routes[d.route].id;
}

static void test_state(void **state)
{
	struct decide_ask ask = ask_of("0180", "2026-11-23T12:00:00+01:00");
	static struct decide_state states[ROUTES_MAX];
	uint16_t medcare = routes_find(world.routes, TEXT("stockholm-medcare"));
	uint16_t own = routes_find(world.routes, TEXT("stockholm"));
	uint16_t national = routes_find(world.routes, TEXT("national"));
	uint16_t tried[3];
	unsigned why = 0;

	(void)state;
	ask.states = states;
	states[medcare].waiting = 19;
	states[medcare].wait_s = 599;
	assert_string_equal(route_of(&ask, &why), "stockholm-medcare");
	states[medcare].waiting = 20;
	assert_string_equal(route_of(&ask, &why), "stockholm");
	states[medcare].waiting = 0;
	states[medcare].wait_s = 600;
	assert_string_equal(route_of(&ask, &why), "stockholm");
	assert_int_equal(why, DECIDE_TAKEN);
	states[own].down = true;
	assert_string_equal(route_of(&ask, &why), "national");
	/* all are full or silent: the full one, which at least answers */
	states[national].down = true;
	assert_string_equal(route_of(&ask, &why), "stockholm-medcare");
	assert_int_equal(why, DECIDE_TAKEN_FULL);
	states[medcare].down = true;
	assert_string_equal(route_of(&ask, &why), "stockholm-medcare");
	assert_int_equal(why, DECIDE_TAKEN_SILENT);
	/* what failed for this call is not tried again */
	tried[0] = medcare;
	tried[1] = own;
	tried[2] = national;
	ask.tried = tried;
	ask.tried_count = 1;
	assert_string_equal(route_of(&ask, &why), "stockholm");
	ask.tried_count = 3;
	assert_string_equal(route_of(&ask, &why), "none");
}

/* A county is known and no municipality: what takes all of it. */
static void test_county(void **state)
{
	struct decide_ask ask = ask_of("", "2026-11-23T12:00:00+01:00");
	unsigned why = 0;

	(void)state;
	ask.place.region = 0;
	assert_string_equal(route_of(&ask, &why), "stockholm-medcare");
	ask.place = world_place("0188");
	assert_string_equal(route_of(&ask, &why), "norrtalje");
	ask.line = TEXT("113");
	assert_string_equal(route_of(&ask, &why), "norrtalje");
}

/* Nobody may record it: it is answered all the same, and not recorded. */
static void test_unrecorded(void **state)
{
	struct decide_ask ask = ask_of("2584", "2026-11-23T12:00:00+01:00");
	const char *from = world_register(), *cut;
	static char text[65536];
	struct register_book *whole = world.book;
	struct decision d;

	(void)state;
	assert_int_equal(decide(world.routes, world.book, &ask, &d), 0);
	assert_true(d.record);
	/* Medcare keeps for one year, not for ten */
	cut = strstr(from, "retention \"of-medcare\"");
	assert_non_null(cut);
	snprintf(text, sizeof(text), "%s", from);
	strstr(text + (cut - from), "years = 10")[9] = ' ';
	assert_int_equal(
		register_read(&world.book, text, strlen(text), NULL, NULL), 0);
	assert_int_equal(decide(world.routes, world.book, &ask, &d), 0);
	assert_string_equal(world.routes->routes[d.route].id, "national");
	assert_false(d.record);
	assert_int_equal(d.steps[d.count - 1].why, DECIDE_TAKEN_UNRECORDED);
	assert_int_equal(d.steps[0].why, DECIDE_UNRECORDED);
	assert_string_equal(
		tell(&ask),
		"passed national PDL-3-17 storing: Name of medcare "
		"keeps\n"
		"taken national - and must not be recorded, as n\n");
	register_free(world.book);
	world.book = whole;
}

/* ---- a call keeps its route */

static void test_kept(void **state)
{
	struct decide_ask ask = ask_of("0480", "2026-06-30T23:59:00+02:00");
	struct decide_given given;
	struct world other;
	struct decision d;

	(void)state;
	world_make(&other);
	assert_int_equal(decide(other.routes, other.book, &ask, &d), 0);
	decide_keep(other.routes, &ask, &d, &given);
	world_free(&other); /* a reload, or midnight */
	assert_string_equal(given.route, "sormland-medcare");
	assert_string_equal(given.organisation, "medcare");
	assert_string_equal(given.trunk, "a");
	assert_int_equal(given.kind, ROUTE_CONTRACTED);
}

/* ---- no reachable route ever violates a rule */

static uint64_t random_state = 1;

static unsigned below(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state % n);
}

/* Asked of the register alone, act by act, without what decide() knows. */
static void assert_lawful(const struct world *w, const struct decide_ask *ask,
			  const struct decision *d)
{
	const struct route_entry *r = &w->routes->routes[d->route];
	uint16_t whom = r->whom;

	if (whom == REGISTER_NONE)
		whom = register_region_find(
			w->book,
			text_of(region_table[ask->place.region].county));
	for (unsigned i = 0; i < r->act_count; i++) {
		struct register_question q = { r->acts[i].activity,
					       r->acts[i].by, whom,
					       r->acts[i].place, ask->minute };
		struct register_verdict v;

		if (!d->record &&
		    (q.activity == ACT_RECORDING || q.activity == ACT_STORING))
			continue; /* is not done */
		if (q.place == REGISTER_NONE)
			q.place = register_place_of(w->book, q.by, q.activity,
						    q.minute);
		if (!register_lawful(w->book, &q, &v))
			fail_msg("route %s breaks %s", r->id,
				 register_rule_id(v.broken[0].rule));
	}
}

static void random_asks(const struct world *w, unsigned n, unsigned *answered,
			unsigned *unrecorded)
{
	static struct decide_state states[ROUTES_MAX];
	int64_t from = world_minute("2025-01-01T00:00:00Z");

	while (n--) {
		uint16_t tried[4];
		struct decide_ask ask = {
			.line = TEXT("1177"),
			.place = location_place_of(
				(int)below(MUNICIPALITIES + 10)),
			.minute = from + below(3 * 366 * 1440),
			.states = states,
			.tried = tried,
			.tried_count = below(4),
		};
		struct decision d;

		for (unsigned i = 0; i < w->routes->count; i++)
			states[i] =
				(struct decide_state){ below(40), below(1200),
						       below(4) == 0 };
		for (unsigned i = 0; i < 4; i++)
			tried[i] = (uint16_t)below(w->routes->count);
		if (decide(w->routes, w->book, &ask, &d))
			continue;
		assert_lawful(w, &ask, &d);
		*unrecorded += !d.record;
		++*answered;
	}
}

/* The register without two of its lines, if it can still be read. */
static int without_lines(struct world *w, unsigned drop, unsigned too)
{
	const char *from = world_register();
	char *text = calloc(1, strlen(from) + 1);
	size_t len = 0;
	int err;

	assert_non_null(text);
	for (unsigned line = 0; *from; line++) {
		size_t n = strcspn(from, "\n") + 1;

		if (line != drop && line != too) {
			memcpy(text + len, from, n);
			len += n;
		}
		from += n;
	}
	err = register_read(&w->book, text, len, NULL, NULL);
	free(text);
	if (err)
		return err;
	from = world_routes();
	err = routes_read(&w->routes, from, strlen(from), w->book, NULL, NULL);
	if (err)
		register_free(w->book);
	return err;
}

static void test_never_unlawful(void **state)
{
	unsigned lines = 0, read = 0, answered = 0, unrecorded = 0;

	(void)state;
	random_asks(&world, 5000, &answered, &unrecorded);
	assert_int_equal(unrecorded, 0);
	assert_true(answered > 3000);
	for (const char *p = world_register(); *p; p++)
		lines += *p == '\n';
	/* each line alone, then any two */
	for (unsigned n = 0; n < 3 * lines; n++) {
		struct world w;
		unsigned drop = n < lines ? n : below(lines);

		if (without_lines(&w, drop, n < lines ? drop : below(lines)))
			continue;
		random_asks(&w, 200, &answered, &unrecorded);
		world_free(&w);
		read++;
	}
	assert_true(read > lines / 3);
	assert_in_range(unrecorded, 1, answered / 2);
	print_message("%u registers, %u answers, %u without recording\n", read,
		      answered, unrecorded);
}

/* A call's decision takes no memory but its own. */
static void test_no_allocation(void **state)
{
	unsigned answered = 0, unrecorded = 0;
	void *volatile one;

	(void)state;
	if (!allocations_counted())
		skip();
	allocations = 0;
	one = malloc(1);
	free(one);
	assert_int_equal(allocations, 1);
	random_asks(&world, 1000, &answered, &unrecorded);
	assert_true(answered > 500);
	assert_int_equal(allocations, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_county),
		cmocka_unit_test(test_unrecorded),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_never_unlawful),
		cmocka_unit_test(test_no_allocation),
	};

	return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
