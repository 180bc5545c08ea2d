/*
 * nurse -- ringing the longest-idle phone, and what follows the answer
 */
#include "process/switch/self.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"

/* A caller who is asked to change his codec and does not say a word. */
enum { RECODE_PATIENCE_MS = 8000 };

uint32_t nurse_by_name(const struct switch_self *self, struct text name)
{
	const struct settings *s = self->p->settings;

	for (uint32_t i = 0; i < s->agent_count; i++)
		if (!s->agents[i].removed && text_is(name, s->agents[i].name))
			return i;
	return NO_AGENT;
}

void nurse_registered(void *arg, unsigned agent, bool here)
{
	struct switch_self *self = arg;

	queue_agent_registered(self->queue, agent, here);
	metric_set(METRIC_agents_registered,
		   registrar_count(self->registrar, clock_mono_ms()));
	if (here)
		nurse_pump(self);
}

static bool reached_by_ipv6(struct switch_self *self, uint32_t agent)
{
	const struct registrar_binding *b[REGISTRAR_CONTACTS];

	return registrar_find(self->registrar, agent, clock_mono_ms(), b) &&
	       sa_af(&b[0]->flow.peer) == AF_INET6;
}

static void ring(struct switch_self *self, struct call *c, uint32_t agent)
{
	struct leg *leg = &c->legs[SIDE_NURSE];

	if (!call_event(self, c, CALL_EVENT_OFFERED))
		return;
	call_leg_fresh(c, SIDE_NURSE);
	c->with = SIDE_NURSE;
	leg->agent = agent;
	leg->srtp = (uint8_t)self->p->settings->agents[agent].srtp;
	call_due(self, c, c->ring_timeout_ms);
	if (legs_open(self, c, SIDE_NURSE, reached_by_ipv6(self, agent)))
		nurse_not(self, c, 503);
}

void nurse_pump(struct switch_self *self)
{
	uint64_t now = clock_mono_ms();
	uint32_t slot, agent;

	while (!queue_next(self->queue, now, &slot, &agent)) {
		struct call *c = call_of(self, slot);

		if (c->state != CALL_QUEUED ||
		    agent >= self->p->settings->agent_count) {
			log_error("the queue holds a call that is %s",
				  call_state_text((enum call_state)c->state));
			queue_leave(self->queue, slot);
			continue;
		}
		ring(self, c, agent);
	}
	metric_set(METRIC_calls_queued, self->queue->count);
}

void nurse_from(const struct switch_self *self, const struct call *c, char *to,
		size_t max)
{
	const char *domain = self->p->settings->domain;

	if (c->caller_restricted || !c->caller[0])
		(void)snprintf(to, max, "<sip:anonymous@anonymous.invalid>");
	else
		(void)snprintf(to, max, "<sip:%s@%s>", c->caller, domain);
}

int nurse_invite(struct switch_self *self, struct call *c, enum side side,
		 uint32_t agent)
{
	const struct settings *s = self->p->settings;
	const struct registrar_binding *b[REGISTRAR_CONTACTS];
	struct live_leg *l = &call_live(self, c)->legs[side];
	struct session_terms terms = {
		.srtp = (enum srtp_use)c->legs[side].srtp,
		.session_expires_s = s->session_expires_s,
		.trunk = -1,
		.contact_user = text_of(c->number),
	};
	char from[160];
	char to[160];
	struct session_call call = { .terms = &terms };
	struct offer_media media;
	int err;

	if (!registrar_find(self->registrar, agent, clock_mono_ms(), b))
		return ENOENT;
	nurse_from(self, c, from, sizeof(from));
	(void)snprintf(to, sizeof(to), "<sip:%s@%s>", s->agents[agent].name,
		       s->domain);
	call.flow = &b[0]->flow;
	call.uri = text_of(b[0]->uri);
	call.from = text_of(from);
	call.to = text_of(to);
	legs_media(self, c, side, &media);
	err = session_call(&l->session, self->sessions, &c->legs[side].state, l,
			   &call, &media);
	if (err)
		l->session = NULL;
	return err;
}

void nurse_port_ready(struct switch_self *self, struct call *c)
{
	const struct leg *leg = &c->legs[SIDE_NURSE];

	if (c->state != CALL_RINGING)
		return;
	if (!leg->port || nurse_invite(self, c, SIDE_NURSE, leg->agent))
		nurse_not(self, c, 480);
}

void nurse_not(struct switch_self *self, struct call *c, unsigned code)
{
	if (c->state != CALL_RINGING)
		return;
	log_debug("a nurse was not reached: %u", code);
	call_leg_end(self, c, SIDE_NURSE);
	legs_close(self, c, SIDE_NURSE);
	call_leg_fresh(c, SIDE_NURSE);
	c->recoding = 0;
	if (!call_event(self, c, CALL_EVENT_UNANSWERED))
		return;
	call_due(self, c, 0);
	if (queue_unanswered(self->queue, call_slot(self, c), clock_mono_ms()))
		call_end(self, c, RECORD_END_HANGUP);
	nurse_pump(self);
}

void nurse_tick(struct switch_self *self, struct call *c)
{
	nurse_not(self, c, 408);
}

static void connect_both(struct switch_self *self, struct call *c)
{
	uint64_t now = clock_mono_ms();
	char extra[48];

	if (queue_answered(self->queue, call_slot(self, c)) ||
	    !call_event(self, c, CALL_EVENT_CONNECTED))
		return;
	call_due(self, c, 0);
	c->recoding = 0;
	legs_stop(self, c, SIDE_CALLER);
	if (legs_set(self, c, SIDE_NURSE)) {
		call_end(self, c, RECORD_END_HANGUP);
		return;
	}
	hold_bridge(self, c, true);
	c->answered = 1;
	c->answered_ms = now;
	c->answered_wall_ms = clock_wall_ms();
	metric_add(METRIC_calls_answered, 1);
	metric_set(METRIC_calls_queued, self->queue->count);
	(void)snprintf(extra, sizeof(extra), ",\"waited_ms\":%llu",
		       (unsigned long long)(now - c->queued_ms));
	say_call(self, c, EVENT_CALL_ANSWERED, extra);
	fate_answered(self, c);
}

/* No transcoding: where the codecs differ the caller is asked for hers. */
static void recode(struct switch_self *self, struct call *c, enum codec codec)
{
	struct offer_media media;

	legs_media(self, c, SIDE_CALLER, &media);
	media.codecs[0] = codec;
	media.codec_count = 1;
	c->recoding = 1;
	call_due(self, c, RECODE_PATIENCE_MS);
	if (session_offer(call_session(self, c, SIDE_CALLER), &media))
		nurse_not(self, c, 488);
}

void nurse_answered(struct switch_self *self, struct call *c)
{
	enum codec nurse = legs_codec(self, c, SIDE_NURSE);

	if (c->state != CALL_RINGING)
		return;
	if (nurse == CODEC_NONE)
		nurse_not(self, c, 488);
	else if (nurse != legs_codec(self, c, SIDE_CALLER))
		recode(self, c, nurse);
	else
		connect_both(self, c);
}

void nurse_codecs_agreed(struct switch_self *self, struct call *c, bool ok)
{
	c->recoding = 0;
	if (c->state != CALL_RINGING)
		return;
	if (!ok ||
	    legs_codec(self, c, SIDE_NURSE) != legs_codec(self, c, SIDE_CALLER))
		nurse_not(self, c, 488);
	else
		connect_both(self, c);
}

void nurse_free(struct switch_self *self, struct leg *leg)
{
	if (leg->agent == NO_AGENT)
		return;
	queue_agent_free(self->queue, leg->agent);
	leg->agent = NO_AGENT;
}
