/*
 * disclosure -- a second person looks at what was asked, and signs for it
 *
 * What is shown and signed is read out of the request's own bytes: the desk
 * can withhold a request, or show another, but not have one signed that looks
 * like another.
 */
#include "command/disclosure.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/secret.h"
#include "command/userkey.h"

static const char usage_text[] =
	"usage: vaxel disclosure show ENTRY [-c FILE] [--json]\n"
	"       vaxel disclosure approve ENTRY --as USER [--key-file FILE]\n"
	"                                [-c FILE] [--json]\n\n"
	"show      who asks to open which recording, what for, and until when\n"
	"approve   show it, and sign that it may be released: where the rule "
	"asks for\n"
	"          a second person, who must not be the one who asks. On a "
	"terminal\n"
	"          you are asked before you sign.\n\n"
	"ENTRY is the number that vaxel recording open names when it is "
	"refused.\n";

/* ---- what stands in the log */

static int get_base64(const json_t *o, const char *key, uint8_t *to, size_t max,
		      size_t *ret_len)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_string(v))
		return EBADMSG;
	return base64_read(
		(struct text){ json_string_value(v), json_string_length(v) },
		BASE64_PADDED, to, max, ret_len);
}

static int read_details(const json_t *o, struct disclosure *d)
{
	size_t len;

	if (get_base64(o, "request", d->r, sizeof(d->r), &d->r_len) ||
	    request_decode((struct bytes){ d->r, d->r_len }, &d->request) ||
	    get_base64(o, "signature", d->signature, sizeof(d->signature),
		       &len) ||
	    len != sizeof(d->signature))
		return EBADMSG;
	request_digest((struct bytes){ d->r, d->r_len }, d->d);
	return 0;
}

int disclosure_read(const char *details, struct disclosure *ret)
{
	json_t *o = json_loads(details, JSON_REJECT_DUPLICATES, NULL);
	int err = json_is_object(o) ? read_details(o, ret) : EBADMSG;

	json_decref(o);
	return err;
}

static int take_entry(void *arg, const json_t *o)
{
	const char *text = json_string_value(json_object_get(o, "details"));
	json_t *details =
		text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	int err =
		json_is_object(details) ? read_details(details, arg) : EBADMSG;

	json_decref(details);
	return err ? node_fail("the request in the log makes no sense")
		   : EXIT_YES;
}

int disclosure_fetch(const struct settings *s, const char *entry,
		     struct disclosure *ret)
{
	static const struct node_handlers h = { .json = take_entry };
	int status;

	if (text_u64(text_of(entry), 0, INT64_MAX, &ret->entry))
		return node_fail("%s is not the number of an entry", entry);
	status = node_ask(s,
			  json_pack("{s:s,s:I}", "ask", "disclosure", "entry",
				    (json_int_t)ret->entry),
			  &h, ret);
	if (status == EXIT_YES && !ret->r_len)
		status = node_fail("the desk's answer makes no sense");
	return status;
}

/* ---- show */

static void print(const struct disclosure *d, bool json)
{
	const struct request *q = &d->request;
	char recording[ID_CHARS + 1], until[CLOCK_TEXT_MAX];

	id_text(q->recording, recording);
	clock_text((int64_t)q->not_after_ms, until);
	if (json) {
		json_t *o = json_pack("{s:I,s:s,s:s,s:s,s:s,s:s}", "entry",
				      (json_int_t)d->entry, "asker", q->asker,
				      "recording", recording, "scope",
				      request_scope_text(q->scope), "purpose",
				      purpose_text(q->purpose), "until", until);

		node_print_json(o);
		json_decref(o);
	} else
		(void)printf("asker      %s\nrecording  %s (%s)\npurpose    "
			     "%s: %s\nuntil      %s\n",
			     q->asker, recording, request_scope_text(q->scope),
			     purpose_text(q->purpose),
			     purpose_meaning(q->purpose), until);
	(void)fflush(stdout);
}

/* ---- approve */

static int ask_person(const char *as)
{
	char answer[8] = { 0 };

	if (!isatty(STDIN_FILENO))
		return EXIT_YES;
	(void)fprintf(stderr, "Approve it as %s? yes or no: ", as);
	if (!fgets(answer, sizeof(answer), stdin) || strcmp(answer, "yes\n"))
		return node_fail("not approved");
	return EXIT_YES;
}

static int sign(const struct disclosure *d, const char *as,
		const char *key_file, struct control_approved *ret)
{
	uint8_t hash[REQUEST_DIGEST];
	struct userkey key;
	int status = userkey_of(as, key_file, &key);

	if (status != EXIT_YES)
		return status;
	/* the keeper would refuse it; say so before it stands in the log */
	if (!strcmp(as, d->request.asker) ||
	    !memcmp(key.public_key, d->request.credential, REQUEST_KEY)) {
		userkey_close(&key);
		return node_fail("%s asks for it: somebody else must approve",
				 d->request.asker);
	}
	request_approval_digest(d->d, hash);
	userkey_sign(&key, hash, ret->signature);
	userkey_close(&key);
	return text_copy(ret->by, sizeof(ret->by), text_of(as))
		       ? node_fail("the name is too long")
		       : EXIT_YES;
}

static int say_entry(void *arg, const json_t *o)
{
	*(json_int_t *)arg = json_integer_value(json_object_get(o, "entry"));
	return EXIT_YES;
}

static int log_approval(const struct settings *s, const struct disclosure *d,
			const struct control_approved *a, bool json)
{
	static const struct node_handlers h = { .json = say_entry };
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer w = writer_on(details, sizeof(details) - 1);
	json_int_t entry = 0;
	int status;

	if (control_approved_write(&w, d->d, d->request.recording, a))
		return node_fail("the entry is too long");
	status = node_ask(
		s, json_pack("{s:s,s:s}", "ask", "approve", "details", details),
		&h, &entry);
	if (status != EXIT_YES)
		return status;
	(void)printf(json ? "{\"entry\":%lld}\n" : "approved entry=%lld\n",
		     (long long)entry);
	return EXIT_YES;
}

static int approve(const struct settings *s, const struct disclosure *d,
		   const char *as, const char *key_file, bool json)
{
	struct control_approved a = { 0 };
	int status;

	if (d->request.not_after_ms < (uint64_t)clock_wall_ms())
		return node_fail("the request has run out; it must be asked "
				 "for anew");
	if (sodium_init() < 0 || secret_init(64 * 1024))
		return node_fail("cannot lock memory for keys");
	if (!json)
		print(d, false);
	status = ask_person(as);
	if (status == EXIT_YES)
		status = sign(d, as, key_file, &a);
	return status == EXIT_YES ? log_approval(s, d, &a, json) : status;
}

int command_disclosure(int argc, char **argv)
{
	const char *as = NULL, *key_file = NULL;
	const struct node_option options[] = {
		{ "--as", &as, NULL }, { "--key-file", &key_file, NULL }, { 0 }
	};
	struct disclosure d = { 0 };
	struct settings *s;
	struct node_args a;
	bool approving;
	int status;

	if (node_args_read(argc, argv, options, &a))
		return node_usage(usage_text, "see the usage");
	if (a.help) {
		(void)fputs(usage_text, stdout);
		return EXIT_YES;
	}
	approving = a.count && !strcmp(a.args[0], "approve");
	if (a.count != 2 || (!approving && strcmp(a.args[0], "show") != 0))
		return node_usage(usage_text,
				  "say show ENTRY or approve ENTRY");
	if (approving != (as != NULL) || (as && user_name_check(text_of(as))))
		return node_usage(usage_text, "who approves? --as USER");
	s = node_settings(&a);
	if (!s)
		return EXIT_NO;
	status = disclosure_fetch(s, a.args[1], &d);
	if (status == EXIT_YES && approving)
		status = approve(s, &d, as, key_file, a.json);
	else if (status == EXIT_YES)
		print(&d, a.json);
	settings_free(s);
	return status;
}
