#include "release/receipt.h"

#include <sodium.h>

#define RECEIPT_VERSION 1
#define SIGNED_BYTES (RECEIPT_BYTES - REQUEST_SIGNATURE)

static const char receipt_domain[] = "vaxel/receipt/1"; /* with its 0 */

static void digest(const uint8_t *signed_part, uint8_t ret[32])
{
	crypto_hash_sha256_state h;

	(void)crypto_hash_sha256_init(&h);
	(void)crypto_hash_sha256_update(&h,
					(const unsigned char *)receipt_domain,
					sizeof(receipt_domain));
	(void)crypto_hash_sha256_update(&h, signed_part, SIGNED_BYTES);
	(void)crypto_hash_sha256_final(&h, ret);
}

int receipt_sign(struct writer *to, const struct receipt *r,
		 const uint8_t secret_key[64])
{
	uint8_t buf[RECEIPT_BYTES], hash[32];
	struct writer w = writer_on(buf, sizeof(buf));
	int err;

	writer_u8(&w, RECEIPT_VERSION);
	writer_copy(&w, r->d, sizeof(r->d));
	writer_copy(&w, r->recording, sizeof(r->recording));
	writer_u64(&w, r->entry);
	writer_u64(&w, r->size);
	writer_copy(&w, r->root, sizeof(r->root));
	writer_u8(&w, r->cosigned);
	writer_u8(&w, r->witnesses);
	writer_u64(&w, r->at_ms);
	writer_copy(&w, r->header_sha256, sizeof(r->header_sha256));
	writer_copy(&w, secret_key + 32, REQUEST_KEY);
	if ((err = writer_finish(&w)))
		return err;
	digest(buf, hash);
	(void)crypto_sign_detached(buf + SIGNED_BYTES, NULL, hash, sizeof(hash),
				   secret_key);
	writer_copy(to, buf, sizeof(buf));
	return writer_finish(to);
}

static int read_fields(struct reader *r, struct receipt *ret)
{
	uint8_t version;
	int err;

	if ((err = reader_u8(r, &version)))
		return err;
	if (version != RECEIPT_VERSION)
		return EBADMSG;
	if ((err = reader_copy(r, ret->d, sizeof(ret->d))) ||
	    (err = reader_copy(r, ret->recording, sizeof(ret->recording))) ||
	    (err = reader_u64(r, &ret->entry)) ||
	    (err = reader_u64(r, &ret->size)) ||
	    (err = reader_copy(r, ret->root, sizeof(ret->root))) ||
	    (err = reader_u8(r, &ret->cosigned)) ||
	    (err = reader_u8(r, &ret->witnesses)) ||
	    (err = reader_u64(r, &ret->at_ms)) ||
	    (err = reader_copy(r, ret->header_sha256, 32)) ||
	    (err = reader_copy(r, ret->key, sizeof(ret->key))))
		return err;
	return 0;
}

int receipt_read(struct bytes b, struct receipt *ret)
{
	struct reader r = reader_on(b.p, b.len);
	struct receipt out = { 0 };
	uint8_t hash[32];
	int err;

	if (b.len != RECEIPT_BYTES)
		return EBADMSG;
	if ((err = read_fields(&r, &out)))
		return err;
	digest(b.p, hash);
	if (crypto_sign_verify_detached(b.p + SIGNED_BYTES, hash, sizeof(hash),
					out.key))
		return EBADMSG;
	*ret = out;
	return 0;
}
