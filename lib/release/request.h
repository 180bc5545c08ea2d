/*
 * request -- a person asks to listen: the canonical bytes R
 *
 * R says who asks for which recording, with what right, and to which fresh
 * recipient alone it may be released. The asker signs
 *
 *   d = SHA-256("vaxel/request/1" || 0 || R)
 *
 * so nothing on the way can ask in another's name or swap the recipient. One
 * request has one encoding: fields in fixed order and width, texts with their
 * length before them, nothing optional. Pure.
 *
 *   u8   version, 1
 *   text log origin            (u8 length, then bytes)
 *   text controller
 *   16   request id, random
 *   16   recording id
 *   16   kc, the key check as it was logged at capture
 *   u8   scope
 *   text purpose code
 *   32   SHA-256 of the purpose's meaning
 *   text asker
 *   32   credential: the asker's Ed25519 public key
 *   32   recipient: an X25519 public key made for this request
 *   u64  not after, ms since 1970; at most 15 minutes ahead
 */
#ifndef VAXEL_RELEASE_REQUEST_H
#define VAXEL_RELEASE_REQUEST_H

#include "base/bytes.h"
#include "release/rule.h"

#define REQUEST_MAX 512
#define REQUEST_TEXT_MAX 64 /* with the terminator */
#define REQUEST_AHEAD_MS (15 * 60 * 1000)
#define REQUEST_DIGEST 32
#define REQUEST_KEY 32
#define REQUEST_SIGNATURE 64

struct request {
	char origin[REQUEST_TEXT_MAX];
	char controller[REQUEST_TEXT_MAX];
	uint8_t id[16];
	uint8_t recording[16];
	uint8_t kc[16];
	enum request_scope scope;
	enum purpose purpose;
	uint8_t purpose_digest[32];
	char asker[REQUEST_TEXT_MAX];
	uint8_t credential[REQUEST_KEY];
	uint8_t recipient[REQUEST_KEY];
	uint64_t not_after_ms;
};

/*
 * A user's name: 1 to 63 of [a-z0-9._-], beginning with a letter or digit.
 * EINVAL if it is not.
 */
int user_name_check(struct text name) CHECK_RESULT;

/* SHA-256 of purpose_meaning(). */
void request_purpose_digest(enum purpose purpose, uint8_t ret[32]);

/* EINVAL a field out of its range; EMSGSIZE w is too small. */
int request_encode(struct writer *w, const struct request *q) CHECK_RESULT;

/* EBADMSG anything but the one encoding of a request. */
int request_decode(struct bytes r, struct request *ret) CHECK_RESULT;

/* As in all that is signed: a byte of length, then at most 255 of s. */
void request_put_text(struct writer *w, const char *s);

/* d */
void request_digest(struct bytes r, uint8_t ret_d[REQUEST_DIGEST]);

/*
 * What a second person signs who approves a request:
 * SHA-256("vaxel/approve/1" || 0 || d).
 */
void request_approval_digest(const uint8_t d[REQUEST_DIGEST],
			     uint8_t ret[REQUEST_DIGEST]);

/* Ed25519, libsodium's strict rules. EBADMSG unless it is key's over d. */
int request_verify(const uint8_t d[REQUEST_DIGEST],
		   const uint8_t signature[REQUEST_SIGNATURE],
		   const uint8_t key[REQUEST_KEY]) CHECK_RESULT;

#endif
