/*
 * waiting -- how long the queues are: told by who has them, heeded by who
 * sends the calls
 *
 * A national node learns of its providers' queues with each keep-alive, so
 * that a route with queue-max or wait-max is passed while its queue is long.
 */
#include "process/switch/national.h"

#include "base/clock.h"
#include "base/log.h"

uint64_t waiting_longest_s(const struct switch_self *self, unsigned line,
			   uint64_t now_ms)
{
	const struct queue *q = self->queue;

	for (uint32_t at = q->first; at != QUEUE_NOBODY;
	     at = q->waiters[at].next)
		if (q->waiters[at].line == line)
			return (now_ms - q->waiters[at].since_ms) / 1000;
	return 0;
}

/* ---- who has them */

static void tell_line(const struct switch_self *self, unsigned i,
		      struct waiting *to)
{
	const struct line *line = &self->p->settings->lines[i];
	struct waiting_line *l = &to->lines[to->count];
	uint64_t longest = waiting_longest_s(self, i, clock_mono_ms());

	if (line->removed || to->count == WAITING_LINES ||
	    text_copy(l->line, sizeof(l->line), text_of(line->number)))
		return;
	l->callers = self->queue->by_line[i];
	l->longest_s = longest < WAITING_SECONDS_MAX ? (uint32_t)longest
						     : WAITING_SECONDS_MAX;
	to->count++;
}

void waiting_tell(const struct switch_self *self, const struct flow *flow,
		  struct writer *headers)
{
	const struct settings *s = self->p->settings;
	struct waiting told = { .count = 0 };

	if (s->role == NODE_NATIONAL || flow->trunk < 0 ||
	    !s->trunks[flow->trunk].trusted)
		return;
	for (unsigned i = 0; i < s->line_count; i++)
		tell_line(self, i, &told);
	if (!told.count)
		return;
	writer_str(headers, WAITING_HEADER ": ");
	waiting_write(headers, &told);
	writer_str(headers, "\r\n");
}

/* ---- who sends the calls */

void waiting_heard(struct trunk_live *t, const struct sip_msg *answer)
{
	const struct trunk *trunk =
		&t->self->p->settings->trunks[t - t->self->trunks];

	t->waiting.count = 0;
	if (trunk->trusted &&
	    waiting_read(message_xheader(answer, WAITING_HEADER), &t->waiting))
		log_notice("trunk %s says nothing sensible of its queues",
			   trunk->name);
}

void waiting_state(const struct trunk_live *t, struct text line,
		   struct decide_state *ret)
{
	const struct waiting_line *l = waiting_find(&t->waiting, line);

	ret->waiting = l ? l->callers : 0;
	ret->wait_s = l ? l->longest_s : 0;
}

unsigned waiting_callers(const struct trunk_live *t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < t->waiting.count; i++)
		n += t->waiting.lines[i].callers;
	return n;
}
