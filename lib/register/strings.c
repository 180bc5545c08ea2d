/*
 * strings -- values of the text: each checked, each string kept once
 */
#include "register/reading.h"

enum { VALUE_MAX = 2000 };

/* FNV-1a; nobody gains by a collision in a register of one's own. */
static uint32_t hash(struct text t)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < t.len; i++)
		h = (h ^ (uint8_t)t.p[i]) * 16777619U;
	return h;
}

static register_str append(struct reading *r, struct text t)
{
	struct register_book *b = r->b;
	register_str at = b->string_bytes;

	if (t.len + 1 > r->string_max - at) {
		reading_fault(r, NULL, "shorten it", "too much text");
		return 0;
	}
	memcpy(b->strings + at, t.p, t.len);
	b->strings[at + t.len] = '\0';
	b->string_bytes += (uint32_t)t.len + 1;
	return at;
}

register_str reading_intern(struct reading *r, struct text t)
{
	uint32_t slot = hash(t) % INTERN_SLOTS;

	if (!t.len)
		return 0;
	for (unsigned tries = 0; tries < 64; tries++) {
		uint32_t *held = &r->slots[(slot + tries) % INTERN_SLOTS];

		if (*held && text_is(t, r->b->strings + *held))
			return *held;
		if (!*held)
			return *held = append(r, t);
	}
	return append(r, t);
}

static struct text value(struct reading *r, cfg_t *cfg, const char *option)
{
	const char *s = cfg_getstr(cfg, option);
	struct text t = text_of(s ? s : "");

	if (t.len > VALUE_MAX || !text_is_printable(t)) {
		reading_fault(r, option, "write at most 2000 bytes of UTF-8",
			      "%s is too long or no text", option);
		return TEXT("");
	}
	/* what stands in the environment is not part of the register */
	return t;
}

register_str reading_str(struct reading *r, cfg_t *cfg, const char *option)
{
	return reading_intern(r, value(r, cfg, option));
}

static void say_words(struct reading *r, const char *option,
		      const char *const *words, unsigned n)
{
	char all[200];
	struct writer w = writer_on(all, sizeof(all) - 1);

	for (unsigned i = 0; i < n; i++)
		writer_printf(&w, "%s%s", i ? ", " : "one of ", words[i]);
	all[w.len] = '\0';
	reading_fault(r, option, all, "%s has an unknown value", option);
}

unsigned reading_word(struct reading *r, const char *option, const char *value,
		      const char *const *words, unsigned n)
{
	unsigned i = word_find(words, n, text_of(value ? value : ""));

	if (i < n)
		return i;
	say_words(r, option, words, n);
	return 0;
}

unsigned reading_set(struct reading *r, cfg_t *cfg, const char *option,
		     const char *const *words, unsigned n)
{
	unsigned set = 0;

	for (unsigned i = 0; i < cfg_size(cfg, option); i++) {
		unsigned w = word_find(words, n,
				       text_of(cfg_getnstr(cfg, option, i)));

		if (w == n)
			say_words(r, option, words, n);
		else
			set |= 1U << w;
	}
	return set;
}

int64_t reading_day(struct reading *r, cfg_t *cfg, const char *option, bool end)
{
	struct text t = value(r, cfg, option);
	int64_t minute = REGISTER_SINCE_EVER;

	if (t.len && register_date_read(t, end, &minute))
		reading_fault(r, option,
			      "write 2026-11-21 or 2026-11-21T22:00:00+01:00",
			      "%s is no day and no time", option);
	return minute;
}

void reading_term(struct reading *r, cfg_t *cfg, struct register_term *ret)
{
	ret->from = reading_day(r, cfg, "from", false);
	ret->until = reading_day(r, cfg, "until", true);
	if (ret->until == REGISTER_SINCE_EVER)
		ret->until = REGISTER_ALWAYS;
	if (ret->from >= ret->until)
		reading_fault(r, "until", "let it end after it begins",
			      "it ends before it begins");
}

void reading_country(struct reading *r, cfg_t *cfg, char to[3])
{
	struct text t = value(r, cfg, "country");
	uint16_t row, rows;

	if (t.len == 2 && !text_copy(to, 3, t) &&
	    law_country_find(r->b->law, to, &row, &rows))
		return;
	reading_fault(r, "country", "write two letters of ISO 3166, as in SE",
		      "country is none");
}

uint16_t reading_organisation(struct reading *r, const char *option,
			      const char *id)
{
	uint16_t i = register_organisation_find(r->b, text_of(id));

	if (i == REGISTER_NONE)
		reading_fault(r, option,
			      "name an organisation of this register",
			      "%s names no organisation", option);
	return i;
}
