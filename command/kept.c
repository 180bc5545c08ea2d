/*
 * calls kept -- what a national node keeps of its calls, as it is: sealed
 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/fd.h"
#include "command/node.h"

enum { SEALED_MAX = 1024 };

static const char usage_text[] =
	"usage: vaxel calls kept [ID] [-c FILE] [--json]\n\n"
	"What a national node keeps of its calls for a time: which region's\n"
	"they are, and until when. With ID that one on stdout, sealed to the\n"
	"region, for age -d -i KEY; with --json all of them, in base64.\n";

struct lister {
	bool json, headed;
	const char *id; /* NULL: all */
	bool found;
};

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static int write_one(const json_t *o)
{
	const char *text = word(o, "sealed");
	uint8_t sealed[SEALED_MAX];
	size_t len;

	if (base64_read(text_of(text), BASE64_PADDED, sealed, sizeof(sealed),
			&len))
		return node_fail("the answer makes no sense");
	if (fd_write(STDOUT_FILENO, sealed, len))
		return node_fail("cannot write");
	return EXIT_YES;
}

static int each(void *arg, const json_t *o)
{
	struct lister *l = arg;
	char until[CLOCK_TEXT_MAX];

	if (l->id) {
		if (l->found || strcmp(l->id, word(o, "id")) != 0)
			return EXIT_YES;
		l->found = true;
		return write_one(o);
	}
	if (l->json) {
		node_print_json(o);
		return EXIT_YES;
	}
	clock_text((int64_t)json_integer_value(json_object_get(o, "until")),
		   until);
	if (!l->headed)
		(void)printf("%-28s%-28s%s\n", "id", "until", "region");
	l->headed = true;
	(void)printf("%-28s%-28s%s\n", word(o, "id"), until, word(o, "region"));
	return EXIT_YES;
}

int command_calls_kept(int argc, char **argv)
{
	static const struct node_handlers h = { .json = each };
	struct lister l = { 0 };
	struct settings *s;
	struct node_args a;
	int status;

	if (node_args_read(argc, argv, NULL, &a))
		return node_usage(usage_text, "see the usage");
	if (a.help) {
		(void)fputs(usage_text, stdout);
		return EXIT_YES;
	}
	if (a.count > 1)
		return node_usage(usage_text, "say which one, or none");
	l.json = a.json;
	l.id = a.count ? a.args[0] : NULL;
	s = node_settings(&a);
	if (!s)
		return EXIT_NO;
	status = node_ask(s, json_pack("{s:s}", "ask", "kept"), &h, &l);
	settings_free(s);
	if (status == EXIT_YES && l.id && !l.found)
		return node_fail("nothing is kept under that id (any more)");
	if (status == EXIT_YES && !l.id && !l.json && !l.headed)
		(void)puts("nothing is kept");
	return status;
}
