/*
 * national -- a call to the national line, handed to the region's provider
 *
 * Two legs in the signalling and none in the media: each side's description is
 * passed to the other, so their packets never come here. Where it may go the
 * lawbook says (route.c); one that fails is followed by the next lawful one.
 */
#include "process/switch/self.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

enum {
	RING_PATIENCE_MS = 180 * 1000,
	/* no answer at all, not even ringing: a caller in need does not wait
	   for the 32 s of RFC 3261's timer B while there is another way */
	ROUTE_PATIENCE_MS = 8 * 1000,
	ROUTES_PATIENCE_MS = 30 * 1000, /* for all routes that are tried */
};

/* ---- where the call comes from */

/* The line, and with PLACE_PREFIX the digits before it. */
static int line_named(const struct settings *s, const struct trunk *t,
		      struct text user, unsigned *ret_line,
		      struct text *ret_prefix)
{
	for (unsigned i = 0; i < s->line_count; i++) {
		size_t len = strlen(s->lines[i].number);

		if (s->lines[i].removed || user.len < len ||
		    memcmp(user.p + user.len - len, s->lines[i].number, len) !=
			    0)
			continue;
		if (user.len > len && t->place != PLACE_PREFIX)
			continue;
		*ret_line = i;
		*ret_prefix = (struct text){ user.p, user.len - len };
		return 0;
	}
	return ENOENT;
}

unsigned national_judge(struct switch_self *self, const struct sip_msg *invite,
			const struct flow *flow, unsigned *ret_line)
{
	const struct settings *s = self->p->settings;
	struct text prefix;

	if (flow->trunk < 0 || s->trunks[flow->trunk].removed)
		return 403;
	if (line_named(s, &s->trunks[flow->trunk],
		       message_text(invite->uri.user), ret_line, &prefix))
		return 404;
	/* two nodes that send a call to each other must end it somewhere */
	return message_hops(invite) > MESSAGE_HOPS_MAX ? 483 : 0;
}

/* ---- descriptions, passed on */

/* What a side said last, for the other. */
static struct offer_media passed(const struct session *from)
{
	return (struct offer_media){ .as_is = session_said(from) };
}

/* No codec is ours to judge, but that audio may not go in the clear is. */
static bool too_plain(const struct switch_self *self, const struct session *s,
		      unsigned from, unsigned to)
{
	const struct trunk *trunks = self->p->settings->trunks;
	const struct offer *o = session_pending(s);

	return o && o->port && !o->secure &&
	       (trunks[from].srtp == SRTP_REQUIRED ||
		trunks[to].srtp == SRTP_REQUIRED);
}

/* ---- the outgoing call */

static void add_place(const struct call *c, const struct trunk *t,
		      struct writer *headers, struct writer *uri_params,
		      struct writer *prefix)
{
	if (!c->municipality[0])
		return;
	switch (t->place) {
	case PLACE_HEADER:
		message_line(headers, t->municipality_key,
			     text_of(c->municipality));
		break;
	case PLACE_PARAMETER:
		writer_printf(uri_params, ";%s=%s", t->municipality_key,
			      c->municipality);
		break;
	case PLACE_PREFIX:
		writer_str(prefix, c->municipality);
		break;
	case PLACE_NONE:
		break;
	}
}

/* RFC 3325: the asserted identity goes to whom we trust, and to no other. */
static void add_identity(const struct switch_self *self, const struct call *c,
			 const struct trunk *t, struct writer *headers)
{
	if (c->caller_restricted)
		writer_str(headers, "Privacy: id\r\n");
	if (t->trusted && c->caller[0])
		writer_printf(headers, "P-Asserted-Identity: <sip:%s@%s>\r\n",
			      c->caller, self->p->settings->domain);
}

static int call_trunk(struct switch_self *self, struct call *c, unsigned trunk)
{
	const struct settings *s = self->p->settings;
	const struct trunk *t = &s->trunks[trunk];
	struct live_leg *l = &call_live(self, c)->legs[SIDE_NURSE];
	struct session *caller = call_session(self, c, SIDE_CALLER);
	const char *open = strchr(t->host, ':') ? "[" : "";
	char from[160], to[192], uri[192], headers_text[512];
	char params_text[96], prefix_text[16];
	struct writer headers = writer_on(headers_text, sizeof(headers_text));
	struct writer params = writer_on(params_text, sizeof(params_text) - 1);
	struct writer prefix = writer_on(prefix_text, sizeof(prefix_text) - 1);
	struct session_terms terms = {
		.srtp = t->srtp,
		.session_expires_s = s->session_expires_s,
		.trunk = (int)trunk,
		.contact_user = text_of(c->number),
		.user = text_of(t->user),
		.password = self->trunks[trunk].password,
	};
	struct session_call call = { .hops = c->hops, .terms = &terms };
	struct offer_media media = passed(caller);
	int err;

	if (too_plain(self, caller, (unsigned)c->legs[SIDE_CALLER].trunk,
		      trunk))
		return ENOENT;
	add_place(c, t, &headers, &params, &prefix);
	add_identity(self, c, t, &headers);
	if (writer_finish(&headers) || writer_finish(&params) ||
	    writer_finish(&prefix))
		return EMSGSIZE;
	params_text[params.len] = '\0';
	prefix_text[prefix.len] = '\0';
	(void)snprintf(uri, sizeof(uri), "sip:%s%s@%s%s%s%s", prefix_text,
		       c->number, open, t->host, *open ? "]" : "", params_text);
	(void)snprintf(to, sizeof(to), "<sip:%s@%s%s%s>", c->number, open,
		       t->host, *open ? "]" : "");
	nurse_from(self, c, from, sizeof(from));
	call.uri = text_of(uri);
	call.from = text_of(from);
	call.to = text_of(to);
	call.headers = (struct text){ headers_text, headers.len };
	call_leg_fresh(c, SIDE_NURSE);
	c->legs[SIDE_NURSE].trunk = (int16_t)trunk;
	err = session_call(&l->session, self->sessions,
			   &c->legs[SIDE_NURSE].state, l, &call, &media);
	if (err)
		l->session = NULL;
	else
		self->trunks[trunk].calls++;
	return err;
}

static void refuse(struct switch_self *self, struct call *c, unsigned code)
{
	struct session *s = call_session(self, c, SIDE_CALLER);
	char extra[32];

	(void)snprintf(extra, sizeof(extra), ",\"code\":%u", code);
	say_call(self, c, EVENT_CALL_REFUSED, extra);
	if (s) {
		session_refuse(s, code);
		call_leg_over(self, c, SIDE_CALLER);
	}
	call_end(self, c, RECORD_END_HANGUP);
}

/* To the first lawful route that can take it; there may be none left. */
static void go(struct switch_self *self, struct call *c, unsigned otherwise)
{
	unsigned trunk;
	int err;

	if (route_choose(self, c, &trunk)) {
		refuse(self, c, otherwise);
		return;
	}
	if (!call_event(self, c, CALL_EVENT_ROUTED))
		return;
	call_due(self, c, ROUTE_PATIENCE_MS);
	err = call_trunk(self, c, trunk);
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
	go(self, c, 404);
}

void national_tick(struct switch_self *self, struct call *c)
{
	if (c->state != CALL_RINGING)
		return;
	call_leg_end(self, c, SIDE_NURSE);
	national_refused(self, c, 408);
}

void national_progress(struct switch_self *self, struct call *c, unsigned code,
		       bool early)
{
	struct session *caller = call_session(self, c, SIDE_CALLER);
	struct offer_media media = passed(call_session(self, c, SIDE_NURSE));
	int err;

	if (!caller || c->state != CALL_RINGING)
		return;
	call_due(self, c, RING_PATIENCE_MS);
	if (early && media.as_is.len) {
		err = session_progress(caller, &media);
	} else {
		err = session_ring(caller, code, false);
	}
	if (err)
		log_debug("a ringing tone was not passed on");
}

void national_answered(struct switch_self *self, struct call *c)
{
	struct session *caller = call_session(self, c, SIDE_CALLER);
	struct offer_media media = passed(call_session(self, c, SIDE_NURSE));

	if (!caller || !media.as_is.len || c->state != CALL_RINGING) {
		call_end(self, c, RECORD_END_HANGUP);
		return;
	}
	if (session_answer(caller, &media)) {
		refuse(self, c, 488);
		return;
	}
	if (!call_event(self, c, CALL_EVENT_CONNECTED))
		return;
	call_due(self, c, 0);
	c->answered = 1;
	c->answered_ms = clock_mono_ms();
	say_call(self, c, EVENT_CALL_HANDED_OVER, "");
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
		go(self, c, code);
	else
		refuse(self, c, code);
}

/* ---- in the call */

static enum side other_of(enum side side)
{
	return side == SIDE_CALLER ? SIDE_NURSE : SIDE_CALLER;
}

/*
 * An offer of one side, or its wish to hear one: the other's affair. What it
 * came by is what it goes on by. Where both ask something at once, neither
 * could ever answer: the second is told to come again.
 */
void national_offered(struct switch_self *self, struct call *c, enum side side)
{
	struct session *s = call_session(self, c, side);
	struct session *o = call_session(self, c, other_of(side));
	struct offer_media media = { 0 };
	int err;

	if (!o) {
		session_refuse(s, 488);
		return;
	}
	if (session_pending(s))
		media = passed(s);
	if (session_waiting(o) && !session_pending(o) && media.as_is.len) {
		/* the offer that it wished for */
		if (session_answer(o, &media))
			session_refuse(o, 488);
		return;
	}
	err = session_waiting(o)           ? EPROTO
	      : session_asked_by_update(s) ? session_update(o, &media)
					   : session_offer(o, &media);
	if (err)
		session_refuse(s, 491);
}

void national_offer_answered(struct switch_self *self, struct call *c,
			     enum side side, bool ok, unsigned code)
{
	struct session *s = call_session(self, c, side);
	struct session *o = call_session(self, c, other_of(side));
	struct offer_media media;

	if (!s || !o || !session_waiting(o))
		return;
	media = passed(s);
	if (!ok)
		session_refuse(o, code);
	else if (session_answer(o, &media))
		session_refuse(o, 488);
}
