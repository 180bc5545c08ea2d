/*
 * Their requests within the dialog, as a table: what is taken in which phase,
 * by whom, and what is said otherwise.
 */
#include "sip/session_parts.h"

#define IN(phase) (1U << PHASE_##phase)
#define IN_CALL (IN(ANSWERED) | IN(TALKING))
#define IN_ALL (IN(CALLING) | IN(RINGING) | IN_CALL)

typedef void take_h(struct session *s, struct stack_server *t,
		    const struct sip_msg *msg);

/* ---- changes of media */

static void refuse_body(struct session *s, struct stack_server *t, int err)
{
	session_turn_away(s->all, t,
			  err == EINVAL     ? 415
			  : err == EMSGSIZE ? 488
					    : 400);
}

/* RFC 4028 9, for every session refresh request. False: it was refused. */
static bool timer_fits(struct session *s, struct stack_server *t,
		       const struct sip_msg *msg)
{
	struct session_timer_ours ours = { s->expires_s, s->all->min_se_s };
	struct session_timer_said said;
	struct session_timer timer;

	if (session_timer_read(&said, msg)) {
		(void)!stack_answer(t, 400);
		return false;
	}
	if (session_timer_judge(&timer, &said, &ours)) {
		session_turn_away(s->all, t, 422);
		return false;
	}
	return true;
}

/*
 * May they offer now? While our own offer is out: 491; while theirs waits for
 * us, or nothing was agreed yet: 500 and come again (RFC 3261 14.2, RFC 3311
 * 5.2). False: it was answered.
 */
static bool may_offer(struct session *s, struct stack_server *t)
{
	switch ((enum session_sdp)s->state->d.sdp) {
	case SESSION_SDP_STABLE:
		return true;
	case SESSION_SDP_WE_OFFERED:
		(void)!stack_answer(t, 491);
		return false;
	case SESSION_SDP_THEY_OFFERED:
	case SESSION_SDP_NONE:
		break;
	}
	session_retry_later(t);
	return false;
}

/* RFC 4028 7.4 and 8: a session refresh that changes nothing repeats what was
 * said, down to the version. It bothers nobody. */
static bool repeats(const struct session *s, const struct offer *o)
{
	const struct offer *theirs = &s->state->d.theirs;

	if (s->all->relays)
		return relay_repeats(s);
	return s->state->d.agreed && o->session_id == theirs->session_id &&
	       o->version == theirs->version && offer_same(o, theirs);
}

static void accept_repeated(struct session *s)
{
	uint8_t body[SESSION_BODY_MAX];
	struct writer sdp = writer_on(body, sizeof(body));
	const struct session_copy *as_is = &s->words.ours;

	if (s->all->relays)
		writer_copy(&sdp, as_is->p, as_is->len);
	else
		offer_write(&sdp, &s->state->d.ours);
	(void)!session_accept_invite(s, &sdp);
}

static void take_invite(struct session *s, struct stack_server *t,
			const struct sip_msg *msg)
{
	struct offer o;
	int err;

	if (s->invite_in) {
		session_retry_later(t);
		return;
	}
	if (s->invite_out) {
		(void)!stack_answer(t, 491);
		return;
	}
	if (!may_offer(s, t) || !timer_fits(s, t, msg))
		return;
	err = session_read_sdp(s, msg, &o);
	if (err && err != ENOENT) {
		refuse_body(s, t, err);
		return;
	}
	session_watch_invite(s, t, msg->cseq.num);
	session_peer_features(s, msg);
	if (!err && repeats(s, &o)) {
		accept_repeated(s);
		return;
	}
	if (!err)
		session_their_offer(s, &o);
	s->all->h.offered(s->owner, s);
}

/* Nothing but a sign of life, and perhaps a new target. */
static void update_plain(struct session *s, struct stack_server *t,
			 const struct sip_msg *msg)
{
	uint8_t bytes[128];
	struct writer w = writer_on(bytes, sizeof(bytes));

	session_begin(s);
	dialog_refresh(&s->state->d.dialog, msg, stack_server_flow(t));
	session_done(s);
	session_answer_timer(s, msg, &w);
	(void)!session_reply(s, t, 200, &w, NULL);
}

static void take_update(struct session *s, struct stack_server *t,
			const struct sip_msg *msg)
{
	struct offer o;
	int err;

	if (!timer_fits(s, t, msg))
		return;
	session_peer_features(s, msg);
	err = session_read_sdp(s, msg, &o);
	if (err == ENOENT) {
		update_plain(s, t, msg);
		return;
	}
	if (err) {
		refuse_body(s, t, err);
		return;
	}
	if (!may_offer(s, t))
		return;
	session_their_offer(s, &o);
	session_watch_offer(s, t);
	s->all->h.offered(s->owner, s);
}

/* ---- the end */

static void take_bye(struct session *s, struct stack_server *t,
		     const struct sip_msg *msg)
{
	void *owner = s->owner;

	(void)msg;
	(void)!stack_answer(t, 200);
	/* RFC 3261 15.1.2: what is pending gets 487 */
	if (s->invite_in && !s->invite_in_final)
		(void)!stack_answer(s->invite_in, 487);
	if (s->phase == PHASE_CALLING && s->invite_out) {
		/* an early dialog hung up: the INVITE itself is ours to end */
		(void)!stack_cancel(s->invite_out->client);
		if (session_detach(s)) {
			s->all->h.ended(owner, s, SESSION_END_BYE);
			return;
		}
	}
	session_over(s, SESSION_END_BYE);
}

/* ---- the rest */

/* The stack adds Allow. */
static void take_options(struct session *s, struct stack_server *t,
			 const struct sip_msg *msg)
{
	struct stack_reply r = { .code = 200,
				 .headers = TEXT("Accept: application/sdp\r\n"
						 "Supported: " SESSION_SUPPORTED
						 "\r\n") };

	(void)msg;
	r.contact_user = text_of(s->state->user);
	(void)!stack_reply(t, &r);
}

/* ---- the table */

static const struct rule {
	uint16_t phases; /* in which it is taken; 0: 405 always */
	uint16_t otherwise;
	take_h *take;
} rules[METHOD_COUNT] = {
	/* RFC 3261 14.2: before our answer 500, before theirs 491 */
	[METHOD_INVITE] = { IN(TALKING), 500, take_invite },
	[METHOD_BYE] = { IN_ALL, 481, take_bye },
	[METHOD_PRACK] = { IN_ALL, 481, session_on_prack },
	[METHOD_UPDATE] = { IN_ALL, 481, take_update },
	[METHOD_INFO] = { IN_ALL, 481, session_on_info },
	[METHOD_OPTIONS] = { IN_ALL, 481, take_options },
	[METHOD_REFER] = { IN_CALL, 603, session_on_refer },
	[METHOD_NOTIFY] = { IN_CALL, 481, session_on_notify },
};

/* Nobody owns it any more; only the peer's BYE matters. */
static void left_behind(struct session *s, struct stack_server *t,
			enum message_method m)
{
	(void)!stack_answer(t, m == METHOD_BYE ? 200 : 481);
	if (m == METHOD_BYE && !s->invite_out)
		session_bury(s);
}

void session_inside(struct session *s, struct stack_server *t,
		    const struct sip_msg *msg, const struct flow *flow)
{
	enum message_method m = message_method_of(msg);
	const struct rule *rule = &rules[m];

	(void)flow;
	if (m == METHOD_ACK) {
		session_on_ack(s, msg);
		return;
	}
	if (!t)
		return;
	/* RFC 3261 12.2.2 */
	if (dialog_check(&s->state->d.dialog, msg)) {
		(void)!stack_answer(t, 500);
		return;
	}
	if (s->phase == PHASE_LEAVING) {
		left_behind(s, t, m);
	} else if (!rule->phases) {
		(void)!stack_answer(t, 405);
	} else if (rule->phases & (1U << s->phase)) {
		rule->take(s, t, msg);
	} else if (m == METHOD_INVITE && s->phase == PHASE_CALLING) {
		(void)!stack_answer(t, 491);
	} else if (m == METHOD_INVITE) {
		session_retry_later(t);
	} else {
		(void)!stack_answer(t, rule->otherwise);
	}
	session_touch(s);
}
