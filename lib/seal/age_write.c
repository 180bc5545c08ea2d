#include "seal/age.h"

#include <sodium.h>

#include "base/encode.h"
#include "seal/age_wrap.h"
#include "seal/hkdf.h"

void age_mac(const uint8_t fk[AGE_FILE_KEY_BYTES], struct bytes covered,
	     uint8_t ret_mac[AGE_MAC_BYTES])
{
	uint8_t key[32];

	hkdf_sha256((struct bytes){ fk, AGE_FILE_KEY_BYTES },
		    (struct bytes){ NULL, 0 }, TEXT("header"), key,
		    sizeof(key));
	(void)crypto_auth_hmacsha256(ret_mac, covered.p, covered.len, key);
	sodium_memzero(key, sizeof(key));
}

void age_wrap_key(const uint8_t shared[AGE_KEY_BYTES],
		  const uint8_t share[AGE_KEY_BYTES],
		  const struct age_recipient *recipient,
		  uint8_t ret_key[AGE_KEY_BYTES])
{
	uint8_t salt[2 * AGE_KEY_BYTES];

	memcpy(salt, share, AGE_KEY_BYTES);
	memcpy(salt + AGE_KEY_BYTES, recipient->key, AGE_KEY_BYTES);
	hkdf_sha256((struct bytes){ shared, AGE_KEY_BYTES },
		    (struct bytes){ salt, sizeof(salt) },
		    TEXT("age-encryption.org/v1/X25519"), ret_key,
		    AGE_KEY_BYTES);
}

int age_scrypt_key(struct text passphrase, const uint8_t salt[AGE_SALT_BYTES],
		   unsigned work, uint8_t ret_key[AGE_KEY_BYTES])
{
	uint8_t labelled[64];
	struct writer w = writer_on(labelled, sizeof(labelled));

	writer_text(&w, TEXT("age-encryption.org/v1/scrypt"));
	writer_copy(&w, salt, AGE_SALT_BYTES);
	if (crypto_pwhash_scryptsalsa208sha256_ll(
		    (const uint8_t *)passphrase.p, passphrase.len, labelled,
		    w.len, (uint64_t)1 << work, 8, 1, ret_key, AGE_KEY_BYTES))
		return ENOMEM;
	return 0;
}

static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

void age_wrap(const uint8_t key[AGE_KEY_BYTES],
	      const uint8_t fk[AGE_FILE_KEY_BYTES],
	      uint8_t ret_body[AGE_WRAPPED_BYTES])
{
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(
		ret_body, NULL, fk, AGE_FILE_KEY_BYTES, NULL, 0, NULL,
		zero_nonce, key);
}

int age_unwrap(const uint8_t key[AGE_KEY_BYTES],
	       const uint8_t body[AGE_WRAPPED_BYTES],
	       uint8_t ret_fk[AGE_FILE_KEY_BYTES])
{
	return crypto_aead_chacha20poly1305_ietf_decrypt(
		       ret_fk, NULL, NULL, body, AGE_WRAPPED_BYTES, NULL, 0,
		       zero_nonce, key)
		       ? EBADMSG
		       : 0;
}

static void put_base64(struct writer *w, const uint8_t *p, size_t len)
{
	base64_write(w, BASE64_UNPADDED, p, len);
}

void age_ephemeral(const uint8_t fk[AGE_FILE_KEY_BYTES],
		   const struct age_recipient *to,
		   uint8_t ret_scalar[AGE_KEY_BYTES])
{
	hkdf_sha256((struct bytes){ fk, AGE_FILE_KEY_BYTES },
		    (struct bytes){ to->key, AGE_KEY_BYTES },
		    TEXT("vaxel/stanza/1"), ret_scalar, AGE_KEY_BYTES);
}

void age_header_begin(struct writer *w)
{
	writer_text(w, TEXT("age-encryption.org/v1\n"));
}

void age_header_stanza(const uint8_t fk[AGE_FILE_KEY_BYTES],
		       const struct age_recipient *to,
		       const uint8_t share[AGE_KEY_BYTES],
		       const uint8_t shared[AGE_KEY_BYTES], struct writer *w)
{
	uint8_t wrap[AGE_KEY_BYTES], body[AGE_WRAPPED_BYTES];

	age_wrap_key(shared, share, to, wrap);
	age_wrap(wrap, fk, body);
	writer_text(w, TEXT("-> X25519 "));
	put_base64(w, share, AGE_KEY_BYTES);
	writer_text(w, TEXT("\n"));
	put_base64(w, body, sizeof(body));
	writer_text(w, TEXT("\n"));
	sodium_memzero(wrap, sizeof(wrap));
}

int age_header_finish(const uint8_t fk[AGE_FILE_KEY_BYTES], size_t from,
		      struct writer *w)
{
	uint8_t mac[AGE_MAC_BYTES];

	writer_text(w, TEXT("---"));
	if (!w->full) {
		age_mac(fk, (struct bytes){ w->buf + from, w->len - from },
			mac);
		writer_text(w, TEXT(" "));
		put_base64(w, mac, sizeof(mac));
		writer_text(w, TEXT("\n"));
	}
	return writer_finish(w);
}

static int write_x25519(const uint8_t fk[AGE_FILE_KEY_BYTES],
			const struct age_recipient *to, struct writer *w)
{
	uint8_t ephemeral[AGE_KEY_BYTES], share[AGE_KEY_BYTES];
	uint8_t shared[AGE_KEY_BYTES];
	int err = EBADMSG;

	age_ephemeral(fk, to, ephemeral);
	if (!crypto_scalarmult_base(share, ephemeral) &&
	    !crypto_scalarmult(shared, ephemeral, to->key)) {
		age_header_stanza(fk, to, share, shared, w);
		err = 0;
	}
	sodium_memzero(ephemeral, sizeof(ephemeral));
	sodium_memzero(shared, sizeof(shared));
	return err;
}

int age_header_write(const uint8_t fk[AGE_FILE_KEY_BYTES],
		     const struct age_recipient *recipients, size_t n,
		     struct writer *w)
{
	size_t from = w->len;

	if (!n)
		return ENOKEY;
	age_header_begin(w);
	for (size_t i = 0; i < n; i++) {
		int err = write_x25519(fk, &recipients[i], w);

		if (err) {
			w->len = from;
			return err;
		}
	}
	return age_header_finish(fk, from, w);
}

int age_header_write_passphrase(const uint8_t fk[AGE_FILE_KEY_BYTES],
				struct text passphrase, unsigned work,
				struct writer *w)
{
	uint8_t salt[AGE_SALT_BYTES], wrap[AGE_KEY_BYTES];
	uint8_t body[AGE_WRAPPED_BYTES];
	size_t from = w->len;
	int err;

	if (!work || work > AGE_WORK_MAX)
		return EINVAL;
	randombytes_buf(salt, sizeof(salt));
	err = age_scrypt_key(passphrase, salt, work, wrap);
	if (err)
		return err;
	age_wrap(wrap, fk, body);
	sodium_memzero(wrap, sizeof(wrap));
	age_header_begin(w);
	writer_text(w, TEXT("-> scrypt "));
	put_base64(w, salt, sizeof(salt));
	writer_printf(w, " %u\n", work);
	put_base64(w, body, sizeof(body));
	writer_text(w, TEXT("\n"));
	return age_header_finish(fk, from, w);
}
