#include "routing/gap.h"

#include <stdlib.h>

#include "register/law.h"

enum { MOMENTS_MAX = 1 << 18, DAY_MINUTES = 24 * 60 };

struct moment {
	int64_t minute;
	bool law; /* what is lawful may change, not the hours alone */
};

struct search {
	const struct routes *p;
	const struct register_book *book;
	struct text line;
	int64_t from, until;
	struct moment *moments;
	unsigned count, room;
	struct window_view now;
	uint8_t hours[ROUTES_MAX]; /* enum decide_why, at this moment */
	/* of each route and region, until the law or an agreement changes */
	uint8_t lawful[ROUTES_MAX][REGIONS + 1];
	struct gap open[REGIONS + 1];
	bool is_open[REGIONS + 1];
};

enum { LAWFUL_UNASKED, LAWFUL_YES, LAWFUL_NO };

/* ---- the moments at which something may change */

static int add(struct search *s, int64_t minute, bool law)
{
	if (minute < s->from || minute >= s->until)
		return 0;
	if (s->count == s->room) {
		unsigned room = s->room ? 2 * s->room : 4096;
		struct moment *more =
			room > MOMENTS_MAX
				? NULL
				: realloc(s->moments, room * sizeof(*more));

		if (!more)
			return room > MOMENTS_MAX ? EMSGSIZE : ENOMEM;
		s->moments = more;
		s->room = room;
	}
	s->moments[s->count++] = (struct moment){ minute, law };
	return 0;
}

static int add_term(struct search *s, struct register_term t)
{
	int err = add(s, t.from, true);

	return err ? err : add(s, t.until, true);
}

static void mark_times(const struct window *w, unsigned n, bool *times)
{
	for (unsigned i = 0; i < n; i++) {
		times[w[i].from] = true;
		times[w[i].to] = true;
	}
}

static int add_windows(struct search *s)
{
	static const bool none[DAY_MINUTES + 1];
	bool times[DAY_MINUTES + 1];
	struct calendar_local first, last;

	memcpy(times, none, sizeof(times));
	for (unsigned i = 0; i < s->p->count; i++) {
		const struct route_entry *r = &s->p->routes[i];

		mark_times(r->when, r->when_count, times);
		mark_times(r->except, r->except_count, times);
	}
	calendar_local(s->from, &first);
	calendar_local(s->until, &last);
	for (unsigned m = 0; m <= DAY_MINUTES; m++)
		for (int32_t day = first.day - 1; times[m] && day <= last.day;
		     day++) {
			int err = add(s, calendar_minute(day, m), false);

			if (err)
				return err;
		}
	return 0;
}

/* Every dated thing that a call is judged by. */
static int add_register(struct search *s)
{
	const struct register_book *b = s->book;
	int err = 0;

	if (!b)
		return 0;
	for (unsigned i = 0; !err && i < b->agreement_count; i++)
		err = add_term(s, b->agreements[i].term);
	for (unsigned i = 0; !err && i < b->place_count; i++)
		err = add_term(s, b->places[i].term);
	for (unsigned i = 0; !err && i < b->safeguard_count; i++)
		err = add_term(s, b->safeguards[i].term);
	for (unsigned i = 0; !err && i < b->notice_count; i++)
		err = add_term(s, b->notices[i].term);
	for (unsigned i = 0; !err && i < b->organisation_count; i++)
		for (unsigned k = 0; !err && k < b->organisations[i].duty_count;
		     k++)
			err = add_term(s, b->organisations[i].duties[k].term);
	for (unsigned i = 0; !err && i < b->law->line_count; i++)
		err = add_term(s, b->law->lines[i].term);
	for (unsigned i = 0; !err && i < b->law->country_count; i++)
		err = add_term(s, b->law->countries[i].term);
	return err;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = ((const struct moment *)a)->minute;
	int64_t y = ((const struct moment *)b)->minute;

	return (x > y) - (x < y);
}

/* ---- one moment */

static bool lawful(struct search *s, uint16_t route, unsigned region)
{
	uint8_t *known = &s->lawful[route][region];
	struct register_verdict v;
	unsigned act;

	if (*known == LAWFUL_UNASKED)
		*known = decide_lawful(s->book, &s->p->routes[route],
				       region == ROUTES_UNKNOWN_REGION
					       ? LOCATION_UNKNOWN
					       : (int)region,
				       s->now.minute, &act, &v)
				 ? LAWFUL_YES
				 : LAWFUL_NO;
	return *known == LAWFUL_YES;
}

static bool of_line(const struct search *s, const struct route_entry *r)
{
	return !s->line.len || !r->line[0] || text_is(s->line, r->line);
}

/* municipality -1: the whole region, or nobody knows where. */
static bool answered(struct search *s, unsigned region, int municipality)
{
	bool national = region == ROUTES_UNKNOWN_REGION;

	for (unsigned i = 0; i < s->p->offered_count[region]; i++) {
		uint16_t n = s->p->offered[region][i];
		const struct route_entry *r = &s->p->routes[n];

		if ((r->kind == ROUTE_NATIONAL_QUEUE) != national ||
		    !of_line(s, r) || s->hours[n] != DECIDE_TAKEN)
			continue;
		if (!national &&
		    !(municipality < 0
			      ? route_takes_region(r, (int)region)
			      : route_takes_municipality(r, municipality)))
			continue;
		if (lawful(s, n, region))
			return true;
	}
	return false;
}

/* Whether a route of the region's takes some of its municipalities only. */
static bool split(const struct search *s, unsigned region)
{
	for (unsigned i = 0; i < s->p->offered_count[region]; i++)
		if (!route_takes_region(&s->p->routes[s->p->offered[region][i]],
					(int)region))
			return true;
	return false;
}

static bool region_answered(struct search *s, unsigned region,
			    int *ret_municipality)
{
	*ret_municipality = -1;
	if (region == ROUTES_UNKNOWN_REGION || !split(s, region))
		return answered(s, region, -1);
	for (int m = 0; m < MUNICIPALITIES; m++)
		if (municipality_table[m].region == region &&
		    !answered(s, region, m)) {
			*ret_municipality = m;
			return false;
		}
	return true;
}

static bool of_law(const struct decide_step *step)
{
	return step->why == DECIDE_UNLAWFUL || step->why == DECIDE_UNRECORDED;
}

static struct decide_step best_of(struct search *s, const struct gap *g)
{
	struct location_place at = location_place_of(g->municipality);
	struct decide_ask ask = { .line = s->line,
				  .place = at,
				  .minute = s->now.minute };
	struct decide_step best = { .route = ROUTE_NONE };
	struct decision d;

	if (g->region != ROUTES_UNKNOWN_REGION)
		ask.place.region = (int16_t)g->region;
	(void)!decide(s->p, s->book, &ask, &d);
	for (unsigned i = d.count; i > 0; i--) {
		const struct decide_step *step = &d.steps[i - 1];

		if (step->why < DECIDE_PASSED)
			continue;
		if (best.route == ROUTE_NONE || !of_law(&best) || of_law(step))
			best = *step;
	}
	return best;
}

static void look(struct search *s, int64_t minute)
{
	window_look(minute, &s->now);
	for (unsigned i = 0; i < s->p->count; i++)
		s->hours[i] = (uint8_t)decide_hours(&s->p->routes[i], &s->now);
}

/* ---- all of them */

static void close_gap(struct search *s, unsigned region, gap_h *tell, void *arg,
		      unsigned *count)
{
	if (!s->is_open[region])
		return;
	s->open[region].until = s->now.minute;
	s->is_open[region] = false;
	++*count;
	if (tell)
		tell(arg, &s->open[region]);
}

/* A region that neither the register nor a route knows is nobody's. */
static bool concerned(const struct search *s, unsigned region)
{
	if (region == ROUTES_UNKNOWN_REGION)
		return true;
	if (s->book && register_region_find(
			       s->book, text_of(region_table[region].county)) !=
			       REGISTER_NONE)
		return true;
	for (unsigned i = 0; i < s->p->offered_count[region]; i++)
		if (s->p->routes[s->p->offered[region][i]].kind !=
		    ROUTE_NATIONAL_QUEUE)
			return true;
	return false;
}

static void visit(struct search *s, unsigned region, gap_h *tell, void *arg,
		  unsigned *count)
{
	struct gap *g = &s->open[region];
	int municipality;

	if (region_answered(s, region, &municipality)) {
		close_gap(s, region, tell, arg, count);
		return;
	}
	if (s->is_open[region])
		return;
	s->is_open[region] = true;
	*g = (struct gap){ .region = region,
			   .municipality = municipality,
			   .from = s->now.minute };
	g->best = best_of(s, g);
}

static void search(struct search *s, gap_h *tell, void *arg, unsigned *count)
{
	for (unsigned i = 0; i < s->count;) {
		int64_t minute = s->moments[i].minute;
		bool law = false;

		for (; i < s->count && s->moments[i].minute == minute; i++)
			law |= s->moments[i].law;
		look(s, minute);
		if (law)
			memset(s->lawful, LAWFUL_UNASKED, sizeof(s->lawful));
		for (unsigned region = 0; region <= REGIONS; region++)
			if (concerned(s, region))
				visit(s, region, tell, arg, count);
	}
	s->now.minute = s->until;
	for (unsigned region = 0; region <= REGIONS; region++)
		close_gap(s, region, tell, arg, count);
}

int gap_find(const struct routes *p, const struct register_book *book,
	     struct text line, int64_t from, int64_t until, gap_h *tell,
	     void *arg, unsigned *ret_count)
{
	struct search *s = calloc(1, sizeof(*s));
	unsigned count = 0;
	int err;

	if (!s)
		return ENOMEM;
	s->p = p;
	s->book = book;
	s->line = line;
	s->from = from;
	s->until = until;
	err = add(s, from, true);
	for (unsigned i = 0; !err && i < p->count; i++)
		err = add_term(s, p->routes[i].term);
	if (!err)
		err = add_register(s);
	if (!err)
		err = add_windows(s);
	if (!err) {
		qsort(s->moments, s->count, sizeof(s->moments[0]), by_time);
		search(s, tell, arg, &count);
		*ret_count = count;
	}
	free(s->moments);
	free(s);
	return err;
}
