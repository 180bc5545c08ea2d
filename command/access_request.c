/*
 * access-request -- a patient asked for what is there about them
 *
 * Copies of the recordings, opened by right and wrapped to the patient alone,
 * and the extract of who else has opened them. What a passphrase opens was
 * wrapped anew here: the sound stays sealed on its way.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/secret.h"
#include "command/access.h"
#include "command/recording.h"
#include "seal/age.h"
#include "seal/passphrase.h"

static const char usage_text[] =
	"usage: vaxel access-request DIR --as USER --to age1... [-c FILE]\n"
	"       vaxel access-request DIR --as USER --passphrase [-c FILE]\n\n"
	"Answers a patient who asks for their own data (GDPR 15, Patient Data "
	"Act 8:5).\nThe recordings' ids stand on stdin, one a line. In DIR, "
	"which must not exist:\n"
	"  ID.age        each recording, for the patient alone: opened with "
	"age, any player\n"
	"  utdrag.pdf    who has listened, when, from which unit and why, in "
	"Swedish\n"
	"  extract.pdf   the same in English\n"
	"  extract.json  the same for machines\n\n"
	"  --to age1...     the patient's own key\n"
	"  --passphrase     a passphrase is drawn for this answer and printed "
	"once on\n"
	"                   stdout: send it by another way than the files\n"
	"  --key-file FILE  the key with which USER signs\n\n"
	"Each recording is a disclosure in USER's name, with the purpose "
	"access, and\nstands in the log and in the extract like any other.\n"
	"Exit status: 0 all of it, 1 not all, 2 wrong use.\n";

/* Its memory is 2^(work + 10) bytes and its time a second or so. */
enum { WORK = AGE_WORK_USUAL };

struct answer {
	const struct settings *s;
	const char *dir;
	struct recording_wish wish;
	bool by_passphrase;
	char passphrase[PASSPHRASE_MAX];
	struct age_identity once; /* to which the keeper releases then */
	char once_text[AGE_RECIPIENT_CHARS + 1];
	struct access_extract extract;
};

struct copy {
	const struct answer *answer;
	int fd;
	bool headed;
};

/* ---- one copy */

static int in_folder(const struct answer *a, const char *name, const char *end,
		     char to[SETTINGS_PATH_MAX])
{
	return snprintf(to, SETTINGS_PATH_MAX, "%s/%s%s", a->dir, name, end) <
			       SETTINGS_PATH_MAX
		       ? 0
		       : EMSGSIZE;
}

/* The keeper's header, to our passing key, becomes one under the passphrase. */
static int wrap_anew(const struct answer *a, const void *p, size_t len, int fd)
{
	static struct age_header h;
	uint8_t fk[AGE_FILE_KEY_BYTES], text[1024];
	struct writer w = writer_on(text, sizeof(text));
	int err = age_header_read((struct bytes){ p, len }, &h);

	if (!err && h.len != len)
		err = EBADMSG;
	if (!err)
		err = age_header_unwrap(&h, &a->once, 1, fk);
	if (!err)
		err = age_header_write_passphrase(fk, text_of(a->passphrase),
						  WORK, &w);
	sodium_memzero(fk, sizeof(fk));
	return err ? err : fd_write(fd, text, w.len);
}

static int take_bytes(void *arg, const void *p, size_t len)
{
	struct copy *c = arg;
	bool head = !c->headed;
	int err;

	c->headed = true;
	err = head && c->answer->by_passphrase
		      ? wrap_anew(c->answer, p, len, c->fd)
		      : fd_write(c->fd, p, len);
	return err ? node_fail("cannot write the copy: %s", strerror(err))
		   : EXIT_YES;
}

static int copy_one(struct answer *a, const char *id)
{
	struct copy c = { .answer = a };
	char path[SETTINGS_PATH_MAX];
	int status;

	if (in_folder(a, id, ".age", path))
		return node_fail("the name of the folder is too long");
	c.fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (c.fd < 0)
		return node_fail("%s: %s", path, strerror(errno));
	a->wish.id = id;
	status = recording_open_for(a->s, &a->wish, take_bytes, &c);
	if (status == EXIT_YES && fsync(c.fd))
		status = node_fail("%s: %s", path, strerror(errno));
	(void)close(c.fd);
	if (status != EXIT_YES) {
		(void)unlink(path); /* half a copy is none */
		(void)node_fail("%s is not among the copies", id);
	}
	return status;
}

/* ---- the extract */

static int write_json(const struct answer *a)
{
	char path[SETTINGS_PATH_MAX];
	json_t *o = access_json(&a->extract);
	char *text = o ? json_dumps(o, JSON_INDENT(1)) : NULL;
	int err = text ? in_folder(a, "extract", ".json", path) : ENOMEM;

	if (!err)
		err = fd_write_new(path, text, strlen(text));
	free(text);
	json_decref(o);
	return err;
}

static int write_extract(struct answer *a)
{
	static const char *const names[ACCESS_LANGUAGES] = { "utdrag",
							     "extract" };
	char path[SETTINGS_PATH_MAX];
	int err = write_json(a);

	for (int l = 0; !err && l < ACCESS_LANGUAGES; l++) {
		err = in_folder(a, names[l], ".pdf", path);
		if (!err)
			err = access_pdf(&a->extract, (enum access_language)l,
					 path);
	}
	return err ? node_fail("the extract cannot be written: %s",
			       strerror(err))
		   : EXIT_YES;
}

/* ---- all of it */

/* Ids from stdin. EXIT_USAGE, having said why. */
static int read_ids(struct access_extract *e)
{
	char line[64];
	uint8_t id[ID_BYTES];

	e->recordings = calloc(ACCESS_RECORDINGS_MAX, sizeof(*e->recordings));
	if (!e->recordings)
		return node_fail("out of memory");
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!*line)
			continue;
		if (id_read(text_of(line), id))
			return node_usage(usage_text,
					  "a line of stdin is no recording's "
					  "id");
		if (e->count == ACCESS_RECORDINGS_MAX)
			return node_usage(usage_text,
					  "more than %u recordings at once",
					  ACCESS_RECORDINGS_MAX);
		memcpy(e->recordings[e->count++].id, line, ID_CHARS + 1);
	}
	return e->count ? EXIT_YES
			: node_usage(usage_text, "which recordings? Their ids "
						 "stand on stdin");
}

static int set_recipient(struct answer *a)
{
	if (!a->by_passphrase)
		return EXIT_YES;
	if (age_identity_new(&a->once))
		return node_fail("cannot lock memory for keys");
	age_recipient_text(&a->once.recipient, a->once_text);
	a->wish.to = a->once_text;
	passphrase_new(a->passphrase);
	return EXIT_YES;
}

static int answer(struct answer *a)
{
	int status = set_recipient(a), copied = EXIT_YES;
	unsigned copies = 0;

	if (status != EXIT_YES)
		return status;
	if (mkdir(a->dir, 0700))
		return node_fail("%s: %s", a->dir, strerror(errno));
	for (unsigned i = 0; i < a->extract.count; i++) {
		int one = copy_one(a, a->extract.recordings[i].id);

		if (one == EXIT_YES)
			copies++;
		else
			copied = EXIT_NO;
	}
	clock_text(clock_wall_ms(), a->extract.made);
	for (unsigned i = 0; status == EXIT_YES && i < a->extract.count; i++)
		status = access_collect(a->s, &a->extract.recordings[i]);
	if (status == EXIT_YES)
		status = write_extract(a);
	if (a->by_passphrase && copies) {
		(void)printf("%s\n", a->passphrase);
		(void)fprintf(stderr, "vaxel: that is the passphrase, once: "
				      "send it by another way than the "
				      "files\n");
	}
	(void)fprintf(stderr, "vaxel: %u of %u recordings%s are in %s\n",
		      copies, a->extract.count,
		      status == EXIT_YES ? ", and the extract," : "", a->dir);
	return status == EXIT_YES ? copied : status;
}

static int check_words(const struct answer *a, const struct node_args *args)
{
	struct age_recipient to;

	if (args->count != 1)
		return node_usage(usage_text, "into which folder?");
	if (!a->wish.as)
		return node_usage(usage_text, "who answers? --as USER");
	if (a->by_passphrase == (a->wish.to != NULL))
		return node_usage(usage_text,
				  "either --to age1... or --passphrase");
	if (a->wish.to && age_recipient_read(text_of(a->wish.to), &to))
		return node_usage(usage_text, "--to: not an age recipient");
	return EXIT_YES;
}

int command_access_request(int argc, char **argv)
{
	struct answer a = { .wish = { .purpose = "access" } };
	const struct node_option options[] = {
		{ "--as", &a.wish.as, NULL },
		{ "--to", &a.wish.to, NULL },
		{ "--key-file", &a.wish.key_file, NULL },
		{ "--passphrase", NULL, &a.by_passphrase },
		{ 0 }
	};
	struct settings *s = NULL;
	struct node_args args;
	int status;

	if (node_args_read(argc, argv, options, &args))
		return node_usage(usage_text, "see the usage");
	if (args.help) {
		(void)fputs(usage_text, stdout);
		return EXIT_YES;
	}
	status = check_words(&a, &args);
	if (status == EXIT_YES)
		status = read_ids(&a.extract);
	if (status == EXIT_YES) {
		a.dir = args.args[0];
		a.s = s = node_settings(&args);
		if (!s || sodium_init() < 0 || secret_init(64 * 1024))
			status = s ? node_fail("cannot lock memory for keys")
				   : EXIT_NO;
	}
	if (status == EXIT_YES)
		status = answer(&a);
	age_identity_close(&a.once);
	sodium_memzero(a.passphrase, sizeof(a.passphrase));
	access_free(&a.extract);
	settings_free(s);
	return status;
}
