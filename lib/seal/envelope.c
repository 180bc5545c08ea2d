#include "seal/envelope.h"

#include <sodium.h>

#include "seal/hkdf.h"

void seal_keys_derive(const uint8_t fk[AGE_FILE_KEY_BYTES],
		      const uint8_t pn[AGE_NONCE_BYTES], struct seal_keys *ret)
{
	struct bytes ikm = { ret->fk, AGE_FILE_KEY_BYTES };

	memmove(ret->fk, fk, AGE_FILE_KEY_BYTES);
	memmove(ret->pn, pn, AGE_NONCE_BYTES);
	stream_key(ret->fk, ret->pn, ret->payload);
	hkdf_sha256(ikm, (struct bytes){ ret->pn, AGE_NONCE_BYTES },
		    TEXT("vaxel/tail/1"), ret->tail, sizeof(ret->tail));
	hkdf_sha256(ikm, (struct bytes){ NULL, 0 }, TEXT("vaxel/check/1"),
		    ret->check, sizeof(ret->check));
}

void seal_keys_new(struct seal_keys *ret)
{
	randombytes_buf(ret->fk, sizeof(ret->fk));
	randombytes_buf(ret->pn, sizeof(ret->pn));
	seal_keys_derive(ret->fk, ret->pn, ret);
}

void seal_keys_wipe(struct seal_keys *k)
{
	sodium_memzero(k, sizeof(*k));
}

int envelope_make(const uint8_t fk[AGE_FILE_KEY_BYTES],
		  const struct age_recipient *recipients, size_t n,
		  struct writer *w)
{
	size_t from = w->len;
	int err = age_header_write(fk, recipients, n, w);

	if (!err && w->len - from > ENVELOPE_MAX) {
		w->len = from;
		err = EMSGSIZE;
	}
	return err;
}

int envelope_open(const struct age_identity *identity, struct bytes envelope,
		  uint8_t ret_fk[AGE_FILE_KEY_BYTES])
{
	struct age_header h;
	int err;

	if (envelope.len > ENVELOPE_MAX)
		return EMSGSIZE;
	err = age_header_read(envelope, &h);
	if (err)
		return err;
	if (h.len != envelope.len)
		return EBADMSG;
	return age_header_unwrap(&h, identity, 1, ret_fk);
}

int envelope_check(const uint8_t fk[AGE_FILE_KEY_BYTES],
		   const struct age_recipient *recipients, size_t n,
		   struct bytes envelope)
{
	uint8_t again[ENVELOPE_MAX];
	struct writer w = writer_on(again, sizeof(again));
	int err = envelope_make(fk, recipients, n, &w);

	if (err)
		return err;
	if (w.len != envelope.len || memcmp(again, envelope.p, w.len) != 0)
		return EPERM;
	return 0;
}

int envelope_rewrap(const uint8_t fk[AGE_FILE_KEY_BYTES],
		    const struct age_recipient *to, struct writer *w)
{
	return envelope_make(fk, to, 1, w);
}
