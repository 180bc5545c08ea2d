/*
 * control -- details of the entries that the keeper goes by
 *
 * The ledger's control entries carry their details as one compact JSON object.
 * Here are those that decide about a release: who is enrolled, what was asked,
 * what was sealed, held and erased. Keys that are not listed are passed over,
 * so that other parts may say more. Pure.
 *
 *   user.added      {"name","role","key","by","at","signature"}
 *   user.removed    {"name","by","at","signature"}
 *   disclosure.requested
 *                   {"d","recording","request","signature"}
 *   disclosure.approved
 *                   {"d","recording","by","signature"}: a second person's, over
 *                   request_approval_digest(d)
 *   disclosure.released
 *                   {"d","recording","receipt"}
 *   disclosure.refused
 *                   {"d","recording","reason"}
 *   recording.sealed, recording.recovered
 *                   {"recording","kc","envelope_sha256",
 *                    "card_envelope_sha256"}
 *   recording.recovering
 *                   {"recording","start_sha256"}, and {"end_sha256"} where
 *                   the spool held an END: digests of these records
 *   recording.held  {"recording"}, and more: act.h
 *   recording.erased
 *                   {"recording"}, and more: act.h; "entries":[N...], those
 *                   earlier ones whose details went with it
 *   key.created, key.destroyed, key.recovery
 *                   release/key_entry.h
 *   key.rotated     release/rotated.h
 *
 * Recordings are ids of 26 characters, d, kc and digests hex, keys, signatures
 * and requests padded base64, at milliseconds since 1970.
 *
 * A user entry is signed by an enrolled officer (the first of a log: by the
 * officer that it enrols) over
 *
 *   SHA-256("vaxel/user/1" || 0 || u8 added || text origin || text name ||
 *           text role || 32 key || text by || u64 at)
 *
 * where a text is its length in a byte and its bytes; a removal has an empty
 * role and a key of zeros. `at` grows with each entry about a name, so an old
 * entry cannot be said again.
 */
#ifndef VAXEL_RELEASE_CONTROL_H
#define VAXEL_RELEASE_CONTROL_H

#include "release/key_entry.h"
#include "release/rotated.h"

enum control_kind {
	CONTROL_NONE, /* an entry that the keeper does not go by */
	CONTROL_USER_ADDED,
	CONTROL_USER_REMOVED,
	CONTROL_REQUESTED,
	CONTROL_APPROVED,
	CONTROL_RELEASED,
	CONTROL_REFUSED,
	CONTROL_SEALED, /* sealed or recovered */
	CONTROL_RECOVERING,
	CONTROL_HELD,
	CONTROL_ERASED,
	CONTROL_KEY, /* created, destroyed or recovery */
	CONTROL_ROTATED,
};

struct control_user {
	bool added;
	char name[REQUEST_TEXT_MAX];
	enum user_role role;
	uint8_t key[REQUEST_KEY];
	char by[REQUEST_TEXT_MAX];
	uint64_t at_ms;
	uint8_t signature[REQUEST_SIGNATURE];
};

struct control_sealed {
	uint8_t recording[16];
	uint8_t kc[16];
	uint8_t envelope_sha256[32];
	bool has_card;
	uint8_t card_envelope_sha256[32];
};

struct control_recovering {
	uint8_t start_sha256[32];
	bool has_end;
	uint8_t end_sha256[32];
};

struct control_approved {
	char by[REQUEST_TEXT_MAX];
	uint8_t signature[REQUEST_SIGNATURE];
};

/* More of them a recording cannot have. */
#define CONTROL_ERASED_MAX 16

struct control_erased {
	unsigned count;
	uint64_t entries[CONTROL_ERASED_MAX];
};

struct control {
	enum control_kind kind;
	uint8_t recording[16]; /* of all but users and keys */
	uint8_t d[REQUEST_DIGEST];
	union {
		struct control_erased erased;
		struct control_user user;
		struct control_sealed sealed;
		struct control_recovering recovering;
		struct control_approved approved;
		struct key_entry key;
		struct rotated rotated;
	} u;
};

#define CONTROL_DETAILS_MAX 2048

enum control_kind control_kind_of(struct text type);

/*
 * Is this a type whose details the ledger hands to the keeper (user.* key.*
 * register.* disclosure.* recording.sealed|recovering|recovered|held|erased)?
 */
bool control_has_details(struct text type);

/*
 * Of those: does erasing a recording take the details of such an entry? Where
 * they are missing, an entry that says so must follow.
 */
bool control_may_be_erased(struct text type);

/* EBADMSG when details of a kind that counts do not hold what they must. */
int control_read(struct text type, struct text details,
		 struct control *ret) CHECK_RESULT;

/* What an officer signs. */
int control_user_digest(const struct control_user *u, const char *origin,
			uint8_t ret[32]) CHECK_RESULT;

int control_user_write(struct writer *w,
		       const struct control_user *u) CHECK_RESULT;

/* Details of the entry that says: this was asked. */
int control_requested_write(struct writer *w, struct bytes r,
			    const uint8_t signature[REQUEST_SIGNATURE])
	CHECK_RESULT;
int control_approved_write(struct writer *w, const uint8_t d[REQUEST_DIGEST],
			   const uint8_t recording[16],
			   const struct control_approved *a) CHECK_RESULT;
int control_released_write(struct writer *w, const uint8_t d[REQUEST_DIGEST],
			   const uint8_t recording[16],
			   struct bytes receipt) CHECK_RESULT;
int control_refused_write(struct writer *w, const uint8_t d[REQUEST_DIGEST],
			  const uint8_t recording[16],
			  const char *reason) CHECK_RESULT;

#endif
