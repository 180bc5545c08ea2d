#include "handover/sealer.h"

#include <sodium.h>
#include <stdlib.h>

#include "seal/comb.h"

struct handover_sealer {
	struct age_recipient to;
	struct comb *base, *point; /* NULL both: libsodium's own */
};

int handover_sealer_new(struct handover_sealer **ret,
			const struct age_recipient *to)
{
	static const uint8_t nine[32] = { 9 };
	struct handover_sealer *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return ENOMEM;
	s->to = *to;
	err = comb_new(&s->base, nine);
	if (!err)
		err = comb_new(&s->point, to->key);
	if (err == EINVAL) {
		comb_free(s->base);
		s->base = s->point = NULL;
		err = 0;
	}
	if (err) {
		handover_sealer_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

void handover_sealer_free(struct handover_sealer *s)
{
	if (!s)
		return;
	comb_free(s->base);
	comb_free(s->point);
	free(s);
}

static void nonce_of(const uint8_t share[crypto_box_PUBLICKEYBYTES],
		     const struct age_recipient *to,
		     uint8_t nonce[crypto_box_NONCEBYTES])
{
	crypto_generichash_state h;

	(void)crypto_generichash_init(&h, NULL, 0, crypto_box_NONCEBYTES);
	(void)crypto_generichash_update(&h, share, crypto_box_PUBLICKEYBYTES);
	(void)crypto_generichash_update(&h, to->key, sizeof(to->key));
	(void)crypto_generichash_final(&h, nonce, crypto_box_NONCEBYTES);
}

int handover_seal(const struct handover_sealer *s, const uint8_t *plain,
		  size_t len, uint8_t *to)
{
	static const uint8_t zero[crypto_core_hsalsa20_INPUTBYTES];
	uint8_t nonce[crypto_box_NONCEBYTES];
	struct {
		uint8_t scalar[32], shared[32];
		uint8_t key[crypto_box_BEFORENMBYTES];
	} k;
	struct comb_job jobs[2];
	int err;

	if (!s->point)
		return crypto_box_seal(to, plain, len, s->to.key) ? EINVAL : 0;
	randombytes_buf(k.scalar, sizeof(k.scalar));
	jobs[0] = (struct comb_job){ s->base, k.scalar, to };
	jobs[1] = (struct comb_job){ s->point, k.scalar, k.shared };
	err = comb_multiply(jobs, 2);
	if (!err) {
		(void)crypto_core_hsalsa20(k.key, zero, k.shared, NULL);
		nonce_of(to, &s->to, nonce);
		(void)crypto_box_easy_afternm(to + crypto_box_PUBLICKEYBYTES,
					      plain, len, nonce, k.key);
	}
	sodium_memzero(&k, sizeof(k));
	return err ? EINVAL : 0;
}
