/*
 * transfer -- a nurse asks us to call somebody in her place (blind, RFC 3515)
 *
 * To the account of another nurse: her phone rings on the free leg while the
 * caller hears music; the recording goes on and is marked. To a line of ours:
 * the caller waits there like anybody else; the recording ends, and the next
 * nurse's talk begins a new one. Nobody else can be reached this way.
 */
#include "process/switch/self.h"

#include "base/clock.h"
#include "base/log.h"

enum {
	AT_ONCE_MS = 1,
	/* for the NOTIFY to arrive and her own BYE to come back */
	REFERRER_PATIENCE_MS = 2000,
};

enum side transfer_side(const struct call *c)
{
	return c->with == SIDE_NURSE ? SIDE_THIRD : SIDE_NURSE;
}

/* "sip:USER@..." or the same in angle brackets: the user part. */
static struct text user_of(struct text uri)
{
	struct reader r = reader_on(uri.p, uri.len);
	struct text scheme, user;

	if (reader_until(&r, ':', &scheme) || reader_until(&r, '@', &user))
		return (struct text){ "", 0 };
	return user;
}

static bool line_of(const struct switch_self *self, struct text user,
		    uint32_t *ret)
{
	const struct settings *s = self->p->settings;

	for (uint32_t i = 0; i < s->line_count; i++)
		if (!s->lines[i].removed && text_is(user, s->lines[i].number)) {
			*ret = i;
			return true;
		}
	return false;
}

static void begin(struct switch_self *self, struct call *c, enum side side)
{
	c->legs[side].referring = 1;
	/* whoever held: the caller is ours now */
	c->legs[side].holds = 0;
	hold_bridge(self, c, false);
	if (c->playing != PLAYING_MUSIC)
		line_music(self, c);
	fate_mark(self, c, MARK_TRANSFER);
}

static unsigned to_nurse(struct switch_self *self, struct call *c,
			 enum side side, uint32_t agent)
{
	enum side third = transfer_side(c);
	struct leg *leg = &c->legs[third];

	if (self->queue->agents[agent].state != QUEUE_AGENT_IDLE)
		return self->queue->agents[agent].registered ? 486 : 480;
	if (!call_event(self, c, CALL_EVENT_REFERRED))
		return 500;
	begin(self, c, side);
	call_leg_fresh(c, third);
	leg->agent = agent;
	leg->srtp = (uint8_t)self->p->settings->agents[agent].srtp;
	queue_agent_busy(self->queue, agent);
	call_due(self, c, c->ring_timeout_ms);
	if (legs_open(self, c, third, c->legs[side].ipv6))
		call_due(self, c, AT_ONCE_MS); /* the 202 goes first */
	return 202;
}

unsigned transfer_asked(struct switch_self *self, struct call *c,
			enum side side, struct text uri)
{
	struct text user = user_of(uri);
	uint32_t line;
	uint32_t agent = nurse_by_name(self, user);

	if (side != c->with || c->national ||
	    (c->state != CALL_TALKING && c->state != CALL_HELD))
		return 403;
	if (agent != NO_AGENT)
		return to_nurse(self, c, side, agent);
	if (!line_of(self, user, &line))
		return 403;
	/* the caller was told who records him; that was nobody else */
	if (strcmp(self->p->settings->lines[line].controller, c->controller))
		return 403;
	if (!call_event(self, c, CALL_EVENT_REFERRED))
		return 500;
	begin(self, c, side);
	c->requeue = 1;
	c->line = line;
	c->line_records =
		self->p->settings->lines[line].record && !c->unrecorded;
	call_due(self, c, AT_ONCE_MS);
	return 202;
}

static struct session *referrer(struct switch_self *self, const struct call *c)
{
	struct session *s = call_session(self, c, (enum side)c->with);

	return s && c->legs[c->with].referring ? s : NULL;
}

void transfer_tell(struct switch_self *self, struct call *c, unsigned code)
{
	struct live *l = call_live(self, c);

	session_refer_progress(l->refer, code);
	if (code >= 200)
		l->refer = NULL;
}

void transfer_port_ready(struct switch_self *self, struct call *c)
{
	enum side third = transfer_side(c);
	const struct leg *leg = &c->legs[third];

	if (!leg->port || nurse_invite(self, c, third, leg->agent))
		transfer_failed(self, c, 480);
}

void transfer_progress(struct switch_self *self, struct call *c, unsigned code)
{
	if (c->state == CALL_TRANSFERRING && code < 200)
		transfer_tell(self, c, code);
}

/* Her leg, once the call goes on without her. */
static void drop_referrer(struct switch_self *self, struct call *c,
			  enum side side)
{
	call_leg_end(self, c, side);
	legs_close(self, c, side);
	nurse_free(self, &c->legs[side]);
	call_leg_fresh(c, side);
	nurse_pump(self);
}

void transfer_answered(struct switch_self *self, struct call *c)
{
	enum side old = (enum side)c->with;
	struct session *s = referrer(self, c);
	bool held;

	if (c->state != CALL_TRANSFERRING ||
	    !call_event(self, c, CALL_EVENT_TRANSFERRED))
		return;
	transfer_tell(self, c, 200);
	c->with = (uint8_t)transfer_side(c);
	c->legs[old].referring = 0;
	legs_stop(self, c, SIDE_CALLER);
	if (legs_set(self, c, (enum side)c->with)) {
		call_end(self, c, RECORD_END_HANGUP);
		return;
	}
	held = c->legs[SIDE_CALLER].holds;
	if (held && call_event(self, c, CALL_EVENT_HELD))
		line_play_music(self, c, (enum side)c->with);
	else
		hold_bridge(self, c, true);
	fate_fact(self, c, FACT_TRANSFER,
		  self->p->settings->agents[c->legs[c->with].agent].name);
	say_call(self, c, EVENT_CALL_TRANSFERRED, ",\"to\":\"agent\"");
	call_due(self, c, s ? REFERRER_PATIENCE_MS : AT_ONCE_MS);
}

/* Nobody took over: back to her, or into the queue if she has gone. */
void transfer_failed(struct switch_self *self, struct call *c, unsigned code)
{
	enum side third = transfer_side(c);
	struct session *s = referrer(self, c);

	if (c->state != CALL_TRANSFERRING)
		return;
	call_due(self, c, 0);
	transfer_tell(self, c, code);
	call_leg_end(self, c, third);
	legs_close(self, c, third);
	nurse_free(self, &c->legs[third]);
	call_leg_fresh(c, third);
	if (!s) {
		fate_event(self, c, OUTCOME_EVENT_ENDED);
		line_enqueue(self, c);
		return;
	}
	c->legs[c->with].referring = 0;
	if (!call_event(self, c, CALL_EVENT_NOT_TRANSFERRED))
		return;
	legs_stop(self, c, SIDE_CALLER);
	if (c->legs[SIDE_CALLER].holds)
		(void)call_event(self, c, CALL_EVENT_HELD);
	else
		hold_bridge(self, c, true);
	fate_mark(self, c, MARK_RESUME);
	nurse_pump(self);
}

void transfer_referrer_gone(struct switch_self *self, struct call *c)
{
	enum side old = (enum side)c->with;

	legs_close(self, c, old);
	nurse_free(self, &c->legs[old]);
	nurse_pump(self);
}

static void to_line(struct switch_self *self, struct call *c)
{
	c->requeue = 0;
	transfer_tell(self, c, 200);
	c->ended_by = RECORD_END_TRANSFERRED;
	fate_event(self, c, OUTCOME_EVENT_ENDED);
	c->ended_by = RECORD_END_HANGUP;
	say_call(self, c, EVENT_CALL_TRANSFERRED, ",\"to\":\"line\"");
	drop_referrer(self, c, (enum side)c->with);
	if (c->state == CALL_TRANSFERRING)
		line_enqueue(self, c);
}

void transfer_tick(struct switch_self *self, struct call *c)
{
	call_due(self, c, 0);
	if (c->state == CALL_TRANSFERRING && c->requeue)
		to_line(self, c);
	else if (c->state == CALL_TRANSFERRING)
		transfer_failed(self, c, 408);
	else /* she had the time to hang up by herself */
		drop_referrer(self, c, transfer_side(c));
}
