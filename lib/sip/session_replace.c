/*
 * Replaces (RFC 3891): an INVITE whose dialog is to take the place of another
 * one, and what names a dialog to somebody else.
 *
 * Found here, decided by the owner of the old session; what is not found, or
 * cannot be replaced, is answered here. Early dialogs are never replaced.
 */
#include "sip/session_parts.h"

static uint64_t identity(const struct pl *call_id, const struct pl *local_tag,
			 const struct pl *remote_tag)
{
	const struct pl *parts[] = { call_id, local_tag, remote_tag };
	uint64_t h = 14695981039346656037ull;

	for (unsigned i = 0; i < 3; i++) {
		for (size_t k = 0; k < parts[i]->l; k++)
			h = (h ^ (uint8_t)parts[i]->p[k]) * 1099511628211ull;
		h = (h ^ 0x100) * 1099511628211ull;
	}
	return h;
}

static struct pl pl_of(const char *s)
{
	return (struct pl){ s, strlen(s) };
}

void session_remember(struct session *s)
{
	const struct dialog *d = &s->state->d.dialog;
	struct pl call_id = pl_of(dialog_word(d, DIALOG_CALL_ID)),
		  local = pl_of(dialog_word(d, DIALOG_LOCAL_TAG)),
		  remote = pl_of(dialog_word(d, DIALOG_REMOTE_TAG));

	if (d->state != DIALOG_CONFIRMED)
		return;
	s->all->ended[s->all->ended_at++ % SESSION_ENDED] =
		identity(&call_id, &local, &remote);
}

static bool ended_before(const struct sessions *all, uint64_t identity)
{
	for (unsigned i = 0; i < SESSION_ENDED; i++)
		if (all->ended[i] == identity)
			return true;
	return false;
}

/* 3: which of ours does it name? 0 and *ret, or the code to refuse with. */
static unsigned find(struct sessions *all, struct text value,
		     struct session **ret)
{
	const char *semi = value.len ? memchr(value.p, ';', value.len) : NULL;
	struct text params, to, from, early;
	struct pl call_id, local, remote;
	struct session *s;

	if (!semi || semi == value.p)
		return 400;
	params = (struct text){ semi, value.len - (size_t)(semi - value.p) };
	if (!message_param(params, "to-tag", &to) || !to.len ||
	    !message_param(params, "from-tag", &from) || !from.len)
		return 400;
	call_id = (struct pl){ value.p, (size_t)(semi - value.p) };
	local = message_pl(to);
	remote = message_pl(from);
	s = sessions_find(all, &local, &call_id);
	if (!s || pl_strcmp(&remote, dialog_word(&s->state->d.dialog,
						 DIALOG_REMOTE_TAG)))
		return ended_before(all, identity(&call_id, &local, &remote))
			       ? 603
			       : 481;
	if (s->phase == PHASE_LEAVING)
		return 603;
	if (s->phase != PHASE_TALKING && s->phase != PHASE_ANSWERED)
		return s->phase == PHASE_CALLING ? 603 : 481;
	if (message_param(params, "early-only", &early))
		return 486;
	*ret = s;
	return 0;
}

unsigned session_replaced(struct sessions *all, const struct sip_msg *msg,
			  struct session **ret)
{
	struct text value, more;

	*ret = NULL;
	if (!message_header_at(msg, SIP_HDR_REPLACES, 0, &value))
		return 0;
	if (message_header_at(msg, SIP_HDR_REPLACES, 1, &more))
		return 400;
	return find(all, value, ret);
}

void session_move(struct session *s, struct session_state *to)
{
	struct session_state *from = s->state;

	if (session_is_left(s))
		return;
	*to = *from;
	explicit_bzero(from, sizeof(*from));
	s->state = to;
}

/* Of a header within a URI (RFC 3261 25.1, hvalue). */
static void write_escaped(struct writer *w, const char *p)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_.!~*'()";

	for (; *p; p++) {
		if (strchr(plain, *p))
			writer_copy(w, p, 1);
		else
			writer_printf(w, "%%%02X", (uint8_t)*p);
	}
}

int session_write_replaces(const struct session *s, struct writer *w)
{
	const struct dialog *d = &s->state->d.dialog;

	if (d->state != DIALOG_CONFIRMED)
		return EPROTO;
	if (!s->state->peer_replaces)
		return EOPNOTSUPP;
	writer_str(w, "Replaces=");
	write_escaped(w, dialog_word(d, DIALOG_CALL_ID));
	writer_str(w, "%3Bto-tag%3D");
	write_escaped(w, dialog_word(d, DIALOG_REMOTE_TAG));
	writer_str(w, "%3Bfrom-tag%3D");
	write_escaped(w, dialog_word(d, DIALOG_LOCAL_TAG));
	return 0;
}

/* Headers that a Contact may carry are no part of where it is. */
struct text session_target(const struct session *s)
{
	const char *target = dialog_word(&s->state->d.dialog, DIALOG_TARGET);

	return (struct text){ target, strcspn(target, "?") };
}
