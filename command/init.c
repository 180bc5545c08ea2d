/*
 * init -- a folder with a configuration that passes check, and its keys
 *
 * Secrets are shown once and kept nowhere: the keeper's passphrase and the
 * recovery key. What must lie on disk is made 0600.
 */
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/fd.h"
#include "base/secret.h"
#include "command/command.h"
#include "command/init_texts.h"
#include "release/identity.h"
#include "release/pin.h"
#include "settings/settings.h"
#include "tlog/folder.h"

enum { GIVEN_RECIPIENTS = 4, AGENTS = 2 };

struct init {
	const char *dir;
	enum node_role role;
	const char *role_text;
	const char *listen;
	const char *given[GIVEN_RECIPIENTS];
	unsigned given_count;
	bool json;
	char state[PATH_MAX];
	char origin[64];
	char vkey[NOTE_KEY_TEXT_MAX];
	char handover[NOTE_KEY_TEXT_MAX];
	char passphrase[PASSPHRASE_MAX];
	char controller[AGE_RECIPIENT_CHARS + 1];
	char recovery[AGE_RECIPIENT_CHARS + 1];
	char recovery_identity[AGE_IDENTITY_CHARS + 1];
};

static int fail(const char *what, int err)
{
	(void)fprintf(stderr, "vaxel init: %s: %s\n", what,
		      err == EEXIST ? "exists already; choose a new folder"
				    : strerror(err));
	return EXIT_NO;
}

static bool answers(const struct init *i)
{
	return i->role == NODE_ONE_MACHINE || i->role == NODE_SUPPLIER;
}

static bool holds_keys(const struct init *i)
{
	return i->role == NODE_ONE_MACHINE || i->role == NODE_PROVIDER;
}

/* dir/name, with what is in `text`, for its owner alone. */
static int write_file(const char *dir, const char *name, const char *text)
{
	char path[PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return fd_write_new(path, text, strlen(text));
}

static int make_folders(struct init *i)
{
	/* the processes' users must be able to pass through to state */
	static const struct {
		const char *name;
		mode_t mode;
	} below[] = { { "", 0755 },
		      { "/keys", 0700 },
		      { "/passwords", 0700 },
		      { "/state", 0755 } };
	char path[PATH_MAX + 64];

	for (size_t k = 0; k < sizeof(below) / sizeof(below[0]); k++) {
		(void)snprintf(path, sizeof(path), "%s%s", i->dir,
			       below[k].name);
		if (mkdir(path, below[k].mode) && (errno != EEXIST || k))
			return errno;
	}
	(void)snprintf(i->state, sizeof(i->state), "%s/state", i->dir);
	return 0;
}

static int make_recovery(struct init *i)
{
	struct age_identity identity = { 0 };
	struct writer w = writer_on(i->recovery_identity, AGE_IDENTITY_CHARS);
	int err = age_identity_new(&identity);

	if (err)
		return err;
	age_identity_write(&identity, &w);
	age_recipient_text(&identity.recipient, i->recovery);
	age_identity_close(&identity);
	return writer_finish(&w);
}

/* What signs tokens at a national node, receipts where calls are answered. */
static int make_handover(struct init *i)
{
	char path[PATH_MAX + 64], name[96];

	if (i->role == NODE_PROVIDER)
		return 0;
	(void)snprintf(path, sizeof(path), "%s/keys/handover.key", i->dir);
	(void)snprintf(name, sizeof(name), "%s/handover", i->origin);
	return ledger_key_new(path, NOTE_ED25519, name, i->handover);
}

static int make_keys(struct init *i)
{
	char path[PATH_MAX + 64];
	int err;

	(void)snprintf(path, sizeof(path), "%s/ledger", i->state);
	err = ledger_init(path, i->origin, i->vkey);
	if (!err && holds_keys(i))
		err = pin_log(i->state, i->vkey);
	(void)snprintf(path, sizeof(path), "%s/keys/identity.age", i->dir);
	if (!err && holds_keys(i))
		err = key_make_identity(path, i->passphrase, i->controller);
	if (!err && holds_keys(i))
		err = make_recovery(i);
	return err ? err : make_handover(i);
}

static int make_passwords(struct init *i)
{
	int err = 0;

	for (int n = 1; !err && n <= AGENTS; n++) {
		char name[32], password[ID_CHARS + 2];
		uint8_t random[ID_BYTES];

		id_new(random);
		id_text(random, password);
		(void)snprintf(name, sizeof(name), "passwords/agent%d", n);
		err = write_file(i->dir, name, password);
		sodium_memzero(password, sizeof(password));
	}
	return err;
}

/* ---- the configuration */

/* Beside the program when it was not installed. */
static void write_data(FILE *f)
{
	char exe[PATH_MAX], data[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (!access(VAXEL_DATA "/municipalities.tsv", R_OK) || n <= 0)
		return;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return;
	*slash = '\0';
	(void)snprintf(data, sizeof(data), "%s/../data", exe);
	if (!access(data, R_OK))
		(void)fprintf(f, "data = \"%s\"\n", data);
}

static void write_recipients(const struct init *i, FILE *f)
{
	if (!i->given_count && holds_keys(i)) {
		(void)fprintf(f,
			      "\n# Whoever opens a recording needs one of "
			      "these; two, so that one lost key loses\n# "
			      "nothing. The second is the recovery key, kept "
			      "offline.\nrecipient controller {\n\tkey = "
			      "\"%s\"\n}\nrecipient recovery {\n\tkey = "
			      "\"%s\"\n}\n",
			      i->controller, i->recovery);
		return;
	}
	for (unsigned k = 0; k < i->given_count; k++)
		(void)fprintf(f, "recipient r%u {\n\tkey = \"%s\"\n}\n", k + 1,
			      i->given[k]);
}

static void write_agents(FILE *f)
{
	(void)fprintf(f, "\n# Nurses' phones: SIP accounts, never names of "
			 "people.\n");
	for (int n = 1; n <= AGENTS; n++)
		(void)fprintf(f,
			      "agent agent%d {\n\tpassword-file = "
			      "\"passwords/agent%d\"\n}\n",
			      n, n);
}

static int write_configuration(const struct init *i)
{
	char path[PATH_MAX + 64];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/vaxel.conf", i->dir);
	f = fopen(path, "wxe");
	if (!f)
		return errno;
	(void)fprintf(f,
		      "# See vaxel.conf(5). Paths are relative to this "
		      "file's folder.\nrole = %s\norganisation = "
		      "\"My organisation\"\nlog-origin = \"%s\"\n",
		      i->role_text, i->origin);
	if (i->role != NODE_PROVIDER)
		(void)fputs("handover-key = \"keys/handover.key\"\n", f);
	write_data(f);
	(void)fprintf(f, "\nsip {\n\tlisten = { \"%s\" }\n}\n", i->listen);
	if (answers(i)) {
		(void)fputs(init_media, f);
		(void)fputs(init_answering, f);
		write_agents(f);
		write_recipients(i, f);
	}
	if (i->role == NODE_NATIONAL)
		(void)fputs(init_national, f);
	if (holds_keys(i))
		(void)fputs("\nkeeper {\n\tidentity = "
			    "\"keys/identity.age\"\n}\n",
			    f);
	return fclose(f) ? errno : 0;
}

/* ---- what is said once */

static void tell(const struct init *i)
{
	if (i->json) {
		(void)printf("{\"configuration\":\"%s/vaxel.conf\","
			     "\"log_key\":\"%s\"",
			     i->dir, i->vkey);
		if (i->handover[0])
			(void)printf(",\"handover_key\":\"%s\"", i->handover);
		if (holds_keys(i))
			(void)printf(",\"passphrase\":\"%s\",\"recipient\":"
				     "\"%s\",\"recovery_recipient\":\"%s\","
				     "\"recovery_identity\":\"%s\"",
				     i->passphrase, i->controller, i->recovery,
				     i->recovery_identity);
		(void)puts("}");
		return;
	}
	(void)printf("%s/vaxel.conf describes the node; its log is verified "
		     "with\n  %s\n",
		     i->dir, i->vkey);
	if (i->handover[0])
		(void)printf("what it signs of hand-overs, with\n  %s\n",
			     i->handover);
	if (holds_keys(i))
		(void)printf("\nShown once and kept nowhere. Write both down, "
			     "on paper, in two places:\n  passphrase of the "
			     "keeper   %s\n  recovery key            %s\n"
			     "\nUnlock the keeper after each start:\n  vaxel "
			     "key unlock -c %s/vaxel.conf\n",
			     i->passphrase, i->recovery_identity, i->dir);
	if (holds_keys(i) && !answers(i))
		(void)printf("\nThe machine that records gets public keys "
			     "alone:\n  vaxel init DIR --role supplier "
			     "--recipient %s --recipient %s\n",
			     i->controller, i->recovery);
	(void)printf("\nNext:\n  vaxel check -c %s/vaxel.conf\n  vaxel run -c "
		     "%s/vaxel.conf\n",
		     i->dir, i->dir);
}

static int usage(FILE *to)
{
	(void)fputs("usage: vaxel init DIR --role "
		    "national|supplier|provider|one-machine\n"
		    "                  [--listen udp:ADDRESS:PORT] "
		    "[--recipient age1...]... [--json]\n\n"
		    "Makes DIR with a configuration and its keys. Passphrase "
		    "and recovery key are\nshown once. A supplier holds no "
		    "key: give the controller's two recipients.\n",
		    to);
	return to == stdout ? EXIT_YES : EXIT_USAGE;
}

static bool take_role(struct init *i, const char *word)
{
	static const struct {
		const char *word;
		enum node_role role;
	} roles[] = { { "national", NODE_NATIONAL },
		      { "supplier", NODE_SUPPLIER },
		      { "provider", NODE_PROVIDER },
		      { "one-machine", NODE_ONE_MACHINE } };

	for (size_t k = 0; k < sizeof(roles) / sizeof(roles[0]); k++)
		if (!strcmp(roles[k].word, word)) {
			i->role = roles[k].role;
			i->role_text = roles[k].word;
			return true;
		}
	return false;
}

static bool take_arguments(struct init *i, int argc, char **argv)
{
	for (int k = 1; k < argc && argv[k]; k++) {
		const char *value = k + 1 < argc ? argv[k + 1] : NULL;

		if (!strcmp(argv[k], "--json")) {
			i->json = true;
		} else if (!strcmp(argv[k], "--role") && value) {
			if (!take_role(i, value))
				return false;
			k++;
		} else if (!strcmp(argv[k], "--listen") && value) {
			i->listen = value;
			k++;
		} else if (!strcmp(argv[k], "--recipient") && value &&
			   i->given_count < GIVEN_RECIPIENTS) {
			i->given[i->given_count++] = value;
			k++;
		} else if (argv[k][0] != '-' && !i->dir) {
			i->dir = argv[k];
		} else {
			return false;
		}
	}
	return i->dir && i->role_text;
}

int command_init(int argc, char **argv)
{
	struct init i = { .listen = "udp:127.0.0.1:5060" };
	int err;

	if (argc == 2 && !strcmp(argv[1], "--help"))
		return usage(stdout);
	if (!take_arguments(&i, argc, argv))
		return usage(stderr);
	if (i.role == NODE_SUPPLIER && i.given_count < 2) {
		(void)fputs("vaxel init: a supplier needs the controller's "
			    "recipients: give --recipient twice\n",
			    stderr);
		return EXIT_USAGE;
	}
	if (sodium_init() < 0 || secret_init(64 * 1024))
		return fail("cannot lock memory", ENOMEM);
	(void)snprintf(i.origin, sizeof(i.origin), "vaxel.example/%s",
		       i.role_text);
	err = make_folders(&i);
	if (err)
		return fail("the folder", err);
	err = make_keys(&i);
	if (err)
		return fail("the keys", err);
	err = answers(&i) ? make_passwords(&i) : 0;
	if (!err)
		err = write_configuration(&i);
	if (err)
		return fail("the configuration", err);
	tell(&i);
	sodium_memzero(&i, sizeof(i));
	return EXIT_YES;
}
