/*
 * pending -- recordings that wait for the keeper, after a power cut
 *
 * Found at start: a START in the spool, no DONE, and no keys in memory. The
 * ledger hears alarm (interrupted); once it has stored that and `recovering`,
 * the records go to the keeper by way of the desk, one recording at a time. Of
 * one whose body is whole the log may say already how it ended: that is for
 * the keeper to know, who reads it, and no alarm is told before.
 *
 *   state     means
 *   WAITING   for the ledger, the desk, or the next try
 *   ASKING    records go out, sealed bytes come in
 *   ENDING    the keeper sent the END that was missing; it becomes durable,
 *             then we ask again
 *   OVER      the body is whole; the ledger is told
 *   LEAVING   DONE becomes durable
 *
 * Until then the segments that hold their records are pinned. A recording that
 * cannot be recovered now is tried again later; one whose records the keeper
 * finds no good, again and again, stays `alarm` for ever, and is let go.
 */
#include <sodium.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "process/recorder/pending.h"

int pending_open(struct recorder *self)
{
	struct pendings *ps = calloc(1, sizeof(*ps));

	if (!ps || id_map_new(&ps->by_id, 64)) {
		free(ps);
		return ENOMEM;
	}
	ps->current = NO_CURRENT;
	self->pendings = ps;
	return 0;
}

static void free_one(struct recorder *self, uint32_t i)
{
	struct pendings *ps = self->pendings;
	struct pending *p = ps->all[i];

	if (!p)
		return;
	id_map_remove(ps->by_id, p->d.id);
	store_part_close(p->part);
	free(p->places);
	free(p->card);
	free(p);
	ps->all[i] = NULL;
	ps->live--;
}

void pending_close(struct recorder *self)
{
	struct pendings *ps = self->pendings;

	if (!ps)
		return;
	for (uint32_t i = 0; i < ps->count; i++)
		free_one(self, i);
	free(ps->all);
	id_map_free(ps->by_id);
	free(ps);
	self->pendings = NULL;
}

size_t pending_count(const struct recorder *self)
{
	return self->pendings->live;
}

struct dossier *pending_dossier(struct recorder *self, uint32_t index)
{
	struct pendings *ps = self->pendings;

	return index < ps->count && ps->all[index] ? &ps->all[index]->d : NULL;
}

struct dossier *pending_of_id(struct recorder *self, const uint8_t id[ID_BYTES],
			      uint32_t *ret_index)
{
	if (id_map_get(self->pendings->by_id, id, ret_index))
		return NULL;
	return &self->pendings->all[*ret_index]->d;
}

/* ---- found in the spool */

static int add(struct pendings *ps, const uint8_t id[ID_BYTES],
	       struct pending **ret)
{
	struct pending *p;
	uint32_t i;

	if (!id_map_get(ps->by_id, id, &i)) {
		*ret = ps->all[i];
		return 0;
	}
	if (ps->count == ps->room) {
		uint32_t room = ps->room ? 2 * ps->room : 64;
		struct pending **more =
			realloc(ps->all, room * sizeof(struct pending *));

		if (!more)
			return ENOMEM;
		ps->all = more;
		ps->room = room;
	}
	p = calloc(1, sizeof(*p));
	if (!p || id_map_put(ps->by_id, id, ps->count)) {
		free(p);
		return ENOMEM;
	}
	memcpy(p->d.id, id, ID_BYTES);
	ps->all[ps->count++] = p;
	ps->live++;
	*ret = p;
	return 0;
}

static int add_place(struct pending *p, const struct journal_place *place)
{
	if (p->count == p->room) {
		size_t room = p->room ? 2 * p->room : 64;
		struct journal_place *more =
			realloc(p->places, room * sizeof(*more));

		if (!more)
			return ENOMEM;
		p->places = more;
		p->room = room;
	}
	p->places[p->count++] = *place;
	return 0;
}

static int found_done(struct pending *p, const struct spool_record *rec,
		      const struct journal_place *place)
{
	struct spool_done done;
	int err = spool_read_done(rec, &done);

	if (err)
		return err;
	p->done_segment = place->segment; /* the last one counts */
	p->done_state = done.state;
	p->done_reason = done.reason;
	return 0;
}

int pending_found(struct recorder *self, const struct spool_record *rec,
		  const struct journal_place *place)
{
	struct pending *p;
	int err = add(self->pendings, rec->id, &p);

	if (err)
		return err;
	if (!p->lowest)
		p->lowest = place->segment;
	switch (rec->type) {
	case SPOOL_START:
		if (p->start.len) /* carried out of an old segment */
			return 0;
		p->start = *place;
		err = report_dossier(&p->d, rec->raw);
		if (err) /* of another version, perhaps: not ours to touch */
			p->start.len = 0;
		p->ruined |= err == EBADMSG;
		return err == EBADMSG ? err : 0;
	case SPOOL_END:
		if (!p->end.len)
			p->end = *place;
		return 0;
	case SPOOL_DATA:
	case SPOOL_FACT:
		return add_place(p, place);
	case SPOOL_DONE:
		return found_done(p, rec, place);
	default:
		return 0;
	}
}

static void repin(struct recorder *self)
{
	uint64_t pin = self->pinned;

	for (uint32_t i = 0; i < self->pendings->count; i++) {
		const struct pending *p = self->pendings->all[i];

		if (!p)
			continue;
		if (p->start.segment > pin)
			pin = p->start.segment;
		for (size_t n = 0; n < p->count; n++)
			if (p->places[n].segment > pin)
				pin = p->places[n].segment;
		if (p->end.segment > pin)
			pin = p->end.segment;
	}
	journal_pin(self->journal, pin);
}

static void remember_done(struct recorder *self, const struct pending *p)
{
	struct done done = { .lowest = p->lowest,
			     .segment = p->done_segment,
			     .state = p->done_state,
			     .reason = p->done_reason };

	memcpy(done.id, p->d.id, ID_BYTES);
	done_add(self, &done);
}

/* The log shall say which END there is: no other is taken for it then. */
static void note_end(struct recorder *self, struct pending *p)
{
	uint8_t record[SPOOL_ALIGN];

	if (!p->end.len || p->end.len > sizeof(record) ||
	    journal_read(self->journal, &p->end, record))
		return;
	crypto_hash_sha256(p->d.end_sha256, record, p->end.len);
	p->d.has_end = 1;
}

static bool is_whole(struct recorder *self, const struct pending *p)
{
	uint64_t size;

	return p->end.len && !store_size(self->store, p->d.body_name, &size);
}

static void wait_for_keeper(struct recorder *self, struct pending *p)
{
	p->wait_ms = RETRY_FIRST_MS;
	p->d.state = RECORD_ALARM;
	p->d.reason = REASON_INTERRUPTED;
	p->d.ended_ms = (uint64_t)clock_wall_ms();
	p->d.due = TELL_ENVELOPE | TELL_STARTED;
	note_end(self, p);
	if (is_whole(self, p))
		return;
	p->d.due |= TELL_ALARM | TELL_END;
	metric_add(METRIC_recordings_alarm, 1);
}

void pending_begin(struct recorder *self)
{
	struct pendings *ps = self->pendings;
	unsigned ruined = 0;

	for (uint32_t i = 0; i < ps->count; i++) {
		struct pending *p = ps->all[i];

		if (p->done_segment)
			remember_done(self, p);
		if (p->ruined && !p->start.len && !p->done_segment)
			ruined++;
		if (p->done_segment || !p->start.len) {
			free_one(self, i);
			continue;
		}
		wait_for_keeper(self, p);
	}
	if (ruined) {
		/* the ledger finds their calls, which have no end */
		log_alarm("%u recordings cannot be recovered: their beginning "
			  "in the spool makes no sense",
			  ruined);
		metric_add(METRIC_recordings_alarm, ruined);
		process_alarm(self->p, ALARM_RECORDING_INTERRUPTED);
	}
	if (ps->live) {
		log_alarm("%u recordings were interrupted and wait for the "
			  "keeper",
			  ps->live);
		process_alarm(self->p, ALARM_RECORDING_INTERRUPTED);
	}
	repin(self);
}

void pending_step(struct recorder *self)
{
	struct pendings *ps = self->pendings;

	for (uint32_t i = 0; i < ps->count; i++) {
		struct pending *p = ps->all[i];

		if (!p)
			continue;
		report_tell(self, &p->d, i, true,
			    (struct bytes){ p->card, p->d.card_len }, true);
		if (p->state == PENDING_OVER && report_done(&p->d))
			p->state = PENDING_LEAVING;
		if (ps->current == NO_CURRENT && pending_may_ask(self, p))
			pending_ask(self, i);
	}
	if (ps->current != NO_CURRENT)
		pending_ask_step(self);
}

void pending_retry(struct recorder *self)
{
	struct pendings *ps = self->pendings;

	for (uint32_t i = 0; i < ps->count; i++)
		if (ps->all[i]) {
			ps->all[i]->retry_ms = 0;
			ps->all[i]->wait_ms = RETRY_FIRST_MS;
		}
}

/* ---- to the spool: the END that was missing, and DONE */

static int spool_end(struct recorder *self, struct pending *p)
{
	struct writer *w;
	int err = journal_room(self->journal, true, &w);

	if (err)
		return err;
	p->end.segment = journal_segment(self->journal);
	p->end.offset = journal_offset(self->journal);
	writer_copy(w, p->end_record, p->end_len);
	journal_added(self->journal);
	p->end_spooled = true;
	return 0;
}

static int spool_done(struct recorder *self, struct pending *p)
{
	struct spool_done done = { p->d.state, p->d.reason };
	struct writer *w;
	int err = journal_room(self->journal, true, &w);

	if (!err)
		err = spool_write_done(w, p->d.id, 0, &done);
	if (err)
		return err;
	journal_added(self->journal);
	p->done_spooled = true;
	return 0;
}

int pending_spool(struct recorder *self)
{
	int err = 0;

	for (uint32_t i = 0; i < self->pendings->count && !err; i++) {
		struct pending *p = self->pendings->all[i];

		if (!p)
			continue;
		if (p->state == PENDING_ENDING && !p->end_spooled)
			err = spool_end(self, p);
		if (p->state == PENDING_LEAVING && !p->done_spooled)
			err = spool_done(self, p);
	}
	return err;
}

void pending_spool_again(struct recorder *self)
{
	if (!self->pendings)
		return;
	for (uint32_t i = 0; i < self->pendings->count; i++) {
		struct pending *p = self->pendings->all[i];

		if (!p)
			continue;
		p->end_spooled = p->end.len != 0;
		p->done_spooled = false;
	}
}

void pending_committed(struct recorder *self, uint64_t segment)
{
	struct pendings *ps = self->pendings;
	bool moved = false;

	for (uint32_t i = 0; i < ps->count; i++) {
		struct pending *p = ps->all[i];

		if (!p)
			continue;
		if (p->state == PENDING_ENDING && p->end_spooled) {
			p->end.len = (uint32_t)p->end_len;
			p->state = PENDING_WAITING;
			p->retry_ms = 0;
			moved = true;
		}
		if (p->state == PENDING_LEAVING && p->done_spooled) {
			p->done_segment = segment;
			p->done_state = p->d.state;
			p->done_reason = p->d.reason;
			remember_done(self, p);
			free_one(self, i);
			moved = true;
		}
	}
	if (moved)
		repin(self);
}
