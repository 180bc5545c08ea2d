#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "command/ledger.h"

/* The lines of stdin, without their newlines; the last may lack it. */
static int append_lines(struct folder *f)
{
	char *line = NULL;
	size_t max = 0;
	ssize_t n;
	int err = 0;

	while (!err && (n = getline(&line, &max, stdin)) >= 0) {
		size_t len = (size_t)n;

		if (len && line[len - 1] == '\n')
			len--;
		err = folder_append(f, line, len);
	}
	if (!err && ferror(stdin))
		err = EIO;
	free(line);
	return err;
}

static const char *why(int err)
{
	switch (err) {
	case EAGAIN:
		return "somebody else is writing to it";
	case EBADMSG:
		return "its tiles and its checkpoint do not fit each other";
	case ENOKEY:
		return "its checkpoint was not signed by this key";
	case EMSGSIZE:
		return "an entry is longer than 65535 bytes";
	default:
		return strerror(err);
	}
}

static void say(const struct folder *f, bool json)
{
	struct merkle_hash h;
	char root[64];
	struct writer w = writer_on(root, sizeof(root) - 1);

	folder_root(f, &h);
	base64_write(&w, BASE64_PADDED, h.b, sizeof(h.b));
	root[w.len] = '\0';
	(void)printf(json ? "{\"size\":%llu,\"root\":\"%s\"}\n"
			  : "size=%llu root=%s\n",
		     (unsigned long long)folder_published(f), root);
}

/*
 * All lines or none: what is appended before a failure is beyond the
 * checkpoint, and so not part of the log.
 */
static int append(const struct ledger_options *o, const struct note_signer *s)
{
	struct folder *f = NULL;
	int err = folder_open(&f, o->words[0], &s->key);

	if (!err)
		err = append_lines(f);
	if (!err)
		err = folder_sync(f);
	if (!err)
		err = folder_publish(f, s);
	if (err)
		(void)fprintf(stderr, "%s: %s\n", o->words[0], why(err));
	else
		say(f, o->json);
	folder_close(f);
	return err ? EXIT_NO : EXIT_YES;
}

int ledger_append(int argc, char **argv)
{
	struct ledger_options o;
	struct note_signer s;
	int err, is = ledger_options(argc, argv, LEDGER_KEY_FILE | LEDGER_JSON,
				     1, &o);

	if (is)
		return is;
	if (!o.key_file) {
		(void)fprintf(stderr, "--key-file is missing\n");
		return EXIT_USAGE;
	}
	err = ledger_key_load(o.key_file, &s);
	if (!err && s.key.type != NOTE_ED25519) {
		/* a witness's key signs no checkpoint of its own */
		note_signer_close(&s);
		err = EBADMSG;
	}
	if (err) {
		(void)fprintf(stderr, "%s: %s\n", o.key_file,
			      err == EBADMSG ? "not a log's signing key"
					     : strerror(err));
		return EXIT_USAGE;
	}
	is = append(&o, &s);
	note_signer_close(&s);
	return is;
}
