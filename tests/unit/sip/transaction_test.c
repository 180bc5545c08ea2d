/* Each machine as a script in virtual time; sections of RFC 3261 and 6026. */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "sip/transaction.h"

/* time, event, what must come of it, the state after */
struct step {
	uint64_t at;
	int event; /* TICK: whatever is due */
	unsigned actions;
	enum transaction_state state;
};

enum { TICK = -1, NOTHING = 0 };

struct script {
	const char *name;
	enum transaction_kind kind;
	bool reliable;
	struct step steps[20];
};

#define P TRANSACTION_PROCEEDING
#define T TRANSACTION_TRYING
#define C TRANSACTION_COMPLETED
#define F TRANSACTION_CONFIRMED
#define A TRANSACTION_ACCEPTED
#define E TRANSACTION_ENDED

/* clang-format off */
static const struct script scripts[] = {
{ "A doubles without bound, B at 64*T1 (17.1.1.2)", CLIENT_INVITE, false, {
	{ 499, TICK, NOTHING, T },
	{ 500, TICK, ACTION_AGAIN, T },
	{ 1499, TICK, NOTHING, T },
	{ 1500, TICK, ACTION_AGAIN, T },
	{ 3500, TICK, ACTION_AGAIN, T },
	{ 7500, TICK, ACTION_AGAIN, T },
	{ 15500, TICK, ACTION_AGAIN, T },
	{ 31500, TICK, ACTION_AGAIN, T },
	{ 31999, TICK, NOTHING, T },
	{ 32000, TICK, ACTION_TIMEOUT | ACTION_END, E },
} },
{ "no A on a reliable transport", CLIENT_INVITE, true, {
	{ 500, TICK, NOTHING, T },
	{ 31999, TICK, NOTHING, T },
	{ 32000, TICK, ACTION_TIMEOUT | ACTION_END, E },
} },
{ "a provisional stops A and B: it may ring for ever", CLIENT_INVITE, false, {
	{ 100, EVENT_PROVISIONAL, ACTION_PASS, P },
	{ 200, EVENT_PROVISIONAL, ACTION_PASS, P },
	{ 500000, TICK, NOTHING, P },
	{ 500001, EVENT_SUCCESS, ACTION_PASS, A },
} },
{ "a refusal is acknowledged, each time; D ends it", CLIENT_INVITE, false, {
	{ 100, EVENT_FAILURE, ACTION_ACK | ACTION_PASS, C },
	{ 600, EVENT_FAILURE, ACTION_ACK, C },
	{ 700, EVENT_PROVISIONAL, NOTHING, C },
	{ 800, EVENT_SUCCESS, NOTHING, C },
	{ 32099, TICK, NOTHING, C },
	{ 32100, TICK, ACTION_END, E },
} },
{ "D is nothing on a reliable transport", CLIENT_INVITE, true, {
	{ 100, EVENT_FAILURE, ACTION_ACK | ACTION_PASS | ACTION_END, E },
} },
{ "every 2xx comes up until M (RFC 6026 7.2)", CLIENT_INVITE, true, {
	{ 100, EVENT_PROVISIONAL, ACTION_PASS, P },
	{ 200, EVENT_SUCCESS, ACTION_PASS, A },
	{ 700, EVENT_SUCCESS, ACTION_PASS, A },
	{ 701, EVENT_FAILURE, NOTHING, A },
	{ 702, EVENT_PROVISIONAL, NOTHING, A },
	{ 703, EVENT_TRANSPORT_ERROR, NOTHING, A },
	{ 32199, TICK, NOTHING, A },
	{ 32200, TICK, ACTION_END, E },
	{ 32201, EVENT_SUCCESS, NOTHING, E },
} },
{ "a broken transport is told", CLIENT_INVITE, true, {
	{ 100, EVENT_TRANSPORT_ERROR, ACTION_ERROR | ACTION_END, E },
} },
{ "a broken transport while it rings is told", CLIENT_INVITE, true, {
	{ 100, EVENT_PROVISIONAL, ACTION_PASS, P },
	{ 200, EVENT_TRANSPORT_ERROR, ACTION_ERROR | ACTION_END, E },
} },
{ "E doubles up to T2, F at 64*T1 (17.1.2.2)", CLIENT_OTHER, false, {
	{ 500, TICK, ACTION_AGAIN, T },
	{ 1500, TICK, ACTION_AGAIN, T },
	{ 3500, TICK, ACTION_AGAIN, T },
	{ 7499, TICK, NOTHING, T },
	{ 7500, TICK, ACTION_AGAIN, T },
	{ 11500, TICK, ACTION_AGAIN, T },
	{ 15500, TICK, ACTION_AGAIN, T },
	{ 19500, TICK, ACTION_AGAIN, T },
	{ 23500, TICK, ACTION_AGAIN, T },
	{ 27500, TICK, ACTION_AGAIN, T },
	{ 31500, TICK, ACTION_AGAIN, T },
	{ 32000, TICK, ACTION_TIMEOUT | ACTION_END, E },
} },
{ "after a provisional E is T2 and F goes on", CLIENT_OTHER, false, {
	{ 100, EVENT_PROVISIONAL, ACTION_PASS, P },
	{ 500, TICK, NOTHING, P },
	{ 4099, TICK, NOTHING, P },
	{ 4100, TICK, ACTION_AGAIN, P },
	{ 8100, TICK, ACTION_AGAIN, P },
	{ 32000, TICK, ACTION_TIMEOUT | ACTION_END, E },
} },
{ "K takes late responses for T4", CLIENT_OTHER, false, {
	{ 100, EVENT_SUCCESS, ACTION_PASS, C },
	{ 600, EVENT_SUCCESS, NOTHING, C },
	{ 601, EVENT_FAILURE, NOTHING, C },
	{ 5099, TICK, NOTHING, C },
	{ 5100, TICK, ACTION_END, E },
} },
{ "K is nothing on a reliable transport", CLIENT_OTHER, true, {
	{ 100, EVENT_PROVISIONAL, ACTION_PASS, P },
	{ 4200, TICK, NOTHING, P },
	{ 4300, EVENT_FAILURE, ACTION_PASS | ACTION_END, E },
} },
{ "an INVITE again gets the last provisional again", SERVER_INVITE, false, {
	{ 0, EVENT_PROVISIONAL, ACTION_SEND, P },
	{ 500, EVENT_REQUEST, ACTION_AGAIN, P },
	{ 600, EVENT_PROVISIONAL, ACTION_SEND, P },
	{ 700, EVENT_ACK, NOTHING, P },
	{ 600000, TICK, NOTHING, P },
} },
{ "G doubles up to T2 until H (17.2.1)", SERVER_INVITE, false, {
	{ 0, EVENT_FAILURE, ACTION_SEND, C },
	{ 500, TICK, ACTION_AGAIN, C },
	{ 1500, TICK, ACTION_AGAIN, C },
	{ 1600, EVENT_REQUEST, ACTION_AGAIN, C },
	{ 3500, TICK, ACTION_AGAIN, C },
	{ 7500, TICK, ACTION_AGAIN, C },
	{ 11500, TICK, ACTION_AGAIN, C },
	{ 15500, TICK, ACTION_AGAIN, C },
	{ 19500, TICK, ACTION_AGAIN, C },
	{ 23500, TICK, ACTION_AGAIN, C },
	{ 27500, TICK, ACTION_AGAIN, C },
	{ 31500, TICK, ACTION_AGAIN, C },
	{ 32000, TICK, ACTION_END, E },
} },
{ "the ACK stops G; I takes more of them for T4", SERVER_INVITE, false, {
	{ 0, EVENT_FAILURE, ACTION_SEND, C },
	{ 100, EVENT_ACK, NOTHING, F },
	{ 500, TICK, NOTHING, F },
	{ 600, EVENT_ACK, NOTHING, F },
	{ 700, EVENT_REQUEST, NOTHING, F },
	{ 800, EVENT_FAILURE, ACTION_WRONG, F },
	{ 5100, TICK, ACTION_END, E },
} },
{ "no G on a reliable transport, but H", SERVER_INVITE, true, {
	{ 0, EVENT_FAILURE, ACTION_SEND, C },
	{ 500, TICK, NOTHING, C },
	{ 31999, TICK, NOTHING, C },
	{ 32000, TICK, ACTION_END, E },
} },
{ "I is nothing on a reliable transport", SERVER_INVITE, true, {
	{ 0, EVENT_FAILURE, ACTION_SEND, C },
	{ 10, EVENT_ACK, ACTION_END, E },
} },
{ "a 2xx is sent again even reliably (13.3.1.4), L", SERVER_INVITE, true, {
	{ 0, EVENT_SUCCESS, ACTION_SEND, A },
	{ 500, TICK, ACTION_AGAIN, A },
	{ 1500, TICK, ACTION_AGAIN, A },
	{ 3500, TICK, ACTION_AGAIN, A },
	{ 7500, TICK, ACTION_AGAIN, A },
	{ 7600, EVENT_REQUEST, NOTHING, A },
	{ 7700, EVENT_FAILURE, ACTION_WRONG, A },
	{ 11500, TICK, ACTION_AGAIN, A },
	{ 32000, TICK, ACTION_TIMEOUT | ACTION_END, E },
} },
{ "the ACK of a 2xx leaves L to take what still comes", SERVER_INVITE, false, {
	{ 0, EVENT_SUCCESS, ACTION_SEND, A },
	{ 500, TICK, ACTION_AGAIN, A },
	{ 600, EVENT_ACKED, NOTHING, F },
	{ 1500, TICK, NOTHING, F },
	{ 1600, EVENT_REQUEST, NOTHING, F },
	{ 1700, EVENT_ACKED, NOTHING, F },
	{ 31999, TICK, NOTHING, F },
	{ 32000, TICK, ACTION_END, E },
} },
{ "a broken transport after the 2xx waits for L", SERVER_INVITE, true, {
	{ 0, EVENT_SUCCESS, ACTION_SEND, A },
	{ 10, EVENT_TRANSPORT_ERROR, NOTHING, A },
	{ 32000, TICK, ACTION_TIMEOUT | ACTION_END, E },
} },
{ "a request again waits in Trying (17.2.2)", SERVER_OTHER, false, {
	{ 100, EVENT_REQUEST, NOTHING, T },
	{ 200, EVENT_PROVISIONAL, ACTION_SEND, P },
	{ 300, EVENT_REQUEST, ACTION_AGAIN, P },
	{ 400, EVENT_SUCCESS, ACTION_SEND, C },
	{ 500, EVENT_REQUEST, ACTION_AGAIN, C },
	{ 600, EVENT_FAILURE, ACTION_WRONG, C },
	{ 32399, TICK, NOTHING, C },
	{ 32400, TICK, ACTION_END, E },
} },
{ "J is nothing on a reliable transport", SERVER_OTHER, true, {
	{ 100, EVENT_FAILURE, ACTION_SEND | ACTION_END, E },
} },
{ "a request that nobody answers is forgotten", SERVER_OTHER, false, {
	{ 31999, TICK, NOTHING, T },
	{ 32000, TICK, ACTION_END, E },
} },
};
/* clang-format on */

static void scripts_run_as_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		const struct script *s = &scripts[i];
		struct transaction t;

		transaction_start(&t, s->kind, s->reliable, 0);
		for (size_t n = 0; n < 20; n++) {
			const struct step *step = &s->steps[n];
			unsigned got;

			if (n && !step->at)
				break;
			got = step->event == TICK
				      ? transaction_tick(&t, step->at)
				      : transaction_event(
						&t,
						(enum transaction_event)
							step->event,
						step->at);
			if (got != step->actions || t.state != step->state) {
				fail_msg("%s, at %llu: actions %x, state %u",
					 s->name, (unsigned long long)step->at,
					 got, t.state);
			}
		}
	}
}

/* Whatever happens, in whatever order, a transaction ends or waits for us. */
static void nothing_lives_for_ever(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int run = 0; run < 20000; run++) {
		struct transaction t;
		uint64_t now = 1, due;
		int quiet = 0;

		transaction_start(&t, (enum transaction_kind)(run & 3), run & 4,
				  now);
		for (int i = 0; i < 12; i++) {
			seed = seed * 1664525 + 1013904223;
			transaction_event(
				&t,
				(enum transaction_event)((seed >> 24) %
							 TRANSACTION_EVENTS),
				now);
			now += (seed >> 8) & 1023;
			transaction_tick(&t, now);
		}
		while ((due = transaction_due(&t)) != 0 && quiet++ < 100) {
			now = due;
			assert_true(transaction_tick(&t, now) != 0);
		}
		assert_true(t.state == TRANSACTION_ENDED ||
			    t.state == TRANSACTION_PROCEEDING);
		assert_true(quiet < 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_run_as_written),
		cmocka_unit_test(nothing_lives_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
