/*
 * rewrap -- envelopes for new recipients, without a person who listens
 *
 * Only to recipients that two officers named in an entry of the log that a
 * checkpoint confirmed; only of a recording as the log has it; to its own
 * controller's recipients for its own month. The file keys stay as they are,
 * and so the body and the card's payload. Pure.
 */
#ifndef VAXEL_KEEPER_REWRAP_H
#define VAXEL_KEEPER_REWRAP_H

#include "ipc/values.h"
#include "process/keeper/unwrap.h"

struct rewrap {
	const struct unwrap *unwrap;
	uint64_t confirmed_size; /* of the log: entries before it count */
	const uint8_t *recording;
	struct bytes envelope;
	struct bytes card_envelope; /* empty: it has no card */
};

struct rewrapped {
	/* empty: it is made for the right recipients already */
	uint8_t envelope[ENVELOPE_MAX];
	size_t envelope_len;
	uint8_t card_envelope[ENVELOPE_MAX];
	size_t card_envelope_len;
	uint8_t bond[ROTATED_BOND];
};

/*
 * REFUSAL_NONE, or: no-entry two officers named nobody for this recording;
 * erased; locked no identity that opens it is unlocked; bad-envelope it is not
 * what the log has.
 */
enum refusal keeper_rewrap(const struct rewrap *q, struct rewrapped *ret);

#endif
