/*
 * begin -- what the switch asks of a recording
 *
 * Asked: keys, envelope and card envelope are made, and the slot is STARTING;
 * the next flush writes START and makes it durable; only then does the switch
 * hear "running", and capture begins. Ended: the ring is drained up to
 * RING_STOP, then flush and finish do the rest.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "process/recorder/self.h"

enum { ASK_AGAIN_MS = 3600 * 1000 };

/* While there is time, and again each hour in which somebody calls. */
static void look_ahead(struct recorder *self, int64_t now_ms)
{
	if (now_ms < self->months_asked_ms + ASK_AGAIN_MS &&
	    now_ms >= self->months_asked_ms)
		return;
	self->months_asked_ms = now_ms;
	if (recipients_run_out(self->recipients, now_ms))
		process_alarm(self->p, ALARM_MONTH_KEY);
}

void begin_recipients(struct recorder *self)
{
	struct recipients *r;

	if (recipients_new(&r, self->p->settings)) {
		log_error("the recipients cannot be sealed to: out of memory");
		return;
	}
	recipients_free(self->recipients);
	self->recipients = r;
	self->months_asked_ms = 0;
	look_ahead(self, clock_wall_ms());
}

static uint8_t heard_state(const struct slot *slot)
{
	switch ((enum slot_state)slot->state) {
	case SLOT_STARTING:
		return RECORD_STARTING;
	case SLOT_OVER:
	case SLOT_LEAVING:
		return slot->dossier.state;
	case SLOT_FREE:
		return RECORD_NONE;
	default:
		return RECORD_RUNNING;
	}
}

void begin_tell_switch(struct recorder *self, struct slot *slot)
{
	struct ipc_message m = { .type = IPC_RECORD_STATE,
				 .about = slot->call,
				 .fd = -1 };
	uint8_t state = heard_state(slot);

	if (slot->switch_told == state)
		return;
	m.u.RECORD_STATE.state = state;
	m.u.RECORD_STATE.reason = slot->dossier.reason;
	m.u.RECORD_STATE.recording = slot_handle(self->slots, slot);
	memcpy(m.u.RECORD_STATE.recording_id, slot->dossier.id, ID_BYTES);
	if (!ipc_send(self->p->peers[ROLE_SWITCH], &m))
		slot->switch_told = state;
}

static enum alarm_code alarm_of(enum record_reason reason)
{
	switch (reason) {
	case REASON_NO_RECIPIENT:
		return ALARM_NO_RECIPIENT;
	case REASON_RECORDER_AWAY:
		return ALARM_RECORDER_AWAY;
	default:
		return ALARM_SPOOL_FULL;
	}
}

/* The recording ends before it began; the ledger hears why. */
static void refuse(struct recorder *self, struct slot *slot,
		   enum record_reason reason)
{
	struct dossier *d = &slot->dossier;

	slot->state = SLOT_OVER;
	slot_wipe_keys(slot);
	d->state = RECORD_ALARM;
	d->reason = (uint8_t)reason;
	d->ended_ms = (uint64_t)clock_wall_ms();
	d->due = TELL_ALARM;
	metric_add(METRIC_recordings_alarm, 1);
	process_alarm(self->p, alarm_of(reason));
	report_slot(self, slot, false);
	begin_tell_switch(self, slot);
}

static int make_start(struct recorder *self, struct slot *slot)
{
	uint8_t envelope[ENVELOPE_MAX], card_envelope[ENVELOPE_MAX];
	struct writer e = writer_on(envelope, sizeof(envelope));
	struct writer c = writer_on(card_envelope, sizeof(card_envelope));
	struct writer w =
		writer_on(slot->dossier.start, sizeof(slot->dossier.start));
	struct dossier *d = &slot->dossier;
	const struct envelope_maker *maker =
		recipients_maker(self->recipients, text_of(d->controller),
				 (int64_t)d->started_ms);
	struct spool_start start = { .at_ms = d->started_ms,
				     .worker = slot->worker,
				     .controller = text_of(d->controller) };
	int err;

	if (!maker)
		return ENOKEY;
	seal_keys_new(&slot->keys);
	seal_keys_new(&slot->card_keys);
	err = envelope_maker_make(maker, slot->keys.fk, &e);
	if (!err)
		err = envelope_maker_make(maker, slot->card_keys.fk, &c);
	if (err)
		return err;
	memcpy(start.id, d->id, ID_BYTES);
	memcpy(start.body_name, d->body_name, ID_BYTES);
	memcpy(start.call_id, d->call_id, ID_BYTES);
	memcpy(start.codecs, slot->codecs, sizeof(start.codecs));
	memcpy(start.pn, slot->keys.pn, sizeof(start.pn));
	memcpy(start.check, slot->keys.check, sizeof(start.check));
	memcpy(start.card_pn, slot->card_keys.pn, sizeof(start.card_pn));
	memcpy(start.card_check, slot->card_keys.check,
	       sizeof(start.card_check));
	start.envelope = (struct bytes){ envelope, e.len };
	start.card_envelope = (struct bytes){ card_envelope, c.len };
	err = spool_write_start(&w, &start, &slot->keys, &slot->card_keys,
				&slot->seal);
	if (err)
		return err;
	d->start_len = (uint32_t)w.len;
	return report_dossier(d, (struct bytes){ d->start, w.len });
}

static void fill(struct slot *slot, const struct ipc_RECORD_ASK *ask)
{
	struct dossier *d = &slot->dossier;

	memcpy(d->call_id, ask->call_id, ID_BYTES);
	id_new(d->body_name);
	d->started_ms = (uint64_t)clock_wall_ms();
	if (text_copy(d->controller, sizeof(d->controller), ask->controller))
		d->controller[0] = '\0'; /* the table holds it to 64 bytes */
	slot->base_ns = clock_mono_ns();
	slot->worker = ask->worker;
	slot->codecs[0] = ask->caller_codec;
	slot->codecs[1] = ask->nurse_codec;
	/* nothing is transcoded: a third party speaks the caller's codec */
	slot->codecs[2] = ask->caller_codec;
}

void begin_asked(struct recorder *self, uint64_t call,
		 const struct ipc_RECORD_ASK *ask)
{
	struct slot *slot = slot_new(&self->table);
	uint8_t id[ID_BYTES];
	int err;

	id_new(id);
	if (slot)
		fill(slot, ask);
	if (!slot || slot_take(&self->table, slot, call, id, SLOT_OVER)) {
		log_alarm("no room for one more recording");
		metric_add(METRIC_recordings_alarm, 1);
		(void)!IPC_SEND(self->p->peers[ROLE_SWITCH], RECORD_STATE, call,
				.state = RECORD_ALARM,
				.reason = REASON_SPOOL_FULL);
		return;
	}
	look_ahead(self, clock_wall_ms());
	if (!capture_has_ring(self, ask->worker)) {
		refuse(self, slot, REASON_RECORDER_AWAY);
		return;
	}
	err = make_start(self, slot);
	if (err == ENOKEY || err == EBADMSG) {
		refuse(self, slot, REASON_NO_RECIPIENT);
		return;
	}
	if (!err)
		err = finish_open_part(self, slot);
	if (err) {
		log_error("cannot begin a recording: %s", strerror(err));
		refuse(self, slot, REASON_SPOOL_FULL);
		return;
	}
	slot->state = SLOT_STARTING;
	begin_tell_switch(self, slot);
}

void begin_running(struct recorder *self, struct slot *slot)
{
	uint8_t head[MKV_HEAD_MAX];
	struct writer w = writer_on(head, sizeof(head));
	struct progress *next = slot_progress_begin(slot);
	const enum codec codecs[MKV_AUDIO_TRACKS] = {
		(enum codec)slot->codecs[0], (enum codec)slot->codecs[1],
		(enum codec)slot->codecs[2]
	};

	if (!slot_progress(slot)->body_len) {
		if (mkv_begin(&next->mkv, codecs,
			      (int64_t)slot->dossier.started_ms, &w)) {
			finish_failed(self, slot, REASON_SPOOL_FULL);
			return;
		}
		for (unsigned t = 0; t < SLOT_TRACKS; t++)
			timeline_init(&next->lines[t], codecs[t]);
		slot_body_write(slot, 0, head, w.len);
		next->body_len = w.len;
		slot_progress_commit(slot);
	}
	slot->dossier.due |= TELL_ENVELOPE | TELL_STARTED;
	slot->state = slot->end_asked ? SLOT_ENDING : SLOT_RUNNING;
	report_slot(self, slot, false);
	begin_tell_switch(self, slot);
}

void begin_fact(struct recorder *self, uint64_t call,
		const struct ipc_RECORD_FACT *fact)
{
	struct slot *slot = slot_of_call(&self->table, call);

	/* told to end once more: the first time counts */
	if (slot && fact->kind == FACT_ENDED && slot->end_asked)
		return;
	if (slot && fact->kind < FACT_KINDS && fact->kind != FACT_MARK)
		flush_fact(self, slot, fact->kind, fact->value);
}

void begin_mark(struct recorder *self, uint64_t call,
		const struct ipc_RECORD_MARK *mark)
{
	struct slot *slot = slot_of_call(&self->table, call);
	uint64_t base_ms;

	if (!slot || mark->kind >= MARK_KINDS)
		return;
	base_ms = slot->base_ns / 1000000;
	capture_mark(self, slot, (enum mark_kind)mark->kind,
		     mark->at_mono_ms > base_ms ? mark->at_mono_ms - base_ms
						: 0);
}

void begin_ending(struct slot *slot)
{
	slot->dossier.ended_ms = (uint64_t)clock_wall_ms();
	slot->state = SLOT_ENDING;
}

void begin_end(struct recorder *self, uint64_t call, uint8_t reason)
{
	struct slot *slot = slot_of_call(&self->table, call);

	if (!slot || slot->end_asked) {
		/* it may have given up waiting since */
		if (slot && reason == RECORD_END_AWAY)
			slot->end_reason = reason;
		return;
	}
	slot->end_reason = reason;
	slot->end_asked = 1;
	slot->dossier.ended_ms = (uint64_t)clock_wall_ms();
	if (slot->state != SLOT_RUNNING)
		return;
	slot->drain_until_ms = clock_mono_ms() + DRAIN_RING_MS;
	if (slot->stopped)
		begin_ending(slot);
	else
		slot->state = SLOT_DRAINING;
}
