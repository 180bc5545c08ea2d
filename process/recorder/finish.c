/*
 * finish -- sealed chunks into the store, and how a recording ends
 *
 * A chunk's key and nonce may cover one plaintext, ever. So chunk n is sealed
 * once a byte of chunk n + 1 is durable in the spool (then no crash can make
 * it the last), and the last one once END is durable. Whoever seals it again
 * after a crash, we or the keeper, has the same bytes before him.
 */
#include <assert.h>
#include <sodium.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "process/recorder/self.h"
#include "recording/card_json.h"

int finish_open_part(struct recorder *self, struct slot *slot)
{
	struct store_part **part = &self->parts[slot_index(self, slot)];
	struct sealed *first;
	int err;

	assert(!*part);
	err = store_part_open(self->store, slot->dossier.body_name, part);
	if (!err)
		err = store_part_write(*part, 0, slot->keys.pn,
				       AGE_NONCE_BYTES);
	if (err)
		return err;
	first = slot_sealed_begin(slot);
	first->chunks = 0;
	SHA256_Init(&first->sha);
	SHA256_Update(&first->sha, slot->keys.pn, AGE_NONCE_BYTES);
	slot_sealed_commit(slot);
	return 0;
}

static void close_part(struct recorder *self, struct slot *slot)
{
	struct store_part **part = &self->parts[slot_index(self, slot)];

	store_part_close(*part);
	*part = NULL;
}

/* The part of this process: after a restart it is opened again. */
static int part_of(struct recorder *self, struct slot *slot,
		   struct store_part **ret)
{
	struct store_part **part = &self->parts[slot_index(self, slot)];
	int err = 0;

	if (!*part)
		err = store_part_open(self->store, slot->dossier.body_name,
				      part);
	*ret = *part;
	return err;
}

/* Seal chunk `number` into self->chunk. */
static int seal_chunk(struct recorder *self, struct slot *slot, uint64_t number,
		      size_t len, bool last)
{
	slot_body_read(slot, number * STREAM_CHUNK_BYTES, self->chunk, len);
	return stream_seal_chunk(self->stream, slot->keys.payload, number, last,
				 self->chunk, len);
}

static int put_chunk(struct recorder *self, struct slot *slot, size_t len,
		     bool last, struct sealed *next)
{
	uint64_t number = slot_sealed(slot)->chunks;
	struct store_part *part;
	int err = part_of(self, slot, &part);

	if (!err)
		err = seal_chunk(self, slot, number, len, last);
	if (!err)
		err = store_part_write(
			part,
			AGE_NONCE_BYTES + number * STREAM_SEALED_CHUNK_BYTES,
			self->chunk, len + STREAM_TAG_BYTES);
	if (err)
		return err;
	SHA256_Update(&next->sha, self->chunk, len + STREAM_TAG_BYTES);
	next->chunks = number + 1;
	return 0;
}

void finish_chunks(struct recorder *self, struct slot *slot)
{
	while (slot_chunk_ready(slot_sealed(slot)->chunks, slot->durable)) {
		struct sealed *next = slot_sealed_begin(slot);
		int err =
			put_chunk(self, slot, STREAM_CHUNK_BYTES, false, next);

		if (err) {
			log_error("a body cannot be written: %s",
				  strerror(err));
			finish_failed(self, slot, REASON_SPOOL_FULL);
			return;
		}
		slot_sealed_commit(slot);
	}
}

static void each_fact(const struct slot *slot, struct card_json *c,
		      void (*add)(struct card_json *,
				  const struct spool_fact *))
{
	struct spool_fact fact;
	uint16_t at = 0;

	while (!facts_read(&slot->facts, &at, &fact))
		add(c, &fact);
}

/* From the facts, as the keeper would make it from the same facts. */
static int make_card(struct recorder *self, struct slot *slot,
		     uint32_t *ret_len)
{
	struct dossier *d = &slot->dossier;
	struct writer json = writer_on(self->json, sizeof(self->json));
	struct writer card = writer_on(slot->body, CARD_MAX);
	struct spool_end end = { .length_ms = d->length_ms,
				 .reason = slot->end_reason,
				 .at_ms = d->ended_ms };
	struct reader r = reader_on(d->start, d->start_len);
	struct spool_record rec;
	struct spool_start start;
	struct card_json c;
	int err;

	if (spool_next(&r, &rec) || spool_read_start(&rec, &start))
		return EBADMSG;
	card_json_begin(&c, &json, &start);
	each_fact(slot, &c, card_json_fact);
	card_json_marks(&c);
	each_fact(slot, &c, card_json_mark);
	card_json_seek(&c, &slot->seek);
	err = card_json_end(&c, &end);
	if (!err)
		err = card_make(self->stream, slot->card_keys.fk,
				start.card_envelope,
				(struct bytes){ self->json, json.len }, &card);
	sodium_memzero(self->json, json.len);
	*ret_len = (uint32_t)card.len;
	return err;
}

/* The facts' records, for a carry when their keys are gone. */
static int make_records(struct slot *slot)
{
	struct writer w = writer_on(slot->body + CARD_MAX, FACTS_RECORDS_MAX);
	uint16_t at = 0;
	int err = 0;

	while (!err)
		err = facts_record(&slot->facts, &at, &slot->seal, &w);
	if (err != ENOENT)
		return err;
	slot->records_len = (uint16_t)w.len;
	return 0;
}

/* Write the last chunk and let the body appear, or see that it has. */
static int name_body(struct recorder *self, struct slot *slot)
{
	struct dossier *d = &slot->dossier;
	uint64_t body_len = slot_progress(slot)->body_len;
	struct sealed *next = slot_sealed_begin(slot);
	size_t len = (size_t)(body_len - slot_chunk_at(slot));
	struct store_part *part;
	int err;

	assert(len && len <= STREAM_CHUNK_BYTES);
	d->body_bytes = stream_sealed_bytes(body_len);
	err = store_whole(self->store, d->body_name, d->body_bytes);
	if (err && err != ENOENT)
		return err;
	if (!err) { /* our predecessor died just after it */
		err = seal_chunk(self, slot, next->chunks, len, true);
		if (!err)
			SHA256_Update(&next->sha, self->chunk,
				      len + STREAM_TAG_BYTES);
	} else {
		err = put_chunk(self, slot, len, true, next);
		if (!err)
			err = part_of(self, slot, &part);
		if (!err)
			err = store_part_finish(part, d->body_bytes);
	}
	if (err)
		return err;
	SHA256_Final(d->body_sha256, &next->sha);
	return 0;
}

static bool is_due(const struct slot *slot)
{
	return slot->state == SLOT_CLOSING && slot->end_durable;
}

static void cannot(struct recorder *self, struct slot *slot, int err)
{
	log_error("a body cannot be finished: %s", strerror(err));
	finish_failed(self, slot, REASON_SPOOL_FULL);
}

/* The bodies that are due get their names, and one sync makes them last. */
static int name_bodies(struct recorder *self)
{
	unsigned named = 0;

	for (struct slot *slot = slot_next(self, NULL); slot;
	     slot = slot_next(self, slot)) {
		int err;

		if (!is_due(slot) || slot->body_whole)
			continue;
		err = name_body(self, slot);
		close_part(self, slot);
		if (err)
			cannot(self, slot, err);
		else
			named++;
	}
	return named ? store_names_sync(self->store) : 0;
}

static void finish_card(struct recorder *self, struct slot *slot)
{
	struct dossier *d = &slot->dossier;
	uint32_t card_len = 0;
	int err;

	slot->body_whole = 1;
	/* what follows takes the place of the body's tail, sealed by now */
	atomic_thread_fence(memory_order_seq_cst);
	err = make_card(self, slot, &card_len);
	if (!err)
		err = make_records(slot);
	if (err) {
		cannot(self, slot, err);
		return;
	}
	d->card_len = card_len;
	d->state = RECORD_SEALED;
	if (slot->cut || slot->end_reason == RECORD_END_AWAY)
		d->state = RECORD_RECOVERED;
	/* of one for which it was away the switch has said so */
	if (slot->cut && slot->end_reason != RECORD_END_AWAY) {
		d->reason = REASON_RECORDER_AWAY;
		d->due |= TELL_ALARM;
	}
	d->due |= TELL_OUTCOME | TELL_END;
	slot->state = SLOT_OVER;
	slot_wipe_keys(slot);
	metric_add(METRIC_recordings_sealed, 1);
	report_slot(self, slot, false);
	begin_tell_switch(self, slot);
}

void finish_bodies(struct recorder *self)
{
	int err = name_bodies(self);

	for (struct slot *slot = slot_next(self, NULL); slot;
	     slot = slot_next(self, slot)) {
		if (!is_due(slot))
			continue;
		if (err && !slot->body_whole)
			cannot(self, slot, err);
		else
			finish_card(self, slot);
	}
}

void finish_failed(struct recorder *self, struct slot *slot,
		   enum record_reason reason)
{
	struct dossier *d = &slot->dossier;

	close_part(self, slot);
	d->card_len = 0;
	slot->records_len = 0;
	slot->state = SLOT_OVER;
	slot_wipe_keys(slot);
	d->state = RECORD_ALARM;
	d->reason = (uint8_t)reason;
	d->ended_ms = (uint64_t)clock_wall_ms();
	slot->recoverable = slot->start_durable;
	if (slot->recoverable) {
		/* the keeper can still recover what is durable: it stays */
		d->due |= TELL_ENVELOPE | TELL_STARTED | TELL_END;
		self->pinned = journal_segment(self->journal);
		journal_pin(self->journal, self->pinned);
		self->faulted_ms = clock_mono_ms();
	} else {
		(void)!store_part_delete(self->store, d->body_name);
	}
	d->due |= TELL_ALARM;
	metric_add(METRIC_recordings_alarm, 1);
	log_alarm("a recording ends: %s", record_reason_text(reason));
	report_slot(self, slot, false);
	begin_tell_switch(self, slot);
}

void finish_free(struct recorder *self, struct slot *slot)
{
	struct done done = { .lowest = slot->lowest_segment,
			     .segment = slot->done_segment,
			     .state = slot->dossier.state,
			     .reason = slot->dossier.reason };

	close_part(self, slot);
	if (slot->done_durable) {
		memcpy(done.id, slot->dossier.id, ID_BYTES);
		done_add(self, &done);
	}
	slot_free(&self->table, slot);
}
