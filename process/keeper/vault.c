#include "process/keeper/vault.h"

#include <sodium.h>

#include "seal/hkdf.h"

enum { WAIT_MOST_S = 60 };

static int make_signer(struct vault *v)
{
	struct secret *seed = secret_new(crypto_sign_SEEDBYTES);
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES];

	v->signer = secret_new(crypto_sign_SECRETKEYBYTES);
	if (!seed || !v->signer) {
		secret_free(seed);
		return ENOMEM;
	}
	hkdf_sha256((struct bytes){ v->identity.scalar->bytes, AGE_KEY_BYTES },
		    (struct bytes){ 0 }, TEXT("vaxel/receipt/1"), seed->bytes,
		    seed->len);
	(void)crypto_sign_seed_keypair(public_key, v->signer->bytes,
				       seed->bytes);
	secret_free(seed);
	return 0;
}

static void note_failure(struct vault *v, uint64_t mono_ms)
{
	uint64_t wait_s = v->failures < 6 ? 1ull << v->failures : WAIT_MOST_S;

	v->failures++;
	v->not_before_ms = mono_ms + wait_s * 1000;
}

int vault_unlock(struct vault *v, struct text passphrase, uint64_t mono_ms)
{
	struct age_identity identity = { 0 };
	int err;

	if (!v->file_len)
		return ENOENT;
	if (mono_ms < v->not_before_ms)
		return EAGAIN;
	err = identity_open((struct bytes){ v->file, v->file_len }, passphrase,
			    &identity);
	if (err == ENOKEY)
		note_failure(v, mono_ms);
	if (err)
		return err;
	v->failures = 0;
	vault_lock(v);
	v->identity = identity;
	v->unlocked = true;
	v->unlocked_ms = mono_ms;
	err = make_signer(v);
	if (err)
		vault_lock(v);
	return err;
}

void vault_lock(struct vault *v)
{
	age_identity_close(&v->identity);
	secret_free(v->signer);
	v->signer = NULL;
	v->unlocked = false;
}

uint64_t vault_until_lock(const struct vault *v, unsigned after_s,
			  uint64_t mono_ms)
{
	uint64_t at_ms = v->unlocked_ms + (uint64_t)after_s * 1000;

	if (!v->unlocked || !after_s)
		return UINT64_MAX;
	return at_ms > mono_ms ? at_ms - mono_ms : 0;
}

unsigned vault_wait_s(const struct vault *v, uint64_t mono_ms)
{
	return mono_ms < v->not_before_ms
		       ? (unsigned)((v->not_before_ms - mono_ms + 999) / 1000)
		       : 0;
}
