/*
 * register -- who may do what for whom: shown, asked, and tried out
 */
#include "command/register.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "register/load.h"

static const char usage_text[] =
	"usage: vaxel register show [--json|--picture|--dot]\n"
	"       vaxel register at TIME [--json]\n"
	"       vaxel register article30 ORG [--json]\n"
	"       vaxel register what-if 'end AGREEMENT at TIME' [--json]\n"
	"       vaxel register responsible CALL|HANDOVER [--at TIME] [--json]\n"
	"                            [-c FILE]\n\n"
	"  -c FILE          the node's configuration, which names the "
	"register\n"
	"  --register FILE  the register itself\n\n"
	"show       everything that stands in the register, with its faults; "
	"--picture\n"
	"           draws it (SVG, by Graphviz where it is installed)\n"
	"at         what is in force then, and the faults of that minute\n"
	"article30  the record of processing of an organisation (GDPR 30); "
	"1: gaps\n"
	"responsible  who answered for a call, minute by minute, by the "
	"running\n"
	"           node's ledger; 1: it knows of no such call, or of nobody\n"
	"what-if    which answers would change from yes to no; 1: some do\n\n"
	"TIME is a day, 2026-11-21, or RFC 3339. What holds now is looked at "
	"now,\nor when the register says as-of.\n";

/* ---- words for people */

void register_activities_text(unsigned activities, char to[REGISTER_WORDS])
{
	struct writer w = writer_on(to, REGISTER_WORDS - 1);

	for (unsigned a = 0; a < ACTIVITIES; a++)
		if (activities & ACT_BIT(a))
			writer_printf(&w, "%s%s", w.len ? ", " : "",
				      register_activity_name(
					      (enum register_activity)a));
	to[w.len] = '\0';
}

void register_roles_text(const struct register_view *v, uint16_t organisation,
			 char to[REGISTER_WORDS])
{
	struct writer w = writer_on(to, REGISTER_WORDS - 1);

	for (unsigned r = ORG_CONTROLLER; r < ORG_ROLES; r++) {
		char words[REGISTER_WORDS];
		unsigned mask = 0;

		for (unsigned a = 0; a < ACTIVITIES; a++)
			if (register_roles(v->b, organisation,
					   (enum register_activity)a,
					   REGISTER_NONE, v->minute) &
			    (1U << r))
				mask |= ACT_BIT(a);
		if (!mask)
			continue;
		register_activities_text(mask, words);
		writer_printf(&w, "%s%s: %s", w.len ? "; " : "",
			      register_role_name((enum register_role)r), words);
	}
	to[w.len] = '\0';
}

const char *register_organisation_id(const struct register_view *v,
				     uint16_t organisation)
{
	return organisation < v->b->organisation_count
		       ? register_text(v->b,
				       v->b->organisations[organisation].id)
		       : "-";
}

const char *register_organisation_name(const struct register_view *v,
				       uint16_t organisation)
{
	return organisation < v->b->organisation_count
		       ? register_text(v->b,
				       v->b->organisations[organisation].name)
		       : "-";
}

/* ---- the command */

struct arguments {
	struct node_args a;
	const char *file, *at;
	bool picture, dot;
};

static void say_fault(void *arg, const struct settings_fault *f)
{
	(void)arg;
	settings_fault_print(stderr, f);
}

/* What --register says, else the configuration. Freed by the caller. */
static char *file_of(const struct arguments *x)
{
	struct settings *s;
	char *file;

	if (x->file)
		return strdup(x->file);
	s = node_settings(&x->a);
	if (!s)
		return NULL;
	file = s->companions[COMPANION_REGISTER][0]
		       ? strdup(s->companions[COMPANION_REGISTER])
		       : NULL;
	if (!file)
		(void)node_fail("the configuration names no register; write "
				"register = FILE, or say --register FILE");
	settings_free(s);
	return file;
}

static int at(struct register_view *v, const char *time)
{
	if (register_date_read(text_of(time), false, &v->minute))
		return node_usage(usage_text, "%s is no time", time);
	v->only_in_force = true;
	return register_show(v);
}

static int dispatch(const struct arguments *x, struct register_view *v)
{
	const char *what = x->a.args[0];
	const char *argument = x->a.count > 1 ? x->a.args[1] : NULL;

	if (!strcmp(what, "show") && !argument)
		return x->picture || x->dot ? register_picture(v, x->dot)
					    : register_show(v);
	if (!argument || x->a.count != 2 || x->picture || x->dot)
		return node_usage(usage_text, "see the usage");
	if (!strcmp(what, "at"))
		return at(v, argument);
	if (!strcmp(what, "article30"))
		return register_article30(v, argument);
	if (!strcmp(what, "what-if"))
		return register_what_if(v, argument);
	return node_usage(usage_text, "there is no %s", what);
}

static int on_file(const struct arguments *x, const char *file)
{
	struct register_book *b = NULL;
	struct register_view v = { .file = file, .json = x->a.json };
	int status = EXIT_NO;

	if (register_load(&b, file, say_fault, NULL))
		return EXIT_NO;
	v.b = b;
	v.minute = b->as_of == REGISTER_SINCE_EVER ? clock_wall_ms() / 60000
						   : b->as_of;
	status = dispatch(x, &v);
	register_free(b);
	return status;
}

/* Asked of the running node. */
static int responsible(const struct arguments *x)
{
	struct settings *s;
	int status;

	if (x->a.count != 2 || x->file || x->picture || x->dot)
		return node_usage(usage_text, "say which call");
	s = node_settings(&x->a);
	if (!s)
		return EXIT_NO;
	status = register_call(s, x->a.args[1], x->at, x->a.json);
	settings_free(s);
	return status;
}

int command_register(int argc, char **argv)
{
	struct arguments x = { 0 };
	const struct node_option options[] = {
		{ "--register", &x.file, NULL },
		{ "--at", &x.at, NULL },
		{ "--picture", NULL, &x.picture },
		{ "--dot", NULL, &x.dot },
		{ NULL, NULL, NULL },
	};
	char *file;
	int status;

	if (node_args_read(argc, argv, options, &x.a))
		return node_usage(usage_text, "see the usage");
	if (x.a.help) {
		(void)fputs(usage_text, stdout);
		return EXIT_YES;
	}
	if (!x.a.count)
		return node_usage(usage_text, "say what to do");
	if (!strcmp(x.a.args[0], "responsible"))
		return responsible(&x);
	if (x.at)
		return node_usage(usage_text, "--at is for responsible");
	file = file_of(&x);
	if (!file)
		return EXIT_NO;
	status = on_file(&x, file);
	free(file);
	return status;
}
