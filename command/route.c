/*
 * route -- where a call would go, and why
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "command/node.h"
#include "routing/decide.h"
#include "routing/lawbook.h"

static const char usage_text[] =
	"usage: vaxel route LINE [--municipality CODE] [--at TIME] [-c FILE] "
	"[--json]\n\n"
	"Says where a call to LINE goes, from the municipality with that code\n"
	"(not given: nobody knows where the caller is), at TIME (RFC 3339 "
	"with\n"
	"offset; not given: now):\n"
	"  yes ROUTE ORGANISATION | no\n"
	"  taken|passed ROUTE RULE-ID TEXT   for each route that was "
	"considered\n"
	"RULE-ID is - where no rule of law speaks. Queues and trunks count as\n"
	"well. Exit status: 0 yes, 1 no, 2 wrong use.\n";

struct world {
	struct settings *s;
	struct lawbook law;
};

static void on_fault(void *arg, const struct settings_fault *f)
{
	(void)arg;
	if (!f->weakness)
		settings_fault_print(stderr, f);
}

static void world_free(struct world *w)
{
	lawbook_free(&w->law);
	settings_free(w->s);
}

static int world_load(struct world *w, const struct node_args *a)
{
	int err;

	/* what would have been decided can be asked of what may not run */
	w->s = node_settings_as_read(a);
	if (!w->s)
		return EINVAL;
	err = lawbook_load(&w->law, w->s, on_fault, NULL);
	if (!err && !w->law.routes->count) {
		(void)node_fail("%s has no routes: set routes", w->s->file);
		err = ENOENT;
	}
	return err;
}

static bool line_known(const struct settings *s, const char *number)
{
	for (unsigned i = 0; i < s->line_count; i++)
		if (!strcmp(s->lines[i].number, number))
			return true;
	return false;
}

/* ---- what is asked */

static int read_ask(const struct node_args *a, const char *code, const char *at,
		    struct decide_ask *ret)
{
	struct decide_ask ask = { .line = text_of(a->args[0]),
				  .place =
					  location_place_of(LOCATION_UNKNOWN) };
	const struct municipality *m =
		code ? municipality_find(text_of(code)) : NULL;
	int64_t ms = clock_wall_ms();

	if (at && clock_read(text_of(at), &ms)) {
		(void)node_usage(usage_text,
				 "%s is no RFC 3339 time with "
				 "offset",
				 at);
		return EINVAL;
	}
	if (m)
		ask.place = location_place_of((int)municipality_index(m));
	else if (code)
		(void)node_fail("there is no municipality %s: routed as one "
				"that nobody knows",
				code);
	/* a minute is counted from its beginning, also before 1970 */
	ask.minute = ms / 60000 - (ms % 60000 < 0);
	*ret = ask;
	return 0;
}

/* ---- the answer */

static void tell_line(void *arg, bool taken, const char *route,
		      const char *rule, const char *text)
{
	(void)arg;
	(void)printf("%s %s %s %s\n", taken ? "taken" : "passed", route, rule,
		     text);
}

static void tell_json(void *arg, bool taken, const char *route,
		      const char *rule, const char *text)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s}", "verdict",
			      taken ? "taken" : "passed", "route", route,
			      "rule", rule, "text", text);

	(void)json_array_append_new(arg, o);
}

static void print_json(const struct world *w, const struct decide_ask *ask,
		       const struct decision *d)
{
	const struct route_entry *r =
		d->route == ROUTE_NONE ? NULL
				       : &w->law.routes->routes[d->route];
	json_t *considered = json_array(), *o;
	char at[CALENDAR_TEXT_MAX];

	calendar_text(ask->minute, at);
	for (unsigned i = 0; i < d->count; i++)
		decide_tell(w->law.routes, w->law.book, ask, &d->steps[i],
			    tell_json, considered);
	o = json_pack(
		"{s:s, s:s?, s:s?, s:s?, s:b, s:s, s:s?, s:s?, s:o}", "answer",
		r ? "yes" : "no", "route", r ? r->id : NULL, "organisation",
		r ? r->organisation : NULL, "trunk", r ? r->trunk : NULL,
		"record", d->record, "at", at, "municipality",
		ask->place.municipality < 0
			? NULL
			: municipality_table[ask->place.municipality].code,
		"region",
		ask->place.region < 0 ? NULL
				      : region_table[ask->place.region].county,
		"considered", considered);
	node_print_json(o);
	json_decref(o);
}

static void print_lines(const struct world *w, const struct decide_ask *ask,
			const struct decision *d)
{
	if (d->route == ROUTE_NONE)
		(void)puts("no");
	else
		(void)printf("yes %s %s\n", w->law.routes->routes[d->route].id,
			     w->law.routes->routes[d->route].organisation);
	for (unsigned i = 0; i < d->count; i++)
		decide_tell(w->law.routes, w->law.book, ask, &d->steps[i],
			    tell_line, NULL);
}

static int answer(const struct world *w, const struct decide_ask *ask,
		  bool json)
{
	struct decision d;
	int err = decide(w->law.routes, w->law.book, ask, &d);

	if (json)
		print_json(w, ask, &d);
	else
		print_lines(w, ask, &d);
	return err ? EXIT_NO : EXIT_YES;
}

int command_route(int argc, char **argv)
{
	const char *code = NULL, *at = NULL;
	const struct node_option options[] = {
		{ "--municipality", &code, NULL },
		{ "--at", &at, NULL },
		{ NULL, NULL, NULL },
	};
	struct world w = { .s = NULL };
	struct decide_ask ask;
	struct node_args a;
	int status = EXIT_NO;

	if (node_args_read(argc, argv, options, &a))
		return node_usage(usage_text, "see the usage");
	if (a.help) {
		(void)fputs(usage_text, stdout);
		return EXIT_YES;
	}
	if (a.count != 1)
		return node_usage(usage_text, "name the line, such as 1177");
	if (read_ask(&a, code, at, &ask))
		return EXIT_USAGE;
	if (!world_load(&w, &a)) {
		if (line_known(w.s, a.args[0]))
			status = answer(&w, &ask, a.json);
		else
			status = node_fail("there is no line %s", a.args[0]);
	}
	world_free(&w);
	return status;
}
