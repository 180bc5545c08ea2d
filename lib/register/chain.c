/*
 * chain -- how agreements lead from whose service it is to who acts
 */
#include "register/judge.h"

enum { CHAINS_MAX = 32 };

struct search {
	const struct register_book *b;
	const struct register_question *q;
	bool ended_too;
	chain_h *h;
	void *arg;
	uint16_t back[REGISTER_CHAIN]; /* from who acts on */
	unsigned depth,
		want; /* agreements so far, and of the chains told now */
	unsigned found;
};

static bool usable(const struct search *s, const struct register_agreement *a)
{
	return a->activities & ACT_BIT(s->q->activity) &&
	       (s->ended_too || register_in_force(a->term, s->q->minute));
}

/* Nobody stands twice in a chain. */
static bool stands_in(const struct search *s, uint16_t organisation)
{
	for (unsigned i = 0; i < s->depth; i++)
		if (s->b->agreements[s->back[i]].to == organisation)
			return true;
	return false;
}

static bool found(struct search *s)
{
	struct chain c = { .count = s->depth };

	for (unsigned i = 0; i < s->depth; i++)
		c.agreements[i] = s->back[s->depth - 1 - i];
	return s->h(s->arg, &c) && ++s->found < CHAINS_MAX;
}

/* Every chain of just so many agreements. false: enough. */
static bool search(struct search *s, uint16_t at)
{
	const struct register_organisation *o = &s->b->organisations[at];

	if (at == s->q->whom)
		return s->depth < s->want || found(s);
	if (s->depth == s->want)
		return true;
	for (uint16_t i = 0; i < o->to_count; i++) {
		uint16_t n = s->b->by_to[o->first_to + i];
		const struct register_agreement *a = &s->b->agreements[n];
		bool more = true;

		if (!usable(s, a) || stands_in(s, a->from))
			continue;
		s->back[s->depth++] = n;
		more = search(s, a->from);
		s->depth--;
		if (!more)
			return false;
	}
	return true;
}

void chain_each(const struct register_book *b,
		const struct register_question *q, bool ended_too, chain_h *h,
		void *arg)
{
	struct search s = {
		.b = b, .q = q, .ended_too = ended_too, .h = h, .arg = arg
	};

	/* the shortest first: where several hold, it is the one that is meant
	 */
	for (s.want = 0; s.want <= REGISTER_CHAIN; s.want++)
		if (!search(&s, q->by))
			return;
}

struct register_responsible chain_role(const struct register_book *b,
				       const struct chain *c, unsigned n,
				       uint16_t whom)
{
	struct register_responsible r = { ORG_CONTROLLER, whom, REGISTER_NONE };

	for (unsigned i = 0; i < n; i++) {
		const struct register_agreement *a =
			&b->agreements[c->agreements[i]];

		r.agreement = c->agreements[i];
		switch (a->kind) {
		case AGREEMENT_CONTROLLER:
			r.role = ORG_CONTROLLER;
			r.controller = a->to;
			break;
		case AGREEMENT_JOINT:
			r.role = ORG_JOINT;
			break;
		case AGREEMENT_PROCESSOR:
		case AGREEMENT_KINDS:
			r.role = r.role == ORG_PROCESSOR ||
						 r.role == ORG_SUBPROCESSOR
					 ? ORG_SUBPROCESSOR
					 : ORG_PROCESSOR;
			break;
		}
	}
	return r;
}
