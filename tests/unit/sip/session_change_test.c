/*
 * What happens within a call: re-INVITE and UPDATE, hold, glare, session
 * timers, REFER, INFO, and a new process that takes the call up again.
 */
#include "tests/unit/sip/net.h"

#include <stdio.h>
#include <stdlib.h>

#include "sip/session_parts.h"

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

static void talk(void)
{
	b.ring = 0;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>200+ a>ACK a:answered b:confirmed");
}

/* ---- offers within the call */

/* RFC 3264 8.4 */
static void hold_and_back(void **state)
{
	struct offer_agreed agreed;

	(void)state;
	talk();
	assert_int_equal(a.state->d.ours.version, 1);
	a.media.direction = OFFER_SENDONLY;
	assert_int_equal(session_offer(a.s, &a.media), 0);
	net_run();
	net_expect("a>INVITE+ b:offered b>200+ a>ACK a:offer-answered");
	assert_true(offer_is_hold(session_theirs(b.s)));
	assert_int_equal(session_agreed(b.s, &agreed), 0);
	assert_false(agreed.send);
	assert_true(agreed.receive);
	assert_int_equal(session_agreed(a.s, &agreed), 0);
	assert_true(agreed.send);
	assert_false(agreed.receive);
	assert_int_equal(a.state->d.ours.version, 2);
	assert_int_equal(b.state->d.ours.version, 2);
	a.media.direction = OFFER_SENDRECV;
	assert_int_equal(session_offer(a.s, &a.media), 0);
	net_run();
	net_expect("a>INVITE+ b:offered b>200+ a>ACK a:offer-answered");
	assert_int_equal(session_agreed(b.s, &agreed), 0);
	assert_true(agreed.send && agreed.receive);
}

/* The owner carries it elsewhere first; meanwhile others are turned away:
 * RFC 3261 14.2 and RFC 3311 5.2, 500 with Retry-After */
static void answered_later(void **state)
{
	(void)state;
	b.reanswer = false;
	talk();
	a.media.port = 4002;
	assert_int_equal(session_offer(a.s, &a.media), 0);
	net_run();
	net_expect("a>INVITE+ b:offered");
	net_within(&b, "INVITE", 50,
		   "Contact: <sip:x@127.0.0.1>\r\nContent-Length: 0\r\n\r\n");
	net_expect("b>500");
	assert_non_null(strstr(net_last(&b), "Retry-After: "));
	assert_int_equal(session_answer(b.s, &b.media), 0);
	net_run();
	net_expect("b>200+ a>ACK a:offer-answered");
	assert_int_equal(session_answer(b.s, &b.media), EPROTO);
}

/* RFC 3264 8: refused, so everything stays as it was */
static void refused_offer(void **state)
{
	struct offer before;

	(void)state;
	talk();
	before = a.state->d.ours;
	b.refuse_offers = 488;
	a.media.port = 4444;
	assert_int_equal(session_offer(a.s, &a.media), 0);
	net_run();
	net_expect("a>INVITE+ b:offered b>488 a:offer-refused488");
	assert_memory_equal(&before, &a.state->d.ours, sizeof(before));
	assert_int_equal(a.state->d.sdp, SESSION_SDP_STABLE);
	assert_int_equal(b.state->d.sdp, SESSION_SDP_STABLE);
}

/* Only the last wish counts, and it waits for what is under way. */
static void wishes_wait(void **state)
{
	(void)state;
	talk();
	a.media.port = 4001;
	assert_int_equal(session_offer(a.s, &a.media), 0);
	a.media.port = 4002;
	assert_int_equal(session_offer(a.s, &a.media), 0);
	a.media.port = 4004;
	assert_int_equal(session_offer(a.s, &a.media), 0);
	net_run();
	net_expect("a>INVITE+ b:offered b>200+ a>ACK a:offer-answered "
		   "a>INVITE+ b:offered b>200+ a>ACK a:offer-answered");
	assert_int_equal(session_theirs(b.s)->port, 4004);
}

/* RFC 3261 14.1: both at once, both 491; the owner of the Call-ID waits 2.1 to
 * 4 s, the other up to 2 s, so they do not meet again */
/* RFC 3261 14.1: who chose the Call-ID waits 2.1 to 4 s, the other 0 to 2 s */
static void glare(void **state)
{
	static const struct {
		unsigned lot, a_ms, b_ms;
	} rows[] = { { 1, 2110, 20 }, { 50, 3050, 1000 }, { 100, 4000, 2000 } };

	(void)state;
	talk();
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		net_lot = rows[i].lot;
		assert_int_equal(session_offer(a.s, &a.media), 0);
		assert_int_equal(session_offer(b.s, &b.media), 0);
		net_run();
		net_expect("a>INVITE+ b>INVITE+ b>491 a>491");
		assert_int_equal(a.s->retry_at - net_now, rows[i].a_ms);
		assert_int_equal(b.s->retry_at - net_now, rows[i].b_ms);
		net_pass(rows[i].b_ms);
		net_expect("b>INVITE+ a:offered a>200+ b>ACK b:offer-answered");
		net_pass(rows[i].a_ms - rows[i].b_ms);
		net_expect("a>INVITE+ b:offered b>200+ a>ACK a:offer-answered");
	}
}

/* ... and where that is nothing, it is at once */
static void glare_at_once(void **state)
{
	(void)state;
	talk();
	net_lot = 0;
	assert_int_equal(session_offer(a.s, &a.media), 0);
	assert_int_equal(session_offer(b.s, &b.media), 0);
	net_run();
	net_expect("a>INVITE+ b>INVITE+ b>491 a>491 "
		   "b>INVITE+ a:offered a>200+ b>ACK b:offer-answered");
	net_pass(2100);
	net_expect("a>INVITE+ b:offered b>200+ a>ACK a:offer-answered");
}

static void offerless_again(void **state)
{
	(void)state;
	talk();
	net_within(&b, "INVITE", 50,
		   "Contact: <sip:new@127.0.0.1:99>\r\n"
		   "Content-Length: 0\r\n\r\n");
	net_expect("b:offered-none b>200+");
	/* RFC 3261 12.2.2: the target moves */
	assert_string_equal(dialog_word(&b.state->d.dialog, DIALOG_TARGET),
			    "sip:new@127.0.0.1:99");
	net_within(&b, "ACK", 50, NULL);
	net_run();
	/* no answer in the ACK */
	net_expect("b>BYE b:ended-answer a>200 a:ended-bye");
}

/* RFC 3311: before the answer, once the first offer is settled reliably */
static void update_early(void **state)
{
	(void)state;
	b.ring = 0;
	b.early = true;
	b.answer = false;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>183+ a>PRACK a:progress183-early "
		   "b>200 b:pracked");
	a.media.port = 4100;
	assert_int_equal(session_offer(a.s, &a.media), 0);
	net_run();
	net_expect("a>UPDATE+ b:offered b>200+ a:offer-answered");
	b.media.port = 4200;
	assert_int_equal(session_offer(b.s, &b.media), 0);
	net_run();
	net_expect("b>UPDATE+ a:offered a>200+ b:offer-answered");
	assert_int_equal(session_theirs(a.s)->port, 4200);
	assert_int_equal(session_theirs(b.s)->port, 4100);
	assert_int_equal(session_answer(b.s, &b.media), 0);
	net_run();
	net_expect("b>200 a>ACK a:answered b:confirmed");
}

/* RFC 3311 5.2: while our offer is out 491, while theirs waits 500 */
static void update_too_early(void **state)
{
	static const char offer[] =
		"Contact: <sip:x@127.0.0.1>\r\n"
		"Content-Type: application/sdp\r\n\r\n"
		"v=0\r\no=- 1 9 IN IP4 127.0.0.9\r\ns=-\r\n"
		"c=IN IP4 127.0.0.9\r\nt=0 0\r\nm=audio 7000 RTP/AVP 8\r\n";

	(void)state;
	b.answer = false;
	net_call(TEXT(""));
	net_run();
	net_log[0] = '\0';
	net_within(&b, "UPDATE", 20, offer);
	net_expect("b>500");
	assert_non_null(strstr(net_last(&b), "Retry-After: "));
	assert_int_equal(session_answer(b.s, &b.media), 0);
	net_run();
	net_log[0] = '\0';
	net_drop = "b>INVITE+";
	assert_int_equal(session_offer(b.s, &b.media), 0);
	net_within(&b, "UPDATE", 21, offer);
	net_within(&b, "INVITE", 22, offer);
	net_expect("b>INVITE+ b>491 b>491");
}

/* ---- RFC 4028 */

/* The one who refreshes does so at half time, with UPDATE where allowed. */
static void refreshed_with_update(void **state)
{
	(void)state;
	a.terms.session_expires_s = 600;
	talk();
	assert_int_equal(a.state->interval_s, 600);
	assert_int_equal(b.state->interval_s, 600);
	assert_true(a.state->we_refresh);
	assert_false(b.state->we_refresh);
	net_pass(299000);
	net_expect("");
	net_pass(1000);
	net_expect("a>UPDATE b>200");
	net_pass(3600 * 1000);
	assert_non_null(a.s);
	assert_non_null(b.s);
}

static void refreshed_with_reinvite(void **state)
{
	uint64_t version;

	(void)state;
	a.terms.session_expires_s = 600;
	talk();
	version = a.state->d.ours.version;
	a.state->peer_update = 0;
	net_pass(300000);
	/* 8: nothing changed, so nobody is asked and the version stays */
	net_expect("a>INVITE+ b>200+ a>ACK");
	assert_int_equal(a.state->d.ours.version, version);
	assert_int_equal(b.state->d.theirs.version, version);
	net_pass(3000 * 1000);
	assert_non_null(b.s);
}

/* 10: BYE 32 s (or a third) before the end */
static void never_refreshed(void **state)
{
	(void)state;
	a.terms.session_expires_s = 600;
	talk();
	/* a falls silent: none of its refreshes arrives */
	a.state->refresh_at_ms = 0;
	a.state->expire_at_ms = 0;
	session_touch(a.s);
	net_pass(567000);
	net_expect("");
	net_pass(1000);
	net_expect("b>BYE b:ended-expired a>200 a:ended-bye");
}

/* 9: too small; 7.3: again with what was demanded */
static void interval_too_small(void **state)
{
	(void)state;
	a.terms.session_expires_s = 90;
	b.ring = 0;
	b.sessions->min_se_s = 120;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b>422 a>INVITE+ b:incoming b>200+ a>ACK "
		   "a:answered b:confirmed");
	assert_int_equal(a.state->interval_s, 120);
}

static void peer_is_gone(void **state)
{
	(void)state;
	a.terms.session_expires_s = 600;
	talk();
	/* b forgets the call without a word */
	session_bury(b.s);
	net_pass(300000);
	net_expect("a>UPDATE b>481 a>BYE a:ended-lost b>481");
}

/* ---- RFC 3515 */

static void blind_transfer(void **state)
{
	(void)state;
	talk();
	assert_int_equal(session_refer(b.s, TEXT("sip:nurse2@127.0.0.1"),
				       TEXT("<sip:nurse1@127.0.0.1>")),
			 0);
	assert_int_equal(session_refer(b.s, TEXT("sip:x@y"), TEXT("")), EAGAIN);
	net_run();
	net_expect("b>REFER a:referred(sip:nurse2@127.0.0.1) a>202 a>NOTIFY+ "
		   "b>200 b:refer100");
	session_refer_progress(a.refer, 180);
	session_refer_progress(a.refer, 200);
	session_refer_progress(NULL, 200);
	net_run();
	net_expect("a>NOTIFY+ a>NOTIFY+ b>200 b:refer180 b>200 b:refer200");
	net_within(&a, "REFER", 50, "Content-Length: 0\r\n\r\n");
	net_expect("a>400");
	a.refer_code = 403;
	net_within(&a, "REFER", 51, "Refer-To: <sip:q@w>\r\n\r\n");
	net_expect("a:referred(sip:q@w) a>403");
	net_within(&a, "NOTIFY", 52, "Event: presence\r\n\r\n");
	net_within(&a, "NOTIFY", 53, "Event: refer\r\n\r\n");
	net_expect("a>489 a>481");
}

/* RFC 5057: who refers and hangs up still hears how it went. */
static void referrer_hangs_up(void **state)
{
	uint32_t seq;

	(void)state;
	talk();
	assert_int_equal(
		session_refer(b.s, TEXT("sip:nurse2@127.0.0.1"), TEXT("")), 0);
	net_run();
	net_expect("b>REFER a:referred(sip:nurse2@127.0.0.1) a>202 a>NOTIFY+ "
		   "b>200 b:refer100");
	seq = a.state->d.dialog.local_seq;
	session_end(b.s);
	net_run();
	net_expect("b>BYE a>200 a:ended-bye");
	assert_int_equal(sessions_count(a.sessions), 0);
	session_refer_progress(a.refer, 180);
	assert_non_null(strstr(net_last(&a), "sip:1177@127.0.0.1"));
	session_refer_progress(a.refer, 486);
	net_expect("a>NOTIFY+ a>NOTIFY+");
	assert_non_null(strstr(net_last(&a), "SIP/2.0 486 Busy Here"));
	assert_non_null(strstr(net_last(&a), "terminated"));
	assert_int_equal(strtoul(strstr(net_last(&a), "CSeq: ") + 6, NULL, 10),
			 seq + 2);
	net_run();
	net_expect("b>481 b>481");
}

/* Nobody says how it went; nothing is left behind. */
static void never_told(void **state)
{
	(void)state;
	talk();
	net_within(&a, "REFER", 51, "Refer-To: <sip:q@w>\r\n\r\n");
	session_end(b.s);
	net_run();
	assert_non_null(a.refer);
	net_log[0] = '\0';
}

static void digits(void **state)
{
	(void)state;
	talk();
	assert_int_equal(session_dtmf(a.s, '7', 120), 0);
	net_run();
	net_expect("a>INFO+ b>200 b:dtmf7/120");
	assert_int_equal(session_say(a.s, TEXT("word")), 0);
	net_run();
	net_expect("a>INFO+ b>200 b:told(word)");
}

/* ---- INFO */

static void infos(void **state)
{
	static const struct {
		const char *type, *body, *log;
	} rows[] = {
		{ "application/dtmf-relay", "Signal=5\r\nDuration=250\r\n",
		  "b>200 b:dtmf5/250" },
		{ "application/dtmf-relay", "Signal= #\r\n",
		  "b>200 b:dtmf#/160" },
		{ "application/dtmf-relay", "Signal=55\r\n", "b>200" },
		{ "application/dtmf-relay", "Duration=1\r\n", "b>200" },
		{ "application/dtmf", "d\r\n", "b>200 b:dtmfD/160" },
		{ "application/x", "y", "b>415" },
	};
	char rest[256];

	(void)state;
	talk();
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(rest, sizeof(rest), "Content-Type: %s\r\n\r\n%s",
			       rows[i].type, rows[i].body);
		net_within(&b, "INFO", 50 + i, rest);
		net_expect(rows[i].log);
	}
	net_within(&b, "INFO", 60, "Info-Package: p\r\n\r\n");
	net_within(&b, "INFO", 61, NULL);
	net_expect("b>469 b>200");
}

/* ---- the process dies, the state does not */

static void taken_up_again(void **state)
{
	struct session_terms terms = { .trunk = -1 };
	struct session_state *copy = malloc(sizeof(*copy));
	struct session *s;

	(void)state;
	assert_non_null(copy);
	a.terms.session_expires_s = 600;
	talk();
	/* an offer of ours was on its way when it died */
	net_drop = "b>INVITE+";
	b.media.port = 9999;
	assert_int_equal(session_offer(b.s, &b.media), 0);
	net_expect("b>INVITE+");
	b.media.port = 4000;
	memcpy(copy, b.state, sizeof(*copy));
	session_bury(b.s);
	assert_int_equal(session_restore(&s, b.sessions, copy, &b, &terms), 0);
	b.s = s;
	free(b.state);
	b.state = copy;
	assert_true(session_established(s));
	assert_int_equal(session_theirs(s)->port, 4000);
	/* it goes on both ways, and is still refreshed */
	assert_int_equal(session_offer(s, &b.media), 0);
	net_run();
	net_expect("b>INVITE+ a:offered a>200+ b>ACK b:offer-answered");
	net_pass(300000);
	net_expect("a>UPDATE b>200");
	session_end(a.s);
	net_run();
	net_expect("a>BYE b>200 b:ended-bye");
}

/* Whatever bytes: refused, or a session that can be used and ended. */
static void hostile_bytes(void **state)
{
	struct session_terms terms = { .trunk = -1 };
	struct session_state *copy;
	unsigned taken = 0;
	uint32_t x = 4711;

	(void)state;
	talk();
	session_end(a.s);
	copy = malloc(sizeof(*copy));
	assert_non_null(copy);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned many = 1 + i % 8;
		struct session *s;

		*copy = *b.state;
		while (many--) {
			size_t len, at;

			x = x * 1664525 + 1013904223;
			at = (x >> 8) % sizeof(*copy);
			len = (x >> 4) % 96;
			if (len > sizeof(*copy) - at)
				len = sizeof(*copy) - at;
			memset((uint8_t *)copy + at, (int)(x >> 24), len);
		}
		if (session_restore(&s, b.sessions, copy, &b, &terms))
			continue;
		taken++;
		(void)!session_offer(s, &b.media);
		sessions_tick(b.sessions, net_now + 1000);
		session_end(s);
		net_lose();
	}
	assert_true(taken > 100);
	free(copy);
}

static void not_taken_up(void **state)
{
	struct session_terms terms = { .trunk = -1 };
	struct session_state copy;
	struct session *s;

	(void)state;
	b.answer = false;
	net_call(TEXT(""));
	net_run();
	/* not established */
	copy = *b.state;
	assert_int_equal(session_restore(&s, b.sessions, &copy, &b, &terms),
			 EPROTO);
	assert_int_equal(copy.magic, 0);
	assert_int_equal(session_answer(b.s, &b.media), 0);
	net_run();
	/* bytes that make no sense */
	copy = *b.state;
	memset(copy.d.dialog.words, 'x', sizeof(copy.d.dialog.words));
	assert_int_equal(session_restore(&s, b.sessions, &copy, &b, &terms),
			 EBADMSG);
	copy = *b.state;
	copy.writing = 1;
	assert_int_equal(session_restore(&s, b.sessions, &copy, &b, &terms),
			 EBADMSG);
	copy = *b.state;
	copy.d.ours.codec_count = 200;
	assert_int_equal(session_restore(&s, b.sessions, &copy, &b, &terms),
			 EBADMSG);
	copy = *b.state;
	memset(copy.user, 'x', sizeof(copy.user));
	assert_int_equal(session_restore(&s, b.sessions, &copy, &b, &terms),
			 EBADMSG);
	copy = *b.state;
	memcpy(copy.user, "a\r\nb", 5);
	assert_int_equal(session_restore(&s, b.sessions, &copy, &b, &terms),
			 EBADMSG);
	copy = *b.state;
	copy.d.dialog.flow.peer.len = 4000;
	assert_int_equal(session_restore(&s, b.sessions, &copy, &b, &terms),
			 EBADMSG);
	assert_int_equal(sessions_count(b.sessions), 1);
}

/* ---- SRTP: offered, and taken back where the peer has none */

static void srtp(void **state)
{
	struct offer_agreed x, y;

	(void)state;
	a.terms.srtp = b.terms.srtp = SRTP_OFFERED;
	a.media.srtp = b.media.srtp = SRTP_OFFERED;
	memset(a.media.key, 0x11, sizeof(a.media.key));
	memset(b.media.key, 0x22, sizeof(b.media.key));
	talk();
	assert_int_equal(session_agreed(a.s, &x), 0);
	assert_int_equal(session_agreed(b.s, &y), 0);
	assert_true(x.secure && y.secure);
	assert_memory_equal(x.tx_key, y.rx_key, sizeof(x.tx_key));
	assert_memory_equal(x.rx_key, y.tx_key, sizeof(x.tx_key));
	assert_memory_equal(x.tx_key, a.media.key, sizeof(x.tx_key));
	a.media.port = 4006;
	assert_int_equal(session_offer(a.s, &a.media), 0);
	net_run();
	net_expect("a>INVITE+ b:offered b>200+ a>ACK a:offer-answered");
}

static void srtp_taken_back(void **state)
{
	struct offer_agreed x;

	(void)state;
	a.terms.srtp = SRTP_OFFERED;
	a.media.srtp = SRTP_OFFERED;
	b.ring = 0;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>488 a>INVITE+ b:incoming b>200+ "
		   "a>ACK a:answered b:confirmed");
	assert_int_equal(session_agreed(a.s, &x), 0);
	assert_false(x.secure);
}

static void srtp_required(void **state)
{
	(void)state;
	a.terms.srtp = SRTP_REQUIRED;
	a.media.srtp = SRTP_REQUIRED;
	b.ring = 0;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>488 a:refused488");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(hold_and_back),
		TEST(answered_later),
		TEST(refused_offer),
		TEST(wishes_wait),
		TEST(glare),
		TEST(glare_at_once),
		TEST(offerless_again),
		TEST(update_early),
		TEST(update_too_early),
		TEST(refreshed_with_update),
		TEST(refreshed_with_reinvite),
		TEST(never_refreshed),
		TEST(interval_too_small),
		TEST(peer_is_gone),
		TEST(blind_transfer),
		TEST(referrer_hangs_up),
		TEST(never_told),
		TEST(digits),
		TEST(infos),
		TEST(taken_up_again),
		TEST(not_taken_up),
		TEST(hostile_bytes),
		TEST(srtp),
		TEST(srtp_taken_back),
		TEST(srtp_required),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
