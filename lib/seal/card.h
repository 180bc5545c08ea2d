/*
 * card -- the small age file beside a recording, with the call's facts
 *
 * A whole age file: the card's envelope, then nonce and chunks; `age -d` opens
 * it. Its plaintext is one JSON object: numbers, municipality, nurse, notice,
 * marks, times. The card has keys of its own, so that it can be released
 * without the audio.
 *
 * A crash may make the recorder or the keeper write a card again, perhaps with
 * one fact more. So the nonce of its payload is not drawn but derived from
 * what it says, HKDF(fk, SHA-256(json), "vaxel/card/1")[:16]: other facts,
 * other key; the same facts, the same bytes.
 */
#ifndef VAXEL_SEAL_CARD_H
#define VAXEL_SEAL_CARD_H

#include "seal/envelope.h"

#define CARD_MAX ((size_t)32 * 1024)      /* the sealed file */
#define CARD_JSON_MAX ((size_t)24 * 1024) /* its plaintext */

/* The card's envelope was made by envelope_make() with the card's fk. */
int card_make(struct stream *s, const uint8_t fk[AGE_FILE_KEY_BYTES],
	      struct bytes envelope, struct bytes json,
	      struct writer *w) CHECK_RESULT;

/*
 * The plaintext, which is the caller's to wipe. EBADMSG forged, malformed or
 * cut; ENOKEY; EMSGSIZE. Whether it is JSON is for the caller to see.
 */
int card_open(struct stream *s, const struct age_identity *identity,
	      struct bytes card, struct writer *json) CHECK_RESULT;

/* Split a card into envelope and payload, for releasing or re-wrapping it. */
int card_split(struct bytes card, struct bytes *ret_envelope,
	       struct bytes *ret_payload) CHECK_RESULT;

#endif
