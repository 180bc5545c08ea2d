#include "seal/spool.h"

#include <sodium.h>

#include "seal/spool_form.h"

static bool is_sealed(uint8_t type)
{
	return type == SPOOL_DATA || type == SPOOL_FACT || type == SPOOL_END;
}

static bool clear_tag_fits(struct bytes raw)
{
	size_t body = raw.len - SPOOL_TAG_BYTES;
	uint8_t digest[SPOOL_DIGEST_BYTES];

	(void)crypto_hash_sha256(digest, raw.p, body);
	return !memcmp(digest, raw.p + body, SPOOL_TAG_BYTES);
}

/*
 * Header: "VXS1", length, type, zeros, id, seq, nonce. The seq of DATA, FACT
 * and END is never 0, that of START always.
 */
static int read_record(struct reader *r, struct spool_record *ret)
{
	struct reader h = *r;
	const uint8_t *start = r->at;
	struct text magic;
	uint32_t total, type_and_zeros;
	struct bytes nonce;

	if (reader_text(&h, 4, &magic) || !text_is(magic, "VXS1") ||
	    reader_u32(&h, &total) || reader_u32(&h, &type_and_zeros) ||
	    reader_copy(&h, ret->id, sizeof(ret->id)) ||
	    reader_u64(&h, &ret->seq) ||
	    reader_bytes(&h, SPOOL_NONCE_BYTES, &nonce))
		return EBADMSG;
	if (total % SPOOL_ALIGN || !total || total > SPOOL_RECORD_MAX ||
	    total > reader_left(r) || type_and_zeros & 0xffffff)
		return EBADMSG;
	ret->type = (enum spool_type)(type_and_zeros >> 24);
	ret->raw = (struct bytes){ start, total };
	if (ret->type < SPOOL_START || ret->type >= SPOOL_TYPES)
		return EBADMSG;
	if (is_sealed((uint8_t)ret->type))
		return ret->seq ? 0 : EBADMSG;
	if (!sodium_is_zero(nonce.p, nonce.len) || !clear_tag_fits(ret->raw) ||
	    (ret->type != SPOOL_DONE && ret->seq))
		return EBADMSG;
	return 0;
}

int spool_next(struct reader *r, struct spool_record *ret)
{
	struct spool_record rec;
	int err = read_record(r, &rec);

	/* sodium_is_zero() of the rest only where a record cannot begin */
	if (err)
		return sodium_is_zero(r->at, reader_left(r)) ? ENOENT : err;
	*ret = rec;
	r->at += rec.raw.len;
	return 0;
}

bool spool_is_end(struct bytes raw, const uint8_t id[SPOOL_ID_BYTES])
{
	struct reader r = reader_on(raw.p, raw.len);
	struct spool_record rec;

	return !spool_next(&r, &rec) && !reader_left(&r) &&
	       rec.type == SPOOL_END && !memcmp(rec.id, id, SPOOL_ID_BYTES);
}

/* The fields inside a content; what follows them must be zeros. */
static int read_fields(struct bytes content, struct reader *ret)
{
	struct reader r = reader_on(content.p, content.len);
	uint32_t len;
	struct bytes fields;
	int err = reader_u32(&r, &len);

	if (!err)
		err = reader_bytes(&r, len, &fields);
	if (err)
		return err;
	if (!sodium_is_zero(r.at, reader_left(&r)))
		return EBADMSG;
	*ret = reader_on(fields.p, fields.len);
	return 0;
}

static int read_clear(const struct spool_record *rec, enum spool_type type,
		      struct reader *ret)
{
	if (rec->type != type)
		return EPROTO;
	return read_fields((struct bytes){ rec->raw.p + SPOOL_HEADER_BYTES,
					   rec->raw.len - SPOOL_HEADER_BYTES -
						   SPOOL_TAG_BYTES },
			   ret);
}

static int take_text(struct reader *r, size_t max, struct text *ret)
{
	uint16_t len;
	int err = reader_u16(r, &len);

	if (!err && len > max)
		err = EBADMSG;
	return err ? err : reader_text(r, len, ret);
}

static int take_blob(struct reader *r, size_t max, struct bytes *ret)
{
	struct text t = { NULL, 0 };
	int err = take_text(r, max, &t);

	if (!err)
		*ret = (struct bytes){ (const uint8_t *)t.p, t.len };
	return err;
}

int spool_read_start(const struct spool_record *rec, struct spool_start *ret)
{
	struct spool_start s;
	struct reader r;
	int err = read_clear(rec, SPOOL_START, &r);

	if (err)
		return err;
	memcpy(s.id, rec->id, sizeof(s.id));
	if (reader_u64(&r, &s.at_ms) ||
	    reader_copy(&r, s.body_name, sizeof(s.body_name)) ||
	    reader_copy(&r, s.call_id, sizeof(s.call_id)) ||
	    reader_u16(&r, &s.worker) ||
	    reader_copy(&r, s.codecs, sizeof(s.codecs)) ||
	    take_text(&r, SPOOL_TEXT_MAX, &s.controller) ||
	    reader_copy(&r, s.pn, sizeof(s.pn)) ||
	    reader_copy(&r, s.check, sizeof(s.check)) ||
	    take_blob(&r, ENVELOPE_MAX, &s.envelope) ||
	    reader_copy(&r, s.card_pn, sizeof(s.card_pn)) ||
	    reader_copy(&r, s.card_check, sizeof(s.card_check)) ||
	    take_blob(&r, ENVELOPE_MAX, &s.card_envelope) || reader_end(&r))
		return EBADMSG;
	*ret = s;
	return 0;
}

int spool_read_event(const struct spool_record *rec, struct spool_event *ret)
{
	struct spool_event e;
	struct reader r;
	int err = read_clear(rec, SPOOL_EVENT, &r);

	if (err)
		return err;
	memcpy(e.id, rec->id, sizeof(e.id));
	if (reader_u8(&r, &e.type) || reader_u64(&r, &e.at_ms) ||
	    take_text(&r, SPOOL_TEXT_MAX, &e.organisation) ||
	    take_text(&r, SPOOL_DETAILS_MAX, &e.details) || reader_end(&r))
		return EBADMSG;
	*ret = e;
	return 0;
}

int spool_read_done(const struct spool_record *rec, struct spool_done *ret)
{
	struct spool_done d;
	struct reader r;
	int err = read_clear(rec, SPOOL_DONE, &r);

	if (err)
		return err;
	if (reader_u8(&r, &d.state) || reader_u8(&r, &d.reason) ||
	    reader_end(&r))
		return EBADMSG;
	*ret = d;
	return 0;
}

static int read_data(struct reader *r, struct spool_data *d)
{
	uint32_t len;

	if (reader_u64(r, &d->offset))
		return EBADMSG;
	for (size_t i = 0; i < SPOOL_TRACKS; i++)
		if (reader_u64(r, &d->last_packet[i]))
			return EBADMSG;
	if (reader_u32(r, &len) || len > SPOOL_DATA_MAX)
		return EBADMSG;
	return reader_bytes(r, len, &d->bytes);
}

static int read_fact(struct reader *r, struct spool_fact *f)
{
	if (reader_u8(r, &f->kind) || reader_u64(r, &f->at_ms))
		return EBADMSG;
	return take_text(r, SPOOL_FACT_MAX, &f->value);
}

static int read_end(struct reader *r, struct spool_end *e)
{
	if (reader_u64(r, &e->body_len) || reader_u64(r, &e->length_ms) ||
	    reader_u8(r, &e->reason) || reader_u64(r, &e->at_ms))
		return EBADMSG;
	return 0;
}

static int read_content(struct bytes plain, enum spool_type type,
			struct spool_content *ret)
{
	struct reader r;
	int err = read_fields(plain, &r);

	if (err)
		return err;
	ret->type = type;
	if (type == SPOOL_DATA)
		err = read_data(&r, &ret->u.data);
	else if (type == SPOOL_FACT)
		err = read_fact(&r, &ret->u.fact);
	else
		err = read_end(&r, &ret->u.end);
	return err ? err : reader_end(&r);
}

int spool_open(const struct spool_record *rec, struct spool_seal *seal,
	       uint8_t *buf, size_t max, struct spool_content *ret)
{
	size_t len = rec->raw.len - SPOOL_HEADER_BYTES - SPOOL_TAG_BYTES;
	const uint8_t *sealed = rec->raw.p + SPOOL_HEADER_BYTES;
	const uint8_t *key =
		rec->type == SPOOL_FACT ? seal->card_tail : seal->tail;
	uint8_t ad[SPOOL_AD_BYTES];
	struct spool_content c;
	int err;

	if (!is_sealed((uint8_t)rec->type))
		return EPROTO;
	if (len > max)
		return EMSGSIZE;
	if (memcmp(rec->id, seal->id, sizeof(seal->id)) != 0 ||
	    rec->seq != seal->seq)
		return EBADMSG;
	spool_associate(seal->start_digest, rec->type, rec->seq, ad);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
		    buf, NULL, sealed, len, sealed + len, ad, sizeof(ad),
		    rec->raw.p + SPOOL_NONCE_AT, key))
		return EBADMSG;
	err = read_content((struct bytes){ buf, len }, rec->type, &c);
	if (err) {
		sodium_memzero(buf, len);
		return err;
	}
	seal->seq++;
	*ret = c;
	return 0;
}
