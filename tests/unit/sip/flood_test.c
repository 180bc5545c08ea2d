/* Strangers who want too much of us: what is kept for them, connections. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/unit/sip/rig.h"

struct pair {
	struct rig_node a, b;
	char uri[128]; /* of b */
};

static void pair_open(struct pair *p, enum sip_transport transport,
		      size_t kept_max)
{
	memset(p, 0, sizeof(*p));
	p->b.kept_max = kept_max;
	p->b.reply = 200;
	rig_listen(&p->a, transport, "127.0.0.1");
	rig_listen(&p->b, transport, "127.0.0.1");
	rig_open(&p->a);
	rig_open(&p->b);
	(void)snprintf(p->uri, sizeof(p->uri),
		       "sip:1177@127.0.0.1:%u;transport=%s", p->b.ports[0],
		       transport_param(transport));
}

static void pair_close(struct pair *p)
{
	rig_close(&p->a);
	rig_close(&p->b);
}

/* The code that a asks b for. */
static unsigned ask(struct pair *p)
{
	p->a.code_count = 0;
	p->a.ended = false;
	assert_non_null(rig_request(&p->a, METHOD_INFO, p->uri, -1, ""));
	assert_true(rig_until(&p->a.code_count, 1, 2000));
	rig_for(5);
	return p->a.codes[0];
}

/* Whoever calls from 127.0.0.1 is a trunk from now on. */
static void make_trunk(struct rig_node *n)
{
	n->settings.trunk_count = 1;
	n->settings.trunks[0].from_count = 1;
	memcpy(n->settings.trunks[0].from[0], "127.0.0.1", 10);
	assert_int_equal(stack_reload(n->stack, &n->settings, n->fds), 0);
}

/* What strangers make us keep is bounded; a trunk is heard nevertheless. */
static void answers_kept_are_bounded(void **state)
{
	struct pair p;

	(void)state;
	pair_open(&p, SIP_UDP, 100);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ask(&p), i ? 503 : 200);
	assert_int_equal(p.b.requests, 1);
	assert_int_equal(stack_transactions(p.b.stack), 1);
	make_trunk(&p.b);
	assert_int_equal(ask(&p), 200);
	pair_close(&p);
}

static void answers_kept_are_given_back(void **state)
{
	struct pair p;

	(void)state;
	pair_open(&p, SIP_TCP, 100);
	/* over a stream nothing is kept once it is answered (timer J is 0) */
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ask(&p), 200);
	pair_close(&p);
}

static int dial_from(const char *host, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port) };
	struct sockaddr_in from = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET, host, &from.sin_addr), 1);
	assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &to.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	rig_for(1);
	return fd;
}

/* Neither closed nor anything to read. */
static bool stays(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* An IPv4 trunk is itself at a socket of both families, too. */
static void mapped_addresses_are_known(void **state)
{
	static const char *const names[] = { "127.0.0.1", "::ffff:127.0.0.1" };
	static const enum sip_transport ways[] = { SIP_UDP, SIP_TCP };
	struct pair p;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct trunk *t = &p.b.settings.trunks[0];
		const char *name = names[i / 2];

		memset(&p, 0, sizeof(p));
		p.b.reply = 200;
		rig_listen(&p.a, ways[i % 2], "127.0.0.1");
		rig_listen(&p.b, ways[i % 2], "::");
		rig_open(&p.a);
		rig_open(&p.b);
		(void)snprintf(p.uri, sizeof(p.uri),
			       "sip:1177@127.0.0.1:%u;transport=%s",
			       p.b.ports[0], transport_param(ways[i % 2]));
		assert_int_equal(ask(&p), 200);
		assert_int_equal(p.b.flow.trunk, -1);
		p.b.settings.trunk_count = t->from_count = 1;
		memcpy(t->from[0], name, strlen(name) + 1);
		assert_int_equal(
			stack_reload(p.b.stack, &p.b.settings, p.b.fds), 0);
		if (i % 2 == 0) { /* a connection keeps what it was */
			assert_int_equal(ask(&p), 200);
			assert_int_equal(p.b.flow.trunk, 0);
		}
		pair_close(&p);
	}
}

/* And hosts are told apart behind such a socket. */
static void mapped_hosts_are_many(void **state)
{
	int fds[TRANSPORT_STRANGERS], more;
	struct pair p;

	(void)state;
	memset(&p, 0, sizeof(p));
	rig_listen(&p.b, SIP_TCP, "::");
	rig_open(&p.b);
	for (unsigned i = 0; i < TRANSPORT_STRANGERS; i++)
		fds[i] = dial_from("127.0.0.1", p.b.ports[0]);
	more = dial_from("127.0.0.2", p.b.ports[0]);
	rig_for(20);
	assert_true(stays(more));
	close(more);
	for (unsigned i = 0; i < TRANSPORT_STRANGERS; i++)
		close(fds[i]);
	rig_close(&p.b);
}

/* Whoever is at the other end of fd shows a password. */
static void vouch(struct pair *p, int fd)
{
	static unsigned serial;
	char text[256], answer[512];
	unsigned seen = p->b.requests;
	int n = snprintf(text, sizeof(text),
			 "INFO sip:b SIP/2.0\r\n"
			 "Via: SIP/2.0/TCP h;branch=z9hG4bKv%u\r\n"
			 "From: <sip:a>;tag=a\r\nTo: <sip:b>\r\n"
			 "Call-ID: v%u\r\nCSeq: 1 INFO\r\n"
			 "Content-Length: 0\r\n\r\n",
			 serial, serial);

	serial++;
	assert_int_equal(send(fd, text, (size_t)n, 0), n);
	assert_true(rig_until(&p->b.requests, seen + 1, 1000));
	stack_vouch(p->b.stack, &p->b.flow);
	rig_for(1);
	assert_true(recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0);
}

static void strangers_have_a_small_share(void **state)
{
	int fds[TRANSPORT_STRANGERS], more;
	struct pair p;

	(void)state;
	pair_open(&p, SIP_TCP, 0);
	for (unsigned i = 0; i < TRANSPORT_STRANGERS; i++)
		fds[i] = dial_from("127.0.0.1", p.b.ports[0]);
	rig_for(20);
	assert_true(stays(fds[TRANSPORT_STRANGERS - 1]));
	more = dial_from("127.0.0.1", p.b.ports[0]);
	rig_for(20);
	assert_false(stays(more));
	close(more);
	/* each that shows a password makes room for another */
	vouch(&p, fds[0]);
	more = dial_from("127.0.0.1", p.b.ports[0]);
	rig_for(20);
	assert_true(stays(more));
	close(more);
	for (unsigned i = 0; i < TRANSPORT_STRANGERS; i++)
		close(fds[i]);
	pair_close(&p);
}

static void one_host_has_its_share_of_connections(void **state)
{
	int fds[TRANSPORT_PER_PEER], more;
	struct pair p;

	(void)state;
	pair_open(&p, SIP_TCP, 0);
	for (unsigned i = 0; i < TRANSPORT_PER_PEER; i++) {
		fds[i] = dial_from("127.0.0.1", p.b.ports[0]);
		vouch(&p, fds[i]);
	}
	rig_for(20);
	assert_true(stays(fds[0]));
	assert_true(stays(fds[TRANSPORT_PER_PEER - 1]));
	more = dial_from("127.0.0.1", p.b.ports[0]);
	rig_for(20);
	assert_false(stays(more));
	close(more);
	more = dial_from("127.0.0.2", p.b.ports[0]);
	rig_for(20);
	assert_true(stays(more));
	close(more);
	/* a trunk's address is not counted */
	make_trunk(&p.b);
	more = dial_from("127.0.0.1", p.b.ports[0]);
	rig_for(20);
	assert_true(stays(more));
	close(more);
	for (unsigned i = 0; i < TRANSPORT_PER_PEER; i++)
		close(fds[i]);
	pair_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_kept_are_bounded),
		cmocka_unit_test(answers_kept_are_given_back),
		cmocka_unit_test(mapped_addresses_are_known),
		cmocka_unit_test(mapped_hosts_are_many),
		cmocka_unit_test(strangers_have_a_small_share),
		cmocka_unit_test(one_host_has_its_share_of_connections),
	};
	int failed;

	rig_loop = uv_default_loop();
	if (sodium_init() < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	/* every handle was closed */
	return failed || uv_loop_close(rig_loop);
}
