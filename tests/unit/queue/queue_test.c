/*
 * queue -- order, patience and fairness, in virtual time
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "queue/queue.h"

#define MANY 40000u

static struct queue *queue_new(uint32_t max, unsigned nurses)
{
	struct queue *q = malloc(queue_bytes(max));

	assert_non_null(q);
	queue_format(q, max);
	for (unsigned i = 0; i < nurses; i++)
		queue_agent_registered(q, i, true);
	return q;
}

static void join(struct queue *q, uint32_t slot, uint64_t now,
		 uint32_t want_ahead)
{
	uint32_t ahead = 0;

	assert_int_equal(queue_join(q, slot, 0, UINT32_MAX, now, &ahead), 0);
	assert_int_equal(ahead, want_ahead);
}

static void next_is(struct queue *q, uint64_t now, uint32_t want_slot,
		    uint32_t want_agent)
{
	uint32_t slot = 0;
	uint32_t agent = 0;

	assert_int_equal(queue_next(q, now, &slot, &agent), 0);
	assert_int_equal(slot, want_slot);
	assert_int_equal(agent, want_agent);
}

static void nobody(struct queue *q, uint64_t now)
{
	uint32_t slot = 77;
	uint32_t agent = 78;

	assert_int_equal(queue_next(q, now, &slot, &agent), ENOENT);
	assert_int_equal(slot, 77);
	assert_int_equal(agent, 78);
}

static void test_first_come_first_served(void **state)
{
	struct queue *q = queue_new(8, 2);

	(void)state;
	join(q, 5, 10, 0);
	join(q, 3, 20, 1);
	join(q, 7, 30, 2);
	next_is(q, 40, 5, 0);
	next_is(q, 40, 3, 1);
	nobody(q, 40);
	assert_int_equal(queue_answered(q, 5), 0);
	nobody(q, 50);
	queue_agent_free(q, 0);
	next_is(q, 60, 7, 0);
	free(q);
}

static void test_longest_idle_nurse(void **state)
{
	struct queue *q = queue_new(8, 3);

	(void)state;
	join(q, 0, 0, 0);
	next_is(q, 0, 0, 0);
	assert_int_equal(queue_answered(q, 0), 0);
	queue_agent_free(q, 0); /* now last: 1, 2, 0 */
	join(q, 1, 10, 0);
	next_is(q, 10, 1, 1);
	assert_int_equal(queue_answered(q, 1), 0);
	join(q, 2, 10, 0);
	next_is(q, 10, 2, 2);
	join(q, 3, 10, 1);
	next_is(q, 10, 3, 0);
	free(q);
}

/* How many wait before him. */
static uint32_t ahead_of(const struct queue *q, uint32_t slot)
{
	uint32_t ahead = 0;

	assert_true(queue_has(q, slot));
	for (uint32_t at = q->first; at != slot; at = q->waiters[at].next)
		ahead++;
	return ahead;
}

static void test_who_does_not_answer_goes_last(void **state)
{
	struct queue *q = queue_new(8, 2);

	(void)state;
	join(q, 4, 0, 0);
	join(q, 5, 0, 1);
	next_is(q, 0, 4, 0);
	assert_int_equal(queue_unanswered(q, 4, 20000), 0);
	/* his place is kept, though another waits too */
	assert_int_equal(ahead_of(q, 4), 0);
	next_is(q, 20000, 4, 1);
	/* she is left in peace for a while */
	nobody(q, 20000);
	nobody(q, 20000 + QUEUE_REST_MS - 1);
	next_is(q, 20000 + QUEUE_REST_MS, 5, 0);
	free(q);
}

static void test_leave_at_any_point(void **state)
{
	struct queue *q = queue_new(8, 1);

	(void)state;
	join(q, 0, 0, 0);
	join(q, 1, 0, 1);
	join(q, 2, 0, 2);
	queue_leave(q, 1); /* from the middle */
	next_is(q, 0, 0, 0);
	queue_leave(q, 0); /* while the phone rings: she keeps her turn */
	next_is(q, 0, 2, 0);
	assert_int_equal(queue_answered(q, 2), 0);
	queue_leave(q, 2); /* no longer here: nothing happens */
	queue_leave(q, 1);
	queue_leave(q, 4711);
	assert_int_equal(q->count, 0);
	assert_int_equal(q->first, QUEUE_NOBODY);
	assert_int_equal(q->last, QUEUE_NOBODY);
	join(q, 1, 0, 0); /* and may come back */
	free(q);
}

static void test_bounds(void **state)
{
	struct queue *q = queue_new(4, 0);
	uint32_t ahead = 99;

	(void)state;
	assert_int_equal(queue_join(q, 4, 0, 9, 0, &ahead), EINVAL);
	assert_int_equal(queue_join(q, 0, QUEUE_LINES, 9, 0, &ahead), EINVAL);
	assert_int_equal(queue_join(q, 0, 1, 1, 0, &ahead), 0);
	assert_int_equal(queue_join(q, 0, 1, 9, 0, &ahead), EPROTO);
	ahead = 99;
	assert_int_equal(queue_join(q, 1, 1, 1, 0, &ahead), EMSGSIZE);
	assert_int_equal(ahead, 99);
	/* one line full does not fill another */
	assert_int_equal(queue_join(q, 1, 2, 1, 0, &ahead), 0);
	assert_int_equal(ahead, 1);
	assert_int_equal(queue_answered(q, 0), EPROTO);
	assert_int_equal(queue_answered(q, 3), ENOENT);
	assert_int_equal(queue_unanswered(q, 0, 0), EPROTO);
	assert_int_equal(queue_unanswered(q, 3, 0), ENOENT);
	free(q);
}

static void test_registration(void **state)
{
	struct queue *q = queue_new(4, 0);

	(void)state;
	assert_false(queue_attended(q));
	join(q, 0, 0, 0);
	nobody(q, 0);
	queue_agent_registered(q, 9, true);
	assert_true(queue_attended(q));
	next_is(q, 0, 0, 9);
	/* gone while it rings: once this ends, she is not asked again */
	queue_agent_registered(q, 9, false);
	assert_int_equal(queue_unanswered(q, 0, 5), 0);
	nobody(q, 999999);
	queue_agent_registered(q, 9, true);
	next_is(q, 999999, 0, 9);
	assert_int_equal(queue_answered(q, 0), 0);
	/* renewed while she talks: still busy */
	queue_agent_registered(q, 9, true);
	join(q, 1, 0, 0);
	nobody(q, 999999);
	queue_agent_registered(q, 9, false);
	queue_agent_free(q, 9);
	nobody(q, 999999);
	assert_false(queue_attended(q));
	queue_agent_registered(q, QUEUE_AGENTS, true); /* out of range */
	assert_false(queue_attended(q));
	free(q);
}

struct told {
	unsigned count;
	uint32_t slot[8], ahead[8];
};

static void tell(void *arg, uint32_t slot, uint32_t ahead)
{
	struct told *t = arg;

	assert_true(t->count < 8);
	t->slot[t->count] = slot;
	t->ahead[t->count++] = ahead;
}

static void test_position_is_told(void **state)
{
	struct queue *q = queue_new(8, 1);
	struct told t = { 0 };

	(void)state;
	join(q, 0, 0, 0);
	join(q, 1, 0, 1);
	join(q, 2, 10000, 2);
	next_is(q, 0, 0, 0); /* a phone rings for him: not disturbed */
	queue_tell(q, 0, 30000, 29999, tell, &t);
	assert_int_equal(t.count, 0);
	queue_tell(q, 0, 30000, 30000, tell, &t);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.slot[0], 1);
	assert_int_equal(t.ahead[0], 1);
	queue_tell(q, 1, 30000, 40000, tell, &t); /* another line */
	queue_tell(q, 0, 0, 40000, tell, &t);     /* never */
	assert_int_equal(t.count, 1);
	assert_int_equal(queue_answered(q, 0), 0);
	queue_tell(q, 0, 30000, 40000, tell, &t);
	assert_int_equal(t.count, 2);
	assert_int_equal(t.slot[1], 2);
	assert_int_equal(t.ahead[1], 1);
	free(q);
}

/* xorshift: the same run each time */
static uint32_t chance(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void test_forty_thousand_wait(void **state)
{
	struct queue *q = queue_new(MANY, 0);

	(void)state;
	for (uint32_t i = 0; i < MANY; i++)
		join(q, (i * 7919u) % MANY, i, i);
	/* every third one gives up */
	for (uint32_t i = 0; i < MANY; i += 3)
		queue_leave(q, (i * 7919u) % MANY);
	assert_int_equal(q->count, MANY - (MANY + 2) / 3);
	assert_false(queue_has(q, (7919u * (MANY - 1)) % MANY));
	assert_int_equal(ahead_of(q, (7919u * (MANY - 2)) % MANY),
			 q->count - 1);
	queue_agent_registered(q, 0, true);
	for (uint32_t i = 0; i < MANY; i++) {
		if (i % 3 == 0)
			continue;
		next_is(q, MANY, (i * 7919u) % MANY, 0);
		assert_int_equal(queue_answered(q, (i * 7919u) % MANY), 0);
		queue_agent_free(q, 0);
	}
	nobody(q, MANY);
	assert_int_equal(q->count, 0);
	free(q);
}

/*
 * Whatever happens in whatever order: an offer always goes to the one who
 * waits longest, by the nurse who is idle longest; the book-keeping of a naive
 * model agrees with the queue's at each step.
 */
#define MODEL_SLOTS 64
#define MODEL_NURSES 5

struct model {
	uint64_t came[MODEL_SLOTS]; /* 0: not here */
	bool offered[MODEL_SLOTS];
	uint64_t idle[MODEL_NURSES]; /* 0: not idle */
	uint64_t rest[MODEL_NURSES];
	uint32_t rings_for[MODEL_NURSES];
	uint64_t step;
};

static void model_next(struct model *m, struct queue *q, uint64_t now)
{
	uint32_t slot = 0, agent = 0;
	uint32_t want_slot = QUEUE_NOBODY, want_agent = QUEUE_NOBODY;
	int err = queue_next(q, now, &slot, &agent);

	for (uint32_t i = 0; i < MODEL_SLOTS; i++)
		if (m->came[i] && !m->offered[i] &&
		    (want_slot == QUEUE_NOBODY ||
		     m->came[i] < m->came[want_slot]))
			want_slot = i;
	for (uint32_t i = 0; i < MODEL_NURSES; i++)
		if (m->idle[i] && m->rest[i] <= now &&
		    (want_agent == QUEUE_NOBODY ||
		     m->idle[i] < m->idle[want_agent]))
			want_agent = i;
	if (want_slot == QUEUE_NOBODY || want_agent == QUEUE_NOBODY) {
		assert_int_equal(err, ENOENT);
		return;
	}
	assert_int_equal(err, 0);
	assert_int_equal(slot, want_slot);
	assert_int_equal(agent, want_agent);
	m->offered[slot] = true;
	m->rings_for[agent] = slot;
	m->idle[agent] = 0;
}

static uint32_t model_ringing(const struct model *m, uint32_t slot)
{
	for (uint32_t i = 0; i < MODEL_NURSES; i++)
		if (m->rings_for[i] == slot)
			return i;
	return QUEUE_NOBODY;
}

static void model_leave(struct model *m, struct queue *q, uint32_t slot,
			uint64_t *turn)
{
	uint32_t agent = model_ringing(m, slot);

	queue_leave(q, slot);
	m->came[slot] = 0;
	m->offered[slot] = false;
	if (agent != QUEUE_NOBODY) {
		m->rings_for[agent] = QUEUE_NOBODY;
		m->idle[agent] = turn[agent];
	}
}

static void model_step(struct model *m, struct queue *q, uint32_t *seed,
		       uint64_t *turn, uint64_t now)
{
	uint32_t slot = chance(seed) % MODEL_SLOTS;
	uint32_t agent = model_ringing(m, slot);
	uint32_t what = chance(seed) % 8;
	uint32_t ahead;

	m->step++;
	if (what < 3 && !m->came[slot]) {
		assert_int_equal(queue_join(q, slot, slot % QUEUE_LINES, 99,
					    now, &ahead),
				 0);
		m->came[slot] = m->step;
	} else if (what == 3) {
		model_leave(m, q, slot, turn);
	} else if (what == 4 && agent != QUEUE_NOBODY) {
		assert_int_equal(queue_unanswered(q, slot, now), 0);
		m->offered[slot] = false;
		m->rings_for[agent] = QUEUE_NOBODY;
		turn[agent] = m->idle[agent] = m->step;
		m->rest[agent] = now + QUEUE_REST_MS;
	} else if (what == 5 && agent != QUEUE_NOBODY) {
		assert_int_equal(queue_answered(q, slot), 0);
		m->came[slot] = 0;
		m->offered[slot] = false;
		m->rings_for[agent] = QUEUE_NOBODY;
		if (chance(seed) % 2) { /* a short talk */
			queue_agent_free(q, agent);
			turn[agent] = m->idle[agent] = m->step;
			m->rest[agent] = 0;
		} else { /* she goes home and comes back */
			queue_agent_registered(q, agent, false);
			queue_agent_free(q, agent);
			queue_agent_registered(q, agent, true);
			turn[agent] = m->idle[agent] = m->step;
			m->rest[agent] = 0;
		}
	} else {
		model_next(m, q, now);
	}
}

static void test_fair_whatever_happens(void **state)
{
	(void)state;
	for (uint32_t run = 1; run <= 200; run++) {
		struct queue *q = queue_new(MODEL_SLOTS, MODEL_NURSES);
		struct model m = { .step = MODEL_NURSES };
		uint64_t turn[MODEL_NURSES];
		uint32_t seed = run * 2654435761u;
		uint64_t now = 0;

		for (uint32_t i = 0; i < MODEL_NURSES; i++) {
			turn[i] = m.idle[i] = i + 1;
			m.rings_for[i] = QUEUE_NOBODY;
		}
		for (unsigned i = 0; i < 1000; i++) {
			now += chance(&seed) % 1000;
			model_step(&m, q, &seed, turn, now);
		}
		free(q);
	}
}

static void test_mended_after_a_death(void **state)
{
	struct queue *q = queue_new(64, 3);

	(void)state;
	for (uint32_t i = 0; i < 50; i++)
		join(q, (i * 13) % 64, i, i);
	next_is(q, 60, 0, 0);
	assert_int_equal(queue_answered(q, 0), 0);
	next_is(q, 60, 13, 1);
	queue_leave(q, 26);
	/* it died with the links half written */
	q->first = 9999;
	q->last = 3;
	q->count = 7;
	q->by_line[0] = 9;
	for (uint32_t i = 0; i < 64; i++)
		q->waiters[i].next = q->waiters[i].prev = 12345;
	assert_int_equal(queue_mend(q, 65), EBADMSG);
	assert_int_equal(queue_mend(q, 64), 0);
	assert_int_equal(q->count, 48);
	assert_int_equal(q->by_line[0], 48);
	queue_agent_busy(q, 0); /* he still talks to the first */
	next_is(q, 61, 13, 1);
	next_is(q, 61, 39, 2);
	nobody(q, 61);
	queue_agent_free(q, 0);
	next_is(q, 61, 52, 0);
	join(q, 26, 70, 48);
	assert_int_equal(ahead_of(q, 26), 48);
	q->waiters[13].line = QUEUE_LINES;
	assert_int_equal(queue_mend(q, 64), EBADMSG);
	free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_come_first_served),
		cmocka_unit_test(test_longest_idle_nurse),
		cmocka_unit_test(test_who_does_not_answer_goes_last),
		cmocka_unit_test(test_leave_at_any_point),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_registration),
		cmocka_unit_test(test_position_is_told),
		cmocka_unit_test(test_forty_thousand_wait),
		cmocka_unit_test(test_fair_whatever_happens),
		cmocka_unit_test(test_mended_after_a_death),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
