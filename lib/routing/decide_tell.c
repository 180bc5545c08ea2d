/*
 * decide_tell -- a decision in words, for a lawyer and an operator
 */
#include <stdio.h>

#include "routing/decide.h"

enum { TELL_MAX = 640 };

static const char *name_of(const struct register_book *book, uint16_t org)
{
	return book && org < book->organisation_count
		       ? register_text(book, book->organisations[org].name)
		       : NULL;
}

static const char *region_name(const struct decide_ask *ask)
{
	return ask->place.region < 0 ? "callers of no known region"
				     : region_table[ask->place.region].name;
}

/* ---- taken */

static const char *kind_words(enum route_kind kind)
{
	static const char *const words[ROUTE_KINDS] = {
		[ROUTE_OWN] = "the region's own provision",
		[ROUTE_CONTRACTED] = "a contracted provider",
		[ROUTE_PARTNER] = "a partner region",
		[ROUTE_SUBCONTRACTOR] = "a subcontractor",
		[ROUTE_NATIONAL_QUEUE] = "the national queue",
	};

	return words[kind];
}

/* "controller Region Sörmland; by agreement a, agreement b" */
static void write_basis(struct writer *w, const struct register_book *book,
			const struct register_verdict *v)
{
	const char *controller = name_of(book, v->who.controller);

	writer_printf(w, "; %s", register_role_name(v->who.role));
	if (controller)
		writer_printf(w, ", responsible by law: %s", controller);
	for (unsigned i = 0; i < v->chain_count; i++)
		writer_printf(
			w, "%s %s", i ? "," : ", by agreement",
			register_text(book, book->agreements[v->chain[i]].id));
}

static void write_taken(struct writer *w, const struct route_entry *r,
			const struct register_book *book,
			const struct decide_ask *ask)
{
	struct register_verdict v = { .chain_count = 0 };
	struct route_entry answering = *r;
	const char *name = NULL;
	unsigned act;

	answering.act_count = r->act_count ? 1 : 0;
	if (book && r->act_count)
		name = name_of(book, r->acts[0].by);
	writer_printf(w, "%s, %s, answers for %s", kind_words(r->kind),
		      name ? name : r->organisation, region_name(ask));
	if (!book) {
		writer_str(w, "; no register, so nothing was judged");
		return;
	}
	name = name_of(book, r->whom);
	if (name)
		writer_printf(w, ", as the service of %s", name);
	if (r->act_count && decide_lawful(book, &answering, ask->place.region,
					  ask->minute, &act, &v))
		write_basis(w, book, &v);
}

/* ---- passed */

static void write_moment(struct writer *w, int64_t minute)
{
	static const char *const week[] = { "Monday",   "Tuesday", "Wednesday",
					    "Thursday", "Friday",  "Saturday",
					    "Sunday" };
	char text[CALENDAR_TEXT_MAX];
	struct calendar_local l;
	const char *name;
	unsigned i = 0;

	calendar_local(minute, &l);
	calendar_text(minute, text);
	while (!(calendar_kinds(l.day) >> i & 1))
		i++;
	name = calendar_name(l.day);
	writer_printf(w, "%s %s%s%s", week[i], text, name ? ", " : "",
		      name ? name : "");
}

static void write_state(struct writer *w, const struct decide_ask *ask,
			const struct decide_step *step,
			const struct route_entry *r)
{
	const struct decide_state *s =
		ask->states ? &ask->states[step->route] : NULL;

	switch (step->why) {
	case DECIDE_TRIED:
		writer_str(w, "was tried for this call and failed");
		break;
	case DECIDE_DOWN:
		writer_printf(w, "its trunk %s does not answer", r->trunk);
		break;
	case DECIDE_QUEUE:
		writer_printf(w, "%u callers wait, at most %u",
			      s ? s->waiting : 0, r->queue_max);
		break;
	default:
		writer_printf(w, "the wait is %u s, at most %u",
			      s ? s->wait_s : 0, r->wait_max_s);
	}
}

static void write_step(struct writer *w, const struct routes *p,
		       const struct register_book *book,
		       const struct decide_ask *ask,
		       const struct decide_step *step)
{
	const struct route_entry *r = &p->routes[step->route];

	switch (step->why) {
	case DECIDE_TAKEN:
		write_taken(w, r, book, ask);
		break;
	case DECIDE_TAKEN_FULL:
		writer_str(w, "in spite of its queue, as nobody else is "
			      "left: ");
		write_taken(w, r, book, ask);
		break;
	case DECIDE_TAKEN_UNRECORDED:
		writer_str(w, "and must not be recorded, as nobody else is "
			      "left: ");
		write_taken(w, r, book, ask);
		break;
	case DECIDE_TAKEN_SILENT:
		writer_str(w, "though its trunk is silent, as nobody else is "
			      "left: ");
		write_taken(w, r, book, ask);
		break;
	case DECIDE_LINE:
		writer_printf(w, "is of line %s", r->line);
		break;
	case DECIDE_MUNICIPALITY:
		writer_str(w, ask->place.municipality < 0
				      ? "takes some municipalities of the "
					"region, and the caller's is not known"
				      : "does not take the caller's "
					"municipality");
		break;
	case DECIDE_NOT_YET:
		writer_str(w, "not yet in force: begins ");
		write_moment(w, r->term.from);
		break;
	case DECIDE_NO_LONGER:
		writer_str(w, "no longer in force: ended ");
		write_moment(w, r->term.until);
		break;
	case DECIDE_HOURS:
		writer_str(w, "not in its hours: ");
		write_moment(w, ask->minute);
		break;
	default:
		write_state(w, ask, step, r);
	}
}

/* ---- each rule that is broken */

static void tell_unlawful(const struct route_entry *r,
			  const struct register_book *book,
			  const struct decide_ask *ask, decide_tell_h *tell,
			  void *arg)
{
	struct register_verdict v;
	struct register_fault f;
	struct text provision;
	char text[TELL_MAX];
	unsigned act;

	if (decide_lawful(book, r, ask->place.region, ask->minute, &act, &v))
		return;
	for (unsigned i = 0; i < v.broken_count; i++) {
		register_explain(book, &v.broken[i], &f);
		provision = register_provision(book, &v.broken[i]);
		(void)snprintf(text, sizeof(text), "%s: %s (%.*s); mend: %s",
			       register_activity_name(r->acts[act].activity),
			       f.fault, (int)provision.len, provision.p,
			       f.mend);
		tell(arg, false, r->id, register_rule_id(v.broken[i].rule),
		     text);
	}
}

void decide_tell(const struct routes *p, const struct register_book *book,
		 const struct decide_ask *ask, const struct decide_step *step,
		 decide_tell_h *tell, void *arg)
{
	const struct route_entry *r = &p->routes[step->route];
	char text[TELL_MAX];
	struct writer w = writer_on(text, sizeof(text) - 1);

	if (step->why == DECIDE_UNLAWFUL || step->why == DECIDE_UNRECORDED) {
		tell_unlawful(r, book, ask, tell, arg);
		return;
	}
	write_step(&w, p, book, ask, step);
	text[w.len] = '\0'; /* cut where it does not fit */
	tell(arg, step->why < DECIDE_PASSED, r->id, "-", text);
}

const char *decide_why_name(const struct decide_step *step)
{
	static const char *const names[DECIDE_WHYS] = {
		[DECIDE_TAKEN] = "taken",
		[DECIDE_TAKEN_FULL] = "taken-full",
		[DECIDE_TAKEN_UNRECORDED] = "taken-unrecorded",
		[DECIDE_TAKEN_SILENT] = "taken-silent",
		[DECIDE_LINE] = "line",
		[DECIDE_MUNICIPALITY] = "municipality",
		[DECIDE_NOT_YET] = "not-yet",
		[DECIDE_NO_LONGER] = "no-longer",
		[DECIDE_HOURS] = "hours",
		[DECIDE_UNLAWFUL] = "unlawful",
		[DECIDE_UNRECORDED] = "unrecorded",
		[DECIDE_TRIED] = "tried",
		[DECIDE_DOWN] = "down",
		[DECIDE_QUEUE] = "queue",
		[DECIDE_WAIT] = "wait",
	};

	if (step->why == DECIDE_UNLAWFUL || step->why == DECIDE_UNRECORDED)
		return register_rule_id(step->rule);
	return step->why < DECIDE_WHYS ? names[step->why] : "unknown";
}
