/*
 * proof -- that an entry is in a log, in one text (C2SP tlog-proof)
 *
 * Header, an optional line of extra data (which nothing vouches for), index,
 * hashes, and the signed checkpoint. Pure.
 */
#ifndef VAXEL_TLOG_PROOF_H
#define VAXEL_TLOG_PROOF_H

#include "tlog/merkle.h"

struct tlog_proof {
	struct text extra; /* base64 as it stands; empty: none */
	uint64_t index;
	struct merkle_proof path;
	struct text checkpoint; /* a note, as it stands */
};

/* Points into the text. EBADMSG; checks neither path nor checkpoint. */
int tlog_proof_read(struct text t, struct tlog_proof *ret) CHECK_RESULT;

int tlog_proof_write(struct writer *w, const struct tlog_proof *p) CHECK_RESULT;

#endif
