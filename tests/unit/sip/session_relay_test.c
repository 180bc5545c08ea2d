/* Sessions that pass descriptions on: byte for byte, and asked for, too. */
#include "tests/unit/sip/net.h"

#include <stdlib.h>

#include "sip/session_parts.h"

/* Nothing in these that we would choose or number so. */
static const char theirs[] =
	"v=0\r\no=x 1 7 IN IP4 host.example\r\ns= \r\nt=0 0\r\n"
	"a=group:BUNDLE 0\r\nm=audio 49170 UDP/TLS/RTP/SAVPF 118 9 96\r\n"
	"c=IN IP4 192.0.2.7\r\na=rtpmap:118 AMR-WB/16000/1\r\n"
	"a=rtpmap:96 telephone-event/16000\r\na=candidate:1 1 UDP 1 h 9 typ "
	"host\r\n"
	"m=video 51372 RTP/AVP 31\r\nb=AS:64\r\n";
static const char others[] = "v=0\no=- 0 0 IN IP6 ::1\ns=no CR here\n"
			     "m=audio 9 RTP/AVP 77\n\nno line at all";

static int set_up(void **state)
{
	(void)state;
	net_open();
	net_relays(&a);
	net_relays(&b);
	a.media.as_is = text_of(theirs);
	b.media.as_is = text_of(others);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	net_close();
	return 0;
}

static void said(const struct end *e, const char *want)
{
	struct text t = session_said(e->s);

	assert_int_equal(t.len, strlen(want));
	assert_memory_equal(t.p, want, t.len);
}

static void talk(void)
{
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>180 b>200+ a:progress180 a>ACK "
		   "a:answered b:confirmed");
}

static void both_ways_as_they_are(void **state)
{
	(void)state;
	talk();
	said(&b, theirs);
	said(&a, others);
	b.media.as_is = text_of(theirs);
	assert_int_equal(session_offer(b.s, &b.media), 0);
	net_run();
	net_expect("b>INVITE+ a:offered a>200+ b>ACK b:offer-answered");
	said(&a, theirs);
	said(&b, theirs);
}

static void early_ones_too(void **state)
{
	(void)state;
	b.early = true;
	b.answer = false;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>180 b>183+ a:progress180 a>PRACK "
		   "a:progress183-early b>200 b:pracked");
	said(&a, others);
	assert_int_equal(session_answer(b.s, &b.media), 0);
	net_run();
	net_expect("b>200 a>ACK a:answered b:confirmed");
	said(&a, others);
}

/* An offer by UPDATE is one by UPDATE at the other side. */
static void updates(void **state)
{
	(void)state;
	talk();
	a.media.as_is = text_of(others);
	assert_int_equal(session_update(a.s, &a.media), 0);
	b.reanswer = false;
	net_run();
	net_expect("a>UPDATE+ b:offered");
	assert_true(session_asked_by_update(b.s));
	said(&b, others);
	session_refuse(b.s, 488);
	net_run();
	net_expect("b>488 a:offer-refused488");
	said(&b, theirs);
	assert_false(session_asked_by_update(b.s));
	/* one that does not take it after all */
	assert_int_equal(session_update(a.s, &a.media), 0);
	net_run();
	net_expect("a>UPDATE+ b:offered");
	session_refuse(b.s, 405);
	net_run();
	net_expect("b>405 a>INVITE+ b:offered");
	assert_int_equal(session_answer(b.s, &b.media), 0);
	net_run();
	net_expect("b>200+ a>ACK a:offer-answered");
	said(&b, others);
}

static void calls_without_an_offer(void)
{
	a.media.as_is = TEXT("");
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE b:incoming b>180 b>200+ a:progress180 "
		   "a:answered-offered");
	a.media.as_is = text_of(theirs);
	said(&a, others);
	assert_true(session_waiting(a.s));
}

static void asked_for_an_offer(void **state)
{
	(void)state;
	calls_without_an_offer();
	/* the 2xx again: still no ACK */
	net_again(&b);
	net_run();
	net_expect("b>200*");
	assert_int_equal(session_answer(a.s, &a.media), 0);
	net_run();
	net_expect("a>ACK+ b:offer-answered b:confirmed");
	said(&b, theirs);
	assert_false(session_waiting(a.s));
	/* and once more: the same ACK */
	net_again(&b);
	net_run();
	net_expect("b>200* a>ACK+");
	assert_non_null(strstr(net_last(&a), theirs));
	/* in the call as well */
	a.reanswer = false;
	a.media.as_is = TEXT("");
	assert_int_equal(session_offer(a.s, &a.media), 0);
	net_run();
	net_expect("a>INVITE b:offered-none b>200+ a:offered");
	said(&a, others);
	a.media.as_is = text_of(others);
	assert_int_equal(session_answer(a.s, &a.media), 0);
	net_run();
	net_expect("a>ACK+ b:offer-answered");
	said(&b, others);
}

static void left_with_a_question(void **state)
{
	(void)state;
	calls_without_an_offer();
	session_end(a.s);
	net_run();
	net_expect("a>ACK a>BYE b>BYE b:ended-answer b>481 a>481");
}

static void questions_cannot_be_refused(void **state)
{
	(void)state;
	calls_without_an_offer();
	session_refuse(a.s, 488);
	assert_null(a.s);
	net_run();
	net_expect("a>ACK a>BYE a:ended-answer b>BYE b:ended-answer b>481 "
		   "a>481");
}

/* A refresh that changes nothing bothers nobody; nor does one after a death. */
static void refreshed(void **state)
{
	char text[2048];

	(void)state;
	talk();
	(void)snprintf(text, sizeof(text),
		       "Contact: <sip:x@127.0.0.1>\r\n"
		       "Content-Type: application/sdp\r\n"
		       "Content-Length: %zu\r\n\r\n%s",
		       strlen(theirs), theirs);
	net_within(&b, "INVITE", 50, text);
	net_expect("b>200+");
	assert_non_null(strstr(net_last(&b), others));
}

/* What is said later was copied. */
static void words_last(void **state)
{
	char *text = strdup(theirs);

	(void)state;
	talk();
	b.reanswer = false;
	a.media.as_is = text_of(others);
	assert_int_equal(session_offer(a.s, &a.media), 0);
	net_run();
	a.media.as_is = text_of(text);
	assert_int_equal(session_offer(a.s, &a.media), 0);
	memset(text, 'x', strlen(text));
	free(text);
	net_expect("a>INVITE+ b:offered");
	assert_int_equal(session_answer(b.s, &b.media), 0);
	net_run();
	net_expect("b>200+ a>ACK a:offer-answered a>INVITE+ b:offered");
	said(&b, theirs);
}

/* The words are gone with the process; what was understood of them is not. */
static void after_a_death(void **state)
{
	struct session_terms terms = { .trunk = -1 };
	struct session_state *copy = malloc(sizeof(*copy));
	struct session *s;

	(void)state;
	assert_non_null(copy);
	a.terms.session_expires_s = 600;
	a.media.as_is = b.media.as_is = text_of(net_sdp);
	talk();
	memcpy(copy, a.state, sizeof(*copy));
	session_bury(a.s);
	assert_int_equal(session_restore(&s, a.sessions, copy, &a, &terms), 0);
	a.s = s;
	free(a.state);
	a.state = copy;
	said(&a, "");
	copy->peer_update = 0;
	net_pass(300000);
	net_expect("a>INVITE+ b:offered b>200+ a>ACK");
	/* an offer is passed on as before */
	b.media.as_is = text_of(theirs);
	assert_int_equal(session_offer(b.s, &b.media), 0);
	net_run();
	net_expect("b>INVITE+ a:offered a>200+ b>ACK b:offer-answered");
	said(&a, theirs);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_ways_as_they_are),
		TEST(early_ones_too),
		TEST(updates),
		TEST(asked_for_an_offer),
		TEST(left_with_a_question),
		TEST(questions_cannot_be_refused),
		TEST(refreshed),
		TEST(words_last),
		TEST(after_a_death),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
