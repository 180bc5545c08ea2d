/*
 * register_show -- the register as tables, and as an object a line
 */
#include "command/register.h"

#include <inttypes.h>
#include <string.h>

#include "base/encode.h"

static bool shown(const struct register_view *v, struct register_term t)
{
	return !v->only_in_force || register_in_force(t, v->minute);
}

static const char *text(const struct register_view *v, register_str s)
{
	return register_text(v->b, s);
}

static const char *or_nothing(const struct register_view *v, register_str s)
{
	return s ? text(v, s) : "-";
}

struct dates {
	char from[REGISTER_DATE_TEXT], until[REGISTER_DATE_TEXT];
};

static struct dates dates_of(struct register_term t)
{
	struct dates d;

	register_date_text(t.from, false, d.from);
	register_date_text(t.until, true, d.until);
	return d;
}

static const char *makes(const struct register_agreement *a)
{
	return a->kind == AGREEMENT_CONTROLLER  ? "controller"
	       : a->kind == AGREEMENT_PROCESSOR ? "processor"
						: "joint";
}

/* ---- text */

static void text_organisations(const struct register_view *v)
{
	(void)printf("\n%-22s %-10s %-3s %-12s %s\n", "ORGANISATION", "KIND",
		     "IN", "NUMBER", "NAME, AND WHAT IT IS BY THE AGREEMENTS");
	for (uint16_t i = 0; i < v->b->organisation_count; i++) {
		const struct register_organisation *o = &v->b->organisations[i];
		char roles[REGISTER_WORDS];

		register_roles_text(v, i, roles);
		(void)printf("%-22s %-10s %-3s %-12s %s%s%s\n", text(v, o->id),
			     register_kind_name(o->kind), o->country,
			     or_nothing(v, o->number), text(v, o->name),
			     *roles ? "; " : "", roles);
	}
}

static void text_agreements(const struct register_view *v)
{
	(void)printf("\n%-26s %-22s %-22s %-10s %-10s %-10s %s\n", "AGREEMENT",
		     "FOR", "BY", "MAKES IT", "FROM", "UNTIL", "ACTIVITIES");
	for (uint16_t i = 0; i < v->b->agreement_count; i++) {
		const struct register_agreement *a = &v->b->agreements[i];
		struct dates d = dates_of(a->term);
		char words[REGISTER_WORDS];

		if (!shown(v, a->term))
			continue;
		register_activities_text(a->activities, words);
		(void)printf("%-26s %-22s %-22s %-10s %-10s %-10s %s%s\n",
			     text(v, a->id),
			     register_organisation_id(v, a->from),
			     register_organisation_id(v, a->to), makes(a),
			     d.from, d.until, words,
			     register_in_force(a->term, v->minute)
				     ? ""
				     : " (not in force)");
	}
}

static void text_places(const struct register_view *v)
{
	(void)printf("\n%-26s %-22s %-3s %s\n", "PLACE", "ORGANISATION", "IN",
		     "ACTIVITIES");
	for (uint16_t i = 0; i < v->b->place_count; i++) {
		const struct register_place *p = &v->b->places[i];
		char words[REGISTER_WORDS];

		if (!shown(v, p->term))
			continue;
		register_activities_text(p->activities, words);
		(void)printf("%-26s %-22s %-3s %s%s%s%s\n", text(v, p->id),
			     register_organisation_id(v, p->organisation),
			     p->country, words, p->open ? "; open" : "",
			     p->plain ? "; unencrypted" : "",
			     p->safeguard != REGISTER_NONE ? "; safeguard"
							   : "");
	}
}

static void text_notices(const struct register_view *v)
{
	(void)printf("\n%-26s %-22s %-22s %-4s %s\n", "NOTICE", "ORGANISATION",
		     "REGION", "IN", "VERSION");
	for (uint16_t i = 0; i < v->b->notice_count; i++) {
		const struct register_notice *n = &v->b->notices[i];

		if (shown(v, n->term))
			(void)printf(
				"%-26s %-22s %-22s %-4s %s\n", text(v, n->id),
				register_organisation_id(v, n->organisation),
				register_organisation_id(v, n->region),
				text(v, n->language), text(v, n->version));
	}
}

static void print_fault(void *arg, const struct register_fault *f)
{
	const struct register_view *v = arg;

	(void)printf("%s:%u: %s: %s; mend: %s\n", v->file, f->line, f->rule,
		     f->fault, f->mend);
}

static void hex_digest(const struct register_view *v, char to[65])
{
	uint8_t digest[REGISTER_DIGEST];
	struct writer w = writer_on(to, 64);

	register_digest(v->b, digest);
	hex_write(&w, digest, sizeof(digest));
	to[64] = '\0';
}

static void print_text(const struct register_view *v)
{
	char day[REGISTER_DATE_TEXT], digest[65];
	unsigned faults;

	register_date_text(v->minute, false, day);
	hex_digest(v, digest);
	(void)printf("register %s\nsha256 %s\nlooked at as of %s\n", v->file,
		     digest, day);
	text_organisations(v);
	text_agreements(v);
	text_places(v);
	text_notices(v);
	(void)putchar('\n');
	faults = register_faults(v->b, v->minute, print_fault,
				 (void *)(uintptr_t)v);
	(void)printf("%u faults\n", faults);
}

/* ---- JSON */

static void put(json_t *o)
{
	if (o)
		node_print_json(o);
	json_decref(o);
}

static json_t *list(unsigned mask, const char *(*name)(unsigned), unsigned n)
{
	json_t *a = json_array();

	for (unsigned i = 0; i < n; i++)
		if (mask & (1U << i))
			(void)json_array_append_new(a, json_string(name(i)));
	return a;
}

static const char *activity(unsigned i)
{
	return register_activity_name((enum register_activity)i);
}

static const char *role(unsigned i)
{
	return register_role_name((enum register_role)i);
}

static const char *part(unsigned i)
{
	return register_part_name((enum register_part)i);
}

static void json_organisations(const struct register_view *v)
{
	for (uint16_t i = 0; i < v->b->organisation_count; i++) {
		const struct register_organisation *o = &v->b->organisations[i];
		json_t *roles = json_object();

		for (unsigned a = 0; a < ACTIVITIES; a++)
			(void)json_object_set_new(
				roles, activity(a),
				list(register_roles(v->b, i,
						    (enum register_activity)a,
						    REGISTER_NONE, v->minute),
				     role, ORG_ROLES));
		put(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o}", "type",
			      "organisation", "id", text(v, o->id), "name",
			      text(v, o->name), "number", text(v, o->number),
			      "country", o->country, "kind",
			      register_kind_name(o->kind), "county", o->county,
			      "roles", roles));
	}
}

static void json_agreements(const struct register_view *v)
{
	for (uint16_t i = 0; i < v->b->agreement_count; i++) {
		const struct register_agreement *a = &v->b->agreements[i];
		struct dates d = dates_of(a->term);

		if (shown(v, a->term))
			put(json_pack(
				"{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:o,s:o}",
				"type", "agreement", "id", text(v, a->id),
				"for", register_organisation_id(v, a->from),
				"by", register_organisation_id(v, a->to),
				"makes", makes(a), "from", d.from, "until",
				d.until, "in_force",
				register_in_force(a->term, v->minute),
				"activities",
				list(a->activities, activity, ACTIVITIES),
				"parts", list(a->parts, part, PARTS)));
	}
}

static void json_places(const struct register_view *v)
{
	for (uint16_t i = 0; i < v->b->place_count; i++) {
		const struct register_place *p = &v->b->places[i];

		if (shown(v, p->term))
			put(json_pack(
				"{s:s,s:s,s:s,s:s,s:b,s:b,s:o}", "type",
				"place", "id", text(v, p->id), "organisation",
				register_organisation_id(v, p->organisation),
				"country", p->country, "open", p->open, "plain",
				p->plain, "activities",
				list(p->activities, activity, ACTIVITIES)));
	}
}

static void json_notices(const struct register_view *v)
{
	for (uint16_t i = 0; i < v->b->notice_count; i++) {
		const struct register_notice *n = &v->b->notices[i];

		if (shown(v, n->term))
			put(json_pack(
				"{s:s,s:s,s:s,s:s,s:s,s:s}", "type", "notice",
				"id", text(v, n->id), "organisation",
				register_organisation_id(v, n->organisation),
				"region",
				register_organisation_id(v, n->region),
				"language", text(v, n->language), "version",
				text(v, n->version)));
	}
}

static void json_fault(void *arg, const struct register_fault *f)
{
	const struct register_view *v = arg;

	put(json_pack("{s:s,s:s,s:i,s:s,s:s,s:s}", "type", "fault", "file",
		      v->file, "line", (int)f->line, "rule", f->rule, "fault",
		      f->fault, "mend", f->mend));
}

static void print_json(const struct register_view *v)
{
	char day[REGISTER_DATE_TEXT], digest[65];

	register_date_text(v->minute, false, day);
	hex_digest(v, digest);
	put(json_pack("{s:s,s:s,s:s,s:s}", "type", "register", "file", v->file,
		      "sha256", digest, "at", day));
	json_organisations(v);
	json_agreements(v);
	json_places(v);
	json_notices(v);
	(void)register_faults(v->b, v->minute, json_fault,
			      (void *)(uintptr_t)v);
}

int register_show(const struct register_view *v)
{
	if (v->json)
		print_json(v);
	else
		print_text(v);
	return EXIT_YES;
}
