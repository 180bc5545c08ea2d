/* RFC 3891: another dialog in the place of one, and which may not. */
#include "tests/unit/sip/net.h"

#include <stdio.h>

#include "sip/session_parts.h"

static int set_up(void **state)
{
	(void)state;
	net_open();
	b.ring = 0;
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
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming b>200+ a>ACK a:answered b:confirmed");
}

/* An INVITE to b from a third party, with this Replaces. */
static void third(const char *replaces, const char *sdp)
{
	static unsigned serial;
	char text[4096];

	serial++;
	(void)snprintf(
		text, sizeof(text),
		"INVITE sip:1177@127.0.0.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK3%u\r\n"
		"From: <sip:c@127.0.0.1>;tag=third\r\n"
		"To: <sip:1177@127.0.0.1>\r\nCall-ID: third%u\r\n"
		"CSeq: 9 INVITE\r\nContact: <sip:c@127.0.0.1:7777>\r\n"
		"Supported: replaces\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		serial, serial, replaces,
		*sdp ? "Content-Type: application/sdp\r\n" : "", strlen(sdp),
		sdp);
	net_inject(&b, text);
}

static const char *naming(const struct dialog *d, const char *more)
{
	static char line[512];

	(void)snprintf(line, sizeof(line),
		       "Replaces: %s;to-tag=%s;from-tag=%s%s\r\n",
		       dialog_word(d, DIALOG_CALL_ID),
		       dialog_word(d, DIALOG_LOCAL_TAG),
		       dialog_word(d, DIALOG_REMOTE_TAG), more);
	return line;
}

/* The same but for one character of this word. */
static struct dialog other_than(const struct dialog *d, enum dialog_word which)
{
	struct dialog other = *d;

	other.words[dialog_word(d, which) - d->words] ^= 1;
	return other;
}

static void one_for_another(void **state)
{
	(void)state;
	talk();
	assert_non_null(strstr(net_last(&b), "Supported: 100rel, timer, "
					     "replaces\r\n"));
	third(naming(&b.state->d.dialog, ""), net_sdp);
	net_run();
	net_expect("b:replaces b:incoming-instead b>200+ b>BYE a>200 "
		   "a:ended-bye");
	/* it lies where the other one lay, and the call goes on in it */
	assert_ptr_equal(session_state(b.s), b.state);
	assert_string_equal(dialog_word(&b.state->d.dialog, DIALOG_REMOTE_TAG),
			    "third");
	assert_int_equal(sessions_count(b.sessions), 1);
	assert_int_equal(session_theirs(b.s)->port, 7000);
	net_within(&b, "ACK", 9, NULL);
	net_expect("b:confirmed");
	net_within(&b, "BYE", 10, NULL);
	net_expect("b>200 b:ended-bye");
}

static void not_acceptable(void **state)
{
	static const char video[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\n"
				    "c=IN IP4 127.0.0.9\r\nt=0 0\r\n"
				    "m=audio 7000 RTP/AVP 97\r\n";

	(void)state;
	talk();
	third(naming(&b.state->d.dialog, ""), video);
	net_expect("b:replaces b:incoming-instead b>488");
	b.replace_code = 403;
	third(naming(&b.state->d.dialog, ""), net_sdp);
	net_expect("b:replaces b>403");
	assert_int_equal(sessions_count(b.sessions), 1);
	assert_true(session_established(b.s));
}

/* 3: each with its code. */
static void named_wrongly(void **state)
{
	struct dialog d, other;
	char two[1200];

	(void)state;
	talk();
	d = b.state->d.dialog;
	third(naming(&d, ";early-only"), net_sdp);
	net_expect("b>486");
	other = other_than(&d, DIALOG_REMOTE_TAG);
	third(naming(&other, ""), net_sdp);
	net_expect("b>481");
	other = other_than(&d, DIALOG_LOCAL_TAG);
	third(naming(&other, ""), net_sdp);
	net_expect("b>481");
	other = other_than(&d, DIALOG_CALL_ID);
	third(naming(&other, ""), net_sdp);
	net_expect("b>481");
	(void)snprintf(two, sizeof(two), "%s", naming(&d, ""));
	(void)strncat(two, naming(&d, ""), sizeof(two) - strlen(two) - 1);
	third(two, net_sdp);
	third("Replaces: x;to-tag=y\r\n", net_sdp);
	third("Replaces: x;from-tag=y\r\n", net_sdp);
	third("Replaces: ;to-tag=y;from-tag=y\r\n", net_sdp);
	third("Replaces: x\r\n", net_sdp);
	net_expect("b>400 b>400 b>400 b>400 b>400");
	/* one that has ended: the wish came too late */
	session_end(a.s);
	net_run();
	net_expect("a>BYE b>200 b:ended-bye");
	third(naming(&d, ""), net_sdp);
	net_expect("b>603");
	other = other_than(&d, DIALOG_REMOTE_TAG);
	third(naming(&other, ""), net_sdp);
	net_expect("b>481");
}

/* An early one of theirs cannot be taken over; nor do we let go of ours. */
static void early_ones(void **state)
{
	struct dialog d;

	(void)state;
	b.answer = false;
	net_call(TEXT(""));
	net_run();
	net_expect("a>INVITE+ b:incoming");
	third(naming(&b.state->d.dialog, ""), net_sdp);
	net_expect("b>481");
	d = b.state->d.dialog;
	session_refuse(b.s, 486);
	net_run();
	net_log[0] = '\0';
	third(naming(&d, ""), net_sdp);
	net_expect("b>481");
}

/* What a names b's dialog by to a third party. */
static void written_for_others(void **state)
{
	uint8_t bytes[512];
	struct writer w = writer_on(bytes, sizeof(bytes));
	char want[512];
	struct dialog *d;

	(void)state;
	talk();
	d = &a.state->d.dialog;
	assert_int_equal(dialog_set(d, DIALOG_REMOTE_TAG, TEXT("x%y;z")), 0);
	assert_int_equal(
		dialog_set(d, DIALOG_TARGET, TEXT("sip:b@h;p=q?X-Header=v")),
		0);
	assert_int_equal(session_write_replaces(a.s, &w), 0);
	(void)snprintf(want, sizeof(want),
		       "Replaces=%s%%3Bto-tag%%3Dx%%25y%%3Bz"
		       "%%3Bfrom-tag%%3D%s",
		       dialog_word(d, DIALOG_CALL_ID),
		       dialog_word(d, DIALOG_LOCAL_TAG));
	assert_int_equal(w.len, strlen(want));
	assert_memory_equal(bytes, want, w.len);
	assert_true(text_is(session_target(a.s), "sip:b@h;p=q"));
}

/* Lines of the owner's in the 2xx, and in no other. */
static void lines_of_the_owner(void **state)
{
	(void)state;
	b.answer = false;
	net_call(TEXT(""));
	net_run();
	assert_int_equal(session_add(b.s, TEXT("X-Receipt: yes\r\n")), 0);
	assert_int_equal(session_answer(b.s, &b.media), 0);
	assert_non_null(strstr(net_last(&b), "X-Receipt: yes\r\n"));
	net_run();
	a.media.port = 4002;
	assert_int_equal(session_offer(a.s, &a.media), 0);
	net_run();
	assert_null(strstr(net_last(&b), "X-Receipt"));
	net_log[0] = '\0';
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_for_another),    TEST(not_acceptable),
		TEST(named_wrongly),      TEST(early_ones),
		TEST(written_for_others), TEST(lines_of_the_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
