/*
 * Our re-INVITE and UPDATE: new offers, and the session timer's refreshes.
 *
 * One at a time; what is wished for meanwhile waits in the session, the last
 * wish counts. 491 is tried again after the pause of RFC 3261 14.1, 422 with
 * the longer interval, 408 and 481 end the call.
 */
#include <sodium.h>

#include "sip/session_parts.h"

#define AGAIN_MS 5000

/* ---- RFC 4028 */

void session_timer_start(struct session *s, const struct session_timer *t,
			 bool we_are_uac)
{
	struct session_state *st = s->state;
	uint64_t now = session_now(s);

	st->interval_s = t->interval_s;
	st->refresh_at_ms = st->expire_at_ms = 0;
	st->we_refresh = 0;
	if (!t->interval_s)
		return;
	st->we_refresh = (t->refresher == REFRESHER_UAC) == we_are_uac;
	st->expire_at_ms = now + session_timer_expire_ms(t->interval_s);
	if (st->we_refresh)
		st->refresh_at_ms =
			now + session_timer_refresh_ms(t->interval_s);
}

void session_answer_timer(struct session *s, const struct sip_msg *msg,
			  struct writer *w)
{
	struct session_timer_ours ours = { s->expires_s, s->all->min_se_s };
	struct session_timer_said said;
	struct session_timer timer = { 0 };

	if (!session_timer_read(&said, msg))
		(void)!session_timer_judge(&timer, &said, &ours);
	session_write_timer(s, w, true, &timer);
	session_timer_start(s, &timer, false);
}

/* A refresh request of ours says who refreshes as it is now (RFC 4028 7.4). */
void session_write_refresh(struct session *s, struct writer *w)
{
	struct session_timer t = { s->state->interval_s, REFRESHER_UAS };

	if (s->state->we_refresh)
		t.refresher = REFRESHER_UAC;
	if (t.interval_s && t.interval_s < s->own_min_se)
		t.interval_s = s->own_min_se;
	session_write_timer(s, w, false, &t);
}

void session_settle_timer(struct session *s, const struct sip_msg *msg)
{
	struct session_timer_ours ours = { s->state->interval_s,
					   s->all->min_se_s };
	struct session_timer_said said;
	struct session_timer t;

	if (!ours.expires_s)
		ours.expires_s = s->expires_s;
	if (session_timer_read(&said, msg))
		return;
	session_timer_settle(&t, &said, &ours);
	session_timer_start(s, &t, true);
}

/* ---- sending */

static void on_update_response(void *arg, struct stack_client *c, unsigned code,
			       const struct sip_msg *msg,
			       const struct flow *flow);

static int send_update(struct session *s, const struct offer *o)
{
	uint8_t bytes[512], body[SESSION_BODY_MAX];
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct writer sdp = writer_on(body, sizeof(body));
	const struct session_copy *as_is = &s->words.our_offer;
	int err;

	session_write_features(&w, true);
	session_write_refresh(s, &w);
	if (o && as_is->p)
		writer_copy(&sdp, as_is->p, as_is->len);
	else if (o)
		offer_write(&sdp, o);
	err = writer_finish(&sdp);
	if (!err)
		err = session_send(
			s, &s->update_out, METHOD_UPDATE, &w,
			o ? TEXT("application/sdp") : TEXT(""),
			(struct text){ (const char *)sdp.buf, sdp.len },
			on_update_response, s);
	if (!err)
		s->update_offers = o != NULL;
	return err;
}

static int send_reinvite(struct session *s, const struct offer *o, bool offers,
			 char *auth)
{
	struct session_invite *inv = session_invite_new(s, false);
	int err;

	if (!inv)
		return ENOMEM;
	inv->offers = offers;
	inv->asks = !o;
	inv->auth = auth;
	inv->tries = auth ? 1 : 0;
	err = session_invite_send(s, inv, o);
	if (err)
		session_invite_free(inv);
	return err;
}

static bool is_busy(const struct session *s)
{
	return s->state->d.sdp != SESSION_SDP_STABLE || s->update_out ||
	       s->ack_seq || s->offer_in || s->invite_in_final ||
	       (s->invite_in && s->phase != PHASE_RINGING) ||
	       (s->invite_out && !s->invite_out->initial) ||
	       (s->reliable.waiting && s->phase == PHASE_RINGING);
}

static int send_offer(struct session *s)
{
	struct session_dialog *d = &s->state->d;
	struct text as_is = s->want_media.as_is;
	struct offer o;
	int err = 0;

	if (s->all->relays && !as_is.len)
		return send_reinvite(s, NULL, true, NULL);
	if (s->all->relays) {
		err = relay_offer(s, as_is);
	} else {
		offer_remake(&o, &s->want_media, &d->ours, &d->theirs);
		session_our_offer(s, &o);
	}
	if (err)
		return err;
	if (s->phase == PHASE_TALKING &&
	    !(s->want_update && s->state->peer_update))
		return send_reinvite(s, &d->pending, true, NULL);
	return send_update(s, &d->pending);
}

static int send_refresh(struct session *s)
{
	struct offer ours = s->state->d.ours;

	if (s->state->peer_update)
		return send_update(s, NULL);
	if (s->all->relays && relay_refresh(s))
		return 0; /* nothing that we could say; theirs may come */
	session_our_offer(s, &ours);
	return send_reinvite(s, &ours, false, NULL);
}

void session_flush(struct session *s)
{
	bool early = s->phase == PHASE_CALLING || s->phase == PHASE_RINGING;
	bool offers = s->want_offer;
	int err;

	if (session_is_left(s) || (!s->want_offer && !s->want_refresh) ||
	    s->retry_at || is_busy(s))
		return;
	if (early && (!offers || !s->state->peer_update))
		return;
	if (offers)
		s->want_offer = false;
	else
		s->want_refresh = false;
	err = offers ? send_offer(s) : send_refresh(s);
	if (err) {
		/* not a matter of the peer: come again */
		session_rollback(s);
		s->want_offer |= offers;
		s->want_refresh |= !offers;
		s->retry_at = session_now(s) + AGAIN_MS;
	}
	session_touch(s);
}

static int wish(struct session *s, const struct offer_media *media, bool update)
{
	bool early = s->phase == PHASE_CALLING || s->phase == PHASE_RINGING;
	bool asks = s->all->relays && !media->as_is.len;
	int err;

	if (session_is_left(s) || (early && (!s->state->peer_update || asks)))
		return EPROTO;
	err = session_hold(&s->want_media, &s->words.want, media);
	if (err)
		return err;
	s->want_offer = true;
	s->want_update = update;
	session_flush(s);
	return 0;
}

int session_offer(struct session *s, const struct offer_media *media)
{
	return wish(s, media, false);
}

int session_update(struct session *s, const struct offer_media *media)
{
	return wish(s, media, true);
}

/* ---- what becomes of it */

/*
 * RFC 3261 14.1: who owns the Call-ID waits longer, so that the two do not
 * meet again. Units of 10 ms.
 */
static uint64_t glare_pause_ms(const struct session *s)
{
	if (s->state->d.dialog.caller)
		return 2100 + 10 * (uint64_t)randombytes_uniform(191);
	return 10 * (uint64_t)randombytes_uniform(201);
}

static void wish_again(struct session *s, bool offers, uint64_t pause_ms)
{
	session_rollback(s);
	if (offers)
		s->want_offer = true;
	else
		s->want_refresh = true;
	s->retry_at = session_now(s) + pause_ms;
	if (!pause_ms) {
		s->retry_at = 0;
		session_flush(s);
	}
}

static bool longer_interval(struct session *s, const struct sip_msg *msg)
{
	uint64_t min_se = msg ? message_number(msg, SIP_HDR_MIN_SE, 0) : 0;

	if (min_se <= s->own_min_se || min_se > SESSION_TIMER_MAX_S)
		return false;
	s->own_min_se = (uint32_t)min_se;
	return true;
}

/* A refresh that failed, but not for good: again before the session ends. */
static void refresh_failed(struct session *s, unsigned code, bool update)
{
	struct session_state *st = s->state;
	uint64_t now = session_now(s);

	session_rollback(s);
	if (update && (code == 405 || code == 501)) {
		st->peer_update = 0;
		wish_again(s, false, 0);
		return;
	}
	if (st->expire_at_ms > now)
		st->refresh_at_ms = now + (st->expire_at_ms - now) / 2 + 100;
}

static void change_failed(struct session *s, unsigned code,
			  const struct sip_msg *msg, bool offers, bool update)
{
	if (code == 491) {
		wish_again(s, offers, glare_pause_ms(s));
	} else if (code == 422 && longer_interval(s, msg)) {
		wish_again(s, offers, 0);
	} else if (code == 481 || code == 408) {
		/* RFC 3261 12.2.1.2; RFC 4028 10 */
		session_bye(s);
		session_over(s, SESSION_END_LOST);
	} else if (update && offers && (code == 405 || code == 501) &&
		   s->phase == PHASE_TALKING) {
		/* it said so, and does not take it: as re-INVITE then */
		s->state->peer_update = 0;
		wish_again(s, offers, 0);
	} else if (offers) {
		session_rollback(s);
		s->all->h.offer_refused(s->owner, s, code);
	} else {
		refresh_failed(s, code, update);
	}
	if (!session_is_left(s))
		session_flush(s);
}

static void change_done(struct session *s, const struct sip_msg *msg,
			bool offers)
{
	struct offer answer;
	int err = 0;

	session_peer_features(s, msg);
	if (s->state->d.sdp == SESSION_SDP_WE_OFFERED) {
		err = session_read_sdp(s, msg, &answer);
		if (!err)
			err = session_their_answer(s, &answer, false);
	}
	if (err && offers) {
		session_bye(s);
		session_over(s, SESSION_END_BAD_ANSWER);
		return;
	}
	if (err)
		session_rollback(s);
	session_settle_timer(s, msg);
	session_touch(s);
	if (offers)
		s->all->h.offer_answered(s->owner, s);
	if (!session_is_left(s))
		session_flush(s);
}

/* Credentials for a re-INVITE, once. */
static bool authorized(struct session *s, struct session_invite *inv,
		       unsigned code, const struct sip_msg *msg)
{
	const char *target = dialog_word(&s->state->d.dialog, DIALOG_TARGET);
	struct offer o = s->state->d.pending;
	char *auth;

	if (!msg || (code != 401 && code != 407) || inv->tries ||
	    (s->state->d.sdp != SESSION_SDP_WE_OFFERED && !inv->asks) ||
	    session_authorize(s, msg, TEXT("INVITE"), text_of(target), &auth))
		return false;
	return !send_reinvite(s, inv->asks ? NULL : &o, inv->offers, auth);
}

/* We asked for their offer: the ACK waits for our answer to it. */
static void asked(struct session *s, const struct session_invite *inv,
		  const struct sip_msg *msg)
{
	int err = session_owe_ack(s, inv);

	session_peer_features(s, msg);
	if (!err)
		err = session_their_first_offer(s, msg);
	if (err) {
		session_bye(s);
		session_over(s, SESSION_END_BAD_ANSWER);
		return;
	}
	session_settle_timer(s, msg);
	s->all->h.offered(s->owner, s);
}

void session_reinvite_response(struct session *s, struct session_invite *inv,
			       unsigned code, const struct sip_msg *msg,
			       const struct flow *flow)
{
	struct dialog *d = &s->state->d.dialog;

	s->invite_out = NULL;
	inv->s = NULL;
	if (code < 300) {
		/* as long as a dialog's, and so it fits */
		(void)!text_copy(inv->winner, sizeof(inv->winner),
				 text_of(dialog_word(d, DIALOG_REMOTE_TAG)));
		session_begin(s);
		/* the target moves, the route set never (RFC 3261 12.2.1.2) */
		dialog_refresh(d, msg, flow);
		session_done(s);
		if (inv->asks) {
			asked(s, inv, msg);
		} else {
			session_send_ack(s->all, d, inv->seq, inv->auth,
					 TEXT(""));
			change_done(s, msg, inv->offers);
		}
	} else if (!authorized(s, inv, code, msg)) {
		change_failed(s, code, msg, inv->offers, false);
	}
	session_touch(s);
}

static void on_update_response(void *arg, struct stack_client *c, unsigned code,
			       const struct sip_msg *msg,
			       const struct flow *flow)
{
	struct session *s = arg;
	bool offers = s->update_offers;

	(void)c;
	sessions_reap(s->all);
	if (!code) {
		s->update_out = NULL;
		return;
	}
	if (code < 200)
		return;
	/* let go of it: nothing more is to come */
	stack_detach(s->update_out);
	s->update_out = NULL;
	if (code < 300 && msg) {
		session_begin(s);
		dialog_refresh(&s->state->d.dialog, msg, flow);
		session_done(s);
		change_done(s, msg, offers);
	} else {
		change_failed(s, code, msg, offers, true);
	}
	session_touch(s);
}

void session_change_tick(struct session *s, uint64_t now)
{
	struct session_state *st = s->state;

	if (s->phase != PHASE_TALKING && s->phase != PHASE_ANSWERED)
		return;
	if (st->expire_at_ms && now >= st->expire_at_ms) {
		/* RFC 4028 10 */
		session_bye(s);
		session_over(s, SESSION_END_EXPIRED);
		return;
	}
	if (st->refresh_at_ms && now >= st->refresh_at_ms) {
		st->refresh_at_ms = 0;
		s->want_refresh = true;
	}
	if (s->retry_at && now >= s->retry_at)
		s->retry_at = 0;
	session_flush(s);
}
