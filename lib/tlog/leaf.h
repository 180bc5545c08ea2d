/*
 * leaf -- one entry of our ledger
 *
 * One JSON object without personal data, in exactly this spelling:
 *
 *   {"type":"call.answered","organisation":"Region X",
 *    "hour":"2026-11-21T22:00:00Z","commitment":"BASE64"}
 *
 * (on one line, no blanks; only " and \ are escaped). The commitment is
 * HMAC-SHA-256 under a random salt of 32 bytes over the exact bytes of the
 * details, which lie in the ledger's database. Whoever is given salt and
 * details can tell that they are the ones; whoever is not learns nothing. Pure.
 */
#ifndef VAXEL_TLOG_LEAF_H
#define VAXEL_TLOG_LEAF_H

#include "base/bytes.h"

#define LEAF_MAX 512
#define LEAF_SALT_BYTES 32
#define LEAF_COMMITMENT_BYTES 32
#define LEAF_ORGANISATION_MAX 65
#define LEAF_TYPE_MAX 33

struct leaf {
	char type[LEAF_TYPE_MAX];
	char organisation[LEAF_ORGANISATION_MAX];
	int64_t hour_ms; /* wall clock, a whole hour */
	uint8_t commitment[LEAF_COMMITMENT_BYTES];
};

void leaf_commit(const uint8_t salt[LEAF_SALT_BYTES], struct text details,
		 uint8_t ret[LEAF_COMMITMENT_BYTES]);

/* at_ms is cut to its hour (UTC). EINVAL for a text that cannot stand here. */
int leaf_write(struct writer *w, struct text type, struct text organisation,
	       int64_t at_ms,
	       const uint8_t commitment[LEAF_COMMITMENT_BYTES]) CHECK_RESULT;

/* Any other spelling is EBADMSG. */
int leaf_read(struct text t, struct leaf *ret) CHECK_RESULT;

/* Are these the details that the leaf commits to? EBADMSG if not. */
int leaf_check(const struct leaf *leaf, const uint8_t salt[LEAF_SALT_BYTES],
	       struct text details) CHECK_RESULT;

#endif
