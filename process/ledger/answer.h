/*
 * answer -- how an ask is answered, and who answers which
 *
 * A room answers one kind of asks: it walks the database or the log and writes
 * one JSON object with what is here. ENOENT says "not-found", EINVAL
 * "malformed", EMSGSIZE "unavailable"; any other error is one of the book.
 */
#ifndef VAXEL_PROCESS_LEDGER_ANSWER_H
#define VAXEL_PROCESS_LEDGER_ANSWER_H

#include <jansson.h>

#include "process/ledger/ask.h"

/* What an answer is made from. */
struct answer {
	struct book *book;
	const struct ask *ask;
	struct writer *w;
	uint64_t size;  /* of the last checkpoint: nothing beyond is said */
	uint64_t count; /* of rows written, to a list */
	uint64_t next;
	uint8_t last[ID_BYTES];
	bool full;
};

/* ---- answer.c: JSON out; NULL when there is no memory */

json_t *answer_base64(const void *p, size_t len);
json_t *answer_hex(struct bytes b); /* of none: null */
json_t *answer_id(const uint8_t id[ID_BYTES]);
json_t *answer_text(struct text t);
json_t *answer_number(uint64_t v);
json_t *answer_note(struct book *b); /* the checkpoint */

/* Write and let go of o. EMSGSIZE leaves w as it was. */
int answer_put(struct writer *w, json_t *o) CHECK_RESULT;

/* One more of a list. ECANCELED: the page is full, which ends the walk. */
int answer_row(struct answer *a, json_t *o) CHECK_RESULT;

/* ---- answer_recordings.c */

json_t *answer_recording_json(const struct database_recording *r);
int answer_recordings(struct answer *a) CHECK_RESULT;
int answer_recording(struct answer *a) CHECK_RESULT; /* its envelope too */
int answer_count(struct answer *a) CHECK_RESULT;
int answer_kept(struct answer *a) CHECK_RESULT;

/* ---- answer_feed.c */

int answer_feed(struct answer *a) CHECK_RESULT;
int answer_taken(struct answer *a) CHECK_RESULT;

/* ---- answer_rotate.c */

int answer_envelopes(struct answer *a) CHECK_RESULT;
int answer_rotate(struct answer *a) CHECK_RESULT;
int answer_find(struct answer *a) CHECK_RESULT;

/* ---- answer_entries.c */

int answer_append(struct answer *a) CHECK_RESULT;
int answer_entries(struct answer *a) CHECK_RESULT;
int answer_details(struct answer *a) CHECK_RESULT;
int answer_users(struct answer *a) CHECK_RESULT;
int answer_accesses(struct answer *a) CHECK_RESULT;
int answer_call(struct answer *a) CHECK_RESULT;

/* ---- answer_act.c */

int answer_act(struct answer *a) CHECK_RESULT;

/* ---- answer_proofs.c */

int answer_checkpoint(struct answer *a) CHECK_RESULT;
int answer_proof(struct answer *a) CHECK_RESULT;
int answer_consistency(struct answer *a) CHECK_RESULT;

#endif
