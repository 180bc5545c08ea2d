/*
 * fill -- organisations and places, from what libconfuse read
 */
#include "register/reading.h"

static void fill_duties(struct reading *r, cfg_t *cfg,
			struct register_organisation *o)
{
	unsigned n = cfg_size(cfg, "duty");

	for (unsigned i = 0; i < n && i < REGISTER_DUTIES; i++) {
		cfg_t *sec = cfg_getnsec(cfg, "duty", i);
		struct register_duty_held *d = &o->duties[o->duty_count++];

		d->duty = (enum register_duty)reading_word(
			r, "duty", cfg_title(sec), word_duties, DUTIES);
		d->ground = reading_str(r, sec, "ground");
		reading_term(r, sec, &d->term);
		if (!d->ground)
			reading_fault(r, "duty",
				      "write ground: the act that makes it a "
				      "duty",
				      "a duty without its legal ground");
	}
	if (n > REGISTER_DUTIES)
		reading_fault(r, "duty", "remove some", "too many duties");
}

static void fill_stated(struct reading *r, cfg_t *cfg,
			struct register_organisation *o)
{
	unsigned n = cfg_size(cfg, "role");

	for (unsigned i = 0; i < n && i < REGISTER_STATED; i++) {
		cfg_t *sec = cfg_getnsec(cfg, "role", i);
		struct register_stated *s = &o->stated[o->stated_count++];
		const char *towards = cfg_getstr(sec, "towards");

		s->activity = (enum register_activity)reading_word(
			r, "role", cfg_title(sec), word_activities, ACTIVITIES);
		s->role = (enum register_role)reading_word(
			r, "is", cfg_getstr(sec, "is"), word_roles, ORG_ROLES);
		s->towards =
			*towards ? reading_organisation(r, "towards", towards)
				 : REGISTER_NONE;
	}
	if (n > REGISTER_STATED)
		reading_fault(r, "role", "remove some", "too many roles");
}

static void check_names(struct reading *r,
			const struct register_organisation *o)
{
	struct text number = text_of(register_text(r->b, o->number));
	struct text hsa = text_of(register_text(r->b, o->hsa));

	if (!o->name)
		reading_fault(r, NULL, "write its name", "it has no name");
	if (!strcmp(o->country, "SE") && !check_organisation_number(number))
		reading_fault(r, "number",
			      "write NNNNNN-NNNN as the authorities have it",
			      "the organisation number is wrong: its check "
			      "digit does not fit");
	if (hsa.len && !check_hsa_id(hsa))
		reading_fault(r, "hsa-id",
			      "write SE, the organisation number, - and the "
			      "suffix",
			      "the HSA-id is none");
}

static void fill_county(struct reading *r, cfg_t *cfg, unsigned n,
			struct register_organisation *o)
{
	struct text county = text_of(cfg_getstr(cfg, "county"));
	uint64_t code;

	if (o->kind != KIND_REGION) {
		if (county.len)
			reading_fault(r, "county", "remove it",
				      "a county, and it is no region");
		return;
	}
	if (!o->board)
		reading_fault(r, NULL,
			      "write its board, which is the "
			      "controller",
			      "the region names no board");
	if (county.len != 2 || text_u64(county, 1, 99, &code) ||
	    text_copy(o->county, sizeof(o->county), county)) {
		reading_fault(r, "county", "write two digits, as in 04",
			      "the region has no county code");
		return;
	}
	if (r->b->of_county[code] != REGISTER_NONE)
		reading_fault(r, "county", "use each county once",
			      "two regions have the county %s", o->county);
	r->b->of_county[code] = (uint16_t)n;
}

void fill_organisation(struct reading *r, cfg_t *cfg, unsigned n)
{
	struct register_organisation *o = &r->b->organisations[n];

	o->name = reading_str(r, cfg, "name");
	o->number = reading_str(r, cfg, "number");
	o->hsa = reading_str(r, cfg, "hsa-id");
	o->board = reading_str(r, cfg, "board");
	o->contact = reading_str(r, cfg, "contact");
	o->officer = reading_str(r, cfg, "data-protection-officer");
	o->notifier = reading_str(r, cfg, "notifier");
	o->legal_basis = reading_str(r, cfg, "legal-basis");
	o->purpose = reading_str(r, cfg, "purpose");
	o->data = reading_str(r, cfg, "data");
	o->subjects = reading_str(r, cfg, "data-subjects");
	o->recipients = reading_str(r, cfg, "recipients");
	o->security = reading_str(r, cfg, "security");
	o->recipient = reading_str(r, cfg, "recipient");
	o->restore_tested = reading_day(r, cfg, "restore-tested", false);
	o->kind = (enum register_kind)reading_word(
		r, "kind", cfg_getstr(cfg, "kind"), word_kinds, KINDS);
	reading_country(r, cfg, o->country);
	fill_county(r, cfg, n, o);
	fill_duties(r, cfg, o);
	fill_stated(r, cfg, o);
	check_names(r, o);
	if (*cfg_getstr(cfg, "notifier"))
		(void)reading_organisation(r, "notifier",
					   cfg_getstr(cfg, "notifier"));
}

static bool yes(struct reading *r, cfg_t *cfg, const char *option,
		const char *no_word, const char *yes_word, bool otherwise)
{
	const char *const words[2] = { no_word, yes_word };
	const char *value = cfg_getstr(cfg, option);

	return *value ? reading_word(r, option, value, words, 2) == 1
		      : otherwise;
}

/* What is not said is taken for the worse, so that silence never helps. */
static void fill_storage(struct reading *r, cfg_t *cfg,
			 struct register_place *p)
{
	p->storage = true;
	p->open = yes(r, cfg, "reachable", "closed", "open", true);
	p->plain = !yes(r, cfg, "encrypted", "no", "yes", false);
	p->keys = yes(r, cfg, "keys", "no", "yes", false);
	if (*cfg_getstr(cfg, "sign-in"))
		p->sign_in = (enum register_sign_in)reading_word(
			r, "sign-in", cfg_getstr(cfg, "sign-in"), word_sign_in,
			3);
}

void fill_place(struct reading *r, cfg_t *cfg, unsigned n)
{
	struct register_place *p = &r->b->places[n];
	const char *safeguard = cfg_getstr(cfg, "safeguard");
	const unsigned stores = ACT_BIT(ACT_RECORDING) | ACT_BIT(ACT_STORING);

	p->name = reading_str(r, cfg, "name");
	p->scope = reading_str(r, cfg, "adequacy-scope");
	p->organisation = reading_organisation(r, "organisation",
					       cfg_getstr(cfg, "organisation"));
	p->activities =
		reading_set(r, cfg, "activities", word_activities, ACTIVITIES);
	reading_term(r, cfg, &p->term);
	reading_country(r, cfg, p->country);
	(void)law_country_find(r->b->law, p->country, &p->country_row,
			       &p->country_rows);
	p->safeguard = REGISTER_NONE;
	for (uint16_t i = 0; *safeguard && i < r->b->safeguard_count; i++)
		if (!strcmp(register_text(r->b, r->b->safeguards[i].id),
			    safeguard))
			p->safeguard = i;
	if (*safeguard && p->safeguard == REGISTER_NONE)
		reading_fault(r, "safeguard",
			      "name a safeguard of this register",
			      "safeguard names none");
	if (cfg_size(cfg, "storage"))
		fill_storage(r, cfg_getsec(cfg, "storage"), p);
	else if (p->activities & stores)
		reading_fault(r, NULL,
			      "write storage { reachable = closed, encrypted = "
			      "yes }, as it is",
			      "it records or stores, and says nothing of its "
			      "storage");
}
