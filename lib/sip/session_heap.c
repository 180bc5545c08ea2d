/*
 * When a session is to be looked at again: a binary heap, the soonest at index
 * 1, and one timer of the loop for all.
 */
#include <stdlib.h>

#include "sip/session_parts.h"

static void heap_put(struct sessions *all, size_t at, struct session *s)
{
	all->heap[at] = s;
	s->heap_at = at;
}

static void heap_up(struct sessions *all, size_t at)
{
	struct session *s = all->heap[at];

	while (at > 1 && all->heap[at / 2]->due > s->due) {
		heap_put(all, at, all->heap[at / 2]);
		at /= 2;
	}
	heap_put(all, at, s);
}

static void heap_down(struct sessions *all, size_t at)
{
	struct session *s = all->heap[at];

	for (;;) {
		size_t child = at * 2;

		if (child > all->heap_len)
			break;
		if (child < all->heap_len &&
		    all->heap[child + 1]->due < all->heap[child]->due)
			child++;
		if (all->heap[child]->due >= s->due)
			break;
		heap_put(all, at, all->heap[child]);
		at = child;
	}
	heap_put(all, at, s);
}

static void heap_remove(struct session *s)
{
	struct sessions *all = s->all;
	struct session *last = all->heap[all->heap_len--];
	size_t at = s->heap_at;

	s->heap_at = 0;
	if (last == s)
		return;
	heap_put(all, at, last);
	heap_up(all, at);
	heap_down(all, last->heap_at);
}

/* Room for one more was made when the session was. */
static void heap_insert(struct session *s)
{
	struct sessions *all = s->all;

	heap_put(all, ++all->heap_len, s);
	heap_up(all, all->heap_len);
}

void session_unschedule(struct session *s)
{
	if (s->heap_at)
		heap_remove(s);
}

int sessions_heap_room(struct sessions *all)
{
	size_t max = all->heap_max ? all->heap_max * 2 : 64;
	struct session **grown;

	if (all->count + 2 < all->heap_max)
		return 0;
	while (max <= all->count + 2)
		max *= 2;
	grown = reallocarray(all->heap, max, sizeof(struct session *));
	if (!grown)
		return ENOMEM;
	all->heap = grown;
	all->heap_max = max;
	return 0;
}

static void on_timer(uv_timer_t *timer)
{
	struct sessions *all = timer->data;

	all->armed_at = 0;
	sessions_tick(all, all->clock_ms());
}

static void arm(struct sessions *all)
{
	uint64_t due = sessions_due(all);
	uint64_t now;

	if (!all->timer || !due || (all->armed_at && all->armed_at <= due))
		return;
	now = all->clock_ms();
	all->armed_at = due;
	(void)uv_timer_start(all->timer, on_timer, due > now ? due - now : 0,
			     0);
}

static void sooner(uint64_t *due, uint64_t at)
{
	if (at && (!*due || at < *due))
		*due = at;
}

void session_touch(struct session *s)
{
	uint64_t due = 0;

	if (session_is_gone(s))
		return;
	if (s->reliable.waiting) {
		sooner(&due, s->reliable.again_at);
		sooner(&due, s->reliable.give_up_at);
	}
	if (s->phase == PHASE_TALKING || s->phase == PHASE_ANSWERED) {
		sooner(&due, s->retry_at);
		sooner(&due, s->state->refresh_at_ms);
		sooner(&due, s->state->expire_at_ms);
	}
	if (due == s->due && (s->heap_at || !due))
		return;
	if (s->heap_at)
		heap_remove(s);
	s->due = due;
	if (due)
		heap_insert(s);
	arm(s->all);
}

uint64_t sessions_due(const struct sessions *all)
{
	return all->heap_len ? all->heap[1]->due : 0;
}

static void tick(struct session *s, uint64_t now)
{
	session_reliable_tick(s, now);
	if (!session_is_gone(s))
		session_change_tick(s, now);
	session_touch(s);
}

void sessions_tick(struct sessions *all, uint64_t now_ms)
{
	sessions_reap(all);
	/* each once; who is still due has to wait for the next round */
	for (size_t n = all->heap_len; n && all->heap_len; n--) {
		struct session *s = all->heap[1];

		if (s->due > now_ms)
			break;
		tick(s, now_ms);
		if (!session_is_gone(s) && s->due && s->due <= now_ms) {
			/* nothing came of it: not to spin */
			heap_remove(s);
			s->due = now_ms + 100;
			heap_insert(s);
		}
	}
	arm(all);
}
