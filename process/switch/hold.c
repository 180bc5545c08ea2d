/*
 * hold -- offers within a call, carried from one leg to the other
 *
 * Who holds is answered at once. The other side then hears music and is told
 * by a re-INVITE of its own (sendonly); until both let go, nobody is bridged.
 * Letting go may show in an offer or in an answer.
 */
#include "process/switch/self.h"

#include "base/log.h"

static enum side other_of(const struct call *c, enum side side)
{
	return side == SIDE_CALLER ? (enum side)c->with : SIDE_CALLER;
}

void hold_bridge(struct switch_self *self, struct call *c, bool on)
{
	legs_bridge(self, c, SIDE_CALLER, (enum side)c->with, on);
}

/* Our word to the held side, or to the one that is held no longer. */
static void tell_other(struct switch_self *self, struct call *c, enum side side)
{
	struct session *s = call_session(self, c, side);
	struct offer_media media;

	if (!s)
		return;
	legs_media(self, c, side, &media);
	/* a refusal changes nothing: he hears music all the same */
	if (session_offer(s, &media))
		log_debug("a hold could not be carried on");
}

static void held(struct switch_self *self, struct call *c, enum side other)
{
	if (!call_event(self, c, CALL_EVENT_HELD))
		return;
	hold_bridge(self, c, false);
	line_play_music(self, c, other);
	fate_mark(self, c, MARK_HOLD);
	say_call(self, c, EVENT_CALL_HELD, ",\"held\":true");
}

static void resumed(struct switch_self *self, struct call *c, enum side other)
{
	legs_stop(self, c, other);
	if (c->legs[SIDE_CALLER].holds || c->legs[c->with].holds)
		return; /* the other one still holds */
	if (!call_event(self, c, CALL_EVENT_RESUMED))
		return;
	hold_bridge(self, c, true);
	fate_mark(self, c, MARK_RESUME);
	say_call(self, c, EVENT_CALL_HELD, ",\"held\":false");
}

static void carry(struct switch_self *self, struct call *c, enum side side,
		  bool holds)
{
	enum side other = other_of(c, side);

	if (c->legs[side].holds == holds)
		return;
	c->legs[side].holds = holds;
	if (c->state != CALL_TALKING && c->state != CALL_HELD)
		return; /* he listens to us: nobody else is concerned */
	if (holds)
		held(self, c, other);
	else
		resumed(self, c, other);
	if (c->state == CALL_TALKING || c->state == CALL_HELD)
		tell_other(self, c, other);
}

void hold_offered(struct switch_self *self, struct call *c, enum side side)
{
	struct session *s = call_session(self, c, side);
	const struct offer *theirs = session_pending(s);
	struct offer_media media;
	bool holds = theirs && offer_is_hold(theirs);
	bool offerless = !theirs;
	int err;

	legs_media(self, c, side, &media);
	err = session_answer(s, &media);
	if (err) {
		/* another codec than the one in use, or nothing we know */
		session_refuse(s, err == ENOENT ? 488 : 500);
		return;
	}
	if (offerless)
		return; /* hold_answered() goes on */
	if (legs_set(self, c, side))
		log_debug("nothing agreed after an offer");
	carry(self, c, side, holds);
}

/*
 * An answer may let go of a hold, or begin one: an offer of his that met ours
 * (RFC 3261 14.1) is not always made again. Where the other one holds we
 * offered sendonly, and "inactive" to that says nothing about him.
 */
void hold_learn(struct switch_self *self, struct call *c, enum side side)
{
	const struct offer *theirs =
		session_theirs(call_session(self, c, side));
	bool holds = theirs && offer_is_hold(theirs);

	if (theirs && !(holds && c->legs[other_of(c, side)].holds))
		carry(self, c, side, holds);
}

void hold_answered(struct switch_self *self, struct call *c, enum side side)
{
	if (legs_set(self, c, side))
		log_debug("nothing agreed after an answer");
	if (c->recoding && side == SIDE_CALLER)
		nurse_codecs_agreed(self, c, true);
	else
		hold_learn(self, c, side);
}
