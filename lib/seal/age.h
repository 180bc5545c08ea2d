/*
 * age -- the header of an age v1 file (https://age-encryption.org/v1)
 *
 * Pure: bytes in, structs out. The reader is strict (canonical base64, lines
 * of 64, no trailing junk) and bounded. Understood are X25519 stanzas and
 * scrypt; others are checked for form and passed over. What follows the
 * header, the payload, is seal/stream.h.
 *
 * Errors: EBADMSG malformed, or forged: the MAC does not fit; EMSGSIZE over a
 * limit; ENOKEY well formed, but not for this identity or passphrase.
 */
#ifndef VAXEL_SEAL_AGE_H
#define VAXEL_SEAL_AGE_H

#include "base/bytes.h"
#include "seal/key.h"

#define AGE_FILE_KEY_BYTES 16
#define AGE_NONCE_BYTES 16
#define AGE_MAC_BYTES 32
#define AGE_HEADER_MAX ((size_t)64 * 1024)
#define AGE_STANZAS_MAX 64
#define AGE_ARGS_MAX 4   /* kept; a stanza may have more */
#define AGE_BODY_KEPT 64 /* bytes of a stanza's body that are kept */

struct age_stanza {
	struct text args[AGE_ARGS_MAX]; /* args[0] is the type */
	size_t arg_count;               /* as found, may pass AGE_ARGS_MAX */
	uint8_t body[AGE_BODY_KEPT];
	size_t body_len; /* as found, may pass AGE_BODY_KEPT */
};

struct age_header {
	struct age_stanza stanzas[AGE_STANZAS_MAX];
	size_t stanza_count;
	struct bytes covered; /* what the MAC covers: up to and with "---" */
	uint8_t mac[AGE_MAC_BYTES];
	size_t len; /* the payload begins here */
};

/* Texts in ret point into `in`, which may hold the payload too. */
int age_header_read(struct bytes in, struct age_header *ret) CHECK_RESULT;

/* The file key, by one of count identities; then the MAC is checked. */
int age_header_unwrap(const struct age_header *h,
		      const struct age_identity *identities, size_t count,
		      uint8_t ret_fk[AGE_FILE_KEY_BYTES]) CHECK_RESULT;

/*
 * Passphrase files: one scrypt stanza alone. It takes 2^(work + 10) bytes of
 * memory for the time of the call; a file that asks for more than max_work
 * gives EMSGSIZE before anything is computed. ENOMEM.
 */
#define AGE_WORK_USUAL 18
#define AGE_WORK_MAX 22
int age_header_unwrap_passphrase(
	const struct age_header *h, struct text passphrase, unsigned max_work,
	uint8_t ret_fk[AGE_FILE_KEY_BYTES]) CHECK_RESULT;

/* A header for n recipients, in their order; see seal/envelope.h for how the
 * ephemeral keys come about. ENOKEY n is 0; EBADMSG a recipient of low order.
 */
int age_header_write(const uint8_t fk[AGE_FILE_KEY_BYTES],
		     const struct age_recipient *recipients, size_t n,
		     struct writer *w) CHECK_RESULT;

int age_header_write_passphrase(const uint8_t fk[AGE_FILE_KEY_BYTES],
				struct text passphrase, unsigned work,
				struct writer *w) CHECK_RESULT;

/* "-----BEGIN AGE ENCRYPTED FILE-----": is this armor, blanks before it aside?
 */
bool age_is_armor(struct bytes in);

/* Armor to the binary file. EBADMSG; EMSGSIZE when it does not fit. */
int age_armor_read(struct bytes in, struct writer *w) CHECK_RESULT;

#endif
