#include "routing/notices.h"

#include <stdarg.h>

struct holding {
	const struct register_book *b;
	const struct settings *s;
	const struct line *line;
	int64_t minute;
	settings_fault_h *fault;
	void *arg;
};

static void PRINTF_LIKE(3, 4) complain(const struct holding *h,
				       const char *mend, const char *fmt, ...)
{
	struct settings_fault f = { .file = h->s->file,
				    .line = h->line->line,
				    .rule = "GDPR-13" };
	va_list args;

	va_start(args, fmt);
	settings_fault_tell(h->fault, h->arg, f, mend, fmt, args);
	va_end(args);
}

/* ---- one notice that a line says */

static void untold(const struct holding *h, const struct notice *n,
		   const char *id, unsigned tells)
{
	char words[128];
	struct writer w = writer_on(words, sizeof(words) - 1);

	for (unsigned i = 0; i < TELLS; i++)
		if (tells & 1U << i)
			writer_printf(
				&w, "%s%s", w.len ? ", " : "",
				register_tell_name((enum register_tell)i));
	words[w.len] = '\0';
	complain(h, "say it, and add it to what the notice tells",
		 "the notice in %s of line %s (%s) does not tell: %s",
		 n->language, h->line->number, id, words);
}

static void hold(const struct holding *h, const struct notice *n,
		 const char *id)
{
	uint16_t found = register_notice_find(h->b, text_of(id));
	const struct register_notice *r;
	unsigned left_out;

	if (found == REGISTER_NONE) {
		complain(h, "name a notice of the register",
			 "the notice in %s of line %s says %s, which the "
			 "register does not have",
			 n->language, h->line->number, id);
		return;
	}
	r = &h->b->notices[found];
	if (strcmp(register_text(h->b, r->language), n->language) != 0 ||
	    strcmp(register_text(h->b, r->version), n->version) != 0)
		complain(h, "play what is registered, or register what is said",
			 "line %s plays version %s in %s; registered as %s is "
			 "version %s in %s",
			 h->line->number, n->version, n->language, id,
			 register_text(h->b, r->version),
			 register_text(h->b, r->language));
	if (!register_in_force(r->term, h->minute))
		complain(h, "say the notice that is in force",
			 "line %s says %s, which is not in force",
			 h->line->number, id);
	left_out = register_notice_untold(h->b, found, h->minute);
	if (left_out)
		untold(h, n, id, left_out);
}

/* ---- of whom callers have to be told */

static uint16_t organisation_named(const struct register_book *b,
				   const char *name)
{
	uint16_t found = register_organisation_find(b, text_of(name));

	for (uint16_t i = 0;
	     found == REGISTER_NONE && i < b->organisation_count; i++)
		if (!strcmp(register_text(b, b->organisations[i].name), name))
			found = i;
	return found;
}

static bool told_of(const struct holding *h, uint16_t organisation)
{
	for (unsigned i = 0; i < h->line->notice_count; i++) {
		const struct notice *n = &h->line->notices[i];

		for (unsigned k = 0; k < n->registered_count; k++) {
			uint16_t found = register_notice_find(
				h->b, text_of(n->registered[k]));

			if (found != REGISTER_NONE &&
			    h->b->notices[found].organisation == organisation)
				return true;
		}
	}
	return false;
}

static void want_told(const struct holding *h, uint16_t organisation)
{
	const struct register_organisation *o =
		&h->b->organisations[organisation];

	if (!told_of(h, organisation))
		complain(h,
			 "say its notice, and name it in registered of the "
			 "line's notice",
			 "callers of line %s are not told of %s, which decides "
			 "about the recording",
			 h->line->number, register_text(h->b, o->name));
}

/* Who answers for the line, and each who made it so: the regions. */
static void hold_line(const struct holding *h)
{
	uint16_t controller = organisation_named(h->b, h->line->controller);
	const struct register_organisation *o;

	if (controller == REGISTER_NONE) {
		complain(h, "name an organisation of the register",
			 "the controller of line %s is not in the register",
			 h->line->number);
		return;
	}
	want_told(h, controller);
	o = &h->b->organisations[controller];
	for (unsigned i = 0; i < o->to_count; i++) {
		const struct register_agreement *a =
			&h->b->agreements[h->b->by_to[o->first_to + i]];

		if (a->kind != AGREEMENT_PROCESSOR &&
		    a->activities & ACT_BIT(ACT_RECORDING) &&
		    register_in_force(a->term, h->minute))
			want_told(h, a->from);
	}
}

void notices_check(const struct register_book *b, const struct settings *s,
		   int64_t minute, settings_fault_h *fault, void *arg)
{
	struct holding h = { b, s, NULL, minute, fault, arg };

	if (b->as_of != REGISTER_SINCE_EVER)
		h.minute = b->as_of;
	for (unsigned i = 0; i < s->line_count; i++) {
		h.line = &s->lines[i];
		/* one without any was named when the settings were read */
		if (h.line->removed || !h.line->record ||
		    !h.line->controller[0] || !h.line->notice_count)
			continue;
		for (unsigned k = 0; k < h.line->notice_count; k++) {
			const struct notice *n = &h.line->notices[k];

			for (unsigned r = 0; r < n->registered_count; r++)
				hold(&h, n, n->registered[r]);
			if (!n->registered_count)
				complain(&h,
					 "name it: registered = { ... } in the "
					 "notice",
					 "the notice in %s of line %s is not "
					 "in the register",
					 n->language, h.line->number);
		}
		hold_line(&h);
	}
}
