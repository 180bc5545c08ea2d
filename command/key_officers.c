/*
 * key propose, key approve -- what two officers sign about keys
 *
 * The first writes a draft with a signature and hands it over, as a file; the
 * second reads what it says, signs the same bytes, and it stands in the log.
 * What is shown is the signed text itself.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "command/key.h"
#include "command/node.h"
#include "command/userkey.h"
#include "release/key_entry.h"

enum { AHEAD_MS = 15 * 60 * 1000 };

struct officers {
	const char *as, *key_file, *out, *months, *controller, *reason;
	bool destroy, recovery;
	struct node_args args;
	struct settings *settings;
	struct key_entry entry;
};

/* ---- what it says */

static bool is_over(uint16_t month)
{
	return month < key_month_of(clock_wall_ms());
}

/* Months of the controller that are not over; when destroying, all. */
static int take_months(struct officers *o, const char *text)
{
	struct key_statement *s = &o->entry.statement;
	struct reader r = reader_on(text, strlen(text));
	struct key_month m;
	struct text controller;
	int err;

	while (!(err = key_month_line(&r, &m, &controller))) {
		if (!text_is(controller, s->controller) ||
		    (!o->destroy && is_over(m.month)))
			continue;
		if (s->month_count == KEY_MONTHS_MAX)
			break; /* the next ones in a statement of their own */
		s->months[s->month_count++] = m;
	}
	if (err == EBADMSG)
		return node_fail("%s: a line is not MONTH age1... CONTROLLER",
				 o->months);
	return s->month_count ? EXIT_YES
			      : node_fail("%s names no month to come for %s",
					  o->months, s->controller);
}

static int read_months(struct officers *o)
{
	char *text;
	int status;

	if (settings_read_file(o->months, &text))
		return node_fail("cannot read %s", o->months);
	status = take_months(o, text);
	free(text);
	return status;
}

static int add_recipient(struct key_statement *s, const char *key)
{
	if (s->recipient_count == KEY_RECIPIENTS_MAX)
		return node_fail("at most %d recipients", KEY_RECIPIENTS_MAX);
	if (age_recipient_read(text_of(key),
			       &s->recipients[s->recipient_count]))
		return node_fail("%s is not an age recipient", key);
	s->recipient_count++;
	return EXIT_YES;
}

/* Those named, else those of the configuration. */
static int take_recipients(struct officers *o)
{
	const struct settings *c = o->settings;
	struct key_statement *s = &o->entry.statement;
	int status = EXIT_YES;

	for (unsigned i = 0; status == EXIT_YES && i < o->args.count; i++)
		status = add_recipient(s, o->args.args[i]);
	if (o->args.count || o->destroy || o->recovery)
		return status;
	for (unsigned i = 0; status == EXIT_YES && i < c->recipient_count; i++)
		status = add_recipient(s, c->recipients[i].key);
	return status;
}

static const char *only_controller(const struct settings *s)
{
	const char *one = NULL;

	for (unsigned i = 0; i < s->line_count; i++) {
		if (one && strcmp(one, s->lines[i].controller) != 0)
			return NULL;
		one = s->lines[i].controller;
	}
	return one;
}

static int make_statement(struct officers *o)
{
	struct key_statement *s = &o->entry.statement;
	const char *controller =
		o->controller ? o->controller : only_controller(o->settings);
	struct writer w = writer_on(o->entry.text, sizeof(o->entry.text));
	int status;

	if (!controller)
		return node_fail("say whose recordings: --for CONTROLLER, as "
				 "the line has it");
	s->act = o->recovery  ? KEY_RECOVERY
		 : o->destroy ? KEY_DESTROYED
			      : KEY_CREATED;
	s->at_ms = (uint64_t)clock_wall_ms();
	if (text_copy(s->controller, sizeof(s->controller),
		      text_of(controller)) ||
	    text_copy(s->origin, sizeof(s->origin),
		      text_of(o->settings->log_origin)) ||
	    text_copy(s->reason, sizeof(s->reason),
		      text_of(o->reason ? o->reason : "")))
		return node_fail("a name or the reason is too long");
	status = o->months ? read_months(o) : EXIT_YES;
	if (status == EXIT_YES)
		status = take_recipients(o);
	if (status != EXIT_YES)
		return status;
	if (key_statement_write(&w, s))
		return node_fail("nobody can sign that; see --help");
	o->entry.text_len = w.len;
	return EXIT_YES;
}

/* ---- signing */

static int sign(struct officers *o)
{
	struct key_entry *e = &o->entry;
	uint8_t d[REQUEST_DIGEST];
	struct userkey key;
	int status = userkey_of(o->as, o->key_file, &key);

	if (status != EXIT_YES)
		return status;
	key_statement_digest((struct text){ e->text, e->text_len }, d);
	userkey_sign(&key, d, e->officers[e->officer_count].signature);
	userkey_close(&key);
	if (text_copy(e->officers[e->officer_count].by, REQUEST_TEXT_MAX,
		      text_of(o->as)))
		return node_fail("the name is too long");
	e->officer_count++;
	return EXIT_YES;
}

static int write_draft(const struct officers *o)
{
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer w = writer_on(details, sizeof(details) - 2);
	FILE *f;

	if (key_entry_write(&w, &o->entry))
		return node_fail("that is too long for one entry");
	f = fopen(o->out, "wxe");
	if (!f)
		return node_fail("cannot make %s: %s", o->out, strerror(errno));
	details[w.len] = '\n';
	if (fputs(details, f) < 0 || fclose(f))
		return node_fail("cannot write %s", o->out);
	(void)fprintf(stderr,
		      "Give %s to another officer, who reads and signs it:\n"
		      "  vaxel key approve %s --as OFFICER\n",
		      o->out, o->out);
	return EXIT_YES;
}

/* Each statement must be newer than the last, so such a one ends them all. */
static bool is_ahead(uint64_t at_ms)
{
	return at_ms > (uint64_t)clock_wall_ms() + AHEAD_MS;
}

static int read_draft(struct officers *o)
{
	const char *path = o->args.args[0];
	struct text t;
	char *text;
	int err;

	if (settings_read_file(path, &text))
		return node_fail("cannot read %s", path);
	t = text_of(text);
	while (t.len && t.p[t.len - 1] == '\n')
		t.len--;
	err = key_entry_read(t, &o->entry);
	free(text);
	if (err)
		return node_fail("%s is no draft of vaxel key propose", path);
	if (o->entry.officer_count != 1)
		return node_fail("%s needs one more officer, and has %u", path,
				 o->entry.officer_count);
	if (!strcmp(o->entry.officers[0].by, o->as))
		return node_fail("%s proposed it: another officer must approve",
				 o->as);
	if (strcmp(o->entry.statement.origin, o->settings->log_origin) != 0)
		return node_fail("%s is for another log, %s", path,
				 o->entry.statement.origin);
	if (is_ahead(o->entry.statement.at_ms))
		return node_fail(
			"%s was proposed in the future: the clock of "
			"%s's machine or of this one is wrong; nothing "
			"that is said of keys until then would count",
			path, o->entry.officers[0].by);
	return EXIT_YES;
}

static int ask_person(const struct officers *o)
{
	char answer[8] = { 0 };

	(void)fprintf(stderr, "%.*sproposed by %s\n", (int)o->entry.text_len,
		      o->entry.text, o->entry.officers[0].by);
	if (!isatty(STDIN_FILENO))
		return EXIT_YES;
	(void)fprintf(stderr, "Sign it as %s? yes or no: ", o->as);
	if (!fgets(answer, sizeof(answer), stdin) || strcmp(answer, "yes\n"))
		return node_fail("not signed");
	return EXIT_YES;
}

static int take_entry(void *arg, const json_t *o)
{
	*(json_int_t *)arg = json_integer_value(json_object_get(o, "entry"));
	return EXIT_YES;
}

static int log_entry(struct officers *o)
{
	static const struct node_handlers h = { .json = take_entry };
	const char *type = key_act_type(o->entry.statement.act);
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer w = writer_on(details, sizeof(details) - 1);
	json_int_t entry = 0;
	int status;

	if (key_entry_write(&w, &o->entry))
		return node_fail("that is too long for one entry");
	status = node_ask(o->settings,
			  json_pack("{s:s,s:s,s:s}", "ask", "key", "type", type,
				    "details", details),
			  &h, &entry);
	if (status == EXIT_YES)
		(void)printf(o->args.json ? "{\"type\":\"%s\",\"entry\":%lld}\n"
					  : "%s entry=%lld\n",
			     type, (long long)entry);
	return status;
}

/* ---- */

static int open_officers(struct officers *o)
{
	if (sodium_init() < 0)
		return EXIT_NO;
	o->settings = node_settings(&o->args);
	return o->settings ? EXIT_YES : EXIT_NO;
}

int key_propose(int argc, char **argv)
{
	struct officers o = { 0 };
	const struct node_option options[] = {
		{ "--as", &o.as, NULL },
		{ "--key-file", &o.key_file, NULL },
		{ "--out", &o.out, NULL },
		{ "--months", &o.months, NULL },
		{ "--for", &o.controller, NULL },
		{ "--reason", &o.reason, NULL },
		{ "--destroy", NULL, &o.destroy },
		{ "--recovery", NULL, &o.recovery },
		{ 0 }
	};
	int status;

	if (node_args_read(argc, argv, options, &o.args))
		return node_usage(key_usage, "see the usage");
	if (!o.as || !o.out || user_name_check(text_of(o.as)))
		return node_usage(key_usage, "say --as OFFICER --out DRAFT");
	if (o.recovery != (o.reason != NULL) || (o.recovery && o.destroy))
		return node_usage(key_usage,
				  "a recovery has a --reason, and nothing "
				  "else has one");
	status = open_officers(&o);
	if (status == EXIT_YES)
		status = make_statement(&o);
	if (status == EXIT_YES)
		status = sign(&o);
	if (status == EXIT_YES)
		status = write_draft(&o);
	settings_free(o.settings);
	return status;
}

int key_approve(int argc, char **argv)
{
	struct officers o = { 0 };
	const struct node_option options[] = { { "--as", &o.as, NULL },
					       { "--key-file", &o.key_file,
						 NULL },
					       { 0 } };
	int status;

	if (node_args_read(argc, argv, options, &o.args))
		return node_usage(key_usage, "see the usage");
	if (!o.as || o.args.count != 1 || user_name_check(text_of(o.as)))
		return node_usage(key_usage, "say DRAFT --as OFFICER");
	status = open_officers(&o);
	if (status == EXIT_YES)
		status = read_draft(&o);
	if (status == EXIT_YES)
		status = ask_person(&o);
	if (status == EXIT_YES)
		status = sign(&o);
	if (status == EXIT_YES)
		status = log_entry(&o);
	settings_free(o.settings);
	return status;
}
