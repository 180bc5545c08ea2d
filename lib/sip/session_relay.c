/*
 * Descriptions that are for somebody else (struct sessions_options.relays):
 * kept and passed on byte for byte, never judged. What we understand of them
 * goes into the state all the same, so that a session which is taken up after
 * the process died has something to say.
 *
 * An offer can be asked for, too, by an INVITE without one: theirs then comes
 * in the 2xx, and our ACK waits for the owner's answer.
 */
#include <stdlib.h>

#include "sip/session_parts.h"

/* ---- texts that a session holds */

void session_copy_drop(struct session_copy *c)
{
	if (c->p)
		explicit_bzero(c->p, c->len);
	free(c->p);
	*c = (struct session_copy){ NULL, 0 };
}

int session_copy_keep(struct session_copy *c, struct text t)
{
	struct session_copy kept = { malloc(t.len + 1), t.len };

	if (!kept.p)
		return ENOMEM;
	memcpy(kept.p, t.p, t.len);
	session_copy_drop(c);
	*c = kept;
	return 0;
}

static void take(struct session_copy *to, struct session_copy *from)
{
	session_copy_drop(to);
	*to = *from;
	*from = (struct session_copy){ NULL, 0 };
}

int session_hold(struct offer_media *to, struct session_copy *hold,
		 const struct offer_media *from)
{
	int err = 0;

	if (from->as_is.len)
		err = session_copy_keep(hold, from->as_is);
	else
		session_copy_drop(hold);
	if (err)
		return err;
	*to = *from;
	to->as_is = (struct text){ hold->p, hold->len };
	return 0;
}

void session_words_drop(struct session_words *w)
{
	session_copy_drop(&w->ours);
	session_copy_drop(&w->theirs);
	session_copy_drop(&w->our_offer);
	session_copy_drop(&w->their_offer);
	session_copy_drop(&w->heard);
	session_copy_drop(&w->next);
	session_copy_drop(&w->want);
}

/* ---- where they stand in offer and answer */

static void understand(struct offer *o, struct text t)
{
	if (offer_read(o, t, SRTP_OFFERED))
		memset(o, 0, sizeof(*o));
}

int relay_read(struct session *s, struct text body, struct offer *ret)
{
	if (body.len > SESSION_BODY_MAX)
		return EMSGSIZE;
	understand(ret, body);
	return session_copy_keep(&s->words.heard, body);
}

void relay_their_offer(struct session *s)
{
	take(&s->words.their_offer, &s->words.heard);
}

void relay_their_answer(struct session *s, bool preview)
{
	take(&s->words.theirs, &s->words.heard);
	if (!preview)
		relay_take_preview(s);
}

/* Another fork's answer may have brought it into force already. */
void relay_take_preview(struct session *s)
{
	if (s->words.our_offer.p)
		take(&s->words.ours, &s->words.our_offer);
}

void relay_rollback(struct session *s)
{
	session_copy_drop(&s->words.our_offer);
	session_copy_drop(&s->words.their_offer);
}

/* Without words of our own, after a death, what we had understood of them. */
int relay_refresh(struct session *s)
{
	const struct session_copy *ours = &s->words.ours;

	if (!ours->p)
		return s->state->d.ours.port ? 0 : ENOENT;
	return session_copy_keep(&s->words.our_offer,
				 (struct text){ ours->p, ours->len });
}

int relay_offer(struct session *s, struct text t)
{
	struct offer o;
	int err = session_copy_keep(&s->words.our_offer, t);

	if (err)
		return err;
	understand(&o, t);
	session_our_offer(s, &o);
	return 0;
}

static int answer(struct session *s, struct text t, bool preview)
{
	struct offer o;
	int err = session_copy_keep(&s->words.ours, t);

	if (err)
		return err;
	understand(&o, t);
	session_settle(s, &o, &s->state->d.pending, false, preview);
	if (!preview)
		take(&s->words.theirs, &s->words.their_offer);
	return 0;
}

int relay_describe(struct session *s, struct text t, bool preview,
		   struct writer *w)
{
	int err;

	if (!t.len)
		return ENOENT;
	if (s->state->d.sdp == SESSION_SDP_THEY_OFFERED)
		err = answer(s, t, preview);
	else
		err = relay_offer(s, t);
	if (err)
		return err;
	writer_text(w, t);
	return writer_finish(w);
}

bool relay_repeats(const struct session *s)
{
	const struct session_words *w = &s->words;

	return s->state->d.agreed && w->ours.p && w->theirs.p && w->heard.p &&
	       w->theirs.len == w->heard.len &&
	       !memcmp(w->theirs.p, w->heard.p, w->heard.len);
}

struct text session_said(const struct session *s)
{
	const struct session_words *w = &s->words;
	const struct session_copy *c =
		s->state->d.sdp == SESSION_SDP_THEY_OFFERED ? &w->their_offer
							    : &w->theirs;

	return (struct text){ c->p ? c->p : "", c->len };
}

/* ---- the ACK that waits for our answer */

int session_owe_ack(struct session *s, const struct session_invite *inv)
{
	s->ack_auth = inv->auth ? strdup(inv->auth) : NULL;
	if (inv->auth && !s->ack_auth)
		return ENOMEM;
	s->ack_seq = inv->seq;
	return 0;
}

void session_pay_ack(struct session *s, struct text sdp)
{
	if (!s->ack_seq)
		return;
	session_send_ack(s->all, &s->state->d.dialog, s->ack_seq, s->ack_auth,
			 sdp);
	if (sdp.len)
		s->acked_seq = s->ack_seq;
	s->ack_seq = 0;
	free(s->ack_auth);
	s->ack_auth = NULL;
}

/* Their 2xx comes again: so does our ACK, if it was sent. */
void session_ack_again(struct session *s, uint32_t seq, const char *auth)
{
	const struct session_copy *ours = &s->words.ours;
	struct text sdp = { "", 0 };

	if (s->ack_seq == seq)
		return;
	if (s->acked_seq == seq && ours->p)
		sdp = (struct text){ ours->p, ours->len };
	session_send_ack(s->all, &s->state->d.dialog, seq, auth, sdp);
}

int session_answer_ack(struct session *s, const struct offer_media *media)
{
	uint8_t body[SESSION_BODY_MAX];
	struct writer sdp = writer_on(body, sizeof(body));
	int err = session_describe(s, media, false, &sdp);

	if (err)
		return err;
	session_pay_ack(s, (struct text){ (const char *)sdp.buf, sdp.len });
	session_touch(s);
	session_flush(s);
	return 0;
}
