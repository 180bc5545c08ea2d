/*
 * wish -- the long form of the notice, and who objects
 */
#include "tests/unit/switch/rig.h"

#include <stdio.h>

#include "base/metric.h"

/* The long form is three packets long in PCMA. */
static void have_long(unsigned which)
{
	static const uint8_t packets[] = "\0\4long\0\4long\0\4long";
	struct prompts *p = &rig->self.prompts;
	uint16_t i = prompt_index(0, PROMPT_LONG, which);

	p->rows[i][CODEC_PCMA].packets = 3;
	p->rows[i][CODEC_PCMA].data =
		(struct bytes){ packets, sizeof(packets) - 1 };
	told_prepare(&rig->self);
}

static int setup(void **state)
{
	struct line *l;

	(void)state;
	rig_up();
	l = &rig->settings.lines[0];
	l->long_key = '1';
	l->object_key = '9';
	(void)snprintf(l->notices[0].long_text, 32, "all of it");
	have_long(0);
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

static void heard_play(const char *before, uint16_t prompt, const char *after)
{
	char want[256];

	(void)snprintf(want, sizeof(want), "%splay 0 %u%s\n", before, prompt,
		       after);
	heard(want);
}

/* Nobody is there, which is said at once. */
static void heard_queue(void)
{
	char want[128];

	(void)snprintf(want, sizeof(want),
		       "event call.notice-played\nevent call.queued\n"
		       "play 0 %u on\nplay 0 %u\n",
		       prompt_index(0, PROMPT_MUSIC, 0),
		       prompt_index(0, PROMPT_BUSY, 0));
	heard(want);
}

static struct session *in_the_notice(void)
{
	struct session *caller;

	assert_int_equal(rig_invite("1177", 0, &caller), 0);
	rig_opened(call(), SIDE_CALLER, 20000);
	rig_confirmed(caller);
	forget();
	return caller;
}

static void test_long_form_follows_the_notice(void **state)
{
	struct call *c = call();

	(void)state;
	(void)in_the_notice();
	rig_key(c, 1);
	rig_key(c, 1);
	/* the notice stays whole */
	heard("");
	rig_played(c, true, 800);
	heard_play("event call.notice-played\n",
		   prompt_index(0, PROMPT_LONG, 0), "");
	rig_played(c, true, 480);
	heard_queue();
	assert_int_equal(c->told[PROMPTS_NOTICES].samples, 480);
	assert_int_equal(c->told[PROMPTS_NOTICES].complete, 1);
	assert_true(told_all(c));
}

static void test_long_form_cut_short_is_no_fault(void **state)
{
	struct session *caller = in_the_notice();
	struct call *c = call();

	(void)state;
	rig_key(c, 1);
	rig_played(c, true, 800);
	rig_played(c, false, 160);
	assert_true(told_all(c));
	assert_int_equal(c->told[PROMPTS_NOTICES].complete, 0);
	/* and who hangs up in it is told of */
	rig_key(c, 1);
	forget();
	rig_hangs_up(caller);
	forget();
	rig_played(c, false, 320);
	heard("event call.notice-played\n");
	assert_non_null(strstr(rig->details, "\"samples\":320,\"of\":480,"
					     "\"complete\":false,"
					     "\"hung_up\":true"));
	assert_non_null(strstr(rig->details, "\"form\":\"long\""));
}

static void test_long_form_in_the_queue(void **state)
{
	struct call *c = rig_queued();

	(void)state;
	rig_key(c, 1);
	heard_play("", prompt_index(0, PROMPT_LONG, 0), "");
	rig_key(c, 1);
	heard("");
	/* his place in the queue is said later */
	rig_wait(30000);
	heard("");
	rig_played(c, true, 480);
	heard_play("event call.notice-played\n",
		   prompt_index(0, PROMPT_MUSIC, 0), " on");
	rig_key(c, 5);
	heard("");
}

static void test_a_nurse_answers_in_the_long_form(void **state)
{
	struct ipc_message m = { .type = IPC_PLAYED };
	struct call *c = rig_queued();

	(void)state;
	rig_key(c, 1);
	m.about = call_handle(&rig->self, c);
	m.u.PLAYED.serial = c->serial;
	m.u.PLAYED.samples_sent = 160;
	rig_register(0, true);
	rig_opened(c, SIDE_NURSE, 20002);
	rig_answers(rig_session(c, SIDE_NURSE));
	forget();
	legs_message(&rig->self, &m);
	/* in the ledger, and in the card that has begun */
	assert_non_null(strstr(rig->log, "event call.notice-played\n"
					 "fact notice version=v1 language=sv "
					 "form=long samples=160 of=480 "));
	/* once */
	forget();
	legs_message(&rig->self, &m);
	heard("");
}

static void answered(struct call *c)
{
	rig_register(0, true);
	rig_opened(c, SIDE_NURSE, 20002);
	forget();
	rig_answers(rig_session(c, SIDE_NURSE));
}

static void test_who_objects_is_answered_and_not_recorded(void **state)
{
	struct call *c = call();

	(void)state;
	(void)in_the_notice();
	rig_key(c, 9);
	heard("event call.objected\n");
	assert_non_null(strstr(rig->details, "\"rule\":\"not-recorded\""));
	rig_key(c, 9);
	heard("");
	rig_played(c, true, 800);
	answered(c);
	heard("stop 0\nset 1 codec 0\nbridge 0 1 on\nevent call.answered\n"
	      "event recording.not-recorded\n");
	assert_non_null(strstr(rig->details, "\"reason\":\"objected\""));
	assert_int_equal(c->state, CALL_TALKING);
}

static void test_who_objects_by_the_other_rule(void **state)
{
	struct call *c;

	(void)state;
	rig->settings.lines[0].objected_recorded = true;
	c = rig_queued();
	rig_key(c, 9);
	heard("event call.objected\n");
	assert_non_null(strstr(rig->details, "\"rule\":\"recorded\""));
	answered(c);
	assert_non_null(strstr(rig->log, "fact objected rule=recorded\n"));
	assert_null(strstr(rig->log, "not-recorded"));
}

static void test_objecting_by_info_and_too_late(void **state)
{
	struct session *caller = in_the_notice();
	struct call *c;

	(void)state;
	switch_session_handlers.dtmf(caller->owner, caller, '9', 100);
	heard("event call.objected\n");
	rig_down();
	(void)setup(NULL);
	/* once they talk a key is for the nurse's ears */
	c = rig_talking();
	rig_key(c, 9);
	rig_key(c, 1);
	heard("");
	assert_int_equal(c->objected, OBJECTED_NOT);
}

/* Without keys in the configuration no key does anything. */
static void test_no_keys(void **state)
{
	struct call *c = call();

	(void)state;
	rig->settings.lines[0].long_key = 0;
	rig->settings.lines[0].object_key = 0;
	(void)in_the_notice();
	for (unsigned i = 0; i <= 16; i++)
		rig_key(c, i);
	heard("");
	rig_played(c, true, 800);
	heard_queue();
}

/* He objected, and the switch dies: it stands. */
static void test_an_objection_outlives_the_switch(void **state)
{
	struct call *c = rig_queued();

	(void)state;
	rig_key(c, 9);
	rig_restart();
	assert_int_equal(c->objected, OBJECTED);
	answered(c);
	assert_non_null(strstr(rig->details, "\"reason\":\"objected\""));
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_long_form_follows_the_notice),
		T(test_long_form_cut_short_is_no_fault),
		T(test_long_form_in_the_queue),
		T(test_a_nurse_answers_in_the_long_form),
		T(test_who_objects_is_answered_and_not_recorded),
		T(test_who_objects_by_the_other_rule),
		T(test_objecting_by_info_and_too_late),
		T(test_no_keys),
		T(test_an_objection_outlives_the_switch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
