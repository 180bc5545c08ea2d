/* RFC 4475 and RFC 5118 torture messages, our limits, and what we build. */
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "sip/message.h"

static char bytes[2 * MESSAGE_MAX];

/* 0: no such file */
static size_t read_vector(const char *folder, const char *name)
{
	const char *vectors = getenv("VECTORS");
	char path[1024];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/sip/%s/%s",
		       vectors ? vectors : "../shared/vectors", folder, name);
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fread(bytes, 1, sizeof(bytes), f);
	(void)fclose(f);
	return n;
}

/* What section of RFC 4475 wants, and what we do; 0: taken, DROP: no answer. */
enum { DROP = 1 };

static const struct {
	const char *name;
	const char *section;
	unsigned code;
} torture[] = {
	/* branch of RFC 2543: refused on purpose; see mended() for the rest */
	{ "wsinv.dat", "3.1.1.1", 400 },
	{ "intmeth.dat", "3.1.1.2", 0 },
	{ "esc01.dat", "3.1.1.3", 0 },
	{ "escnull.dat", "3.1.1.4", 0 },
	{ "esc02.dat", "3.1.1.5", 0 },
	{ "lwsdisp.dat", "3.1.1.6", 0 },
	{ "longreq.dat", "3.1.1.7", 400 }, /* no branch */
	{ "dblreq.dat", "3.1.1.8", 0 },
	{ "semiuri.dat", "3.1.1.9", 0 },
	{ "transports.dat", "3.1.1.10", 0 },
	{ "mpart01.dat", "3.1.1.11", 0 },
	{ "unreason.dat", "3.1.1.12", 0 },
	{ "noreason.dat", "3.1.1.13", 0 },
	{ "badinv01.dat", "3.1.2.1", 400 },
	{ "clerr.dat", "3.1.2.2", 400 },
	{ "ncl.dat", "3.1.2.3", 400 },
	{ "scalar02.dat", "3.1.2.4", 400 },
	{ "scalarlg.dat", "3.1.2.5", DROP },
	{ "quotbal.dat", "3.1.2.6", 400 },
	{ "ltgtruri.dat", "3.1.2.7", 400 },
	{ "lwsruri.dat", "3.1.2.8", 400 },
	{ "lwsstart.dat", "3.1.2.9", 400 },
	{ "trws.dat", "3.1.2.10", 400 },
	{ "escruri.dat", "3.1.2.11", 400 },
	{ "baddate.dat", "3.1.2.12", 0 }, /* "may ignore the Date" */
	{ "regbadct.dat", "3.1.2.13", 400 },
	{ "badaspec.dat", "3.1.2.14", 400 },
	{ "baddn.dat", "3.1.2.15", 0 }, /* "may be liberal" */
	{ "badvers.dat", "3.1.2.16", 505 },
	{ "mismatch01.dat", "3.1.2.17", 400 },
	{ "mismatch02.dat", "3.1.2.18", 400 },
	{ "bigcode.dat", "3.1.2.19", DROP },
	{ "badbranch.dat", "3.2.1", 400 },
	{ "insuf.dat", "3.3.1", 400 }, /* but nothing to answer with */
	{ "unkscm.dat", "3.3.2", 0 },  /* 416 by the stack */
	{ "novelsc.dat", "3.3.3", 0 }, /* 416 by the stack */
	{ "unksm2.dat", "3.3.4", 400 },
	{ "bext01.dat", "3.3.5", 0 }, /* 420 by the stack */
	{ "invut.dat", "3.3.6", 0 },  /* 415 by the session */
	{ "regaut01.dat", "3.3.7", 0 },
	{ "multi01.dat", "3.3.8", 400 },
	{ "mcl01.dat", "3.3.9", 400 },
	{ "bcast.dat", "3.3.10", 0 }, /* a response to nothing of ours */
	{ "zeromf.dat", "3.3.11", 0 },
	{ "cparam01.dat", "3.3.12", 0 },
	{ "cparam02.dat", "3.3.13", 0 },
	{ "regescrt.dat", "3.3.14", 0 },
	{ "sdp01.dat", "3.3.15", 0 },
	{ "inv2543.dat", "3.4.1", 400 }, /* RFC 2543: refused on purpose */
};

static const struct {
	const char *name;
	const char *section;
	unsigned code;
} torture6[] = {
	{ "ipv6-good", "4.1", 0 },
	{ "ipv6-bad", "4.2", 400 },
	{ "port-ambiguous", "4.3", 0 },
	{ "port-unambiguous", "4.4", 0 },
	{ "via-received-param-with-delim", "4.5", 0 },
	{ "via-received-param-no-delim", "4.5", 0 },
	{ "ipv6-in-sdp", "4.6", 0 },
	{ "mult-ip-in-header", "4.7", 0 },
	{ "mult-ip-in-sdp", "4.8", 0 },
	{ "ipv4-mapped-ipv6", "4.9", 0 },
	{ "ipv6-bug-abnf-3-colons", "4.10", 0 }, /* "be liberal" */
	{ "ipv6-correct-abnf-2-colons", "4.10", 0 },
};

static void judge(const char *name, const char *section, size_t len,
		  unsigned want)
{
	struct message_fault f;
	struct sip_msg *msg = NULL;
	int err = message_decode(&msg, bytes, len, false, &f);
	unsigned got = err ? (f.code ? f.code : DROP) : 0;

	message_drop(msg);
	if (got != want)
		fail_msg("%s (%s): %u \"%s\", not %u", name, section, got,
			 f.reason, want);
}

static void torture_messages_are_judged(void **state)
{
	(void)state;
	if (!read_vector("rfc4475", "esc01.dat")) {
		(void)printf("skipped: no vectors\n");
		skip();
	}
	for (size_t i = 0; i < sizeof(torture) / sizeof(torture[0]); i++) {
		size_t n = read_vector("rfc4475", torture[i].name);

		assert_true(n > 0);
		judge(torture[i].name, torture[i].section, n, torture[i].code);
	}
	for (size_t i = 0; i < sizeof(torture6) / sizeof(torture6[0]); i++) {
		size_t n = read_vector("rfc5118", torture6[i].name);

		assert_true(n > 0);
		judge(torture6[i].name, torture6[i].section, n,
		      torture6[i].code);
	}
}

/* Put a branch of RFC 3261 where an old one stands. */
static size_t mend(size_t len, const char *from, const char *to)
{
	char *at = memmem(bytes, len, from, strlen(from));
	size_t rest;

	assert_non_null(at);
	rest = len - (size_t)(at - bytes) - strlen(from);
	memmove(at + strlen(to), at + strlen(from), rest);
	memcpy(at, to, strlen(to));
	return len - strlen(from) + strlen(to);
}

/* The tortuous ones that we refuse for their branch alone are fine else. */
static void torture_is_refused_for_the_branch_alone(void **state)
{
	struct message_fault f;
	struct sip_msg *msg = NULL;
	size_t n = read_vector("rfc4475", "wsinv.dat");

	(void)state;
	if (!n)
		skip();
	n = mend(n, "branch=390skdjuw", "branch=z9hG4bK390s");
	assert_int_equal(message_decode(&msg, bytes, n, false, &f), 0);
	assert_int_equal(msg->cseq.num, 9);
	assert_true(!pl_strcmp(&msg->to.tag, "1918181833n"));
	assert_true(!pl_strcmp(&msg->from.tag, "98asjd8"));
	assert_int_equal(sip_msg_hdr_count(msg, SIP_HDR_VIA), 3);
	assert_int_equal(message_body(msg).len, 150);
	message_drop(msg);

	n = read_vector("rfc4475", "longreq.dat");
	n = mend(n, "sip33.example.com", "sip33.example.com;branch=z9hG4bKx");
	msg = NULL;
	assert_int_equal(message_decode(&msg, bytes, n, false, &f), 0);
	assert_int_equal(sip_msg_hdr_count(msg, SIP_HDR_VIA), 34);
	message_drop(msg);
}

#define HEAD                                                                   \
	"INVITE sip:1177@192.0.2.1 SIP/2.0\r\n"                                \
	"Via: SIP/2.0/UDP 192.0.2.9:5062;rport;branch=z9hG4bK1\r\n"            \
	"v: SIP/2.0/TCP far.example;branch=z9hG4bK2\r\n"                       \
	"Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>\r\n"           \
	"From: \"A\" <sip:a@far.example>;tag=f1\r\n"                           \
	"To: <sip:1177@192.0.2.1>\r\n"                                         \
	"Call-ID: c1@far.example\r\n"                                          \
	"CSeq: 7 INVITE\r\n"

static struct sip_msg *decoded(const char *text, bool stream)
{
	struct message_fault f;
	struct sip_msg *msg = NULL;

	assert_int_equal(message_decode(&msg, text, strlen(text), stream, &f),
			 0);
	return msg;
}

static void limits_hold(void **state)
{
	static const struct {
		const char *text;
		bool stream;
		int err;
		unsigned code;
	} rows[] = {
		{ HEAD "\r\n", false, 0, 0 },
		{ HEAD "\r\n", true, EBADMSG, 400 },
		{ HEAD "Content-Length: 0\r\n\r\n", true, 0, 0 },
		{ HEAD "Content-Length: 3\r\n\r\nab", false, EBADMSG, 400 },
		{ HEAD "Content-Length: -1\r\n\r\nab", false, EBADMSG, 400 },
		{ HEAD "Content-Length: 99999999999999999999\r\n\r\n", false,
		  EBADMSG, 400 },
		{ HEAD "l: 0\r\nl: 0\r\n\r\n", false, EBADMSG, 400 },
		{ HEAD "Max-Forwards: 256\r\n\r\n", false, EBADMSG, 400 },
		{ HEAD "Call-ID: other\r\n\r\n", false, EBADMSG, 400 },
		{ HEAD, false, EBADMSG, 400 },
		{ "\r\n\r\n", false, EBADMSG, 0 },
		{ "x", false, EBADMSG, 0 },
		{ "ACK sip:x SIP/2.0\r\n\r\n", false, EBADMSG, 0 },
		{ "SIP/2.0 200 OK\r\n\r\n", false, EBADMSG, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct message_fault f;
		struct sip_msg *msg = NULL;
		int err =
			message_decode(&msg, rows[i].text, strlen(rows[i].text),
				       rows[i].stream, &f);

		message_drop(msg);
		if (err != rows[i].err || f.code != rows[i].code)
			fail_msg("row %zu: %d, %u \"%s\"", i, err, f.code,
				 f.reason);
	}
}

static void too_many_headers_are_refused(void **state)
{
	struct message_fault f;
	struct sip_msg *msg = NULL;
	struct writer w = writer_on(bytes, sizeof(bytes));

	(void)state;
	writer_str(&w, HEAD);
	for (int i = 0; i < 130; i++)
		writer_str(&w, "X: y\r\n");
	writer_str(&w, "\r\n");
	assert_int_equal(message_decode(&msg, bytes, w.len, false, &f),
			 EMSGSIZE);
	memset(bytes, 'a', sizeof(bytes));
	assert_int_equal(
		message_decode(&msg, bytes, MESSAGE_MAX + 1, false, &f),
		EMSGSIZE);
	assert_int_equal(f.code, 513);
}

static void responses_copy_what_they_must(void **state)
{
	static const char want[] =
		"SIP/2.0 180 Ringing\r\n"
		"Via: SIP/2.0/UDP 192.0.2.9:5062;rport=4444;branch=z9hG4bK1"
		";received=198.51.100.7\r\n"
		"Via: SIP/2.0/TCP far.example;branch=z9hG4bK2\r\n"
		"Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>\r\n"
		"From: \"A\" <sip:a@far.example>;tag=f1\r\n"
		"To: <sip:1177@192.0.2.1>;tag=t1\r\n"
		"Call-ID: c1@far.example\r\n"
		"CSeq: 7 INVITE\r\n"
		"Content-Length: 0\r\n\r\n";
	struct sip_msg *msg = decoded(HEAD "\r\n", false);
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct sa source;

	(void)state;
	assert_int_equal(sa_set_str(&source, "198.51.100.7", 4444), 0);
	message_response(&w, msg, 180, NULL, TEXT("t1"), &source);
	message_end(&w, TEXT(""), TEXT(""));
	assert_int_equal(w.len, strlen(want));
	assert_memory_equal(bytes, want, w.len);
	/* 100 and errors carry no route set; 100 no tag */
	w = writer_on(bytes, sizeof(bytes));
	message_response(&w, msg, 100, NULL, TEXT(""), NULL);
	assert_null(memmem(bytes, w.len, "Record-Route", 12));
	assert_null(memmem(bytes, w.len, ";tag=t", 6));
	message_drop(msg);
}

static void a_lying_received_is_left_out(void **state)
{
	struct sip_msg *msg =
		decoded("BYE sip:x@192.0.2.1 SIP/2.0\r\n"
			"Via: SIP/2.0/UDP 192.0.2.9;received=203.0.113.1"
			";branch=z9hG4bK1\r\n"
			"From: <sip:a@b>;tag=f\r\nTo: <sip:x@y>;tag=t\r\n"
			"Call-ID: c\r\nCSeq: 1 BYE\r\n\r\n",
			false);
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct sa source;

	(void)state;
	assert_int_equal(sa_set_str(&source, "192.0.2.9", 5060), 0);
	message_response(&w, msg, 200, NULL, TEXT("n"), &source);
	assert_null(memmem(bytes, w.len, "received", 8));
	assert_non_null(memmem(bytes, w.len, ";tag=t\r\n", 8));
	message_drop(msg);
}

static void the_undecodable_is_answered(void **state)
{
	static const char bad[] =
		"INVITE sip:x SIP/9.0\r\n"
		"v: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n"
		"f: <sip:a@b>;tag=f\r\nt: <sip:x@y>\r\nTo: twice\r\n"
		"i: c\r\nCSeq: 1\r\n INVITE\r\nX: y\r\n\r\nbody";
	static const char want[] =
		"SIP/2.0 505 Version Not Supported\r\n"
		"v: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n"
		"f: <sip:a@b>;tag=f\r\nt: <sip:x@y>\r\n"
		"i: c\r\nCSeq: 1\r\n INVITE\r\n"
		"Content-Length: 0\r\n\r\n";
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct message_fault f;
	struct sip_msg *msg = NULL;

	(void)state;
	assert_int_equal(message_decode(&msg, bad, strlen(bad), false, &f),
			 EBADMSG);
	assert_int_equal(message_refuse(&w, bad, strlen(bad), &f), 0);
	assert_int_equal(w.len, strlen(want));
	assert_memory_equal(bytes, want, w.len);
}

static void parameters_are_found(void **state)
{
	static const struct {
		const char *params, *name, *value; /* NULL: none */
	} rows[] = {
		{ ";lr;transport=TCP", "transport", "TCP" },
		{ ";lr;transport=TCP", "lr", "" },
		{ ";a=\"x;b=1\";b=2", "b", "2" },
		{ ";a=\"q\\\";b=1\" ; B = 2", "b", "2" },
		{ ";tagged=1", "tag", NULL },
		{ "", "tag", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text v = TEXT("?");
		bool got = message_param(text_of(rows[i].params), rows[i].name,
					 &v);

		assert_int_equal(got, rows[i].value != NULL);
		if (got)
			assert_true(text_is(v, rows[i].value));
	}
}

static void hops_are_read(void **state)
{
	static const struct {
		const char *line;
		unsigned hops;
	} rows[] = {
		{ "", 1 },
		{ "Max-Forwards: 70\r\n", 1 },
		{ "Max-Forwards: 255\r\n", 1 },
		{ "Max-Forwards: 1\r\n", MESSAGE_HOPS_MAX },
		{ "Max-Forwards: 0\r\n", MESSAGE_HOPS_MAX + 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sip_msg *msg;
		char text[512];

		(void)snprintf(text, sizeof(text),
			       "INVITE sip:x@127.0.0.1 SIP/2.0\r\n"
			       "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKh\r\n"
			       "From: <sip:a@b>;tag=f\r\nTo: <sip:x@y>\r\n"
			       "Call-ID: h\r\nCSeq: 1 INVITE\r\n%s\r\n",
			       rows[i].line);
		msg = decoded(text, false);
		assert_int_equal(message_hops(msg), rows[i].hops);
		message_drop(msg);
	}
}

static void tokens_differ(void **state)
{
	char a[MESSAGE_TAG_CHARS + 1], b[MESSAGE_TAG_CHARS + 1];

	(void)state;
	message_token(a);
	for (int i = 0; i < 1000; i++) {
		message_token(b);
		assert_int_equal(strspn(b, "abcdefghijklmnopqrstuvwxyz234567"),
				 MESSAGE_TAG_CHARS);
		assert_string_not_equal(a, b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(torture_messages_are_judged),
		cmocka_unit_test(torture_is_refused_for_the_branch_alone),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(too_many_headers_are_refused),
		cmocka_unit_test(responses_copy_what_they_must),
		cmocka_unit_test(a_lying_received_is_left_out),
		cmocka_unit_test(the_undecodable_is_answered),
		cmocka_unit_test(parameters_are_found),
		cmocka_unit_test(hops_are_read),
		cmocka_unit_test(tokens_differ),
	};

	return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
