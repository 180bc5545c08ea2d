#include "queue/queue.h"

size_t queue_bytes(uint32_t max)
{
	return sizeof(struct queue) + (size_t)max * sizeof(struct queue_waiter);
}

static void link_last(struct queue *q, uint32_t slot)
{
	struct queue_waiter *w = &q->waiters[slot];

	w->prev = q->last;
	w->next = QUEUE_NOBODY;
	if (q->last == QUEUE_NOBODY)
		q->first = slot;
	else
		q->waiters[q->last].next = slot;
	q->last = slot;
	q->count++;
	q->by_line[w->line]++;
}

static void unlink_waiter(struct queue *q, uint32_t slot)
{
	const struct queue_waiter *w = &q->waiters[slot];

	if (w->prev == QUEUE_NOBODY)
		q->first = w->next;
	else
		q->waiters[w->prev].next = w->next;
	if (w->next == QUEUE_NOBODY)
		q->last = w->prev;
	else
		q->waiters[w->next].prev = w->prev;
	q->count--;
	q->by_line[w->line]--;
}

static void clear_waiter(struct queue_waiter *w)
{
	*w = (struct queue_waiter){ .prev = QUEUE_NOBODY,
				    .next = QUEUE_NOBODY,
				    .agent = QUEUE_NOBODY };
}

static void empty(struct queue *q)
{
	q->first = QUEUE_NOBODY;
	q->last = QUEUE_NOBODY;
	q->count = 0;
	memset(q->by_line, 0, sizeof(q->by_line));
}

void queue_format(struct queue *q, uint32_t max)
{
	q->max = max;
	q->next_ticket = 1;
	q->next_turn = 1;
	empty(q);
	for (uint32_t i = 0; i < QUEUE_AGENTS; i++)
		q->agents[i] = (struct queue_agent){ .waiter = QUEUE_NOBODY };
	for (uint32_t i = 0; i < max; i++)
		clear_waiter(&q->waiters[i]);
}

/* Two lists that are sorted by ticket become one. */
static uint32_t merge(struct queue *q, uint32_t a, uint32_t b)
{
	uint32_t first = QUEUE_NOBODY;
	uint32_t *end = &first;

	while (a != QUEUE_NOBODY && b != QUEUE_NOBODY) {
		uint32_t *from =
			q->waiters[a].ticket <= q->waiters[b].ticket ? &a : &b;

		*end = *from;
		end = &q->waiters[*from].next;
		*from = *end;
	}
	*end = a != QUEUE_NOBODY ? a : b;
	return first;
}

/* All waiters in the order of their tickets, linked by next alone. */
static uint32_t sorted(struct queue *q)
{
	/* run[i] holds 2^i waiters in order, or nobody */
	uint32_t run[33];
	uint32_t all = QUEUE_NOBODY;

	for (unsigned i = 0; i < 33; i++)
		run[i] = QUEUE_NOBODY;
	for (uint32_t slot = 0; slot < q->max; slot++) {
		uint32_t carry = slot;
		unsigned i = 0;

		if (!q->waiters[slot].ticket)
			continue;
		q->waiters[slot].next = QUEUE_NOBODY;
		while (run[i] != QUEUE_NOBODY) {
			carry = merge(q, run[i], carry);
			run[i++] = QUEUE_NOBODY;
		}
		run[i] = carry;
	}
	for (unsigned i = 0; i < 33; i++)
		all = merge(q, run[i], all);
	return all;
}

static void mend_agents(struct queue *q)
{
	for (uint32_t i = 0; i < QUEUE_AGENTS; i++) {
		struct queue_agent *a = &q->agents[i];

		a->waiter = QUEUE_NOBODY;
		a->state = a->registered ? QUEUE_AGENT_IDLE : QUEUE_AGENT_AWAY;
		if (a->turn >= q->next_turn)
			q->next_turn = a->turn + 1;
	}
}

int queue_mend(struct queue *q, uint32_t max)
{
	uint32_t next;

	if (q->max != max)
		return EBADMSG;
	for (uint32_t i = 0; i < max; i++) {
		struct queue_waiter *w = &q->waiters[i];

		if (w->ticket && w->line >= QUEUE_LINES)
			return EBADMSG;
		if (!w->ticket)
			clear_waiter(w);
	}
	mend_agents(q);
	next = sorted(q);
	empty(q);
	while (next != QUEUE_NOBODY) {
		uint32_t slot = next;
		struct queue_waiter *w = &q->waiters[slot];

		next = w->next;
		w->state = QUEUE_WAITER_WAITING;
		w->agent = QUEUE_NOBODY;
		if (w->ticket >= q->next_ticket)
			q->next_ticket = w->ticket + 1;
		link_last(q, slot);
	}
	return 0;
}

int queue_join(struct queue *q, uint32_t slot, unsigned line, uint32_t line_max,
	       uint64_t now_ms, uint32_t *ret_ahead)
{
	struct queue_waiter *w;

	if (slot >= q->max || line >= QUEUE_LINES)
		return EINVAL;
	w = &q->waiters[slot];
	if (w->ticket)
		return EPROTO;
	if (q->by_line[line] >= line_max)
		return EMSGSIZE;
	w->since_ms = now_ms;
	w->told_ms = now_ms;
	w->agent = QUEUE_NOBODY;
	w->line = (uint8_t)line;
	w->state = QUEUE_WAITER_WAITING;
	*ret_ahead = q->count;
	w->ticket = q->next_ticket++;
	link_last(q, slot);
	return 0;
}

static void agent_last(struct queue *q, uint32_t agent)
{
	struct queue_agent *a = &q->agents[agent];

	a->turn = q->next_turn++;
	a->waiter = QUEUE_NOBODY;
	a->state = a->registered ? QUEUE_AGENT_IDLE : QUEUE_AGENT_AWAY;
}

void queue_leave(struct queue *q, uint32_t slot)
{
	struct queue_waiter *w;

	if (!queue_has(q, slot))
		return;
	w = &q->waiters[slot];
	if (w->state == QUEUE_WAITER_OFFERED) {
		struct queue_agent *a = &q->agents[w->agent];

		/* she did nothing wrong: she keeps her turn */
		a->waiter = QUEUE_NOBODY;
		a->state = a->registered ? QUEUE_AGENT_IDLE : QUEUE_AGENT_AWAY;
	}
	unlink_waiter(q, slot);
	clear_waiter(w);
}

bool queue_has(const struct queue *q, uint32_t slot)
{
	return slot < q->max && q->waiters[slot].ticket;
}

static uint32_t longest_idle(const struct queue *q, uint64_t now_ms)
{
	uint32_t best = QUEUE_NOBODY;

	for (uint32_t i = 0; i < QUEUE_AGENTS; i++) {
		const struct queue_agent *a = &q->agents[i];

		if (a->state != QUEUE_AGENT_IDLE || a->not_before_ms > now_ms)
			continue;
		if (best == QUEUE_NOBODY || a->turn < q->agents[best].turn)
			best = i;
	}
	return best;
}

/* Offered waiters are at most as many as nurses, so this does not go far. */
static uint32_t longest_waiting(const struct queue *q)
{
	uint32_t slot = q->first;

	while (slot != QUEUE_NOBODY &&
	       q->waiters[slot].state != QUEUE_WAITER_WAITING)
		slot = q->waiters[slot].next;
	return slot;
}

int queue_next(struct queue *q, uint64_t now_ms, uint32_t *ret_slot,
	       uint32_t *ret_agent)
{
	uint32_t slot = longest_waiting(q);
	uint32_t agent;

	if (slot == QUEUE_NOBODY)
		return ENOENT;
	agent = longest_idle(q, now_ms);
	if (agent == QUEUE_NOBODY)
		return ENOENT;
	q->waiters[slot].state = QUEUE_WAITER_OFFERED;
	q->waiters[slot].agent = agent;
	q->agents[agent].state = QUEUE_AGENT_RINGING;
	q->agents[agent].waiter = slot;
	*ret_slot = slot;
	*ret_agent = agent;
	return 0;
}

int queue_answered(struct queue *q, uint32_t slot)
{
	struct queue_waiter *w;
	uint32_t agent;

	if (!queue_has(q, slot))
		return ENOENT;
	w = &q->waiters[slot];
	if (w->state != QUEUE_WAITER_OFFERED)
		return EPROTO;
	agent = w->agent;
	unlink_waiter(q, slot);
	clear_waiter(w);
	queue_agent_busy(q, agent);
	return 0;
}

int queue_unanswered(struct queue *q, uint32_t slot, uint64_t now_ms)
{
	struct queue_waiter *w;

	if (!queue_has(q, slot))
		return ENOENT;
	w = &q->waiters[slot];
	if (w->state != QUEUE_WAITER_OFFERED)
		return EPROTO;
	q->agents[w->agent].not_before_ms = now_ms + QUEUE_REST_MS;
	agent_last(q, w->agent);
	w->agent = QUEUE_NOBODY;
	w->state = QUEUE_WAITER_WAITING;
	return 0;
}

void queue_tell(struct queue *q, unsigned line, uint64_t every_ms,
		uint64_t now_ms, queue_tell_h *tell, void *arg)
{
	uint32_t ahead = 0;

	if (!every_ms)
		return;
	for (uint32_t at = q->first; at != QUEUE_NOBODY;
	     at = q->waiters[at].next, ahead++) {
		struct queue_waiter *w = &q->waiters[at];

		if (w->line != line || w->state != QUEUE_WAITER_WAITING ||
		    now_ms - w->told_ms < every_ms)
			continue;
		w->told_ms = now_ms;
		tell(arg, at, ahead);
	}
}

void queue_agent_registered(struct queue *q, uint32_t agent, bool here)
{
	struct queue_agent *a;

	if (agent >= QUEUE_AGENTS)
		return;
	a = &q->agents[agent];
	a->registered = here;
	if (here && a->state == QUEUE_AGENT_AWAY) {
		a->not_before_ms = 0;
		agent_last(q, agent);
	} else if (!here && a->state == QUEUE_AGENT_IDLE) {
		a->state = QUEUE_AGENT_AWAY;
	}
}

void queue_agent_busy(struct queue *q, uint32_t agent)
{
	if (agent >= QUEUE_AGENTS)
		return;
	q->agents[agent].state = QUEUE_AGENT_BUSY;
	q->agents[agent].waiter = QUEUE_NOBODY;
}

void queue_agent_free(struct queue *q, uint32_t agent)
{
	if (agent >= QUEUE_AGENTS || q->agents[agent].state != QUEUE_AGENT_BUSY)
		return;
	q->agents[agent].not_before_ms = 0;
	agent_last(q, agent);
}

bool queue_attended(const struct queue *q)
{
	for (uint32_t i = 0; i < QUEUE_AGENTS; i++)
		if (q->agents[i].registered)
			return true;
	return false;
}
