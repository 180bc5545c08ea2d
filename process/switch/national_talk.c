/*
 * In a call at a national node: what one side asks is the other's affair, and
 * descriptions go from one to the other byte for byte.
 */
#include "process/switch/national.h"

struct offer_media national_passed(const struct session *from)
{
	return (struct offer_media){ .as_is = session_said(from) };
}

static enum side other_of(enum side side)
{
	return side == SIDE_CALLER ? SIDE_NURSE : SIDE_CALLER;
}

/*
 * An offer of one side, or its wish to hear one: the other's affair. What it
 * came by is what it goes on by. Where both ask something at once, neither
 * could ever answer: the second is told to come again.
 */
void national_offered(struct switch_self *self, struct call *c, enum side side)
{
	struct session *s = call_session(self, c, side);
	struct session *o = call_session(self, c, other_of(side));
	struct offer_media media = { 0 };
	int err;

	if (c->asked == ASKED_HERE) {
		asking_offered(self, c, side);
		return;
	}
	if (!o) {
		session_refuse(s, 488);
		return;
	}
	if (session_pending(s))
		media = national_passed(s);
	if (session_waiting(o) && !session_pending(o) && media.as_is.len) {
		/* the offer that it wished for */
		if (session_answer(o, &media))
			session_refuse(o, 488);
		return;
	}
	err = session_waiting(o)           ? EPROTO
	      : session_asked_by_update(s) ? session_update(o, &media)
					   : session_offer(o, &media);
	if (err)
		session_refuse(s, 491);
}

void national_offer_answered(struct switch_self *self, struct call *c,
			     enum side side, bool ok, unsigned code)
{
	struct session *s = call_session(self, c, side);
	struct session *o = call_session(self, c, other_of(side));
	struct offer_media media;

	if (!s || !o || !session_waiting(o))
		return;
	media = national_passed(s);
	if (!ok && c->asked == ASKED_HERE) {
		asking_carry(self, c);
	} else if (!ok) {
		session_refuse(o, code);
	} else if (session_answer(o, &media)) {
		session_refuse(o, 488);
	} else if (c->asked == ASKED_HERE) {
		asking_leave(self, c);
		national_connected(self, c);
	}
}
