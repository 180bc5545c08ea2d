/* Two stacks over loopback: transactions, refusals, connections. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/metric.h"
#include "tests/unit/sip/rig.h"

struct pair {
	struct rig_node a, b;
	char uri[128]; /* of b */
};

static void pair_open_as(struct pair *p, enum sip_transport transport,
			 const char *address, bool trunks_only)
{
	bool inet6 = strchr(address, ':') != NULL;

	memset(p, 0, sizeof(*p));
	p->b.trunks_only = trunks_only;
	rig_listen(&p->a, transport, address);
	rig_listen(&p->b, transport, address);
	rig_open(&p->a);
	rig_open(&p->b);
	(void)snprintf(p->uri, sizeof(p->uri),
		       "sip:1177@%s%s%s:%u;transport=%s", inet6 ? "[" : "",
		       address, inet6 ? "]" : "", p->b.ports[0],
		       transport_param(transport));
}

static void pair_open(struct pair *p, enum sip_transport transport,
		      const char *address)
{
	pair_open_as(p, transport, address, false);
}

static void pair_close(struct pair *p)
{
	rig_close(&p->a);
	rig_close(&p->b);
}

static const struct {
	enum sip_transport transport;
	const char *address;
} ways[] = {
	{ SIP_UDP, "127.0.0.1" },
	{ SIP_TCP, "127.0.0.1" },
	{ SIP_UDP, "::1" },
	{ SIP_TCP, "::1" },
};

static void requests_are_answered_by_every_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct pair p;

		pair_open(&p, ways[i].transport, ways[i].address);
		p.b.reply = 200;
		assert_non_null(rig_request(&p.a, METHOD_INFO, p.uri, -1, ""));
		assert_true(rig_until(&p.a.code_count, 1, 2000));
		rig_for(5);
		assert_int_equal(p.a.codes[0], 200);
		assert_true(p.a.ended);
		assert_int_equal(p.b.requests, 1);
		assert_int_equal(p.b.flow.transport, ways[i].transport);
		assert_int_equal(p.b.flow.trunk, -1);
		pair_close(&p);
	}
}

static void invites_ring_and_are_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct pair p;

		pair_open(&p, ways[i].transport, ways[i].address);
		assert_non_null(
			rig_request(&p.a, METHOD_INVITE, p.uri, -1, ""));
		assert_true(rig_until(&p.b.requests, 1, 2000));
		assert_int_equal(stack_answer(p.b.server, 180), 0);
		assert_int_equal(stack_answer(p.b.server, 200), 0);
		assert_int_equal(stack_answer(p.b.server, 200), EPROTO);
		assert_true(rig_until(&p.a.code_count, 2, 2000));
		assert_int_equal(p.a.codes[0], 180);
		assert_int_equal(p.a.codes[1], 200);
		assert_false(p.a.ended); /* forks may follow */
		/* nobody acknowledged: it comes again after T1 */
		assert_true(rig_until(&p.a.code_count, 3, 1000));
		assert_int_equal(p.a.codes[2], 200);
		p.b.acknowledge = true;
		assert_null(rig_request(&p.a, METHOD_ACK, p.uri, -1, ""));
		assert_true(rig_until(&p.b.acks, 1, 2000));
		p.a.code_count = 0;
		rig_for(1200);
		assert_int_equal(p.a.code_count, 0);
		pair_close(&p);
	}
}

static void strangers_leave_no_trace(void **state)
{
	uint64_t before;
	struct pair p;

	(void)state;
	pair_open_as(&p, SIP_UDP, "127.0.0.1", true);
	before = metric_read(metric_page, METRIC_sip_retransmitted);
	assert_non_null(rig_request(&p.a, METHOD_INVITE, p.uri, -1, ""));
	assert_true(rig_until(&p.a.code_count, 1, 2000));
	assert_int_equal(p.a.codes[0], 403);
	assert_int_equal(p.b.requests, 0);
	assert_int_equal(stack_transactions(p.b.stack), 0);
	rig_for(700);
	assert_int_equal(metric_read(metric_page, METRIC_sip_retransmitted),
			 before);
	/* others are still heard: a phone that registers, say */
	p.b.reply = 200;
	assert_non_null(rig_request(&p.a, METHOD_INFO, p.uri, -1, ""));
	assert_true(rig_until(&p.b.requests, 1, 2000));
	pair_close(&p);
}

static void refusals_are_acknowledged_below(void **state)
{
	uint64_t before;
	struct pair p;

	(void)state;
	pair_open(&p, SIP_UDP, "127.0.0.1");
	p.b.reply = 486;
	assert_non_null(rig_request(&p.a, METHOD_INVITE, p.uri, -1, ""));
	assert_true(rig_until(&p.a.code_count, 1, 2000));
	assert_int_equal(p.a.codes[0], 486);
	assert_true(p.a.ended);
	/* G would fire after T1 if the ACK had not come */
	before = metric_read(metric_page, METRIC_sip_retransmitted);
	rig_for(700);
	assert_int_equal(metric_read(metric_page, METRIC_sip_retransmitted),
			 before);
	assert_int_equal(p.b.acks, 0);
	pair_close(&p);
}

static void invites_can_be_cancelled(void **state)
{
	struct stack_client *c;
	struct pair p;

	(void)state;
	pair_open(&p, SIP_UDP, "127.0.0.1");
	c = rig_request(&p.a, METHOD_INVITE, p.uri, -1, "");
	assert_non_null(c);
	/* before anything was heard: it waits for the 100 */
	assert_int_equal(stack_cancel(c), 0);
	assert_true(rig_until(&p.b.cancelled, 1, 2000));
	assert_true(rig_until(&p.a.code_count, 1, 2000));
	assert_int_equal(p.a.codes[0], 487);
	assert_true(p.a.ended);
	/* a CANCEL of nothing */
	assert_non_null(rig_request(&p.a, METHOD_CANCEL, p.uri, -1, ""));
	assert_true(rig_until(&p.a.code_count, 1, 2000));
	assert_int_equal(p.a.codes[0], 481);
	pair_close(&p);
}

static void what_we_cannot_do_is_refused(void **state)
{
	static const struct {
		enum message_method method;
		const char *uri; /* NULL: the node */
		const char *extra;
		unsigned code;
		const char *unsupported;
	} rows[] = {
		{ METHOD_OPTIONS, NULL, "", 200, "" },
		{ METHOD_PUBLISH, NULL, "", 405, "" },
		{ METHOD_INVITE, NULL, "Require: 100rel, bogus\r\n", 420,
		  "bogus" },
		{ METHOD_INFO, NULL, "Require: timer\r\n", 200, "" },
	};
	struct pair p;

	(void)state;
	pair_open(&p, SIP_UDP, "127.0.0.1");
	p.b.reply = 200;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_non_null(rig_request(&p.a, rows[i].method, p.uri, -1,
					    rows[i].extra));
		assert_true(rig_until(&p.a.code_count, 1, 2000));
		assert_int_equal(p.a.codes[0], rows[i].code);
		assert_string_equal(p.a.unsupported, rows[i].unsupported);
	}
	pair_close(&p);
}

static void who_drains_says_so(void **state)
{
	struct pair p;

	(void)state;
	pair_open(&p, SIP_UDP, "127.0.0.1");
	p.b.reply = 486;
	assert_non_null(rig_request(&p.a, METHOD_INVITE, p.uri, -1, ""));
	assert_true(rig_until(&p.a.code_count, 1, 2000));
	assert_int_equal(p.a.codes[0], 486);
	stack_drain(p.b.stack);
	assert_non_null(rig_request(&p.a, METHOD_INVITE, p.uri, -1, ""));
	assert_true(rig_until(&p.a.code_count, 1, 2000));
	assert_int_equal(p.a.codes[0], 503);
	assert_true(p.a.has_retry_after);
	assert_int_equal(p.b.requests, 1);
	pair_close(&p);
}

static void connections_are_used_again_and_missed(void **state)
{
	struct flow first;
	struct pair p;

	(void)state;
	pair_open(&p, SIP_TCP, "127.0.0.1");
	p.b.reply = 200;
	assert_non_null(rig_request(&p.a, METHOD_INFO, p.uri, -1, ""));
	assert_true(rig_until(&p.a.code_count, 1, 2000));
	first = p.b.flow;
	assert_non_null(rig_request(&p.a, METHOD_INFO, p.uri, -1, ""));
	assert_true(rig_until(&p.a.code_count, 1, 2000));
	assert_int_equal(p.b.flow.connection, first.connection);
	assert_true(stack_alive(p.b.stack, &first));
	/* b dies with a request unanswered: told at once, not after 32 s */
	p.b.reply = 0;
	assert_non_null(rig_request(&p.a, METHOD_INFO, p.uri, -1, ""));
	assert_true(rig_until(&p.b.requests, 3, 2000));
	rig_close(&p.b);
	assert_true(rig_until(&p.a.code_count, 1, 2000));
	assert_int_equal(p.a.codes[0], 503);
	assert_true(p.a.ended);
	assert_true(p.a.closed > 0);
	rig_close(&p.a);
}

static void nobody_there_is_503_later_not_within(void **state)
{
	struct pair p;

	(void)state;
	pair_open(&p, SIP_TCP, "127.0.0.1");
	/* a port that was free a moment ago */
	rig_close(&p.b);
	assert_non_null(rig_request(&p.a, METHOD_INFO, p.uri, -1, ""));
	assert_int_equal(p.a.code_count, 0);
	assert_true(rig_until(&p.a.code_count, 1, 2000));
	assert_int_equal(p.a.codes[0], 503);
	/* no listener of that transport */
	assert_non_null(rig_request(&p.a, METHOD_INFO,
				    "sip:x@127.0.0.1:9;transport=udp", -1, ""));
	assert_int_equal(p.a.code_count, 0);
	assert_true(rig_until(&p.a.code_count, 1, 2000));
	assert_int_equal(p.a.codes[0], 503);
	assert_null(rig_request(&p.a, METHOD_INFO, "mailto:x@y", -1, ""));
	rig_close(&p.a);
}

/* localhost is ::1 and 127.0.0.1; only the latter listens. */
static void the_next_address_is_tried(void **state)
{
	char uri[64];
	struct pair p;

	(void)state;
	memset(&p, 0, sizeof(p));
	rig_listen(&p.a, SIP_TCP, "127.0.0.1");
	rig_listen(&p.a, SIP_TCP, "::1");
	rig_listen(&p.b, SIP_TCP, "127.0.0.1");
	rig_open(&p.a);
	rig_open(&p.b);
	p.b.reply = 200;
	(void)snprintf(uri, sizeof(uri), "sip:x@localhost:%u", p.b.ports[0]);
	assert_non_null(rig_request(&p.a, METHOD_INFO, uri, -1, ""));
	assert_true(rig_until(&p.a.code_count, 1, 2000));
	assert_int_equal(p.a.codes[0], 200);
	pair_close(&p);
}

/* b hears UDP, and TCP at the same port if it is to; a has both. */
static void pair_of_both(struct pair *p, bool b_tcp)
{
	bool ok = false;

	memset(p, 0, sizeof(*p));
	rig_listen(&p->a, SIP_UDP, "127.0.0.1");
	rig_listen(&p->a, SIP_TCP, "127.0.0.1");
	for (unsigned i = 0; i < 50 && !ok; i++) {
		rig_listen(&p->b, SIP_UDP, "127.0.0.1");
		ok = !b_tcp ||
		     rig_listen_at(&p->b, SIP_TCP, "127.0.0.1", p->b.ports[0]);
		if (!ok)
			close(p->b.fds[--p->b.settings.listener_count]);
	}
	assert_true(ok);
	rig_open(&p->a);
	rig_open(&p->b);
	p->b.reply = 200;
	(void)snprintf(p->uri, sizeof(p->uri), "sip:x@127.0.0.1:%u",
		       p->b.ports[0]);
}

static unsigned ask_with(struct pair *p, enum message_method m, const char *uri,
			 size_t more)
{
	char *extra = calloc(1, more + 8);

	assert_non_null(extra);
	(void)snprintf(extra, more + 8, "X: ");
	memset(extra + 3, 'x', more);
	memcpy(extra + 3 + more, "\r\n", 3);
	p->a.ended = false;
	p->a.code_count = 0;
	assert_non_null(rig_request(&p->a, m, uri, -1, extra));
	assert_true(rig_until(&p->a.code_count, 1, 2000));
	rig_for(5);
	free(extra);
	return p->a.codes[0];
}

/* RFC 3261 18.1.1 */
static void large_requests_go_by_tcp(void **state)
{
	char udp[160];
	struct pair p;

	(void)state;
	pair_of_both(&p, true);
	(void)snprintf(udp, sizeof(udp), "%s;transport=udp", p.uri);
	assert_int_equal(ask_with(&p, METHOD_INFO, p.uri, 100), 200);
	assert_int_equal(p.b.flow.transport, SIP_UDP);
	assert_int_equal(ask_with(&p, METHOD_INFO, p.uri, 900), 200);
	assert_int_equal(p.b.flow.transport, SIP_UDP);
	assert_int_equal(ask_with(&p, METHOD_INFO, p.uri, 1100), 200);
	assert_int_equal(p.b.flow.transport, SIP_TCP);
	assert_int_equal(ask_with(&p, METHOD_INVITE, p.uri, 1100), 200);
	assert_int_equal(p.b.flow.transport, SIP_TCP);
	/* whoever says UDP means it */
	assert_int_equal(ask_with(&p, METHOD_INFO, udp, 1100), 200);
	assert_int_equal(p.b.flow.transport, SIP_UDP);
	pair_close(&p);
	/* and where there is no TCP, by UDP after all; the next one at once */
	pair_of_both(&p, false);
	assert_int_equal(ask_with(&p, METHOD_INVITE, p.uri, 2000), 200);
	assert_int_equal(p.b.flow.transport, SIP_UDP);
	assert_int_equal(p.a.closed, 1);
	assert_int_equal(ask_with(&p, METHOD_INFO, p.uri, 2000), 200);
	assert_int_equal(p.a.closed, 1);
	assert_int_equal(p.b.requests, 2);
	pair_close(&p);
}

/* A peer that is no stack: bytes in, bytes out. */
static int dial(uint16_t port, int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static size_t hear(int fd, char *to, size_t max)
{
	ssize_t n;

	rig_for(50);
	n = recv(fd, to, max - 1, MSG_DONTWAIT);
	to[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

#define INFO_HEAD                                                              \
	"INFO sip:x@127.0.0.1 SIP/2.0\r\n"                                     \
	"Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKraw\r\n"                   \
	"From: <sip:a@b>;tag=f\r\nTo: <sip:x@y>;tag=t\r\n"                     \
	"Call-ID: raw\r\nCSeq: 1 INFO\r\n"

static void streams_are_framed_and_kept_alive(void **state)
{
	char got[4096];
	struct pair p;
	int fd;

	(void)state;
	pair_open(&p, SIP_TCP, "127.0.0.1");
	p.b.reply = 200;
	fd = dial(p.b.ports[0], SOCK_STREAM);
	say(fd, "\r\n\r\n");
	assert_int_equal(hear(fd, got, sizeof(got)), 2);
	assert_string_equal(got, "\r\n");
	say(fd, INFO_HEAD "Content-Len");
	assert_int_equal(hear(fd, got, sizeof(got)), 0);
	say(fd, "gth: 4\r\n\r\nab");
	assert_int_equal(hear(fd, got, sizeof(got)), 0);
	say(fd, "cd");
	assert_true(hear(fd, got, sizeof(got)) > 0);
	assert_memory_equal(got, "SIP/2.0 200 OK\r\n", 16);
	/* no Content-Length: told why, then closed */
	say(fd, INFO_HEAD "\r\n");
	assert_true(hear(fd, got, sizeof(got)) > 0);
	assert_memory_equal(got, "SIP/2.0 400 Content-Length needed\r\n", 35);
	assert_int_equal(recv(fd, got, 1, MSG_DONTWAIT), 0);
	close(fd);
	pair_close(&p);
}

static void datagrams_are_judged(void **state)
{
	uint64_t before = metric_read(metric_page, METRIC_sip_malformed);
	char got[4096];
	struct pair p;
	int fd;

	(void)state;
	pair_open(&p, SIP_UDP, "127.0.0.1");
	fd = dial(p.b.ports[0], SOCK_DGRAM);
	say(fd, "INFO x SIP/2.0\r\nrubbish\r\n\r\n"); /* dropped, counted */
	assert_int_equal(hear(fd, got, sizeof(got)), 0);
	say(fd, "INVITE sip:x@y SIP/3.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKraw\r\n"
		"From: <sip:a@b>;tag=f\r\nTo: <sip:x@y>\r\n"
		"Call-ID: raw\r\nCSeq: 1 INVITE\r\n\r\n");
	assert_true(hear(fd, got, sizeof(got)) > 0);
	assert_memory_equal(got, "SIP/2.0 505 ", 12);
	say(fd, "INVITE mailto:x@y SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKraw\r\n"
		"From: <sip:a@b>;tag=f\r\nTo: <sip:x@y>\r\n"
		"Call-ID: raw\r\nCSeq: 1 INVITE\r\n\r\n");
	assert_true(hear(fd, got, sizeof(got)) > 0);
	assert_memory_equal(got, "SIP/2.0 416 ", 12);
	assert_int_equal(metric_read(metric_page, METRIC_sip_malformed),
			 before + 2);
	assert_int_equal(p.b.requests, 0);
	close(fd);
	pair_close(&p);
}

static void a_request_again_is_no_new_one(void **state)
{
	static const char info[] =
		"INFO sip:x@127.0.0.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKr2\r\n"
		"From: <sip:a@b>;tag=f\r\nTo: <sip:x@y>;tag=t\r\n"
		"Call-ID: raw\r\nCSeq: 1 INFO\r\n\r\n";
	char first[4096], second[4096];
	struct pair p;
	int fd;

	(void)state;
	pair_open(&p, SIP_UDP, "127.0.0.1");
	p.b.reply = 200;
	fd = dial(p.b.ports[0], SOCK_DGRAM);
	say(fd, info);
	assert_true(hear(fd, first, sizeof(first)) > 0);
	say(fd, info);
	assert_true(hear(fd, second, sizeof(second)) > 0);
	assert_string_equal(first, second);
	assert_int_equal(p.b.requests, 1);
	close(fd);
	pair_close(&p);
}

/* Each node that passes a request on takes one from Max-Forwards. */
/* One branch of a request that a proxy forked; the code of its answer. */
static unsigned branch(int fd, uint16_t port, const char *method,
		       const char *branch, const char *id, const char *to_tag)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	unsigned code = 0;
	char text[1024];
	ssize_t n;
	int len =
		snprintf(text, sizeof(text),
			 "%s sip:1177@127.0.0.1 SIP/2.0\r\n"
			 "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK%s;rport\r\n"
			 "From: <sip:a@rig>;tag=f\r\nTo: <sip:b@rig>%s\r\n"
			 "Call-ID: %s\r\nCSeq: 7 %s\r\nMax-Forwards: 70\r\n"
			 "Content-Length: 0\r\n\r\n",
			 method, branch, to_tag, id, method);

	assert_int_equal(sendto(fd, text, (size_t)len, 0,
				(struct sockaddr *)&to, sizeof(to)),
			 len);
	rig_for(20);
	while ((n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		text[n] = '\0';
		assert_int_equal(sscanf(text, "SIP/2.0 %u ", &code), 1);
	}
	return code;
}

/* RFC 3261 8.2.2.2 */
static void forks_that_meet_again_are_one_request(void **state)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct pair p;
	uint16_t port;

	(void)state;
	assert_true(fd >= 0);
	pair_open(&p, SIP_UDP, "127.0.0.1");
	port = p.b.ports[0];
	p.b.reply = 180;
	assert_int_equal(branch(fd, port, "INVITE", "1", "one", ""), 180);
	assert_int_equal(branch(fd, port, "INVITE", "2", "one", ""), 482);
	assert_int_equal(branch(fd, port, "INVITE", "3", "one", ""), 482);
	/* the same again, another call, another method, within a dialog */
	assert_int_equal(branch(fd, port, "INVITE", "1", "one", ""), 180);
	assert_int_equal(branch(fd, port, "INVITE", "4", "two", ""), 180);
	p.b.reply = 200;
	assert_int_equal(branch(fd, port, "INFO", "5", "one", ""), 200);
	assert_int_equal(branch(fd, port, "INFO", "6", "one", ""), 482);
	assert_int_equal(branch(fd, port, "INFO", "7", "one", ";tag=x"), 200);
	assert_int_equal(branch(fd, port, "INFO", "8", "one", ";tag=x"), 200);
	/* what was refused may come by another way */
	p.b.reply = 503;
	assert_int_equal(branch(fd, port, "INFO", "9", "three", ""), 503);
	p.b.reply = 200;
	assert_int_equal(branch(fd, port, "INFO", "a", "three", ""), 200);
	assert_int_equal(p.b.requests, 7);
	close(fd);
	pair_close(&p);
}

static void hops_are_counted(void **state)
{
	struct pair p;

	(void)state;
	pair_open(&p, SIP_UDP, "127.0.0.1");
	p.b.reply = 200;
	for (unsigned i = 0; i <= MESSAGE_HOPS_MAX; i += 35) {
		p.a.hops = i;
		p.a.ended = false;
		p.a.code_count = 0;
		assert_non_null(rig_request(&p.a, METHOD_INFO, p.uri, -1, ""));
		assert_true(rig_until(&p.a.code_count, 1, 2000));
		rig_for(5);
		assert_int_equal(p.b.hops_in, i + 1);
	}
	pair_close(&p);
}

static void closing_frees_what_is_under_way(void **state)
{
	struct pair p;

	(void)state;
	pair_open(&p, SIP_UDP, "127.0.0.1");
	for (int i = 0; i < 100; i++)
		assert_non_null(
			rig_request(&p.a, METHOD_INVITE, p.uri, -1, ""));
	assert_true(rig_until(&p.b.requests, 100, 2000));
	assert_int_equal(stack_transactions(p.a.stack), 100);
	assert_int_equal(stack_transactions(p.b.stack), 100);
	pair_close(&p);
}
/* The code that an INFO gets there; 0: no answer. */
static unsigned info_at(struct pair *p, unsigned listener)
{
	char uri[96];

	(void)snprintf(
		uri, sizeof(uri), "sip:x@127.0.0.1:%u;transport=%s",
		p->b.ports[listener],
		transport_param(p->b.settings.listeners[listener].transport));
	assert_non_null(rig_request(&p->a, METHOD_INFO, uri, -1, ""));
	return rig_until(&p->a.code_count, 1, 300) ? p->a.codes[0] : 0;
}

/* A request within a dialog of that listener's, by datagram. */
static void info_inside(struct pair *p, unsigned listener)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(p->b.ports[listener]) };
	static unsigned n;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char text[512];
	int len = snprintf(text, sizeof(text),
			   "INFO sip:x@h SIP/2.0\r\n"
			   "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKin%u\r\n"
			   "From: <sip:a@h>;tag=1\r\nTo: <sip:x@h>;tag=2\r\n"
			   "Call-ID: in\r\nCSeq: %u INFO\r\n"
			   "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
			   n, n + 1);

	n++;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(sendto(fd, text, (size_t)len, 0,
				(struct sockaddr *)&to, sizeof(to)),
			 len);
	close(fd);
	rig_for(50);
}

static void listeners_come_and_go(void **state)
{
	struct pair p;

	(void)state;
	memset(&p, 0, sizeof(p));
	rig_listen(&p.a, SIP_UDP, "127.0.0.1");
	rig_listen(&p.a, SIP_TCP, "127.0.0.1");
	rig_listen(&p.b, SIP_UDP, "127.0.0.1");
	rig_listen(&p.b, SIP_UDP, "127.0.0.1");
	rig_listen(&p.b, SIP_TCP, "127.0.0.1");
	rig_open(&p.a);
	rig_open(&p.b);
	p.b.reply = 200;
	assert_int_equal(info_at(&p, 1), 200);
	assert_int_equal(info_at(&p, 2), 200);
	/* two go, one comes, one stays */
	p.b.settings.listeners[1].removed = true;
	p.b.settings.listeners[2].removed = true;
	rig_listen(&p.b, SIP_UDP, "127.0.0.1");
	assert_int_equal(stack_reload(p.b.stack, &p.b.settings, p.b.fds), 0);
	assert_int_equal(info_at(&p, 0), 200);
	assert_int_equal(info_at(&p, 3), 200);
	assert_int_equal(p.b.flow.listener, 3);
	/* nothing new, by datagram or by the connection that stands */
	assert_int_equal(info_at(&p, 1), 503);
	assert_int_equal(info_at(&p, 2), 503);
	p.b.requests = 0;
	info_inside(&p, 1);
	assert_int_equal(p.b.requests, 1);
	assert_int_equal(p.b.flow.listener, 1);
	/* what we begin leaves by one that stays */
	p.a.reply = 200;
	assert_non_null(
		rig_request(&p.b, METHOD_INFO, "sip:x@127.0.0.1:9", -1, ""));
	assert_true(stack_listens(p.b.stack, 1));
	assert_true(stack_listens(p.b.stack, 2));
	assert_int_equal(p.a.closed, 0);
	stack_leave(p.b.stack, 1);
	stack_leave(p.b.stack, 2);
	rig_for(50);
	assert_int_equal(p.a.closed, 1);
	assert_false(stack_listens(p.b.stack, 1));
	assert_false(stack_listens(p.b.stack, 2));
	assert_true(stack_listens(p.b.stack, 3));
	info_inside(&p, 1);
	assert_int_equal(p.b.requests, 1);
	/* the place is free for another */
	p.b.settings.listener_count = 1;
	p.b.settings.listeners[1].removed = false;
	rig_listen(&p.b, SIP_TCP, "127.0.0.1");
	assert_int_equal(stack_reload(p.b.stack, &p.b.settings, p.b.fds), 0);
	assert_int_equal(info_at(&p, 1), 200);
	assert_int_equal(p.b.flow.listener, 1);
	assert_true(stack_listens(p.b.stack, 3)); /* removed, not yet left */
	pair_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_answered_by_every_way),
		cmocka_unit_test(invites_ring_and_are_accepted),
		cmocka_unit_test(strangers_leave_no_trace),
		cmocka_unit_test(refusals_are_acknowledged_below),
		cmocka_unit_test(invites_can_be_cancelled),
		cmocka_unit_test(what_we_cannot_do_is_refused),
		cmocka_unit_test(who_drains_says_so),
		cmocka_unit_test(connections_are_used_again_and_missed),
		cmocka_unit_test(nobody_there_is_503_later_not_within),
		cmocka_unit_test(the_next_address_is_tried),
		cmocka_unit_test(streams_are_framed_and_kept_alive),
		cmocka_unit_test(datagrams_are_judged),
		cmocka_unit_test(a_request_again_is_no_new_one),
		cmocka_unit_test(forks_that_meet_again_are_one_request),
		cmocka_unit_test(large_requests_go_by_tcp),
		cmocka_unit_test(hops_are_counted),
		cmocka_unit_test(listeners_come_and_go),
		cmocka_unit_test(closing_frees_what_is_under_way),
	};
	int failed;

	rig_loop = uv_default_loop();
	if (sodium_init() < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	/* every handle was closed */
	return failed || uv_loop_close(rig_loop);
}
