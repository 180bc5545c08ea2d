/*
 * sessions -- what a leg hears from SIP, and which part goes on with it
 */
#include "process/switch/national.h"

#include "base/log.h"
#include "base/metric.h"

static struct call *owner_call(void *owner, enum side *ret_side)
{
	struct live_leg *l = owner;

	*ret_side = l->side;
	return call_of(l->self, l->slot);
}

static struct switch_self *owner_self(void *owner)
{
	return ((struct live_leg *)owner)->self;
}

static void remember_line(struct call *c, const struct line *line,
			  unsigned index)
{
	c->line = index;
	c->line_records = line->record;
	c->ring_timeout_ms = line->ring_timeout_s * 1000;
	memcpy(c->number, line->number, sizeof(c->number));
	memcpy(c->controller, line->controller, sizeof(c->controller));
}

static unsigned on_room(void *arg, const struct sip_msg *invite,
			const struct flow *flow, struct session_terms *terms,
			struct session_state **ret_state, void **ret_owner)
{
	struct switch_self *self = arg;
	const struct settings *s = self->p->settings;
	bool national = s->role == NODE_NATIONAL;
	unsigned line = 0;
	unsigned code = national ? national_judge(self, invite, flow, &line)
				 : line_judge(self, invite, flow, &line);
	struct live_leg *l;
	struct call *c;

	if (code)
		return code;
	c = self->draining ? NULL : call_new(self);
	if (!c) {
		metric_add(METRIC_sip_refused_overload, 1);
		return 503;
	}
	remember_line(c, &s->lines[line], line);
	c->national = national;
	c->legs[SIDE_CALLER].trunk = flow->trunk;
	c->legs[SIDE_CALLER].srtp = (uint8_t)s->trunks[flow->trunk].srtp;
	self->trunks[flow->trunk].calls++;
	l = &call_live(self, c)->legs[SIDE_CALLER];
	terms->srtp = s->trunks[flow->trunk].srtp;
	terms->session_expires_s = s->session_expires_s;
	terms->trunk = flow->trunk;
	terms->contact_user = text_of(c->number);
	*ret_state = &c->legs[SIDE_CALLER].state;
	*ret_owner = l;
	return 0;
}

static unsigned on_replaces(void *owner, struct session *old,
			    const struct sip_msg *invite,
			    const struct flow *flow,
			    struct session_terms *terms,
			    struct session_state **ret_state)
{
	struct switch_self *self = owner_self(owner);
	enum side side;
	struct call *c = owner_call(owner, &side);

	(void)old;
	*ret_state = &self->spare;
	return replace_judge(self, c, side, invite, flow, terms);
}

static void on_incoming(void *owner, struct session *s,
			const struct sip_msg *invite)
{
	struct switch_self *self = owner_self(owner);
	enum side side;
	struct call *c = owner_call(owner, &side);

	if (call_session(self, c, side)) {
		replace_incoming(self, c, s);
		return;
	}
	call_live(self, c)->legs[side].session = s;
	if (c->national)
		national_incoming(self, c, invite);
	else
		line_incoming(self, c, invite);
}

static void on_progress(void *owner, struct session *s, unsigned code,
			bool early)
{
	struct switch_self *self = owner_self(owner);
	enum side side;
	struct call *c = owner_call(owner, &side);

	(void)s;
	if (c->national)
		national_progress(self, c, code, early);
	else if (c->state == CALL_TRANSFERRING)
		transfer_progress(self, c, code);
}

static void on_answered(void *owner, struct session *s,
			const struct sip_msg *msg)
{
	struct switch_self *self = owner_self(owner);
	enum side side;
	struct call *c = owner_call(owner, &side);

	(void)s;
	if (c->national)
		national_answered(self, c, msg);
	else if (c->state == CALL_TRANSFERRING)
		transfer_answered(self, c);
	else
		nurse_answered(self, c);
}

static void on_refused(void *owner, struct session *s, unsigned code,
		       const struct sip_msg *msg)
{
	struct switch_self *self = owner_self(owner);
	enum side side;
	struct call *c = owner_call(owner, &side);

	(void)s;
	(void)msg;
	call_leg_over(self, c, side);
	if (c->national)
		national_refused(self, c, code);
	else if (c->state == CALL_TRANSFERRING)
		transfer_failed(self, c, code);
	else
		nurse_not(self, c, code);
}

static void on_confirmed(void *owner, struct session *s)
{
	struct switch_self *self = owner_self(owner);
	enum side side;
	struct call *c = owner_call(owner, &side);

	(void)s;
	if (side != SIDE_CALLER)
		return;
	if (c->national)
		national_confirmed(self, c);
	else
		line_confirmed(self, c);
}

static void on_offered(void *owner, struct session *s)
{
	struct switch_self *self = owner_self(owner);
	enum side side;
	struct call *c = owner_call(owner, &side);

	(void)s;
	if (c->national)
		national_offered(self, c, side);
	else
		hold_offered(self, c, side);
}

static void on_offer_answered(void *owner, struct session *s)
{
	struct switch_self *self = owner_self(owner);
	enum side side;
	struct call *c = owner_call(owner, &side);

	(void)s;
	if (c->national)
		national_offer_answered(self, c, side, true, 200);
	else
		hold_answered(self, c, side);
}

static void on_offer_refused(void *owner, struct session *s, unsigned code)
{
	struct switch_self *self = owner_self(owner);
	enum side side;
	struct call *c = owner_call(owner, &side);

	(void)s;
	if (c->national)
		national_offer_answered(self, c, side, false, code);
	else if (c->recoding && side == SIDE_CALLER)
		nurse_codecs_agreed(self, c, false);
}

static unsigned on_referred(void *owner, struct session *s,
			    struct session_refer *r, struct text uri,
			    const struct sip_msg *refer)
{
	struct switch_self *self = owner_self(owner);
	enum side side;
	struct call *c = owner_call(owner, &side);
	unsigned code = transfer_asked(self, c, side, uri);

	(void)s;
	(void)refer;
	if (code == 202)
		call_live(self, c)->refer = r;
	return code;
}

/* A digit is for the one whom he talks to. */
static void on_dtmf(void *owner, struct session *s, char digit,
		    unsigned duration_ms)
{
	struct switch_self *self = owner_self(owner);
	enum side side;
	struct call *c = owner_call(owner, &side);
	struct session *o = call_session(
		self, c,
		side == SIDE_CALLER ? (enum side)c->with : SIDE_CALLER);

	(void)s;
	if (c->state == CALL_ASKING && side == SIDE_CALLER)
		asking_key(self, c, digit, KEY_INFO);
	else if (c->state != CALL_TALKING && side == SIDE_CALLER)
		wish_key(self, c, digit);
	else if (c->state == CALL_TALKING && o &&
		 session_dtmf(o, digit, duration_ms))
		log_debug("a digit was not passed on");
}

static void on_refer_progress(void *owner, struct session *s, unsigned code)
{
	struct switch_self *self = owner_self(owner);
	enum side side;
	struct call *c = owner_call(owner, &side);

	(void)s;
	if (c->national && side == SIDE_CALLER)
		handover_progress(self, c, code);
}

static void on_ended(void *owner, struct session *s,
		     enum session_end_reason reason)
{
	struct switch_self *self = owner_self(owner);
	enum side side;
	struct call *c = owner_call(owner, &side);
	bool refers = c->legs[side].referring;

	(void)s;
	if (reason != SESSION_END_BYE && reason != SESSION_END_CANCELLED)
		log_notice("a leg was lost: %d", (int)reason);
	call_leg_over(self, c, side);
	if (c->national && side == SIDE_NURSE && handover_provider_left(c))
		return; /* the caller's carrier will say how it went */
	if (c->national || side == SIDE_CALLER)
		call_end(self, c, RECORD_END_HANGUP);
	else if (c->state == CALL_TRANSFERRING && refers)
		transfer_referrer_gone(self, c);
	else if (c->state == CALL_TRANSFERRING)
		transfer_failed(self, c, 480);
	else if (c->state == CALL_RINGING)
		nurse_not(self, c, 480);
	else if (side == (enum side)c->with)
		call_end(self, c, RECORD_END_HANGUP);
	else /* she has transferred the caller */
		transfer_tick(self, c);
}

/* The national node could not let go: the notice need not wait. */
static void on_told(void *owner, struct session *s, struct text word)
{
	struct switch_self *self = owner_self(owner);
	enum side side;
	struct call *c = owner_call(owner, &side);

	(void)s;
	if (!c->national && side == SIDE_CALLER && c->state == CALL_NOTICE &&
	    c->hands_over == HANDS_OVER_WAITING &&
	    text_is(word, HANDOVER_STAYS))
		line_waited(self, c);
}

const struct session_handlers switch_session_handlers = {
	.room = on_room,
	.replaces = on_replaces,
	.incoming = on_incoming,
	.progress = on_progress,
	.answered = on_answered,
	.refused = on_refused,
	.confirmed = on_confirmed,
	.offered = on_offered,
	.offer_answered = on_offer_answered,
	.offer_refused = on_offer_refused,
	.dtmf = on_dtmf,
	.referred = on_referred,
	.refer_progress = on_refer_progress,
	.ended = on_ended,
	.told = on_told,
};
