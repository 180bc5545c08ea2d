/*
 * require -- each requirement of the law, as a yes or no about a concern
 */
#include "register/judge.h"

typedef bool require_h(const struct judging *j, const struct law_line *l,
		       const struct concern *c);

static const struct register_organisation *organisation(const struct judging *j,
							const struct concern *c)
{
	return &j->b->organisations[c->organisation];
}

static const struct register_agreement *agreement(const struct judging *j,
						  const struct concern *c)
{
	return &j->b->agreements[c->agreement];
}

static const struct register_place *place(const struct judging *j,
					  const struct concern *c)
{
	return &j->b->places[c->place];
}

static bool in_force(const struct judging *j, struct register_term t)
{
	return register_in_force(t, j->minute);
}

/* ---- of organisations */

static bool has_duty(const struct judging *j, uint16_t org,
		     enum register_duty duty)
{
	const struct register_organisation *o = &j->b->organisations[org];

	for (unsigned i = 0; i < o->duty_count; i++)
		if (o->duties[i].duty == duty && o->duties[i].ground &&
		    in_force(j, o->duties[i].term))
			return true;
	return false;
}

static bool duty(const struct judging *j, const struct law_line *l,
		 const struct concern *c)
{
	return has_duty(j, c->organisation,
			l->requires == REQ_SECRECY ? DUTY_SECRECY
						   : DUTY_HEALTH_CARE);
}

static bool connected(const struct judging *j, const struct law_line *l,
		      const struct concern *c)
{
	(void)j;
	(void)l;
	return c->connected;
}

static register_str field(const struct register_organisation *o,
			  enum law_requirement requires)
{
	switch (requires) {
	case REQ_LEGAL_BASIS:
		return o->legal_basis;
	case REQ_PART_PURPOSE:
		return o->purpose;
	case REQ_PART_DATA:
		return o->data;
	case REQ_PART_SUBJECTS:
		return o->subjects;
	case REQ_PART_SECURITY:
		return o->security;
	case REQ_RECORD_CONTACT:
		return o->contact;
	case REQ_RECORD_OFFICER:
		return o->officer;
	case REQ_RECORD_RECIPIENTS:
		return o->recipients;
	default:
		return 0;
	}
}

static bool stated(const struct judging *j, const struct law_line *l,
		   const struct concern *c)
{
	return field(organisation(j, c), l->requires) != 0;
}

static bool notifier(const struct judging *j, const struct law_line *l,
		     const struct concern *c)
{
	const struct register_organisation *o = organisation(j, c);

	(void)l;
	return !o->notifier || o->notifier == o->id;
}

static bool restored(const struct judging *j, const struct law_line *l,
		     const struct concern *c)
{
	int64_t tested = organisation(j, c)->restore_tested;

	return tested != REGISTER_SINCE_EVER && tested <= j->minute &&
	       j->minute - tested <= (int64_t)l->amount * 1440;
}

static bool retention(const struct judging *j, const struct law_line *l,
		      const struct concern *c)
{
	const struct register_organisation *o = organisation(j, c);

	for (unsigned i = 0; i < o->retention_count; i++) {
		const struct register_retention *t =
			&j->b->retentions
				 [j->b->retention_by[o->first_retention + i]];

		if (l->requires == REQ_RETENTION_YEARS && t->health_record &&
		    t->years < l->amount)
			return false;
	}
	return o->retention_count || l->requires == REQ_RETENTION_YEARS;
}

/* Each notice in force tells it, and there is one. */
static bool tells(const struct judging *j, const struct law_line *l,
		  const struct concern *c)
{
	const struct register_organisation *o = organisation(j, c);
	unsigned tell = 1U << (l->requires - REQ_TELLS_CONTROLLER);
	bool any = false;

	for (unsigned i = 0; i < o->notice_count; i++) {
		const struct register_notice *n =
			&j->b->notices[j->b->notice_by[o->first_notice + i]];

		if ((n->region != REGISTER_NONE && c->region != REGISTER_NONE &&
		     n->region != c->region) ||
		    !in_force(j, n->term))
			continue;
		any = true;
		if (!(n->tells & tell))
			return false;
	}
	return any;
}

/* ---- of agreements */

static bool part(const struct judging *j, const struct law_line *l,
		 const struct concern *c)
{
	if (c->agreement == REGISTER_NONE)
		return stated(j, l, c);
	return agreement(j, c)->parts &
	       (1U << (l->requires - REQ_PART_SUBJECT));
}

static bool no_care(const struct judging *j, const struct law_line *l,
		    const struct concern *c)
{
	(void)l;
	return !has_duty(j, agreement(j, c)->to, DUTY_HEALTH_CARE);
}

static bool giver_decides(const struct judging *j, const struct law_line *l,
			  const struct concern *c)
{
	(void)j;
	(void)l;
	return c->role != ORG_PROCESSOR && c->role != ORG_SUBPROCESSOR;
}

static bool unhinged(const struct judging *j, const struct law_line *l,
		     const struct concern *c)
{
	const struct register_agreement *a = agreement(j, c);
	enum register_kind from = j->b->organisations[a->from].kind;
	enum register_kind to = j->b->organisations[a->to].kind;

	(void)l;
	return !((from == KIND_NATIONAL && to == KIND_PROVIDER) ||
		 (from == KIND_PROVIDER && to == KIND_NATIONAL));
}

static bool authorised(const struct judging *j, const struct law_line *l,
		       const struct concern *c)
{
	const struct register_agreement *root;

	(void)l;
	if (c->root == REGISTER_NONE)
		return true;
	root = &j->b->agreements[c->root];
	for (unsigned i = 0; i < root->sub_count; i++)
		if (root->subs[i] == agreement(j, c)->to)
			return true;
	return root->subs_any;
}

static bool audited(const struct judging *j, const struct law_line *l,
		    const struct concern *c)
{
	(void)l;
	return agreement(j, c)->next_audit > j->minute;
}

/* ---- of places */

static bool place_named(const struct judging *j, const struct law_line *l,
			const struct concern *c)
{
	(void)l;
	return c->place != REGISTER_NONE &&
	       place(j, c)->organisation == c->organisation &&
	       place(j, c)->activities & j->activities &&
	       in_force(j, place(j, c)->term);
}

static bool safeguarded(const struct judging *j, const struct law_line *l,
			const struct concern *c)
{
	const struct register_place *p = place(j, c);
	struct text scope = text_of(register_text(j->b, p->scope));

	(void)l;
	for (unsigned i = 0; i < p->country_rows; i++) {
		const struct law_country *k =
			&j->b->law->countries[p->country_row + i];

		if (k->standing != STANDING_THIRD && in_force(j, k->term) &&
		    (!k->scope.len ||
		     (k->scope.len == scope.len &&
		      !memcmp(k->scope.p, scope.p, scope.len))))
			return true;
	}
	return p->safeguard != REGISTER_NONE &&
	       in_force(j, j->b->safeguards[p->safeguard].term);
}

static bool stored(const struct judging *j, const struct law_line *l,
		   const struct concern *c)
{
	const struct register_place *p = place(j, c);

	switch (l->requires) {
	case REQ_SIGN_IN:
		return !p->open || p->sign_in != SIGN_IN_NONE || !p->storage;
	case REQ_ENCRYPTED:
		return !p->plain;
	case REQ_STRONG_SIGN_IN:
		return !p->open || (!p->plain && p->sign_in == SIGN_IN_STRONG);
	default:
		return !p->keys || (c->role != ORG_PROCESSOR &&
				    c->role != ORG_SUBPROCESSOR);
	}
}

/* ---- of the whole map */

static bool mapped(const struct judging *j, const struct law_line *l,
		   const struct concern *c)
{
	switch (l->requires) {
	case REQ_ANSWERED:
		return map_answered(j, c->organisation);
	case REQ_NO_CIRCLE:
		return map_no_circle(j, c->agreement);
	default:
		return map_stated_role(j, c->organisation);
	}
}

static require_h *const table[REQUIREMENTS] = {
	[REQ_HEALTH_CARE] = duty,
	[REQ_SECRECY] = duty,
	[REQ_NO_CARE_BY_PROCESSOR] = no_care,
	[REQ_GIVER_DECIDES] = giver_decides,
	[REQ_UNHINGED] = unhinged,
	[REQ_AGREEMENT] = connected,
	[REQ_PART_SUBJECT] = part,
	[REQ_PART_DURATION] = part,
	[REQ_PART_NATURE] = part,
	[REQ_PART_PURPOSE] = part,
	[REQ_PART_DATA] = part,
	[REQ_PART_SUBJECTS] = part,
	[REQ_PART_INSTRUCTIONS] = part,
	[REQ_PART_CONFIDENTIALITY] = part,
	[REQ_PART_SECURITY] = part,
	[REQ_PART_SUBPROCESSORS] = part,
	[REQ_PART_RIGHTS] = part,
	[REQ_PART_BREACHES] = part,
	[REQ_PART_DELETION] = part,
	[REQ_PART_AUDIT] = part,
	[REQ_PART_ARRANGEMENT] = part,
	[REQ_AUTHORISED] = authorised,
	[REQ_LEGAL_BASIS] = stated,
	[REQ_PLACE] = place_named,
	[REQ_SAFEGUARD] = safeguarded,
	[REQ_SIGN_IN] = stored,
	[REQ_ENCRYPTED] = stored,
	[REQ_STRONG_SIGN_IN] = stored,
	[REQ_NO_KEYS] = stored,
	[REQ_TELLS_CONTROLLER] = tells,
	[REQ_TELLS_PURPOSE] = tells,
	[REQ_TELLS_RECORDING] = tells,
	[REQ_TELLS_RECIPIENTS] = tells,
	[REQ_TELLS_THIRD_COUNTRY] = tells,
	[REQ_TELLS_RIGHTS] = tells,
	[REQ_TELLS_MORE] = tells,
	[REQ_RETENTION_YEARS] = retention,
	[REQ_AUDIT_DATE] = audited,
	[REQ_RESTORE_DAYS] = restored,
	[REQ_NOTIFIER] = notifier,
	[REQ_RECORD_CONTACT] = stated,
	[REQ_RECORD_OFFICER] = stated,
	[REQ_RECORD_RECIPIENTS] = stated,
	[REQ_RECORD_RETENTION] = retention,
	[REQ_ANSWERED] = mapped,
	[REQ_NO_CIRCLE] = mapped,
	[REQ_STATED_ROLE] = mapped,
};

bool require_met(const struct judging *j, const struct law_line *l,
		 const struct concern *c)
{
	return table[l->requires](j, l, c);
}

bool require_concerns(enum law_whom whom, const struct register_agreement *a,
		      enum register_role giver)
{
	switch (whom) {
	case WHOM_AGREEMENT:
		return true;
	case WHOM_PROCESSOR:
		return a->kind == AGREEMENT_PROCESSOR;
	case WHOM_SUB_PROCESSOR:
		return a->kind == AGREEMENT_PROCESSOR &&
		       (giver == ORG_PROCESSOR || giver == ORG_SUBPROCESSOR);
	case WHOM_JOINT:
		return a->kind == AGREEMENT_JOINT;
	case WHOM_APPOINTMENT:
		return a->kind != AGREEMENT_PROCESSOR;
	default:
		return false;
	}
}
