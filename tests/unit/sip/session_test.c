/*
 * Sessions from the first INVITE to the last BYE: RFC 3261, 3262, 3311.
 */
#include "tests/unit/sip/net.h"

#include <stdio.h>
#include <stdlib.h>

static int set_up(void **state)
{
	(void)state;
	net_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	net_close();
	return 0;
}

/* An ordinary call, so far that both talk. */
static void talk(void)
{
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>180 b>200+ a:progress180 a>ACK "
		   "a:answered b:confirmed");
}

/* RFC 3261 24.2 */
static void an_ordinary_call(void **state)
{
	(void)state;
	talk();
	session_end(a.s);
	net_run();
	net_expect("a>BYE b>200 b:ended-bye");
	assert_int_equal(sessions_count(a.sessions), 0);
	assert_int_equal(sessions_count(b.sessions), 0);
}

static void the_called_hangs_up(void **state)
{
	(void)state;
	talk();
	session_end(b.s);
	net_run();
	net_expect("b>BYE a>200 a:ended-bye");
}

/* A call that is passed on says how far it has come. */
static void hops_are_passed_on(void **state)
{
	(void)state;
	a.hops = 66;
	b.room_code = 404;
	net_call(TEXT(""));
	assert_non_null(strstr(net_last(&a), "\r\nMax-Forwards: 4\r\n"));
	net_run();
	net_expect("a>INVITE+ b>404 a:refused404");
}

static void refused(void **state)
{
	(void)state;
	b.room_code = 404;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b>404 a:refused404");
	assert_int_equal(sessions_count(a.sessions), 0);
}

static void refused_later(void **state)
{
	(void)state;
	b.answer = false;
	net_call(TEXT(""));
	net_run();
	session_refuse(b.s, 486);
	net_run();
	net_expect("a>INVITE+ b:incoming b>180 a:progress180 b>486 "
		   "a:refused486");
	assert_int_equal(sessions_count(b.sessions), 0);
}

/* No common codec: 488 */
static void nothing_in_common(void **state)
{
	(void)state;
	b.media.codecs[0] = CODEC_OPUS;
	b.media.codec_count = 1;
	b.ring = 0;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>488 a:refused488");
}

/* RFC 3261 9: CANCEL before the answer */
static void cancelled(void **state)
{
	(void)state;
	b.answer = false;
	net_call(TEXT(""));
	net_run();
	session_end(a.s);
	net_run();
	net_expect("a>INVITE+ b:incoming b>180 a:progress180 a>CANCEL b>487 "
		   "b:ended-cancelled");
	assert_int_equal(sessions_count(a.sessions), 0);
}

/* 9.1, 15: the 200 crosses the CANCEL; it is acknowledged, then ended */
static void cancel_crosses_the_answer(void **state)
{
	(void)state;
	b.answer = false;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>180 a:progress180");
	assert_int_equal(session_answer(b.s, &b.media), 0);
	session_end(a.s);
	net_run();
	net_expect("b>200+ a>CANCEL a>ACK a>BYE b:confirmed b>200 "
		   "b:ended-bye");
}

/* 13.3.1.4: the ACK is lost, the 200 comes again */
static void a_lost_ack(void **state)
{
	(void)state;
	net_drop = "a>ACK";
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>180 b>200+ a:progress180 a>ACK "
		   "a:answered");
	net_again(&b);
	net_run();
	net_expect("b>200* a>ACK b:confirmed");
}

/* 13.3.1.4: no ACK ever: BYE */
static void no_ack_ever(void **state)
{
	(void)state;
	net_drop = "a>ACK";
	net_call(TEXT(""));
	net_run();
	net_log[0] = '\0';
	net_no_ack(&b);
	net_run();
	net_expect("b>BYE b:ended-no-ack a>200 a:ended-bye");
}

/* 15: the called must not send BYE before it has the ACK */
static void hanging_up_before_the_ack(void **state)
{
	(void)state;
	net_drop = "a>ACK";
	net_call(TEXT(""));
	net_run();
	net_log[0] = '\0';
	session_end(b.s);
	net_run();
	net_expect("");
	net_again(&b);
	net_run();
	net_expect("b>200* a>ACK b>BYE a>200 a:ended-bye");
	assert_int_equal(sessions_count(b.sessions), 0);
}

/* 12.2.2 */
static void strangers_and_order(void **state)
{
	const struct dialog *d;
	char text[1024];

	(void)state;
	talk();
	net_inject(&b,
		   "BYE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP "
		   "127.0.0.1:9;branch=z9hG4bKq\r\nFrom: <sip:a@b>;tag=1\r\n"
		   "To: <sip:c@d>;tag=2\r\nCall-ID: nobody\r\nCSeq: 9 BYE\r\n"
		   "Content-Length: 0\r\n\r\n");
	net_expect("b>481");
	/* the right dialog but for the peer's tag */
	d = &b.state->d.dialog;
	(void)snprintf(
		text, sizeof(text),
		"BYE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP "
		"127.0.0.1:9;branch=z9hG4bKr\r\nFrom: <sip:a@b>;tag=1\r\n"
		"To: <sip:c@d>;tag=%s\r\nCall-ID: %s\r\nCSeq: 9 BYE\r\n"
		"Content-Length: 0\r\n\r\n",
		dialog_word(d, DIALOG_LOCAL_TAG),
		dialog_word(d, DIALOG_CALL_ID));
	net_inject(&b, text);
	net_expect("b>481");
	net_within(&b, "OPTIONS", 50, NULL);
	net_within(&b, "OPTIONS", 49, NULL);
	net_expect("b>200 b>500");
	net_within(&b, "PUBLISH", 51, NULL);
	net_expect("b>405");
	net_inject(&b,
		   "REGISTER sip:y SIP/2.0\r\nVia: SIP/2.0/UDP "
		   "127.0.0.1:9;branch=z9hG4bKs\r\nFrom: <sip:a@b>;tag=1\r\n"
		   "To: <sip:a@b>\r\nCall-ID: r\r\nCSeq: 1 REGISTER\r\n"
		   "Content-Length: 0\r\n\r\n");
	net_expect("b:not-ours");
}

/* ---- bodies that are wrong */

#define INVITE_WITH(type, body)                                                \
	"INVITE sip:1177@127.0.0.1 SIP/2.0\r\n"                                \
	"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKi\r\n"                     \
	"From: <sip:x@y>;tag=t\r\nTo: <sip:1177@z>\r\nCall-ID: i\r\n"          \
	"CSeq: 1 INVITE\r\nContact: <sip:x@127.0.0.1:9>\r\n"                   \
	"Content-Type: " type "\r\n\r\n" body

static void bodies(void **state)
{
	static const struct {
		const char *text, *log;
	} rows[] = {
		{ INVITE_WITH("text/plain", "hello"), "b>415" },
		{ INVITE_WITH("application/sdp", "hello"), "b>400" },
		{ INVITE_WITH("application/sdp", "v=0\r\n"), "b>400" },
		{ INVITE_WITH("multipart/mixed", "v=0\r\n"), "b>415" },
		{ INVITE_WITH("multipart/mixed;boundary=x",
			      "--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n"
			      "--x--\r\n"),
		  "b>415" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		net_inject(&b, rows[i].text);
		net_expect(rows[i].log);
	}
	/* RFC 2046 5.1: the description is one part of several */
	net_inject(
		&b,
		INVITE_WITH(
			"multipart/mixed;boundary=\"x y\"",
			"--x y\r\nContent-Type: application/isup\r\n\r\n..\r\n"
			"--x y\r\nContent-Type: application/sdp\r\n\r\n"
			"v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\n"
			"c=IN IP4 127.0.0.9\r\nt=0 0\r\n"
			"m=audio 7000 RTP/AVP 8\r\n\r\n--x y--\r\n"));
	net_expect("b:incoming b>180 b>200+");
}

static void no_contact(void **state)
{
	(void)state;
	net_inject(&b, "INVITE sip:1177@127.0.0.1 SIP/2.0\r\n"
		       "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKi\r\n"
		       "From: <sip:x@y>;tag=t\r\nTo: <sip:1177@z>\r\n"
		       "Call-ID: i\r\nCSeq: 1 INVITE\r\n\r\n");
	net_expect("b>400");
}

/* ---- RFC 3262 */

static void reliable_ringing(void **state)
{
	(void)state;
	b.ring_reliably = true;
	b.answer = false;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>180 a>PRACK a:progress180 b>200 "
		   "b:pracked");
	assert_int_equal(session_answer(b.s, &b.media), 0);
	net_run();
	net_expect("b>200+ a>ACK a:answered b:confirmed");
}

/* An owner that cares for nothing of this has no handler for it. */
static void without_handlers(void **state)
{
	(void)state;
	net_few_handlers(&b);
	b.ring_reliably = true;
	net_call(TEXT(""));
	net_run();
	net_within(&b, "INFO", 50, "Content-Type: application/dtmf\r\n\r\n5");
	net_expect("a>INVITE+ b:incoming b>180 b>200+ a>PRACK a:progress180 "
		   "a>ACK a:answered b>200 b>200");
}

/* 3: a PRACK that matches nothing */
static void prack_for_nothing(void **state)
{
	(void)state;
	b.answer = false;
	b.ring_reliably = true;
	net_drop = "b>180";
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>180");
	net_within(&b, "PRACK", 1, "RAck: 1 1 INVITE\r\n\r\n");
	net_expect("b>481");
	net_pass(400);
	net_expect("");
	net_pass(200);
	net_expect("b>180* a>PRACK a:progress180 b>200 b:pracked");
	net_pass(60000);
	net_expect("");
}

static void never_pracked(void **state)
{
	(void)state;
	b.answer = false;
	b.ring_reliably = true;
	net_drop = "b>180";
	net_call(TEXT(""));
	net_run();
	net_log[0] = '\0';
	for (int i = 0; i < 6; i++) {
		net_drop = "b>180*";
		net_pass(500U << i);
	}
	net_expect("b>180* b>180* b>180* b>180* b>180* b>180*");
	net_pass(400);
	net_expect("");
	net_pass(100);
	net_expect("b>504 b:ended-no-prack a:refused504");
}

/* 5: the answer in a reliable 183; the 200 then has none */
static void early_media_reliably(void **state)
{
	struct offer_agreed agreed;

	(void)state;
	b.ring = 0;
	b.early = true;
	b.answer = false;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>183+ a>PRACK a:progress183-early "
		   "b>200 b:pracked");
	assert_int_equal(session_agreed(a.s, &agreed), 0);
	assert_int_equal(agreed.codec, CODEC_PCMA);
	assert_int_equal(session_answer(b.s, &b.media), 0);
	net_run();
	net_expect("b>200 a>ACK a:answered b:confirmed");
}

/* 3: the 200 waits for the PRACK of a described 183; a second 18x too */
static void one_at_a_time(void **state)
{
	(void)state;
	b.ring = 180;
	b.ring_reliably = true;
	b.early = true;
	b.answer = true;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>180 b>200+ a>PRACK a:progress180 "
		   "a>ACK a:answered b>200 b:confirmed");
}

static void the_answer_waits(void **state)
{
	(void)state;
	b.ring = 0;
	b.early = true;
	b.answer = true;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>183+ a>PRACK a:progress183-early "
		   "b>200 b:pracked b>200 a>ACK a:answered b:confirmed");
}

/* ---- forks: RFC 3261 13.2.2.4 */

static void first_answer_wins(void **state)
{
	(void)state;
	b.room_code = 0;
	b.ring = 0;
	b.answer = false;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming");
	net_fork(180, "one", "", NULL);
	net_fork(183, "two", "", net_sdp);
	net_fork(180, "one", "", NULL);
	net_run();
	net_expect("b>180/one b>183+/two b>180/one a:progress180 "
		   "a:progress183-early a:progress180");
	net_fork(200, "two", "", net_sdp);
	net_run();
	net_expect("b>200+/two a>ACK a:answered");
	assert_string_equal(dialog_word(&a.state->d.dialog, DIALOG_REMOTE_TAG),
			    "two");
	assert_string_equal(dialog_word(&a.state->d.dialog, DIALOG_TARGET),
			    "sip:two@127.0.0.1:7777");
	/* it comes again; then another phone answers as well */
	net_fork(200, "two", "", net_sdp);
	net_run();
	net_expect("b>200+/two a>ACK");
	net_fork(200, "one", "", net_sdp);
	net_run();
	net_expect("b>200+/one a>ACK a>BYE b>481");
	assert_string_equal(dialog_word(&a.state->d.dialog, DIALOG_REMOTE_TAG),
			    "two");
}

/* RFC 3262 4: order within each fork */
static void reliable_forks(void **state)
{
	(void)state;
	b.ring = 0;
	b.answer = false;
	net_call(TEXT(""));
	net_run();
	net_log[0] = '\0';
	net_fork(183, "one", "Require: 100rel\r\nRSeq: 10\r\n", net_sdp);
	net_fork(183, "two", "Require: 100rel\r\nRSeq: 70\r\n", net_sdp);
	net_fork(180, "one", "Require: 100rel\r\nRSeq: 12\r\n", NULL);
	net_fork(180, "one", "Require: 100rel\r\nRSeq: 10\r\n", NULL);
	net_fork(180, "one", "Require: 100rel\r\nRSeq: 11\r\n", NULL);
	net_run();
	net_expect("b>183+/one b>183+/two b>180/one b>180/one b>180/one "
		   "a>PRACK a:progress183-early a>PRACK a:progress183-early "
		   "a>PRACK a:progress180-early b>481 b>481 b>481");
}

/* an answer that shares nothing with the offer */
static void a_useless_answer(void **state)
{
	static const char none[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\n"
				   "c=IN IP4 127.0.0.9\r\nt=0 0\r\n"
				   "m=audio 7000 RTP/AVP 18\r\n";

	(void)state;
	b.ring = 0;
	b.answer = false;
	net_call(TEXT(""));
	net_run();
	net_log[0] = '\0';
	net_fork(200, "one", "", none);
	net_run();
	net_expect("b>200+/one a>ACK a>BYE a:ended-answer b>481");
}

/* ---- without an offer: RFC 3261 13.2.1, RFC 3264 4 */

#define OFFERLESS(more)                                                        \
	"INVITE sip:1177@127.0.0.1 SIP/2.0\r\n"                                \
	"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKi\r\n"                     \
	"From: <sip:x@y>;tag=t\r\nTo: <sip:1177@z>\r\nCall-ID: i\r\n"          \
	"CSeq: 1 INVITE\r\nContact: <sip:x@127.0.0.1:9>\r\n" more "\r\n"

static void within_sdp(struct end *to, const char *method, unsigned cseq,
		       const char *headers, const char *sdp)
{
	char rest[2048];

	(void)snprintf(rest, sizeof(rest),
		       "%sContent-Type: application/sdp\r\n"
		       "Content-Length: %zu\r\n\r\n%s",
		       headers, strlen(sdp), sdp);
	net_within(to, method, cseq, rest);
}

static void offerless(void **state)
{
	(void)state;
	net_inject(&b, OFFERLESS(""));
	net_expect("b:incoming b>180 b>200+");
	within_sdp(&b, "ACK", 1, "", net_sdp);
	net_expect("b:offer-answered b:confirmed");
	assert_int_equal(session_theirs(b.s)->port, 7000);
}

static void offerless_without_answer(void **state)
{
	(void)state;
	net_inject(&b, OFFERLESS(""));
	net_log[0] = '\0';
	net_within(&b, "ACK", 1, NULL);
	net_expect("b>BYE b:ended-answer");
}

static void offerless_and_100rel(void **state)
{
	(void)state;
	b.answer = false;
	/* it demands reliable ringing, and that would have to hold an offer */
	net_inject(&b, OFFERLESS("Require: 100rel\r\n"));
	net_expect("b:incoming");
	assert_int_equal(session_progress(b.s, &b.media), 0);
	net_expect("b>183+");
	session_end(b.s);
	net_expect("b>480");
}

static void offerless_in_prack(void **state)
{
	char rack[64];

	(void)state;
	b.ring = 0;
	b.early = true;
	net_inject(&b, OFFERLESS("Supported: 100rel\r\n"));
	net_expect("b:incoming b>183+");
	assert_non_null(strstr(net_last(&b), "RSeq: "));
	(void)snprintf(rack, sizeof(rack), "RAck: %lu 1 INVITE\r\n",
		       strtoul(strstr(net_last(&b), "RSeq: ") + 6, NULL, 10));
	within_sdp(&b, "PRACK", 2, rack, net_sdp);
	net_expect("b>200 b:pracked b:offer-answered b>200");
	net_within(&b, "ACK", 1, NULL);
	net_expect("b:confirmed");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(an_ordinary_call),
		TEST(the_called_hangs_up),
		TEST(hops_are_passed_on),
		TEST(refused),
		TEST(refused_later),
		TEST(nothing_in_common),
		TEST(cancelled),
		TEST(cancel_crosses_the_answer),
		TEST(a_lost_ack),
		TEST(no_ack_ever),
		TEST(hanging_up_before_the_ack),
		TEST(strangers_and_order),
		TEST(bodies),
		TEST(no_contact),
		TEST(reliable_ringing),
		TEST(without_handlers),
		TEST(prack_for_nothing),
		TEST(never_pracked),
		TEST(early_media_reliably),
		TEST(one_at_a_time),
		TEST(the_answer_waits),
		TEST(first_answer_wins),
		TEST(reliable_forks),
		TEST(a_useless_answer),
		TEST(offerless),
		TEST(offerless_without_answer),
		TEST(offerless_and_100rel),
		TEST(offerless_in_prack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
