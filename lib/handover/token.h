/*
 * token -- the national node's word that a call was handed to this provider
 *
 * Signed by the national node (Ed25519), good for one call within 60 s, bound
 * to one route and a random id; its facts are sealed to the provider (libsodium
 * sealed box: X25519 to the key of an age recipient, XSalsa20-Poly1305), so a
 * carrier that passes it on learns nothing of the caller's place. Base64url, at
 * most HANDOVER_TOKEN_CHARS characters, all allowed as they are in a SIP URI's
 * parameter and in a header. Version 1, integers in network order:
 *
 *   1   version
 *   1   flags: bit 0, the call may be recorded
 *   4   id of the signing key, as in its verifier key
 *   4   issued, seconds since 1970
 *   16  id of the call's hand-over
 *   16  route: first bytes of SHA-256("vaxel/handover/route/1", line,
 *       organisation, route, each followed by a zero byte)
 *   56  sealed facts: municipality's index (2, ffff unknown), region's (1, ff
 *       unknown), method, confidence, conflicts (1 each), 2 zero bytes
 *   64  signature over "vaxel/handover/1", a zero byte, and all before it
 *
 * Pure: time passed in; randomness only in what libsodium seals.
 */
#ifndef VAXEL_HANDOVER_TOKEN_H
#define VAXEL_HANDOVER_TOKEN_H

#include "base/encode.h"
#include "handover/replay.h"
#include "handover/sealer.h"
#include "routing/location.h"
#include "seal/key.h"
#include "tlog/note.h"

#define HANDOVER_TOKEN_BYTES 162
#define HANDOVER_TOKEN_CHARS 216
#define HANDOVER_LIFE_S 60
#define HANDOVER_SKEW_S 5 /* that two clocks may differ */
#define HANDOVER_ROUTE_BYTES 16

/* Where it is carried: in the outgoing INVITE's and Refer-To's request-URI, in
 * the 302's Contact, and in a header for peers that lose parameters. */
#define HANDOVER_PARAMETER "vaxel-handover"
#define HANDOVER_HEADER "Vaxel-Handover"

struct handover_route {
	struct text line, organisation, route;
};

struct handover_facts {
	struct location_place place;
	enum location_method method;
	enum location_confidence confidence;
	uint8_t conflicts;
};

struct handover_token {
	uint8_t id[ID_BYTES];
	int64_t issued_s;
	bool record;
	unsigned route; /* index of the verifier's */
	uint8_t sealed[56];
};

enum handover_result {
	HANDOVER_GOOD,
	HANDOVER_MALFORMED,
	HANDOVER_UNKNOWN_KEY,
	HANDOVER_BAD_SIGNATURE,
	HANDOVER_EARLY, /* of a time that is yet to come */
	HANDOVER_EXPIRED,
	HANDOVER_WRONG_ROUTE,
	HANDOVER_REPLAYED,
	HANDOVER_FULL, /* too many at a time to remember one more */
	HANDOVER_RESULTS
};

/*
 * provider   to whom the facts are sealed
 * EINVAL     facts out of their range; ENOMEM
 */
int handover_issue(const struct note_signer *node,
		   const struct handover_sealer *provider,
		   const struct handover_route *route, bool record,
		   const struct handover_facts *facts,
		   const uint8_t id[ID_BYTES], int64_t now_s,
		   char to[HANDOVER_TOKEN_CHARS + 1]) CHECK_RESULT;

struct handover_verifier {
	const struct note_key *nodes; /* national nodes */
	unsigned node_count;
	const struct handover_route *routes; /* on which we take calls */
	unsigned route_count;
	struct handover_replay *replay; /* NULL: it is not used up */
};

/*
 * Checks, and uses up: a token that is good once is REPLAYED from then on. A
 * token that is refused for another reason is not used up.
 */
enum handover_result handover_verify(const struct handover_verifier *v,
				     struct text token, int64_t now_s,
				     struct handover_token *ret);

/* By whoever holds the provider's identity; others need no facts to answer.
 * EBADMSG: sealed to another, or no facts. */
int handover_open(const struct handover_token *t,
		  const struct age_identity *provider,
		  struct handover_facts *ret) CHECK_RESULT;

/* "good", "expired", "replayed", ...: for events. */
const char *handover_result_name(enum handover_result r);

#endif
