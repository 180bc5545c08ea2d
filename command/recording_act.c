/*
 * recording hold, release-hold, erase -- an officer decides, with a signature
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "command/recording.h"
#include "command/userkey.h"
#include "release/act.h"

struct actor {
	const struct settings *s;
	const char *as, *key_file, *reason, *receipt;
	const char *id;
	bool json, yes;
	struct act act;
	json_t *answer;
};

static const struct {
	const char *word;
	enum act_kind kind;
	const char *done;
} acts[] = {
	{ "hold", ACT_HOLD, "is held: it will not be erased" },
	{ "release-hold", ACT_HOLD_END, "is no longer held" },
	{ "erase", ACT_ERASE,
	  "is erased: envelope, card, salts and details are gone" },
};

static const struct {
	const char *reason, *text;
} refusals[] = {
	{ "held", "it is held. Who wants it erased must have the hold ended "
		  "first: vaxel recording release-hold" },
	{ "not-ended", "it has not ended: wait for its end, or for its "
		       "recovery (vaxel recording recover)" },
	{ "not-signed", "who signs must be enrolled as an officer, with this "
			"key; see: vaxel user list" },
	{ "stale", "this machine's clock and the node's differ, or somebody "
		   "decided about it just now: try again" },
	{ "erased", "it was erased before" },
	{ "not-held", "it is not held" },
};

static unsigned act_of(enum act_kind kind)
{
	unsigned i = 0;

	while (acts[i].kind != kind)
		i++;
	return i;
}

/* ---- the signed word */

static int sign(struct actor *a)
{
	uint8_t d[REQUEST_DIGEST];
	struct userkey key;
	int status;

	if (sodium_init() < 0 || secret_init(64 * 1024))
		return node_fail("cannot lock memory for keys");
	status = userkey_of(a->as, a->key_file, &key);
	if (status != EXIT_YES)
		return status;
	a->act.at_ms = (uint64_t)clock_wall_ms();
	if (act_digest(&a->act, a->s->log_origin, d)) {
		userkey_close(&key);
		return node_fail("the configuration's log-origin is too long");
	}
	userkey_sign(&key, d, a->act.signature);
	userkey_close(&key);
	return EXIT_YES;
}

static int ask_person(const struct actor *a)
{
	char answer[8] = { 0 };

	if (a->act.kind != ACT_ERASE || a->yes || !isatty(STDIN_FILENO))
		return EXIT_YES;
	(void)fprintf(stderr,
		      "Erase %s as %s? Nobody can bring it back. yes or no: ",
		      a->id, a->as);
	if (!fgets(answer, sizeof(answer), stdin) || strcmp(answer, "yes\n"))
		return node_fail("not erased");
	return EXIT_YES;
}

/* ---- the answer */

static int take_answer(void *arg, const json_t *o)
{
	struct actor *a = arg;

	a->answer = json_deep_copy(o);
	return a->answer ? EXIT_YES : node_fail("out of memory");
}

static void say_refused(void *arg, const char *reason)
{
	const struct actor *a = arg;
	const json_t *entry = json_object_get(a->answer, "entry");

	(void)fprintf(stderr, "refused %s\n", reason);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (!strcmp(reason, refusals[i].reason))
			(void)fprintf(stderr, "vaxel: %s: %s\n", a->id,
				      refusals[i].text);
	if (json_is_integer(entry))
		(void)fprintf(stderr,
			      "vaxel: what was asked, and that it was refused, "
			      "is entry %lld of the log\n",
			      (long long)json_integer_value(entry));
}

static int write_receipt(const struct actor *a)
{
	FILE *f = fopen(a->receipt, "wxe");
	int err = !f || json_dumpf(a->answer, f, JSON_INDENT(1)) ||
		  fputc('\n', f) == EOF || fflush(f) || fsync(fileno(f));

	if (f && fclose(f))
		err = 1;
	return err ? node_fail("it is done, but the receipt could not be "
			       "written to %s: %s",
			       a->receipt, strerror(errno))
		   : EXIT_YES;
}

static int tell(const struct actor *a)
{
	json_int_t entry =
		json_integer_value(json_object_get(a->answer, "entry"));

	if (a->json)
		node_print_json(a->answer);
	else
		(void)printf("%s %s; entry %lld of the log\n", a->id,
			     acts[act_of(a->act.kind)].done, (long long)entry);
	return a->receipt ? write_receipt(a) : EXIT_YES;
}

static int send_act(struct actor *a)
{
	static const struct node_handlers h = { .json = take_answer,
						.refused = say_refused };
	json_t *o = act_json(&a->act);
	char *details = o ? json_dumps(o, JSON_COMPACT) : NULL;
	int status;

	json_decref(o);
	if (!details)
		return node_fail("out of memory");
	status = node_ask(a->s,
			  json_pack("{s:s,s:s,s:s}", "ask", "act", "type",
				    act_type_text(a->act.kind), "details",
				    details),
			  &h, a);
	free(details);
	if (status == EXIT_YES && !a->answer)
		status = node_fail("the desk's answer makes no sense");
	if (status == EXIT_YES)
		status = tell(a);
	json_decref(a->answer);
	return status;
}

/* ---- */

static int take_words(struct actor *a, const struct node_args *args)
{
	int status = recording_id(args, a->act.recording);

	if (status != EXIT_YES)
		return status;
	a->id = args->args[0];
	a->json = args->json;
	if (!a->as || user_name_check(text_of(a->as)) ||
	    text_copy(a->act.by, sizeof(a->act.by), text_of(a->as)))
		return node_usage(recording_usage, "which officer? --as USER");
	if (!a->reason || act_reason_check(text_of(a->reason)) ||
	    text_copy(a->act.reason, sizeof(a->act.reason), text_of(a->reason)))
		return node_usage(recording_usage,
				  "why? --reason TEXT, of up to %d bytes. It "
				  "stays in the log: name no patient",
				  ACT_REASON_MAX - 1);
	return EXIT_YES;
}

int recording_act(int argc, char **argv)
{
	struct actor a = { 0 };
	const struct node_option options[] = {
		{ "--as", &a.as, NULL },
		{ "--key-file", &a.key_file, NULL },
		{ "--reason", &a.reason, NULL },
		{ "--receipt", &a.receipt, NULL },
		{ "--yes", NULL, &a.yes },
		{ 0 }
	};
	struct node_args args;
	struct settings *s;
	unsigned i = 0;
	int status;

	while (strcmp(acts[i].word, argv[0]) != 0)
		i++;
	a.act.kind = acts[i].kind;
	if (node_args_read(argc, argv, options, &args))
		return node_usage(recording_usage, "see the usage");
	if (args.help) {
		(void)fputs(recording_usage, stdout);
		return EXIT_YES;
	}
	status = take_words(&a, &args);
	if (status != EXIT_YES)
		return status;
	s = node_settings(&args);
	if (!s)
		return EXIT_NO;
	a.s = s;
	status = ask_person(&a);
	if (status == EXIT_YES)
		status = sign(&a);
	if (status == EXIT_YES)
		status = send_act(&a);
	settings_free(s);
	return status;
}
