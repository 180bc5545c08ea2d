/*
 * Dialogs (RFC 3261 section 12) and the session timer's agreement (RFC 4028,
 * table 2 of section 9), as tables.
 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "sip/dialog.h"
#include "sip/session_timer.h"

static struct sip_msg *decoded(const char *text)
{
	struct message_fault fault;
	struct sip_msg *msg = NULL;

	assert_int_equal(
		message_decode(&msg, text, strlen(text), false, &fault), 0);
	return msg;
}

static struct flow flow_from(const char *address, uint64_t connection)
{
	struct flow f = { .connection = connection,
			  .transport = connection ? SIP_TCP : SIP_UDP,
			  .trunk = 3 };

	assert_int_equal(sa_set_str(&f.peer, address, 5080), 0);
	return f;
}

static const char *invite(const char *more)
{
	static char text[8192];

	(void)snprintf(
		text, sizeof(text),
		"INVITE sip:1177@h SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKa\r\n"
		"From: \"Anna\" <sip:a@x>;tag=far\r\nTo: <sip:1177@z>\r\n"
		"Call-ID: id\r\nCSeq: 7 INVITE\r\n%s\r\n",
		more);
	return text;
}

static const char *response(unsigned code, const char *more)
{
	static char text[8192];

	(void)snprintf(text, sizeof(text),
		       "SIP/2.0 %u X\r\n"
		       "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKa\r\n"
		       "From: <sip:a@x>;tag=near\r\nTo: <sip:b@y>;tag=far\r\n"
		       "Call-ID: id\r\nCSeq: 1 INVITE\r\n%s\r\n",
		       code, more);
	return text;
}

static const char *built(struct dialog *d, enum message_method m, uint32_t seq,
			 char uri[300])
{
	static char text[4096];
	struct writer w = writer_on(text, sizeof(text) - 1);
	struct text to;

	dialog_request(d, &w, m, seq, &to);
	assert_int_equal(writer_finish(&w), 0);
	text[w.len] = '\0';
	(void)snprintf(uri, 300, "%.*s", (int)to.len, to.p);
	return text;
}

/* 12.1.1: the route set as it stands; the display name is not ours to keep */
static void called(void **state)
{
	struct sip_msg *msg = decoded(
		invite("Contact: <sip:far@192.0.2.9>\r\n"
		       "Record-Route: <sip:p1@h1;lr>, <sip:p2;lr=on>\r\n"
		       "Record-Route: <sip:p3;lr>\r\n"));
	struct flow f = flow_from("127.0.0.1", 0);
	struct stack_target target;
	struct dialog d;
	char uri[300];

	(void)state;
	assert_int_equal(dialog_accept(&d, msg, &f, TEXT("near")), 0);
	assert_true(dialog_sane(&d));
	assert_string_equal(built(&d, METHOD_BYE, 0, uri),
			    "Route: <sip:p1@h1;lr>,<sip:p2;lr=on>,<sip:p3;lr>"
			    "\r\nFrom: <sip:1177@z>;tag=near\r\n"
			    "To: <sip:a@x>;tag=far\r\nCall-ID: id\r\n"
			    "CSeq: 1 BYE\r\n");
	assert_string_equal(uri, "sip:far@192.0.2.9");
	dialog_where(&d, &target);
	assert_true(text_is(target.uri, "sip:p1@h1;lr"));
	assert_null(target.flow);
	assert_int_equal(target.trunk, 3);
	message_drop(msg);
}

/* 12.1.2: turned around; 12.2.1.1: a strict router is the request-URI */
static void calling(void **state)
{
	struct flow f = flow_from("127.0.0.1", 0);
	struct dialog d, confirmed;
	struct sip_msg *msg;
	char uri[300];

	(void)state;
	assert_int_equal(dialog_call(&d, TEXT("<sip:a@x>"), TEXT("<sip:b@y>"),
				     TEXT("sip:b@y")),
			 0);
	(void)built(&d, METHOD_INVITE, 0, uri);
	assert_string_equal(uri, "sip:b@y");
	msg = decoded(response(180, "Record-Route: <sip:p1>, <sip:p2;lr>\r\n"
				    "Contact: <sip:b@192.0.2.9>\r\n"));
	assert_int_equal(dialog_response(&d, &d, msg, &f), 0);
	assert_int_equal(d.state, DIALOG_EARLY);
	message_drop(msg);
	/* 13.2.2.4: the 2xx has the last word on the route set */
	msg = decoded(response(200, "Record-Route: <sip:q1;lr>, <sip:q2>\r\n"
				    "Contact: <sip:c@192.0.2.9>\r\n"));
	assert_int_equal(dialog_response(&confirmed, &d, msg, &f), 0);
	assert_int_equal(confirmed.state, DIALOG_CONFIRMED);
	assert_non_null(strstr(built(&confirmed, METHOD_ACK, 1, uri),
			       "Route: <sip:q1;lr>,<sip:c@192.0.2.9>\r\n"));
	assert_string_equal(uri, "sip:q2");
	assert_int_equal(confirmed.local_seq, 1);
	/* without a usable Contact an 18x still stands, a 2xx does not */
	message_drop(msg);
	msg = decoded(response(200, ""));
	assert_int_equal(dialog_response(&confirmed, &d, msg, &f), EBADMSG);
	message_drop(msg);
	/* out of the 2xx alone */
	msg = decoded(response(200, "Contact: <sip:c@192.0.2.9>\r\n"));
	assert_int_equal(dialog_orphan(&d, msg, &f), 0);
	assert_string_equal(built(&d, METHOD_BYE, 0, uri),
			    "From: <sip:a@x>;tag=near\r\n"
			    "To: <sip:b@y>;tag=far\r\nCall-ID: id\r\n"
			    "CSeq: 2 BYE\r\n");
	message_drop(msg);
}

/* Refused, never cut short. */
static void too_long(void **state)
{
	static const struct {
		const char *begin;
		size_t length;
		const char *end;
		int err;
	} rows[] = {
		{ "Contact: <sip:", DIALOG_URI_MAX, "@h>\r\n", EMSGSIZE },
		{ "Contact: <sip:a@h>\r\nRecord-Route: <sip:",
		  DIALOG_ROUTES_MAX, ";lr>\r\n", EMSGSIZE },
		{ "Contact: <sip:", 10, "@h>, <sip:b@h>\r\n", EBADMSG },
		{ "Contact: <tel:", 10, ">\r\n", EBADMSG },
		{ "Contact: *", 0, "\r\n", EBADMSG },
		{ "X: ", 1, "\r\n", EBADMSG },
		{ "Contact: <sip:", 10, "@h>\r\n", 0 },
	};
	struct flow f = flow_from("127.0.0.1", 0);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char more[4096];
		size_t n = strlen(rows[i].begin);
		struct sip_msg *msg;
		struct dialog d;

		memcpy(more, rows[i].begin, n);
		memset(more + n, 'u', rows[i].length);
		(void)snprintf(more + n + rows[i].length, 64, "%s",
			       rows[i].end);
		msg = decoded(invite(more));
		if (dialog_accept(&d, msg, &f, TEXT("near")) != rows[i].err)
			print_error("row %zu\n", i);
		assert_int_equal(dialog_accept(&d, msg, &f, TEXT("near")),
				 rows[i].err);
		message_drop(msg);
	}
}

/* Texts lie one behind the other; each can change, none may push out another.
 */
static void texts_change(void **state)
{
	static char long_text[DIALOG_ROUTES_MAX];
	struct dialog d = { 0 };
	struct text u = { long_text, 400 };

	(void)state;
	memset(long_text, 'u', sizeof(long_text));
	assert_int_equal(dialog_set(&d, DIALOG_CALL_ID, TEXT("id")), 0);
	assert_int_equal(dialog_set(&d, DIALOG_LOCAL_TAG, TEXT("near")), 0);
	assert_int_equal(dialog_set(&d, DIALOG_TARGET, TEXT("sip:a@b")), 0);
	assert_true(dialog_sane(&d));
	assert_int_equal(dialog_set(&d, DIALOG_LOCAL, u), 0);
	assert_int_equal(dialog_set(&d, DIALOG_REMOTE, u), 0);
	assert_int_equal(dialog_set(&d, DIALOG_ROUTES, u), 0);
	assert_int_equal(dialog_set(&d, DIALOG_TARGET, u), EMSGSIZE);
	assert_int_equal(dialog_set(&d, DIALOG_TARGET, TEXT("a\nb")), EBADMSG);
	assert_string_equal(dialog_word(&d, DIALOG_TARGET), "sip:a@b");
	assert_int_equal(dialog_set(&d, DIALOG_LOCAL, TEXT("<sip:c@d>")), 0);
	assert_int_equal(dialog_set(&d, DIALOG_TARGET, u), 0);
	assert_string_equal(dialog_word(&d, DIALOG_CALL_ID), "id");
	assert_string_equal(dialog_word(&d, DIALOG_LOCAL), "<sip:c@d>");
	assert_memory_equal(dialog_word(&d, DIALOG_ROUTES), long_text, 400);
	assert_int_equal(strlen(dialog_word(&d, DIALOG_ROUTES)), 400);
	assert_true(dialog_sane(&d));
	dialog_unanswer(&d);
	assert_string_equal(dialog_word(&d, DIALOG_REMOTE_TAG), "");
	/* what somebody else could have written */
	memset(d.words, 'x', sizeof(d.words));
	assert_false(dialog_sane(&d));
	assert_string_equal(dialog_word(&d, DIALOG_CALL_ID), "");
	d.words[sizeof(d.words) - 1] = '\0';
	assert_false(dialog_sane(&d));
}

/* Whom to send to when the Contact makes no sense from here. */
static void where(void **state)
{
	static const struct {
		const char *target, *peer;
		uint64_t connection;
		bool by_flow;
	} rows[] = {
		{ "sip:a@192.0.2.7", "192.0.2.9", 0, false },
		{ "sip:a@10.0.0.7", "192.0.2.9", 0, true },
		{ "sip:a@192.168.1.1", "192.0.2.9", 0, true },
		{ "sip:a@172.31.1.1", "192.0.2.9", 0, true },
		{ "sip:a@172.32.1.1", "192.0.2.9", 0, false },
		{ "sip:a@10.0.0.7", "10.0.0.9", 0, false },
		{ "sip:a@abc.invalid", "192.0.2.9", 0, true },
		{ "sip:a@192.0.2.7", "192.0.2.9", 5, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dialog d = { 0 };
		struct stack_target target;

		d.flow = flow_from(rows[i].peer, rows[i].connection);
		assert_int_equal(
			dialog_set(&d, DIALOG_TARGET, text_of(rows[i].target)),
			0);
		dialog_where(&d, &target);
		assert_int_equal(target.flow != NULL, rows[i].by_flow);
		assert_true(text_is(target.uri, rows[i].target));
	}
}

/* 12.2.2 */
static void order(void **state)
{
	struct dialog d = { 0 };
	struct sip_msg *msg = decoded(invite("Contact: <sip:a@h>\r\n"));

	(void)state;
	assert_int_equal(dialog_check(&d, msg), 0);
	assert_int_equal(d.remote_seq, 7);
	d.remote_seq = 8;
	assert_int_equal(dialog_check(&d, msg), EPROTO);
	assert_int_equal(d.remote_seq, 8);
	message_drop(msg);
}

static void timer_as_uas(void **state)
{
	static const struct {
		struct session_timer_said said;
		struct session_timer_ours ours;
		int err;
		struct session_timer want;
	} rows[] = {
		/* supported, Session-Expires, Min-SE, refresher */
		{ { true, 0, 0, REFRESHER_NONE },
		  { 0, 90 },
		  0,
		  { 0, REFRESHER_NONE } },
		{ { false, 0, 0, REFRESHER_NONE },
		  { 0, 90 },
		  0,
		  { 0, REFRESHER_NONE } },
		/* table 2, row by row */
		{ { false, 0, 0, REFRESHER_NONE },
		  { 1800, 90 },
		  0,
		  { 1800, REFRESHER_UAS } },
		{ { false, 600, 0, REFRESHER_NONE },
		  { 1800, 90 },
		  0,
		  { 600, REFRESHER_UAS } },
		{ { true, 600, 0, REFRESHER_NONE },
		  { 1800, 90 },
		  0,
		  { 600, REFRESHER_UAC } },
		{ { true, 600, 0, REFRESHER_UAC },
		  { 1800, 90 },
		  0,
		  { 600, REFRESHER_UAC } },
		{ { true, 600, 0, REFRESHER_UAS },
		  { 1800, 90 },
		  0,
		  { 600, REFRESHER_UAS } },
		{ { true, 0, 0, REFRESHER_NONE },
		  { 1800, 90 },
		  0,
		  { 1800, REFRESHER_UAC } },
		/* too small is 422, unless nobody there knows what that is */
		{ { true, 89, 0, REFRESHER_NONE },
		  { 0, 90 },
		  EMSGSIZE,
		  { 0, REFRESHER_NONE } },
		{ { true, 90, 0, REFRESHER_NONE },
		  { 0, 90 },
		  0,
		  { 90, REFRESHER_UAC } },
		{ { false, 60, 0, REFRESHER_NONE },
		  { 0, 90 },
		  0,
		  { 90, REFRESHER_UAS } },
		/* shortened, but not below their Min-SE */
		{ { true, 3600, 0, REFRESHER_NONE },
		  { 1800, 90 },
		  0,
		  { 1800, REFRESHER_UAC } },
		{ { true, 3600, 2400, REFRESHER_NONE },
		  { 1800, 90 },
		  0,
		  { 2400, REFRESHER_UAC } },
		{ { true, 0, 2400, REFRESHER_NONE },
		  { 1800, 90 },
		  0,
		  { 2400, REFRESHER_UAC } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct session_timer t = { 0 };
		int err = session_timer_judge(&t, &rows[i].said, &rows[i].ours);

		if (err != rows[i].err ||
		    t.interval_s != rows[i].want.interval_s)
			print_error("row %zu: %u\n", i, t.interval_s);
		assert_int_equal(err, rows[i].err);
		assert_int_equal(t.interval_s, rows[i].want.interval_s);
		assert_int_equal(t.refresher, rows[i].want.refresher);
	}
}

static void timer_as_uac(void **state)
{
	static const struct {
		struct session_timer_said said;
		uint32_t ours;
		struct session_timer want;
	} rows[] = {
		{ { true, 600, 0, REFRESHER_UAS },
		  600,
		  { 600, REFRESHER_UAS } },
		{ { true, 600, 0, REFRESHER_UAC },
		  600,
		  { 600, REFRESHER_UAC } },
		{ { true, 600, 0, REFRESHER_UAS }, 0, { 600, REFRESHER_UAS } },
		/* 7.2: they do not know timers, so we do the work */
		{ { false, 0, 0, REFRESHER_NONE },
		  600,
		  { 600, REFRESHER_UAC } },
		{ { false, 0, 0, REFRESHER_NONE }, 0, { 0, REFRESHER_NONE } },
		{ { true, 10, 0, REFRESHER_UAC }, 600, { 90, REFRESHER_UAC } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct session_timer_ours ours = { rows[i].ours, 90 };
		struct session_timer t;

		session_timer_settle(&t, &rows[i].said, &ours);
		assert_int_equal(t.interval_s, rows[i].want.interval_s);
		assert_int_equal(t.refresher, rows[i].want.refresher);
	}
	/* 10: half; and 32 s or a third before the end */
	assert_int_equal(session_timer_refresh_ms(91), 45500);
	assert_int_equal(session_timer_expire_ms(600), 568000);
	assert_int_equal(session_timer_expire_ms(90), 60000);
}

static void timer_headers(void **state)
{
	static const struct {
		const char *lines;
		int err;
		struct session_timer_said want;
	} rows[] = {
		{ "", 0, { false, 0, 0, REFRESHER_NONE } },
		{ "Supported: 100rel, timer\r\nSession-Expires: "
		  "1800;refresher=uac\r\nMin-SE: 120\r\n",
		  0,
		  { true, 1800, 120, REFRESHER_UAC } },
		{ "Session-Expires: 1800 ; refresher=uas\r\n",
		  0,
		  { false, 1800, 0, REFRESHER_UAS } },
		{ "Session-Expires: 1800;refresher=me\r\n",
		  0,
		  { false, 1800, 0, REFRESHER_NONE } },
		{ "Session-Expires: 4000000000\r\n",
		  0,
		  { false, SESSION_TIMER_MAX_S, 0, REFRESHER_NONE } },
		{ "Session-Expires: 0\r\n", EBADMSG, { 0 } },
		{ "Session-Expires: soon\r\n", EBADMSG, { 0 } },
		{ "Session-Expires: 99999999999\r\n", EBADMSG, { 0 } },
		{ "Min-SE: -1\r\n", EBADMSG, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sip_msg *msg = decoded(invite(rows[i].lines));
		struct session_timer_said said;
		int err = session_timer_read(&said, msg);

		assert_int_equal(err, rows[i].err);
		if (!err) {
			assert_int_equal(said.supported,
					 rows[i].want.supported);
			assert_int_equal(said.expires_s,
					 rows[i].want.expires_s);
			assert_int_equal(said.min_se_s, rows[i].want.min_se_s);
			assert_int_equal(said.refresher,
					 rows[i].want.refresher);
		}
		message_drop(msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(called),        cmocka_unit_test(calling),
		cmocka_unit_test(too_long),      cmocka_unit_test(texts_change),
		cmocka_unit_test(where),         cmocka_unit_test(order),
		cmocka_unit_test(timer_as_uas),  cmocka_unit_test(timer_as_uac),
		cmocka_unit_test(timer_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
