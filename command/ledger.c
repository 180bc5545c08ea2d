/*
 * ledger -- read, check and write logs of the tlog-tiles kind
 */
#include "command/ledger.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "tlog/folder_file.h"

static const char help[] =
	"usage: vaxel ledger verify DIR|URL --key VKEY [--policy FILE]\n"
	"           [--origin NAME] [--json]\n"
	"         Reads the whole log. stdout:\n"
	"           ok size=N root=B64 cosigned=K/N\n"
	"           bad entry=N REASON\n"
	"       vaxel ledger fsck DIR|URL --key VKEY [--policy FILE]\n"
	"           [--origin NAME] [--database FILE] [--resume FILE] "
	"[--json]\n"
	"         The same, and each entry held against the database of a "
	"node\n"
	"         that is stopped (STATE/ledger/db.sqlite): leaf, salt, "
	"details.\n"
	"         FILE keeps how far it was: named again, it goes on from "
	"there.\n"
	"       vaxel ledger append DIR --key-file FILE [--json]\n"
	"         Entries from stdin, one a line; then signs a checkpoint. "
	"DIR\n"
	"         is made where it is missing. stdout: size=N root=B64\n"
	"       vaxel ledger tail DIR|URL --key VKEY [--policy FILE]\n"
	"           [--origin NAME] [--lines N] [--follow]\n"
	"         The last entries, each checked against the checkpoint.\n"
	"       vaxel ledger prove DIR|URL ENTRY --key VKEY [--origin NAME]\n"
	"         Prints a proof that the entry is in the log (tlog-proof).\n"
	"       vaxel ledger check-proof FILE --key VKEY [--policy FILE]\n"
	"           [--origin NAME] [--json]\n"
	"         Entry on stdin, exactly its bytes.\n"
	"       vaxel ledger consistency DIR|URL CHECKPOINT --key VKEY\n"
	"           [--origin NAME] [--json]\n"
	"         Is the log a continuation of that older checkpoint?\n"
	"       vaxel ledger cosign DIR|URL --key VKEY --policy FILE [--ca "
	"FILE]\n"
	"         Asks each witness of the policy that has a URL; prints the\n"
	"         checkpoint with the cosignatures.\n"
	"\n"
	"The log of a node lies in STATE/ledger/log. VKEY is as vaxel init\n"
	"prints it. The origin is the key's name unless told otherwise.\n"
	"Exit status: 0 yes, 1 no, 2 wrong use.\n";

static const struct command subcommands[] = {
	{ "verify", NULL, ledger_verify },
	{ "fsck", NULL, ledger_fsck },
	{ "append", NULL, ledger_append },
	{ "tail", NULL, ledger_tail },
	{ "prove", NULL, ledger_prove },
	{ "check-proof", NULL, ledger_check_proof },
	{ "consistency", NULL, ledger_consistency },
	{ "cosign", NULL, ledger_cosign },
};

enum { SUBCOMMANDS = sizeof(subcommands) / sizeof(subcommands[0]) };

/* ---- options */

static const struct {
	const char *name;
	unsigned bit;
	size_t offset;
} valued[] = {
	{ "--key", LEDGER_KEY, offsetof(struct ledger_options, key) },
	{ "--key-file", LEDGER_KEY_FILE,
	  offsetof(struct ledger_options, key_file) },
	{ "--policy", LEDGER_POLICY,
	  offsetof(struct ledger_options, policy_file) },
	{ "--origin", LEDGER_ORIGIN, offsetof(struct ledger_options, origin) },
	{ "--lines", LEDGER_LINES, offsetof(struct ledger_options, lines) },
	{ "--database", LEDGER_DATABASE,
	  offsetof(struct ledger_options, database) },
	{ "--resume", LEDGER_RESUME, offsetof(struct ledger_options, resume) },
	{ "--ca", LEDGER_CA, offsetof(struct ledger_options, ca) },
};

/* How many arguments the option took; 0: it is none of ours. */
static int take_option(int left, char **argv, unsigned allowed,
		       struct ledger_options *ret)
{
	if ((allowed & LEDGER_JSON) && !strcmp(argv[0], "--json")) {
		ret->json = true;
		return 1;
	}
	if ((allowed & LEDGER_FOLLOW) && !strcmp(argv[0], "--follow")) {
		ret->follow = true;
		return 1;
	}
	for (size_t i = 0; i < sizeof(valued) / sizeof(valued[0]); i++) {
		if (!(allowed & valued[i].bit) ||
		    strcmp(argv[0], valued[i].name) != 0 || left < 2)
			continue;
		memcpy((char *)ret + valued[i].offset, &argv[1],
		       sizeof(argv[1]));
		return 2;
	}
	return 0;
}

int ledger_options(int argc, char **argv, unsigned allowed, unsigned words,
		   struct ledger_options *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (int i = 1; i < argc;) {
		int took = take_option(argc - i, argv + i, allowed, ret);

		if (!took && argv[i][0] != '-' && ret->word_count < words) {
			ret->words[ret->word_count++] = argv[i];
			took = 1;
		}
		if (!took) {
			(void)fprintf(stderr,
				      "vaxel ledger %s: cannot make sense of "
				      "%s\n",
				      argv[0], argv[i]);
			return EXIT_USAGE;
		}
		i += took;
	}
	if (ret->word_count == words)
		return EXIT_YES;
	(void)fprintf(stderr, "vaxel ledger %s: something is missing\n",
		      argv[0]);
	return EXIT_USAGE;
}

static int read_policy(const char *file, struct policy *ret)
{
	static char text[64 * 1024];
	unsigned line = 0;
	size_t len = 0;
	int err = file_read(AT_FDCWD, file, text, sizeof(text), &len);

	if (err) {
		(void)fprintf(stderr, "cannot read %s: %s\n", file,
			      strerror(err));
		return EXIT_USAGE;
	}
	if (!policy_read((struct text){ text, len }, ret, &line))
		return EXIT_YES;
	if (line)
		(void)fprintf(stderr, "%s:%u: no line of a policy\n", file,
			      line);
	else
		(void)fprintf(stderr, "%s: says no quorum\n", file);
	return EXIT_USAGE;
}

int ledger_trust(const struct ledger_options *o, struct ledger_trust *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (!o->key) {
		(void)fprintf(stderr, "--key is missing\n");
		return EXIT_USAGE;
	}
	if (note_key_read(text_of(o->key), &ret->key)) {
		(void)fprintf(stderr, "--key: not a verifier key\n");
		return EXIT_USAGE;
	}
	ret->verify.key = &ret->key;
	ret->verify.origin = o->origin ? o->origin : ret->key.name;
	if (!o->policy_file)
		return EXIT_YES;
	ret->verify.policy = &ret->policy;
	return read_policy(o->policy_file, &ret->policy);
}

/* ---- where the log is */

int ledger_log_open(struct ledger_log *l, const char *where)
{
	int err;

	memset(l, 0, sizeof(*l));
	l->folder.dir_fd = -1;
	if (!strncmp(where, "http://", 7) || !strncmp(where, "https://", 8)) {
		err = ledger_url_open(&l->url, where, &l->source);
	} else {
		err = folder_source_open(&l->folder, where);
		folder_log_source(&l->folder, &l->source);
	}
	if (!err)
		return EXIT_YES;
	(void)fprintf(stderr, "cannot open %s: %s\n", where, strerror(err));
	return EXIT_USAGE;
}

void ledger_log_close(struct ledger_log *l)
{
	folder_source_close(&l->folder);
	ledger_url_close(l->url);
}

int ledger_fetch(void *arg, const struct tile_name *name, uint8_t *ret,
		 size_t *ret_len)
{
	const struct log_source *s = arg;
	const size_t want = (size_t)name->width * MERKLE_HASH_BYTES;
	size_t len;
	int err = s->tile(s->arg, name, ret, TILE_BYTES, &len);

	if (!err)
		*ret_len = len == TILE_BYTES ? want : len;
	return err;
}

int ledger_say_bad(const struct verified *v, bool json)
{
	if (json)
		(void)printf("{\"ok\":false,\"entry\":%llu,\"reason\":\"%s\"}"
			     "\n",
			     (unsigned long long)v->entry, v->reason);
	else
		(void)printf("bad entry=%llu %s\n",
			     (unsigned long long)v->entry, v->reason);
	return EXIT_NO;
}

/* ---- */

int command_ledger(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--help")) {
			(void)fputs(help, stdout);
			return EXIT_YES;
		}
	if (argc < 2) {
		(void)fputs(help, stderr);
		return EXIT_USAGE;
	}
	if (sodium_init() < 0 || secret_init(16 * 1024)) {
		(void)fprintf(stderr, "cannot lock memory for keys\n");
		return EXIT_NO;
	}
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		if (!strcmp(argv[1], subcommands[i].name))
			return subcommands[i].run(argc - 1, argv + 1);
	(void)fprintf(stderr, "vaxel ledger: there is no %s\n", argv[1]);
	return EXIT_USAGE;
}
