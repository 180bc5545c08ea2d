/*
 * map -- every fault of the whole, at a minute
 *
 * The same lines of the law as for a call, and those that no call asks about,
 * put to everything that stands in the register and is in force.
 */
#include "register/judge.h"

struct mapping {
	struct judging j;
	const struct law_line *l;
	register_fault_h *fault;
	void *arg;
	unsigned count;
};

static void put(struct mapping *m, const struct concern *c)
{
	struct register_broken broken = { m->l->rule,
					  (uint8_t)(m->l - m->j.b->law->lines),
					  c->organisation, c->agreement,
					  c->place };
	struct register_fault f;

	if (require_met(&m->j, m->l, c))
		return;
	m->count++;
	register_explain(m->j.b, &broken, &f);
	if (m->fault)
		m->fault(m->arg, &f);
}

static bool in_force(const struct mapping *m, struct register_term t)
{
	return register_in_force(t, m->j.minute);
}

/* ---- organisations: what they do, and whether they answer for it */

/* The activities of the organisation's places in force. */
static unsigned done_at_places(const struct mapping *m, uint16_t o)
{
	unsigned done = 0;

	for (uint16_t i = 0; i < m->j.b->place_count; i++)
		if (m->j.b->places[i].organisation == o &&
		    in_force(m, m->j.b->places[i].term))
			done |= m->j.b->places[i].activities;
	return done;
}

/* ... and of agreements in force that it takes or gives. */
static unsigned covered(const struct mapping *m, uint16_t o, bool takes)
{
	const struct register_organisation *org = &m->j.b->organisations[o];
	unsigned n = takes ? org->to_count : org->from_count;
	const uint16_t *by = takes ? &m->j.b->by_to[org->first_to]
				   : &m->j.b->by_from[org->first_from];
	unsigned all = 0;

	for (unsigned i = 0; i < n; i++)
		if (in_force(m, m->j.b->agreements[by[i]].term))
			all |= m->j.b->agreements[by[i]].activities;
	return all;
}

/* What it took on and did not pass on, it does itself. */
static unsigned performs(const struct mapping *m, uint16_t o)
{
	return done_at_places(m, o) |
	       (covered(m, o, true) & ~covered(m, o, false));
}

static bool is_controller(const struct mapping *m, uint16_t o)
{
	const struct register_organisation *org = &m->j.b->organisations[o];
	const unsigned decides = 1U << ORG_CONTROLLER | 1U << ORG_JOINT;
	unsigned mine = covered(m, o, true) | covered(m, o, false) |
			done_at_places(m, o);

	if (org->kind == KIND_REGION)
		mine |= ACT_BIT(ACT_ANSWERING);
	for (unsigned a = 0; a < ACTIVITIES; a++)
		if (m->l->activities & mine & ACT_BIT(a) &&
		    register_roles(m->j.b, o, (enum register_activity)a,
				   REGISTER_NONE, m->j.minute) &
			    decides)
			return true;
	return false;
}

/* A place in force for each activity that it performs. */
static void put_place_named(struct mapping *m, struct concern *c,
			    unsigned activities)
{
	c->place = activities & ~done_at_places(m, c->organisation)
			   ? REGISTER_NONE
			   : register_place_of(
				     m->j.b, c->organisation,
				     (enum register_activity)__builtin_ctz(
					     activities),
				     m->j.minute);
	put(m, c);
}

static void put_performer(struct mapping *m, uint16_t o)
{
	struct concern c = CONCERN_NONE;
	unsigned activities = performs(m, o) & m->l->activities;

	if (!activities)
		return;
	c.organisation = o;
	/* the region needs nobody's leave, nor who decides for itself */
	c.connected =
		m->j.b->organisations[o].kind == KIND_REGION ||
		!(activities & ~(covered(m, o, true) | covered(m, o, false)));
	if (m->l->requires == REQ_PLACE)
		put_place_named(m, &c, activities);
	else
		put(m, &c);
}

static bool asked_of(const struct mapping *m, uint16_t o)
{
	switch (m->l->whom) {
	case WHOM_CONTROLLER:
		return is_controller(m, o);
	case WHOM_PROCESSING:
		return map_processes(&m->j, o, m->l->activities);
	case WHOM_REGION:
		return m->j.b->organisations[o].kind == KIND_REGION;
	default:
		return m->l->whom == WHOM_ORGANISATION;
	}
}

static void put_organisations(struct mapping *m)
{
	struct concern c = CONCERN_NONE;

	for (uint16_t o = 0; o < m->j.b->organisation_count; o++) {
		c.organisation = o;
		if (m->l->whom == WHOM_PERFORMER)
			put_performer(m, o);
		else if (asked_of(m, o))
			put(m, &c);
	}
}

/* ---- places */

static void put_places(struct mapping *m)
{
	for (uint16_t i = 0; i < m->j.b->place_count; i++) {
		const struct register_place *p = &m->j.b->places[i];
		struct concern c = CONCERN_NONE;

		if (!(p->activities & m->l->activities) ||
		    !in_force(m, p->term))
			continue;
		c.place = i;
		c.organisation = p->organisation;
		c.role = map_processes(&m->j, p->organisation,
				       p->activities & m->l->activities)
				 ? ORG_PROCESSOR
				 : ORG_CONTROLLER;
		put(m, &c);
	}
}

/* ---- agreements */

/*
 * Each agreement by which a controller made the giver of agreement n a
 * processor, through at most REGISTER_CHAIN others; the first that fails is
 * enough.
 */
static bool root_fails(struct mapping *m, struct concern *c, uint16_t giver,
		       unsigned depth)
{
	const struct register_organisation *o = &m->j.b->organisations[giver];

	for (unsigned i = 0; i < o->to_count && depth; i++) {
		uint16_t n = m->j.b->by_to[o->first_to + i];
		const struct register_agreement *a = &m->j.b->agreements[n];

		if (a->kind != AGREEMENT_PROCESSOR || !in_force(m, a->term) ||
		    !(a->activities & m->j.activities))
			continue;
		c->root = n;
		if (map_processes(&m->j, a->from, m->j.activities)
			    ? root_fails(m, c, a->from, depth - 1)
			    : !require_met(&m->j, m->l, c))
			return true;
	}
	return false;
}

static void put_agreement(struct mapping *m, uint16_t n)
{
	const struct register_agreement *a = &m->j.b->agreements[n];
	struct concern c = CONCERN_NONE;

	m->j.activities = a->activities & m->l->activities;
	if (!m->j.activities || !in_force(m, a->term))
		return;
	c.agreement = n;
	c.organisation = a->to;
	c.role = map_processes(&m->j, a->from, m->j.activities)
			 ? ORG_PROCESSOR
			 : ORG_CONTROLLER;
	if (!require_concerns(m->l->whom, a, c.role))
		return;
	if (m->l->requires == REQ_AUTHORISED &&
	    !root_fails(m, &c, a->from, REGISTER_CHAIN))
		return;
	put(m, &c);
}

/* ---- the whole */

static void put_line(struct mapping *m)
{
	m->j.activities = m->l->activities;
	switch (m->l->whom) {
	case WHOM_PERFORMER:
	case WHOM_CONTROLLER:
	case WHOM_PROCESSING:
	case WHOM_REGION:
	case WHOM_ORGANISATION:
		put_organisations(m);
		break;
	case WHOM_PLACE:
		put_places(m);
		break;
	default:
		for (uint16_t n = 0; n < m->j.b->agreement_count; n++)
			put_agreement(m, n);
		break;
	}
}

unsigned register_faults(const struct register_book *b, int64_t minute,
			 register_fault_h *fault, void *arg)
{
	struct mapping m = { .j = { .b = b, .minute = minute },
			     .fault = fault,
			     .arg = arg };

	for (unsigned i = 0; i < b->law->line_count; i++) {
		m.l = &b->law->lines[i];
		if (register_in_force(m.l->term, minute))
			put_line(&m);
	}
	return m.count;
}
