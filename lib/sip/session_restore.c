/*
 * A session out of memory that outlived the process which wrote it, and which
 * may have been broken into before.
 */
#include "sip/session_parts.h"

/* It stands in our Contact. */
static bool user_sane(const char *p, size_t max)
{
	const char *end = memchr(p, '\0', max);

	for (; end && p < end; p++)
		if (*p <= ' ' || strchr("<>\"@;?,\x7f", *p))
			return false;
	return end != NULL;
}

static bool sane(const struct session_state *state)
{
	const struct session_dialog *d = &state->d;

	return state->magic == SESSION_STATE_MAGIC && !(state->writing & 1) &&
	       dialog_sane(&d->dialog) && d->sdp <= SESSION_SDP_STABLE &&
	       (!d->agreed ||
		(offer_sane(&d->ours) && offer_sane(&d->theirs))) &&
	       state->srtp <= SRTP_REQUIRED && state->trunk >= -1 &&
	       state->trunk < SETTINGS_TRUNKS &&
	       state->interval_s <= SESSION_TIMER_MAX_S &&
	       user_sane(state->user, sizeof(state->user));
}

int session_restore(struct session **ret, struct sessions *all,
		    struct session_state *state, void *owner,
		    const struct session_terms *terms)
{
	struct session_dialog *d = &state->d;
	struct session *s;

	if (!sane(state)) {
		state->magic = 0;
		return EBADMSG;
	}
	if (d->dialog.state != DIALOG_CONFIRMED || !d->agreed) {
		state->magic = 0;
		return EPROTO;
	}
	s = session_new(all, state, owner, terms);
	if (!s)
		return ENOMEM;
	s->phase = PHASE_TALKING;
	/* what was on its way is lost; what was agreed before holds */
	session_rollback(s);
	session_hash(s);
	session_touch(s);
	*ret = s;
	return 0;
}
