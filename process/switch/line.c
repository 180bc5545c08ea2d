/*
 * line -- a caller at the line: answered, told, queued, kept company
 */
#include "process/switch/national.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"

/* Which line the request-URI names. */
static int line_named(const struct settings *s, const struct sip_msg *invite,
		      unsigned *ret)
{
	struct text user = message_text(invite->uri.user);

	for (unsigned i = 0; i < s->line_count; i++)
		if (!s->lines[i].removed && text_is(user, s->lines[i].number)) {
			*ret = i;
			return 0;
		}
	return ENOENT;
}

unsigned line_judge(struct switch_self *self, const struct sip_msg *invite,
		    const struct flow *flow, unsigned *ret_line)
{
	const struct settings *s = self->p->settings;

	if (flow->trunk < 0 || s->trunks[flow->trunk].removed)
		return 403;
	if (line_named(s, invite, ret_line))
		return 404;
	if (self->queue->by_line[*ret_line] >= s->lines[*ret_line].queue_max) {
		metric_add(METRIC_sip_refused_overload, 1);
		return 503;
	}
	return 0;
}

static void port_asked(struct switch_self *self, struct call *c,
		       const struct sip_msg *invite)
{
	struct session *s = call_session(self, c, SIDE_CALLER);
	const struct offer *theirs = session_pending(s);
	bool ipv6 = theirs ? theirs->ipv6 : sa_af(&invite->src) == AF_INET6;

	if (legs_open(self, c, SIDE_CALLER, ipv6)) {
		metric_add(METRIC_sip_refused_overload, 1);
		session_refuse(s, 503);
		call_leg_over(self, c, SIDE_CALLER);
		call_end(self, c, RECORD_END_HANGUP);
	}
}

static void refuse(struct switch_self *self, struct call *c, unsigned code,
		   const char *why)
{
	char extra[96];

	(void)snprintf(extra, sizeof(extra), ",\"code\":%u%s", code, why);
	say_call(self, c, EVENT_CALL_REFUSED, extra);
	session_refuse(call_session(self, c, SIDE_CALLER), code);
	call_leg_over(self, c, SIDE_CALLER);
	call_end(self, c, RECORD_END_HANGUP);
}

void line_incoming(struct switch_self *self, struct call *c,
		   const struct sip_msg *invite)
{
	char extra[64] = "";
	bool taken;
	const char *token =
		token_judge(self, c, handover_token_of(invite), &taken);

	caller_read(self, c, invite);
	if (token)
		(void)snprintf(extra, sizeof(extra), ",\"token\":\"%s\"",
			       token);
	say_call(self, c, EVENT_CALL_RECEIVED, extra);
	if (!taken) {
		c->media_ended = 1; /* it has not heard of the call */
		refuse(self, c, 403, extra);
		return;
	}
	c->line_records &= !c->unrecorded;
	if (self->p->settings->trunks[c->legs[SIDE_CALLER].trunk].trusted &&
	    text_is(message_xheader(invite, HANDOVER_WAY_HEADER), "refer"))
		c->hands_over = HANDS_OVER_WAITING;
	port_asked(self, c, invite);
}

void line_port_ready(struct switch_self *self, struct call *c)
{
	struct session *s = call_session(self, c, SIDE_CALLER);
	struct offer_media media;
	int err;

	if (!s || c->state != CALL_RECEIVED)
		return;
	if (!c->legs[SIDE_CALLER].port) {
		metric_add(METRIC_sip_refused_overload, 1);
		refuse(self, c, 503, "");
		return;
	}
	legs_media(self, c, SIDE_CALLER, &media);
	token_sign(self, c, s);
	err = session_answer(s, &media);
	if (err) {
		refuse(self, c, err == ENOENT ? 488 : 500, "");
		return;
	}
	if (!call_event(self, c, CALL_EVENT_ANSWERED))
		return;
	token_taken(self, c);
	/* to an offerless INVITE the answer comes with the ACK */
	(void)!legs_set(self, c, SIDE_CALLER);
}

/* ---- prompts */

/* A line that is no more has none, but its callers shall not wait in silence.
 */
uint16_t line_prompt(const struct switch_self *self, const struct call *c,
		     enum prompt_kind kind, unsigned which)
{
	const struct settings *s = self->p->settings;
	const struct line *l = &s->lines[c->line];

	if (!l->removed)
		return prompt_index(l->order, kind, which);
	return kind == PROMPT_MUSIC ? prompt_index(0, kind, which)
				    : PROMPT_NONE;
}

/* ---- the notice */

static void notice_next(struct switch_self *self, struct call *c)
{
	if (c->notice >= c->notices) {
		line_enqueue(self, c);
		return;
	}
	c->playing = PLAYING_NOTICE;
	legs_play(self, c, SIDE_CALLER,
		  prompt_index(c->prompt_line, PROMPT_NOTICE, c->notice),
		  false);
}

/* The ACK is here, so he hears us from the first sample on. */
void line_confirmed(struct switch_self *self, struct call *c)
{
	if (c->state != CALL_NOTICE || c->playing != PLAYING_NOTHING)
		return;
	if (legs_set(self, c, SIDE_CALLER)) {
		call_end(self, c, RECORD_END_HANGUP);
		return;
	}
	if (c->hands_over == HANDS_OVER_WAITING) {
		call_due(self, c, HAND_OVER_PATIENCE_MS);
		return;
	}
	told_settle(self, c);
	notice_next(self, c);
}

void line_waited(struct switch_self *self, struct call *c)
{
	call_due(self, c, 0);
	c->hands_over = HANDS_OVER_NOT;
	line_confirmed(self, c);
}

static void notice_played(struct switch_self *self, struct call *c,
			  bool complete, uint32_t samples)
{
	told_played(self, c, c->notice, complete, samples);
	if (wish_next(self, c, c->notice, c->notice + 1u))
		return;
	c->notice++;
	notice_next(self, c);
}

static void long_played(struct switch_self *self, struct call *c, bool complete,
			uint32_t samples)
{
	wish_played(self, c, complete, samples);
	if (c->state == CALL_NOTICE) {
		c->notice++;
		notice_next(self, c);
	} else if (!wish_next(self, c, 0, PROMPTS_NOTICES)) {
		line_music(self, c);
	}
}

/* ---- the queue */

void line_play_music(struct switch_self *self, struct call *c, enum side side)
{
	if (side == SIDE_CALLER)
		c->playing = PLAYING_MUSIC;
	legs_play(self, c, side, line_prompt(self, c, PROMPT_MUSIC, 0), true);
}

void line_music(struct switch_self *self, struct call *c)
{
	line_play_music(self, c, SIDE_CALLER);
}

void line_reload(struct switch_self *self)
{
	for (uint32_t slot = 0; slot < self->max; slot++) {
		struct call *c = call_of(self, slot);

		if (c->state == CALL_NONE || c->state == CALL_ENDING)
			continue;
		if (c->playing == PLAYING_MUSIC)
			line_music(self, c);
		else if (c->state == CALL_HELD && c->legs[SIDE_CALLER].holds)
			line_play_music(self, c, (enum side)c->with);
	}
}

void line_played(struct switch_self *self, struct call *c, bool complete,
		 uint32_t samples)
{
	switch ((enum playing)c->playing) {
	case PLAYING_NOTICE:
		notice_played(self, c, complete, samples);
		break;
	case PLAYING_LONG:
		long_played(self, c, complete, samples);
		break;
	case PLAYING_ASK:
		asking_played(self, c);
		break;
	case PLAYING_POSITION:
	case PLAYING_BUSY:
		line_music(self, c);
		break;
	default:
		break;
	}
}

/* Where he stands; when nobody is there at all, that. */
static void tell(void *arg, uint32_t slot, uint32_t ahead)
{
	struct switch_self *self = arg;
	struct call *c = call_of(self, slot);
	bool attended = queue_attended(self->queue);
	uint16_t prompt =
		attended ? line_prompt(self, c, PROMPT_POSITION, ahead + 1)
			 : line_prompt(self, c, PROMPT_BUSY, 0);

	if (c->state != CALL_QUEUED || prompt == PROMPT_NONE ||
	    c->playing == PLAYING_LONG)
		return;
	c->playing = attended ? PLAYING_POSITION : PLAYING_BUSY;
	legs_play(self, c, SIDE_CALLER, prompt, false);
}

void line_enqueue(struct switch_self *self, struct call *c)
{
	uint32_t slot = call_slot(self, c);
	uint64_t now = clock_mono_ms();
	uint32_t ahead;
	char extra[48];

	if (!call_event(self, c,
			c->answered ? CALL_EVENT_REQUEUED : CALL_EVENT_TOLD))
		return;
	c->queued_ms = now;
	/* it was judged at the INVITE; nobody is sent away after the notice */
	if (queue_join(self->queue, slot, c->line, UINT32_MAX, now, &ahead)) {
		call_end(self, c, RECORD_END_HANGUP);
		return;
	}
	metric_set(METRIC_calls_queued, self->queue->count);
	(void)snprintf(extra, sizeof(extra), ",\"ahead\":%u", ahead);
	say_call(self, c, EVENT_CALL_QUEUED, extra);
	line_music(self, c);
	nurse_pump(self);
	if (c->state == CALL_QUEUED)
		tell(self, slot, ahead);
}

void line_tick(struct switch_self *self, uint64_t now_ms)
{
	const struct settings *s = self->p->settings;

	for (unsigned i = 0; i < s->line_count; i++)
		queue_tell(self->queue, i,
			   (uint64_t)s->lines[i].position_every_s * 1000,
			   now_ms, tell, self);
	metric_set(METRIC_calls_queued, self->queue->count);
}
