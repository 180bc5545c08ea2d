/*
 * receipt -- the provider's word that the call is now its responsibility
 *
 * Signed by the provider (Ed25519) and carried in a header of its 200: which
 * hand-over (its id, and SHA-256 of the token), and the minute from which it
 * is responsible. It goes into both ledgers. Base64url; version 1:
 *
 *   1   version
 *   4   id of the signing key
 *   16  id of the hand-over
 *   32  SHA-256 of the token as it was carried
 *   4   minutes since 1970
 *   64  signature over "vaxel/receipt/1", a zero byte, and all before it
 *
 * Pure: time passed in.
 */
#ifndef VAXEL_HANDOVER_RECEIPT_H
#define VAXEL_HANDOVER_RECEIPT_H

#include "base/encode.h"
#include "tlog/note.h"

#define HANDOVER_RECEIPT_BYTES 121
#define HANDOVER_RECEIPT_CHARS 162
#define HANDOVER_RECEIPT_HEADER "Vaxel-Receipt"

enum handover_receipt {
	HANDOVER_RECEIPT_GOOD,
	HANDOVER_RECEIPT_MALFORMED,
	HANDOVER_RECEIPT_UNKNOWN_KEY,
	HANDOVER_RECEIPT_BAD_SIGNATURE,
	HANDOVER_RECEIPT_OTHER_CALL, /* of another hand-over or token */
	HANDOVER_RECEIPT_WRONG_TIME, /* the minute is not about now */
	HANDOVER_RECEIPT_RESULTS
};

/* EINVAL: a minute that cannot be. */
int handover_receipt_sign(const struct note_signer *provider,
			  const uint8_t id[ID_BYTES], struct text token,
			  int64_t minute,
			  char to[HANDOVER_RECEIPT_CHARS + 1]) CHECK_RESULT;

/*
 * id, token   of the hand-over that this is the answer to
 * now         minute; *ret_minute is at most two away from it
 */
enum handover_receipt handover_receipt_verify(const struct note_key *providers,
					      unsigned provider_count,
					      struct text receipt,
					      const uint8_t id[ID_BYTES],
					      struct text token, int64_t now,
					      int64_t *ret_minute);

const char *handover_receipt_result_name(enum handover_receipt r);

#endif
