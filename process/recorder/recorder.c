#include "process/recorder/recorder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "process/recorder/self.h"

static size_t memory_bytes(const struct settings *s, enum memory_kind kind)
{
	return kind == MEMORY_RECORDER ? slots_bytes(s->calls_max) : 0;
}

/* ---- the tick */

static void on_tick(uv_timer_t *timer);

/* A snapshot that was resumed, perhaps twice: nothing goes on as it was. */
static void watch_clock(struct recorder *self)
{
	int64_t now = clock_wall_ms() - (int64_t)clock_mono_ms();
	int64_t jump = now - self->wall_minus_mono_ms;

	self->wall_minus_mono_ms = now;
	if (jump < CLOCK_JUMP_MS && jump > -CLOCK_JUMP_MS)
		return;
	process_alarm(self->p, ALARM_CLOCK_JUMP);
	/* another copy of us may go on with the counter that we had */
	spool_nonce_init(&self->nonce);
	for (struct slot *slot = slot_next(self, NULL); slot;
	     slot = slot_next(self, slot)) {
		if (slot->state < SLOT_OVER)
			begin_end(self, slot->call, RECORD_END_INTERRUPTED);
		/* nor may it hear other frames: a chunk has one plaintext */
		if (slot->state == SLOT_DRAINING)
			begin_ending(slot);
	}
}

static void end_of_patience(const struct recorder *self, struct slot *slot,
			    uint64_t now_ms)
{
	/* its last frames may lie behind others */
	uint64_t more = self->behind ? BEHIND_MOST_MS : 0;

	if (slot->state == SLOT_DRAINING &&
	    now_ms >= slot->drain_until_ms + more)
		begin_ending(slot);
}

/* Over, and everybody knows: DONE, unless there is something to recover. */
static void leave(struct recorder *self, struct slot *slot)
{
	bool switch_knows =
		slot->switch_told == slot->dossier.state || self->p->draining;

	if (slot->state != SLOT_OVER || !switch_knows ||
	    !report_done(&slot->dossier))
		return;
	if (slot->recoverable || !slot->start_durable)
		finish_free(self, slot);
	else
		slot->state = SLOT_LEAVING;
}

static unsigned look_at_slots(struct recorder *self)
{
	uint64_t now_ms = clock_mono_ms();
	unsigned active = 0;

	self->lowest_needed = UINT64_MAX;
	for (struct slot *slot = slot_next(self, NULL); slot;
	     slot = slot_next(self, slot)) {
		active++;
		end_of_patience(self, slot, now_ms);
		report_slot(self, slot, true);
		begin_tell_switch(self, slot);
		if (slot->start_spooled && !slot->recoverable &&
		    slot->first_segment < self->lowest_needed)
			self->lowest_needed = slot->first_segment;
		leave(self, slot);
	}
	metric_set(METRIC_recordings_active, active);
	return active;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Asked until it is gone, so of one that is gone already too. */
static void erase_body(struct recorder *self, const uint8_t name[ID_BYTES])
{
	struct ipc_message m = { .type = IPC_BODY_ERASED, .fd = -1 };
	int err = store_delete(self->store, name);

	self->turn_spool = true;
	if (err && err != ENOENT) {
		log_error("the body of an erased recording stays, and is tried "
			  "again: %s",
			  strerror(err));
		return;
	}
	memcpy(m.u.BODY_ERASED.body_name, name, ID_BYTES);
	(void)!ipc_send(self->p->peers[ROLE_LEDGER], &m);
}

static void trim(struct recorder *self)
{
	uint64_t needed = least(self->lowest_needed, kept_lowest_segment(self));
	int err;

	needed = least(needed, done_lowest_segment(self));
	needed = least(needed, journal_segment(self->journal));
	if (self->turn_spool && !journal_turn(self->journal))
		self->turn_spool = false;
	err = journal_trim(self->journal, needed);
	if (err)
		log_error("an old file of the spool stays: %s", strerror(err));
}

/*
 * The switch left before us, as it does in good order, or when the parent is
 * gone: with it the calls are over, and nobody else will say so. A recording
 * whose end it did not live to tell, or could not tell us, ends here.
 */
static void end_what_is_left(struct recorder *self)
{
	if (!self->p->draining || self->p->peers[ROLE_SWITCH])
		return;
	for (struct slot *slot = slot_next(self, NULL); slot;
	     slot = slot_next(self, slot)) {
		if (slot->state < SLOT_OVER && !slot->end_asked)
			begin_end(self, slot->call, RECORD_END_AWAY);
	}
}

static void drained_yet(struct recorder *self, unsigned active)
{
	if (self->p->draining && !active &&
	    (self->drain_now || !journal_dirty(self->journal))) {
		(void)uv_timer_stop(&self->tick);
		process_drained(self->p, true);
	}
}

/*
 * What comes right after the rings were emptied waits for the next tick and
 * for its sync. So the slower the syncs are, the sooner the next tick begins.
 */
static void next_tick(struct recorder *self, uint64_t begun_ms)
{
	uint64_t took = clock_mono_ms() - begun_ms;
	uint64_t period = self->p->settings->fsync_ms;

	if (self->behind)
		period /= 4;
	(void)uv_timer_start(&self->tick, on_tick,
			     period > 2 * took ? period - 2 * took : 1, 0);
}

/*
 * What ended by a fault of spool or store is recovered as after a power cut,
 * and that begins at a start: so once storage works again, start anew. Running
 * recordings lie in memory that survives it. Until then their segments stay
 * pinned, and a spool that is full of them would take nothing new.
 */
static void recover_faulted(struct recorder *self)
{
	if (!self->faulted_ms || self->storage_alarm || self->p->draining ||
	    clock_mono_ms() - self->faulted_ms < FAULT_QUIET_MS)
		return;
	log_notice("starting anew, to recover what a fault of storage cut off");
	uv_stop(self->p->loop);
}

static void say_alive(struct recorder *self, uint64_t now_ms)
{
	if (now_ms - self->alive_ms < ALIVE_EVERY_MS)
		return;
	self->alive_ms = now_ms;
	(void)!IPC_SEND(self->p->peers[ROLE_SWITCH], RECORDER_ALIVE, 0,
			.reserved = 0);
}

static void on_tick(uv_timer_t *timer)
{
	struct recorder *self = timer->data;
	uint64_t begun_ms = clock_mono_ms();
	unsigned active;

	say_alive(self, begun_ms);
	watch_clock(self);
	capture_drain(self);
	end_what_is_left(self);
	flush_all(self);
	active = look_at_slots(self);
	pending_step(self);
	kept_forward(self, false);
	trim(self);
	next_tick(self, begun_ms);
	recover_faulted(self);
	drained_yet(self, active);
}

/* ---- the life of the process */

/* Spool and store must survive themselves, whoever made them. */
static int sync_names(const char *state)
{
	int fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return errno;
	if (fsync(fd))
		err = errno;
	(void)close(fd);
	return err;
}

static int open_folders(struct recorder *self)
{
	const struct settings *s = self->p->settings;
	char folder[SETTINGS_PATH_MAX + 16];
	int err;

	(void)snprintf(folder, sizeof(folder), "%s/store", s->state);
	err = store_open(&self->store, folder);
	if (err) {
		log_error("cannot open the store: %s", strerror(err));
		return err;
	}
	(void)snprintf(folder, sizeof(folder), "%s/spool", s->state);
	err = journal_open(&self->journal, folder, s->spool_max_bytes);
	if (err)
		log_error("cannot open the spool: %s",
			  err == EAGAIN ? "another recorder still has it"
					: strerror(err));
	return err ? err : sync_names(s->state);
}

static int prepare(struct process *p, void **ret_self)
{
	struct memory *memory = process_memory(p, MEMORY_RECORDER, 0);
	struct recorder *self = calloc(1, sizeof(*self));
	int err;

	if (!self || !memory)
		return self ? EINVAL : ENOMEM;
	*ret_self = self;
	self->p = p;
	err = slots_attach(memory->at, memory->len, p->settings->calls_max,
			   &self->slots);
	if (!err)
		err = slot_table_new(&self->table, self->slots);
	self->parts = calloc(self->slots ? self->slots->max : 1,
			     sizeof(struct store_part *));
	if (!err && !self->parts)
		err = ENOMEM;
	if (!err)
		err = stream_new(&self->stream);
	if (!err)
		err = capture_open(self);
	if (!err)
		err = report_open(self);
	if (!err)
		err = kept_open(self);
	if (!err)
		err = pending_open(self);
	if (!err)
		err = done_open(self);
	if (!err)
		err = open_folders(self);
	return err;
}

static void confinement(struct process *p, void *arg, struct confine *c)
{
	static char spool[SETTINGS_PATH_MAX + 16];
	static char store[SETTINGS_PATH_MAX + 16];

	(void)arg;
	(void)snprintf(spool, sizeof(spool), "%s/spool", p->settings->state);
	(void)snprintf(store, sizeof(store), "%s/store", p->settings->state);
	c->files = true;
	c->paths[0].path = spool;
	c->paths[0].write = true;
	c->paths[1].path = store;
	c->paths[1].write = true;
	c->path_count = 2;
}

static int find(struct recorder *self, const struct spool_record *rec,
		const struct journal_place *place)
{
	const struct slot *slot = slot_of_id(&self->table, rec->id);

	if (rec->type == SPOOL_EVENT)
		return kept_found(self, rec, place->segment);
	/* its keys are in memory: it goes on. One that ended by a fault has
	   none left; it waits for the keeper, and its segments with it */
	if (slot && !slot->recoverable)
		return 0;
	return pending_found(self, rec, place);
}

/* A record that makes no sense is passed over: the others are still needed. */
static int found(void *arg, const struct spool_record *rec,
		 const struct journal_place *place)
{
	int err = find(arg, rec, place);

	if (err != EBADMSG)
		return err;
	metric_add(METRIC_spool_bad, 1);
	log_error("a record of the spool makes no sense");
	return 0;
}

/*
 * What our predecessor left in memory goes on. What it had not made durable is
 * spooled again, all of it into a new segment: its last write may be torn, and
 * what a torn file says is never needed for a recording whose keys we have.
 */
static void take_over(struct recorder *self)
{
	unsigned n = 0;

	for (struct slot *slot = slot_next(self, NULL); slot;
	     slot = slot_next(self, slot)) {
		if (slot->state >= SLOT_OVER)
			slot_wipe_keys(slot);
		slot->switch_told = RECORD_NONE;
		slot->dossier.sent_ms = 0;
		n += slot->state < SLOT_OVER;
	}
	flush_again(self);
	capture_cut_lost(self);
	if (n)
		log_notice("%u recordings go on", n);
}

static int start(struct process *p, void *arg)
{
	struct recorder *self = arg;
	int err;

	begin_recipients(self);
	spool_nonce_init(&self->nonce);
	self->wall_minus_mono_ms = clock_wall_ms() - (int64_t)clock_mono_ms();
	err = journal_scan(self->journal, found, self);
	if (err) {
		log_error("cannot read the spool: %s", strerror(err));
		return err;
	}
	take_over(self);
	pending_begin(self);
	err = uv_timer_init(p->loop, &self->tick);
	if (err)
		return EINVAL;
	self->tick.data = self;
	err = uv_timer_start(&self->tick, on_tick, 0, 0);
	return err ? EINVAL : 0;
}

static void message(struct process *p, void *arg, struct ipc *from,
		    struct ipc_message *m)
{
	struct recorder *self = arg;

	(void)p;
	(void)from;
	switch (m->type) {
	case IPC_RECORD_ASK:
		begin_asked(self, m->about, &m->u.RECORD_ASK);
		return;
	case IPC_RECORD_FACT:
		begin_fact(self, m->about, &m->u.RECORD_FACT);
		return;
	case IPC_RECORD_MARK:
		begin_mark(self, m->about, &m->u.RECORD_MARK);
		return;
	case IPC_RECORD_END:
		begin_end(self, m->about, m->u.RECORD_END.reason);
		return;
	case IPC_EVENT_KEEP:
		kept_asked(self, &m->u.EVENT_KEEP);
		return;
	case IPC_EVENTS_STORED:
		report_events_stored(self, m->u.EVENTS_STORED.events);
		return;
	case IPC_ENVELOPE_STORED:
		report_stored(self, m->u.ENVELOPE_STORED.recording_id,
			      TELL_ENVELOPE);
		return;
	case IPC_RECORDING_END_STORED:
		report_stored(self, m->u.RECORDING_END_STORED.recording_id,
			      TELL_END);
		return;
	case IPC_RECOVERED_PASS:
		pending_recovered(self, m->about, &m->u.RECOVERED_PASS);
		return;
	case IPC_BODY_ERASE:
		erase_body(self, m->u.BODY_ERASE.body_name);
		return;
	case IPC_RECOVER_NOW:
		pending_retry(self);
		return;
	default:
		return;
	}
}

static enum ipc_state state(void *arg, enum ipc_type type, uint64_t about)
{
	struct recorder *self = arg;
	const struct slot *slot = slot_of_call(&self->table, about);

	(void)type;
	if (!slot)
		return IPC_IDLE;
	return slot->state <= SLOT_RUNNING ? IPC_TALKING : IPC_ENDING;
}

static void peer(struct process *p, void *arg, enum role role, unsigned index,
		 bool here)
{
	struct recorder *self = arg;

	(void)p;
	(void)index;
	if (!here)
		return;
	if (role == ROLE_DESK)
		pending_retry(self);
	if (role == ROLE_LEDGER)
		kept_forward(self, true);
	for (struct slot *slot = slot_next(self, NULL); slot;
	     slot = slot_next(self, slot)) {
		if (role == ROLE_LEDGER)
			slot->dossier.sent_ms = 0;
		if (role != ROLE_SWITCH)
			continue;
		slot->switch_told = RECORD_NONE;
		begin_tell_switch(self, slot);
	}
}

static void reload(struct process *p, void *arg, const struct settings *old)
{
	struct recorder *self = arg;

	(void)p;
	(void)old;
	begin_recipients(self);
}

static void drain(struct process *p, void *arg, bool now)
{
	struct recorder *self = arg;

	(void)p;
	self->drain_now = self->drain_now || now;
	if (!now)
		return;
	for (struct slot *slot = slot_next(self, NULL); slot;
	     slot = slot_next(self, slot)) {
		if (slot->state < SLOT_OVER)
			begin_end(self, slot->call, RECORD_END_MEDIA_LOST);
	}
}

const struct process_ops recorder_ops = {
	.role = ROLE_RECORDER,
	.memory_bytes = memory_bytes,
	.prepare = prepare,
	.confinement = confinement,
	.start = start,
	.message = message,
	.state = state,
	.peer = peer,
	.reload = reload,
	.drain = drain,
};
