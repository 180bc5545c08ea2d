/*
 * sealer -- sealed boxes to one provider, at a third of their cost
 *
 * What crypto_box_seal() gives: X25519 with an ephemeral key, then XSalsa20 and
 * Poly1305 under a nonce made of both public keys; the provider opens it with
 * crypto_box_seal_open(). The two multiplications come from tables of the base
 * and of the provider's key (seal/comb.h); where there can be none, libsodium's
 * own box is made.
 */
#ifndef VAXEL_HANDOVER_SEALER_H
#define VAXEL_HANDOVER_SEALER_H

#include "seal/key.h"

struct handover_sealer;

/* ENOMEM. Takes some milliseconds and 60 kB. */
int handover_sealer_new(struct handover_sealer **ret,
			const struct age_recipient *to) CHECK_RESULT;
void handover_sealer_free(struct handover_sealer *s);

/* to has room for len and crypto_box_SEALBYTES more. EINVAL: no such key. */
int handover_seal(const struct handover_sealer *s, const uint8_t *plain,
		  size_t len, uint8_t *to) CHECK_RESULT;

#endif
