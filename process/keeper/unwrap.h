/*
 * unwrap -- the file key of an envelope that is made as it may be made
 *
 * An envelope is good for exactly the recipients that were configured at one
 * time, or that two officers named in the log. One with a recipient more, or
 * less, is none. Pure.
 */
#ifndef VAXEL_KEEPER_UNWRAP_H
#define VAXEL_KEEPER_UNWRAP_H

#include "ipc/values.h"
#include "process/keeper/view.h"
#include "seal/envelope.h"

#define JUDGE_RECIPIENTS_MAX VIEW_LIST_MAX
#define JUDGE_GENERATIONS_MAX 16

/* Recipients as they were configured at one time, in order. */
struct judge_recipients {
	struct age_recipient list[JUDGE_RECIPIENTS_MAX];
	unsigned count;
};

struct unwrap {
	const struct age_identity *identities; /* those that are unlocked */
	unsigned identity_count;
	const struct judge_recipients *generations;
	unsigned generation_count;
	const struct view *view;
};

/*
 * ENOKEY for none of the identities, or for one that is destroyed; EPERM made
 * for others than it may be; EBADMSG, EMSGSIZE no envelope.
 */
int keeper_unwrap(const struct unwrap *u, struct bytes envelope,
		  uint8_t ret_fk[AGE_FILE_KEY_BYTES]) CHECK_RESULT;

/*
 * None of the unlocked identities opens what belongs to that recording: locked
 * when there is one that two officers named and that is not unlocked, erased
 * when they said that it is destroyed, else bad-envelope.
 */
enum refusal keeper_refusal_of_key(const struct unwrap *u,
				   const struct view_recording *rec);

/* The key check that a recording with this file key has in the log. */
void keeper_key_check(const uint8_t fk[AGE_FILE_KEY_BYTES],
		      uint8_t ret[SEAL_CHECK_BYTES]);

/* Is this the file key of the card of that recording, whose own is fk? */
bool keeper_card_bound(const struct view_recording *rec,
		       const uint8_t fk[AGE_FILE_KEY_BYTES],
		       const uint8_t card_fk[AGE_FILE_KEY_BYTES]);

#endif
