/*
 * stream -- the payload of an age v1 file: 64 KiB chunks, each sealed
 *
 * A payload is a 16-byte nonce, then chunks under the payload key: every one
 * but the last of exactly STREAM_CHUNK_BYTES, each followed by a tag, each
 * with its number and whether it is the last in its nonce. An empty last chunk
 * is allowed only when the payload is empty (number 0).
 *
 * A chunk's key and nonce may cover one plaintext, ever: never seal the same
 * number twice with other bytes or another `last`.
 *
 * OpenSSL does the work here, at twice libsodium's rate; a struct stream is
 * its context, allocated once and used for all payloads of a process. It holds
 * no key between calls.
 */
#ifndef VAXEL_SEAL_STREAM_H
#define VAXEL_SEAL_STREAM_H

#include "base/bytes.h"
#include "seal/age.h"

#define STREAM_KEY_BYTES 32
#define STREAM_TAG_BYTES 16
#define STREAM_CHUNK_BYTES ((size_t)64 * 1024)
#define STREAM_SEALED_CHUNK_BYTES (STREAM_CHUNK_BYTES + STREAM_TAG_BYTES)

struct stream;

int stream_new(struct stream **ret) CHECK_RESULT;
void stream_free(struct stream *s);

/* HKDF(fk, pn, "payload") */
void stream_key(const uint8_t fk[AGE_FILE_KEY_BYTES],
		const uint8_t pn[AGE_NONCE_BYTES],
		uint8_t ret_key[STREAM_KEY_BYTES]);

/*
 * Seal chunk `number` in place: len bytes become len + STREAM_TAG_BYTES, for
 * which buf has room. EINVAL when len breaks the rules above: not full and not
 * last, or empty and not the whole payload.
 */
int stream_seal_chunk(struct stream *s, const uint8_t key[STREAM_KEY_BYTES],
		      uint64_t number, bool last, uint8_t *buf,
		      size_t len) CHECK_RESULT;

/*
 * Open chunk `number` in place: len, with its tag, shrinks by
 * STREAM_TAG_BYTES. EBADMSG when it is forged, of a wrong length, or not the
 * last when it should be (or the reverse); buf is then wiped.
 */
int stream_open_chunk(struct stream *s, const uint8_t key[STREAM_KEY_BYTES],
		      uint64_t number, bool last, uint8_t *buf,
		      size_t len) CHECK_RESULT;

/* A whole payload in memory, nonce first. */
int stream_seal(struct stream *s, const uint8_t fk[AGE_FILE_KEY_BYTES],
		const uint8_t pn[AGE_NONCE_BYTES], struct bytes plain,
		struct writer *w) CHECK_RESULT;

/*
 * The same back. On EBADMSG w holds the chunks that were good, as with stock
 * age: the caller decides what they are worth.
 */
int stream_open(struct stream *s, const uint8_t fk[AGE_FILE_KEY_BYTES],
		struct bytes payload, struct writer *w) CHECK_RESULT;

/* Bytes of a payload, nonce included, of so many bytes of plaintext. */
uint64_t stream_sealed_bytes(uint64_t plain_bytes);

#endif
