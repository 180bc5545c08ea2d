/*
 * replace -- another dialog in the place of the caller's (RFC 3891)
 *
 * A national node that lets go of a call has the caller's carrier call here
 * directly, naming the node's own dialog. The call stays what it is: its slot,
 * its port, its place in the queue, its nurse and its recording; only whom we
 * speak SIP with about the caller changes, and where his audio goes. A notice
 * that had begun is heard again from the start, since the evidence has to be
 * whole; where the national node says that it will let go, it has not begun.
 */
#include "process/switch/national.h"

#include <sodium.h>
#include <stdio.h>

#include "base/log.h"
#include "base/metric.h"

unsigned replace_judge(struct switch_self *self, struct call *c, enum side side,
		       const struct sip_msg *invite, const struct flow *flow,
		       struct session_terms *terms)
{
	const struct settings *s = self->p->settings;

	/* nothing is said of our dialogs to who has no business with them */
	if (flow->trunk < 0 || !s->trunks[flow->trunk].trusted)
		return 403;
	if (c->national || side != SIDE_CALLER || c->state == CALL_ENDING)
		return 603;
	if (!token_replaces(self, c, (unsigned)flow->trunk,
			    handover_token_of(invite)))
		return 403;
	terms->srtp = s->trunks[flow->trunk].srtp;
	terms->session_expires_s = s->session_expires_s;
	terms->trunk = flow->trunk;
	terms->contact_user = text_of(c->number);
	return 0;
}

/* What we offer or answer: the codec in use; before a nurse talks, others too.
 * The old key was another peer's. */
static void describe(struct switch_self *self, struct call *c,
		     struct session *s, struct offer_media *ret)
{
	enum codec now = legs_codec(self, c, SIDE_CALLER);
	enum srtp_use before = (enum srtp_use)c->legs[SIDE_CALLER].srtp;

	c->legs[SIDE_CALLER].srtp = session_state(s)->srtp;
	legs_media(self, c, SIDE_CALLER, ret);
	c->legs[SIDE_CALLER].srtp = (uint8_t)before;
	randombytes_buf(ret->key, sizeof(ret->key));
	if (!c->answered)
		legs_codecs(self, now, ret);
}

/* The port is of one family. */
static bool reachable(const struct call *c, const struct session *s)
{
	const struct offer *theirs = session_pending(s);

	return !theirs || !theirs->port ||
	       theirs->ipv6 == c->legs[SIDE_CALLER].ipv6;
}

static void take_place(struct switch_self *self, struct call *c,
		       struct session *s, const uint8_t key[OFFER_KEY_BYTES])
{
	struct live_leg *l = &call_live(self, c)->legs[SIDE_CALLER];
	struct leg *leg = &c->legs[SIDE_CALLER];
	struct session *old = l->session;

	session_end(old);
	session_move(s, &leg->state);
	l->session = s;
	if (leg->trunk >= 0 && self->trunks[leg->trunk].calls)
		self->trunks[leg->trunk].calls--;
	leg->trunk = leg->state.trunk;
	leg->srtp = leg->state.srtp;
	memcpy(leg->key, key, sizeof(leg->key));
	self->trunks[leg->trunk].calls++;
}

static void go_on(struct switch_self *self, struct call *c, enum codec before)
{
	bool agreed = !legs_set(self, c, SIDE_CALLER);
	bool changed = agreed && legs_codec(self, c, SIDE_CALLER) != before;

	c->hands_over = HANDS_OVER_DONE;
	if (c->state == CALL_NOTICE) {
		/* line_confirmed() goes on, once the ACK is here */
		call_due(self, c, 0);
		if (c->playing == PLAYING_NOTICE || c->playing == PLAYING_LONG)
			legs_stop(self, c, SIDE_CALLER);
		c->notice = 0;
		c->long_serial = 0;
		/* who referred his peer often holds the old call first */
		if (agreed)
			hold_learn(self, c, SIDE_CALLER);
		return;
	}
	if (c->recoding) {
		/* what he was asked died with his dialog */
		c->recoding = 0;
		nurse_answered(self, c);
	} else if (changed && c->playing != PLAYING_NOTHING) {
		line_music(self, c);
	}
	if (agreed)
		hold_learn(self, c, SIDE_CALLER);
}

void replace_incoming(struct switch_self *self, struct call *c,
		      struct session *s)
{
	enum codec before = legs_codec(self, c, SIDE_CALLER);
	struct offer_media media;
	char extra[32 + SETTINGS_NAME_MAX];
	int err;

	if (!reachable(c, s)) {
		session_refuse(s, 488);
		return;
	}
	describe(self, c, s, &media);
	err = session_answer(s, &media);
	if (err) {
		session_refuse(s, err == ENOENT ? 488 : 500);
		return;
	}
	take_place(self, c, s, media.key);
	sodium_memzero(&media, sizeof(media));
	(void)snprintf(extra, sizeof(extra),
		       ",\"by\":\"refer\",\"from\":\"%s\"",
		       places_trunk_of(self, c));
	say_call(self, c, EVENT_CALL_HANDED_OVER, extra);
	go_on(self, c, before);
}
