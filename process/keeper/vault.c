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
	hkdf_sha256(
		(struct bytes){ v->identities[0].scalar->bytes, AGE_KEY_BYTES },
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

static int open_file(struct vault *v, struct bytes file, struct text passphrase,
		     uint64_t mono_ms, struct age_identity *ret)
{
	int err;

	if (mono_ms < v->not_before_ms)
		return EAGAIN;
	err = identity_open(file, passphrase, ret);
	if (err == ENOKEY)
		note_failure(v, mono_ms);
	if (!err)
		v->failures = 0;
	return err;
}

static void lock_own(struct vault *v)
{
	age_identity_close(&v->identities[0]);
	secret_free(v->signer);
	v->signer = NULL;
	v->unlocked = false;
}

int vault_unlock(struct vault *v, struct text passphrase, uint64_t mono_ms)
{
	struct age_identity identity = { 0 };
	int err;

	if (!v->file_len)
		return ENOENT;
	err = open_file(v, (struct bytes){ v->file, v->file_len }, passphrase,
			mono_ms, &identity);
	if (err)
		return err;
	lock_own(v);
	v->identities[0] = identity;
	v->unlocked_ms[0] = mono_ms;
	v->unlocked = true;
	if (!v->count)
		v->count = 1;
	err = make_signer(v);
	if (err)
		lock_own(v);
	return err;
}

int vault_unlock_file(struct vault *v, struct bytes file,
		      struct text passphrase, uint64_t mono_ms,
		      struct age_recipient *ret)
{
	struct age_identity identity = { 0 };
	unsigned i = 1;
	int err = open_file(v, file, passphrase, mono_ms, &identity);

	if (err)
		return err;
	while (i < v->count && memcmp(v->identities[i].recipient.key,
				      identity.recipient.key, AGE_KEY_BYTES))
		i++;
	if (i == VAULT_IDENTITIES_MAX) {
		age_identity_close(&identity);
		return EMSGSIZE;
	}
	age_identity_close(&v->identities[i]);
	v->identities[i] = identity;
	v->unlocked_ms[i] = mono_ms;
	if (i >= v->count)
		v->count = i + 1;
	*ret = identity.recipient;
	return 0;
}

void vault_lock(struct vault *v)
{
	lock_own(v);
	for (unsigned i = 1; i < v->count; i++)
		age_identity_close(&v->identities[i]);
	v->count = 0;
}

unsigned vault_in_use(const struct vault *v)
{
	return v->unlocked ? v->count : 0;
}

static uint64_t until_lock(const struct vault *v, unsigned i, unsigned after_s,
			   uint64_t mono_ms)
{
	uint64_t at_ms = v->unlocked_ms[i] + (uint64_t)after_s * 1000;

	if (!after_s || (!i && !v->unlocked))
		return UINT64_MAX;
	return at_ms > mono_ms ? at_ms - mono_ms : 0;
}

void vault_lock_months(struct vault *v, unsigned after_s, uint64_t mono_ms)
{
	for (unsigned i = v->count; i-- > 1;) {
		if (until_lock(v, i, after_s, mono_ms))
			continue;
		age_identity_close(&v->identities[i]);
		/* the last takes its place */
		v->count--;
		v->identities[i] = v->identities[v->count];
		v->unlocked_ms[i] = v->unlocked_ms[v->count];
		v->identities[v->count] = (struct age_identity){ 0 };
	}
}

uint64_t vault_until_lock(const struct vault *v, unsigned after_s,
			  uint64_t mono_ms)
{
	uint64_t first = UINT64_MAX;

	for (unsigned i = 0; i < v->count; i++) {
		uint64_t ms = until_lock(v, i, after_s, mono_ms);

		if (ms < first)
			first = ms;
	}
	return first;
}

unsigned vault_wait_s(const struct vault *v, uint64_t mono_ms)
{
	return mono_ms < v->not_before_ms
		       ? (unsigned)((v->not_before_ms - mono_ms + 999) / 1000)
		       : 0;
}
