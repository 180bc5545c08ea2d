/*
 * Our INVITE.
 *
 * The happy way: 18x make early dialogs, one 2xx confirms one of them and is
 * acknowledged. The other ways: each fork has its dialog, the last heard is
 * the current one; the first 2xx wins, every later one from elsewhere is
 * acknowledged and ended (RFC 3261 13.2.2.4); a 2xx that crossed our CANCEL
 * likewise. A refusal is tried again where we know better: with credentials,
 * a longer session interval, or without SRTP where that was only offered.
 */
#include <stdlib.h>

#include "sip/session_parts.h"

static void on_response(void *arg, struct stack_client *c, unsigned code,
			const struct sip_msg *msg, const struct flow *flow);

struct session_invite *session_invite_new(struct session *s, bool initial)
{
	struct session_invite *inv = calloc(1, sizeof(*inv));

	if (!inv)
		return NULL;
	inv->all = s->all;
	inv->s = s;
	inv->initial = initial;
	inv->next = s->all->invites;
	if (inv->next)
		inv->next->prev = inv;
	s->all->invites = inv;
	return inv;
}

void session_invite_free(struct session_invite *inv)
{
	if (inv->next)
		inv->next->prev = inv->prev;
	if (inv->prev)
		inv->prev->next = inv->next;
	else
		inv->all->invites = inv->next;
	if (inv->s && inv->s->invite_out == inv)
		inv->s->invite_out = NULL;
	free(inv->auth);
	free(inv);
}

/* ---- sending */

/* What this session wants of RFC 4028, as the first INVITE says it. */
static void write_wish(struct session *s, struct writer *w)
{
	struct session_timer t = { s->expires_s, REFRESHER_NONE };

	if (t.interval_s && t.interval_s < s->own_min_se)
		t.interval_s = s->own_min_se;
	session_write_timer(s, w, false, &t);
}

static void target_of(struct session *s, bool initial,
		      struct stack_target *target)
{
	const struct session_again *a = s->again;

	dialog_where(&s->state->d.dialog, target);
	if (!initial || !a)
		return;
	target->trunk = s->state->trunk;
	target->flow = a->has_flow ? &a->flow : NULL;
	if (a->route[0])
		target->uri = text_of(a->route);
	else if (target->trunk >= 0)
		target->uri = TEXT("");
}

int session_invite_send(struct session *s, struct session_invite *inv,
			const struct offer *offer)
{
	uint8_t bytes[SESSION_HEADERS_MAX], body[SESSION_BODY_MAX];
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct writer sdp = writer_on(body, sizeof(body));
	const struct session_copy *as_is = &s->words.our_offer;
	struct stack_request r = { .method = METHOD_INVITE };
	struct stack_target target;
	int err;

	session_begin(s);
	dialog_request(&s->state->d.dialog, &w, METHOD_INVITE, 0, &r.uri);
	inv->seq = s->state->d.dialog.local_seq;
	session_done(s);
	/* RFC 3261 13.2.1: a reliable 18x would have to carry their offer */
	session_write_features(&w, !inv->asks);
	if (inv->initial)
		write_wish(s, &w);
	else
		session_write_refresh(s, &w);
	if (inv->initial && s->again) {
		writer_str(&w, s->again->headers);
		r.hops = s->again->hops;
	}
	if (inv->auth)
		writer_str(&w, inv->auth);
	if (as_is->p)
		writer_copy(&sdp, as_is->p, as_is->len);
	else if (!inv->asks)
		offer_write(&sdp, offer);
	err = writer_finish(&w);
	if (!err)
		err = writer_finish(&sdp);
	if (err)
		return err;
	r.headers = (struct text){ (const char *)w.buf, w.len };
	r.contact_user = text_of(s->state->user);
	r.content_type = TEXT("application/sdp");
	r.body = (struct text){ (const char *)sdp.buf, sdp.len };
	target_of(s, inv->initial, &target);
	err = stack_request(s->all->stack, &inv->client, &target, &r,
			    on_response, inv);
	if (!err)
		s->invite_out = inv;
	return err;
}

static int keep_call(struct session *s, const struct session_call *call)
{
	struct session_again *a = calloc(1, sizeof(*a) + call->headers.len + 1);

	if (!a)
		return ENOMEM;
	s->again = a;
	a->hops = call->hops;
	if (call->headers.len)
		memcpy(a->headers, call->headers.p, call->headers.len);
	if (call->flow) {
		a->flow = *call->flow;
		a->has_flow = true;
	}
	return text_copy(a->route, sizeof(a->route), call->route);
}

static int call_start(struct session *s, const struct session_call *call,
		      const struct offer_media *media)
{
	struct session_invite *inv;
	struct offer offer;
	int err = keep_call(s, call);

	if (err)
		return err;
	s->again->asks = s->all->relays && !media->as_is.len;
	if (s->all->relays && media->as_is.len) {
		err = relay_offer(s, media->as_is);
	} else if (!s->all->relays) {
		offer_make(&offer, media, s->state->session_id);
		session_our_offer(s, &offer);
	}
	if (err)
		return err;
	inv = session_invite_new(s, true);
	if (!inv)
		return ENOMEM;
	inv->asks = s->again->asks;
	err = session_invite_send(s, inv, &s->state->d.pending);
	if (err)
		session_invite_free(inv);
	return err;
}

int session_call(struct session **ret, struct sessions *all,
		 struct session_state *state, void *owner,
		 const struct session_call *call,
		 const struct offer_media *media)
{
	struct session *s;
	int err;

	memset(state, 0, sizeof(*state));
	err = dialog_call(&state->d.dialog, call->from, call->to, call->uri);
	if (err)
		return err;
	s = session_new(all, state, owner, call->terms);
	if (!s)
		return ENOMEM;
	s->phase = PHASE_CALLING;
	session_keep_terms(state, call->terms);
	state->d.dialog.flow.trunk = (int16_t)call->terms->trunk;
	session_hash(s);
	err = call_start(s, call, media);
	if (err) {
		session_bury(s);
		return err;
	}
	*ret = s;
	return 0;
}

/* ---- 2xx */

/* Nobody wants it: acknowledge, and end it unless it is the one that won. */
static void ack_stranger(struct session_invite *inv, const struct sip_msg *msg,
			 const struct flow *flow)
{
	bool won = inv->winner[0] && !pl_strcmp(&msg->to.tag, inv->winner);
	uint8_t bytes[SESSION_HEADERS_MAX];
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct stack_request r = { .method = METHOD_BYE };
	struct stack_client *c;
	struct stack_target target;
	struct dialog d;
	struct session *s;

	s = won ? sessions_find(inv->all, &msg->from.tag, &msg->callid) : NULL;
	if (s) {
		session_ack_again(s, msg->cseq.num, inv->auth);
		return;
	}
	if (dialog_orphan(&d, msg, flow))
		return;
	session_send_ack(inv->all, &d, msg->cseq.num, inv->auth, TEXT(""));
	if (won)
		return;
	dialog_request(&d, &w, METHOD_BYE, 0, &r.uri);
	if (writer_finish(&w))
		return;
	r.headers = (struct text){ (const char *)w.buf, w.len };
	dialog_where(&d, &target);
	(void)!stack_request(inv->all->stack, &c, &target, &r, session_ignore,
			     NULL);
}

int session_their_first_offer(struct session *s, const struct sip_msg *msg)
{
	struct offer offer;
	int err = session_read_sdp(s, msg, &offer);

	if (!err)
		session_their_offer(s, &offer);
	return err;
}

/* The answer in the 2xx, or the one of a provisional that it repeats. */
static int final_answer(struct session *s, const struct session_invite *inv,
			const struct sip_msg *msg)
{
	struct session_dialog *d = &s->state->d;
	struct offer answer;
	int err;

	if (inv->asks)
		return session_their_first_offer(s, msg);
	/* RFC 3261 13.2.1: once answered reliably, later ones are ignored */
	if (d->sdp != SESSION_SDP_WE_OFFERED)
		return d->agreed ? 0 : ENOENT;
	err = session_read_sdp(s, msg, &answer);
	if (err == ENOENT && d->previewed) {
		session_take_preview(s);
		return 0;
	}
	return err ? err : session_their_answer(s, &answer, false);
}

/* The first 2xx of our first INVITE. */
static void on_answered(struct session *s, struct session_invite *inv,
			const struct sip_msg *msg, const struct flow *flow)
{
	struct dialog *d = &s->state->d.dialog;
	int err;

	if (!session_pick_tag(s, &msg->to.tag, true)) {
		/* more forks than we follow: the current place is taken over */
		d->state = DIALOG_NONE;
		s->state->d.sdp = session_first_sdp(s);
		s->state->d.agreed = s->state->d.previewed = 0;
	}
	session_begin(s);
	err = dialog_response(d, d, msg, flow);
	session_done(s);
	session_drop_forks(s);
	if (err) {
		ack_stranger(inv, msg, flow);
		session_over(s, SESSION_END_BAD_ANSWER);
		return;
	}
	(void)!text_copy(inv->winner, sizeof(inv->winner),
			 message_text(msg->to.tag));
	err = inv->asks ? session_owe_ack(s, inv) : 0;
	if (!inv->asks)
		session_send_ack(s->all, d, inv->seq, inv->auth, TEXT(""));
	s->invite_out = NULL;
	inv->s = NULL;
	free(s->again);
	s->again = NULL;
	session_peer_features(s, msg);
	if (err || final_answer(s, inv, msg)) {
		session_bye(s);
		session_over(s, SESSION_END_BAD_ANSWER);
		return;
	}
	s->phase = PHASE_TALKING;
	session_settle_timer(s, msg);
	session_touch(s);
	s->all->h.answered(s->owner, s, msg);
	if (!session_is_left(s))
		session_flush(s);
}

static void on_success(struct session_invite *inv, unsigned code,
		       const struct sip_msg *msg, const struct flow *flow)
{
	struct session *s = inv->s;

	if (!msg->to.tag.l)
		return;
	if (inv->winner[0] || !s) {
		ack_stranger(inv, msg, flow);
		return;
	}
	if (s->phase == PHASE_LEAVING) {
		/* our CANCEL came too late */
		ack_stranger(inv, msg, flow);
		return;
	}
	inv->final = true;
	if (inv->initial)
		on_answered(s, inv, msg, flow);
	else
		session_reinvite_response(s, inv, code, msg, flow);
}

/* ---- 3xx to 6xx */

/* RFC 3261 13.1, 22: the same once more, with the next number. */
static bool try_again(struct session *s, struct session_invite *old, char *auth)
{
	struct session_invite *inv = session_invite_new(s, true);

	if (!inv) {
		free(auth);
		return false;
	}
	inv->tries = old->tries + (auth ? 1 : 0);
	inv->asks = old->asks;
	inv->auth = auth;
	old->s = NULL;
	/* what early dialogs there were ended with the refusal */
	session_drop_forks(s);
	dialog_unanswer(&s->state->d.dialog);
	s->state->d.rseq = 0;
	s->state->d.agreed = s->state->d.previewed = 0;
	s->state->d.sdp = session_first_sdp(s);
	if (!session_invite_send(s, inv, &s->state->d.pending))
		return true;
	session_invite_free(inv);
	s->invite_out = NULL;
	return false;
}

static bool mend(struct session *s, struct session_invite *inv, unsigned code,
		 const struct sip_msg *msg)
{
	const char *target = dialog_word(&s->state->d.dialog, DIALOG_TARGET);
	uint64_t min_se;
	char *auth;

	if (!msg)
		return false;
	if ((code == 401 || code == 407) && inv->tries < 2 &&
	    !session_authorize(s, msg, TEXT("INVITE"), text_of(target), &auth))
		return try_again(s, inv, auth);
	/* RFC 4028 7.3 */
	min_se = message_number(msg, SIP_HDR_MIN_SE, 0);
	if (code == 422 && min_se > s->own_min_se &&
	    min_se <= SESSION_TIMER_MAX_S) {
		s->own_min_se = (uint32_t)min_se;
		return try_again(s, inv, NULL);
	}
	if ((code == 488 || code == 415 || code == 606) &&
	    s->state->srtp == SRTP_OFFERED && !s->plain_tried &&
	    !s->all->relays) {
		struct offer *o = &s->state->d.pending;

		s->plain_tried = true;
		if (!o->secure)
			return false;
		o->secure = 0;
		offer_secure(o, false);
		return try_again(s, inv, NULL);
	}
	return false;
}

static void on_refused(struct session *s, struct session_invite *inv,
		       unsigned code, const struct sip_msg *msg)
{
	if (s->phase == PHASE_LEAVING) {
		session_bury(s);
		return;
	}
	if (!inv->initial) {
		session_reinvite_response(s, inv, code, msg, NULL);
		return;
	}
	if (mend(s, inv, code, msg))
		return;
	session_bury(s);
	s->all->h.refused(s->owner, s, code, msg);
}

static void on_response(void *arg, struct stack_client *c, unsigned code,
			const struct sip_msg *msg, const struct flow *flow)
{
	struct session_invite *inv = arg;
	struct session *s = inv->s;

	(void)c;
	sessions_reap(inv->all);
	if (!code) {
		inv->client = NULL;
		if (s && s->phase == PHASE_LEAVING && s->invite_out == inv)
			session_bury(s);
		session_invite_free(inv);
		return;
	}
	if (code >= 200 && code < 300) {
		if (msg)
			on_success(inv, code, msg, flow);
	} else if (code >= 300) {
		if (s && s->invite_out == inv)
			on_refused(s, inv, code, msg);
	} else if (s && s->phase == PHASE_CALLING && inv->initial && msg) {
		session_on_provisional(s, code, msg, flow);
	}
	if (inv->s)
		session_touch(inv->s);
}
