/*
 * key rotate -- envelopes for the recipients that two officers named
 */
#include <string.h>
#include <unistd.h>

#include "command/key.h"
#include "command/node.h"

struct progress {
	bool json;
	json_t *last;
};

static long long count(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static int show(void *arg, const json_t *o)
{
	struct progress *p = arg;

	json_decref(p->last);
	p->last = json_deep_copy(o);
	if (p->json)
		node_print_json(o);
	else if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\r%lld made anew, %lld right before",
			      count(o, "rotated"), count(o, "right"));
	return EXIT_YES;
}

/* What a person can do about it. */
static const char *advice(const char *reason)
{
	if (!strcmp(reason, "no-entry"))
		return "two officers named nobody for them: vaxel key propose";
	if (!strcmp(reason, "locked"))
		return "the identity that opens them is not unlocked: vaxel "
		       "key unlock; then rotate again";
	if (!strcmp(reason, "erased"))
		return "they are erased, or their key is destroyed";
	return "they are not what the log has: vaxel ledger fsck";
}

static void say(const struct progress *p)
{
	const char *reason;
	json_t *n;

	if (p->json || !p->last)
		return;
	if (isatty(STDERR_FILENO))
		(void)fputc('\n', stderr);
	(void)printf("rotated=%lld right=%lld\n", count(p->last, "rotated"),
		     count(p->last, "right"));
	json_object_foreach(json_object_get(p->last, "refused"), reason,
			    n)(void) fprintf(stderr, "%lld %s: %s\n",
					     (long long)json_integer_value(n),
					     reason, advice(reason));
}

int key_rotate(int argc, char **argv)
{
	static const struct node_handlers h = { .json = show };
	struct progress p = { 0 };
	struct settings *s;
	struct node_args a;
	int status;

	if (node_args_read(argc, argv, NULL, &a) || a.count)
		return node_usage(key_usage, "see the usage");
	s = node_settings_to_ask(&a);
	if (!s)
		return EXIT_NO;
	p.json = a.json;
	status = node_ask(s, json_pack("{s:s}", "ask", "rotate"), &h, &p);
	say(&p);
	json_decref(p.last);
	settings_free(s);
	return status;
}
