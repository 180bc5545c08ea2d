/*
 * receipt -- the keeper's signed word that it released, and to whom
 *
 * Goes into disclosure.released. Signed with an Ed25519 key that follows from
 * the keeper's identity, so the same keeper signs with the same key and nobody
 * has to keep another. One receipt has one encoding. Pure.
 *
 *   u8 version, 1     32 d               16 recording
 *   u64 entry         u64 size           32 root of the log
 *   u8 cosigned       u8 of how many witnesses
 *   u64 at, ms        32 SHA-256 of the fresh header
 *   32 public key     64 signature over SHA-256("vaxel/receipt/1" || 0 || all
 *                        before it)
 */
#ifndef VAXEL_RELEASE_RECEIPT_H
#define VAXEL_RELEASE_RECEIPT_H

#include "release/request.h"

#define RECEIPT_BYTES (1 + 32 + 16 + 8 + 8 + 32 + 2 + 8 + 32 + 32 + 64)

struct receipt {
	uint8_t d[REQUEST_DIGEST];
	uint8_t recording[16];
	uint64_t entry; /* of disclosure.requested */
	uint64_t size;  /* of the log that was shown */
	uint8_t root[32];
	uint8_t cosigned;
	uint8_t witnesses;
	uint64_t at_ms;
	uint8_t header_sha256[32];
	uint8_t key[REQUEST_KEY];
};

/* secret_key as libsodium has it, 64 bytes; r->key is taken from it. */
int receipt_sign(struct writer *w, const struct receipt *r,
		 const uint8_t secret_key[64]) CHECK_RESULT;

/* EBADMSG malformed, or not signed by the key that it names. */
int receipt_read(struct bytes b, struct receipt *ret) CHECK_RESULT;

#endif
