#include "process/witness/witness.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/log.h"
#include "ipc/confine.h"
#include "process/witness/self.h"
#include "tlog/folder.h"
#include "tlog/folder_file.h"

enum {
	FINE = 0,
	FAILED = 1,
	WRONG_USE = 2,
	PEM_MAX = 256 * 1024,
	LOGS_MAX = 256 * 1024,
	KEY_SLAB = 16 * 1024,
};

static const char help[] =
	"usage: vaxel witness -c FILE\n"
	"\n"
	"Cosigns checkpoints of logs, over HTTPS (C2SP tlog-witness):\n"
	"  POST /add-checkpoint\n"
	"  GET /ORIGIN-HASH/checkpoint\n"
	"  GET /   for people: each log, its last checkpoint and when\n"
	"\n"
	"FILE says, each as NAME = \"VALUE\":\n"
	"  key          of the witness: vaxel key new --witness NAME --out "
	"FILE\n"
	"  logs         a file with a line \"log VKEY\" each, and last "
	"\"quorum "
	"none\"\n"
	"               (C2SP tlog-policy)\n"
	"  state        a folder that is there and that it alone writes to; "
	"never\n"
	"               restore an older one: it would cosign a fork\n"
	"  certificate  PEM, with what leads to the authority; tls-key its "
	"key\n"
	"  listen       0.0.0.0:443 unless told otherwise; port 0: any\n"
	"\n"
	"Prints \"ready https port=N logs=N\". SIGTERM ends it.\n"
	"Exit status: 0 ended as told, 1 failed, 2 wrong use.\n";

/* A whole file, terminated. */
static int read_text(const char *file, size_t max, char **ret)
{
	char *text = malloc(max);
	size_t len = 0;
	int err =
		text ? file_read(AT_FDCWD, file, text, max - 1, &len) : ENOMEM;

	if (err) {
		log_error("cannot read %s: %s", file, strerror(err));
		free(text);
		return err;
	}
	text[len] = '\0';
	*ret = text;
	return 0;
}

static int load_logs(struct witness *w, const char *file)
{
	struct policy *p = malloc(sizeof(*p));
	unsigned line = 0;
	char *text = NULL;
	int err = p ? read_text(file, LOGS_MAX, &text) : ENOMEM;

	if (!err) {
		err = policy_read(text_of(text), p, &line);
		if (err)
			log_error("%s:%u: no line of a policy", file, line);
	}
	if (!err) {
		err = witness_logs(p, w->logs, &w->log_count);
		if (err)
			log_error("%s: too many keys of one log", file);
	}
	if (!err && !w->log_count) {
		log_error("%s: names no log", file);
		err = EINVAL;
	}
	free(text);
	free(p);
	return err;
}

static int load_key(struct witness *w, const char *file)
{
	int err = ledger_key_load(file, &w->signer);

	if (!err && w->signer.key.type != NOTE_COSIGNATURE) {
		note_signer_close(&w->signer);
		err = EBADMSG;
	}
	if (err)
		log_error("%s: %s", file,
			  err == EBADMSG ? "not a witness's key"
					 : strerror(err));
	return err;
}

static void wipe(char *text)
{
	if (text)
		sodium_memzero(text, strlen(text));
	free(text);
}

static int serve(struct witness *w, const struct witness_options *o)
{
	struct server_options s = { .listen = o->listen };
	int err = state_open(w, o->state);

	if (!err)
		err = read_text(o->certificate, PEM_MAX, &s.certificate);
	if (!err)
		err = read_text(o->tls_key, PEM_MAX, &s.key);
	if (!err)
		err = server_run(w, o->state, &s);
	free(s.certificate);
	wipe(s.key);
	return err;
}

int witness_main(int argc, char **argv)
{
	static struct witness w;
	static struct witness_options o;
	int err;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		(void)fputs(help, stdout);
		return FINE;
	}
	if (argc != 3 || strcmp(argv[1], "-c") != 0) {
		(void)fputs("vaxel witness: wants -c FILE; see --help\n",
			    stderr);
		return WRONG_USE;
	}
	log_open("witness", LOG_INFO);
	if (confine_first() || sodium_init() < 0 || secret_init(KEY_SLAB)) {
		log_error("cannot lock memory for keys");
		return FAILED;
	}
	err = options_load(argv[2], &o);
	if (!err)
		err = load_logs(&w, o.logs);
	if (!err)
		err = load_key(&w, o.key);
	if (!err) {
		err = serve(&w, &o);
		note_signer_close(&w.signer);
	}
	return err ? FAILED : FINE;
}
