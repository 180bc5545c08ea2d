/*
 * lawful -- may it be done, by whom, for whom, where, at that minute
 *
 * The law is walked line by line. Each line that is in force and speaks of
 * the activity is put to those it concerns: who acts, the place, each
 * agreement of the chain, each controller on the way.
 */
#include "register/judge.h"

struct asking {
	struct judging j;
	const struct register_question *q;
	struct register_verdict *best;
	const struct chain *chain; /* NULL: nothing connects them */
	struct register_verdict v;
};

static void broken(struct asking *a, const struct law_line *l,
		   const struct concern *c)
{
	struct register_broken *to;

	if (require_met(&a->j, l, c))
		return;
	/* a full list is still a no */
	if (a->v.broken_count == REGISTER_BROKEN)
		return;
	to = &a->v.broken[a->v.broken_count++];
	to->rule = l->rule;
	to->law = (uint8_t)(l - a->j.b->law->lines);
	to->organisation = c->organisation;
	to->agreement = c->agreement;
	to->place = c->place;
}

static void ask_performer(struct asking *a, const struct law_line *l)
{
	struct concern c = CONCERN_NONE;

	c.organisation = a->q->by;
	c.connected = a->chain != NULL;
	if (l->requires == REQ_AGREEMENT)
		c.agreement = a->v.who.agreement;
	if (l->requires == REQ_PLACE || l->whom == WHOM_PLACE)
		c.place = a->q->place;
	/* that the place is known at all is a line of its own */
	if (l->whom == WHOM_PLACE && c.place == REGISTER_NONE)
		return;
	c.role = a->v.who.role;
	broken(a, l, &c);
}

static void ask_controllers(struct asking *a, const struct law_line *l)
{
	struct concern c = CONCERN_NONE;

	if (!a->chain)
		return;
	c.organisation = a->q->whom;
	c.region = a->q->whom;
	broken(a, l, &c);
	for (unsigned i = 0; i < a->chain->count; i++) {
		const struct register_agreement *g =
			&a->j.b->agreements[a->chain->agreements[i]];

		c.organisation = g->to;
		if (g->kind != AGREEMENT_PROCESSOR)
			broken(a, l, &c);
	}
}

/* By which the nearest controller above made the giver a processor. */
static uint16_t root_of(const struct asking *a, unsigned i)
{
	uint16_t root = REGISTER_NONE;

	while (i--) {
		uint16_t n = a->chain->agreements[i];

		if (a->j.b->agreements[n].kind != AGREEMENT_PROCESSOR)
			break;
		root = n;
	}
	return root;
}

static void ask_agreements(struct asking *a, const struct law_line *l)
{
	for (unsigned i = 0; a->chain && i < a->chain->count; i++) {
		struct concern c = CONCERN_NONE;
		const struct register_agreement *g;

		c.agreement = a->chain->agreements[i];
		c.role = chain_role(a->j.b, a->chain, i, a->q->whom).role;
		c.root = root_of(a, i);
		g = &a->j.b->agreements[c.agreement];
		c.organisation = g->to;
		if (require_concerns(l->whom, g, c.role))
			broken(a, l, &c);
	}
}

static void ask(struct asking *a, const struct law_line *l)
{
	if (!l->call || !(l->activities & a->j.activities) ||
	    !register_in_force(l->term, a->j.minute))
		return;
	switch (l->whom) {
	case WHOM_PERFORMER:
	case WHOM_PLACE:
		ask_performer(a, l);
		break;
	case WHOM_CONTROLLER:
		ask_controllers(a, l);
		break;
	default:
		ask_agreements(a, l);
		break;
	}
}

static void judge(struct asking *a)
{
	const struct register_law *law = a->j.b->law;

	for (unsigned i = 0; i < law->line_count; i++)
		ask(a, &law->lines[i]);
}

static bool judge_chain(void *arg, const struct chain *c)
{
	struct asking *a = arg;

	a->chain = c;
	a->v.broken_count = 0;
	a->v.chain_count = c->count;
	memcpy(a->v.chain, c->agreements, sizeof(a->v.chain));
	a->v.who = chain_role(a->j.b, c, c->count, a->q->whom);
	judge(a);
	if (a->best->who.role == ORG_NONE ||
	    a->v.broken_count < a->best->broken_count)
		*a->best = a->v;
	return a->best->broken_count > 0;
}

/* The agreement that would connect them, but is not in force. */
static bool note_ended(void *arg, const struct chain *c)
{
	struct asking *a = arg;

	for (unsigned i = 0; i < c->count; i++)
		if (!register_in_force(
			    a->j.b->agreements[c->agreements[i]].term,
			    a->j.minute)) {
			a->v.who.agreement = c->agreements[i];
			return false;
		}
	return true;
}

static bool known(const struct register_book *b,
		  const struct register_question *q)
{
	return q->by < b->organisation_count &&
	       q->whom < b->organisation_count &&
	       (q->place < b->place_count || q->place == REGISTER_NONE) &&
	       (unsigned)q->activity < ACTIVITIES;
}

/* Who is not in the register has no agreement in it. */
static void judge_unknown(struct register_verdict *ret)
{
	ret->broken_count = 1;
	ret->broken[0] = (struct register_broken){ RULE_GDPR_28_3, UINT8_MAX,
						   REGISTER_NONE, REGISTER_NONE,
						   REGISTER_NONE };
}

static void verdict_none(struct register_verdict *v)
{
	v->who = (struct register_responsible){ ORG_NONE, REGISTER_NONE,
						REGISTER_NONE };
	v->chain_count = 0;
	v->broken_count = 0;
}

bool register_lawful(const struct register_book *b,
		     const struct register_question *q,
		     struct register_verdict *ret)
{
	struct asking a;

	verdict_none(ret);
	if (!known(b, q)) {
		judge_unknown(ret);
		return false;
	}
	a.j = (struct judging){ b, q->minute, ACT_BIT(q->activity) };
	a.q = q;
	a.best = ret;
	a.chain = NULL;
	verdict_none(&a.v);
	chain_each(b, q, false, judge_chain, &a);
	if (ret->who.role == ORG_NONE) {
		a.chain = NULL;
		chain_each(b, q, true, note_ended, &a);
		judge(&a);
		*ret = a.v;
	}
	return ret->broken_count == 0;
}

static bool keep_first(void *arg, const struct chain *c)
{
	*(struct chain *)arg = *c;
	return false;
}

void register_responsible(const struct register_book *b,
			  enum register_activity activity, uint16_t by,
			  uint16_t whom, int64_t minute,
			  struct register_responsible *ret)
{
	const struct register_question q = { activity, by, whom, REGISTER_NONE,
					     minute };
	struct chain c = { .count = REGISTER_CHAIN + 1 };

	*ret = (struct register_responsible){ ORG_NONE, REGISTER_NONE,
					      REGISTER_NONE };
	if (!known(b, &q))
		return;
	chain_each(b, &q, false, keep_first, &c);
	if (c.count <= REGISTER_CHAIN)
		*ret = chain_role(b, &c, c.count, whom);
}
