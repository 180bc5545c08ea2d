/*
 * recover -- records in, sealed bytes out
 *
 * The happy path: START gives the keys; END, which comes second, says how long
 * the body is; DATA fills a window of plaintext, out of whose front whole
 * chunks are sealed and put as soon as a byte of the next one is there;
 * recover_finish() seals the last chunk, makes the card and the summary.
 * Without END nothing is put but the END that follows from what was read.
 *
 * Then what may go wrong. A DATA that does not open is as if it were not
 * there: the write that tore it was never durable, so neither was any after
 * it. A DATA that begins past what was reached has lost its predecessor, and
 * is left out too.
 */
#include "recording/recover.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "ipc/values.h"
#include "recording/card_json.h"
#include "recording/last_ms.h"
#include "seal/card.h"
#include "seal/spool.h"

#define NOT_BEGUN UINT64_MAX
/* one chunk behind (for the length), one in work, one DATA */
#define WINDOW_BYTES (2 * STREAM_CHUNK_BYTES + SPOOL_DATA_MAX)
#define FACTS_BYTES ((size_t)32 * 1024)
#define FACTS_MAX 64
#define RECORD_BEGINNING 8 /* bytes, with the length at their end */

struct recover {
	const struct age_identity *identities;
	unsigned identity_count;
	uint64_t base;
	recover_put_h *put;
	recover_settle_h *settle;
	void *arg;
	struct stream *stream;
	int err;

	uint8_t record[SPOOL_RECORD_MAX]; /* being gathered */
	size_t have;
	unsigned records;

	uint8_t start_raw[SPOOL_RECORD_MAX];
	size_t start_len;
	struct spool_start start; /* points into it */
	struct seal_keys keys, card_keys;
	struct spool_seal seal;
	uint64_t next_seq; /* past every record that opened */

	bool ended;
	struct spool_end end;

	uint8_t opened[SPOOL_RECORD_MAX];
	uint8_t window[WINDOW_BYTES];
	uint64_t window_at; /* offset in the body of its first byte */
	uint64_t reached;   /* offset past its last; NOT_BEGUN */
	uint64_t chunk_at;  /* offset of the next chunk to seal */
	uint8_t sealed[STREAM_SEALED_CHUNK_BYTES];

	struct seek seek;

	struct spool_fact facts[FACTS_MAX];
	size_t fact_count;
	char fact_text[FACTS_BYTES];
	size_t fact_text_len;
	uint8_t json[CARD_JSON_MAX];
	uint8_t card[CARD_MAX];
};

int recover_new(struct recover **ret, const struct age_identity *identities,
		unsigned identity_count, uint64_t base, recover_put_h *put,
		recover_settle_h *settle, void *arg)
{
	struct recover *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return ENOMEM;
	err = stream_new(&r->stream);
	if (err) {
		free(r);
		return err;
	}
	r->identities = identities;
	r->identity_count = identity_count;
	r->base = base;
	r->put = put;
	r->settle = settle;
	r->arg = arg;
	r->reached = NOT_BEGUN;
	*ret = r;
	return 0;
}

void recover_free(struct recover *r)
{
	if (!r)
		return;
	stream_free(r->stream);
	sodium_memzero(r, sizeof(*r));
	free(r);
}

static int put(struct recover *r, uint64_t at, const uint8_t *p, size_t len)
{
	while (len) {
		size_t n = len < RECOVER_PIECE_MAX ? len : RECOVER_PIECE_MAX;
		int err = r->put(r->arg, at, (struct bytes){ p, n });

		if (err)
			return err;
		at += n;
		p += n;
		len -= n;
	}
	return 0;
}

static int open_envelope(const struct recover *r, struct bytes envelope,
			 uint8_t ret_fk[AGE_FILE_KEY_BYTES])
{
	int err = ENOKEY;

	for (unsigned i = 0; i < r->identity_count && err == ENOKEY; i++)
		err = envelope_open(&r->identities[i], envelope, ret_fk);
	return err;
}

static int take_start(struct recover *r, const struct spool_record *rec)
{
	struct spool_record kept = *rec;
	uint8_t fk[AGE_FILE_KEY_BYTES];
	int err;

	if (rec->type != SPOOL_START)
		return EBADMSG;
	memcpy(r->start_raw, rec->raw.p, rec->raw.len);
	r->start_len = rec->raw.len;
	kept.raw.p = r->start_raw;
	err = spool_read_start(&kept, &r->start);
	if (err)
		return err;
	err = open_envelope(r, r->start.envelope, fk);
	if (err)
		return err;
	seal_keys_derive(fk, r->start.pn, &r->keys);
	err = open_envelope(r, r->start.card_envelope, fk);
	if (!err) {
		seal_keys_derive(fk, r->start.card_pn, &r->card_keys);
		err = spool_resume(&kept, &r->keys, &r->card_keys, &r->seal);
	}
	sodium_memzero(fk, sizeof(fk));
	r->next_seq = r->seal.seq;
	/* EPERM: keys that are not those of this START: put together by hand */
	return err == EPERM ? EBADMSG : err;
}

/* Seal the chunk at chunk_at, which lies whole in the window. */
static int put_chunk(struct recover *r, size_t len, bool last)
{
	uint64_t number = r->chunk_at / STREAM_CHUNK_BYTES;
	int err;

	assert(r->chunk_at >= r->window_at);
	memcpy(r->sealed, r->window + (r->chunk_at - r->window_at), len);
	err = stream_seal_chunk(r->stream, r->keys.payload, number, last,
				r->sealed, len);
	if (!err)
		err = put(r,
			  AGE_NONCE_BYTES + number * STREAM_SEALED_CHUNK_BYTES,
			  r->sealed, len + STREAM_TAG_BYTES);
	r->chunk_at += len;
	return err;
}

/* Keep one chunk behind chunk_at, let the rest go. */
static void shrink_window(struct recover *r)
{
	uint64_t keep = r->chunk_at < r->window_at + STREAM_CHUNK_BYTES
				? r->window_at
				: r->chunk_at - STREAM_CHUNK_BYTES;
	size_t drop = (size_t)(keep - r->window_at);

	memmove(r->window, r->window + drop, (size_t)(r->reached - keep));
	r->window_at = keep;
}

static int put_whole_chunks(struct recover *r)
{
	int err = 0;

	while (!err && r->reached - r->chunk_at > STREAM_CHUNK_BYTES) {
		if (r->ended)
			err = put_chunk(r, STREAM_CHUNK_BYTES, false);
		else
			r->chunk_at += STREAM_CHUNK_BYTES;
	}
	shrink_window(r);
	return err;
}

/* What is new in the window, and a head that its beginning completes. */
static void scan(struct recover *r, uint64_t to)
{
	uint64_t from = r->reached < r->window_at + CLUSTER_HEAD_MAX
				? r->window_at
				: r->reached - CLUSTER_HEAD_MAX;

	seek_scan(&r->seek,
		  (struct bytes){ r->window + (from - r->window_at),
				  (size_t)(to - from) },
		  from);
}

static int take_data(struct recover *r, const struct spool_data *d)
{
	uint64_t to = d->offset + d->bytes.len;
	size_t known;

	/* past the end: it was left out when the end was found, for a gap */
	if (to < d->offset || (r->ended && to > r->end.body_len))
		return 0;
	if (r->base == UINT64_MAX)
		return 0;
	/* where DATA is missing, it has left the spool: then its chunks lie in
	   the store, and what comes next begins with a chunk */
	if ((r->reached == NOT_BEGUN || d->offset > r->reached) &&
	    d->offset <= r->base && d->offset % STREAM_CHUNK_BYTES == 0)
		r->window_at = r->chunk_at = r->reached = d->offset;
	if (r->reached == NOT_BEGUN || d->offset > r->reached ||
	    to <= r->reached)
		return 0;
	known = (size_t)(r->reached - d->offset);
	assert(r->reached - r->window_at + d->bytes.len - known <=
	       WINDOW_BYTES);
	memcpy(r->window + (r->reached - r->window_at), d->bytes.p + known,
	       d->bytes.len - known);
	if (r->ended)
		scan(r, to);
	r->reached = to;
	return put_whole_chunks(r);
}

static void take_fact(struct recover *r, const struct spool_fact *f)
{
	struct spool_fact *to = &r->facts[r->fact_count];

	for (size_t i = 0; i < r->fact_count; i++)
		if (r->facts[i].kind == f->kind &&
		    r->facts[i].at_ms == f->at_ms &&
		    r->facts[i].value.len == f->value.len &&
		    !memcmp(r->facts[i].value.p, f->value.p, f->value.len))
			return;
	if (r->fact_count == FACTS_MAX ||
	    f->value.len > sizeof(r->fact_text) - r->fact_text_len)
		return;
	*to = *f;
	to->value.p = r->fact_text + r->fact_text_len;
	memcpy(r->fact_text + r->fact_text_len, f->value.p, f->value.len);
	r->fact_text_len += f->value.len;
	r->fact_count++;
}

static int settle(struct recover *r, struct bytes record, struct spool_end *end)
{
	return r->settle(r->arg, (struct bytes){ r->start_raw, r->start_len },
			 record, end);
}

static int take_sealed(struct recover *r, const struct spool_record *rec)
{
	struct spool_seal seal = r->seal;
	struct spool_content c;

	seal.seq = rec->seq;
	if (spool_open(rec, &seal, r->opened, sizeof(r->opened), &c))
		return 0; /* torn: never durable, so never believed */
	if (rec->seq >= r->next_seq)
		r->next_seq = rec->seq + 1;
	switch (c.type) {
	case SPOOL_DATA:
		return take_data(r, &c.u.data);
	case SPOOL_FACT:
		take_fact(r, &c.u.fact);
		return 0;
	case SPOOL_END:
		if (r->records == 1) {
			r->ended = true;
			r->end = c.u.end;
			return settle(r, rec->raw, &r->end);
		}
		/* the same END again, after a crash of the recorder */
		return r->ended && c.u.end.body_len == r->end.body_len
			       ? 0
			       : EBADMSG;
	default:
		return 0;
	}
}

static int take_record(struct recover *r, struct bytes raw)
{
	struct reader in = reader_on(raw.p, raw.len);
	struct spool_record rec;
	int err = spool_next(&in, &rec);

	if (err || reader_left(&in))
		return EBADMSG;
	if (!r->records)
		err = take_start(r, &rec);
	else if (memcmp(rec.id, r->start.id, SPOOL_ID_BYTES))
		err = EBADMSG;
	else if (rec.type != SPOOL_START && rec.type != SPOOL_EVENT &&
		 rec.type != SPOOL_DONE)
		err = take_sealed(r, &rec);
	r->records++;
	sodium_memzero(r->opened, sizeof(r->opened));
	return err;
}

/* The length that the gathered beginning says. */
static size_t record_bytes(const struct recover *r)
{
	struct reader in = reader_on(r->record, RECORD_BEGINNING);
	uint32_t magic = 0, len = 0;

	(void)(reader_u32(&in, &magic) || reader_u32(&in, &len));
	return len;
}

int recover_feed(struct recover *r, struct bytes piece)
{
	while (piece.len && !r->err) {
		bool known = r->have >= RECORD_BEGINNING;
		size_t want = known ? record_bytes(r) : RECORD_BEGINNING, n;

		if (want <= r->have || want > sizeof(r->record)) {
			r->err = EBADMSG;
			break;
		}
		n = want - r->have < piece.len ? want - r->have : piece.len;
		memcpy(r->record + r->have, piece.p, n);
		r->have += n;
		piece.p += n;
		piece.len -= n;
		if (!known || r->have < want)
			continue;
		r->err = take_record(r, (struct bytes){ r->record, want });
		r->have = 0;
	}
	return r->err;
}

/* Nobody ended it: the body ends where the durable DATA does. */
static int put_end(struct recover *r)
{
	struct spool_end end = {
		.body_len = r->reached == NOT_BEGUN ? 0 : r->reached,
		.reason = RECORD_END_INTERRUPTED,
	};
	struct spool_nonce nonce;
	uint8_t record[SPOOL_ALIGN];
	struct writer w = writer_on(record, sizeof(record));
	int err;

	if (r->reached != NOT_BEGUN)
		(void)!last_ms(
			(struct bytes){ r->window,
					(size_t)(r->reached - r->window_at) },
			&end.length_ms);
	end.at_ms = r->start.at_ms + end.length_ms;
	err = settle(r, (struct bytes){ 0 }, &end);
	if (err)
		return err;
	r->seal.seq = r->next_seq;
	spool_nonce_init(&nonce);
	err = spool_write_end(&w, &r->seal, &nonce, &end);
	return err ? err : put(r, RECOVER_AT_END, record, w.len);
}

static int put_card(struct recover *r)
{
	struct writer json = writer_on(r->json, sizeof(r->json));
	struct writer card = writer_on(r->card, sizeof(r->card));
	struct card_json c;
	int err;

	card_json_begin(&c, &json, &r->start);
	for (size_t i = 0; i < r->fact_count; i++)
		card_json_fact(&c, &r->facts[i]);
	card_json_marks(&c);
	for (size_t i = 0; i < r->fact_count; i++)
		card_json_mark(&c, &r->facts[i]);
	card_json_seek(&c, &r->seek);
	err = card_json_end(&c, &r->end);
	if (!err)
		err = card_make(r->stream, r->card_keys.fk,
				r->start.card_envelope,
				(struct bytes){ r->json, json.len }, &card);
	return err ? err : put(r, RECOVER_AT_CARD, r->card, card.len);
}

static int put_summary(struct recover *r)
{
	uint8_t summary[RECOVER_SUMMARY_BYTES];
	struct writer w = writer_on(summary, sizeof(summary));

	writer_u64(&w, r->end.body_len);
	writer_u64(&w, r->end.length_ms);
	writer_u8(&w, r->end.reason);
	writer_u64(&w, r->end.at_ms);
	return put(r, RECOVER_AT_SUMMARY, summary, w.len);
}

int recover_summary_read(struct bytes sealed, struct recover_summary *ret)
{
	struct reader in = reader_on(sealed.p, sealed.len);
	struct recover_summary s;

	if (reader_u64(&in, &s.body_len) || reader_u64(&in, &s.length_ms) ||
	    reader_u8(&in, &s.reason) || reader_u64(&in, &s.ended_ms) ||
	    reader_end(&in))
		return EBADMSG;
	*ret = s;
	return 0;
}

static int put_rest(struct recover *r)
{
	int err;

	if (r->reached == NOT_BEGUN)
		r->window_at = r->chunk_at = r->reached = 0;
	if (r->reached < r->end.body_len)
		return EPROTO;
	err = put(r, 0, r->start.pn, AGE_NONCE_BYTES);
	return err ? err
		   : put_chunk(r, (size_t)(r->reached - r->chunk_at), true);
}

int recover_finish(struct recover *r)
{
	if (r->err)
		return r->err;
	if (!r->records || r->have)
		return r->err = EBADMSG;
	if (!r->ended)
		return r->err = put_end(r);
	if (r->base != UINT64_MAX)
		r->err = put_rest(r);
	if (!r->err)
		r->err = put_card(r);
	if (!r->err)
		r->err = put_summary(r);
	return r->err;
}
