/*
 * Provisional responses of ours, reliable ones among them (RFC 3262): those go
 * one at a time, again and again until their PRACK is there.
 */
#include <stdio.h>

#include <sodium.h>

#include "sip/session_parts.h"

/* ---- 18x */

static void reliable_start(struct session *s, bool described)
{
	struct session_reliable *r = &s->reliable;
	uint64_t now = session_now(s);

	r->waiting = true;
	r->described = described;
	r->interval_ms = SESSION_T1_MS;
	r->again_at = now + SESSION_T1_MS;
	r->give_up_at = now + SESSION_GIVE_UP_MS;
}

static bool can_describe(const struct session *s, bool reliable)
{
	const struct session_dialog *d = &s->state->d;

	/* an offer of ours must not travel where it may be lost, and what was
	 * agreed needs no repeating */
	return d->sdp == SESSION_SDP_THEY_OFFERED ||
	       (d->sdp == SESSION_SDP_NONE && reliable);
}

static int send_18x(struct session *s, unsigned code, bool reliable,
		    const struct offer_media *media)
{
	uint8_t bytes[128], body[SESSION_BODY_MAX];
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct writer sdp = writer_on(body, sizeof(body));
	int err = 0;

	if (media && can_describe(s, reliable))
		err = session_describe(s, media, !reliable, &sdp);
	if (err)
		return err;
	if (reliable) {
		/* RFC 3262 3: a random start in the lower half */
		if (!s->reliable.rseq)
			s->reliable.rseq = 1 + randombytes_uniform(1U << 30);
		else
			s->reliable.rseq++;
		writer_printf(&w, "Require: 100rel\r\nRSeq: %u\r\n",
			      s->reliable.rseq);
	}
	err = session_reply(s, s->invite_in, code, &w, &sdp);
	if (!err && reliable)
		reliable_start(s, sdp.len > 0);
	session_touch(s);
	return err;
}

static int provisional(struct session *s, unsigned code, bool reliable,
		       const struct offer_media *media)
{
	if (s->phase != PHASE_RINGING || s->next_answer)
		return EPROTO;
	reliable = s->required_100rel || (reliable && s->state->peer_100rel);
	/* RFC 3261 13.2.1: the first reliable one would have to carry the offer
	 * that they asked for, and it is not there yet */
	if (reliable && !media && s->state->d.sdp == SESSION_SDP_NONE) {
		if (s->required_100rel)
			return 0;
		reliable = false;
	}
	if (!s->reliable.waiting)
		return send_18x(s, code, reliable, media);
	/* RFC 3262 3: one at a time */
	s->next_code = code;
	s->next_described = media != NULL;
	return media ? session_hold(&s->next_media, &s->words.next, media) : 0;
}

int session_ring(struct session *s, unsigned code, bool reliable)
{
	return provisional(s, code, reliable, NULL);
}

int session_progress(struct session *s, const struct offer_media *media)
{
	return provisional(s, 183, true, media);
}

void session_reliable_tick(struct session *s, uint64_t now)
{
	struct session_reliable *r = &s->reliable;

	if (!r->waiting || s->phase != PHASE_RINGING)
		return;
	if (now >= r->give_up_at) {
		/* RFC 3262 3 */
		(void)!stack_answer(s->invite_in, 504);
		session_over(s, SESSION_END_NO_PRACK);
		return;
	}
	if (now < r->again_at)
		return;
	(void)!stack_reply_again(s->invite_in);
	r->interval_ms *= 2;
	r->again_at = now + r->interval_ms;
}

/* ---- PRACK */

static bool rack_matches(const struct session *s, const struct sip_msg *msg)
{
	struct text rack = message_header(msg, SIP_HDR_RACK);
	char want[48];

	(void)snprintf(want, sizeof(want), "%u %u INVITE", s->reliable.rseq,
		       s->invite_in_seq);
	return rack.p && text_is(rack, want);
}

/* What waited for the PRACK. */
void session_go_on(struct session *s)
{
	struct offer_media media = s->next_media;
	unsigned code = s->next_code;
	bool described = s->next_described;

	if (s->phase != PHASE_RINGING)
		return;
	if (s->next_answer) {
		s->next_answer = false;
		s->next_code = 0;
		if (session_answer(s, &media)) {
			(void)!stack_answer(s->invite_in, 488);
			session_over(s, SESSION_END_BAD_ANSWER);
		}
	} else if (code) {
		s->next_code = 0;
		(void)!send_18x(s, code, true, described ? &media : NULL);
	}
}

/*
 * The PRACK's own description: the answer to an offer in the 18x, or an offer
 * where that is settled (RFC 3262 5). False: it is not done with t yet, or the
 * session is over.
 */
static bool prack_body(struct session *s, struct stack_server *t,
		       const struct sip_msg *msg, bool *ret_answered)
{
	struct session_dialog *d = &s->state->d;
	struct offer o;
	int err = session_read_sdp(s, msg, &o);

	*ret_answered = false;
	if (d->sdp == SESSION_SDP_WE_OFFERED) {
		if (!err)
			err = session_their_answer(s, &o, false);
		if (err) {
			(void)!stack_answer(t, 488);
			(void)!stack_answer(s->invite_in, 488);
			session_over(s, SESSION_END_BAD_ANSWER);
			return false;
		}
		*ret_answered = true;
		return true;
	}
	if (err == ENOENT)
		return true;
	if (err || d->sdp != SESSION_SDP_STABLE) {
		/* the acknowledgement counts, the description does not */
		(void)!stack_answer(t, err == EINVAL ? 415 : 488);
		return true;
	}
	session_their_offer(s, &o);
	session_watch_offer(s, t);
	return true;
}

void session_on_prack(struct session *s, struct stack_server *t,
		      const struct sip_msg *msg)
{
	bool answered, offered;

	if (!s->reliable.waiting || !rack_matches(s, msg)) {
		(void)!stack_answer(t, 481);
		return;
	}
	s->reliable.waiting = false;
	if (s->phase != PHASE_RINGING) {
		/* it crossed our 200 */
		(void)!stack_answer(t, 200);
		return;
	}
	if (!prack_body(s, t, msg, &answered))
		return;
	offered = s->offer_in == t;
	if (!offered)
		/* a second answer is refused by the stack, and rightly */
		(void)!stack_answer(t, 200);
	session_touch(s);
	s->all->h.pracked(s->owner, s);
	if (answered && !session_is_left(s))
		s->all->h.offer_answered(s->owner, s);
	if (offered && !session_is_left(s) && s->offer_in == t)
		s->all->h.offered(s->owner, s);
	if (session_is_left(s))
		return;
	if (!s->offer_in)
		session_go_on(s);
	if (!session_is_left(s))
		session_flush(s);
}
