/*
 * index -- finding things, and agreements by who gives and who takes them
 */
#include "register/reading.h"

const char *register_text(const struct register_book *b, register_str s)
{
	return s < b->string_bytes ? b->strings + s : "";
}

void register_digest(const struct register_book *b,
		     uint8_t ret[REGISTER_DIGEST])
{
	memcpy(ret, b->digest, REGISTER_DIGEST);
}

uint16_t register_organisation_find(const struct register_book *b,
				    struct text id)
{
	for (uint16_t i = 0; i < b->organisation_count; i++)
		if (text_is(id, register_text(b, b->organisations[i].id)))
			return i;
	return REGISTER_NONE;
}

uint16_t register_place_find(const struct register_book *b, struct text id)
{
	for (uint16_t i = 0; i < b->place_count; i++)
		if (text_is(id, register_text(b, b->places[i].id)))
			return i;
	return REGISTER_NONE;
}

uint16_t register_agreement_find(const struct register_book *b, struct text id)
{
	for (uint16_t i = 0; i < b->agreement_count; i++)
		if (text_is(id, register_text(b, b->agreements[i].id)))
			return i;
	return REGISTER_NONE;
}

uint16_t register_region_find(const struct register_book *b, struct text county)
{
	uint64_t code;

	if (county.len != 2 || text_u64(county, 1, 99, &code))
		return REGISTER_NONE;
	return b->of_county[code];
}

uint16_t register_place_of(const struct register_book *b, uint16_t organisation,
			   enum register_activity activity, int64_t minute)
{
	for (uint16_t i = 0; i < b->place_count; i++) {
		const struct register_place *p = &b->places[i];

		if (p->organisation == organisation &&
		    p->activities & ACT_BIT(activity) &&
		    register_in_force(p->term, minute))
			return i;
	}
	return REGISTER_NONE;
}

static void index_agreements(struct register_book *b)
{
	uint16_t to = 0, from = 0;

	for (uint16_t o = 0; o < b->organisation_count; o++) {
		struct register_organisation *org = &b->organisations[o];

		org->first_to = to;
		org->first_from = from;
		for (uint16_t a = 0; a < b->agreement_count; a++) {
			if (b->agreements[a].to == o)
				b->by_to[to++] = a;
			if (b->agreements[a].from == o)
				b->by_from[from++] = a;
		}
		org->to_count = (uint16_t)(to - org->first_to);
		org->from_count = (uint16_t)(from - org->first_from);
	}
}

static void index_told_and_kept(struct register_book *b)
{
	uint16_t notices = 0, kept = 0;

	for (uint16_t o = 0; o < b->organisation_count; o++) {
		struct register_organisation *org = &b->organisations[o];

		org->first_notice = notices;
		org->first_retention = kept;
		for (uint16_t n = 0; n < b->notice_count; n++)
			if (b->notices[n].organisation == o)
				b->notice_by[notices++] = n;
		for (uint16_t n = 0; n < b->retention_count; n++)
			if (b->retentions[n].organisation == o)
				b->retention_by[kept++] = n;
		org->notice_count = (uint16_t)(notices - org->first_notice);
		org->retention_count = (uint16_t)(kept - org->first_retention);
	}
}

void index_build(struct register_book *b)
{
	index_agreements(b);
	index_told_and_kept(b);
}
