/*
 * comb -- X25519 with points that are known beforehand
 *
 * A recording's stanzas multiply the same few points, the base point and the
 * configured recipients, by ever new scalars; and with X25519 from a library
 * that was half the CPU time that a recorded call may cost. With a table of
 * multiples a point is multiplied four times as fast, and a batch shares one
 * inversion. The result is exactly that of crypto_scalarmult(), which stays
 * the reference: comb_new() compares the two, and so do the tests, at length.
 *
 * The table works on the Edwards form of the curve (RFC 7748 section 4.1), with
 * complete formulas and without branches or indices that depend on a scalar.
 */
#ifndef VAXEL_SEAL_COMB_H
#define VAXEL_SEAL_COMB_H

#include "base/bytes.h"

#define COMB_BATCH_MAX 16

struct comb; /* about 30 kB */

/*
 * EINVAL: the point lies on the twist or is of low order, or the comparison
 * with libsodium failed: use that instead. ENOMEM. Takes about 2 ms.
 */
int comb_new(struct comb **ret, const uint8_t point[32]) CHECK_RESULT;
void comb_free(struct comb *c);

struct comb_job {
	const struct comb *comb;
	const uint8_t *scalar; /* 32 bytes, clamped here */
	uint8_t *out;          /* 32 bytes */
};

/* At most COMB_BATCH_MAX. EBADMSG: a result is zero; none counts then. */
int comb_multiply(const struct comb_job *jobs, size_t n) CHECK_RESULT;

#endif
