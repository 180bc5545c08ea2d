#include "routing/decide.h"

/* ---- the law */

static uint16_t whose(const struct register_book *book,
		      const struct route_entry *r, int region)
{
	if (r->whom != REGISTER_NONE || region < 0)
		return r->whom;
	return register_region_find(book, text_of(region_table[region].county));
}

bool decide_lawful(const struct register_book *book,
		   const struct route_entry *r, int region, int64_t minute,
		   unsigned *ret_act, struct register_verdict *ret_verdict)
{
	uint16_t whom;

	if (!book)
		return true;
	whom = whose(book, r, region);
	for (unsigned i = 0; i < r->act_count; i++) {
		const struct route_act *a = &r->acts[i];
		struct register_question q = { a->activity, a->by, whom,
					       a->place, minute };

		if (q.place == REGISTER_NONE)
			q.place = register_place_of(book, a->by, a->activity,
						    minute);
		if (register_lawful(book, &q, ret_verdict))
			continue;
		*ret_act = i;
		return false;
	}
	return true;
}

bool decide_responsible(const struct register_book *book,
			const struct route_entry *r, int region, int64_t minute,
			struct register_verdict *ret)
{
	uint16_t whom = whose(book, r, region);

	for (unsigned i = 0; i < r->act_count; i++) {
		const struct route_act *a = &r->acts[i];
		struct register_question q = { a->activity, a->by, whom,
					       a->place, minute };

		if (a->activity != ACT_ANSWERING)
			continue;
		if (q.place == REGISTER_NONE)
			q.place = register_place_of(book, a->by, a->activity,
						    minute);
		(void)register_lawful(book, &q, ret);
		return true;
	}
	return false;
}

/* ---- one route */

enum decide_why decide_hours(const struct route_entry *r,
			     const struct window_view *v)
{
	if (v->minute < r->term.from)
		return DECIDE_NOT_YET;
	if (v->minute >= r->term.until)
		return DECIDE_NO_LONGER;
	if (r->when_count && !window_any_open(r->when, r->when_count, v))
		return DECIDE_HOURS;
	if (window_any_open(r->except, r->except_count, v))
		return DECIDE_HOURS;
	return DECIDE_TAKEN;
}

static bool takes_place(const struct route_entry *r, struct location_place at)
{
	if (at.region < 0)
		return r->kind == ROUTE_NATIONAL_QUEUE;
	if (at.municipality < 0)
		return route_takes_region(r, at.region);
	return route_takes_municipality(r, at.municipality);
}

static enum decide_why state_of(const struct route_entry *r, uint16_t route,
				const struct decide_ask *ask)
{
	const struct decide_state *s = ask->states ? &ask->states[route] : NULL;

	for (unsigned i = 0; i < ask->tried_count; i++)
		if (ask->tried[i] == route)
			return DECIDE_TRIED;
	if (!s)
		return DECIDE_TAKEN;
	if (s->down)
		return DECIDE_DOWN;
	if (r->queue_max && s->waiting >= r->queue_max)
		return DECIDE_QUEUE;
	if (r->wait_max_s && s->wait_s >= r->wait_max_s)
		return DECIDE_WAIT;
	return DECIDE_TAKEN;
}

static void judge(const struct routes *p, const struct register_book *book,
		  const struct decide_ask *ask, const struct window_view *v,
		  struct decide_step *step)
{
	const struct route_entry *r = &p->routes[step->route];
	struct register_verdict verdict;
	enum decide_why why;
	unsigned act;

	if (r->line[0] && !text_is(ask->line, r->line)) {
		why = DECIDE_LINE;
	} else if (!takes_place(r, ask->place)) {
		why = DECIDE_MUNICIPALITY;
	} else {
		why = decide_hours(r, v);
	}
	if (why == DECIDE_TAKEN &&
	    !decide_lawful(book, r, ask->place.region, ask->minute, &act,
			   &verdict)) {
		enum register_activity activity = r->acts[act].activity;
		bool stored =
			activity == ACT_RECORDING || activity == ACT_STORING;

		step->act = (uint8_t)act;
		step->rule = verdict.broken[0].rule;
		why = stored && state_of(r, step->route, ask) == DECIDE_TAKEN
			      ? DECIDE_UNRECORDED
			      : DECIDE_UNLAWFUL;
	}
	if (why == DECIDE_TAKEN)
		why = state_of(r, step->route, ask);
	step->why = (uint8_t)why;
}

/* ---- all of them */

/* The first lawful one that was passed for this: taken after all. */
static bool take_passed(const struct routes *p, struct decision *d,
			enum decide_why first, enum decide_why last,
			enum decide_why as)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->steps[i].why >= first && d->steps[i].why <= last) {
			d->route = d->steps[i].route;
			d->record = as != DECIDE_TAKEN_UNRECORDED &&
				    p->routes[d->route].record;
			d->steps[d->count++] =
				(struct decide_step){ .route = d->route,
						      .why = (uint8_t)as };
			return true;
		}
	return false;
}

int decide(const struct routes *p, const struct register_book *book,
	   const struct decide_ask *ask, struct decision *ret)
{
	unsigned region = ask->place.region < 0 ? ROUTES_UNKNOWN_REGION
						: (unsigned)ask->place.region;
	struct window_view v;

	ret->route = ROUTE_NONE;
	ret->record = false;
	ret->count = 0;
	window_look(ask->minute, &v);
	for (unsigned i = 0; i < p->offered_count[region]; i++) {
		struct decide_step *step = &ret->steps[ret->count++];

		*step = (struct decide_step){ .route = p->offered[region][i] };
		judge(p, book, ask, &v, step);
		if (step->why != DECIDE_TAKEN)
			continue;
		ret->route = step->route;
		ret->record = p->routes[ret->route].record;
		return 0;
	}
	if (take_passed(p, ret, DECIDE_QUEUE, DECIDE_WAIT, DECIDE_TAKEN_FULL) ||
	    take_passed(p, ret, DECIDE_UNRECORDED, DECIDE_UNRECORDED,
			DECIDE_TAKEN_UNRECORDED) ||
	    take_passed(p, ret, DECIDE_DOWN, DECIDE_DOWN, DECIDE_TAKEN_SILENT))
		return 0;
	return ENOENT;
}

void decide_keep(const struct routes *p, const struct decide_ask *ask,
		 const struct decision *d, struct decide_given *ret)
{
	const struct route_entry *r = &p->routes[d->route];

	memcpy(ret->route, r->id, sizeof(ret->route));
	memcpy(ret->organisation, r->organisation, sizeof(ret->organisation));
	memcpy(ret->trunk, r->trunk, sizeof(ret->trunk));
	ret->kind = r->kind;
	ret->record = d->record;
	ret->minute = ask->minute;
}
