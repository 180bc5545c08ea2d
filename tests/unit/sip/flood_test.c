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
	assert_int_equal(stack_reload(n->stack, &n->settings), 0);
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

static void one_host_has_its_share_of_connections(void **state)
{
	int fds[TRANSPORT_PER_PEER], more;
	struct pair p;

	(void)state;
	pair_open(&p, SIP_TCP, 0);
	for (unsigned i = 0; i < TRANSPORT_PER_PEER; i++)
		fds[i] = dial_from("127.0.0.1", p.b.ports[0]);
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
