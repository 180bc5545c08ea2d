/*
 * map_rules -- roles, circles and gaps, for which one looks at all agreements
 */
#include "register/judge.h"

/* What is known of an organisation of those that were come by. */
struct visited {
	uint64_t bits[REGISTER_ORGANISATIONS / 64];
};

static bool visit(struct visited *v, uint16_t organisation)
{
	uint64_t bit = 1ULL << (organisation % 64);
	bool first = !(v->bits[organisation / 64] & bit);

	v->bits[organisation / 64] |= bit;
	return first;
}

static bool usable(const struct judging *j, const struct register_agreement *a,
		   unsigned activities)
{
	return a->activities & activities &&
	       register_in_force(a->term, j->minute);
}

bool map_processes(const struct judging *j, uint16_t organisation,
		   unsigned activities)
{
	const struct register_organisation *o =
		&j->b->organisations[organisation];

	for (unsigned i = 0; i < o->to_count; i++) {
		const struct register_agreement *a =
			&j->b->agreements[j->b->by_to[o->first_to + i]];

		if (a->kind == AGREEMENT_PROCESSOR && usable(j, a, activities))
			return true;
	}
	return false;
}

/* ---- roles */

static unsigned role_by(const struct judging *j,
			const struct register_agreement *a)
{
	switch (a->kind) {
	case AGREEMENT_CONTROLLER:
		return 1U << ORG_CONTROLLER;
	case AGREEMENT_JOINT:
		return 1U << ORG_JOINT;
	default:
		return map_processes(j, a->from, j->activities)
			       ? 1U << ORG_SUBPROCESSOR
			       : 1U << ORG_PROCESSOR;
	}
}

static unsigned roles_taken(const struct judging *j,
			    const struct register_organisation *o,
			    uint16_t towards)
{
	unsigned roles = 0;

	for (unsigned i = 0; i < o->to_count; i++) {
		const struct register_agreement *a =
			&j->b->agreements[j->b->by_to[o->first_to + i]];

		if (usable(j, a, j->activities) &&
		    (towards == REGISTER_NONE || towards == a->from))
			roles |= role_by(j, a);
	}
	return roles;
}

/* A giver who is nobody's processor decides itself, alone or jointly. */
static unsigned roles_given(const struct judging *j,
			    const struct register_organisation *o,
			    uint16_t towards)
{
	unsigned roles = 0;

	for (unsigned i = 0; i < o->from_count; i++) {
		const struct register_agreement *a =
			&j->b->agreements[j->b->by_from[o->first_from + i]];

		if (usable(j, a, j->activities) &&
		    (towards == REGISTER_NONE || towards == a->to))
			roles |= 1U << (a->kind == AGREEMENT_JOINT
						? ORG_JOINT
						: ORG_CONTROLLER);
	}
	return roles;
}

unsigned register_roles(const struct register_book *b, uint16_t organisation,
			enum register_activity activity, uint16_t towards,
			int64_t minute)
{
	const struct judging j = { b, minute, ACT_BIT(activity) };
	const struct register_organisation *o;
	unsigned roles;

	if (organisation >= b->organisation_count)
		return 0;
	o = &b->organisations[organisation];
	roles = roles_taken(&j, o, towards);
	if (!map_processes(&j, organisation, j.activities))
		roles |= roles_given(&j, o, towards);
	/* the service is the region's by law, whoever runs it */
	if (o->kind == KIND_REGION && towards == REGISTER_NONE && !roles)
		roles = 1U << ORG_CONTROLLER;
	return roles;
}

bool map_stated_role(const struct judging *j, uint16_t organisation)
{
	const struct register_organisation *o =
		&j->b->organisations[organisation];

	for (unsigned i = 0; i < o->stated_count; i++) {
		const struct register_stated *s = &o->stated[i];
		unsigned roles = register_roles(j->b, organisation, s->activity,
						s->towards, j->minute);

		if (roles ? roles != 1U << s->role : s->role != ORG_NONE)
			return false;
	}
	return true;
}

/* ---- circles */

/* Regions that answer for each other pool their nights: no circle. */
static bool pooled(const struct judging *j, const struct register_agreement *a)
{
	return a->kind == AGREEMENT_CONTROLLER &&
	       j->b->organisations[a->from].kind == KIND_REGION &&
	       j->b->organisations[a->to].kind == KIND_REGION;
}

/* Whether agreements of that activity lead from `at` to `target`. */
static bool leads(const struct judging *j, struct visited *v, uint16_t at,
		  uint16_t target, unsigned activity)
{
	uint16_t stack[REGISTER_ORGANISATIONS];
	unsigned depth = 0;

	stack[depth++] = at;
	(void)visit(v, at);
	while (depth) {
		const struct register_organisation *o =
			&j->b->organisations[stack[--depth]];

		for (unsigned i = 0; i < o->from_count; i++) {
			const struct register_agreement *a =
				&j->b->agreements[j->b->by_from[o->first_from +
								i]];

			if (!usable(j, a, activity) || pooled(j, a))
				continue;
			if (a->to == target)
				return true;
			if (visit(v, a->to))
				stack[depth++] = a->to;
		}
	}
	return false;
}

bool map_no_circle(const struct judging *j, uint16_t agreement)
{
	const struct register_agreement *a = &j->b->agreements[agreement];

	if (pooled(j, a))
		return true;
	for (unsigned i = 0; i < ACTIVITIES; i++) {
		struct visited v = { { 0 } };

		if (a->activities & ACT_BIT(i) &&
		    leads(j, &v, a->to, a->from, ACT_BIT(i)))
			return false;
	}
	return true;
}

/* ---- gaps */

bool map_answered(const struct judging *j, uint16_t region)
{
	struct register_question q = { .activity = ACT_ANSWERING,
				       .whom = region,
				       .minute = j->minute };
	struct register_verdict v;

	for (uint16_t p = 0; p < j->b->place_count; p++) {
		q.place = p;
		q.by = j->b->places[p].organisation;
		if (j->b->places[p].activities & ACT_BIT(ACT_ANSWERING) &&
		    register_lawful(j->b, &q, &v))
			return true;
	}
	return false;
}
