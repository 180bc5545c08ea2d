#include "process/keeper/unwrap.h"

#include <sodium.h>

static bool names(const struct view_key *k, const struct age_recipient *r)
{
	for (unsigned i = 0; i < k->count; i++)
		if (!memcmp(k->list[i].key, r->key, AGE_KEY_BYTES))
			return true;
	return false;
}

/* 0: made for exactly one of the lists there are. */
static int check_lists(const struct unwrap *u, const struct age_recipient *by,
		       const uint8_t fk[AGE_FILE_KEY_BYTES],
		       struct bytes envelope)
{
	const struct view *v = u->view;
	int err = EPERM;

	for (unsigned i = 0; i < u->generation_count && err == EPERM; i++)
		err = envelope_check(fk, u->generations[i].list,
				     u->generations[i].count, envelope);
	for (unsigned i = v->key_count; i > 0 && err == EPERM; i--)
		if (names(&v->keys[i - 1], by))
			err = envelope_check(fk, v->keys[i - 1].list,
					     v->keys[i - 1].count, envelope);
	return err;
}

int keeper_unwrap(const struct unwrap *u, struct bytes envelope,
		  uint8_t ret_fk[AGE_FILE_KEY_BYTES])
{
	uint8_t fk[AGE_FILE_KEY_BYTES];
	int err = ENOKEY;

	for (unsigned i = 0; i < u->identity_count && err == ENOKEY; i++) {
		const struct age_identity *by = &u->identities[i];

		if (view_destroyed(u->view, &by->recipient))
			continue;
		err = envelope_open(by, envelope, fk);
		if (!err)
			err = check_lists(u, &by->recipient, fk, envelope);
	}
	if (!err)
		memcpy(ret_fk, fk, sizeof(fk));
	sodium_memzero(fk, sizeof(fk));
	return err;
}

static bool is_unlocked(const struct unwrap *u, const struct age_recipient *r)
{
	for (unsigned i = 0; i < u->identity_count; i++)
		if (!memcmp(u->identities[i].recipient.key, r->key,
			    AGE_KEY_BYTES))
			return true;
	return false;
}

enum refusal keeper_refusal_of_key(const struct unwrap *u,
				   const struct view_recording *rec)
{
	const struct view *v = u->view;
	enum refusal refusal = REFUSAL_BAD_ENVELOPE;

	for (unsigned i = 0; i < v->key_count; i++) {
		const struct view_key *k = &v->keys[i];

		if (k->organisation != rec->organisation ||
		    /* it may have begun in the month before */
		    (k->month && k->month != rec->month &&
		     k->month + 1 != rec->month))
			continue;
		/* the first is the keeper's, the others are for recovery */
		if (view_destroyed(v, &k->list[0]))
			refusal = REFUSAL_ERASED;
		else if (!is_unlocked(u, &k->list[0]))
			return REFUSAL_LOCKED;
	}
	return refusal;
}

void keeper_key_check(const uint8_t fk[AGE_FILE_KEY_BYTES],
		      uint8_t ret[SEAL_CHECK_BYTES])
{
	static const uint8_t no_nonce[AGE_NONCE_BYTES];
	struct seal_keys keys;

	seal_keys_derive(fk, no_nonce, &keys);
	memcpy(ret, keys.check, SEAL_CHECK_BYTES);
	seal_keys_wipe(&keys);
}

bool keeper_card_bound(const struct view_recording *rec,
		       const uint8_t fk[AGE_FILE_KEY_BYTES],
		       const uint8_t card_fk[AGE_FILE_KEY_BYTES])
{
	uint8_t check[SEAL_CHECK_BYTES], bond[ROTATED_BOND];
	bool same;

	keeper_key_check(fk, check);
	rotated_bond(fk, card_fk, bond);
	same = !sodium_memcmp(check, rec->kc, sizeof(check)) &&
	       !sodium_memcmp(bond, rec->bond, sizeof(bond));
	sodium_memzero(bond, sizeof(bond));
	return same;
}
