/*
 * self -- what the files of the witness share
 */
#ifndef VAXEL_PROCESS_WITNESS_SELF_H
#define VAXEL_PROCESS_WITNESS_SELF_H

#include <limits.h>
#include <stdio.h>

#include "tlog/witness.h"

struct witness {
	struct note_signer signer;
	struct witness_log logs[POLICY_LOGS];
	unsigned log_count;
	int state_fd;
};

/* ---- options.c: what vaxel witness is told by its file */

struct witness_options {
	char key[PATH_MAX], logs[PATH_MAX], state[PATH_MAX];
	char certificate[PATH_MAX], tls_key[PATH_MAX]; /* PEM */
	char listen[PATH_MAX];                         /* HOST:PORT */
};

/* Says in the log what is wrong. */
int options_load(const char *file, struct witness_options *ret) CHECK_RESULT;

/* ---- state.c: STATE/<origin hash>/checkpoint, as it is served */

#define WITNESS_HASH_CHARS 64

/* SHA-256 of the origin, in hex. */
void state_hash(const char *origin, char to[WITNESS_HASH_CHARS + 1]);

/*
 * Lock the folder, which must be there, and take up what it says of each log;
 * give it to the user that the witness becomes. Says on stderr why not.
 */
int state_open(struct witness *w, const char *dir) CHECK_RESULT;

/* Durable on return. */
int state_keep(struct witness *w, const struct witness_log *l,
	       struct text note) CHECK_RESULT;

/* Two checkpoints of one size: proof that the log forked. The first stays. */
void state_keep_fork(struct witness *w, const struct witness_log *l,
		     struct text body);

/* Does such a proof lie there? */
bool state_has_fork(const struct witness *w, const struct witness_log *l);

/* ENOENT when nothing was cosigned yet. */
int state_read(struct witness *w, const struct witness_log *l, char *buf,
	       size_t max, size_t *ret_len) CHECK_RESULT;

/* ---- answer.c: what is said to whom, without HTTP */

struct answer {
	unsigned status;
	const char *type;
	struct text body; /* lives until the next answer */
};

/* The body of add-checkpoint. */
struct answer answer_add(struct witness *w, struct text body, int64_t now_ms);

/* GET of that path, which begins with a slash. */
struct answer answer_get(struct witness *w, struct text path);

struct answer answer_plain(unsigned status, const char *text);

/* ---- page.c: each log's last checkpoint, and when */
void page_write(const struct witness *w, struct writer *to, uint64_t now_s);
void page_style(struct writer *to);

/* ---- server.c */
struct server_options {
	const char *listen;      /* HOST:PORT */
	char *certificate, *key; /* PEM */
};

/*
 * Listen, confine, say that it is ready, serve until told to stop. The exit
 * status is an errno value.
 */
int server_run(struct witness *w, const char *state_dir,
	       const struct server_options *o) CHECK_RESULT;

#endif
