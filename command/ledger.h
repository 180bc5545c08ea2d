/*
 * ledger -- what the ledger's subcommands have in common
 */
#ifndef VAXEL_COMMAND_LEDGER_H
#define VAXEL_COMMAND_LEDGER_H

#include "command/command.h"
#include "tlog/folder.h"

/* A log in a folder or behind a URL. */
struct ledger_log {
	struct folder_source folder;
	void *url; /* NULL for a folder */
	struct log_source source;
};

/* Says on stderr why not, and gives EXIT_NO or EXIT_USAGE. */
int ledger_log_open(struct ledger_log *l, const char *where);
void ledger_log_close(struct ledger_log *l);

/* A tile_fetch_h; arg is a struct log_source. */
int ledger_fetch(void *arg, const struct tile_name *name, uint8_t *ret,
		 size_t *ret_len);

/* In ledger_url.c; errno values. */
int ledger_url_open(void **ret, const char *url, struct log_source *source);
void ledger_url_close(void *url);

/* Options that more than one of them take. */
struct ledger_options {
	const char *words[2]; /* what is no option */
	unsigned word_count;
	const char *key, *key_file, *policy_file, *origin;
	const char *lines, *database, *resume, *ca;
	bool json, follow;
};

/*
 * Which may be given: a bit set. EXIT_YES, or EXIT_USAGE after saying why.
 */
enum {
	LEDGER_KEY = 1 << 0,
	LEDGER_KEY_FILE = 1 << 1,
	LEDGER_POLICY = 1 << 2,
	LEDGER_ORIGIN = 1 << 3,
	LEDGER_JSON = 1 << 4,
	LEDGER_LINES = 1 << 5,
	LEDGER_FOLLOW = 1 << 6,
	LEDGER_DATABASE = 1 << 7,
	LEDGER_RESUME = 1 << 8,
	LEDGER_CA = 1 << 9,
};
int ledger_options(int argc, char **argv, unsigned allowed, unsigned words,
		   struct ledger_options *ret);

/* --key, --origin and --policy as a struct verify. */
struct ledger_trust {
	struct note_key key;
	struct policy policy;
	struct verify verify;
};
int ledger_trust(const struct ledger_options *o, struct ledger_trust *ret);

/* "bad entry=N REASON", or the same as an object. EXIT_NO. */
int ledger_say_bad(const struct verified *v, bool json);

/* "ok size=N ...", or the same as an object. */
void ledger_say_ok(const struct verified *v, const struct policy *p, bool json);

/* Progress for whoever waits, on a terminal's stderr. */
struct ledger_shown {
	uint64_t started_ms, last_ms;
};
void ledger_show_progress(struct verify *v, struct ledger_shown *s);

command_run_h ledger_verify, ledger_append, ledger_tail, ledger_prove,
	ledger_check_proof, ledger_consistency, ledger_fsck, ledger_cosign;

#endif
