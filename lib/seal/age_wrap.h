/*
 * age_wrap -- how age wraps a file key: shared by its reader and its writers
 */
#ifndef VAXEL_SEAL_AGE_WRAP_H
#define VAXEL_SEAL_AGE_WRAP_H

#include "seal/age.h"

#define AGE_SALT_BYTES 16
#define AGE_WRAPPED_BYTES (AGE_FILE_KEY_BYTES + 16)

/* HMAC-SHA-256 of the header under HKDF(fk, "", "header") */
void age_mac(const uint8_t fk[AGE_FILE_KEY_BYTES], struct bytes covered,
	     uint8_t ret_mac[AGE_MAC_BYTES]);

/* HKDF(shared, share || recipient, "age-encryption.org/v1/X25519") */
void age_wrap_key(const uint8_t shared[AGE_KEY_BYTES],
		  const uint8_t share[AGE_KEY_BYTES],
		  const struct age_recipient *recipient,
		  uint8_t ret_key[AGE_KEY_BYTES]);

/* scrypt(passphrase, "age-encryption.org/v1/scrypt" || salt, 2^work, 8, 1) */
int age_scrypt_key(struct text passphrase, const uint8_t salt[AGE_SALT_BYTES],
		   unsigned work, uint8_t ret_key[AGE_KEY_BYTES]) CHECK_RESULT;

/* ChaCha20-Poly1305 with a nonce of zeros: each key wraps once. */
void age_wrap(const uint8_t key[AGE_KEY_BYTES],
	      const uint8_t fk[AGE_FILE_KEY_BYTES],
	      uint8_t ret_body[AGE_WRAPPED_BYTES]);
int age_unwrap(const uint8_t key[AGE_KEY_BYTES],
	       const uint8_t body[AGE_WRAPPED_BYTES],
	       uint8_t ret_fk[AGE_FILE_KEY_BYTES]) CHECK_RESULT;

/* The ephemeral key of a stanza is not drawn: see seal/envelope.h. */
void age_ephemeral(const uint8_t fk[AGE_FILE_KEY_BYTES],
		   const struct age_recipient *to,
		   uint8_t ret_scalar[AGE_KEY_BYTES]);

/*
 * A header in three steps: first line, stanzas, MAC over all since `from`.
 * share is the ephemeral's public half, shared its product with `to`.
 * EMSGSIZE, from the last step.
 */
void age_header_begin(struct writer *w);
void age_header_stanza(const uint8_t fk[AGE_FILE_KEY_BYTES],
		       const struct age_recipient *to,
		       const uint8_t share[AGE_KEY_BYTES],
		       const uint8_t shared[AGE_KEY_BYTES], struct writer *w);
int age_header_finish(const uint8_t fk[AGE_FILE_KEY_BYTES], size_t from,
		      struct writer *w) CHECK_RESULT;

#endif
