/*
 * Between our INVITE and its final answer: early dialogs, of which a forked
 * INVITE has several, and reliable responses (RFC 3262). The dialog last heard
 * is the current one, in the session's state; the others wait in a list.
 */
#include <stdlib.h>

#include "sip/session_parts.h"

void session_drop_forks(struct session *s)
{
	while (s->forks) {
		struct session_fork *f = s->forks;

		s->forks = f->next;
		session_copy_drop(&f->theirs);
		free(f);
	}
	s->fork_count = 0;
}

static bool is_current(const struct session_dialog *d, const struct pl *tag)
{
	return d->dialog.state != DIALOG_NONE &&
	       !pl_strcmp(tag, dialog_word(&d->dialog, DIALOG_REMOTE_TAG));
}

/* Change places with the current one. */
static void swap_in(struct session *s, struct session_fork *f)
{
	struct session_dialog current = s->state->d;
	uint32_t seq = current.dialog.local_seq;
	struct session_copy theirs;

	session_begin(s);
	s->state->d = f->d;
	/* numbers of one space never hurt, and go up in each dialog */
	if (s->state->d.dialog.local_seq < seq)
		s->state->d.dialog.local_seq = seq;
	session_done(s);
	f->d = current;
	theirs = s->words.theirs;
	s->words.theirs = f->theirs;
	f->theirs = theirs;
}

static struct session_fork *fork_new(struct session *s)
{
	struct session_fork *f;

	if (s->fork_count == SESSION_FORKS)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->next = s->forks;
	s->forks = f;
	s->fork_count++;
	return f;
}

/* A new fork begins where our INVITE left off: our offer, no answer. */
static bool fork_begin(struct session *s)
{
	struct session_fork *f = fork_new(s);
	struct session_dialog *d = &s->state->d;

	if (!f)
		return false;
	session_begin(s);
	f->d = *d;
	f->theirs = s->words.theirs;
	s->words.theirs = (struct session_copy){ NULL, 0 };
	dialog_unanswer(&d->dialog);
	if (d->sdp != SESSION_SDP_WE_OFFERED)
		d->pending = d->ours;
	d->sdp = session_first_sdp(s);
	d->agreed = d->previewed = 0;
	d->rseq = 0;
	session_done(s);
	return true;
}

/* Make the dialog of this tag the current one. False: no room for it. */
bool session_pick_tag(struct session *s, const struct pl *tag, bool may_begin)
{
	struct session_dialog *d = &s->state->d;

	if (is_current(d, tag))
		return true;
	for (struct session_fork *f = s->forks; f; f = f->next) {
		if (is_current(&f->d, tag)) {
			swap_in(s, f);
			return true;
		}
	}
	if (!may_begin)
		return false;
	return d->dialog.state == DIALOG_NONE || fork_begin(s);
}

/* For a request: its dialog must be there. */
bool session_pick(struct session *s, const struct sip_msg *msg)
{
	return session_pick_tag(s, &msg->from.tag, false);
}

void session_peer_features(struct session *s, const struct sip_msg *msg)
{
	struct session_state *st = s->state;

	if (message_header(msg, SIP_HDR_ALLOW).p) {
		st->peer_update =
			message_has_token(msg, SIP_HDR_ALLOW, "UPDATE");
		st->peer_no_refer =
			!message_has_token(msg, SIP_HDR_ALLOW, "REFER");
	}
	st->peer_100rel = message_has_token(msg, SIP_HDR_SUPPORTED, "100rel") ||
			  message_has_token(msg, SIP_HDR_REQUIRE, "100rel");
	st->peer_replaces =
		message_has_token(msg, SIP_HDR_SUPPORTED, "replaces");
	st->peer_timer = message_has_token(msg, SIP_HDR_SUPPORTED, "timer") ||
			 message_has_token(msg, SIP_HDR_REQUIRE, "timer");
}

/* ---- 1xx */

static void send_prack(struct session *s, uint32_t rseq,
		       const struct sip_msg *msg)
{
	uint8_t bytes[64];
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct stack_client *c;

	/* a PRACK that fails leaves the INVITE to decide */
	writer_printf(&w, "RAck: %u %u INVITE\r\n", rseq, msg->cseq.num);
	(void)!session_send(s, &c, METHOD_PRACK, &w, TEXT(""), TEXT(""),
			    session_ignore, NULL);
}

/*
 * RFC 3262 section 4: the first sets the sequence, each next must be one
 * higher; what is out of order or seen before is neither acknowledged nor
 * processed. True: go on with it.
 */
static bool take_reliable(struct session *s, const struct sip_msg *msg)
{
	struct session_dialog *d = &s->state->d;
	uint64_t rseq = message_number(msg, SIP_HDR_RSEQ, 0);

	if (!rseq || rseq > UINT32_MAX ||
	    (d->rseq && rseq != (uint64_t)d->rseq + 1))
		return false;
	d->rseq = (uint32_t)rseq;
	send_prack(s, d->rseq, msg);
	return true;
}

static void bad_answer(struct session *s)
{
	(void)!stack_cancel(s->invite_out->client);
	if (session_is_left(s))
		return;
	{
		void *owner = s->owner;

		/* linger, so that a 2xx that crosses gets its ACK and BYE */
		if (!session_detach(s))
			session_bury(s);
		s->all->h.ended(owner, s, SESSION_END_BAD_ANSWER);
	}
}

/* False: the session is over. */
static bool early_answer(struct session *s, const struct sip_msg *msg,
			 bool reliable)
{
	struct offer answer;
	int err;

	if (s->state->d.sdp != SESSION_SDP_WE_OFFERED)
		return true;
	err = session_read_sdp(s, msg, &answer);
	if (err == ENOENT)
		return true;
	if (!err)
		err = session_their_answer(s, &answer, !reliable);
	if (err && reliable) {
		bad_answer(s);
		return false;
	}
	return true;
}

void session_on_provisional(struct session *s, unsigned code,
			    const struct sip_msg *msg, const struct flow *flow)
{
	struct dialog *d = &s->state->d.dialog;
	bool reliable = message_has_token(msg, SIP_HDR_REQUIRE, "100rel");
	bool early;

	if (msg->to.tag.l) {
		if (!session_pick_tag(s, &msg->to.tag, true))
			return;
		session_begin(s);
		/* without a usable Contact there is no early dialog, but it
		 * still rings */
		if (dialog_response(d, d, msg, flow))
			reliable = false;
		session_done(s);
		session_peer_features(s, msg);
		if (reliable && !take_reliable(s, msg))
			return;
		if (!early_answer(s, msg, reliable))
			return;
	}
	early = s->state->d.agreed || s->state->d.previewed;
	s->all->h.progress(s->owner, s, code, early);
	if (!session_is_left(s))
		session_flush(s);
}
