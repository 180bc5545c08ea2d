/*
 * Their INVITE.
 *
 * The happy way: 180, 200, ACK. Reliable 18x (RFC 3262) go one at a time:
 * while one waits for its PRACK the next, and the 200, wait too; one that is
 * never acknowledged ends the call with 504 after 32 s. An INVITE without an
 * offer gets ours in the 200 or in a reliable 18x, and the answer comes in the
 * ACK or in the PRACK.
 */
#include <stdlib.h>

#include <sodium.h>

#include "sip/session_parts.h"

static void on_event(void *arg, struct stack_server *t, enum stack_event event);

void session_watch_invite(struct session *s, struct stack_server *t,
			  uint32_t seq)
{
	s->invite_in = t;
	s->invite_in_final = false;
	s->invite_in_seq = seq;
	stack_server_watch(t, on_event, s);
}

static void forget_invite(struct session *s)
{
	if (s->invite_in)
		stack_server_watch(s->invite_in, NULL, NULL);
	s->invite_in = NULL;
	s->invite_in_final = false;
}

/* ---- the INVITE comes */

/* What is wrong with it whatever the owner thinks; 0: nothing. */
static unsigned judge(struct sessions *all, const struct sip_msg *msg)
{
	struct session_timer_ours ours = { 0, all->min_se_s };
	struct session_timer_said said;
	struct session_timer t;
	struct offer offer;
	struct text body;
	int err = session_body(msg, &body);

	if (err && err != ENOENT)
		return err == EINVAL ? 415 : 400;
	if (!err && all->relays) {
		if (body.len > SESSION_BODY_MAX)
			return 513;
	} else if (!err) {
		err = offer_read(&offer, body, SRTP_OFFERED);
		explicit_bzero(offer.key, sizeof(offer.key));
		if (err)
			return err == EMSGSIZE ? 488 : 400;
	}
	if (session_timer_read(&said, msg))
		return 400;
	return session_timer_judge(&t, &said, &ours) ? 422 : 0;
}

static struct session *serve(struct sessions *all, struct stack_server *t,
			     const struct sip_msg *msg,
			     struct session_state *state, void *owner,
			     const struct session_terms *terms)
{
	struct session *s = session_new(all, state, owner, terms);
	struct offer offer;
	int err;

	if (!s)
		return NULL;
	session_keep_terms(state, terms);
	s->phase = PHASE_RINGING;
	s->required_100rel = message_has_token(msg, SIP_HDR_REQUIRE, "100rel");
	session_hash(s);
	session_peer_features(s, msg);
	err = session_read_sdp(s, msg, &offer);
	if (err != ENOENT) {
		/* right for us in general, but not on these terms: the answer
		 * will be that we have nothing in common */
		if (err)
			memset(&offer, 0, sizeof(offer));
		session_their_offer(s, &offer);
	}
	session_watch_invite(s, t, msg->cseq.num);
	return s;
}

void session_serve_new(struct sessions *all, struct stack_server *t,
		       const struct sip_msg *msg, const struct flow *flow)
{
	struct session_terms terms = { .trunk = -1 };
	struct session_state *state = NULL;
	struct session *s = NULL, *old = NULL;
	struct dialog dialog;
	void *owner = NULL;
	unsigned code = judge(all, msg);
	int err;

	if (!code)
		code = session_replaced(all, msg, &old);
	if (code) {
		session_turn_away(all, t, code);
		return;
	}
	err = dialog_accept(&dialog, msg, flow, stack_server_tag(t));
	if (err) {
		(void)!stack_answer(t, err == EMSGSIZE ? 513 : 400);
		return;
	}
	if (old) {
		owner = old->owner;
		code = all->h.replaces(owner, old, msg, flow, &terms, &state);
	} else {
		code = all->h.room(all->arg, msg, flow, &terms, &state, &owner);
	}
	if (code) {
		(void)!stack_answer(t, code);
		return;
	}
	memset(state, 0, sizeof(*state));
	state->d.dialog = dialog;
	s = serve(all, t, msg, state, owner, &terms);
	if (!s) {
		/* the owner has given room and must hear the end of it */
		(void)!stack_answer(t, 503);
		if (!old)
			all->h.ended(owner, NULL, SESSION_END_BROKEN);
		return;
	}
	all->h.incoming(owner, s, msg);
	session_touch(s);
}

/* ---- the answer */

/* The INVITE that we answer, initial or not, becomes a 2xx. */
int session_accept_invite(struct session *s, const struct writer *sdp)
{
	const struct sip_msg *msg = stack_server_request(s->invite_in);
	const struct flow *flow = stack_server_flow(s->invite_in);
	uint8_t bytes[SESSION_HEADERS_MAX / 2];
	struct writer w = writer_on(bytes, sizeof(bytes));
	int err;

	if (s->lines.p)
		writer_copy(&w, s->lines.p, s->lines.len);
	session_copy_drop(&s->lines);
	session_answer_timer(s, msg, &w);
	session_begin(s);
	/* RFC 3261 12.2.2: a re-INVITE moves the target. Now, since the request
	 * goes with the answer. */
	dialog_refresh(&s->state->d.dialog, msg, flow);
	s->state->d.dialog.state = DIALOG_CONFIRMED;
	session_done(s);
	err = session_reply(s, s->invite_in, 200, &w, sdp);
	s->invite_in_final = !err;
	return err;
}

static int answer_first(struct session *s, const struct offer_media *media)
{
	struct session_dialog *d = &s->state->d;
	uint8_t body[SESSION_BODY_MAX];
	struct writer sdp = writer_on(body, sizeof(body));
	int err = 0;

	/* RFC 3262 3: not before a described 18x was acknowledged */
	if ((s->reliable.waiting && s->reliable.described) || s->offer_in) {
		err = session_hold(&s->next_media, &s->words.next, media);
		s->next_answer = !err;
		return err;
	}
	if (d->sdp != SESSION_SDP_STABLE)
		err = session_describe(s, media, false, &sdp);
	if (!err)
		err = session_accept_invite(s, &sdp);
	if (err)
		return err;
	s->phase = PHASE_ANSWERED;
	s->reliable.again_at = s->reliable.give_up_at = 0;
	s->next_code = 0;
	session_touch(s);
	return 0;
}

static int answer_offer_in(struct session *s, const struct offer_media *media)
{
	uint8_t body[SESSION_BODY_MAX], bytes[128];
	struct writer sdp = writer_on(body, sizeof(body));
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct stack_server *t = s->offer_in;
	const struct sip_msg *msg = stack_server_request(t);
	int err = session_describe(s, media, false, &sdp);

	if (err)
		return err;
	s->offer_in = NULL;
	/* RFC 3311 5.1: UPDATE moves the target; PRACK does not */
	if (message_method_of(msg) == METHOD_UPDATE) {
		session_begin(s);
		dialog_refresh(&s->state->d.dialog, msg, stack_server_flow(t));
		session_done(s);
		session_answer_timer(s, msg, &w);
	}
	err = session_reply(s, t, 200, &w, &sdp);
	stack_server_watch(t, NULL, NULL);
	session_touch(s);
	session_go_on(s);
	if (!session_is_left(s))
		session_flush(s);
	return err;
}

static int answer_again(struct session *s, const struct offer_media *media)
{
	uint8_t body[SESSION_BODY_MAX];
	struct writer sdp = writer_on(body, sizeof(body));
	int err = session_describe(s, media, false, &sdp);

	if (!err)
		err = session_accept_invite(s, &sdp);
	session_touch(s);
	return err;
}

int session_answer(struct session *s, const struct offer_media *media)
{
	if (session_is_left(s))
		return EPROTO;
	if (s->ack_seq)
		return session_answer_ack(s, media);
	if (s->offer_in && s->state->d.sdp == SESSION_SDP_THEY_OFFERED)
		return answer_offer_in(s, media);
	if (s->phase == PHASE_RINGING && !s->next_answer)
		return answer_first(s, media);
	if (s->phase == PHASE_TALKING && s->invite_in && !s->invite_in_final)
		return answer_again(s, media);
	return EPROTO;
}

int session_add(struct session *s, struct text lines)
{
	return session_copy_keep(&s->lines, lines);
}

void session_refuse_with(struct session *s, unsigned code, struct text headers)
{
	struct stack_reply r = { .code = code, .headers = headers };
	struct stack_server *t = s->offer_in ? s->offer_in : s->invite_in;

	if (s->ack_seq) {
		session_bye(s);
		session_over(s, SESSION_END_BAD_ANSWER);
		return;
	}
	if (session_is_left(s) || !t || code < 300 ||
	    (t == s->invite_in && s->invite_in_final))
		return;
	(void)!stack_reply(t, &r);
	if (t == s->invite_in && s->phase == PHASE_RINGING) {
		session_bury(s);
		return;
	}
	session_rollback(s);
	if (t == s->invite_in) {
		forget_invite(s);
	} else {
		stack_server_watch(t, NULL, NULL);
		s->offer_in = NULL;
		session_go_on(s);
	}
	if (!session_is_left(s))
		session_flush(s);
}

void session_refuse(struct session *s, unsigned code)
{
	session_refuse_with(s, code, TEXT(""));
}

/* ---- ACK, and what may come instead */

/* The ACK carries the answer where our 2xx carried the offer. */
static bool ack_body(struct session *s, const struct sip_msg *msg)
{
	struct offer o;
	int err;

	if (s->state->d.sdp != SESSION_SDP_WE_OFFERED)
		return true;
	err = session_read_sdp(s, msg, &o);
	if (!err)
		err = session_their_answer(s, &o, false);
	if (!err)
		return true;
	session_bye(s);
	session_over(s, SESSION_END_BAD_ANSWER);
	return false;
}

void session_on_ack(struct session *s, const struct sip_msg *msg)
{
	bool first = s->phase == PHASE_ANSWERED;
	bool we_offered;

	if (!s->invite_in || !s->invite_in_final ||
	    msg->cseq.num != s->invite_in_seq)
		return;
	stack_acked(s->invite_in);
	forget_invite(s);
	if (s->phase == PHASE_LEAVING) {
		session_bye(s);
		session_bury(s);
		return;
	}
	we_offered = s->state->d.sdp == SESSION_SDP_WE_OFFERED;
	if (!ack_body(s, msg))
		return;
	s->phase = PHASE_TALKING;
	session_touch(s);
	if (we_offered)
		s->all->h.offer_answered(s->owner, s);
	if (first && !session_is_left(s))
		s->all->h.confirmed(s->owner, s);
	if (!session_is_left(s))
		session_flush(s);
}

static void on_offer_event(void *arg, struct stack_server *t,
			   enum stack_event event)
{
	struct session *s = arg;

	(void)t;
	if (event != STACK_GONE)
		return;
	s->offer_in = NULL;
	session_rollback(s);
}

void session_watch_offer(struct session *s, struct stack_server *t)
{
	s->offer_in = t;
	stack_server_watch(t, on_offer_event, s);
}

static void on_cancelled(struct session *s)
{
	if (s->invite_in_final)
		return;
	(void)!stack_answer(s->invite_in, 487);
	if (s->phase == PHASE_RINGING) {
		session_over(s, SESSION_END_CANCELLED);
		return;
	}
	/* a re-INVITE: as if it had never been */
	forget_invite(s);
	session_rollback(s);
	session_flush(s);
}

static void on_event(void *arg, struct stack_server *t, enum stack_event event)
{
	struct session *s = arg;

	sessions_reap(s->all);
	(void)t;
	switch (event) {
	case STACK_CANCELLED:
		on_cancelled(s);
		break;
	case STACK_NO_ACK:
		/* RFC 3261 13.3.1.4, 14.2 */
		session_bye(s);
		session_over(s, SESSION_END_NO_ACK);
		break;
	case STACK_BROKEN:
		if (s->phase == PHASE_TALKING)
			break;
		session_over(s, SESSION_END_BROKEN);
		break;
	case STACK_GONE:
		s->invite_in = NULL;
		s->invite_in_final = false;
		break;
	}
}
