/*
 * register_article30 -- the record of processing of one organisation
 *
 * GDPR 30(1) for what it is a controller of, 30(2) for what it processes for
 * others, each point by its letter. What is missing says so, and is a gap.
 */
#include <string.h>

#include "command/register.h"

/* A point is a line of its own, or an object. */
struct record {
	const struct register_view *v;
	uint16_t o;
	unsigned gaps;
};

static const struct register_organisation *own(const struct record *r)
{
	return &r->v->b->organisations[r->o];
}

static void point(struct record *r, const char *provision, const char *what,
		  const char *value)
{
	bool gap = !*value;

	r->gaps += gap;
	if (r->v->json) {
		json_t *o =
			json_pack("{s:s,s:s,s:s,s:b}", "provision", provision,
				  "what", what, "value", value, "gap", gap);

		if (o)
			node_print_json(o);
		json_decref(o);
		return;
	}
	(void)printf("  %-8s %-28s %s\n", provision, what,
		     gap ? "GAP: the register says nothing" : value);
}

static void field(struct record *r, const char *provision, const char *what,
		  register_str value)
{
	point(r, provision, what, register_text(r->v->b, value));
}

static void who(struct record *r, const char *provision, const char *what)
{
	const struct register_organisation *o = own(r);
	char line[REGISTER_WORDS * 2];
	struct writer w = writer_on(line, sizeof(line) - 1);

	writer_printf(&w, "%s, %s, %s", register_text(r->v->b, o->name),
		      register_text(r->v->b, o->number), o->country);
	if (o->board)
		writer_printf(&w, "; %s", register_text(r->v->b, o->board));
	line[w.len] = '\0';
	point(r, provision, what, line);
	field(r, provision, "contact", o->contact);
	field(r, provision, "data protection officer", o->officer);
}

/* ---- what goes to others */

static bool in_force(const struct record *r, struct register_term t)
{
	return register_in_force(t, r->v->minute);
}

/* The places outside Sweden of whom it engages, with what safeguards them. */
static void transfers(struct record *r, const char *provision)
{
	const struct register_book *b = r->v->b;
	unsigned count = 0;

	for (uint16_t i = 0; i < b->place_count; i++) {
		const struct register_place *p = &b->places[i];
		struct register_verdict v;
		struct register_question q = { .by = p->organisation,
					       .whom = r->o,
					       .place = i,
					       .minute = r->v->minute };
		char line[REGISTER_WORDS];

		if (!strcmp(p->country, "SE") || !in_force(r, p->term))
			continue;
		q.activity =
			(enum register_activity)__builtin_ctz(p->activities);
		(void)register_lawful(b, &q, &v);
		if (v.who.role == ORG_NONE)
			continue;
		(void)snprintf(
			line, sizeof(line), "%s, %s: %s",
			register_organisation_name(r->v, p->organisation),
			p->country,
			p->safeguard == REGISTER_NONE
				? "no safeguard named"
				: register_text(b, b->safeguards[p->safeguard]
							   .instrument));
		point(r, provision, "outside Sweden", line);
		count++;
	}
	if (!count)
		point(r, provision, "outside Sweden", "nothing");
}

static void engaged(struct record *r, const char *provision)
{
	const struct register_book *b = r->v->b;
	const struct register_organisation *o = own(r);

	for (unsigned i = 0; i < o->from_count; i++) {
		const struct register_agreement *a =
			&b->agreements[b->by_from[o->first_from + i]];
		char line[2 * REGISTER_WORDS], words[REGISTER_WORDS];

		if (!in_force(r, a->term))
			continue;
		register_activities_text(a->activities, words);
		(void)snprintf(line, sizeof(line),
			       "%s (%s), by agreement %s: %s",
			       register_organisation_name(r->v, a->to),
			       a->kind == AGREEMENT_CONTROLLER
				       ? "controller of its own"
			       : a->kind == AGREEMENT_JOINT ? "joint controller"
							    : "processor",
			       register_text(b, a->id), words);
		point(r, provision, "engages", line);
	}
}

static void kept(struct record *r)
{
	const struct register_book *b = r->v->b;
	const struct register_organisation *o = own(r);

	for (unsigned i = 0; i < o->retention_count; i++) {
		const struct register_retention *t =
			&b->retentions[b->retention_by[o->first_retention + i]];
		char line[REGISTER_WORDS * 2];

		(void)snprintf(line, sizeof(line), "%s: %u %s (%s)",
			       t->health_record ? "health records" : "other",
			       t->years ? t->years : t->days,
			       t->years ? "years" : "days",
			       register_text(b, t->ground));
		point(r, "30(1)(f)", "kept for", line);
	}
	if (!o->retention_count)
		point(r, "30(1)(f)", "kept for", "");
}

/* ---- both records */

static void heading(const struct record *r, const char *as)
{
	if (!r->v->json)
		(void)printf("\n%s\n", as);
}

static void as_controller(struct record *r)
{
	const struct register_organisation *o = own(r);

	heading(r, "As controller, GDPR 30(1)");
	who(r, "30(1)(a)", "controller");
	field(r, "30(1)(b)", "purposes", o->purpose);
	field(r, "30(1)(b)", "legal basis", o->legal_basis);
	field(r, "30(1)(c)", "data subjects", o->subjects);
	field(r, "30(1)(c)", "personal data", o->data);
	field(r, "30(1)(d)", "recipients", o->recipients);
	engaged(r, "30(1)(d)");
	transfers(r, "30(1)(e)");
	kept(r);
	field(r, "30(1)(g)", "security", o->security);
}

static const char *or_none(const struct register_book *b, register_str s)
{
	return s ? register_text(b, s) : "none named";
}

static void as_processor(struct record *r)
{
	const struct register_book *b = r->v->b;
	const struct register_organisation *o = own(r);

	heading(r, "As processor, GDPR 30(2)");
	who(r, "30(2)(a)", "processor");
	for (unsigned i = 0; i < o->to_count; i++) {
		const struct register_agreement *a =
			&b->agreements[b->by_to[o->first_to + i]];
		const struct register_organisation *giver =
			&b->organisations[a->from];
		char line[2 * REGISTER_WORDS], words[REGISTER_WORDS];

		if (a->kind != AGREEMENT_PROCESSOR || !in_force(r, a->term))
			continue;
		(void)snprintf(line, sizeof(line), "%s, %s; officer %s",
			       register_organisation_name(r->v, a->from),
			       or_none(b, giver->contact),
			       or_none(b, giver->officer));
		point(r, "30(2)(a)", "for", line);
		register_activities_text(a->activities, words);
		(void)snprintf(line, sizeof(line), "%s (%s), agreement %s",
			       words, register_text(b, a->part[PART_NATURE]),
			       register_text(b, a->id));
		point(r, "30(2)(b)", "processing", line);
	}
	engaged(r, "30(2)(a)");
	transfers(r, "30(2)(c)");
	field(r, "30(2)(d)", "security", o->security);
}

static unsigned all_roles(const struct record *r)
{
	unsigned roles = 0;

	for (unsigned a = 0; a < ACTIVITIES; a++)
		roles |=
			register_roles(r->v->b, r->o, (enum register_activity)a,
				       REGISTER_NONE, r->v->minute);
	return roles;
}

int register_article30(const struct register_view *v, const char *id)
{
	struct record r = { v, register_organisation_find(v->b, text_of(id)),
			    0 };
	char day[REGISTER_DATE_TEXT];
	unsigned roles;

	if (r.o == REGISTER_NONE)
		return node_fail("the register knows no %s", id);
	roles = all_roles(&r);
	register_date_text(v->minute, false, day);
	if (!v->json)
		(void)printf("Record of processing of %s, as of %s\n",
			     register_organisation_name(v, r.o), day);
	if (roles & (1U << ORG_CONTROLLER | 1U << ORG_JOINT))
		as_controller(&r);
	if (roles & (1U << ORG_PROCESSOR | 1U << ORG_SUBPROCESSOR))
		as_processor(&r);
	if (!roles && !v->json)
		(void)puts("\nNo agreement in force gives it a role.");
	if (!v->json)
		(void)printf("\n%u gaps\n", r.gaps);
	return r.gaps ? EXIT_NO : EXIT_YES;
}
