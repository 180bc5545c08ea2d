#include "seal/envelope.h"

#include <sodium.h>
#include <stdlib.h>

#include "seal/age_wrap.h"
#include "seal/comb.h"

struct envelope_maker {
	size_t count;
	struct age_recipient recipients[ENVELOPE_MAKER_RECIPIENTS];
	struct comb *combs[ENVELOPE_MAKER_RECIPIENTS];
	struct comb *base;
	bool plain; /* a recipient that has no table: make all by libsodium */
};

static int make_tables(struct envelope_maker *m)
{
	static const uint8_t nine[32] = { 9 };
	int err = comb_new(&m->base, nine);

	for (size_t i = 0; !err && i < m->count; i++)
		err = comb_new(&m->combs[i], m->recipients[i].key);
	if (err == EINVAL) {
		m->plain = true;
		err = 0;
	}
	return err;
}

int envelope_maker_new(struct envelope_maker **ret,
		       const struct age_recipient *recipients, size_t n)
{
	static const uint8_t fk[AGE_FILE_KEY_BYTES];
	uint8_t trial[ENVELOPE_MAX];
	struct writer w = writer_on(trial, sizeof(trial));
	struct envelope_maker *m;
	int err;

	if (n > ENVELOPE_MAKER_RECIPIENTS)
		return EMSGSIZE;
	/* tells what is wrong with a recipient, before any call needs it */
	err = envelope_make(fk, recipients, n, &w);
	if (err)
		return err;
	m = calloc(1, sizeof(*m));
	if (!m)
		return ENOMEM;
	m->count = n;
	memcpy(m->recipients, recipients, n * sizeof(*recipients));
	err = make_tables(m);
	if (err) {
		envelope_maker_free(m);
		return err;
	}
	*ret = m;
	return 0;
}

void envelope_maker_free(struct envelope_maker *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->count; i++)
		comb_free(m->combs[i]);
	comb_free(m->base);
	free(m);
}

int envelope_maker_make(const struct envelope_maker *m,
			const uint8_t fk[AGE_FILE_KEY_BYTES], struct writer *w)
{
	struct {
		uint8_t ephemeral[AGE_KEY_BYTES];
		uint8_t share[AGE_KEY_BYTES];
		uint8_t shared[AGE_KEY_BYTES];
	} s[ENVELOPE_MAKER_RECIPIENTS];
	struct comb_job jobs[2 * ENVELOPE_MAKER_RECIPIENTS];
	size_t from = w->len;
	int err;

	if (m->plain)
		return envelope_make(fk, m->recipients, m->count, w);
	for (size_t i = 0; i < m->count; i++) {
		age_ephemeral(fk, &m->recipients[i], s[i].ephemeral);
		jobs[2 * i] = (struct comb_job){ m->base, s[i].ephemeral,
						 s[i].share };
		jobs[2 * i + 1] =
			(struct comb_job){ m->combs[i], s[i].ephemeral,
					   s[i].shared };
	}
	err = comb_multiply(jobs, 2 * m->count);
	if (!err) {
		age_header_begin(w);
		for (size_t i = 0; i < m->count; i++)
			age_header_stanza(fk, &m->recipients[i], s[i].share,
					  s[i].shared, w);
		err = age_header_finish(fk, from, w);
	}
	sodium_memzero(s, sizeof(s));
	return err;
}
