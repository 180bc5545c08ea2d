#include "seal/hkdf.h"

#include <assert.h>
#include <sodium.h>

void hkdf_sha256(struct bytes ikm, struct bytes salt, struct text info,
		 uint8_t *to, size_t len)
{
	crypto_auth_hmacsha256_state keyed, st;
	uint8_t prk[32] = { 0 }, t[32];
	uint8_t n = 0;

	assert(len <= HKDF_MAX);
	/* libsodium wants no null pointer, not even for nothing */
	crypto_auth_hmacsha256_init(&st, salt.len ? salt.p : prk, salt.len);
	crypto_auth_hmacsha256_update(&st, ikm.len ? ikm.p : prk, ikm.len);
	crypto_auth_hmacsha256_final(&st, prk);
	crypto_auth_hmacsha256_init(&keyed, prk, sizeof(prk));
	for (size_t at = 0; at < len; at += sizeof(t)) {
		size_t part = len - at < sizeof(t) ? len - at : sizeof(t);

		st = keyed;
		if (n)
			crypto_auth_hmacsha256_update(&st, t, sizeof(t));
		if (info.len)
			crypto_auth_hmacsha256_update(
				&st, (const uint8_t *)info.p, info.len);
		n++;
		crypto_auth_hmacsha256_update(&st, &n, 1);
		crypto_auth_hmacsha256_final(&st, t);
		memcpy(to + at, t, part);
	}
	sodium_memzero(&st, sizeof(st));
	sodium_memzero(&keyed, sizeof(keyed));
	sodium_memzero(prk, sizeof(prk));
	sodium_memzero(t, sizeof(t));
}
