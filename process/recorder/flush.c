/*
 * flush -- what is new goes to the spool, and one sync makes it durable
 *
 * flush_all() from top to bottom: every recording appends what the spool does
 * not have yet; the journal is committed; then, and only then, each recording
 * takes the step that rests on it. END is appended only when every byte and
 * fact before it is durable already, so where an END is found, so is all that
 * it ends.
 *
 * When the commit fails, nothing appended since the last one counts. All of it
 * is appended again, to a new segment. When that fails as well, or the spool is
 * full, the recordings in progress end as an alarm; their calls go on.
 */
#include <assert.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "process/recorder/self.h"

static int append_raw(struct recorder *self, const uint8_t *p, size_t len,
		      bool closing)
{
	struct writer *w;
	int err = journal_room(self->journal, closing, &w);

	if (err)
		return err;
	writer_copy(w, p, len);
	journal_added(self->journal);
	return 0;
}

static int append_start(struct recorder *self, struct slot *slot)
{
	int err;

	if (slot->start_spooled)
		return 0;
	err = append_raw(self, slot->dossier.start, slot->dossier.start_len,
			 false);
	if (err)
		return err;
	slot->start_spooled = 1;
	slot->first_segment = journal_segment(self->journal);
	if (!slot->lowest_segment)
		slot->lowest_segment = slot->first_segment;
	return 0;
}

static int append_facts(struct recorder *self, struct slot *slot)
{
	int err = 0;

	while (!err && slot->facts_spooled < slot->facts.len) {
		struct writer *w;

		err = journal_room(self->journal, slot->carried, &w);
		if (err)
			break;
		err = facts_record(&slot->facts, &slot->facts_spooled,
				   &slot->seal, w);
		journal_added(self->journal);
	}
	return err;
}

static int append_data(struct recorder *self, struct slot *slot)
{
	const struct progress *now = slot_progress(slot);
	int err = 0;

	while (!err && slot->spooled < now->body_len) {
		uint64_t left = now->body_len - slot->spooled;
		size_t n =
			left < SPOOL_DATA_MAX ? (size_t)left : SPOOL_DATA_MAX;
		struct spool_data data = { .offset = slot->spooled,
					   .bytes = { self->data, n } };
		struct writer *w;

		for (unsigned t = 0; t < SLOT_TRACKS; t++)
			data.last_packet[t] = now->packets[t]
						      ? now->packets[t] - 1
						      : SPOOL_NO_PACKET;
		err = journal_room(self->journal, slot->carried, &w);
		if (err)
			break;
		slot_body_read(slot, slot->spooled, self->data, n);
		err = spool_write_data(w, &slot->seal, &self->nonce, &data);
		journal_added(self->journal);
		if (!err)
			slot->spooled += n;
	}
	return err;
}

static bool all_durable(const struct slot *slot)
{
	return slot->durable == slot_progress(slot)->body_len &&
	       slot->facts_durable == slot->facts.len;
}

static uint64_t length_ms(const struct slot *slot)
{
	uint64_t end_us = 0;

	for (unsigned t = 0; t < SLOT_TRACKS; t++)
		if (slot_progress(slot)->lines[t].end_us > end_us)
			end_us = slot_progress(slot)->lines[t].end_us;
	return end_us / 1000;
}

/* One END a recording, ever: its bytes are kept, and written again as such. */
static int make_end(struct recorder *self, struct slot *slot)
{
	struct spool_end end = { .body_len = slot_progress(slot)->body_len,
				 .length_ms = length_ms(slot),
				 .reason = slot->end_reason,
				 .at_ms = slot->dossier.ended_ms };
	struct writer w = writer_on(slot->end, sizeof(slot->end));
	int err = spool_write_end(&w, &slot->seal, &self->nonce, &end);

	if (err)
		return err;
	slot->dossier.length_ms = end.length_ms;
	slot->end_len = (uint16_t)w.len;
	slot->state = SLOT_CLOSING;
	return 0;
}

static int append_end(struct recorder *self, struct slot *slot)
{
	int err = 0;

	if (slot->state == SLOT_ENDING && all_durable(slot))
		err = make_end(self, slot);
	if (err || slot->state != SLOT_CLOSING || slot->end_spooled)
		return err;
	err = append_raw(self, slot->end, slot->end_len, true);
	slot->end_spooled = !err;
	return err;
}

static int append_done(struct recorder *self, struct slot *slot)
{
	struct spool_done done = { slot->dossier.state, slot->dossier.reason };
	struct writer *w;
	int err;

	if (slot->done_spooled)
		return 0;
	err = journal_room(self->journal, true, &w);
	if (!err)
		err = spool_write_done(w, slot->dossier.id, slot->seal.seq,
				       &done);
	if (err)
		return err;
	journal_added(self->journal);
	slot->done_spooled = 1;
	return 0;
}

/*
 * An old segment can go once nothing in it is needed: START, facts and END are
 * written again as they were, and of the body what no synced chunk holds.
 */
static int carry(struct recorder *self, struct slot *slot)
{
	int err = append_raw(self, slot->dossier.start, slot->dossier.start_len,
			     true);
	struct bytes records = slot_records(slot);

	if (err)
		return err;
	slot->carried = 1;
	slot->facts_spooled = 0;
	if (slot->state == SLOT_OVER)
		err = append_raw(self, records.p, records.len, true);
	else
		slot->spooled = slot_chunk_at(slot);
	if (!err && slot->end_len)
		err = append_raw(self, slot->end, slot->end_len, true);
	return err;
}

/* Only what holds the oldest segments back: one of them leaves a tick. */
static bool may_carry(const struct recorder *self, const struct slot *slot)
{
	uint64_t oldest = journal_oldest(self->journal);

	return slot->start_durable && !slot->recoverable &&
	       oldest < journal_segment(self->journal) &&
	       slot->first_segment <= oldest && slot->state >= SLOT_RUNNING &&
	       slot->state <= SLOT_OVER;
}

static int carry_some(struct recorder *self)
{
	unsigned n = 0;
	int err = 0;

	for (struct slot *slot = slot_next(self, NULL);
	     slot && !err && n < CARRY_AT_ONCE; slot = slot_next(self, slot)) {
		if (!may_carry(self, slot))
			continue;
		/* the chunks that the spool lets go of must survive first */
		if (!n++ && store_sync(self->store)) {
			self->store_failed = true;
			return EIO;
		}
		err = carry(self, slot);
	}
	return err;
}

static int append_slot(struct recorder *self, struct slot *slot)
{
	int err = 0;

	if (slot->state >= SLOT_STARTING && slot->state <= SLOT_CLOSING) {
		err = append_start(self, slot);
		if (!err)
			err = append_facts(self, slot);
		if (!err)
			err = append_data(self, slot);
		if (!err)
			err = append_end(self, slot);
	} else if (slot->state == SLOT_LEAVING) {
		err = append_done(self, slot);
	}
	return err;
}

static int append_all(struct recorder *self)
{
	bool crowded = journal_crowded(self->journal);
	int err = crowded ? carry_some(self) : 0;

	for (struct slot *slot = slot_next(self, NULL); slot;
	     slot = slot_next(self, slot)) {
		if (err)
			break;
		err = append_slot(self, slot);
	}
	if (!err)
		err = kept_spool(self, crowded);
	if (!err)
		err = pending_spool(self);
	if (!err)
		err = done_spool(self);
	return err;
}

void flush_again(struct recorder *self)
{
	for (struct slot *slot = slot_next(self, NULL); slot;
	     slot = slot_next(self, slot)) {
		slot->start_spooled = slot->start_durable;
		slot->facts_spooled = slot->facts_durable;
		slot->spooled = slot->durable;
		slot->end_spooled = slot->end_durable;
		slot->done_spooled = slot->done_durable;
		slot->carried = 0;
	}
	kept_spool_again(self);
	pending_spool_again(self);
	done_spool_again(self);
}

static void mark_durable(struct slot *slot, uint64_t segment)
{
	slot->start_durable = slot->start_spooled;
	slot->facts_durable = slot->facts_spooled;
	slot->durable = slot->spooled;
	slot->end_durable = slot->end_spooled;
	slot->done_durable = slot->done_spooled;
	if (slot->carried)
		slot->first_segment = segment;
	if (slot->done_durable && !slot->done_segment)
		slot->done_segment = segment;
	slot->carried = 0;
}

/* What rests on durability, for one recording. */
static void go_on(struct recorder *self, struct slot *slot)
{
	if (slot->state == SLOT_STARTING && slot->start_durable)
		begin_running(self, slot);
	if (slot->state >= SLOT_RUNNING && slot->state <= SLOT_CLOSING)
		finish_chunks(self, slot);
	if (slot->state == SLOT_LEAVING && slot->done_durable)
		finish_free(self, slot);
}

static int commit(struct recorder *self)
{
	uint64_t segment = journal_segment(self->journal);
	int err = append_all(self);

	if (!err)
		err = journal_commit(self->journal);
	if (err) {
		journal_give_up(self->journal);
		flush_again(self);
		return err;
	}
	for (struct slot *slot = slot_next(self, NULL); slot;
	     slot = slot_next(self, slot)) {
		mark_durable(slot, segment);
	}
	kept_committed(self, segment);
	pending_committed(self, segment);
	done_committed(self, segment);
	return 0;
}

static void storage_failed(struct recorder *self, int err)
{
	if (!self->storage_alarm) {
		log_error("the spool cannot be written: %s", strerror(err));
		process_alarm(self->p, ALARM_SPOOL_FULL);
	}
	self->storage_alarm = true;
	for (struct slot *slot = slot_next(self, NULL); slot;
	     slot = slot_next(self, slot)) {
		if (slot->state >= SLOT_STARTING && slot->state <= SLOT_CLOSING)
			finish_failed(self, slot, REASON_SPOOL_FULL);
	}
}

void flush_all(struct recorder *self)
{
	int err;

	assert(!self->flushing);
	self->flushing = true;
	self->store_failed = false;
	err = commit(self);
	/* a store that failed once may have lost chunks, whatever it says the
	   next time; they are still in the spool, for the keeper to recover */
	if (err && !self->store_failed) {
		log_error("a sync of the spool failed: %s; going on in a new "
			  "file",
			  strerror(err));
		err = commit(self);
	}
	if (err) {
		storage_failed(self, err);
	} else {
		self->storage_alarm = false;
		for (struct slot *slot = slot_next(self, NULL); slot;
		     slot = slot_next(self, slot)) {
			go_on(self, slot);
		}
		finish_bodies(self);
	}
	self->flushing = false;
}

void flush_fact(struct recorder *self, struct slot *slot, uint8_t kind,
		struct text value)
{
	struct spool_fact fact = { .kind = kind,
				   .at_ms = (uint64_t)clock_wall_ms(),
				   .value = value };

	/* after END nothing counts any more */
	if (slot->state < SLOT_STARTING || slot->state > SLOT_ENDING)
		return;
	if (facts_add(&slot->facts, &slot->seal, &self->nonce, &fact) ==
	    EMSGSIZE)
		log_error("no room for one more fact of a card");
}
