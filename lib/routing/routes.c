#include "routing/routes.h"

#include <stdio.h>
#include <stdlib.h>

#include "routing/routes_parts.h"

const char *route_kind_name(enum route_kind kind)
{
	return (unsigned)kind < ROUTE_KINDS ? route_kind_words[kind]
					    : "unknown";
}

const char *const route_kind_words[ROUTE_KINDS] = {
	[ROUTE_OWN] = "own",
	[ROUTE_CONTRACTED] = "contracted",
	[ROUTE_PARTNER] = "partner",
	[ROUTE_SUBCONTRACTOR] = "subcontractor",
	[ROUTE_NATIONAL_QUEUE] = "national-queue",
};

void routes_free(struct routes *p)
{
	free(p);
}

uint16_t routes_find(const struct routes *p, struct text id)
{
	for (unsigned i = 0; i < p->count; i++)
		if (text_is(id, p->routes[i].id))
			return (uint16_t)i;
	return ROUTE_NONE;
}

void route_take_region(struct route_entry *r, unsigned region)
{
	r->regions |= 1u << region;
	for (unsigned i = 0; i < MUNICIPALITIES; i++)
		if (municipality_table[i].region == region)
			route_take_municipality(r, i);
}

void route_take_municipality(struct route_entry *r, unsigned municipality)
{
	r->municipalities[municipality / 64] |= 1ull << (municipality % 64);
}

/* ---- who is offered what */

static bool offered_to(const struct route_entry *r, unsigned region)
{
	if (region == ROUTES_UNKNOWN_REGION)
		return r->kind == ROUTE_NATIONAL_QUEUE;
	for (unsigned i = 0; i < MUNICIPALITIES; i++)
		if (municipality_table[i].region == region &&
		    route_takes_municipality(r, (int)i))
			return true;
	return false;
}

/* National queues last, else by priority; equals as they stand in the text. */
static bool before(const struct route_entry *a, const struct route_entry *b)
{
	bool a_last = a->kind == ROUTE_NATIONAL_QUEUE;
	bool b_last = b->kind == ROUTE_NATIONAL_QUEUE;

	return a_last != b_last ? b_last : a->priority < b->priority;
}

static int offer(struct routes *p, unsigned region, uint16_t route)
{
	uint16_t *list = p->offered[region];
	unsigned n = p->offered_count[region];

	if (n == ROUTES_OFFERED)
		return EMSGSIZE;
	for (; n && before(&p->routes[route], &p->routes[list[n - 1]]); n--)
		list[n] = list[n - 1];
	list[n] = route;
	p->offered_count[region]++;
	return 0;
}

int routes_index(struct routes *p)
{
	for (unsigned region = 0; region <= REGIONS; region++)
		for (unsigned i = 0; i < p->count; i++)
			if (offered_to(&p->routes[i], region) &&
			    offer(p, region, (uint16_t)i))
				return EMSGSIZE;
	return 0;
}

/* ---- without routes of its own */

static int simple_route(struct routes *p, const char *id, const char *org,
			const char *trunk, enum route_kind kind)
{
	struct route_entry *r = &p->routes[p->count++];

	r->kind = kind;
	r->record = true;
	r->whom = REGISTER_NONE;
	r->term =
		(struct register_term){ REGISTER_SINCE_EVER, REGISTER_ALWAYS };
	return text_copy(r->id, sizeof(r->id), text_of(id)) ||
			       text_copy(r->organisation,
					 sizeof(r->organisation),
					 text_of(org)) ||
			       text_copy(r->trunk, sizeof(r->trunk),
					 text_of(trunk))
		       ? EMSGSIZE
		       : 0;
}

_Static_assert(SETTINGS_ROUTES < ROUTES_MAX, "each section is a route");

int routes_of_settings(struct routes **ret, const struct settings *s)
{
	struct routes *p = calloc(1, sizeof(*p));
	int err = 0;

	if (!p)
		return ENOMEM;
	for (unsigned i = 0; !err && i < s->route_count; i++) {
		const struct region_route *from = &s->routes[i];
		const struct region *region =
			region_find(text_of(from->county));
		char id[16];

		if (!region)
			continue; /* such a county has no callers */
		(void)snprintf(id, sizeof(id), "region-%s", from->county);
		err = simple_route(p, id, from->organisation, from->trunk,
				   ROUTE_CONTRACTED);
		route_take_region(&p->routes[p->count - 1],
				  region_index(region));
	}
	if (!err && s->national_trunk[0]) {
		err = simple_route(p, "national", s->organisation,
				   s->national_trunk, ROUTE_NATIONAL_QUEUE);
		for (unsigned i = 0; i < REGIONS; i++)
			route_take_region(&p->routes[p->count - 1], i);
	}
	if (!err)
		err = routes_index(p);
	if (err)
		free(p);
	else
		*ret = p;
	return err;
}
