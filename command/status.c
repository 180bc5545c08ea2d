/*
 * status, calls, queues, trunks -- how a running node is
 */
#include <string.h>

#include "command/node.h"

static const char usage_text[] =
	"usage: vaxel status|calls|queues|trunks [-c FILE] [--json]\n\n"
	"status   whether ledger, keeper and switch are there and how they "
	"are\n"
	"calls    the calls in progress; calls kept: what a national node "
	"keeps of those before, sealed\n"
	"queues   who waits, and how many nurses there are\n"
	"trunks   the trunks and whether they answer\n\n"
	"No number or name of a caller is ever shown.\n";

struct printer {
	const char *const *columns; /* NULL: key=value, all of them */
	bool json;
	bool headed;
};

static void print_value(const json_t *v)
{
	if (json_is_string(v))
		(void)printf("%s", json_string_value(v));
	else if (json_is_integer(v))
		(void)printf("%lld", (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		(void)printf("%s", json_is_true(v) ? "yes" : "no");
	else
		(void)printf("-");
}

static void print_pairs(const json_t *o)
{
	const json_t *process = json_object_get(o, "process");
	const char *key;
	json_t *v;

	(void)printf("%-8s",
		     json_is_string(process) ? json_string_value(process) : "");
	json_object_foreach((json_t *)(uintptr_t)o, key, v)
	{
		if (!strcmp(key, "process"))
			continue;
		(void)printf("  %s ", key);
		print_value(v);
	}
	(void)putchar('\n');
}

static void print_width(const json_t *v)
{
	if (json_is_string(v))
		(void)printf("%-28s", json_string_value(v));
	else if (json_is_integer(v))
		(void)printf("%-10lld", (long long)json_integer_value(v));
	else
		(void)printf("%-10s", "-");
}

/* Each as wide as what stands below it. */
static void print_head(const char *const *columns, const json_t *o)
{
	for (const char *const *c = columns; *c; c++)
		(void)printf(json_is_string(json_object_get(o, *c)) ? "%-28s"
								    : "%-10s",
			     *c);
	(void)putchar('\n');
}

static int print(void *arg, const json_t *o)
{
	struct printer *p = arg;

	if (p->json)
		node_print_json(o);
	else if (!p->columns)
		print_pairs(o);
	else {
		if (!p->headed)
			print_head(p->columns, o);
		for (const char *const *c = p->columns; *c; c++)
			print_width(json_object_get(o, *c));
		(void)putchar('\n');
	}
	p->headed = true;
	return EXIT_YES;
}

static int run(int argc, char **argv, const char *ask,
	       const char *const *columns, const char *nothing)
{
	static const struct node_handlers h = { .json = print };
	struct printer p = { .columns = columns };
	struct settings *s;
	struct node_args a;
	int status;

	if (node_args_read(argc, argv, NULL, &a))
		return node_usage(usage_text, "see the usage");
	if (a.help) {
		(void)fputs(usage_text, stdout);
		return EXIT_YES;
	}
	if (a.count)
		return node_usage(usage_text, "%s takes no arguments", ask);
	s = node_settings_to_ask(&a);
	if (!s)
		return EXIT_NO;
	p.json = a.json;
	status = node_ask(s, json_pack("{s:s}", "ask", ask), &h, &p);
	if (status == EXIT_YES && !p.headed && !p.json)
		(void)puts(nothing);
	settings_free(s);
	return status;
}

int command_status(int argc, char **argv)
{
	return run(argc, argv, "status", NULL, "nothing is known");
}

int command_calls(int argc, char **argv)
{
	static const char *const columns[] = { "call",  "state",   "line",
					       "agent", "seconds", "recording",
					       NULL };

	if (argc > 1 && !strcmp(argv[1], "kept"))
		return command_calls_kept(argc - 1, argv + 1);
	return run(argc, argv, "calls", columns, "no calls");
}

int command_queues(int argc, char **argv)
{
	static const char *const columns[] = { "line",   "waiting", "longest_s",
					       "agents", "free",    NULL };

	return run(argc, argv, "queues", columns, "no queues");
}

int command_trunks(int argc, char **argv)
{
	static const char *const columns[] = { "trunk", "state", "calls",
					       NULL };

	return run(argc, argv, "trunks", columns, "no trunks");
}
