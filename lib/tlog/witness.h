/*
 * witness -- may this checkpoint be cosigned? (C2SP tlog-witness)
 *
 * A witness remembers of each log the last checkpoint that it cosigned, and
 * cosigns another only when a proof shows that it continues that one. So no
 * two checkpoints that it cosigned contradict each other. The judgement is pure
 * and changes nothing: whoever asked makes the new state durable first, and
 * only then answers.
 *
 * Cosignatures are of type 04 (Ed25519); ML-DSA-44, which the specification
 * recommends beside it, is in none of the libraries that we stand on.
 */
#ifndef VAXEL_TLOG_WITNESS_H
#define VAXEL_TLOG_WITNESS_H

#include "tlog/checkpoint.h"
#include "tlog/policy.h"

#define WITNESS_KEYS 4
#define WITNESS_PROOF_MAX 63
#define WITNESS_BODY_MAX (NOTE_MAX + 4096)
#define WITNESS_NOTE_MAX (NOTE_MAX + 512)

struct witness_log {
	char origin[NOTE_NAME_MAX];
	struct note_key keys[WITNESS_KEYS]; /* one of them must have signed */
	unsigned key_count;

	/* the last that was cosigned; nothing yet: 0 and cosigned_s 0 */
	uint64_t size;
	struct merkle_hash root;
	uint64_t cosigned_s;
};

/*
 * The logs of a policy, those of one name with their keys together. EMSGSIZE
 * when one has more than WITNESS_KEYS.
 */
int witness_logs(const struct policy *p, struct witness_log ret[POLICY_LOGS],
		 unsigned *ret_count) CHECK_RESULT;

/* The log of that origin, or NULL. */
struct witness_log *witness_find(struct witness_log *logs, unsigned count,
				 struct text origin);

/* What is sent to add-checkpoint. Points into the bytes that were read. */
struct witness_request {
	uint64_t old_size;
	struct merkle_proof proof;
	struct text note;
};

/* EBADMSG; checks neither proof nor note. */
int witness_request_read(struct text body,
			 struct witness_request *ret) CHECK_RESULT;
int witness_request_write(struct writer *w,
			  const struct witness_request *r) CHECK_RESULT;

enum witness_status {
	WITNESS_OK = 200,
	WITNESS_MALFORMED = 400,
	WITNESS_NOT_SIGNED = 403,
	WITNESS_UNKNOWN_LOG = 404,
	WITNESS_CONFLICT = 409, /* its size is not what the sender thinks */
	WITNESS_INCONSISTENT = 422,
};

struct witness_verdict {
	enum witness_status status;
	const char *why;         /* a sentence; NULL for OK */
	struct witness_log *log; /* NULL: malformed or unknown */
	struct checkpoint checkpoint;
	struct note note;
};

void witness_judge(struct witness_log *logs, unsigned count, struct text body,
		   struct witness_verdict *ret);

/*
 * Cosign what was judged OK.
 *
 * note   the checkpoint as it is kept and served: text, the log's signatures,
 *        ours
 * lines  what is answered
 */
int witness_cosign(const struct witness_verdict *v,
		   const struct note_signer *signer, uint64_t now_s,
		   struct writer *note, struct writer *lines) CHECK_RESULT;

/* That it was cosigned, once the note is durable. */
void witness_advance(const struct witness_verdict *v, uint64_t now_s);

/*
 * Take up a kept note again. EBADMSG when it is no checkpoint of this log, or
 * not signed by it. The time is that of `own`'s cosignature, if there is one.
 */
int witness_resume(struct witness_log *l, const struct note_key *own,
		   struct text note) CHECK_RESULT;

#endif
