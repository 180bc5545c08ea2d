/*
 * call -- a slot's life: taken, stepped through the table, ended, freed
 */
#include "process/switch/national.h"

#include <assert.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"

/* Media or recorder that say nothing for so long will say nothing more. */
enum { ENDING_PATIENCE_MS = 5000 };

struct call *call_of(struct switch_self *self, uint32_t slot)
{
	assert(slot < self->max);
	return &self->calls[slot];
}

uint32_t call_slot(const struct switch_self *self, const struct call *c)
{
	return (uint32_t)(c - self->calls);
}

uint64_t call_handle(const struct switch_self *self, const struct call *c)
{
	return (uint64_t)c->generation << 32 | call_slot(self, c);
}

struct live *call_live(struct switch_self *self, const struct call *c)
{
	return &self->live[call_slot(self, c)];
}

struct session *call_session(struct switch_self *self, const struct call *c,
			     enum side side)
{
	return call_live(self, c)->legs[side].session;
}

struct call *call_by_handle(struct switch_self *self, uint64_t handle)
{
	uint32_t slot = (uint32_t)handle;
	struct call *c;

	if (slot >= self->max)
		return NULL;
	c = &self->calls[slot];
	if (c->state == CALL_NONE || c->generation != handle >> 32)
		return NULL;
	return c;
}

void call_due(struct switch_self *self, struct call *c, uint64_t in_ms)
{
	call_live(self, c)->due_ms = in_ms ? clock_mono_ms() + in_ms : 0;
}

void call_leg_fresh(struct call *c, enum side side)
{
	struct leg *leg = &c->legs[side];
	/* an answer to a LEG_OPEN that was taken back may still come */
	uint8_t closing = leg->closing;

	sodium_memzero(leg, sizeof(*leg));
	leg->closing = closing;
	leg->agent = NO_AGENT;
	leg->trunk = -1;
	randombytes_buf(leg->key, sizeof(leg->key));
}

struct call *call_new(struct switch_self *self)
{
	uint32_t slot = self->free;
	uint32_t generation;
	struct call *c;
	enum call_state state = CALL_NONE;

	if (slot == NO_SLOT)
		return NULL;
	c = call_of(self, slot);
	self->free = call_live(self, c)->next_free;
	generation = c->generation + 1;
	memset(c, 0, sizeof(*c));
	c->generation = generation ? generation : 1;
	for (unsigned i = 0; i < SIDES; i++)
		call_leg_fresh(c, (enum side)i);
	id_new(c->id);
	c->received_ms = clock_mono_ms();
	c->ended_by = RECORD_END_HANGUP;
	c->with = SIDE_NURSE;
	if (call_step(&state, CALL_EVENT_RECEIVED))
		return NULL;
	c->state = (uint8_t)state;
	call_live(self, c)->due_ms = 0;
	call_live(self, c)->token[0] = '\0';
	call_live(self, c)->receipt = (struct token_receipt){ 0 };
	call_live(self, c)->asking = (struct asking){ 0 };
	self->count++;
	metric_set(METRIC_calls_active, self->count);
	metric_add(METRIC_calls_received, 1);
	return c;
}

bool call_event(struct switch_self *self, struct call *c, enum call_event e)
{
	enum call_state state = (enum call_state)c->state;

	if (call_step(&state, e)) {
		log_error("a call that is %s cannot take event %u: ended",
			  call_state_text(state), (unsigned)e);
		if (e != CALL_EVENT_ENDED && e != CALL_EVENT_RELEASED)
			call_end(self, c, RECORD_END_HANGUP);
		return false;
	}
	c->state = (uint8_t)state;
	return true;
}

void call_leg_over(struct switch_self *self, struct call *c, enum side side)
{
	struct live_leg *l = &call_live(self, c)->legs[side];

	l->session = NULL;
	c->legs[side].gone = 1;
	if (c->legs[side].trunk >= 0 && self->trunks[c->legs[side].trunk].calls)
		self->trunks[c->legs[side].trunk].calls--;
	sodium_memzero(&c->legs[side].state, sizeof(c->legs[side].state));
}

void call_leg_end(struct switch_self *self, struct call *c, enum side side)
{
	struct session *s = call_session(self, c, side);

	if (!s)
		return;
	/* an offer of theirs that waits is answered by the layer below */
	if (session_waiting(s) && !session_established(s))
		session_refuse(s, 480);
	else
		session_end(s);
	call_leg_over(self, c, side);
}

static void say_ended(struct switch_self *self, const struct call *c)
{
	char extra[96];
	uint64_t now = clock_mono_ms();

	(void)snprintf(
		extra, sizeof(extra), ",\"ms\":%llu,\"talked_ms\":%llu",
		(unsigned long long)(now - c->received_ms),
		(unsigned long long)(c->answered ? now - c->answered_ms : 0));
	say_call(self, c, EVENT_CALL_ENDED, extra);
}

void call_end(struct switch_self *self, struct call *c, enum record_end why)
{
	uint32_t slot = call_slot(self, c);

	if (c->state == CALL_NONE || c->state == CALL_ENDING ||
	    !call_event(self, c, CALL_EVENT_ENDED))
		return;
	c->ended_by = (uint8_t)why;
	queue_leave(self->queue, slot);
	if (!c->answered && c->hands_over != HANDS_OVER_DONE)
		metric_add(METRIC_calls_abandoned, 1);
	say_ended(self, c);
	if (c->national)
		keep_call(self, c);
	transfer_tell(self, c, 487);
	for (unsigned i = 0; i < SIDES; i++) {
		call_leg_end(self, c, (enum side)i);
		nurse_free(self, &c->legs[i]);
	}
	fate_event(self, c, OUTCOME_EVENT_ENDED);
	if ((c->national && !c->legs[SIDE_CALLER].opening) ||
	    why == RECORD_END_MEDIA_LOST ||
	    IPC_SEND(legs_worker(self, c), CALL_CLOSE, call_handle(self, c),
		     .reserved = 0))
		c->media_ended = 1;
	call_due(self, c, ENDING_PATIENCE_MS);
	call_release(self, c);
	nurse_pump(self);
}

void call_release(struct switch_self *self, struct call *c)
{
	struct live *l = call_live(self, c);
	bool late = l->due_ms && clock_mono_ms() >= l->due_ms;

	if (c->state != CALL_ENDING)
		return;
	if (!c->media_ended && !late)
		return;
	if (c->outcome != OUTCOME_NONE &&
	    !outcome_final((enum outcome)c->outcome))
		return;
	if (!call_event(self, c, CALL_EVENT_RELEASED))
		return;
	/* numbers and keys of a call do not outlive it */
	sodium_memzero(c->caller, sizeof(c->caller));
	sodium_memzero(c->municipality, sizeof(c->municipality));
	for (unsigned i = 0; i < SIDES; i++)
		sodium_memzero(&c->legs[i], sizeof(c->legs[i]));
	l->due_ms = 0;
	l->next_free = self->free;
	self->free = call_slot(self, c);
	self->count--;
	metric_set(METRIC_calls_active, self->count);
	if (self->draining && !self->count)
		process_drained(self->p, true);
}

void call_tick(struct switch_self *self, struct call *c, uint64_t now_ms)
{
	const struct live *l = call_live(self, c);

	if (c->state == CALL_NONE)
		return;
	fate_tick(self, c, now_ms);
	if (c->state == CALL_NONE || !l->due_ms || now_ms < l->due_ms)
		return;
	if (c->state == CALL_ENDING)
		call_release(self, c);
	else if (c->national)
		national_tick(self, c);
	else if (c->state == CALL_RINGING)
		nurse_tick(self, c);
	else if (c->state == CALL_NOTICE)
		line_waited(self, c);
	else
		transfer_tick(self, c);
}
