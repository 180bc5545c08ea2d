/*
 * rotated -- recordings whose envelopes were made anew, a batch
 *
 * Details of key.rotated:
 *
 *   {"count":N,"rows":B64}
 *
 * where a row is 16 bytes recording, 32 SHA-256 of its envelope, 32 SHA-256 of
 * its card's envelope (zeros: it has no card), 16 bond.
 *
 * The envelope of the audio needs no word of the log: its file key is held to
 * the key check that was logged at capture. A card's file key has no such
 * check, and the digest that held it is that of an envelope which is no more.
 * So whoever makes both anew binds one to the other:
 *
 *   bond = HMAC-SHA-256(HKDF(fk, "", "vaxel/bond/1"), card's fk)[:16]
 *
 * which nobody makes who has not opened both. Pure.
 */
#ifndef VAXEL_RELEASE_ROTATED_H
#define VAXEL_RELEASE_ROTATED_H

#include "base/bytes.h"
#include "seal/age.h"

#define ROTATED_ROWS_MAX 32
#define ROTATED_BOND 16
#define ROTATED_ROW (16 + 32 + 32 + ROTATED_BOND)
#define ROTATED_DETAILS_MAX (ROTATED_ROWS_MAX * ROTATED_ROW / 3 * 4 + 64)

struct rotated_row {
	uint8_t recording[16];
	uint8_t envelope_sha256[32];
	uint8_t card_envelope_sha256[32];
	uint8_t bond[ROTATED_BOND];
};

struct rotated {
	unsigned count; /* 1 to ROTATED_ROWS_MAX */
	struct rotated_row rows[ROTATED_ROWS_MAX];
};

int rotated_write(struct writer *w, const struct rotated *r) CHECK_RESULT;

/* EBADMSG */
int rotated_read(struct text details, struct rotated *ret) CHECK_RESULT;

void rotated_bond(const uint8_t fk[AGE_FILE_KEY_BYTES],
		  const uint8_t card_fk[AGE_FILE_KEY_BYTES],
		  uint8_t ret[ROTATED_BOND]);

#endif
