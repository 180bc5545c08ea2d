/*
 * The recovery key opens everything, so bringing it out is said in the log
 * first, by two officers. Whoever has enough shares can join them without this
 * program; here it is at least not done unseen by mistake.
 */
#include <string.h>

#include "command/key_shares.h"
#include "command/node.h"
#include "release/control.h"

struct ceremony {
	struct key_entry entry;
	bool found;
};

static int take_entry(void *arg, const json_t *o)
{
	const char *details = json_string_value(json_object_get(o, "details"));
	struct ceremony *c = arg;

	c->found = details && !key_entry_read(text_of(details), &c->entry) &&
		   c->entry.statement.act == KEY_RECOVERY;
	return EXIT_YES;
}

static int look_up(const struct sharing *j, struct ceremony *ret)
{
	static const struct node_handlers h = { .json = take_entry };
	struct node_args a = { .config = j->config };
	struct settings *s;
	uint64_t entry;
	int status;

	if (text_u64(text_of(j->entry), 0, INT64_MAX, &entry))
		return node_usage(key_usage, "--entry: not a number");
	s = node_settings_to_ask(&a);
	if (!s)
		return EXIT_NO;
	status = node_ask(s,
			  json_pack("{s:s,s:I}", "ask", "disclosure", "entry",
				    (json_int_t)entry),
			  &h, ret);
	settings_free(s);
	if (status == EXIT_YES && !ret->found)
		status = node_fail("entry %s does not say that a recovery key "
				   "is brought out; two officers say so: vaxel "
				   "key propose --recovery",
				   j->entry);
	return status;
}

int key_ceremony(const struct sharing *j, const char *recipient)
{
	char said[AGE_RECIPIENT_CHARS + 1];
	struct ceremony c = { 0 };
	int status;

	if (j->without_entry) {
		(void)fputs(
			"No entry of the log says that this key is brought "
			"out. Have two officers say it\nas soon as there is "
			"a log: vaxel key propose --recovery\n",
			stderr);
		return EXIT_YES;
	}
	status = look_up(j, &c);
	if (status != EXIT_YES)
		return status;
	age_recipient_text(&c.entry.statement.recipients[0], said);
	if (strcmp(said, recipient) != 0)
		return node_fail("entry %s is about another key, %s", j->entry,
				 said);
	return EXIT_YES;
}
