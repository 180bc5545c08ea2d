/*
 * fill_agreement -- agreements, and what stands beside them
 */
#include "register/reading.h"

/* "any": a general written authorisation. */
static void fill_subs(struct reading *r, cfg_t *cfg,
		      struct register_agreement *a)
{
	unsigned n = cfg_size(cfg, "sub-processors");

	for (unsigned i = 0; i < n; i++) {
		const char *id = cfg_getnstr(cfg, "sub-processors", i);

		if (!strcmp(id, "any"))
			a->subs_any = true;
		else if (a->sub_count < REGISTER_SUBS)
			a->subs[a->sub_count++] =
				reading_organisation(r, "sub-processors", id);
		else
			reading_fault(r, "sub-processors", "remove some",
				      "more than %d sub-processors",
				      REGISTER_SUBS);
	}
}

void fill_agreement(struct reading *r, cfg_t *cfg, unsigned n)
{
	struct register_agreement *a = &r->b->agreements[n];

	a->from = reading_organisation(r, "for", cfg_getstr(cfg, "for"));
	a->to = reading_organisation(r, "by", cfg_getstr(cfg, "by"));
	a->kind = (enum register_agreement_kind)reading_word(
		r, "makes", cfg_getstr(cfg, "makes"), word_agreements,
		AGREEMENT_KINDS);
	a->activities =
		reading_set(r, cfg, "activities", word_activities, ACTIVITIES);
	a->next_audit = reading_day(r, cfg, "next-audit", true);
	reading_term(r, cfg, &a->term);
	for (unsigned p = 0; p < PARTS; p++) {
		a->part[p] = reading_str(r, cfg, word_parts[p]);
		if (a->part[p])
			a->parts |= 1U << p;
	}
	fill_subs(r, cfg, a);
	if (!a->activities)
		reading_fault(r, "activities", "name what it covers",
			      "it covers no activity");
	if (a->from == a->to)
		reading_fault(r, "by", "name another organisation",
			      "an organisation agrees with itself");
}

void fill_safeguard(struct reading *r, cfg_t *cfg, unsigned n)
{
	struct register_safeguard *s = &r->b->safeguards[n];

	s->instrument = reading_str(r, cfg, "instrument");
	reading_term(r, cfg, &s->term);
	if (!s->instrument)
		reading_fault(r, NULL,
			      "name it, as in \"standard contractual clauses, "
			      "Decision (EU) 2021/914, module 2\"",
			      "a safeguard without an instrument");
}

static unsigned count(struct reading *r, cfg_t *cfg, const char *option)
{
	long v = cfg_getint(cfg, option);

	if (v >= 0 && v <= 100000)
		return (unsigned)v;
	reading_fault(r, option, "write a number from 0 to 100000",
		      "%s is out of range", option);
	return 0;
}

void fill_retention(struct reading *r, cfg_t *cfg, unsigned n)
{
	static const char *const classes[] = { "other", "health-record" };
	struct register_retention *t = &r->b->retentions[n];

	t->organisation = reading_organisation(r, "organisation",
					       cfg_getstr(cfg, "organisation"));
	t->health_record = reading_word(r, "class", cfg_getstr(cfg, "class"),
					classes, 2) == 1;
	t->ground = reading_str(r, cfg, "ground");
	t->years = count(r, cfg, "years");
	t->days = count(r, cfg, "days");
	if (!t->ground || !(t->years || t->days))
		reading_fault(r, NULL, "write years or days, and the ground",
			      "a retention without its time or its ground");
}

void fill_notice(struct reading *r, cfg_t *cfg, unsigned n)
{
	struct register_notice *t = &r->b->notices[n];
	const char *region = cfg_getstr(cfg, "region");

	t->organisation = reading_organisation(r, "organisation",
					       cfg_getstr(cfg, "organisation"));
	t->region = *region ? reading_organisation(r, "region", region)
			    : REGISTER_NONE;
	t->version = reading_str(r, cfg, "version");
	t->language = reading_str(r, cfg, "language");
	t->tells = reading_set(r, cfg, "tells", word_tells, TELLS);
	reading_term(r, cfg, &t->term);
	if (!t->version || !t->language)
		reading_fault(r, NULL, "write version and language",
			      "a notice without version or language, which "
			      "are evidence");
}
