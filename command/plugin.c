/*
 * plugin -- stock age opens an exported recording, through the keeper
 *
 * Installed as age-plugin-vaxel, so that `age -d -j vaxel` finds it. age hands
 * over the stanzas of the envelope; by the first of them the ledger knows the
 * recording; then it is asked for as `vaxel recording open` asks, signed and
 * logged and judged, and age is given the file key that was released.
 *
 * Who asks and what for stand in the identity, or in VAXEL_AS and
 * VAXEL_PURPOSE, or age asks the person.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/secret.h"
#include "command/recording.h"
#include "seal/age.h"
#include "seal/bech32.h"
#include "seal/plugin.h"

#define PLUGIN_HRP "AGE-PLUGIN-VAXEL-"
#define PLUGIN_HRP_LOWER "age-plugin-vaxel-"

static const char usage_text[] =
	"usage: age -d -j vaxel FILE\n"
	"       age-plugin-vaxel --as USER --purpose CODE > IDENTITY\n"
	"       age -d -i IDENTITY FILE\n\n"
	"Opens what vaxel recording export wrote (envelope and body joined, or "
	"the card)\nthrough the keeper: asked for, logged and judged as by "
	"vaxel recording open.\nWho asks and what for are said by the "
	"identity, "
	"or by VAXEL_AS and\nVAXEL_PURPOSE; VAXEL_CONF is the node's "
	"configuration.\n";

enum { SHARE_CHARS = 43, IDENTITY_DATA_MAX = 128 };

struct plugin {
	char in[64 * 1024];
	size_t have;
	char as[64], purpose[64];
	char share[SHARE_CHARS + 1]; /* of the first stanza for us */
	char file_text[16];          /* its number, as age gave it */
	char id[ID_CHARS + 1], scope[8];
	int said_fd; /* what would go to stderr, which age hides */
};

/* ---- stanzas, in and out */

static int next(struct plugin *p, struct plugin_stanza *ret)
{
	for (;;) {
		struct bytes in = { (uint8_t *)p->in, p->have };
		int err = plugin_read(in, ret);
		ssize_t n;

		if (err != EAGAIN)
			return err;
		if (p->have == sizeof(p->in))
			return EMSGSIZE;
		n = read(STDIN_FILENO, p->in + p->have,
			 sizeof(p->in) - p->have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return EPIPE;
		p->have += (size_t)n;
	}
}

static void consume(struct plugin *p, size_t len)
{
	p->have -= len;
	memmove(p->in, p->in + len, p->have);
}

static int say(const char *args, struct bytes body)
{
	uint8_t out[PLUGIN_STANZA_MAX];
	struct writer w = writer_on(out, sizeof(out));
	int err = plugin_write(&w, args, body);

	if (!err)
		err = fd_write(STDOUT_FILENO, out, w.len);
	sodium_memzero(out, sizeof(out));
	return err;
}

/* Say it, and hear what age makes of it; to may be NULL. */
static int ask_age(struct plugin *p, const char *args, struct bytes body,
		   char *to, size_t max)
{
	struct plugin_stanza s;
	int err = say(args, body);

	if (!err)
		err = next(p, &s);
	if (err)
		return err;
	if (!text_is(s.args[0], "ok"))
		err = ECANCELED;
	else if (to)
		err = text_copy(to, max,
				(struct text){ (char *)s.body, s.body_len });
	consume(p, s.len);
	return err;
}

static int fail(struct plugin *p, const char *text)
{
	char said[512];
	ssize_t n = pread(p->said_fd, said, sizeof(said), 0);
	struct bytes body = { (const uint8_t *)text, strlen(text) };

	/* what was said to a person is better */
	while (n > 0 && said[n - 1] == '\n')
		n--;
	if (n > 0)
		body = (struct bytes){ (uint8_t *)said, (size_t)n };
	(void)ask_age(p, "error internal", body, NULL, 0);
	return EXIT_NO;
}

/* ---- phase 1: what age has */

/* "USER PURPOSE", or nothing. */
static int take_identity(struct plugin *p, struct text t)
{
	char data[IDENTITY_DATA_MAX];
	struct text hrp, rest, as;
	size_t len;

	if (bech32_read(t, &hrp, (uint8_t *)data, sizeof(data), &len) ||
	    !text_is(hrp, PLUGIN_HRP))
		return EBADMSG;
	rest = (struct text){ data, len };
	as = text_cut(&rest, ' ');
	if (!as.len)
		return 0;
	return text_copy(p->as, sizeof(p->as), as) ||
			       text_copy(p->purpose, sizeof(p->purpose), rest)
		       ? EBADMSG
		       : 0;
}

static int take_stanza(struct plugin *p, const struct plugin_stanza *s)
{
	if (text_is(s->args[0], "add-identity") && s->arg_count == 2)
		return take_identity(p, s->args[1]);
	/* the first of the first file: others of it are for others */
	if (!text_is(s->args[0], "recipient-stanza") || *p->share ||
	    s->arg_count < 4 || !text_is(s->args[2], "X25519") ||
	    s->args[3].len != SHARE_CHARS)
		return 0;
	if (text_copy(p->file_text, sizeof(p->file_text), s->args[1]))
		return EBADMSG;
	return text_copy(p->share, sizeof(p->share), s->args[3]);
}

static int hear(struct plugin *p)
{
	struct plugin_stanza s;
	bool done = false;
	int err;

	while (!(err = next(p, &s)) && !done) {
		done = text_is(s.args[0], "done");
		if (!done)
			err = take_stanza(p, &s);
		consume(p, s.len);
		if (err || done)
			break;
	}
	return err;
}

/* ---- phase 2: asked for */

static int person(struct plugin *p, const char *variable, const char *prompt,
		  char *to, size_t max)
{
	const char *set = getenv(variable);

	if (*to)
		return 0;
	if (set)
		return text_copy(to, max, text_of(set));
	return ask_age(
		p, "request-public",
		(struct bytes){ (const uint8_t *)prompt, strlen(prompt) }, to,
		max);
}

static int take_found(void *arg, const json_t *o)
{
	const char *id = json_string_value(json_object_get(o, "id"));
	const char *scope = json_string_value(json_object_get(o, "scope"));
	struct plugin *p = arg;

	if (!id || !scope || text_copy(p->id, sizeof(p->id), text_of(id)) ||
	    text_copy(p->scope, sizeof(p->scope), text_of(scope)))
		return node_fail("the desk's answer makes no sense");
	return EXIT_YES;
}

static int give(struct plugin *p, const struct age_identity *fresh,
		struct bytes header)
{
	uint8_t fk[AGE_FILE_KEY_BYTES];
	struct age_header h;
	char args[32];
	int err = age_header_read(header, &h);

	if (!err)
		err = age_header_unwrap(&h, fresh, 1, fk);
	if (err)
		return fail(p, "the keeper's answer makes no sense");
	(void)snprintf(args, sizeof(args), "file-key %s", p->file_text);
	err = ask_age(p, args, (struct bytes){ fk, sizeof(fk) }, NULL, 0);
	sodium_memzero(fk, sizeof(fk));
	return err ? EXIT_NO : EXIT_YES;
}

enum { HAS_HEADER = 100 }; /* no exit status: enough was heard */

struct header {
	uint8_t bytes[4096];
	size_t len;
};

static int take_header(void *arg, const void *bytes, size_t len)
{
	struct header *h = arg;

	if (len > sizeof(h->bytes))
		return node_fail("the keeper's answer makes no sense");
	memcpy(h->bytes, bytes, len);
	h->len = len;
	return HAS_HEADER;
}

static int open_through(struct plugin *p, const struct settings *s)
{
	static const struct node_handlers h = { .json = take_found };
	struct age_identity fresh = { 0 };
	char to[AGE_RECIPIENT_CHARS + 1];
	struct recording_wish wish = { .id = p->id,
				       .as = p->as,
				       .to = to,
				       .purpose = p->purpose,
				       .scope = p->scope };
	struct header got = { .len = 0 };
	int status = node_ask(
		s, json_pack("{s:s,s:s}", "ask", "find", "share", p->share), &h,
		p);

	if (status != EXIT_YES || !*p->id)
		return fail(p, "no recording has this envelope; was it made "
			       "anew since it was exported?");
	if (age_identity_new(&fresh))
		return fail(p, "cannot lock memory for keys");
	age_recipient_text(&fresh.recipient, to);
	status = recording_open_for(s, &wish, take_header, &got);
	status = status == HAS_HEADER
			 ? give(p, &fresh, (struct bytes){ got.bytes, got.len })
			 : fail(p, "it was not released");
	age_identity_close(&fresh);
	return status;
}

static int answer(struct plugin *p)
{
	struct node_args a = { .config = getenv("VAXEL_CONF") };
	struct settings *s;
	int status;

	if (!*p->share)
		return EXIT_YES; /* nothing here is for us */
	if (person(p, "VAXEL_AS", "Who asks?", p->as, sizeof(p->as)) ||
	    person(p, "VAXEL_PURPOSE", "What for? care, complaint ...",
		   p->purpose, sizeof(p->purpose)))
		return fail(p, "it was not said who asks, and what for");
	s = node_settings(&a);
	if (!s)
		return fail(p, "which node? set VAXEL_CONF to its "
			       "configuration");
	status = open_through(p, s);
	settings_free(s);
	return status;
}

static int identity_v1(void)
{
	static struct plugin p;
	int status;

	p.said_fd = memfd_create("said", MFD_CLOEXEC);
	if (p.said_fd < 0 || dup2(p.said_fd, STDERR_FILENO) < 0 || hear(&p))
		return EXIT_NO;
	status = answer(&p);
	(void)say("done", (struct bytes){ NULL, 0 });
	return status;
}

/* ---- for a person */

static int print_identity(int argc, char **argv)
{
	const char *as = NULL, *purpose = NULL;
	const struct node_option options[] = { { "--as", &as, NULL },
					       { "--purpose", &purpose, NULL },
					       { 0 } };
	char data[IDENTITY_DATA_MAX] = { 0 }, text[BECH32_MAX + 1] = { 0 };
	struct writer w = writer_on(text, sizeof(text) - 1);
	struct node_args a;
	enum purpose known;

	if (node_args_read(argc, argv, options, &a) || a.help || !as ||
	    user_name_check(text_of(as)) || !purpose ||
	    purpose_read(text_of(purpose), &known) ||
	    snprintf(data, sizeof(data), "%s %s", as, purpose) >=
		    (int)sizeof(data)) {
		(void)fputs(usage_text, a.help ? stdout : stderr);
		return a.help ? EXIT_YES : EXIT_USAGE;
	}
	bech32_write(&w, PLUGIN_HRP_LOWER, true, data, strlen(data));
	if (writer_finish(&w))
		return node_fail("the name is too long");
	(void)printf("# vaxel: %s, for %s; no secret\n%s\n", as, purpose, text);
	return EXIT_YES;
}

int command_age_plugin(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--age-plugin=identity-v1")) {
		if (sodium_init() < 0 || secret_init(64 * 1024))
			return node_fail("cannot lock memory for keys");
		return identity_v1();
	}
	return print_identity(argc, argv);
}
