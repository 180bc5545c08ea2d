/*
 * outcome -- every answered call ends exactly once, whatever dies when
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "process/switch/outcome.h"
#include "process/switch/table.h"

struct told {
	unsigned alarms, not_recorded, asks, captures, stops, ends, aways;
};

static void step(enum outcome *o, enum outcome_event e, struct told *t)
{
	unsigned a = outcome_step(o, e);

	t->alarms += !!(a & OUTCOME_SAY_ALARM);
	t->not_recorded += !!(a & OUTCOME_SAY_NOT_RECORDED);
	t->asks += !!(a & OUTCOME_ASK);
	t->captures += !!(a & OUTCOME_CAPTURE);
	t->stops += !!(a & OUTCOME_CAPTURE_STOP);
	t->ends += !!(a & OUTCOME_END);
	t->aways += !!(a & OUTCOME_END_AWAY);
}

#define A OUTCOME_EVENT_ANSWERED
#define AA OUTCOME_EVENT_ANSWERED_AWAY
#define AR OUTCOME_EVENT_ANSWERED_RULE
#define H OUTCOME_EVENT_HERE
#define T OUTCOME_EVENT_TAKEN
#define R OUTCOME_EVENT_RUNNING
#define F OUTCOME_EVENT_FINISHED
#define P OUTCOME_EVENT_PATIENCE
#define E OUTCOME_EVENT_ENDED
#define END OUTCOME_EVENTS

static void test_stories(void **state)
{
	static const struct {
		const char *what;
		enum outcome_event events[8];
		enum outcome final;
		struct told told;
	} cases[] = {
		{ "an ordinary call",
		  { A, T, R, E, F, END },
		  OUTCOME_RECORDER,
		  { .asks = 1, .captures = 1, .stops = 1, .ends = 1 } },
		{ "ended before START was durable",
		  { A, T, E, R, F, END },
		  OUTCOME_RECORDER,
		  { .asks = 1, .ends = 2 } },
		{ "ended before the recorder said a word",
		  { A, E, T, F, END },
		  OUTCOME_RECORDER,
		  { .asks = 1, .ends = 1 } },
		{ "by rule",
		  { AR, E, END },
		  OUTCOME_NOT_RECORDED,
		  { .not_recorded = 1 } },
		{ "recorder away, back in time",
		  { AA, H, T, R, E, F, END },
		  OUTCOME_RECORDER,
		  { .asks = 1, .captures = 1, .stops = 1, .ends = 1 } },
		{ "recorder away for good",
		  { AA, P, E, END },
		  OUTCOME_ALARM,
		  { .alarms = 1 } },
		{ "recorder away, the call is short",
		  { AA, E, P, END },
		  OUTCOME_ALARM,
		  { .alarms = 1 } },
		{ "recorder dies over the question, successor asked",
		  { A, H, T, R, E, F, END },
		  OUTCOME_RECORDER,
		  { .asks = 2, .captures = 1, .stops = 1, .ends = 1 } },
		{ "recorder dies in mid-call, back in time",
		  { A, T, R, H, R, E, F, END },
		  OUTCOME_RECORDER,
		  { .asks = 1, .captures = 2, .stops = 1, .ends = 1 } },
		{ "recorder away in mid-call for too long, then back",
		  { A, T, R, P, R, E, F, END },
		  OUTCOME_ALARM,
		  { .alarms = 1,
		    .asks = 1,
		    .captures = 1,
		    .stops = 1,
		    .aways = 2 } },
		{ "no disk: the recorder says so itself",
		  { A, F, E, END },
		  OUTCOME_RECORDER,
		  { .asks = 1 } },
		{ "disk full in mid-call",
		  { A, T, R, F, E, END },
		  OUTCOME_RECORDER,
		  { .asks = 1, .captures = 1, .stops = 1 } },
		{ "recorder never answers, late START",
		  { A, P, R, E, END },
		  OUTCOME_ALARM,
		  { .alarms = 1, .asks = 1, .aways = 2 } },
		{ "recorder dies over the end, successor goes on",
		  { A, T, R, E, H, R, F, END },
		  OUTCOME_RECORDER,
		  { .asks = 1, .captures = 1, .stops = 1, .ends = 2 } },
		{ "nobody answered", { E, END }, OUTCOME_NONE, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum outcome o = OUTCOME_NONE;
		struct told t = { 0 };

		for (size_t k = 0; cases[i].events[k] != END; k++)
			step(&o, cases[i].events[k], &t);
		if (o != cases[i].final ||
		    memcmp(&t, &cases[i].told, sizeof(t)) != 0)
			print_error("in: %s\n", cases[i].what);
		assert_int_equal(o, cases[i].final);
		assert_memory_equal(&t, &cases[i].told, sizeof(t));
	}
}

/*
 * All sequences of six events after the answer: never two verdicts by the
 * switch, never one after the recorder's, and after the end plus patience
 * always one.
 */
static void test_exactly_one_verdict(void **state)
{
	static const enum outcome_event firsts[] = { A, AA, AR };
	static const enum outcome_event then[] = { H, T, R, F, P, E };

	(void)state;
	for (size_t first = 0; first < 3; first++)
		for (unsigned n = 0; n < 46656; n++) {
			enum outcome o = OUTCOME_NONE;
			struct told t = { 0 };
			bool finished = false;

			step(&o, firsts[first], &t);
			for (unsigned k = 0, m = n; k < 6; k++, m /= 6) {
				bool before = outcome_final(o);

				step(&o, then[m % 6], &t);
				if (before)
					assert_true(outcome_final(o));
				finished |= o == OUTCOME_RECORDER;
			}
			step(&o, E, &t);
			step(&o, P, &t);
			assert_true(outcome_final(o));
			assert_int_equal(t.alarms + t.not_recorded + finished,
					 1);
			/* what was captured is stopped */
			assert_true(!t.captures || t.stops == 1);
		}
}

static void test_patience(void **state)
{
	(void)state;
	assert_true(outcome_waits(OUTCOME_WANTED, false));
	assert_true(outcome_waits(OUTCOME_ASKED, true));
	assert_true(outcome_waits(OUTCOME_TAKEN, true));
	assert_true(outcome_waits(OUTCOME_RUNNING, false));
	assert_false(outcome_waits(OUTCOME_RUNNING, true));
	assert_true(outcome_waits(OUTCOME_CLOSING, false));
	assert_false(outcome_waits(OUTCOME_CLOSING, true));
	for (int o = OUTCOME_RECORDER; o < OUTCOMES; o++)
		assert_false(outcome_waits((enum outcome)o, false));
	assert_false(outcome_waits(OUTCOME_NONE, false));
}

static void test_reason(void **state)
{
	(void)state;
	assert_int_equal(outcome_reason(true, false, true), REASON_NONE);
	assert_int_equal(outcome_reason(false, true, true), REASON_BY_RULE);
	assert_int_equal(outcome_reason(true, false, false), REASON_NO_NOTICE);
	assert_int_equal(outcome_reason(false, false, false), REASON_BY_RULE);
	assert_int_equal(outcome_reason(true, true, true), REASON_OBJECTED);
	assert_int_equal(outcome_reason(true, true, false), REASON_OBJECTED);
}

static void test_call_table(void **state)
{
	static const enum call_event path[] = {
		CALL_EVENT_RECEIVED,    CALL_EVENT_ANSWERED,
		CALL_EVENT_TOLD,        CALL_EVENT_OFFERED,
		CALL_EVENT_UNANSWERED,  CALL_EVENT_OFFERED,
		CALL_EVENT_CONNECTED,   CALL_EVENT_HELD,
		CALL_EVENT_RESUMED,     CALL_EVENT_REFERRED,
		CALL_EVENT_TRANSFERRED, CALL_EVENT_ENDED,
		CALL_EVENT_RELEASED,
	};
	enum call_state s = CALL_NONE;

	(void)state;
	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++)
		assert_int_equal(call_step(&s, path[i]), 0);
	assert_int_equal(s, CALL_NONE);

	/* at a line nobody talks who was not told, or without a nurse */
	s = CALL_RECEIVED;
	assert_int_equal(call_step(&s, CALL_EVENT_CONNECTED), EPROTO);
	assert_int_equal(call_step(&s, CALL_EVENT_OFFERED), EPROTO);
	s = CALL_NOTICE;
	assert_int_equal(call_step(&s, CALL_EVENT_OFFERED), EPROTO);
	assert_int_equal(call_step(&s, CALL_EVENT_CONNECTED), EPROTO);
	assert_int_equal(s, CALL_NOTICE);

	/* the caller may go at any moment, once, and then nothing follows */
	for (int from = CALL_RECEIVED; from < CALL_ENDING; from++) {
		s = (enum call_state)from;
		assert_int_equal(call_step(&s, CALL_EVENT_ENDED), 0);
		assert_int_equal(s, CALL_ENDING);
	}
	for (int e = 0; e < CALL_EVENTS; e++) {
		s = CALL_ENDING;
		assert_int_equal(call_step(&s, (enum call_event)e),
				 e == CALL_EVENT_RELEASED ? 0 : EPROTO);
	}
	for (int i = 0; i < CALL_STATES; i++)
		assert_string_not_equal(call_state_text((enum call_state)i),
					"unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_exactly_one_verdict),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_call_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
