/*
 * restore -- taking up the calls of a switch that died
 *
 * The legs' ports, the audio and the recordings go on meanwhile in the other
 * processes; what is lost is the transactions. So: an established leg goes on
 * from its written dialog; a caller in the notice hears it again from the
 * start (the evidence has to be whole), one who is asked where he is is asked
 * again; a caller in the queue keeps his ticket;
 * a phone that rang is not ours any more, the next one is rung; a call that was
 * not yet answered is ended.
 */
#include "process/switch/national.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"

enum { ALIGN = 64, ENDING_PATIENCE_MS = 5000, REPLAY_SLOTS = 32768 };

static size_t aligned(size_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* Tokens that were used; a national node takes none. */
static size_t replay_bytes(const struct settings *s)
{
	return s->role == NODE_NATIONAL
		       ? 0
		       : aligned(handover_replay_bytes(REPLAY_SLOTS));
}

size_t restore_bytes(const struct settings *s)
{
	return aligned(sizeof(struct switch_memory)) + replay_bytes(s) +
	       aligned(queue_bytes(s->calls_max)) +
	       (size_t)s->calls_max * sizeof(struct call);
}

static void begin_anew(struct switch_self *self, size_t len)
{
	struct switch_memory *m = self->memory;

	memset(m, 0, len);
	queue_format(self->queue, self->max);
	m->max = self->max;
	m->call_bytes = sizeof(struct call);
	atomic_signal_fence(memory_order_seq_cst);
	m->magic = SWITCH_MAGIC;
}

/* What was used stays used, whoever died. */
static int open_replay(struct switch_self *self, uint8_t *at)
{
	size_t len = handover_replay_bytes(REPLAY_SLOTS);

	return handover_replay_adopt(at, len, &self->replay)
		       ? handover_replay_init(at, len, REPLAY_SLOTS,
					      &self->replay)
		       : 0;
}

int restore_layout(struct switch_self *self)
{
	const struct settings *s = self->p->settings;
	struct memory *mem = process_memory(self->p, MEMORY_SWITCH, 0);
	uint8_t *at, *replay;

	if (!mem || !mem->at || mem->len < restore_bytes(s))
		return ENOMEM;
	at = mem->at;
	self->max = s->calls_max;
	self->memory = mem->at;
	at += aligned(sizeof(struct switch_memory));
	replay = at;
	at += replay_bytes(s);
	self->queue = (void *)at;
	at += aligned(queue_bytes(self->max));
	self->calls = (void *)at;
	self->live = calloc(self->max, sizeof(*self->live));
	if (!self->live)
		return ENOMEM;
	if (self->memory->magic != SWITCH_MAGIC ||
	    self->memory->max != self->max ||
	    self->memory->call_bytes != sizeof(struct call) ||
	    queue_mend(self->queue, self->max))
		begin_anew(self, mem->len);
	return s->role == NODE_NATIONAL ? 0 : open_replay(self, replay);
}

/* Ended within its place, and fit for a message; of a quote it is no end. */
static bool plain(const char *p, size_t max)
{
	return memchr(p, '\0', max) && text_is_printable(text_of(p)) &&
	       !strpbrk(p, "\"\\");
}

static bool sane_route(const struct call *c)
{
	for (unsigned i = 0; i < CALL_ROUTES_MAX; i++)
		if (!plain(c->tried[i], sizeof(c->tried[i])))
			return false;
	return plain(c->given.route, sizeof(c->given.route)) &&
	       plain(c->given.organisation, sizeof(c->given.organisation)) &&
	       plain(c->given.trunk, sizeof(c->given.trunk)) &&
	       c->tried_count <= CALL_ROUTES_MAX &&
	       c->place.municipality < MUNICIPALITIES &&
	       c->place.region < REGIONS;
}

static bool sane_texts(const struct call *c)
{
	for (unsigned i = 0; i < TOLD_MAX; i++)
		if (!plain(c->told[i].language, sizeof(c->told[i].language)) ||
		    !plain(c->told[i].version, sizeof(c->told[i].version)))
			return false;
	return plain(c->number, sizeof(c->number)) &&
	       plain(c->controller, sizeof(c->controller)) &&
	       plain(c->caller, sizeof(c->caller)) &&
	       strspn(c->caller, "+0123456789") == strlen(c->caller) &&
	       plain(c->municipality, sizeof(c->municipality)) &&
	       strspn(c->municipality, "0123456789") ==
		       strlen(c->municipality) &&
	       sane_route(c);
}

static bool sane_leg(const struct settings *s, const struct leg *leg)
{
	return leg->trunk >= -1 && leg->trunk < (int)s->trunk_count &&
	       leg->srtp <= SRTP_REQUIRED &&
	       (leg->agent == NO_AGENT || leg->agent < s->agent_count);
}

/* The process that wrote it may have been broken into before it died. */
static bool sane(const struct switch_self *self, const struct call *c)
{
	const struct settings *s = self->p->settings;

	if (c->state >= CALL_STATES || c->outcome >= OUTCOMES ||
	    !c->generation || c->line >= s->line_count ||
	    c->notices > PROMPTS_NOTICES || c->notice > c->notices ||
	    c->playing > PLAYING_LONG || c->hands_over > HANDS_OVER_DONE ||
	    c->asked > ASKED_PAST || c->objected > OBJECTED_NOTED ||
	    c->long_played >= PROMPTS_NOTICES ||
	    c->ended_by > RECORD_END_AWAY || c->hops > MESSAGE_HOPS_MAX + 1 ||
	    (c->with != SIDE_NURSE && c->with != SIDE_THIRD))
		return false;
	for (unsigned i = 0; i < SIDES; i++)
		if (!sane_leg(s, &c->legs[i]))
			return false;
	return sane_texts(c);
}

static int restore_leg(struct switch_self *self, struct call *c, enum side side)
{
	struct live_leg *l = &call_live(self, c)->legs[side];
	struct session_terms terms = {
		.srtp = (enum srtp_use)c->legs[side].srtp,
		.session_expires_s = self->p->settings->session_expires_s,
		.trunk = c->legs[side].trunk,
		.contact_user = text_of(c->number),
	};
	int err = session_restore(&l->session, self->sessions,
				  &c->legs[side].state, l, &terms);

	if (err) {
		l->session = NULL;
		return err;
	}
	if (c->legs[side].trunk >= 0)
		self->trunks[c->legs[side].trunk].calls++;
	return 0;
}

static void drop_nurse(struct switch_self *self, struct call *c, enum side side)
{
	legs_close(self, c, side);
	call_leg_fresh(c, side);
}

static void notice_again(struct switch_self *self, struct call *c)
{
	c->notice = 0;
	c->long_serial = 0;
	c->playing = PLAYING_NOTHING;
	c->hands_over = HANDS_OVER_NOT;
	line_confirmed(self, c);
}

static void queued_again(struct switch_self *self, struct call *c)
{
	uint32_t ahead;
	uint32_t slot = call_slot(self, c);

	if (!queue_has(self->queue, slot) &&
	    queue_join(self->queue, slot, c->line, UINT32_MAX, clock_mono_ms(),
		       &ahead)) {
		call_end(self, c, RECORD_END_HANGUP);
		return;
	}
	c->long_wanted = 0;
	c->long_serial = 0;
	line_music(self, c);
}

static void talking_again(struct switch_self *self, struct call *c)
{
	if (restore_leg(self, c, (enum side)c->with)) {
		call_end(self, c, RECORD_END_HANGUP);
		return;
	}
	queue_leave(self->queue, call_slot(self, c));
	if (c->legs[c->with].agent != NO_AGENT)
		queue_agent_busy(self->queue, c->legs[c->with].agent);
}

/* The new nurse's phone is lost; the one who transfers talks on. */
static void transfer_again(struct switch_self *self, struct call *c)
{
	drop_nurse(self, c, transfer_side(c));
	talking_again(self, c);
	if (c->state != CALL_TRANSFERRING ||
	    !call_event(self, c, CALL_EVENT_NOT_TRANSFERRED))
		return;
	c->requeue = 0;
	c->legs[c->with].referring = 0;
	legs_stop(self, c, SIDE_CALLER);
	hold_bridge(self, c, true);
}

static void restore_call(struct switch_self *self, struct call *c)
{
	if (c->state == CALL_ENDING) {
		call_due(self, c, ENDING_PATIENCE_MS);
		return;
	}
	if (c->state == CALL_RECEIVED || restore_leg(self, c, SIDE_CALLER)) {
		call_end(self, c, RECORD_END_HANGUP);
		return;
	}
	switch ((enum call_state)c->state) {
	case CALL_ASKING:
		c->playing = PLAYING_NOTHING;
		asking_confirmed(self, c);
		break;
	case CALL_NOTICE:
		notice_again(self, c);
		break;
	case CALL_RINGING:
		drop_nurse(self, c, SIDE_NURSE);
		c->recoding = 0;
		if (c->national ||
		    !call_event(self, c, CALL_EVENT_UNANSWERED)) {
			call_end(self, c, RECORD_END_HANGUP);
			break;
		}
		queued_again(self, c);
		break;
	case CALL_QUEUED:
		queued_again(self, c);
		break;
	case CALL_TRANSFERRING:
		transfer_again(self, c);
		break;
	default:
		talking_again(self, c);
	}
}

static void free_slot(struct switch_self *self, uint32_t slot)
{
	self->live[slot].next_free = self->free;
	self->free = slot;
}

void restore_calls(struct switch_self *self)
{
	const struct settings *s = self->p->settings;
	uint64_t now = clock_mono_ms();
	uint32_t found = 0;

	self->free = NO_SLOT;
	for (uint32_t i = 0; i < s->agent_count; i++)
		queue_agent_registered(self->queue, i,
				       registrar_here(self->registrar, i, now));
	for (uint32_t slot = self->max; slot-- > 0;) {
		struct call *c = call_of(self, slot);
		struct live *l = &self->live[slot];

		for (unsigned i = 0; i < SIDES; i++)
			l->legs[i] = (struct live_leg){ self, slot,
							(enum side)i, NULL };
		if (c->state != CALL_NONE && !sane(self, c)) {
			log_error("a call could not be taken up again");
			c->state = CALL_NONE;
		}
		if (c->state == CALL_NONE) {
			queue_leave(self->queue, slot);
			free_slot(self, slot);
			continue;
		}
		self->count++;
		found++;
	}
	for (uint32_t slot = 0; found && slot < self->max; slot++)
		if (call_of(self, slot)->state != CALL_NONE)
			restore_call(self, call_of(self, slot));
	metric_set(METRIC_calls_active, self->count);
	if (found) {
		log_notice("%u calls were taken up again, %u go on", found,
			   self->count);
		nurse_pump(self);
	}
}
