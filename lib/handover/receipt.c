#include "handover/receipt.h"

#include <sodium.h>
#include <stdlib.h>

enum {
	VERSION = 1,
	SIGNED_BYTES = HANDOVER_RECEIPT_BYTES - crypto_sign_BYTES,
	MESSAGE_MAX = 128,
	MINUTES_OFF = 2,
};

static const char sign_domain[] = "vaxel/receipt/1";

_Static_assert(1 + 4 + ID_BYTES + crypto_hash_sha256_BYTES + 4 == SIGNED_BYTES,
	       "the receipt's form");

static void signed_message(const uint8_t *receipt, uint8_t to[MESSAGE_MAX],
			   size_t *ret_len)
{
	memcpy(to, sign_domain, sizeof(sign_domain));
	memcpy(to + sizeof(sign_domain), receipt, SIGNED_BYTES);
	*ret_len = sizeof(sign_domain) + SIGNED_BYTES;
}

int handover_receipt_sign(const struct note_signer *provider,
			  const uint8_t id[ID_BYTES], struct text token,
			  int64_t minute, char to[HANDOVER_RECEIPT_CHARS + 1])
{
	uint8_t receipt[HANDOVER_RECEIPT_BYTES], message[MESSAGE_MAX];
	uint8_t digest[crypto_hash_sha256_BYTES];
	struct writer w = writer_on(receipt, sizeof(receipt));
	struct writer text = writer_on(to, HANDOVER_RECEIPT_CHARS);
	size_t len;

	if (minute < 0 || minute > UINT32_MAX)
		return EINVAL;
	(void)crypto_hash_sha256(digest, (const uint8_t *)token.p, token.len);
	writer_u8(&w, VERSION);
	writer_u32(&w, provider->key.id);
	writer_copy(&w, id, ID_BYTES);
	writer_copy(&w, digest, sizeof(digest));
	writer_u32(&w, (uint32_t)minute);
	signed_message(receipt, message, &len);
	(void)crypto_sign_detached(receipt + SIGNED_BYTES, NULL, message, len,
				   provider->secret->bytes);
	base64_write(&text, BASE64_URL, receipt, sizeof(receipt));
	to[text.len] = '\0';
	return writer_finish(&text);
}

static enum handover_receipt check_signature(const struct note_key *keys,
					     unsigned count, uint32_t key_id,
					     const uint8_t *receipt)
{
	enum handover_receipt result = HANDOVER_RECEIPT_UNKNOWN_KEY;
	uint8_t message[MESSAGE_MAX];
	size_t len;

	signed_message(receipt, message, &len);
	for (unsigned i = 0; i < count; i++) {
		if (keys[i].id != key_id)
			continue;
		result = HANDOVER_RECEIPT_BAD_SIGNATURE;
		if (!crypto_sign_verify_detached(receipt + SIGNED_BYTES,
						 message, len,
						 keys[i].public_key))
			return HANDOVER_RECEIPT_GOOD;
	}
	return result;
}

enum handover_receipt handover_receipt_verify(const struct note_key *providers,
					      unsigned provider_count,
					      struct text receipt,
					      const uint8_t id[ID_BYTES],
					      struct text token, int64_t now,
					      int64_t *ret_minute)
{
	uint8_t bytes[HANDOVER_RECEIPT_BYTES], wanted[crypto_hash_sha256_BYTES];
	struct reader r = reader_on(bytes, sizeof(bytes));
	struct bytes said_id, digest;
	enum handover_receipt result;
	uint32_t key_id, minute;
	uint8_t version;
	size_t len;

	if (receipt.len != HANDOVER_RECEIPT_CHARS ||
	    base64_read(receipt, BASE64_URL, bytes, sizeof(bytes), &len) ||
	    len != sizeof(bytes) || reader_u8(&r, &version) ||
	    version != VERSION || reader_u32(&r, &key_id) ||
	    reader_bytes(&r, ID_BYTES, &said_id) ||
	    reader_bytes(&r, sizeof(wanted), &digest) ||
	    reader_u32(&r, &minute))
		return HANDOVER_RECEIPT_MALFORMED;
	result = check_signature(providers, provider_count, key_id, bytes);
	if (result != HANDOVER_RECEIPT_GOOD)
		return result;
	(void)crypto_hash_sha256(wanted, (const uint8_t *)token.p, token.len);
	if (memcmp(said_id.p, id, ID_BYTES) != 0 ||
	    memcmp(digest.p, wanted, sizeof(wanted)) != 0)
		return HANDOVER_RECEIPT_OTHER_CALL;
	if (llabs((int64_t)minute - now) > MINUTES_OFF)
		return HANDOVER_RECEIPT_WRONG_TIME;
	*ret_minute = minute;
	return HANDOVER_RECEIPT_GOOD;
}

const char *handover_receipt_result_name(enum handover_receipt r)
{
	static const char *const names[HANDOVER_RECEIPT_RESULTS] = {
		[HANDOVER_RECEIPT_GOOD] = "good",
		[HANDOVER_RECEIPT_MALFORMED] = "malformed",
		[HANDOVER_RECEIPT_UNKNOWN_KEY] = "unknown-key",
		[HANDOVER_RECEIPT_BAD_SIGNATURE] = "bad-signature",
		[HANDOVER_RECEIPT_OTHER_CALL] = "other-call",
		[HANDOVER_RECEIPT_WRONG_TIME] = "wrong-time",
	};

	return (unsigned)r < HANDOVER_RECEIPT_RESULTS ? names[r] : "unknown";
}
