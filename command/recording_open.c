/*
 * recording open -- ask to listen, with one's name to it
 *
 * The request is made and signed here, with the asker's key; desk and ledger
 * cannot change a bit of it, and the keeper releases to the recipient in it
 * alone. What comes out is an age file: a fresh header and the sealed body.
 */
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/secret.h"
#include "command/disclosure.h"
#include "command/recording.h"
#include "command/userkey.h"
#include "seal/key.h"

enum {
	LIFE_MS = 5 * 60 * 1000,
	/* a second person wants to see it first; the keeper takes 15 minutes */
	LIFE_APPROVED_MS = 14 * 60 * 1000,
};

struct opener {
	const struct settings *s;
	recording_sink_h *sink; /* NULL: stdout */
	void *sink_arg;
	const char *as, *to, *purpose, *scope, *key_file;
	const char *again; /* the entry of an earlier request */
	bool without_entry;
	json_int_t requested; /* waits for approval, and may be asked again */
	const char *id;
	struct request request;
	bool found;
	char org[REQUEST_TEXT_MAX];
	uint8_t r[REQUEST_MAX];
	size_t r_len;
	uint8_t signature[REQUEST_SIGNATURE];
	char waiting[256]; /* what was last said of it */
};

/* ---- what the person said */

static int take_recipient(struct opener *o)
{
	struct age_recipient to;

	if (!o->to)
		return node_usage(recording_usage,
				  "to whom? --to age1...; make a key with: "
				  "age-keygen -o KEY");
	if (age_recipient_read(text_of(o->to), &to))
		return node_usage(recording_usage,
				  "--to: not an age recipient (age1...); make "
				  "a key with: age-keygen -o KEY");
	memcpy(o->request.recipient, to.key, sizeof(to.key));
	return EXIT_YES;
}

static int take_purpose(struct opener *o)
{
	struct request *q = &o->request;

	if (o->purpose && !purpose_read(text_of(o->purpose), &q->purpose)) {
		request_purpose_digest(q->purpose, q->purpose_digest);
		return EXIT_YES;
	}
	(void)fprintf(stderr, "vaxel: what for? --purpose CODE, one of:\n");
	for (int i = 0; i < PURPOSES; i++)
		(void)fprintf(stderr, "  %-12s %s\n",
			      purpose_text((enum purpose)i),
			      purpose_meaning((enum purpose)i));
	return EXIT_USAGE;
}

static int take_words(struct opener *o)
{
	struct request *q = &o->request;
	int status;

	if (!o->as || user_name_check(text_of(o->as)) ||
	    text_copy(q->asker, sizeof(q->asker), text_of(o->as)))
		return node_usage(recording_usage, "who asks? --as USER");
	status = take_recipient(o);
	if (status == EXIT_YES)
		status = take_purpose(o);
	if (status != EXIT_YES)
		return status;
	if (request_scope_read(text_of(o->scope), &q->scope) ||
	    q->scope == SCOPE_SEARCH)
		return node_usage(recording_usage, "--scope audio or card");
	return EXIT_YES;
}

/* ---- the request */

static int take_recording(void *arg, const json_t *j)
{
	const char *org = json_string_value(json_object_get(j, "org"));
	const char *kc = json_string_value(json_object_get(j, "kc"));
	const char *state = json_string_value(json_object_get(j, "state"));
	static const char none[] = "00000000000000000000000000000000";
	struct opener *o = arg;
	struct request *q = &o->request;

	/* the keeper refuses it, and that somebody asked is logged */
	if (state && !strcmp(state, "erased"))
		kc = none;
	if (!org || !kc || hex_read(text_of(kc), q->kc, sizeof(q->kc)) ||
	    text_copy(q->controller, sizeof(q->controller), text_of(org)))
		return node_fail("the recording has nothing to open; see: "
				 "vaxel recording show %s",
				 o->id);
	o->found = true;
	return EXIT_YES;
}

static int make_request(struct opener *o)
{
	struct request *q = &o->request;
	struct writer w = writer_on(o->r, sizeof(o->r));
	uint8_t d[REQUEST_DIGEST];
	struct userkey key;
	int status = userkey_of(o->as, o->key_file, &key);

	if (status != EXIT_YES)
		return status;
	id_new(q->id);
	memcpy(q->credential, key.public_key, sizeof(q->credential));
	q->not_after_ms = (uint64_t)clock_wall_ms() +
			  (o->s->approval_purposes || o->s->approval_over
				   ? LIFE_APPROVED_MS
				   : LIFE_MS);
	if (text_copy(q->origin, sizeof(q->origin),
		      text_of(o->s->log_origin)) ||
	    request_encode(&w, q)) {
		userkey_close(&key);
		return node_fail("the configuration's log-origin or "
				 "organisation cannot stand in a request");
	}
	o->r_len = w.len;
	request_digest((struct bytes){ o->r, o->r_len }, d);
	userkey_sign(&key, d, o->signature);
	userkey_close(&key);
	return EXIT_YES;
}

/* ---- the answer */

static void say_refused(void *arg, const char *reason)
{
	const struct opener *o = arg;

	(void)fprintf(stderr, "refused %s\n", reason);
	if (!strcmp(reason, "locked"))
		(void)fprintf(stderr,
			      "vaxel: the keeper is locked; unlock it with: "
			      "vaxel key unlock -c %s\n",
			      o->s->file);
	if (!strcmp(reason, "needs-approval") && o->requested)
		(void)fprintf(
			stderr,
			"vaxel: a second person must approve, within %d "
			"minutes: vaxel disclosure approve %lld --as USER "
			"-c %s\nthen: vaxel recording open %s --again "
			"%lld -c %s\n",
			LIFE_APPROVED_MS / 60000, (long long)o->requested,
			o->s->file, o->id, (long long)o->requested, o->s->file);
	if (!strcmp(reason, "erased"))
		(void)fprintf(
			stderr,
			"vaxel: it was erased, and nothing of it is left; "
			"see: vaxel recording show %s -c %s\n",
			o->id, o->s->file);
	if (!strcmp(reason, "no-quorum"))
		(void)fprintf(stderr,
			      "vaxel: too few witnesses cosigned the log in "
			      "time; ask again when they are back\n");
	if (!strcmp(reason, "bad-signature"))
		(void)fprintf(stderr,
			      "vaxel: is %s enrolled, with this key? See: "
			      "vaxel user list -c %s\n",
			      o->as, o->s->file);
}

/* Each state of things once, however often it is told. */
static void say_waiting(struct opener *o, const json_t *j)
{
	char text[sizeof(o->waiting)];

	(void)snprintf(text, sizeof(text), "waiting cosigned=%d/%d; %s",
		       (int)json_integer_value(json_object_get(j, "cosigned")),
		       (int)json_integer_value(json_object_get(j, "witnesses")),
		       json_string_value(json_object_get(j, "waiting")));
	if (!strcmp(text, o->waiting))
		return;
	memcpy(o->waiting, text, sizeof(text));
	(void)fprintf(stderr, "%s\n", text);
}

static int take_release(void *arg, const json_t *j)
{
	const json_t *requested = json_object_get(j, "requested");
	struct opener *o = arg;

	if (json_object_get(j, "waiting")) {
		say_waiting(o, j);
		return EXIT_YES;
	}

	if (requested) {
		o->requested = json_integer_value(requested);
		return EXIT_YES;
	}
	(void)fprintf(
		stderr, "released entry=%lld size=%lld cosigned=%d/%d\n",
		(long long)json_integer_value(json_object_get(j, "entry")),
		(long long)json_integer_value(json_object_get(j, "size")),
		(int)json_integer_value(json_object_get(j, "cosigned")),
		(int)json_integer_value(json_object_get(j, "witnesses")));
	return EXIT_YES;
}

static int write_out(void *arg, const void *p, size_t len)
{
	const struct opener *o = arg;
	int err;

	if (o->sink)
		return o->sink(o->sink_arg, p, len);
	err = fd_write(STDOUT_FILENO, p, len);
	return err ? node_fail("cannot write: %s", strerror(err)) : EXIT_YES;
}

static int ask(struct opener *o)
{
	static const struct node_handlers h = { .json = take_release,
						.data = write_out,
						.refused = say_refused };
	char r[REQUEST_MAX * 2] = { 0 }, signature[128] = { 0 };
	struct writer w = writer_on(r, sizeof(r) - 1);
	struct writer v = writer_on(signature, sizeof(signature) - 1);

	base64_write(&w, BASE64_PADDED, o->r, o->r_len);
	base64_write(&v, BASE64_PADDED, o->signature, sizeof(o->signature));
	return node_ask(o->s,
			json_pack("{s:s,s:s,s:s,s:b}", "ask", "open", "request",
				  r, "signature", signature, "entry",
				  !o->without_entry),
			&h, o);
}

/* A request made now. */
static int ask_anew(struct opener *o)
{
	static const struct node_handlers h = { .json = take_recording };
	int status = take_words(o);

	if (status == EXIT_YES)
		status = node_ask(
			o->s,
			json_pack("{s:s,s:s}", "ask", "recording", "id", o->id),
			&h, o);
	if (status == EXIT_YES && !o->found)
		status = node_fail("the desk's answer makes no sense");
	return status == EXIT_YES ? make_request(o) : status;
}

/* The one that stands in the log, to its recipient: it needs no new entry. */
static int ask_again(struct opener *o)
{
	struct disclosure d = { 0 };
	int status;

	if (o->as || o->to || o->purpose || o->key_file)
		return node_usage(recording_usage,
				  "--again asks what was asked before: say "
				  "nothing else");
	status = disclosure_fetch(o->s, o->again, &d);
	if (status != EXIT_YES)
		return status;
	if (memcmp(d.request.recording, o->request.recording,
		   sizeof(d.request.recording)))
		return node_fail("entry %s is about another recording",
				 o->again);
	memcpy(o->r, d.r, d.r_len);
	o->r_len = d.r_len;
	memcpy(o->signature, d.signature, sizeof(o->signature));
	o->as = d.request.asker;
	o->without_entry = true;
	return ask(o);
}

static int open_with(struct opener *o)
{
	int status;

	if (isatty(STDOUT_FILENO))
		return node_usage(recording_usage,
				  "the age file goes to stdout: send it to "
				  "a file, or through: age -d -i KEY");
	if (o->again)
		return ask_again(o);
	if (sodium_init() < 0 || secret_init(64 * 1024))
		return node_fail("cannot lock memory for keys");
	status = ask_anew(o);
	return status == EXIT_YES ? ask(o) : status;
}

int recording_open_for(const struct settings *s, const struct recording_wish *w,
		       recording_sink_h *sink, void *arg)
{
	struct opener o = { .s = s,
			    .sink = sink,
			    .sink_arg = arg,
			    .as = w->as,
			    .to = w->to,
			    .purpose = w->purpose,
			    .scope = w->scope ? w->scope : "audio",
			    .key_file = w->key_file,
			    .id = w->id };
	int status;

	if (id_read(text_of(w->id), o.request.recording))
		return node_usage(recording_usage,
				  "%s is not the id of a recording", w->id);
	status = ask_anew(&o);
	return status == EXIT_YES ? ask(&o) : status;
}

int recording_open(int argc, char **argv)
{
	struct opener o = { .scope = "audio" };
	const struct node_option options[] = {
		{ "--as", &o.as, NULL },
		{ "--to", &o.to, NULL },
		{ "--purpose", &o.purpose, NULL },
		{ "--scope", &o.scope, NULL },
		{ "--key-file", &o.key_file, NULL },
		{ "--again", &o.again, NULL },
		{ "--without-entry", NULL, &o.without_entry },
		{ 0 }
	};
	struct settings *s;
	struct node_args a;
	int status;

	if (node_args_read(argc, argv, options, &a))
		return node_usage(recording_usage, "see the usage");
	if (a.help) {
		(void)fputs(recording_usage, stdout);
		return EXIT_YES;
	}
	status = recording_id(&a, o.request.recording);
	if (status != EXIT_YES)
		return status;
	o.id = a.args[0];
	s = node_settings(&a);
	if (!s)
		return EXIT_NO;
	o.s = s;
	status = open_with(&o);
	settings_free(s);
	return status;
}
