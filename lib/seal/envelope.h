/*
 * envelope -- the keys of a recording, and to whom they are sealed
 *
 * Random are the file key fk and the payload nonce pn. From them:
 *
 *   payload key   HKDF(fk, pn, "payload")            as age v1 has it
 *   tail key      HKDF(fk, pn, "vaxel/tail/1")       for spool records
 *   key check     HKDF(fk, "", "vaxel/check/1")[:16] logged; says nothing of fk
 *   ephemeral     HKDF(fk, recipient, "vaxel/stanza/1"), one a stanza
 *
 * The envelope is the age header of the body. Since its ephemerals come from
 * fk, the same fk and recipients give the same bytes; so whoever has fk can
 * recompute it, and a recipient that was quietly added is seen.
 */
#ifndef VAXEL_SEAL_ENVELOPE_H
#define VAXEL_SEAL_ENVELOPE_H

#include "seal/age.h"
#include "seal/stream.h"

#define ENVELOPE_MAX 4096
#define SEAL_CHECK_BYTES 16

/*
 * All keys of one age payload. A plain struct, so that it can lie in locked
 * memory that outlives the process; wipe it with seal_keys_wipe().
 */
struct seal_keys {
	uint8_t fk[AGE_FILE_KEY_BYTES];
	uint8_t pn[AGE_NONCE_BYTES];
	uint8_t payload[STREAM_KEY_BYTES];
	uint8_t tail[STREAM_KEY_BYTES];
	uint8_t check[SEAL_CHECK_BYTES];
};

/* Fresh random keys. */
void seal_keys_new(struct seal_keys *ret);

/* The same keys again, from a file key that an envelope gave back. */
void seal_keys_derive(const uint8_t fk[AGE_FILE_KEY_BYTES],
		      const uint8_t pn[AGE_NONCE_BYTES], struct seal_keys *ret);

void seal_keys_wipe(struct seal_keys *k);

/* ENOKEY n is 0; EBADMSG a recipient of low order; EMSGSIZE. */
int envelope_make(const uint8_t fk[AGE_FILE_KEY_BYTES],
		  const struct age_recipient *recipients, size_t n,
		  struct writer *w) CHECK_RESULT;

/*
 * The envelope must be a header and nothing else. ENOKEY not for this
 * identity; EBADMSG malformed or forged; EMSGSIZE over ENVELOPE_MAX.
 */
int envelope_open(const struct age_identity *identity, struct bytes envelope,
		  uint8_t ret_fk[AGE_FILE_KEY_BYTES]) CHECK_RESULT;

/*
 * Is this the envelope that envelope_make() gives for exactly these
 * recipients, in this order? EPERM when it is not.
 */
int envelope_check(const uint8_t fk[AGE_FILE_KEY_BYTES],
		   const struct age_recipient *recipients, size_t n,
		   struct bytes envelope) CHECK_RESULT;

/* A fresh envelope for one recipient alone: the keeper's release. */
int envelope_rewrap(const uint8_t fk[AGE_FILE_KEY_BYTES],
		    const struct age_recipient *to,
		    struct writer *w) CHECK_RESULT;

/*
 * The same as envelope_make(), byte for byte, at a fifth of the cost: for a
 * recorder, whose recipients stay the same. Keeps about 30 kB of tables a
 * recipient, none of it secret. See seal/comb.h.
 */
#define ENVELOPE_MAKER_RECIPIENTS 8

struct envelope_maker;

/* ENOKEY n is 0; EMSGSIZE too many; EBADMSG one of low order; ENOMEM. */
int envelope_maker_new(struct envelope_maker **ret,
		       const struct age_recipient *recipients,
		       size_t n) CHECK_RESULT;
void envelope_maker_free(struct envelope_maker *m);

/* EMSGSIZE. */
int envelope_maker_make(const struct envelope_maker *m,
			const uint8_t fk[AGE_FILE_KEY_BYTES],
			struct writer *w) CHECK_RESULT;

#endif
