/*
 * cosign -- ask a witness for its cosignature: the client's half of C2SP
 * tlog-witness
 *
 * Pure: it writes what to send and reads what came back, and whoever speaks
 * HTTPS stands between. Nothing need be known of the witness beforehand: its
 * first answer says which size it cosigned last, and the proof starts there.
 */
#ifndef VAXEL_TLOG_COSIGN_H
#define VAXEL_TLOG_COSIGN_H

#include "tlog/witness.h"

/* No good cosignature with the rest of an answer is longer. */
#define COSIGN_ANSWER_MAX (64 * 1024)

struct cosign {
	struct note_key witness;
	struct text note; /* our checkpoint, signed; stays the caller's */
	struct text text;
	uint64_t size;
	uint64_t old_size; /* what the witness has, as far as we know */
	unsigned asked;
};

enum cosign_outcome {
	COSIGN_DONE,
	COSIGN_AGAIN,   /* from another size: write the next request */
	COSIGN_REFUSED, /* it does not know us, or its answer is no good */
	COSIGN_AWAY,    /* nothing that a witness says; later, perhaps */
	COSIGN_BEHIND,  /* it has seen a larger log of ours: we were put back */
	COSIGN_FORKED,  /* what we show does not continue what it has seen */
};

/* EBADMSG: the note is no checkpoint. */
int cosign_begin(struct cosign *c, const struct note_key *witness,
		 struct text note) CHECK_RESULT;

/* The body of add-checkpoint; read as merkle_prove_consistency() has it. */
int cosign_request(struct cosign *c, merkle_read_h *read, void *arg,
		   struct writer *w) CHECK_RESULT;

/*
 * status   of HTTP; 0: there was no answer
 * line     the cosignature, as a line of the note, when DONE
 * ret_s    its time
 */
enum cosign_outcome cosign_answer(struct cosign *c, unsigned status,
				  struct text body, struct writer *line,
				  uint64_t *ret_s);

#endif
