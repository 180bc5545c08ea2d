/*
 * call -- whole calls through the switch, against scripted peers
 */
#include "tests/unit/switch/rig.h"

#include <stdio.h>
#include <stdlib.h>

/* SHA-256 of "told", and of "sound" five times, in hexadecimal */
#define NOTICE_TEXT                                                            \
	"1fcc08c7733965bce66a034f70cc3e226eeaa3ccd3a960cff226d786d055873a"
#define NOTICE_SOUND                                                           \
	"8e967e6ba71a7dfb85b75a48a042f7f0ca2f7d032a8ae82e58591012861d631f"
#define NOTICE_FACT                                                            \
	"fact notice version=v1 language=sv samples=800 of=800 "               \
	"text-sha256=" NOTICE_TEXT " audio-sha256=" NOTICE_SOUND "\n"

static void name(char *to, const char *text)
{
	(void)snprintf(to, SETTINGS_NAME_MAX, "%s", text);
}

static int up(void **state)
{
	(void)state;
	rig_up();
	return 0;
}

static int down(void **state)
{
	(void)state;
	rig_down();
	return 0;
}

static void test_an_ordinary_call(void **state)
{
	struct session *caller;
	struct call *c = call_of(&rig->self, 0);

	(void)state;
	rig_register(1, true);
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	heard("event call.received\nopen 0\n");
	rig_opened(c, SIDE_CALLER, 20000);
	heard("answer 0 sendrecv\nset 0 codec 0\n");
	rig_confirmed(caller);
	heard("set 0 codec 0\nplay 0 0\n");
	rig_played(c, true, 800);
	heard("event call.notice-played\nevent call.queued\nplay 0 3 on\n"
	      "open 1\n");
	rig_opened(c, SIDE_NURSE, 20002);
	heard("call 1 sip:agent1@phone codec 0\n");
	rig_answers(rig_session(c, SIDE_NURSE));
	heard("stop 0\nset 1 codec 0\nbridge 0 1 on\nevent call.answered\n"
	      "ask 0 0 carer\nfact call \nfact caller +46701740605\n"
	      "fact called 1177\nfact agent agent1\n" NOTICE_FACT
	      "fact answered t1000000\n");
	rig_recorder(c, RECORD_STARTING);
	heard("");
	rig_recorder(c, RECORD_RUNNING);
	heard("capture on\n");
	rig_hangs_up(caller);
	heard("event call.ended\nend 1\ncapture off\nfact ended t1000000\n"
	      "record-end 0\ncall-close\n");
	rig_closed(c);
	assert_int_equal(c->state, CALL_ENDING);
	rig_recorder(c, RECORD_SEALED);
	assert_int_equal(c->state, CALL_NONE);
	assert_int_equal(rig->self.count, 0);
	assert_int_equal(rig->self.queue->agents[1].state, QUEUE_AGENT_IDLE);
	heard("");
}

static void test_who_is_turned_away(void **state)
{
	(void)state;
	assert_int_equal(rig_invite("1177", -1, NULL), 403);
	assert_int_equal(rig_invite("1178", 0, NULL), 404);
	rig->self.draining = true;
	assert_int_equal(rig_invite("1177", 0, NULL), 503);
	rig->self.draining = false;
	for (unsigned i = 0; i < RIG_CALLS; i++)
		assert_int_equal(rig_invite("1177", 0, NULL), 0);
	assert_int_equal(rig_invite("1177", 0, NULL), 503);
}

static void test_queue_full_is_said_before_the_notice(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		(void)rig_queued();
	assert_int_equal(rig_invite("1177", 0, NULL), 503);
}

static void test_no_port(void **state)
{
	struct call *c = call_of(&rig->self, 0);

	(void)state;
	assert_int_equal(rig_invite("1177", 0, NULL), 0);
	forget();
	rig_opened(c, SIDE_CALLER, 0);
	heard("event call.refused\nrefuse 0 503\nevent call.ended\n"
	      "call-close\n");
	rig_closed(c);
	assert_int_equal(c->state, CALL_NONE);
	/* no worker at all */
	rig->process.media[0] = NULL;
	assert_int_equal(rig_invite("1177", 0, NULL), 0);
	heard("event call.received\nrefuse 0 503\nevent call.ended\n");
	assert_int_equal(rig->self.count, 0);
}

static void test_nothing_in_common(void **state)
{
	struct call *c = call_of(&rig->self, 0);

	(void)state;
	assert_int_equal(rig_invite("1177", 0, NULL), 0);
	forget();
	rig->answer_err = ENOENT;
	rig_opened(c, SIDE_CALLER, 20000);
	heard("event call.refused\nrefuse 0 488\nevent call.ended\n"
	      "call-close\n");
}

static void test_abandoned_anywhere(void **state)
{
	struct session *caller;
	struct call *c = call_of(&rig->self, 0);

	(void)state;
	/* before the answer */
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	forget();
	rig_hangs_up(caller);
	heard("event call.ended\ncall-close\n");
	rig_opened(c, SIDE_CALLER, 20000); /* too late: nothing follows */
	rig_closed(c);
	assert_int_equal(c->state, CALL_NONE);
	heard("");

	/* in the notice: nobody is rung */
	rig_register(0, true);
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	rig_opened(c, SIDE_CALLER, 20000);
	rig_confirmed(caller);
	forget();
	rig_hangs_up(caller);
	heard("event call.ended\ncall-close\n");
	/* how far he heard it is told */
	rig_played(c, false, 80);
	heard("event call.notice-played\n");
	assert_non_null(
		strstr(rig->details,
		       ",\"version\":\"v1\",\"language\":\"sv\",\"samples\":80,"
		       "\"of\":800,\"complete\":false,\"hung_up\":true,"
		       "\"text_sha256\":\"" NOTICE_TEXT
		       "\",\"audio_sha256\":\"" NOTICE_SOUND "\"}"));
	rig_closed(c);
	heard("");
	assert_int_equal(rig->self.count, 0);

	/* while a phone rings: she is free for the next one */
	c = rig_queued();
	rig_opened(c, SIDE_NURSE, 20002);
	forget();
	rig_hangs_up(rig_session(c, SIDE_CALLER));
	heard("event call.ended\nend 1\ncall-close\n");
	assert_int_equal(rig->self.queue->agents[0].state, QUEUE_AGENT_IDLE);
	rig_closed(c);
	assert_int_equal(c->state, CALL_NONE);
	assert_int_equal(rig->self.queue->count, 0);
}

static void test_ring_timeout_goes_to_the_next(void **state)
{
	struct call *c;

	(void)state;
	rig_register(0, true);
	rig_register(1, true);
	c = rig_queued();
	rig_opened(c, SIDE_NURSE, 20002);
	heard("call 1 sip:agent0@phone codec 0\n");
	rig_wait(19900);
	heard("");
	rig_wait(100);
	heard("end 1\nclose 1\nopen 1\n");
	rig_opened(c, SIDE_NURSE, 20004);
	heard("call 1 sip:agent1@phone codec 0\n");
	/* busy: back to the first, who has rested by now */
	rig_wait(4000);
	rig_refuses(rig_session(c, SIDE_NURSE), 486);
	heard("close 1\nopen 1\n");
	/* her port comes late, after the caller has gone */
	rig_hangs_up(rig_session(c, SIDE_CALLER));
	forget();
	rig_opened(c, SIDE_NURSE, 20006);
	heard("");
}

static void test_nurse_goes_while_it_rings(void **state)
{
	struct call *c;

	(void)state;
	rig_register(0, true);
	c = rig_queued();
	/* unregistered before her port was there */
	rig_register(0, false);
	rig_opened(c, SIDE_NURSE, 20002);
	heard("close 1\n");
	assert_int_equal(c->state, CALL_QUEUED);
	rig_wait(5000);
	heard("");
	rig_register(2, true);
	heard("open 1\n");
}

static void test_nobody_there(void **state)
{
	struct call *c = rig_queued();

	(void)state;
	assert_int_equal(c->playing, PLAYING_BUSY);
	rig_played(c, true, 800);
	heard("play 0 3 on\n");
	rig_wait(30000);
	heard("play 0 2\n"); /* again, and the queue goes on */
	rig_played(c, true, 800);
	heard("play 0 3 on\n");
	assert_int_equal(c->state, CALL_QUEUED);
}

static void test_position_is_told(void **state)
{
	struct call *first, *second;

	(void)state;
	first = rig_talking();
	second = rig_queued();
	assert_int_equal(second->playing, PLAYING_POSITION);
	rig_wait(30000);
	heard("play 0 4\n"); /* you are number one */
	rig_hangs_up(rig_session(first, SIDE_NURSE));
	assert_int_equal(second->state, CALL_RINGING);
}

static void test_codecs_differ(void **state)
{
	struct call *c;

	(void)state;
	rig_register(0, true);
	rig->nurse_speaks = CODEC_PCMU;
	c = rig_queued();
	rig_opened(c, SIDE_NURSE, 20002);
	forget();
	rig_answers(rig_session(c, SIDE_NURSE));
	heard("offer 0 sendrecv codec 1\n");
	rig_takes_offer(rig_session(c, SIDE_CALLER), CODEC_PCMU);
	assert_int_equal(c->state, CALL_TALKING);
	assert_non_null(strstr(rig->log, "ask 1 1 carer\n"));
}

static void test_codecs_cannot_agree(void **state)
{
	struct call *c;
	struct session *caller;

	(void)state;
	rig_register(0, true);
	rig_register(1, true);
	rig->nurse_speaks = CODEC_PCMU;
	c = rig_queued();
	rig_opened(c, SIDE_NURSE, 20002);
	rig_answers(rig_session(c, SIDE_NURSE));
	forget();
	caller = rig_session(c, SIDE_CALLER);
	switch_session_handlers.offer_refused(caller->owner, caller, 488);
	heard("end 1\nclose 1\nopen 1\n");
	assert_int_equal(c->state, CALL_RINGING);
	assert_int_equal(c->legs[SIDE_NURSE].agent, 1);
}

static void test_notice_cut_short_is_not_recorded(void **state)
{
	struct call *c = call_of(&rig->self, 0);
	struct session *caller;

	(void)state;
	rig_register(0, true);
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	rig_opened(c, SIDE_CALLER, 20000);
	rig_confirmed(caller);
	rig_played(c, true, 799); /* one sample too few */
	rig_opened(c, SIDE_NURSE, 20002);
	forget();
	rig_answers(rig_session(c, SIDE_NURSE));
	heard("stop 0\nset 1 codec 0\nbridge 0 1 on\nevent call.answered\n"
	      "event recording.not-recorded\n");
	assert_int_equal(c->outcome, OUTCOME_NOT_RECORDED);
}

static void test_line_that_does_not_record(void **state)
{
	struct call *c;

	(void)state;
	rig->settings.lines[0].record = false;
	rig_register(0, true);
	c = rig_queued();
	rig_opened(c, SIDE_NURSE, 20002);
	rig_answers(rig_session(c, SIDE_NURSE));
	assert_non_null(strstr(rig->log, "event recording.not-recorded\n"));
	assert_null(strstr(rig->log, "ask"));
	assert_null(strstr(rig->log, "capture"));
}

static void recorder_is(bool here)
{
	static char channel;

	rig->process.peers[ROLE_RECORDER] = here ? (void *)&channel : NULL;
	fate_recorder(&rig->self, here);
}

static void test_recorder_away(void **state)
{
	struct call *c;

	(void)state;
	recorder_is(false);
	rig_register(0, true);
	c = rig_queued();
	rig_opened(c, SIDE_NURSE, 20002);
	rig_answers(rig_session(c, SIDE_NURSE));
	forget();
	rig_wait(1900);
	heard("");
	rig_wait(100);
	heard("event recording.alarm\nalarm 1\n");
	assert_int_equal(c->state, CALL_TALKING); /* the call goes on */
	rig_hangs_up(rig_session(c, SIDE_CALLER));
	heard("event call.ended\nend 1\ncall-close\n");
	rig_closed(c);
	assert_int_equal(c->state, CALL_NONE);
}

static void test_recorder_dies_in_mid_call(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	recorder_is(false);
	rig_wait(1500);
	heard(""); /* capture goes on, into the ring */
	recorder_is(true);
	rig_recorder(c, RECORD_RUNNING);
	heard("capture on\n");
	rig_wait(5000);
	heard("");
	/* and now for too long */
	recorder_is(false);
	rig_wait(2000);
	heard("capture off\nevent recording.alarm\nalarm 1\n");
	recorder_is(true);
	rig_recorder(c, RECORD_RUNNING);
	heard("fact ended t1008500\nrecord-end 4\n");
}

/* Its channel lives, it does not. The recording stays its to decide. */
static void test_recorder_hangs_in_mid_call(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	rig_wait(100);
	heard("");
	rig->recorder_hangs = true;
	rig_wait(1900);
	heard("");
	rig_wait(100);
	heard("alarm 1\n");
	rig_wait(10000);
	heard(""); /* once */
	assert_int_equal(c->outcome, OUTCOME_RUNNING);
	rig->recorder_hangs = false;
	rig_wait(1000);
	rig->recorder_hangs = true;
	rig_wait(2000);
	heard("alarm 1\n");
	/* nobody talks: nobody is told */
	rig->recorder_hangs = false;
	rig_wait(100);
	rig_recorder(c, RECORD_ALARM);
	forget();
	rig->recorder_hangs = true;
	rig_wait(5000);
	heard("");
}

static void test_recorder_came_back_without_it(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	recorder_is(false);
	recorder_is(true); /* and does not say that it goes on */
	rig_wait(2000);
	assert_int_equal(c->outcome, OUTCOME_ALARM);
	heard("capture off\nfact ended t1002000\nrecord-end 4\n"
	      "event recording.alarm\nalarm 1\n");
}

static void test_recording_of_a_call_that_is_no_more(void **state)
{
	struct ipc_RECORD_STATE m = { .state = RECORD_RUNNING };

	(void)state;
	fate_state(&rig->self, 99ull << 32 | 3, &m);
	heard("record-end 4\n");
	m.state = RECORD_SEALED;
	fate_state(&rig->self, 99ull << 32 | 3, &m);
	heard("");
}

static void test_hold_by_the_nurse(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	rig_offers(rig_session(c, SIDE_NURSE), OFFER_SENDONLY);
	heard("answer 1 sendrecv\nset 1 codec 0\nbridge 0 1 off\n"
	      "play 0 3 on\nmark hold\nevent call.held\n"
	      "offer 0 sendonly codec 0\n");
	assert_int_equal(c->state, CALL_HELD);
	rig_takes_offer(rig_session(c, SIDE_CALLER), CODEC_PCMA);
	heard("set 0 codec 0\n");
	/* a re-INVITE that changes nothing */
	rig_offers(rig_session(c, SIDE_NURSE), OFFER_INACTIVE);
	heard("answer 1 sendrecv\nset 1 codec 0\n");
	rig_offers(rig_session(c, SIDE_NURSE), OFFER_SENDRECV);
	heard("answer 1 sendrecv\nset 1 codec 0\nstop 0\nbridge 0 1 on\n"
	      "mark resume\nevent call.held\noffer 0 sendrecv codec 0\n");
	assert_int_equal(c->state, CALL_TALKING);
}

static void test_hold_by_both(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	rig_offers(rig_session(c, SIDE_NURSE), OFFER_SENDONLY);
	forget();
	rig_offers(rig_session(c, SIDE_CALLER), OFFER_SENDONLY);
	heard("answer 0 sendonly\nset 0 codec 0\nbridge 0 1 off\n"
	      "play 1 3 on\nmark hold\nevent call.held\n"
	      "offer 1 sendonly codec 0\n");
	rig_offers(rig_session(c, SIDE_NURSE), OFFER_SENDRECV);
	heard("answer 1 sendonly\nset 1 codec 0\nstop 0\n"
	      "offer 0 sendrecv codec 0\n");
	assert_int_equal(c->state, CALL_HELD); /* the caller still holds */
	rig_offers(rig_session(c, SIDE_CALLER), OFFER_SENDRECV);
	assert_int_equal(c->state, CALL_TALKING);
}

static unsigned refer(struct call *c, enum side side, const char *uri)
{
	struct session *s = rig_session(c, side);

	return switch_session_handlers.referred(
		s->owner, s, (struct session_refer *)s, text_of(uri), NULL);
}

static void test_transfer_to_a_nurse(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	assert_int_equal(refer(c, SIDE_NURSE, "sip:agent1@h"), 480);
	rig_register(1, true);
	forget();
	assert_int_equal(refer(c, SIDE_CALLER, "sip:agent1@h"), 403);
	assert_int_equal(refer(c, SIDE_NURSE, "sip:+46900@h"), 403);
	assert_int_equal(refer(c, SIDE_NURSE, "sip:agent1@h"), 202);
	heard("bridge 0 1 off\nplay 0 3 on\nmark transfer\nopen 2\n");
	rig_opened(c, SIDE_THIRD, 20004);
	heard("call 2 sip:agent1@phone codec 0\n");
	rig_answers(rig_session(c, SIDE_THIRD));
	heard("refer 1 200\nstop 0\nset 2 codec 0\nbridge 0 2 on\n"
	      "fact transfer agent1\nevent call.transferred\n");
	assert_int_equal(c->state, CALL_TALKING);
	rig_hangs_up(rig_session(c, SIDE_NURSE)); /* as phones do then */
	heard("close 1\n");
	assert_int_equal(rig->self.queue->agents[0].state, QUEUE_AGENT_IDLE);
	assert_int_equal(c->state, CALL_TALKING);
	/* and on to the first one again */
	assert_int_equal(refer(c, SIDE_THIRD, "sip:agent0@h"), 202);
	heard("bridge 0 2 off\nplay 0 3 on\nmark transfer\nopen 1\n");
	rig_opened(c, SIDE_NURSE, 20006);
	rig_answers(rig_session(c, SIDE_NURSE));
	forget();
	rig_wait(2000); /* she does not hang up by herself */
	heard("end 2\nclose 2\n");
	rig_hangs_up(rig_session(c, SIDE_NURSE));
	heard("event call.ended\nend 0\ncapture off\nfact ended t1002000\n"
	      "record-end 0\ncall-close\n");
}

static void test_transfer_not_answered(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	rig_register(1, true);
	assert_int_equal(refer(c, SIDE_NURSE, "sip:agent1@h"), 202);
	rig_opened(c, SIDE_THIRD, 20004);
	forget();
	rig_wait(20000);
	heard("refer 1 408\nend 2\nclose 2\nstop 0\nbridge 0 1 on\n"
	      "mark resume\n");
	assert_int_equal(c->state, CALL_TALKING);
	assert_int_equal(rig->self.queue->agents[1].state, QUEUE_AGENT_IDLE);
}

/* Everybody has gone before anything came of it. */
static void test_transfer_given_up(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	rig_register(1, true);
	assert_int_equal(refer(c, SIDE_NURSE, "sip:agent1@h"), 202);
	rig_opened(c, SIDE_THIRD, 20004);
	rig_hangs_up(rig_session(c, SIDE_NURSE));
	forget();
	rig_hangs_up(rig_session(c, SIDE_CALLER));
	assert_non_null(strstr(rig->log, "refer 1 487\n"));
	assert_null(rig->self.live[0].refer);
}

/* A digit goes to whoever listens, and to nobody while he hears us. */
static void test_digits(void **state)
{
	struct call *c = rig_queued();
	struct session *caller = rig_session(c, SIDE_CALLER);

	(void)state;
	switch_session_handlers.dtmf(caller->owner, caller, '5', 160);
	heard("");
	rig_hangs_up(caller);
	c = rig_talking();
	caller = rig_session(c, SIDE_CALLER);
	switch_session_handlers.dtmf(caller->owner, caller, '5', 160);
	heard("dtmf 1 5 160\n");
	caller = rig_session(c, SIDE_NURSE);
	switch_session_handlers.dtmf(caller->owner, caller, '#', 90);
	heard("dtmf 0 # 90\n");
}

static void test_transfer_by_one_who_left(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	rig_register(1, true);
	assert_int_equal(refer(c, SIDE_NURSE, "sip:agent1@h"), 202);
	rig_opened(c, SIDE_THIRD, 20004);
	rig_hangs_up(rig_session(c, SIDE_NURSE));
	assert_int_equal(c->state, CALL_TRANSFERRING);
	forget();
	rig_refuses(rig_session(c, SIDE_THIRD), 486);
	/* she hears of it all the same */
	assert_memory_equal(rig->log, "refer 1 486\n", 12);
	/* nobody is left to talk to: the caller waits for the next one */
	assert_true(c->state == CALL_QUEUED || c->state == CALL_RINGING);
	assert_non_null(strstr(rig->log, "record-end 0\n"));
	assert_non_null(strstr(rig->log, "event call.queued\n"));
}

static void test_transfer_to_a_line(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	rig_register(1, true);
	assert_int_equal(refer(c, SIDE_NURSE, "<sip:1177@h>"), 202);
	forget();
	rig_wait(100);
	assert_int_equal(c->state, CALL_RINGING);
	assert_int_equal(c->legs[SIDE_NURSE].agent, 1);
	assert_non_null(strstr(rig->log, "refer 1 200\n"));
	assert_non_null(strstr(rig->log, "capture off\n"));
	assert_non_null(strstr(rig->log, "record-end 2\n"));
	/* the next talk waits for the first recording, then has its own */
	rig_opened(c, SIDE_NURSE, 20008);
	forget();
	rig_answers(rig_session(c, SIDE_NURSE));
	assert_null(strstr(rig->log, "ask"));
	forget();
	rig_recorder(c, RECORD_SEALED);
	assert_memory_equal(rig->log, "ask 0 0 carer\n", 14);
	assert_int_equal(c->outcome, OUTCOME_ASKED);
}

static void test_transfer_to_a_line_of_others(void **state)
{
	struct call *c = rig_talking();
	struct line *second = &rig->settings.lines[1];

	(void)state;
	rig->settings.line_count = 2;
	*second = rig->settings.lines[0];
	(void)snprintf(second->number, sizeof(second->number), "1188");
	second->record = false;
	/* he was not told that these would hear him */
	(void)snprintf(second->controller, sizeof(second->controller), "else");
	assert_int_equal(refer(c, SIDE_NURSE, "sip:1188@h"), 403);
	assert_int_equal(c->state, CALL_TALKING);
	(void)snprintf(second->controller, sizeof(second->controller), "carer");
	assert_int_equal(refer(c, SIDE_NURSE, "sip:1188@h"), 202);
	rig_register(1, true);
	rig_wait(100);
	rig_recorder(c, RECORD_SEALED);
	rig_opened(c, SIDE_NURSE, 20008);
	forget();
	rig_answers(rig_session(c, SIDE_NURSE));
	/* that line does not record */
	assert_null(strstr(rig->log, "ask"));
	assert_non_null(strstr(rig->log, "event recording.not-recorded\n"));
}

/* The recorder has no place left even for saying so. */
static void test_no_room_for_a_recording(void **state)
{
	struct call *c;

	(void)state;
	rig_register(0, true);
	c = rig_queued();
	rig_opened(c, SIDE_NURSE, 20002);
	rig_answers(rig_session(c, SIDE_NURSE));
	forget();
	rig->recording = 0;
	rig_recorder(c, RECORD_ALARM);
	heard("event recording.alarm\n");
	assert_int_equal(c->outcome, OUTCOME_RECORDER);
	rig_recorder(c, RECORD_ALARM);
	heard("");
}

/* Sealed in mid-talk, as after a jump of the clock. */
static void test_a_recording_begun_anew(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	rig_recorder(c, RECORD_SEALED);
	assert_memory_equal(rig->log, "capture off\nask 0 0 carer\n", 26);
	assert_int_equal(c->outcome, OUTCOME_ASKED);
	/* the first one's end, said again by one that restarted */
	rig_recorder(c, RECORD_SEALED);
	assert_int_equal(c->outcome, OUTCOME_ASKED);
	rig->recording = 8;
	rig_recorder(c, RECORD_STARTING);
	rig_recorder(c, RECORD_RUNNING);
	forget();
	rig->recording = 7;
	rig_recorder(c, RECORD_SEALED);
	heard("");
	assert_int_equal(c->outcome, OUTCOME_RUNNING);
	rig->recording = 8;
	rig_recorder(c, RECORD_ALARM); /* a fault is not tried again */
	heard("capture off\n");
	assert_int_equal(c->outcome, OUTCOME_RECORDER);
}

/* The nurse's second talk was over before the first was sealed. */
static void test_each_recording_has_one_end(void **state)
{
	static const uint8_t id[ID_BYTES] = { 1, 2, 3 };
	char text[ID_CHARS + 1];
	struct call *c = rig_talking();

	(void)state;
	memcpy(rig->recording_id, id, sizeof(id));
	id_text(id, text);
	rig_recorder(c, RECORD_RUNNING);
	rig_register(1, true);
	assert_int_equal(refer(c, SIDE_NURSE, "<sip:1177@h>"), 202);
	rig_wait(100);
	rig_opened(c, SIDE_NURSE, 20008);
	rig_answers(rig_session(c, SIDE_NURSE));
	rig_hangs_up(rig_session(c, SIDE_CALLER));
	assert_int_equal(c->state, CALL_ENDING);
	forget();
	rig_recorder(c, RECORD_SEALED);
	/* of the second, which never began: not of the one that is sealed */
	heard("event recording.alarm\nalarm 1\n");
	assert_null(strstr(rig->details, text));
	assert_non_null(strstr(rig->details, "recorder-away"));
	rig_recorder(c, RECORD_SEALED);
	heard("");
}

static void test_media_dies(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	legs_worker_lost(&rig->self, 0);
	heard("event call.ended\nend 0\nend 1\ncapture off\n"
	      "fact ended t1000000\nrecord-end 1\n");
	rig_recorder(c, RECORD_SEALED);
	assert_int_equal(c->state, CALL_NONE);
}

static void test_silence(void **state)
{
	struct ipc_message m = { .type = IPC_SILENT };
	struct call *c = rig_talking();

	(void)state;
	m.about = call_handle(&rig->self, c);
	m.u.SILENT.silent_ms = 59999;
	legs_message(&rig->self, &m);
	heard("");
	m.u.SILENT.silent_ms = 60000;
	legs_message(&rig->self, &m);
	assert_int_equal(c->state, CALL_ENDING);
}

static void test_ending_is_not_for_ever(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	rig_hangs_up(rig_session(c, SIDE_CALLER));
	rig_wait(59000); /* media and recorder are here and say nothing */
	assert_int_equal(c->state, CALL_ENDING);
	forget();
	rig_wait(2000);
	heard("fact ended t1060000\nrecord-end 4\nevent recording.alarm\n"
	      "alarm 1\n");
	assert_int_equal(c->state, CALL_NONE);
}

static void test_drain(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	rig->self.draining = true;
	rig_hangs_up(rig_session(c, SIDE_CALLER));
	rig_closed(c);
	forget();
	rig_recorder(c, RECORD_SEALED);
	heard("drained 1\n");
}

static void test_restored(void **state)
{
	struct call *talking, *waiting;

	(void)state;
	talking = rig_talking();
	waiting = rig_queued();
	rig_restart();
	heard("restored 0\nrestored 1\nrestored 0\nplay 0 3 on\n");
	assert_int_equal(talking->state, CALL_TALKING);
	assert_int_equal(waiting->state, CALL_QUEUED);
	assert_int_equal(rig->self.count, 2);
	/* the nurse is still busy with the first */
	assert_int_equal(rig->self.queue->agents[0].state, QUEUE_AGENT_BUSY);
	rig_hangs_up(rig_session(talking, SIDE_NURSE));
	assert_int_equal(waiting->state, CALL_RINGING);
	forget();
	/* it dies again, while her phone rings */
	rig_restart();
	assert_int_equal(waiting->state, CALL_RINGING);
	assert_non_null(strstr(rig->log, "close 1\n"));
	assert_non_null(strstr(rig->log, "open 1\n"));
	/* what comes for the old ring's port is not taken for the new one's */
	forget();
	rig_opened(waiting, SIDE_NURSE, 20010);
	rig_opened(waiting, SIDE_NURSE, 20012);
	assert_int_equal(waiting->legs[SIDE_NURSE].port, 20012);
}

/* Two notices of one rendering, though another comes in between. */
static void test_notices_of_one_rendering(void **state)
{
	struct settings *file = malloc(sizeof(*file));
	struct session *caller;
	struct call *c = call_of(&rig->self, 0);
	struct line *l = &rig->settings.lines[0];

	(void)state;
	assert_non_null(file);
	l->notices[1] = l->notices[0];
	(void)snprintf(l->notices[1].language, 8, "en");
	l->notice_count = 2;
	rig->self.prompts.rows[1][CODEC_PCMA].packets = 5;
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	rig_opened(c, SIDE_CALLER, 20000);
	rig_confirmed(caller);
	*file = rig->settings;
	(void)snprintf(file->lines[0].notices[0].version, 32, "v2");
	file->lines[0].notice_count = 1;
	rig->self.rendering = 2;
	rig->self.prompts.rows[0][CODEC_PCMA].packets = 7;
	rig->self.prompts.rows[1][CODEC_PCMA].packets = 0;
	forget();
	rig_reload(file);
	line_reload(&rig->self);
	heard("");
	rig_played(c, true, 800);
	heard("event call.notice-played\nplay 0 1\n");
	rig_played(c, true, 800);
	assert_string_equal(c->told[0].version, "v1");
	assert_string_equal(c->told[1].version, "v1");
	assert_true(c->told[0].complete && c->told[1].complete);
	assert_non_null(strstr(rig->log, "play 0 3 on of 2\n"));
	/* music goes on by the next one at once */
	rig_played(c, true, 800);
	rig->self.rendering = 3;
	forget();
	line_reload(&rig->self);
	heard("play 0 3 on of 3\n");
	/* who comes now hears the new one, whole */
	c = call_of(&rig->self, 1);
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	rig_opened(c, SIDE_CALLER, 20010);
	forget();
	rig_confirmed(caller);
	heard("set 0 codec 0\nplay 0 0 of 3\n");
	assert_string_equal(c->told[0].version, "v2");
	rig_played(c, true, 1119);
	assert_false(c->told[0].complete);
	assert_int_equal(c->told[0].of, 1120);
	free(file);
}

/* A listener that is gone lives on while a call needs it, and a little. */
static void test_a_listener_is_removed(void **state)
{
	struct settings *file = malloc(sizeof(*file));
	struct call *c;
	int fds[SETTINGS_LISTENERS];

	(void)state;
	assert_non_null(file);
	*file = rig->settings;
	for (unsigned i = 0; i < 2; i++) {
		name(file->listeners[i].name, i ? "tcp:b" : "udp:a");
		file->listeners[i].removed = false;
		file->listeners[i].order = i;
		file->listeners[i].transport = i ? SIP_TCP : SIP_UDP;
	}
	file->listener_count = 2;
	rig_reload(file);
	rig->listens[0] = rig->listens[1] = true;
	c = rig_talking();
	c->legs[SIDE_CALLER].state.magic = SESSION_STATE_MAGIC;
	c->legs[SIDE_CALLER].state.d.dialog.flow.listener = 0;
	/* another takes its position in the file, not its place */
	name(file->listeners[0].name, "udp:c");
	rig_reload(file);
	assert_true(rig->settings.listeners[0].removed);
	assert_string_equal(rig->settings.listeners[1].name, "tcp:b");
	assert_string_equal(rig->settings.listeners[2].name, "udp:c");
	places_sockets(&rig->self, fds);
	assert_int_equal(fds[0], -1);
	assert_int_equal(fds[1], 100 * SOCKET_SIP_TCP + 1);
	assert_int_equal(fds[2], 100 * SOCKET_SIP_UDP + 0);
	rig->listens[2] = true;
	rig_wait(60000);
	assert_true(rig->listens[0]);
	call_end(&rig->self, c, RECORD_END_HANGUP);
	rig_closed(c);
	rig_recorder(c, RECORD_SEALED);
	rig_wait(4000);
	assert_true(rig->listens[0]);
	forget();
	rig_wait(2000);
	heard("leave 0\n");
	assert_true(rig->listens[1] && rig->listens[2]);
	free(file);
}

/* Its caller is not left in silence, nor told of a place in another queue. */
static void test_the_line_is_removed(void **state)
{
	struct settings *file = malloc(sizeof(*file));
	struct call *c = rig_queued();

	(void)state;
	assert_non_null(file);
	*file = rig->settings;
	(void)snprintf(file->lines[0].number, 32, "1188");
	rig_reload(file);
	assert_true(rig->settings.lines[0].removed);
	assert_string_equal(rig->settings.lines[1].number, "1188");
	assert_int_equal(rig_invite("1177", 0, NULL), 404);
	rig_played(c, true, 800);
	heard("play 0 3 on\n");
	rig_wait(60000);
	heard("");
	rig_register(0, true);
	rig_opened(c, SIDE_NURSE, 20002);
	rig_answers(rig_session(c, SIDE_NURSE));
	assert_int_equal(c->state, CALL_TALKING);
	assert_non_null(strstr(rig->log, "fact called 1177\n"));
	free(file);
}

static void test_notice_is_heard_whole_after_a_death(void **state)
{
	struct call *c = call_of(&rig->self, 0);
	struct session *caller;

	(void)state;
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	rig_opened(c, SIDE_CALLER, 20000);
	rig_confirmed(caller);
	forget();
	rig_restart();
	heard("restored 0\nset 0 codec 0\nplay 0 0\n");
	rig_played(c, true, 800);
	assert_int_equal(c->told[0].complete, 1);
	assert_int_equal(c->state, CALL_QUEUED);
}

/* Agents and trunks in another order, agent0 and the caller's trunk gone. */
static void other_order(struct settings *to)
{
	*to = rig->settings;
	name(to->trunks[0].name, "national");
	to->trunks[0].trusted = false;
	name(to->trunks[1].name, "new");
	name(to->trunks[2].name, "out");
	name(to->agents[0].name, "agent2");
	name(to->agents[1].name, "agent9");
	name(to->agents[2].name, "agent1");
}

static void test_names_stay_through_a_reload(void **state)
{
	struct call *c = rig_talking();
	struct settings *file = malloc(sizeof(*file));

	(void)state;
	assert_non_null(file);
	rig_register(1, true);
	other_order(file);
	rig->registered[0] = false; /* the registrar knows her no more */
	rig_reload(file);
	assert_string_equal(places_agent_of(&rig->self, c), "agent0");
	assert_string_equal(places_trunk_of(&rig->self, c), "in");
	assert_string_equal(rig->settings.agents[1].name, "agent1");
	assert_string_equal(rig->settings.agents[3].name, "agent9");
	assert_string_equal(rig->settings.trunks[2].name, "national");
	assert_string_equal(rig->settings.trunks[3].name, "new");
	/* who was removed is nobody's any more */
	assert_int_equal(refer(c, SIDE_NURSE, "sip:agent0@h"), 403);
	assert_int_equal(rig_invite("1177", 0, NULL), 403);
	assert_int_equal(c->state, CALL_TALKING);
	/* who stayed is reached by her name, and that is what the card says */
	forget();
	assert_int_equal(refer(c, SIDE_NURSE, "sip:agent1@h"), 202);
	assert_int_equal(c->legs[SIDE_THIRD].agent, 1);
	rig_opened(c, SIDE_THIRD, 20004);
	rig_answers(rig_session(c, SIDE_THIRD));
	assert_non_null(strstr(rig->log, "fact transfer agent1\n"));
	rig_hangs_up(rig_session(c, SIDE_NURSE));
	assert_string_equal(places_agent_of(&rig->self, c), "agent1");
	/* a new process reads the same file and finds all in their places */
	rig->settings = *file;
	rig_restart();
	assert_int_equal(c->state, CALL_TALKING);
	assert_string_equal(places_agent_of(&rig->self, c), "agent1");
	assert_string_equal(places_trunk_of(&rig->self, c), "in");
	assert_true(rig->settings.trunks[0].removed);
	assert_int_equal(rig->self.queue->agents[1].state, QUEUE_AGENT_BUSY);
	/* the places of those who are gone are free once nobody needs them */
	rig_hangs_up(rig_session(c, SIDE_CALLER));
	rig_closed(c);
	rig_recorder(c, RECORD_SEALED);
	rig->settings = *file;
	rig_reload(file);
	assert_string_equal(rig->settings.agents[0].name, "");
	assert_string_equal(rig->settings.trunks[0].name, "");
	free(file);
}

/* A nurse who is removed while her phone rings may still answer. */
static void test_removed_while_her_phone_rings(void **state)
{
	struct settings *file = malloc(sizeof(*file));
	struct call *c;

	(void)state;
	assert_non_null(file);
	rig_register(0, true);
	c = rig_queued();
	rig_opened(c, SIDE_NURSE, 20002);
	other_order(file);
	rig->registered[0] = false;
	rig_reload(file);
	forget();
	rig_answers(rig_session(c, SIDE_NURSE));
	assert_int_equal(c->state, CALL_TALKING);
	assert_non_null(strstr(rig->log, "fact agent agent0\n"));
	rig_hangs_up(rig_session(c, SIDE_NURSE));
	assert_int_equal(rig->self.queue->agents[0].state, QUEUE_AGENT_AWAY);
	free(file);
}

static void test_not_restorable(void **state)
{
	struct call *c = rig_talking();

	(void)state;
	rig->restore_err = EBADMSG;
	rig_restart();
	heard("event call.ended\ncapture off\nfact ended t1000000\n"
	      "record-end 0\ncall-close\n");
	assert_int_equal(c->state, CALL_ENDING);
	/* bytes that make no sense are not believed */
	c->line = 77;
	rig_restart();
	assert_int_equal(c->state, CALL_NONE);
	assert_int_equal(rig->self.count, 0);
}

/* What somebody who broke into the switch may have left behind. */
static void test_hostile_memory(void **state)
{
	struct call *talking = rig_talking();
	struct call *waiting = rig_queued();
	uint8_t *before = malloc(rig->memory_len);
	uint32_t x = 42;

	(void)state;
	assert_non_null(before);
	memcpy(before, rig->memory, rig->memory_len);
	for (unsigned i = 0; i < 4000; i++) {
		uint8_t *from = i % 2 ? (uint8_t *)talking : (uint8_t *)waiting;
		size_t max = sizeof(*talking);

		memcpy(rig->memory, before, rig->memory_len);
		if (i % 10 == 0) { /* the queue and the head, too */
			from = rig->memory;
			max = (size_t)((uint8_t *)talking - rig->memory);
		}
		for (unsigned k = 0; k <= i % 5; k++) {
			size_t len, at;

			x = x * 1664525 + 1013904223;
			at = (x >> 8) % max;
			len = (x >> 3) % 200;
			if (len > max - at)
				len = max - at;
			memset(from + at, (int)(x >> 24), len);
		}
		rig_restart();
		rig_wait(200);
		for (uint32_t slot = 0; slot < rig->self.max; slot++)
			call_end(&rig->self, call_of(&rig->self, slot),
				 RECORD_END_HANGUP);
		rig_forget_all();
	}
	free(before);
}

/* Each text is ended within its place, and none can end a line. */
static void test_hostile_texts(void **state)
{
	struct call *c = rig_talking();
	const struct {
		char *at;
		size_t max;
	} rows[] = {
		{ c->number, sizeof(c->number) },
		{ c->controller, sizeof(c->controller) },
		{ c->caller, sizeof(c->caller) },
		{ c->municipality, sizeof(c->municipality) },
		{ c->told[0].language, sizeof(c->told[0].language) },
		{ c->told[1].version, sizeof(c->told[1].version) },
	};
	struct call before = *c;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(rows[i].at, '4', rows[i].max);
		rig_restart();
		assert_int_equal(rig->self.count, 0);
		*c = before;
	}
	(void)snprintf(c->caller, sizeof(c->caller), "1\r\nX: y");
	rig_restart();
	assert_int_equal(rig->self.count, 0);
	*c = before;
	(void)snprintf(c->municipality, sizeof(c->municipality), "1;x=y");
	rig_restart();
	assert_int_equal(rig->self.count, 0);
	*c = before;
	rig_restart();
	assert_int_equal(rig->self.count, 1);
}

static void ledger_is(bool here)
{
	static char channel;

	rig->process.peers[ROLE_LEDGER] = here ? (void *)&channel : NULL;
	say_ledger(&rig->self, here);
}

static void test_ledger_away(void **state)
{
	const struct outbox_event *e;

	(void)state;
	rig->nobody_stores = true;
	ledger_is(false);
	assert_int_equal(rig_invite("1177", 0, NULL), 0);
	heard("open 0\n");
	rig_wait(900);
	heard("");
	rig_wait(100);
	heard("alarm 4\n"
	      "keep call.received\n");
	ledger_is(true); /* not yet acknowledged: the ledger gets it too */
	heard("event call.received\n");
	e = &rig->events[1];
	assert_int_equal(e->number, 1);
	say_kept(&rig->self, e->id);
	assert_int_equal(rig->self.outbox.waiting, 0);
	rig_wait(10000);
	heard("");
}

/* ---- the national node */

static void test_national_call(void **state)
{
	struct session *caller;
	struct call *c = call_of(&rig->self, 0);

	(void)state;
	rig_national();
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	/* number and place go to a trusted trunk; no port is opened */
	heard("event call.received\nevent call.routed\n"
	      "call 1 sip:1177@192.0.2.20 caller's words\n"
	      "X-Kommun: 0480\r\n"
	      "P-Asserted-Identity: <sip:+46701740605@vaxel.example>\r\n");
	rig_answers(rig_session(c, SIDE_NURSE));
	heard("answer 0 provider's words\n");
	rig_confirmed(caller);
	heard("event call.handed-over\n");
	assert_int_equal(c->state, CALL_TALKING);
	rig_hangs_up(rig_session(c, SIDE_NURSE));
	heard("event call.ended\nend 0\n");
	assert_int_equal(c->state, CALL_NONE);
}

static void test_national_untrusted(void **state)
{
	(void)state;
	rig_national();
	rig->settings.trunks[0].trusted = false;
	assert_int_equal(rig_invite("1177", 0, NULL), 0);
	/* its place is not believed: unknown, so the national trunk; and that
	 * one is not trusted with the number */
	heard("event call.received\nevent call.routed\n"
	      "call 1 sip:1177@192.0.2.30 caller's words\n");
}

/* What follows a place in a URI or a header is not let through with it. */
static void test_national_place_is_digits(void **state)
{
	(void)state;
	rig_national();
	rig->place = "0480;x";
	assert_int_equal(rig_invite("1177", 0, NULL), 0);
	heard("event call.received\nevent call.routed\n"
	      "call 1 sip:1177@192.0.2.30 caller's words\n");
}

static void test_national_second_route(void **state)
{
	struct session *caller;
	struct call *c = call_of(&rig->self, 0);

	(void)state;
	rig_national();
	rig->settings.trunks[1].trusted = false;
	rig->settings.trunks[1].place = PLACE_NONE;
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	forget();
	rig_refuses(rig_session(c, SIDE_NURSE), 503);
	heard("event call.routed\ncall 1 sip:1177@192.0.2.30 caller's words\n");
	/* once, not for ever; and the 503 is not ours */
	rig_refuses(rig_session(c, SIDE_NURSE), 503);
	heard("event call.refused\nrefuse 0 500\nevent call.ended\n");
	assert_int_equal(rig->self.count, 0);
	/* the caller's own fault is not tried elsewhere */
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	forget();
	rig_refuses(rig_session(c, SIDE_NURSE), 486);
	heard("event call.refused\nrefuse 0 486\nevent call.ended\n");
}

static void test_national_silence_and_trunk_down(void **state)
{
	struct call *c = call_of(&rig->self, 0);

	(void)state;
	rig_national();
	rig->settings.trunks[1].trusted = false;
	rig->settings.trunks[1].place = PLACE_NONE;
	assert_int_equal(rig_invite("1177", 0, NULL), 0);
	forget();
	rig_wait(7900);
	heard("");
	rig_wait(100);
	heard("end 1\nevent call.routed\n"
	      "call 1 sip:1177@192.0.2.30 caller's words\n");
	/* it rings: now there is time */
	switch_session_handlers.progress(rig_session(c, SIDE_NURSE)->owner,
					 rig_session(c, SIDE_NURSE), 180,
					 false);
	heard("ring 0 180\n");
	rig_wait(30000);
	heard("");
	/* and when the first is known to be down, not even that is lost */
	rig->self.trunks[1].known = true;
	assert_int_equal(rig_invite("1177", 0, NULL), 0);
	heard("event call.received\nevent call.routed\n"
	      "call 1 sip:1177@192.0.2.30 caller's words\n");
}

static void test_national_reinvite(void **state)
{
	struct session *caller, *provider;
	struct call *c = call_of(&rig->self, 0);

	(void)state;
	rig_national();
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	provider = rig_session(c, SIDE_NURSE);
	rig_answers(provider);
	forget();
	rig_offers(caller, OFFER_SENDONLY);
	heard("offer 1 caller's words\n");
	rig_takes_offer(provider, CODEC_PCMA);
	heard("answer 0 provider's words\n");
	caller->by_update = provider->by_update = true;
	rig_offers(provider, OFFER_SENDRECV);
	heard("by UPDATE: offer 0 provider's words\n");
	/* both at once: the second comes again */
	rig_offers(caller, OFFER_SENDRECV);
	heard("refuse 0 491\n");
	switch_session_handlers.offer_refused(caller->owner, caller, 488);
	heard("refuse 1 488\n");
	assert_int_equal(c->state, CALL_TALKING);
}

/* The offer comes in the provider's 200, the answer in the caller's ACK. */
static void test_national_offerless(void **state)
{
	struct session *caller, *provider;
	struct call *c = call_of(&rig->self, 0);

	(void)state;
	rig_national();
	rig->offerless = true;
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	provider = rig_session(c, SIDE_NURSE);
	assert_non_null(strstr(rig->log, "call 1 sip:1177@192.0.2.20 none\n"));
	forget();
	provider->has_pending = provider->waiting = true;
	rig_answers(provider);
	heard("answer 0 provider's words\n");
	rig_takes_offer(caller, CODEC_PCMA); /* the ACK */
	heard("answer 1 caller's words\n");
	/* and so by re-INVITE */
	caller->waiting = true;
	switch_session_handlers.offered(caller->owner, caller);
	heard("offer 1 none\n");
	rig_offers(provider, OFFER_SENDRECV);
	heard("answer 0 provider's words\n");
	rig_takes_offer(caller, CODEC_PCMA);
	heard("answer 1 caller's words\n");
}

/* Codecs are theirs, but a trunk that must be encrypted is. */
static void test_national_not_in_the_clear(void **state)
{
	struct session *caller;

	(void)state;
	rig_national();
	rig->settings.trunks[1].srtp = SRTP_REQUIRED;
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	assert_non_null(strstr(rig->log, "refuse 0 488\n"));
	assert_int_equal(rig->self.count, 0);
}

/* ---- letting go */

static struct call *national_let_go(enum hand_over way)
{
	struct call *c = call_of(&rig->self, 0);
	struct session *caller;

	rig_national();
	rig->settings.trunks[0].hand_over = way;
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	if (way == HAND_OVER_REDIRECT)
		return c;
	assert_int_equal(strstr(rig->log, "Vaxel-Way: refer\r\n") != NULL,
			 rig->refer_err != EOPNOTSUPP);
	rig_answers(rig_session(c, SIDE_NURSE));
	forget();
	rig_confirmed(caller);
	return c;
}

static const char refer_out[] = "refer-out 0 sip:1177@provider?Replaces=x by "
				"<sip:1177@vaxel.example>\n";

static void referred(struct call *c, unsigned code)
{
	struct session *s = rig_session(c, SIDE_CALLER);

	switch_session_handlers.refer_progress(s->owner, s, code);
}

static void test_national_lets_go_by_refer(void **state)
{
	struct call *c = national_let_go(HAND_OVER_REFER);

	(void)state;
	heard(refer_out);
	referred(c, 100);
	rig_wait(1500);
	heard("");
	referred(c, 200);
	heard("event call.handed-over\nevent call.ended\nend 0\nend 1\n");
	assert_int_equal(rig->self.count, 0);
	/* the provider's BYE may come before the carrier's word */
	c = national_let_go(HAND_OVER_REFER);
	rig_hangs_up(rig_session(c, SIDE_NURSE));
	assert_int_equal(c->state, CALL_TALKING);
	forget();
	referred(c, 200);
	heard("event call.handed-over\nevent call.ended\nend 0\n");
	assert_int_equal(rig->self.count, 0);
}

static void test_national_stays_where_a_peer_cannot(void **state)
{
	struct call *c = national_let_go(HAND_OVER_REFER);

	(void)state;
	forget();
	referred(c, 603);
	heard("event call.handed-over\nsay 1 stays\n");
	assert_int_equal(c->state, CALL_TALKING);
	rig_wait(5000);
	heard("");
	rig_hangs_up(rig_session(c, SIDE_NURSE));
	heard("event call.ended\nend 0\n");
	/* says nothing */
	c = national_let_go(HAND_OVER_REFER);
	forget();
	rig_wait(1900);
	heard("");
	rig_wait(100);
	heard("event call.handed-over\nsay 1 stays\n");
	referred(c, 200); /* too late to be of interest */
	heard("");
	rig_hangs_up(rig_session(c, SIDE_CALLER));
	forget();
	/* has said before that it never does */
	rig->refer_err = EOPNOTSUPP;
	c = national_let_go(HAND_OVER_REFER);
	heard("event call.handed-over\nsay 1 stays\n");
	rig_hangs_up(rig_session(c, SIDE_CALLER));
	/* silence, and the provider has gone */
	rig->refer_err = 0;
	c = national_let_go(HAND_OVER_REFER);
	rig_hangs_up(rig_session(c, SIDE_NURSE));
	forget();
	rig_wait(2000);
	heard("event call.handed-over\nevent call.ended\nend 0\n");
	assert_int_equal(rig->self.count, 0);
}

static void test_national_lets_go_by_redirect(void **state)
{
	struct call *c = national_let_go(HAND_OVER_REDIRECT);

	(void)state;
	heard("event call.received\nevent call.routed\n"
	      "event call.handed-over\n"
	      "Contact: <sip:1177@192.0.2.20?X-Kommun=0480>\r\n"
	      "refuse 0 302\nevent call.ended\n");
	assert_int_equal(c->state, CALL_NONE);
	assert_int_equal(rig->self.count, 0);
}

/* A node that may pass the call on called; its notice waits for that. */
static struct session *may_be_referred(struct call *c)
{
	struct session *caller;

	rig->more = "Vaxel-Way: refer\r\n";
	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	rig_opened(c, SIDE_CALLER, 20000);
	forget();
	rig_confirmed(caller);
	return caller;
}

/* ---- another in the caller's place */

static void test_replaced_before_the_notice(void **state)
{
	struct call *c = call_of(&rig->self, 0);
	struct session *first = may_be_referred(c), *second;

	(void)state;
	heard("set 0 codec 0\n"); /* it waits */
	rig_wait(1000);
	heard("");
	assert_int_equal(rig_replace(c, SIDE_CALLER, 0, &second), 0);
	heard("answer 0 sendrecv\nend 0\nevent call.handed-over\n"
	      "set 0 codec 0\n");
	assert_true(first->over);
	assert_ptr_equal(rig_session(c, SIDE_CALLER), second);
	assert_ptr_equal(second->state, &c->legs[SIDE_CALLER].state);
	rig_wait(3000);
	heard("");
	rig_confirmed(second);
	heard("set 0 codec 0\nplay 0 0\n");
	assert_int_equal(rig->self.trunks[0].calls, 1);
	rig_hangs_up(second);
	assert_int_equal(c->state, CALL_ENDING);
	assert_int_equal(rig->self.trunks[0].calls, 0);
}

static void test_nobody_comes_in_his_place(void **state)
{
	struct call *c = call_of(&rig->self, 0);
	struct session *caller = may_be_referred(c);

	(void)state;
	forget();
	rig_wait(1900);
	heard("");
	rig_wait(100);
	heard("set 0 codec 0\nplay 0 0\n");
	/* and who comes later finds a notice that begins anew */
	rig_wait(500);
	assert_int_equal(rig_replace(c, SIDE_CALLER, 0, &caller), 0);
	assert_non_null(strstr(rig->log, "stop 0\n"));
	rig_played(c, false, 100); /* of the one that was cut */
	forget();
	rig_confirmed(caller);
	heard("set 0 codec 0\nplay 0 0\n");
	rig_played(c, true, 800);
	assert_int_equal(c->told[0].complete, 1);
}

/* The node says that it stays: the notice begins. */
static void test_notice_waits_no_longer_than_needed(void **state)
{
	struct call *c = call_of(&rig->self, 0);
	struct session *caller = may_be_referred(c);

	(void)state;
	forget();
	switch_session_handlers.told(caller->owner, caller, TEXT("what?"));
	heard("");
	switch_session_handlers.told(caller->owner, caller, TEXT("stays"));
	heard("set 0 codec 0\nplay 0 0\n");
	switch_session_handlers.told(caller->owner, caller, TEXT("stays"));
	rig_wait(3000);
	heard("");
}

/* His phone holds the call that it was asked to replace; the new one does not.
 */
static void test_replaced_after_a_hold_in_the_notice(void **state)
{
	struct call *c = call_of(&rig->self, 0);
	struct session *first = may_be_referred(c), *second;

	(void)state;
	rig_offers(first, OFFER_SENDONLY);
	assert_true(c->legs[SIDE_CALLER].holds);
	assert_int_equal(rig_replace(c, SIDE_CALLER, 0, &second), 0);
	assert_false(c->legs[SIDE_CALLER].holds);
}

static void test_replaced_while_he_waits_or_talks(void **state)
{
	struct session *second, *third;
	struct call *c = rig_queued();

	(void)state;
	assert_int_equal(rig_replace(c, SIDE_CALLER, 0, &second), 0);
	heard("answer 0 sendrecv\nend 0\nevent call.handed-over\n"
	      "set 0 codec 0\n");
	assert_int_equal(c->state, CALL_QUEUED);
	rig_confirmed(second);
	heard("");
	rig_hangs_up(second);
	rig_closed(c);
	c = rig_talking();
	assert_int_equal(rig_replace(c, SIDE_CALLER, 0, &third), 0);
	/* his nurse and his recording go on */
	heard("answer 0 sendrecv\nend 0\nevent call.handed-over\n"
	      "set 0 codec 0\n");
	assert_int_equal(c->state, CALL_TALKING);
	assert_int_equal(c->outcome, OUTCOME_RUNNING);
	/* after a death it is the new dialog that is taken up */
	rig_restart();
	heard("restored 0\nrestored 1\n");
}

static void test_who_may_not_replace(void **state)
{
	struct call *c = rig_talking();
	struct session *s, *before = rig_session(c, SIDE_CALLER);

	(void)state;
	assert_int_equal(rig_replace(c, SIDE_CALLER, -1, &s), 403);
	assert_int_equal(rig_replace(c, SIDE_CALLER, 1, &s), 403);
	assert_int_equal(rig_replace(c, SIDE_NURSE, 0, &s), 603);
	heard("");
	/* nothing in common: the call goes on as it was */
	rig->answer_err = ENOENT;
	assert_int_equal(rig_replace(c, SIDE_CALLER, 0, &s), 0);
	heard("refuse 0 488\n");
	assert_ptr_equal(rig_session(c, SIDE_CALLER), before);
	assert_false(before->over);
	rig_hangs_up(before);
	assert_int_equal(c->state, CALL_ENDING);
}

#define T(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_an_ordinary_call),
		T(test_who_is_turned_away),
		T(test_queue_full_is_said_before_the_notice),
		T(test_no_port),
		T(test_nothing_in_common),
		T(test_abandoned_anywhere),
		T(test_ring_timeout_goes_to_the_next),
		T(test_nurse_goes_while_it_rings),
		T(test_nobody_there),
		T(test_position_is_told),
		T(test_codecs_differ),
		T(test_codecs_cannot_agree),
		T(test_notice_cut_short_is_not_recorded),
		T(test_line_that_does_not_record),
		T(test_recorder_away),
		T(test_recorder_dies_in_mid_call),
		T(test_recorder_hangs_in_mid_call),
		T(test_recorder_came_back_without_it),
		T(test_recording_of_a_call_that_is_no_more),
		T(test_hold_by_the_nurse),
		T(test_hold_by_both),
		T(test_transfer_to_a_nurse),
		T(test_transfer_not_answered),
		T(test_transfer_by_one_who_left),
		T(test_transfer_given_up),
		T(test_digits),
		T(test_transfer_to_a_line),
		T(test_transfer_to_a_line_of_others),
		T(test_no_room_for_a_recording),
		T(test_a_recording_begun_anew),
		T(test_each_recording_has_one_end),
		T(test_media_dies),
		T(test_silence),
		T(test_ending_is_not_for_ever),
		T(test_drain),
		T(test_restored),
		T(test_notices_of_one_rendering),
		T(test_the_line_is_removed),
		T(test_a_listener_is_removed),
		T(test_notice_is_heard_whole_after_a_death),
		T(test_names_stay_through_a_reload),
		T(test_removed_while_her_phone_rings),
		T(test_not_restorable),
		T(test_hostile_memory),
		T(test_hostile_texts),
		T(test_ledger_away),
		T(test_national_call),
		T(test_national_untrusted),
		T(test_national_place_is_digits),
		T(test_national_second_route),
		T(test_national_silence_and_trunk_down),
		T(test_national_reinvite),
		T(test_national_offerless),
		T(test_national_not_in_the_clear),
		T(test_national_lets_go_by_refer),
		T(test_national_stays_where_a_peer_cannot),
		T(test_national_lets_go_by_redirect),
		T(test_replaced_before_the_notice),
		T(test_nobody_comes_in_his_place),
		T(test_notice_waits_no_longer_than_needed),
		T(test_replaced_after_a_hold_in_the_notice),
		T(test_replaced_while_he_waits_or_talks),
		T(test_who_may_not_replace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
