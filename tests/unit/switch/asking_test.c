/*
 * asking -- a caller at the national node of whom nobody knows where
 */
#include "tests/unit/switch/rig.h"

#include <stdio.h>

#include "base/metric.h"

static int setup(void **state)
{
	struct line *l;

	(void)state;
	rig_up();
	rig_national();
	rig->place = "";
	l = &rig->settings.lines[0];
	(void)snprintf(l->asks[0].language, 8, "sv");
	l->ask_count = 1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_down();
	return 0;
}

static struct call *call(void)
{
	return call_of(&rig->self, 0);
}

static unsigned piece(enum ask_piece which)
{
	return prompt_index(0, PROMPT_ASK, which);
}

static void heard_play(const char *before, enum ask_piece which)
{
	char want[256];

	(void)snprintf(want, sizeof(want), "%splay 0 %u\n", before,
		       piece(which));
	heard(want);
}

/* Answered, and the first question begun. */
static struct session *asked(void)
{
	struct session *caller;

	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	heard("event call.received\nopen 0\n");
	rig_opened(call(), SIDE_CALLER, 20000);
	heard("answer 0 our words\n");
	assert_int_equal(call()->state, CALL_ASKING);
	rig_confirmed(caller);
	heard_play("set 0 codec 0\n", ASK_PIECE_REGIONS);
	return caller;
}

#define NATIONAL "call 1 sip:1177@192.0.2.30 none\n"
#define REGION                                                                 \
	"call 1 sip:1177@192.0.2.20 none\n"                                    \
	"P-Asserted-Identity: <sip:+46701740605@vaxel.example>\r\n"

static void test_answered_by_keys(void **state)
{
	struct session *caller = asked(), *provider;
	struct call *c = call();
	char want[256];

	(void)state;
	rig_key(c, 0);
	/* who keys need not hear the rest */
	heard("stop 0\n");
	rig_key(c, 4);
	(void)snprintf(want, sizeof(want),
		       "play 0 %u\nevent call.asked\nevent call.routed\n%s",
		       piece(ASK_PIECE_THANKS), REGION);
	heard(want);
	assert_int_equal(c->place_method, LOCATION_ASKED);
	assert_int_equal(c->place_confidence, CONFIDENCE_MEDIUM);
	rig_played(c, true, 800);
	(void)snprintf(want, sizeof(want), "play 0 %u on\n",
		       prompt_index(0, PROMPT_MUSIC, 0));
	heard(want);
	/* the provider's words to the caller, and his to the provider */
	provider = rig_session(c, SIDE_NURSE);
	provider->waiting = true;
	rig_answers(provider);
	heard("offer 0 provider's words\n");
	assert_int_equal(c->state, CALL_RINGING);
	rig_takes_offer(caller, CODEC_PCMA);
	heard("answer 1 caller's words\ncall-close\nevent call.handed-over\n");
	assert_int_equal(c->state, CALL_TALKING);
	/* media have said so, and have no part in the end */
	rig_closed(c);
	rig_hangs_up(caller);
	heard("event call.ended\nend 1\n");
	assert_int_equal(c->state, CALL_NONE);
}

static void test_let_go_after_it(void **state)
{
	struct session *caller, *provider;
	struct call *c = call();

	(void)state;
	rig->settings.trunks[0].hand_over = HAND_OVER_REDIRECT;
	caller = asked();
	rig_key(c, 0);
	rig_key(c, 4);
	forget();
	provider = rig_session(c, SIDE_NURSE);
	provider->waiting = true;
	rig_answers(provider);
	rig_takes_offer(caller, CODEC_PCMA);
	/* there is no 302 for who is answered */
	heard("offer 0 provider's words\nanswer 1 caller's words\n"
	      "call-close\nrefer-out 0 sip:1177@provider?Replaces=x by "
	      "<sip:1177@vaxel.example>\n");
}

static void wrong(struct call *c)
{
	rig_key(c, 9);
	rig_key(c, 9);
	forget();
}

static void test_three_tries(void **state)
{
	struct call *c = call();

	(void)state;
	(void)asked();
	rig_key(c, 9);
	forget();
	rig_key(c, 9);
	heard_play("", ASK_PIECE_AGAIN);
	rig_played(c, true, 800);
	heard_play("", ASK_PIECE_REGIONS);
	wrong(c);
	rig_key(c, 9);
	forget();
	rig_key(c, 9);
	assert_int_equal(c->state, CALL_RINGING);
	assert_int_equal(c->place_method, LOCATION_NOWHERE);
	assert_non_null(strstr(rig->log, NATIONAL));
	assert_int_equal(c->asked, ASKED_HERE);
}

static void test_silence(void **state)
{
	struct call *c = call();

	(void)state;
	(void)asked();
	/* the prompt is endless? The caller's time runs once it has ended */
	rig_wait(20000);
	heard("");
	for (unsigned i = 0; i < ASK_TRIES; i++) {
		rig_played(c, true, 800);
		rig_played(c, true, 800);
		forget();
		rig_wait(ASK_FIRST_KEY_MS - 100);
		heard("");
		rig_wait(100);
	}
	assert_non_null(strstr(rig->log, NATIONAL));
	assert_int_equal(c->state, CALL_RINGING);
}

/* Media never say that a prompt has ended: he holds the line, and them. */
static void test_not_for_ever(void **state)
{
	struct call *c = call();

	(void)state;
	(void)asked();
	rig_wait(299900);
	heard("");
	rig_wait(100);
	assert_non_null(strstr(rig->log, NATIONAL));
	assert_int_equal(c->state, CALL_RINGING);
}

static void test_who_is_not_asked(void **state)
{
	struct call *c = call();

	(void)state;
	/* nothing is believed of this trunk, nor of who calls by it */
	rig->settings.trunks[0].trusted = false;
	assert_int_equal(rig_invite("1177", 0, NULL), 0);
	heard("event call.received\nevent call.routed\n"
	      "call 1 sip:1177@192.0.2.30 caller's words\n");
	call_end(&rig->self, c, RECORD_END_HANGUP);
	forget();
	rig->settings.trunks[0].trusted = true;
	/* it is known */
	rig->place = "0480";
	assert_int_equal(rig_invite("1177", 0, NULL), 0);
	assert_null(strstr(rig->log, "open 0"));
	call_end(&rig->self, c, RECORD_END_HANGUP);
	forget();
	/* no port, or no common codec: unasked, with his own words */
	rig->place = "";
	assert_int_equal(rig_invite("1177", 0, NULL), 0);
	forget();
	rig_opened(c, SIDE_CALLER, 0);
	heard("event call.routed\n"
	      "call 1 sip:1177@192.0.2.30 caller's words\n");
	call_end(&rig->self, c, RECORD_END_HANGUP);
	forget();
	assert_int_equal(rig_invite("1177", 0, NULL), 0);
	forget();
	rig->answer_err = ENOENT;
	rig_opened(c, SIDE_CALLER, 20000);
	heard("call-close\nevent call.routed\n"
	      "call 1 sip:1177@192.0.2.30 caller's words\n");
	rig->answer_err = 0;
	call_end(&rig->self, c, RECORD_END_HANGUP);
	forget();
	/* media say nothing at all */
	assert_int_equal(rig_invite("1177", 0, NULL), 0);
	forget();
	rig_wait(2000);
	assert_non_null(strstr(rig->log, "caller's words"));
}

static void test_hangs_up_anywhere(void **state)
{
	struct session *caller, *provider;
	struct call *c = call();

	(void)state;
	for (unsigned when = 0; when < 4; when++) {
		if (when == 0) {
			assert_int_equal(rig_invite("1177", 0, &caller), 0);
		} else {
			caller = asked();
		}
		if (when >= 2) {
			rig_key(c, 0);
			rig_key(c, 4);
		}
		if (when >= 3) {
			provider = rig_session(c, SIDE_NURSE);
			provider->waiting = true;
			rig_answers(provider);
		}
		forget();
		rig_hangs_up(caller);
		heard(when >= 2 ? "event call.ended\nend 1\ncall-close\n"
				: "event call.ended\ncall-close\n");
		assert_int_equal(c->state, CALL_ENDING);
		rig_closed(c);
		assert_int_equal(c->state, CALL_NONE);
		rig_forget_all();
	}
}

/* The same digit by INFO and as an event is one digit. */
static void test_keys_by_both_ways(void **state)
{
	struct session *caller = asked();
	struct call *c = call();

	(void)state;
	switch_session_handlers.dtmf(caller->owner, caller, '0', 100);
	rig_key(c, 0);
	assert_int_equal(c->state, CALL_ASKING);
	switch_session_handlers.dtmf(caller->owner, caller, '4', 100);
	rig_key(c, 4);
	assert_int_equal(c->state, CALL_RINGING);
	assert_int_equal(c->place_method, LOCATION_ASKED);
}

static void test_next_route_and_none(void **state)
{
	struct session *caller = asked();
	struct call *c = call();

	(void)state;
	(void)caller;
	rig_key(c, 0);
	rig_key(c, 4);
	forget();
	rig_refuses(rig_session(c, SIDE_NURSE), 503);
	heard("event call.routed\n" NATIONAL);
	/* none is left: who is answered hears BYE */
	rig_refuses(rig_session(c, SIDE_NURSE), 486);
	heard("event call.refused\nevent call.ended\nend 0\ncall-close\n");
}

/* His carrier takes no re-INVITE: he is carried. */
static void test_carried(void **state)
{
	struct session *caller = asked(), *provider;
	struct call *c = call();

	(void)state;
	rig_key(c, 0);
	rig_key(c, 4);
	provider = rig_session(c, SIDE_NURSE);
	provider->waiting = provider->has_pending = true;
	provider->pending = caller->theirs;
	rig_answers(provider);
	forget();
	switch_session_handlers.offer_refused(caller->owner, caller, 488);
	heard("open 1\n");
	rig_opened(c, SIDE_NURSE, 20002);
	heard("answer 1 our words\nset 1 codec 0\nstop 0\nbridge 0 1 on\n"
	      "event call.handed-over\n");
	assert_non_null(strstr(rig->details, "\"why\":\"media\""));
	assert_int_equal(c->state, CALL_TALKING);
	rig_hangs_up(provider);
	heard("event call.ended\nend 0\ncall-close\n");
}

static void test_after_deaths(void **state)
{
	(void)state;
	rig_restart(); /* memory as a national node has it */
	forget();
	(void)asked();
	rig_restart();
	heard_play("restored 0\nset 0 codec 0\n", ASK_PIECE_REGIONS);
	/* and of media: nobody can hear him key */
	legs_worker_lost(&rig->self, 0);
	assert_non_null(strstr(rig->log, NATIONAL));
	assert_int_equal(call()->state, CALL_RINGING);
}

static void test_holds_while_asked(void **state)
{
	struct session *caller = asked();

	(void)state;
	rig_offers(caller, OFFER_SENDONLY);
	heard("refuse 0 488\n");
	caller->pending = caller->theirs;
	caller->pending.codecs[0].codec = CODEC_PCMA;
	caller->pending.codec_count = 1;
	caller->has_pending = caller->waiting = true;
	switch_session_handlers.offered(caller->owner, caller);
	heard("answer 0 our words\nset 0 codec 0\n");
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_answered_by_keys),    T(test_let_go_after_it),
		T(test_three_tries),         T(test_silence),
		T(test_not_for_ever),        T(test_who_is_not_asked),
		T(test_hangs_up_anywhere),   T(test_keys_by_both_ways),
		T(test_next_route_and_none), T(test_carried),
		T(test_after_deaths),        T(test_holds_while_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
