#include "seal/spool.h"

#include <assert.h>
#include <sodium.h>

#include "seal/spool_form.h"

void spool_nonce_init(struct spool_nonce *n)
{
	randombytes_buf(n->start, sizeof(n->start));
	n->next = 0;
}

size_t spool_round(size_t content_bytes)
{
	size_t n = SPOOL_HEADER_BYTES + content_bytes + SPOOL_TAG_BYTES;

	return (n + SPOOL_ALIGN - 1) / SPOOL_ALIGN * SPOOL_ALIGN;
}

void spool_associate(const uint8_t digest[SPOOL_DIGEST_BYTES],
		     enum spool_type type, uint64_t seq,
		     uint8_t ret[SPOOL_AD_BYTES])
{
	struct writer w = writer_on(ret, SPOOL_AD_BYTES);

	writer_copy(&w, digest, SPOOL_DIGEST_BYTES);
	writer_u8(&w, (uint8_t)type);
	writer_u64(&w, seq);
	assert(w.len == SPOOL_AD_BYTES && !w.full);
}

static const uint8_t no_nonce[SPOOL_NONCE_BYTES];

/* A record in the making: header written, fields for the caller to fill. */
struct draft {
	uint8_t *at;
	size_t total;
	struct writer fields;
};

/* Room for a record of len bytes of fields. NULL nonce: a clear record. */
static int begin(struct writer *w, enum spool_type type,
		 const uint8_t id[SPOOL_ID_BYTES], uint64_t seq,
		 const uint8_t nonce[SPOOL_NONCE_BYTES], size_t len,
		 struct draft *ret)
{
	size_t total = spool_round(SPOOL_LENGTH_BYTES + len);
	struct writer r;

	if (total > SPOOL_RECORD_MAX || w->full || total > w->max - w->len)
		return EMSGSIZE;
	ret->at = writer_room(w, total);
	ret->total = total;
	r = writer_on(ret->at, total);
	writer_text(&r, TEXT("VXS1"));
	writer_u32(&r, (uint32_t)total);
	writer_u8(&r, (uint8_t)type);
	writer_copy(&r, no_nonce, 3);
	writer_copy(&r, id, SPOOL_ID_BYTES);
	writer_u64(&r, seq);
	writer_copy(&r, nonce ? nonce : no_nonce, SPOOL_NONCE_BYTES);
	assert(r.len == SPOOL_HEADER_BYTES);
	writer_u32(&r, (uint32_t)len);
	ret->fields = writer_on(ret->at + r.len, len);
	memset(ret->at + r.len + len, 0, total - r.len - len);
	return 0;
}

static void finish_clear(struct draft *d)
{
	size_t body = d->total - SPOOL_TAG_BYTES;
	uint8_t digest[SPOOL_DIGEST_BYTES];

	assert(d->fields.len == d->fields.max && !d->fields.full);
	(void)crypto_hash_sha256(digest, d->at, body);
	memcpy(d->at + body, digest, SPOOL_TAG_BYTES);
}

/* Seals in place. */
static void finish_sealed(struct draft *d, struct spool_seal *seal,
			  const uint8_t *key, enum spool_type type)
{
	size_t body = d->total - SPOOL_TAG_BYTES;
	uint8_t ad[SPOOL_AD_BYTES];

	assert(d->fields.len == d->fields.max && !d->fields.full);
	spool_associate(seal->start_digest, type, seal->seq, ad);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
		d->at + SPOOL_HEADER_BYTES, d->at + body, NULL,
		d->at + SPOOL_HEADER_BYTES, body - SPOOL_HEADER_BYTES, ad,
		sizeof(ad), NULL, d->at + SPOOL_NONCE_AT, key);
	seal->seq++;
}

static void take_nonce(struct spool_nonce *n, uint8_t ret[SPOOL_NONCE_BYTES])
{
	struct writer w = writer_on(ret, SPOOL_NONCE_BYTES);

	writer_copy(&w, n->start, sizeof(n->start));
	writer_u64(&w, n->next++);
}

/* The nonce is used up even if the record does not fit. */
static int begin_sealed(struct writer *w, enum spool_type type,
			const struct spool_seal *seal, struct spool_nonce *n,
			size_t len, struct draft *ret)
{
	uint8_t nonce[SPOOL_NONCE_BYTES];

	take_nonce(n, nonce);
	return begin(w, type, seal->id, seal->seq, nonce, len, ret);
}

static void put_blob(struct writer *w, const void *p, size_t len)
{
	writer_u16(w, (uint16_t)len);
	writer_copy(w, p, len);
}

static void fill_seal(const uint8_t *record, size_t total,
		      const uint8_t id[SPOOL_ID_BYTES],
		      const struct seal_keys *keys,
		      const struct seal_keys *card_keys, struct spool_seal *ret)
{
	memcpy(ret->id, id, SPOOL_ID_BYTES);
	(void)crypto_hash_sha256(ret->start_digest, record, total);
	memcpy(ret->tail, keys->tail, sizeof(ret->tail));
	memcpy(ret->card_tail, card_keys->tail, sizeof(ret->card_tail));
	ret->seq = 1;
}

int spool_write_start(struct writer *w, const struct spool_start *start,
		      const struct seal_keys *keys,
		      const struct seal_keys *card_keys,
		      struct spool_seal *ret_seal)
{
	struct draft d;
	size_t len = SPOOL_START_FIXED + start->controller.len +
		     start->envelope.len + start->card_envelope.len;
	int err;

	if (start->controller.len > SPOOL_TEXT_MAX ||
	    start->envelope.len > ENVELOPE_MAX ||
	    start->card_envelope.len > ENVELOPE_MAX)
		return EMSGSIZE;
	err = begin(w, SPOOL_START, start->id, 0, NULL, len, &d);
	if (err)
		return err;
	writer_u64(&d.fields, start->at_ms);
	writer_copy(&d.fields, start->body_name, sizeof(start->body_name));
	writer_copy(&d.fields, start->call_id, sizeof(start->call_id));
	writer_u16(&d.fields, start->worker);
	writer_copy(&d.fields, start->codecs, sizeof(start->codecs));
	put_blob(&d.fields, start->controller.p, start->controller.len);
	writer_copy(&d.fields, keys->pn, sizeof(keys->pn));
	writer_copy(&d.fields, keys->check, sizeof(keys->check));
	put_blob(&d.fields, start->envelope.p, start->envelope.len);
	writer_copy(&d.fields, card_keys->pn, sizeof(card_keys->pn));
	writer_copy(&d.fields, card_keys->check, sizeof(card_keys->check));
	put_blob(&d.fields, start->card_envelope.p, start->card_envelope.len);
	finish_clear(&d);
	fill_seal(d.at, d.total, start->id, keys, card_keys, ret_seal);
	return 0;
}

int spool_resume(const struct spool_record *start, const struct seal_keys *keys,
		 const struct seal_keys *card_keys, struct spool_seal *ret_seal)
{
	struct spool_start s;
	int err = spool_read_start(start, &s);

	if (err)
		return err;
	if (memcmp(s.pn, keys->pn, sizeof(s.pn)) != 0 ||
	    memcmp(s.check, keys->check, sizeof(s.check)) != 0 ||
	    memcmp(s.card_pn, card_keys->pn, sizeof(s.card_pn)) != 0 ||
	    memcmp(s.card_check, card_keys->check, sizeof(s.card_check)) != 0)
		return EPERM;
	fill_seal(start->raw.p, start->raw.len, start->id, keys, card_keys,
		  ret_seal);
	return 0;
}

int spool_write_data(struct writer *w, struct spool_seal *seal,
		     struct spool_nonce *nonce, const struct spool_data *data)
{
	struct draft d;
	int err;

	if (data->bytes.len > SPOOL_DATA_MAX)
		return EMSGSIZE;
	err = begin_sealed(w, SPOOL_DATA, seal, nonce,
			   SPOOL_DATA_FIXED + data->bytes.len, &d);
	if (err)
		return err;
	writer_u64(&d.fields, data->offset);
	for (size_t i = 0; i < SPOOL_TRACKS; i++)
		writer_u64(&d.fields, data->last_packet[i]);
	writer_u32(&d.fields, (uint32_t)data->bytes.len);
	writer_copy(&d.fields, data->bytes.p, data->bytes.len);
	finish_sealed(&d, seal, seal->tail, SPOOL_DATA);
	return 0;
}

int spool_write_fact(struct writer *w, struct spool_seal *seal,
		     struct spool_nonce *nonce, const struct spool_fact *fact)
{
	struct draft d;
	int err;

	if (fact->value.len > SPOOL_FACT_MAX)
		return EMSGSIZE;
	err = begin_sealed(w, SPOOL_FACT, seal, nonce,
			   1 + 8 + 2 + fact->value.len, &d);
	if (err)
		return err;
	writer_u8(&d.fields, fact->kind);
	writer_u64(&d.fields, fact->at_ms);
	put_blob(&d.fields, fact->value.p, fact->value.len);
	finish_sealed(&d, seal, seal->card_tail, SPOOL_FACT);
	return 0;
}

int spool_write_end(struct writer *w, struct spool_seal *seal,
		    struct spool_nonce *nonce, const struct spool_end *end)
{
	struct draft d;
	int err = begin_sealed(w, SPOOL_END, seal, nonce, 8 + 8 + 1 + 8, &d);

	if (err)
		return err;
	writer_u64(&d.fields, end->body_len);
	writer_u64(&d.fields, end->length_ms);
	writer_u8(&d.fields, end->reason);
	writer_u64(&d.fields, end->at_ms);
	finish_sealed(&d, seal, seal->tail, SPOOL_END);
	return 0;
}

int spool_write_event(struct writer *w, const struct spool_event *event)
{
	struct draft d;
	int err;

	if (event->organisation.len > SPOOL_TEXT_MAX ||
	    event->details.len > SPOOL_DETAILS_MAX)
		return EMSGSIZE;
	err = begin(w, SPOOL_EVENT, event->id, 0, NULL,
		    1 + 8 + 2 + event->organisation.len + 2 +
			    event->details.len,
		    &d);
	if (err)
		return err;
	writer_u8(&d.fields, event->type);
	writer_u64(&d.fields, event->at_ms);
	put_blob(&d.fields, event->organisation.p, event->organisation.len);
	put_blob(&d.fields, event->details.p, event->details.len);
	finish_clear(&d);
	return 0;
}

int spool_write_done(struct writer *w, const uint8_t id[SPOOL_ID_BYTES],
		     uint64_t seq, const struct spool_done *done)
{
	struct draft d;
	int err = begin(w, SPOOL_DONE, id, seq, NULL, 2, &d);

	if (err)
		return err;
	writer_u8(&d.fields, done->state);
	writer_u8(&d.fields, done->reason);
	finish_clear(&d);
	return 0;
}
