/*
 * digest -- HTTP digest for SIP: RFC 7616 with RFC 8760, both sides
 *
 * SHA-256 is preferred, MD5 offered to old phones; qop is always auth. The
 * server's nonce is the time, some chance and a keyed MAC over both, so that
 * nothing is kept for who only asks; how often it was used is kept once
 * somebody answered it rightly (struct digest_uses). Pure: time passed in.
 * Passwords live in struct secret; nothing here copies one elsewhere without
 * wiping it.
 */
#ifndef VAXEL_SIP_DIGEST_H
#define VAXEL_SIP_DIGEST_H

#include "base/bytes.h"
#include "base/secret.h"

#define DIGEST_HEX_MAX 64
#define DIGEST_NONCE_KEY_BYTES 32
#define DIGEST_NONCE_LIFE_MS (300 * 1000)
#define DIGEST_NONCE_MAC 16
#define DIGEST_NONCE_BYTES (8 + 8 + DIGEST_NONCE_MAC) /* time, chance, MAC */
#define DIGEST_USE_BUCKETS 512
#define DIGEST_USE_WAYS 8

enum digest_algorithm { DIGEST_SHA256, DIGEST_MD5, DIGEST_ALGORITHMS };

struct digest_challenge {
	struct text realm;
	struct text nonce;
	struct text opaque;
	enum digest_algorithm algorithm;
	bool has_qop; /* qop=auth was among those offered */
	bool stale;
};

struct digest_answer {
	struct text username;
	struct text realm;
	struct text nonce;
	struct text uri;
	struct text response;
	struct text cnonce;
	struct text nc;
	enum digest_algorithm algorithm;
	bool has_qop;
};

/*
 * The value of WWW-/Proxy-Authenticate or (Proxy-)Authorization. EBADMSG
 * malformed; ENOENT another scheme, an algorithm or qop that we do not have.
 */
int digest_challenge_decode(struct text value,
			    struct digest_challenge *ret) CHECK_RESULT;
int digest_answer_decode(struct text value,
			 struct digest_answer *ret) CHECK_RESULT;

/* A nonce that was answered, and the highest nc seen with it; 0: none. */
struct digest_use {
	uint64_t made_ms;
	uint32_t count;
	uint8_t mac[DIGEST_NONCE_MAC];
};

/* All zero before the first. */
struct digest_uses {
	struct digest_use_bucket {
		uint64_t forgotten_ms; /* none made up to then is known */
		struct digest_use uses[DIGEST_USE_WAYS];
	} buckets[DIGEST_USE_BUCKETS];
};

/* Who asks whom, and when. */
struct digest_asker {
	struct text realm;
	const uint8_t *key; /* DIGEST_NONCE_KEY_BYTES */
	struct text source; /* the peer's host: its nonce is good from there
			       alone, so that a copied request is not */
	uint64_t now_ms;
};

/* Two header lines, SHA-256 first: "WWW-Authenticate: Digest ...\r\n".
 * md5_alone: only the second, for a phone that trips over the first. */
void digest_challenge_write(struct writer *w, const char *header,
			    const struct digest_asker *asker, bool stale,
			    bool md5_alone);

/*
 * Judge an answer.
 *
 * method   of the request
 * uri      its request-URI: what the answer was made for must be the same
 *          place, but for user and parameters, which phones leave out
 *
 * 0        right
 * EPERM    wrong
 * EAGAIN   right, but the nonce is old, or was not given to this source (a
 *          phone that moved, a nonce of before our restart, a replay):
 *          challenge again with stale
 */
int digest_check(const struct digest_answer *a,
		 const struct digest_asker *asker, struct text method,
		 struct text uri, const struct secret *password) CHECK_RESULT;

/*
 * Once an answer was found right: is it the first with this nonce and nc
 * (RFC 7616 3.4)? The counts of a nonce have to go up.
 *
 * EPERM    a count that is none
 * EAGAIN   used before, or nobody knows any more: challenge again with stale
 */
int digest_use(struct digest_uses *all, const struct digest_answer *a,
	       uint64_t now_ms) CHECK_RESULT;

/*
 * The value of (Proxy-)Authorization that answers a challenge.
 *
 * nc       how often this nonce was used, from 1
 * cnonce   ours; random
 *
 * EINVAL a name that cannot stand in quotes
 */
int digest_answer_write(struct writer *w, const struct digest_challenge *c,
			struct text username, const struct secret *password,
			struct text method, struct text uri, uint32_t nc,
			struct text cnonce) CHECK_RESULT;

/* response= of RFC 7616 3.4.1, lower-case hex; for the two above and tests. */
void digest_response(char to[DIGEST_HEX_MAX + 1], const struct digest_answer *a,
		     struct text method, const struct secret *password);

#endif
