/*
 * view -- what the keeper knows from the log, and nothing else
 *
 * Every leaf passes through here in its order, so the root that comes out is
 * that of all of them, and with the control entries their salts and details:
 * the leaf commits to these, so nobody can hand us others. From them follow
 * users, what was sealed with which digests, what was erased, what was asked
 * and what was already released.
 *
 * Until a checkpoint with the log's signature confirms the root, all of it is
 * only what the desk says; judge.h holds it to that. Pure, but for memory.
 */
#ifndef VAXEL_KEEPER_VIEW_H
#define VAXEL_KEEPER_VIEW_H

#include "process/keeper/table.h"
#include "release/people.h"
#include "tlog/merkle.h"

#define VIEW_ORGANISATIONS_MAX 256

struct view_recording {
	uint8_t id[TABLE_KEY];
	bool sealed;
	bool erased;
	bool held;
	bool differs; /* sealed twice, with other bytes */
	bool has_card;
	bool has_end; /* in the spool, when it was to be recovered */
	bool rotated; /* the digests are those of new envelopes */
	uint16_t organisation;
	uint16_t month;           /* in which it was sealed */
	uint64_t recovering_size; /* of the log with that entry; 0: none */
	uint8_t kc[16];
	uint8_t envelope_sha256[32];
	uint8_t card_envelope_sha256[32];
	uint8_t start_sha256[32];
	uint8_t end_sha256[32];
	uint64_t rotated_entry;
	uint8_t bond[ROTATED_BOND]; /* of a rotated one: rotated.h */
};

#define VIEW_APPROVALS_MAX 4

/* Who approved a request, and as whom: enrolled by which entry. */
struct view_approval {
	uint32_t user;
	uint64_t enrolled_ms; /* last_ms of then */
};

struct view_request {
	uint8_t key[TABLE_KEY]; /* d's first half */
	uint8_t rest[REQUEST_DIGEST - TABLE_KEY];
	bool requested;
	bool released;
	bool misapproved; /* an approval came whose signature is none */
	uint8_t approval_count;
	uint64_t entry;
	struct view_approval approvals[VIEW_APPROVALS_MAX];
};

#define VIEW_KEYS_MAX 1024
#define VIEW_LIST_MAX (KEY_RECIPIENTS_MAX + 1)

/* To whom two officers said that recordings may be sealed, in order. */
struct view_key {
	uint16_t organisation;
	uint16_t month; /* 0: of all months */
	uint64_t entry;
	struct age_recipient list[VIEW_LIST_MAX];
	unsigned count;
};

struct view {
	char origin[REQUEST_TEXT_MAX];
	struct merkle_edge edge; /* its size is the next entry that we want */
	struct people people;
	char (*organisations)[REQUEST_TEXT_MAX];
	unsigned organisation_count;
	struct table recordings;
	struct table requests;
	struct view_key *keys; /* in order of entries */
	unsigned key_count;
	struct age_recipient *destroyed;
	unsigned destroyed_count;
	uint64_t key_at_ms;   /* `at` of the last entry about keys */
	uint64_t ignored;     /* control entries that had no effect */
	uint64_t proven_size; /* of what was followed, a checkpoint confirms */
	/* what was proven before, to be met again: size 0 for nothing */
	uint64_t anchor_size;
	struct merkle_hash anchor_root;
	bool forked; /* it was not met */
	/* entries without their details, of which no erasure has said so yet */
	uint64_t *holes; /* closed ones among them */
	size_t hole_count, hole_used, hole_max;
};

int view_init(struct view *v, const char *origin) CHECK_RESULT;
void view_free(struct view *v);

/* Forget what was followed, but for the anchor: begin again at entry 0. */
void view_restart(struct view *v);

/* A root that was proven in an earlier life of the keeper. */
void view_anchor(struct view *v, uint64_t size, const struct merkle_hash *root);

/*
 * The next entry. salt and details may be empty for entries that are not
 * control entries; and for those of a recording that was erased, which an entry
 * that follows must say: until then the view has a hole.
 *
 * EBADMSG  not a leaf, or not the details that it commits to, or withheld;
 *          nothing has changed
 * ENOMEM
 */
int view_append(struct view *v, struct text leaf, struct bytes salt,
		struct text details) CHECK_RESULT;

/* NULL when there is none. */
const struct people_user *view_user(const struct view *v, const char *name);
const struct view_recording *view_recording(const struct view *v,
					    const uint8_t id[16]);
const struct view_request *view_request(const struct view *v,
					const uint8_t d[REQUEST_DIGEST]);

/*
 * Somebody else than that user, enrolled still, who may open recordings and
 * approved the request. NULL: nobody. Two names of one key are one person.
 */
const struct people_user *view_approver(const struct view *v,
					const struct view_request *q,
					const struct people_user *other_than);

/*
 * To whom a recording of that organisation and month is to be sealed now: the
 * last word of two officers about it. NULL: they have said nothing.
 */
const struct view_key *view_key(const struct view *v, uint16_t organisation,
				uint16_t month);

/* Two officers said that this identity is no more. */
bool view_destroyed(const struct view *v, const struct age_recipient *r);

/* The number of a name, given to it when it has none. EMSGSIZE. */
int view_organisation_number(struct view *v, const char *name,
			     uint16_t *ret) CHECK_RESULT;

/* "" for a number that was never given. */
const char *view_organisation(const struct view *v, unsigned number);

#endif
