/*
 * wish -- what a caller at the line wishes by a key, until a nurse answers
 *
 * To hear more: the long form of the notice. In the notice it follows what he
 * hears, so that the notice stays whole; in the queue it comes at once, in each
 * language, in place of the music. How much of it he heard is evidence of the
 * same kind as the notice's own, and no condition of anything.
 *
 * Not to be recorded: he objects, and the controller's rule for the line says
 * what follows. By either rule he is answered.
 */
#include "process/switch/self.h"

#include <stdio.h>

#include "base/metric.h"

/* ---- the long form */

static unsigned long_of(unsigned notice)
{
	return PROMPTS_NOTICES + notice;
}

/* In the notice from its rendering, later from the one in force. */
static bool settle_long(struct switch_self *self, struct call *c,
			unsigned notice)
{
	const struct line *line = &self->p->settings->lines[c->line];

	if (c->state == CALL_NOTICE) /* settled when it began */
		return c->told[long_of(notice)].of > 0;
	return !line->removed && notice < line->notice_count &&
	       told_settle_one(self, c, line, long_of(notice));
}

static void play_long(struct switch_self *self, struct call *c, unsigned notice)
{
	const struct line *line = &self->p->settings->lines[c->line];
	unsigned order = c->state == CALL_NOTICE ? c->prompt_line : line->order;

	c->playing = PLAYING_LONG;
	c->long_played = (uint8_t)notice;
	legs_play(self, c, SIDE_CALLER,
		  prompt_index(order, PROMPT_LONG, notice), false);
	c->long_serial = c->serial;
}

bool wish_next(struct switch_self *self, struct call *c, unsigned from,
	       unsigned to)
{
	for (unsigned i = from; i < to && i < PROMPTS_NOTICES; i++) {
		if (!(c->long_wanted & 1u << i))
			continue;
		c->long_wanted &= (uint8_t) ~(1u << i);
		if (settle_long(self, c, i)) {
			play_long(self, c, i);
			return true;
		}
	}
	return false;
}

void wish_played(struct switch_self *self, struct call *c, bool complete,
		 uint32_t samples)
{
	c->long_serial = 0;
	told_played(self, c, long_of(c->long_played), complete, samples);
}

static void more(struct switch_self *self, struct call *c)
{
	if (c->state == CALL_NOTICE) {
		if (c->playing != PLAYING_LONG)
			c->long_wanted |= (uint8_t)(1u << c->notice);
		return;
	}
	if (c->playing == PLAYING_LONG)
		return;
	c->long_wanted = (1u << PROMPTS_NOTICES) - 1;
	(void)wish_next(self, c, 0, PROMPTS_NOTICES);
}

/* ---- to object */

static void object(struct switch_self *self, struct call *c,
		   const struct line *line)
{
	if (c->objected)
		return;
	c->objected = line->objected_recorded ? OBJECTED_NOTED : OBJECTED;
	metric_add(METRIC_calls_objected, 1);
	say_call(self, c, EVENT_CALL_OBJECTED,
		 line->objected_recorded ? ",\"rule\":\"recorded\""
					 : ",\"rule\":\"not-recorded\"");
}

/* ---- the keys */

void wish_key(struct switch_self *self, struct call *c, char key)
{
	const struct line *line = &self->p->settings->lines[c->line];
	bool waits = c->state == CALL_NOTICE || c->state == CALL_QUEUED ||
		     c->state == CALL_RINGING;

	if (c->national || !waits || line->removed)
		return;
	if (key == line->object_key)
		object(self, c, line);
	else if (key == line->long_key)
		more(self, c);
}
