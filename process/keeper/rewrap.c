#include "process/keeper/rewrap.h"

#include <sodium.h>

struct file_keys {
	uint8_t fk[AGE_FILE_KEY_BYTES];
	uint8_t card_fk[AGE_FILE_KEY_BYTES];
};

static bool has_digest(struct bytes b, const uint8_t digest[32])
{
	uint8_t is[32];

	(void)crypto_hash_sha256(is, b.p, b.len);
	return !memcmp(is, digest, sizeof(is));
}

static enum refusal refusal_of(const struct rewrap *q,
			       const struct view_recording *rec, int err)
{
	return err == ENOKEY ? keeper_refusal_of_key(q->unwrap, rec)
			     : REFUSAL_BAD_ENVELOPE;
}

static enum refusal open_audio(const struct rewrap *q,
			       const struct view_recording *rec,
			       struct file_keys *keys)
{
	uint8_t check[SEAL_CHECK_BYTES];
	int err;

	if (!has_digest(q->envelope, rec->envelope_sha256))
		return REFUSAL_BAD_ENVELOPE;
	err = keeper_unwrap(q->unwrap, q->envelope, keys->fk);
	if (err)
		return refusal_of(q, rec, err);
	keeper_key_check(keys->fk, check);
	return sodium_memcmp(check, rec->kc, sizeof(check))
		       ? REFUSAL_BAD_ENVELOPE
		       : REFUSAL_NONE;
}

static enum refusal open_card(const struct rewrap *q,
			      const struct view_recording *rec,
			      struct file_keys *keys)
{
	int err;

	if (!has_digest(q->card_envelope, rec->card_envelope_sha256))
		return REFUSAL_BAD_ENVELOPE;
	err = keeper_unwrap(q->unwrap, q->card_envelope, keys->card_fk);
	if (err)
		return refusal_of(q, rec, err);
	return rec->rotated && !keeper_card_bound(rec, keys->fk, keys->card_fk)
		       ? REFUSAL_BAD_ENVELOPE
		       : REFUSAL_NONE;
}

static enum refusal make(const struct view_recording *rec,
			 const struct view_key *to,
			 const struct file_keys *keys, struct rewrapped *ret)
{
	struct writer e = writer_on(ret->envelope, sizeof(ret->envelope));
	struct writer c =
		writer_on(ret->card_envelope, sizeof(ret->card_envelope));

	if (envelope_make(keys->fk, to->list, to->count, &e) ||
	    (rec->has_card &&
	     envelope_make(keys->card_fk, to->list, to->count, &c)))
		return REFUSAL_BAD_ENVELOPE;
	ret->envelope_len = e.len;
	ret->card_envelope_len = c.len;
	if (rec->has_card)
		rotated_bond(keys->fk, keys->card_fk, ret->bond);
	return REFUSAL_NONE;
}

static enum refusal rewrap(const struct rewrap *q,
			   const struct view_recording *rec,
			   const struct view_key *to, struct file_keys *keys,
			   struct rewrapped *ret)
{
	enum refusal refusal = open_audio(q, rec, keys);

	if (refusal != REFUSAL_NONE ||
	    !envelope_check(keys->fk, to->list, to->count, q->envelope))
		return refusal;
	if (rec->has_card)
		refusal = open_card(q, rec, keys);
	return refusal == REFUSAL_NONE ? make(rec, to, keys, ret) : refusal;
}

enum refusal keeper_rewrap(const struct rewrap *q, struct rewrapped *ret)
{
	const struct view *v = q->unwrap->view;
	const struct view_recording *rec = view_recording(v, q->recording);
	const struct view_key *to;
	struct file_keys keys;
	enum refusal refusal;

	*ret = (struct rewrapped){ 0 };
	if (!rec || !rec->sealed || rec->differs)
		return REFUSAL_BAD_ENVELOPE;
	if (rec->erased)
		return REFUSAL_ERASED;
	to = view_key(v, rec->organisation, rec->month);
	if (!to || to->entry >= q->confirmed_size)
		return REFUSAL_NO_ENTRY;
	if (rec->rotated && rec->rotated_entry > to->entry)
		return REFUSAL_NONE; /* done since they said so */
	if (!q->unwrap->identity_count)
		return REFUSAL_LOCKED;
	refusal = rewrap(q, rec, to, &keys, ret);
	sodium_memzero(&keys, sizeof(keys));
	return refusal;
}
