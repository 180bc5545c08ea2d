#include "seal/card.h"

#include <sodium.h>

#include "seal/hkdf.h"

static void card_nonce(const uint8_t fk[AGE_FILE_KEY_BYTES], struct bytes json,
		       uint8_t pn[AGE_NONCE_BYTES])
{
	uint8_t digest[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(digest, json.p, json.len);
	hkdf_sha256((struct bytes){ fk, AGE_FILE_KEY_BYTES },
		    (struct bytes){ digest, sizeof(digest) },
		    TEXT("vaxel/card/1"), pn, AGE_NONCE_BYTES);
	/* the digest of facts that can be guessed is itself one of them */
	sodium_memzero(digest, sizeof(digest));
}

int card_make(struct stream *s, const uint8_t fk[AGE_FILE_KEY_BYTES],
	      struct bytes envelope, struct bytes json, struct writer *w)
{
	uint8_t pn[AGE_NONCE_BYTES];

	if (json.len > CARD_JSON_MAX ||
	    envelope.len + stream_sealed_bytes(json.len) > CARD_MAX)
		return EMSGSIZE;
	card_nonce(fk, json, pn);
	writer_copy(w, envelope.p, envelope.len);
	return stream_seal(s, fk, pn, json, w);
}

int card_split(struct bytes card, struct bytes *ret_envelope,
	       struct bytes *ret_payload)
{
	struct age_header h;
	int err;

	if (card.len > CARD_MAX)
		return EMSGSIZE;
	err = age_header_read(card, &h);
	if (err)
		return err;
	if (h.len > ENVELOPE_MAX)
		return EMSGSIZE;
	*ret_envelope = (struct bytes){ card.p, h.len };
	*ret_payload = (struct bytes){ card.p + h.len, card.len - h.len };
	return 0;
}

int card_open(struct stream *s, const struct age_identity *identity,
	      struct bytes card, struct writer *json)
{
	uint8_t fk[AGE_FILE_KEY_BYTES];
	struct bytes envelope, payload;
	size_t from = json->len;
	int err;

	err = card_split(card, &envelope, &payload);
	if (!err)
		err = envelope_open(identity, envelope, fk);
	if (!err)
		err = stream_open(s, fk, payload, json);
	sodium_memzero(fk, sizeof(fk));
	if (err) { /* a card is whole or nothing */
		sodium_memzero(json->buf + from, json->len - from);
		json->len = from;
	}
	return err;
}
