/*
 * recording -- list, show, open, verify, export, recover recordings
 */
#include "command/recording.h"

#include <string.h>

#include "base/clock.h"

const char recording_usage[] =
	"usage: vaxel recording list [-c FILE] [--json]\n"
	"       vaxel recording show ID [-c FILE] [--json]\n"
	"       vaxel recording open ID --as USER --to age1... --purpose CODE\n"
	"                            [--scope audio|card] [--key-file FILE]\n"
	"                            [--without-entry] [-c FILE]\n"
	"       vaxel recording open ID --again ENTRY [-c FILE]\n"
	"       vaxel recording export ID DIR [-c FILE]\n"
	"       vaxel recording verify [ID] [-c FILE] [--json]\n"
	"       vaxel recording recover [-c FILE]\n"
	"       vaxel recording hold ID --as USER --reason TEXT\n"
	"       vaxel recording release-hold ID --as USER --reason TEXT\n"
	"       vaxel recording erase ID --as USER --reason TEXT\n"
	"                             [--receipt FILE] [--yes]\n"
	"                  each of these: [--key-file FILE] [-c FILE] "
	"[--json]\n\n"
	"list      every recording, oldest first\n"
	"show      what is known of one\n"
	"open      ask the keeper to release it to the recipient --to alone: "
	"an "
	"age file\n"
	"          on stdout. What was asked, and by whom, stands in the log "
	"first.\n"
	"          --without-entry asks without it, to show that the keeper "
	"refuses.\n"
	"          --again asks what stands in that entry once more, after "
	"somebody\n"
	"          approved it (vaxel disclosure approve).\n"
	"export    DIR/envelope, DIR/body, DIR/card, all sealed:\n"
	"          cat envelope body | age -d -i KEY\n"
	"verify    hold bodies in the store to the digests in the ledger\n"
	"recover   try pending recoveries now\n"
	"hold      it is not erased, whoever asks and whatever its age, until\n"
	"          release-hold. An officer signs, with the reason\n"
	"erase     for good: envelope, card, salts and details, and the body. "
	"An\n"
	"          officer signs. The log keeps that it was, by whom and why; "
	"a "
	"refused\n"
	"          erasure too. --receipt keeps entry and salt, with which it "
	"is "
	"proved\n";

int recording_id(const struct node_args *a, uint8_t ret[ID_BYTES])
{
	if (a->count && !id_read(text_of(a->args[0]), ret))
		return EXIT_YES;
	return node_usage(recording_usage,
			  "say which: an ID is 26 of a-z and 2-7");
}

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* The ledger's milliseconds as RFC 3339. */
static void at_text(const json_t *o, char to[CLOCK_TEXT_MAX])
{
	clock_text((int64_t)json_integer_value(json_object_get(o, "at")), to);
}

static json_t *contract_of(const json_t *o)
{
	char at[CLOCK_TEXT_MAX];

	at_text(o, at);
	return json_pack(
		"{s:s,s:s,s:O*,s:O*,s:O*,s:O*,s:O*}", "id", word(o, "id"), "at",
		at, "org", json_object_get(o, "org"), "state",
		json_object_get(o, "state"), "reason",
		json_object_get(o, "reason"), "ms", json_object_get(o, "ms"),
		"sha256", json_object_get(o, "sha256"));
}

struct lister {
	bool json;
	unsigned shown;
};

static int list_one(void *arg, const json_t *o)
{
	struct lister *l = arg;
	char at[CLOCK_TEXT_MAX];

	if (l->json) {
		json_t *out = contract_of(o);

		node_print_json(out);
		json_decref(out);
		return EXIT_YES;
	}
	at_text(o, at);
	if (!l->shown++)
		(void)printf("%-26s  %-29s  %-13s %-14s %9s\n", "id", "at",
			     "state", "reason", "seconds");
	(void)printf("%-26s  %-29s  %-13s %-14s %9.1f\n", word(o, "id"), at,
		     word(o, "state"), word(o, "reason"),
		     (double)json_integer_value(json_object_get(o, "ms")) /
			     1000.0);
	return EXIT_YES;
}

static int list(const struct settings *s, const struct node_args *a)
{
	static const struct node_handlers h = { .json = list_one };
	struct lister l = { .json = a->json };
	int status;

	if (a->count)
		return node_usage(recording_usage, "list takes no arguments");
	status = node_ask(s, json_pack("{s:s}", "ask", "recordings"), &h, &l);
	if (status == EXIT_YES && !l.json && !l.shown)
		(void)puts("no recordings");
	return status;
}

static int show_one(void *arg, const json_t *o)
{
	const struct node_args *a = arg;
	char at[CLOCK_TEXT_MAX];
	const char *key;
	json_t *v;

	at_text(o, at);
	if (a->json) {
		json_t *out = contract_of(o);

		(void)json_object_set(out, "bytes",
				      json_object_get(o, "bytes"));
		(void)json_object_set(out, "held", json_object_get(o, "held"));
		node_print_json(out);
		json_decref(out);
		return EXIT_YES;
	}
	json_object_foreach((json_t *)(uintptr_t)o, key, v)
	{
		if (!strcmp(key, "at"))
			(void)printf("%-8s %s\n", key, at);
		else if (json_is_string(v))
			(void)printf("%-8s %s\n", key, json_string_value(v));
		else if (json_is_integer(v))
			(void)printf("%-8s %lld\n", key,
				     (long long)json_integer_value(v));
		else if (json_is_true(v))
			(void)printf("%-8s yes\n", key);
	}
	if (!strcmp(word(o, "state"), "erased"))
		(void)printf("Nothing else is left of it. Entry %lld of the "
			     "log says when it was erased, by whom\nand why.\n",
			     (long long)json_integer_value(
				     json_object_get(o, "entry")));
	return EXIT_YES;
}

static int show(const struct settings *s, const struct node_args *a)
{
	static const struct node_handlers h = { .json = show_one };
	struct node_args copy = *a;
	uint8_t id[ID_BYTES];
	int status = recording_id(a, id);

	return status != EXIT_YES
		       ? status
		       : node_ask(s,
				  json_pack("{s:s,s:s}", "ask", "recording",
					    "id", a->args[0]),
				  &h, &copy);
}

static int recover(const struct settings *s, const struct node_args *a)
{
	static const struct node_handlers h = { 0 };
	int status;

	if (a->count)
		return node_usage(recording_usage,
				  "recover takes no arguments");
	status = node_ask(s, json_pack("{s:s}", "ask", "recover"), &h, NULL);
	if (status == EXIT_YES)
		(void)puts("asked: what is pending is tried now, if the keeper "
			   "is unlocked; see vaxel recording list");
	return status;
}

int command_recording(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct settings *s, const struct node_args *a);
	} words[] = {
		{ "list", list },
		{ "show", show },
		{ "export", recording_export },
		{ "verify", recording_verify },
		{ "recover", recover },
	};
	const char *said = argc > 1 ? argv[1] : "";
	struct settings *s;
	struct node_args a;
	int status;

	if (!strcmp(said, "--help") || !strcmp(said, "-h")) {
		(void)fputs(recording_usage, stdout);
		return EXIT_YES;
	}
	if (!strcmp(said, "open"))
		return recording_open(argc - 1, argv + 1);
	if (!strcmp(said, "hold") || !strcmp(said, "release-hold") ||
	    !strcmp(said, "erase"))
		return recording_act(argc - 1, argv + 1);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(said, words[i].name))
			continue;
		if (node_args_read(argc - 1, argv + 1, NULL, &a))
			return node_usage(recording_usage, "see the usage");
		if (a.help) {
			(void)fputs(recording_usage, stdout);
			return EXIT_YES;
		}
		s = node_settings_to_ask(&a);
		if (!s)
			return EXIT_NO;
		status = words[i].run(s, &a);
		settings_free(s);
		return status;
	}
	return node_usage(recording_usage,
			  "say list, show, open, export, verify, recover, "
			  "hold, release-hold or erase");
}
