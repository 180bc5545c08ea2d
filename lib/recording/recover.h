/*
 * recover -- what the keeper does for a recording that a power cut interrupted
 *
 * The recorder lost the keys with its memory and has the spool's records; the
 * keeper can unwrap the keys. It is fed the records of one recording, as bytes,
 * in this order: START, END where there is one, then the others as they lie in
 * the spool. What comes out, through `put`, is never plaintext:
 *
 *   no END among them   one END record, sealed, at RECOVER_AT_END. The
 *                       recorder makes it durable in its spool and asks again:
 *                       so a second power cut cannot end the body elsewhere.
 *   an END              the body's chunks, sealed, at their offsets in the
 *                       body (the nonce first); then the card at
 *                       RECOVER_AT_CARD and a summary at RECOVER_AT_SUMMARY
 *
 * All of it is a function of the records and of the END that was settled:
 * asked twice, the same bytes come (END: under another nonce). Records that
 * were withheld would make another END and with it another last chunk under
 * the same key and nonce; so `settle` remembers the one END of a recording,
 * durably, before anything that follows from it is put.
 *
 * DATA may overlap, since a recorder that died writes again what it does not
 * know to be durable; the body is one string and every DATA an excerpt of it.
 *
 * base says how much of the body's plaintext lies as whole chunks in the
 * store: the spool may have let go of the DATA before it.
 */
#ifndef VAXEL_RECORDING_RECOVER_H
#define VAXEL_RECORDING_RECOVER_H

#include "seal/envelope.h"
#include "seal/key.h"
#include "seal/spool.h"

#define RECOVER_AT_END ((uint64_t)1 << 62)
#define RECOVER_AT_CARD ((uint64_t)1 << 61) /* plus the offset in the card */
#define RECOVER_AT_SUMMARY ((uint64_t)1 << 60)
#define RECOVER_PIECE_MAX ((size_t)60000)

/*
 * Sealed bytes, RECOVER_PIECE_MAX at most, for RECOVERED.offset and .sealed.
 * Not 0: gives the whole recovery up with that error.
 */
typedef int recover_put_h(void *arg, uint64_t at, struct bytes sealed);

/*
 * Is this the recording's START, and its one END? record is END as it was fed;
 * empty: it is to be made, and *end becomes what was settled before. Durable
 * when it returns 0; EBADMSG: another one was settled.
 */
typedef int recover_settle_h(void *arg, struct bytes start, struct bytes record,
			     struct spool_end *end);

struct recover;

/* One of the identities opens it; they must outlive it. ENOMEM. */
int recover_new(struct recover **ret, const struct age_identity *identities,
		unsigned identity_count, uint64_t base, recover_put_h *put,
		recover_settle_h *settle, void *arg) CHECK_RESULT;

/* Wipes. NULL is fine. */
void recover_free(struct recover *r);

/*
 * More of the records, cut anywhere. After an error nothing more is taken.
 *
 * EBADMSG  not the records of one recording, or the START is forged; not the
 *          END that was settled
 * ENOKEY   sealed to somebody else
 * EPROTO   END says more than the records hold
 */
int recover_feed(struct recover *r, struct bytes piece) CHECK_RESULT;

/* That was all: ends the body. Errors as above. */
int recover_finish(struct recover *r) CHECK_RESULT;

/* What stands at RECOVER_AT_SUMMARY. */
struct recover_summary {
	uint64_t body_len; /* of the plaintext */
	uint64_t length_ms;
	uint8_t reason; /* enum record_end */
	uint64_t ended_ms;
};
#define RECOVER_SUMMARY_BYTES 25
int recover_summary_read(struct bytes sealed,
			 struct recover_summary *ret) CHECK_RESULT;

#endif
