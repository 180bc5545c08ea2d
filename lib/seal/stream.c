#include "seal/stream.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>

#include "seal/hkdf.h"

enum { NONCE_BYTES = 12, LAST_AT = 11 };

struct stream {
	EVP_CIPHER_CTX *ctx;
	EVP_CIPHER *cipher;
	uint8_t buf[STREAM_SEALED_CHUNK_BYTES];
};

int stream_new(struct stream **ret)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return ENOMEM;
	s->ctx = EVP_CIPHER_CTX_new();
	s->cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	if (!s->ctx || !s->cipher) {
		stream_free(s);
		return ENOMEM;
	}
	*ret = s;
	return 0;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	EVP_CIPHER_CTX_free(s->ctx); /* wipes its key schedule */
	EVP_CIPHER_free(s->cipher);
	sodium_memzero(s->buf, sizeof(s->buf));
	free(s);
}

void stream_key(const uint8_t fk[AGE_FILE_KEY_BYTES],
		const uint8_t pn[AGE_NONCE_BYTES],
		uint8_t ret_key[STREAM_KEY_BYTES])
{
	hkdf_sha256((struct bytes){ fk, AGE_FILE_KEY_BYTES },
		    (struct bytes){ pn, AGE_NONCE_BYTES }, TEXT("payload"),
		    ret_key, STREAM_KEY_BYTES);
}

/* The chunk's number, big-endian, in 11 bytes; then 1 on the last. */
static void chunk_nonce(uint64_t number, bool last, uint8_t nonce[NONCE_BYTES])
{
	memset(nonce, 0, NONCE_BYTES);
	for (size_t i = 0; i < 8; i++)
		nonce[LAST_AT - 1 - i] = (uint8_t)(number >> (8 * i));
	nonce[LAST_AT] = last;
}

static bool length_is_right(uint64_t number, bool last, size_t len)
{
	if (!last)
		return len == STREAM_CHUNK_BYTES;
	return len <= STREAM_CHUNK_BYTES && (len || !number);
}

int stream_seal_chunk(struct stream *s, const uint8_t key[STREAM_KEY_BYTES],
		      uint64_t number, bool last, uint8_t *buf, size_t len)
{
	uint8_t nonce[NONCE_BYTES];
	int n = 0, rest = 0, ok;

	if (!length_is_right(number, last, len))
		return EINVAL;
	chunk_nonce(number, last, nonce);
	ok = EVP_EncryptInit_ex2(s->ctx, s->cipher, key, nonce, NULL) == 1 &&
	     EVP_EncryptUpdate(s->ctx, buf, &n, buf, (int)len) == 1 &&
	     EVP_EncryptFinal_ex(s->ctx, buf + n, &rest) == 1 &&
	     EVP_CIPHER_CTX_ctrl(s->ctx, EVP_CTRL_AEAD_GET_TAG,
				 STREAM_TAG_BYTES, buf + len) == 1;
	(void)EVP_CIPHER_CTX_reset(s->ctx);
	return ok ? 0 : ENOMEM;
}

int stream_open_chunk(struct stream *s, const uint8_t key[STREAM_KEY_BYTES],
		      uint64_t number, bool last, uint8_t *buf, size_t len)
{
	uint8_t nonce[NONCE_BYTES];
	int n = 0, rest = 0, ok;

	if (len < STREAM_TAG_BYTES ||
	    !length_is_right(number, last, len - STREAM_TAG_BYTES))
		return EBADMSG;
	len -= STREAM_TAG_BYTES;
	chunk_nonce(number, last, nonce);
	ok = EVP_DecryptInit_ex2(s->ctx, s->cipher, key, nonce, NULL) == 1 &&
	     EVP_CIPHER_CTX_ctrl(s->ctx, EVP_CTRL_AEAD_SET_TAG,
				 STREAM_TAG_BYTES, buf + len) == 1 &&
	     EVP_DecryptUpdate(s->ctx, buf, &n, buf, (int)len) == 1 &&
	     EVP_DecryptFinal_ex(s->ctx, buf + n, &rest) == 1;
	(void)EVP_CIPHER_CTX_reset(s->ctx);
	if (ok)
		return 0;
	/* what was not authenticated is for nobody to see */
	sodium_memzero(buf, len);
	return EBADMSG;
}

int stream_seal(struct stream *s, const uint8_t fk[AGE_FILE_KEY_BYTES],
		const uint8_t pn[AGE_NONCE_BYTES], struct bytes plain,
		struct writer *w)
{
	uint8_t key[STREAM_KEY_BYTES];
	uint64_t number = 0;
	bool last;
	int err = 0;

	stream_key(fk, pn, key);
	writer_copy(w, pn, AGE_NONCE_BYTES);
	do {
		size_t len = plain.len < STREAM_CHUNK_BYTES
				     ? plain.len
				     : STREAM_CHUNK_BYTES;
		uint8_t *to = writer_room(w, len + STREAM_TAG_BYTES);

		if (!to) {
			err = EMSGSIZE;
			break;
		}
		if (len)
			memcpy(to, plain.p, len);
		last = len == plain.len;
		err = stream_seal_chunk(s, key, number++, last, to, len);
		if (len)
			plain.p += len;
		plain.len -= len;
	} while (!err && !last);
	sodium_memzero(key, sizeof(key));
	return err;
}

/*
 * The chunk at the front of r, into s->buf. One that is good in itself, but
 * marked last in the middle or not marked at the end, still counts: stock age
 * lets it out too, before it says that the payload is bad.
 */
static int open_next(struct stream *s, const uint8_t key[STREAM_KEY_BYTES],
		     uint64_t number, struct reader *r, size_t *ret_len)
{
	size_t left = reader_left(r);
	size_t len = left < STREAM_SEALED_CHUNK_BYTES
			     ? left
			     : STREAM_SEALED_CHUNK_BYTES;
	bool last = len == left;
	int err;

	*ret_len = 0;
	memcpy(s->buf, r->at, len);
	err = stream_open_chunk(s, key, number, last, s->buf, len);
	if (!err) {
		*ret_len = len - STREAM_TAG_BYTES;
	} else {
		memcpy(s->buf, r->at, len);
		if (!stream_open_chunk(s, key, number, !last, s->buf, len))
			*ret_len = len - STREAM_TAG_BYTES;
	}
	r->at += len;
	return err;
}

int stream_open(struct stream *s, const uint8_t fk[AGE_FILE_KEY_BYTES],
		struct bytes payload, struct writer *w)
{
	struct reader r = reader_on(payload.p, payload.len);
	uint8_t pn[AGE_NONCE_BYTES], key[STREAM_KEY_BYTES];
	uint64_t number = 0;
	int err;

	err = reader_copy(&r, pn, sizeof(pn));
	if (err)
		return err;
	stream_key(fk, pn, key);
	do {
		size_t len;

		err = open_next(s, key, number++, &r, &len);
		writer_copy(w, s->buf, len);
		if (!err)
			err = writer_finish(w);
	} while (!err && reader_left(&r));
	sodium_memzero(key, sizeof(key));
	sodium_memzero(s->buf, sizeof(s->buf));
	return err;
}

uint64_t stream_sealed_bytes(uint64_t plain_bytes)
{
	uint64_t chunks =
		(plain_bytes + STREAM_CHUNK_BYTES - 1) / STREAM_CHUNK_BYTES;

	if (!chunks)
		chunks = 1;
	return AGE_NONCE_BYTES + plain_bytes + chunks * STREAM_TAG_BYTES;
}
