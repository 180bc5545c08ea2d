/*
 * bech32 -- Bech32 (BIP 173) without its limit of 90 characters
 *
 * Pure. Age writes recipients in lower case and identities in upper case;
 * mixed case is refused, and so is padding that is not zero or too long.
 */
#ifndef VAXEL_SEAL_BECH32_H
#define VAXEL_SEAL_BECH32_H

#include "base/bytes.h"

#define BECH32_MAX 256 /* characters, of the whole string */

/* hrp in lower case; upper: write all of it in upper case. */
void bech32_write(struct writer *w, const char *hrp, bool upper, const void *p,
		  size_t len);

/*
 * ret_hrp points into t, in the case in which it stands there.
 * EBADMSG malformed; EMSGSIZE more than max bytes or BECH32_MAX characters.
 */
int bech32_read(struct text t, struct text *ret_hrp, uint8_t *to, size_t max,
		size_t *ret_len) CHECK_RESULT;

#endif
