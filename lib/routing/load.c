#include "routing/load.h"

#include <stdarg.h>
#include <stdio.h>

#include "register/load.h"
#include "routing/gap.h"

enum { YEAR_MINUTES = 366 * 24 * 60, GAPS_TOLD = 40 };

struct passing_on {
	const char *file;
	settings_fault_h *fault;
	void *arg;
	unsigned faults;
};

static void pass_on(void *arg, const struct register_fault *f)
{
	struct passing_on *p = arg;

	p->faults++;
	register_fault_pass(f, p->file, p->fault, p->arg);
}

static void PRINTF_LIKE(5, 6)
	complain(struct passing_on *p, unsigned line, const char *rule,
		 const char *mend, const char *fmt, ...)
{
	struct register_fault f = { .line = line };
	va_list ap;

	(void)snprintf(f.rule, sizeof(f.rule), "%s", rule);
	va_start(ap, fmt);
	register_fault_tell(pass_on, p, f, mend, fmt, ap);
	va_end(ap);
}

static bool trunk_known(const struct settings *s, const char *name)
{
	for (unsigned i = 0; i < s->trunk_count; i++)
		if (!strcmp(s->trunks[i].name, name))
			return true;
	return false;
}

/* Calls are led by them at the national node alone: its trunks they name. */
static int check_trunks(const struct routes *p, const struct settings *s,
			struct passing_on *to)
{
	for (unsigned i = 0; s->role == NODE_NATIONAL && i < p->count; i++)
		if (!trunk_known(s, p->routes[i].trunk))
			complain(to, p->routes[i].text_line, "CONFIG",
				 "name a trunk of the configuration",
				 "route %s leads to an unknown trunk %s",
				 p->routes[i].id, p->routes[i].trunk);
	return to->faults ? EINVAL : 0;
}

int routes_load_text(struct routes **ret, const struct settings *s,
		     struct text text, const struct register_book *book,
		     settings_fault_h *fault, void *arg)
{
	struct passing_on to = { s->companions[COMPANION_ROUTES], fault, arg,
				 0 };
	struct routes *p = NULL;
	int err;

	if (!to.file[0])
		return routes_of_settings(ret, s);
	err = routes_read(&p, text.p, text.len, book, pass_on, &to);
	if (!err)
		err = check_trunks(p, s, &to);
	if (err)
		routes_free(p);
	else
		*ret = p;
	return err;
}

/* ---- gaps */

struct telling {
	struct passing_on *to;
	const struct routes *p;
	const struct register_book *book;
	unsigned told;
};

static const char *why_text(const struct decide_step *best)
{
	switch (best->why) {
	case DECIDE_UNLAWFUL:
	case DECIDE_UNRECORDED:
		return register_rule_id(best->rule);
	case DECIDE_HOURS:
		return "not in its hours";
	case DECIDE_NOT_YET:
	case DECIDE_NO_LONGER:
		return "not in force";
	default:
		return "not for these callers";
	}
}

static void on_gap(void *arg, const struct gap *g)
{
	struct telling *t = arg;
	bool national = g->region == ROUTES_UNKNOWN_REGION;
	char from[CALENDAR_TEXT_MAX], until[CALENDAR_TEXT_MAX];
	char where[96], passed[128] = "";

	if (++t->told > GAPS_TOLD)
		return;
	calendar_text(g->from, from);
	calendar_text(g->until, until);
	(void)snprintf(
		where, sizeof(where), "%s%s%s",
		national ? "the national queue" : region_table[g->region].name,
		g->municipality < 0 ? "" : ", ",
		g->municipality < 0 ? ""
				    : municipality_table[g->municipality].name);
	if (g->best.route != ROUTE_NONE)
		(void)snprintf(passed, sizeof(passed), "; %s: %s",
			       t->p->routes[g->best.route].id,
			       why_text(&g->best));
	complain(t->to,
		 g->best.route == ROUTE_NONE
			 ? 1
			 : t->p->routes[g->best.route].text_line,
		 "ROUTE-GAP",
		 "let an organisation that may lawfully answer take these "
		 "hours; vaxel route shows what was passed and why",
		 "%s has no lawful route from %s to %s%s", where, from, until,
		 passed);
}

int routes_check(const struct routes *p, const struct settings *s,
		 const struct register_book *book, int64_t minute,
		 settings_fault_h *fault, void *arg, unsigned *ret_count)
{
	const char *file = s->companions[COMPANION_ROUTES];
	struct passing_on to = { *file ? file : s->file, fault, arg, 0 };
	struct telling t = { &to, p, book, 0 };
	unsigned gaps = 0;
	int err;

	if (book && book->as_of != REGISTER_SINCE_EVER)
		minute = book->as_of;
	err = gap_find(p, book, TEXT(""), minute, minute + YEAR_MINUTES, on_gap,
		       &t, &gaps);
	if (err)
		return err;
	if (gaps > GAPS_TOLD)
		complain(&to, 1, "ROUTE-GAP", "mend those above first",
			 "%u gaps more in the coming year", gaps - GAPS_TOLD);
	*ret_count = to.faults;
	return 0;
}
