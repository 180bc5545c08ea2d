/*
 * national -- a call to the national line, handed to the region's provider
 *
 * Two legs in the signalling and none in the media: each side's description is
 * passed to the other, so their packets never come here; but for a caller who
 * has to be asked first (asking.c). Where it may go the
 * lawbook says (route.c); one that fails is followed by the next lawful one.
 */
#include "process/switch/national.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

enum {
	RING_PATIENCE_MS = 180 * 1000,
	/* no answer at all, not even ringing: a caller in need does not wait
	   for the 32 s of RFC 3261's timer B while there is another way */
	ROUTE_PATIENCE_MS = 8 * 1000,
	ROUTES_PATIENCE_MS = 30 * 1000, /* for all routes that are tried */
	/* for a caller in a call to take the provider's description */
	JOIN_PATIENCE_MS = 8 * 1000,
};

/* ---- where the call comes from */

/* The line, where the trunk's calls may carry a municipality beside it. */
static int line_named(const struct settings *s, const struct trunk *t,
		      struct text user, unsigned *ret_line)
{
	struct text digits;

	for (unsigned i = 0; i < s->line_count; i++)
		if (!s->lines[i].removed &&
		    (text_is(user, s->lines[i].number) ||
		     !location_called(user, t->place == PLACE_PREFIX,
				      t->place_from, t->place_to,
				      text_of(s->lines[i].number), &digits))) {
			*ret_line = i;
			return 0;
		}
	return ENOENT;
}

unsigned national_judge(struct switch_self *self, const struct sip_msg *invite,
			const struct flow *flow, unsigned *ret_line)
{
	const struct settings *s = self->p->settings;

	if (flow->trunk < 0 || s->trunks[flow->trunk].removed)
		return 403;
	if (line_named(s, &s->trunks[flow->trunk],
		       message_text(invite->uri.user), ret_line))
		return 404;
	/* two nodes that send a call to each other must end it somewhere */
	return message_hops(invite) > MESSAGE_HOPS_MAX ? 483 : 0;
}

/* ---- on to the provider */

static void refuse(struct switch_self *self, struct call *c, unsigned code)
{
	struct session *s = call_session(self, c, SIDE_CALLER);
	char extra[32];

	(void)snprintf(extra, sizeof(extra), ",\"code\":%u", code);
	say_call(self, c, EVENT_CALL_REFUSED, extra);
	if (s && !c->asked) {
		session_refuse(s, code);
		call_leg_over(self, c, SIDE_CALLER);
	}
	call_end(self, c, RECORD_END_HANGUP);
}

void national_go(struct switch_self *self, struct call *c, unsigned otherwise)
{
	struct national_way way;
	unsigned trunk;
	int err;

	if (route_choose(self, c, &trunk)) {
		refuse(self, c, otherwise);
		return;
	}
	if (!call_event(self, c, CALL_EVENT_ROUTED))
		return;
	token_issue(self, c, trunk);
	err = national_way(self, c, trunk, &way);
	if (!err && handover_way(self, c) == HAND_OVER_REDIRECT &&
	    !handover_redirect(self, c, &way))
		return;
	call_due(self, c, ROUTE_PATIENCE_MS);
	if (!err)
		err = national_call(self, c, trunk, &way);
	if (err == ENOENT)
		refuse(self, c, 488);
	else if (err)
		national_refused(self, c, 503);
}

void national_incoming(struct switch_self *self, struct call *c,
		       const struct sip_msg *invite)
{
	c->hops = (uint8_t)message_hops(invite);
	caller_read(self, c, invite);
	say_call(self, c, EVENT_CALL_RECEIVED, "");
	if (!caller_misplaced(self, c) && !asking_begin(self, c, invite))
		national_go(self, c, 404);
}

void national_tick(struct switch_self *self, struct call *c)
{
	const struct session *provider = call_session(self, c, SIDE_NURSE);

	if (c->state == CALL_RECEIVED) {
		asking_media_lost(self, c);
	} else if (c->state == CALL_ASKING) {
		asking_tick(self, c);
	} else if (c->state == CALL_TALKING) {
		handover_tick(self, c);
	} else if (c->asked && provider && session_established(provider)) {
		/* it is the caller who does not answer any more */
		call_end(self, c, RECORD_END_HANGUP);
	} else if (c->state == CALL_RINGING) {
		call_leg_end(self, c, SIDE_NURSE);
		national_refused(self, c, 408);
	}
}

void national_progress(struct switch_self *self, struct call *c, unsigned code,
		       bool early)
{
	struct session *caller = call_session(self, c, SIDE_CALLER);
	struct offer_media media =
		national_passed(call_session(self, c, SIDE_NURSE));
	int err;

	if (!caller || c->state != CALL_RINGING)
		return;
	call_due(self, c, RING_PATIENCE_MS);
	if (c->asked) /* he is answered, and hears us */
		return;
	if (early && media.as_is.len) {
		err = session_progress(caller, &media);
	} else {
		err = session_ring(caller, code, false);
	}
	if (err)
		log_debug("a ringing tone was not passed on");
}

static bool connected(struct switch_self *self, struct call *c)
{
	if (!call_event(self, c, CALL_EVENT_CONNECTED))
		return false;
	call_due(self, c, 0);
	c->answered = 1;
	c->answered_ms = clock_mono_ms();
	return true;
}

void national_answered(struct switch_self *self, struct call *c,
		       const struct sip_msg *answer)
{
	struct session *caller = call_session(self, c, SIDE_CALLER);
	struct offer_media media =
		national_passed(call_session(self, c, SIDE_NURSE));

	if (!caller || !media.as_is.len || c->state != CALL_RINGING) {
		call_end(self, c, RECORD_END_HANGUP);
		return;
	}
	if (c->asked ? asking_join(self, c) : session_answer(caller, &media)) {
		refuse(self, c, 488);
		return;
	}
	token_receipt(self, c, answer);
	if (c->asked)
		call_due(self, c, JOIN_PATIENCE_MS);
	else
		(void)connected(self, c);
}

void national_connected(struct switch_self *self, struct call *c)
{
	if (c->state == CALL_RINGING && connected(self, c))
		handover_begin(self, c);
}

void national_confirmed(struct switch_self *self, struct call *c)
{
	if (c->state == CALL_ASKING)
		asking_confirmed(self, c);
	else
		handover_begin(self, c);
}

/* Is it the provider who cannot, rather than the caller who is wrong? */
static bool provider_failed(unsigned code)
{
	return code == 408 || (code >= 500 && code <= 599);
}

void national_refused(struct switch_self *self, struct call *c, unsigned code)
{
	if (c->state != CALL_RINGING)
		return;
	/* RFC 3261 16.7: another node's 503 is not ours */
	if (code == 503)
		code = 500;
	if (provider_failed(code) &&
	    clock_mono_ms() - c->received_ms < ROUTES_PATIENCE_MS)
		national_go(self, c, code);
	else
		refuse(self, c, code);
}
