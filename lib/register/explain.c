/*
 * explain -- a broken rule in words, with the names of those concerned
 */
#include <stdio.h>
#include <stdlib.h>

#include "register/law.h"

static const struct law_line *line_of(const struct register_book *b,
				      const struct register_broken *broken)
{
	return broken->law < b->law->line_count ? &b->law->lines[broken->law]
						: NULL;
}

static const char *name_of(const struct register_book *b, uint16_t org)
{
	if (org >= b->organisation_count)
		return "somebody unknown";
	return register_text(b, b->organisations[org].name);
}

static void write_agreement(struct writer *w, const struct register_book *b,
			    uint16_t n)
{
	if (n < b->agreement_count)
		writer_printf(w, "agreement %s",
			      register_text(b, b->agreements[n].id));
}

static void write_name(struct writer *w, const struct register_book *b,
		       const struct register_broken *k, struct text name)
{
	const struct register_agreement *a =
		k->agreement < b->agreement_count ? &b->agreements[k->agreement]
						  : NULL;

	if (text_is(name, "who"))
		writer_str(w, name_of(b, k->organisation));
	else if (text_is(name, "from"))
		writer_str(w, name_of(b, a ? a->from : REGISTER_NONE));
	else if (text_is(name, "to"))
		writer_str(w, name_of(b, a ? a->to : k->organisation));
	else if (text_is(name, "agreement"))
		write_agreement(w, b, k->agreement);
	else if (text_is(name, "place") && k->place < b->place_count)
		writer_printf(w, "place %s",
			      register_text(b, b->places[k->place].id));
}

/* The text with what stands in braces named; cut where it does not fit. */
static void fill_in(const struct register_book *b,
		    const struct register_broken *k, struct text t, char *to,
		    size_t max)
{
	struct writer w = writer_on(to, max - 1);

	for (size_t i = 0; i < t.len && !w.full; i++) {
		const char *end =
			t.p[i] == '{' ? memchr(t.p + i, '}', t.len - i) : NULL;

		if (!end) {
			writer_u8(&w, (uint8_t)t.p[i]);
			continue;
		}
		write_name(&w, b, k,
			   (struct text){ t.p + i + 1,
					  (size_t)(end - t.p) - i - 1 });
		i = (size_t)(end - t.p);
	}
	to[w.len] = '\0';
}

static unsigned where(const struct register_book *b,
		      const struct register_broken *k)
{
	if (k->place < b->place_count)
		return b->places[k->place].line;
	if (k->agreement < b->agreement_count)
		return b->agreements[k->agreement].line;
	if (k->organisation < b->organisation_count)
		return b->organisations[k->organisation].line;
	return 1;
}

struct text register_provision(const struct register_book *b,
			       const struct register_broken *broken)
{
	const struct law_line *l = line_of(b, broken);

	return l ? l->provision : TEXT("");
}

void register_explain(const struct register_book *b,
		      const struct register_broken *broken,
		      struct register_fault *ret)
{
	const struct law_line *l = line_of(b, broken);

	*ret = (struct register_fault){ .line = where(b, broken) };
	(void)snprintf(ret->rule, sizeof(ret->rule), "%s",
		       register_rule_id(broken->rule));
	fill_in(b, broken,
		l ? l->fault : TEXT("who acts is not in the register"),
		ret->fault, sizeof(ret->fault));
	fill_in(b, broken, l ? l->mend : TEXT("add it, with its agreements"),
		ret->mend, sizeof(ret->mend));
}

/* ---- what if */

int register_what_if_end(struct register_book **ret,
			 const struct register_book *b, uint16_t agreement,
			 int64_t minute)
{
	struct register_book *c = malloc(sizeof(*c));

	if (!c)
		return ENOMEM;
	*c = *b;
	c->law = malloc(sizeof(*c->law));
	c->strings = malloc(b->string_bytes);
	if (!c->law || !c->strings) {
		register_free(c);
		return ENOMEM;
	}
	*c->law = *b->law;
	memcpy(c->strings, b->strings, b->string_bytes);
	if (agreement < c->agreement_count &&
	    c->agreements[agreement].term.until > minute)
		c->agreements[agreement].term.until = minute;
	*ret = c;
	return 0;
}
