#include "tests/unit/unit.h"

#include "process/media/latch.h"

/* The rule of latch.h, sentence by sentence, in virtual time. */

struct row {
	uint64_t at_ms;
	const char *from;
	uint16_t port;
	uint32_t ssrc;
	uint16_t seq;
	enum latch_verdict verdict;
};

static struct endpoint ep(const char *host, uint16_t port)
{
	struct endpoint e;

	assert_int_equal(endpoint_read(&e, text_of(host), port,
				       strchr(host, ':') != NULL),
			 0);
	return e;
}

static void run(const char *signalled, bool authenticated,
		const struct row *rows, unsigned count)
{
	struct endpoint s = ep(signalled, 4000);
	struct latch l;

	latch_signal(&l, &s, authenticated);
	for (unsigned i = 0; i < count; i++) {
		struct latch_packet p = { ep(rows[i].from, rows[i].port),
					  rows[i].ssrc, rows[i].seq,
					  authenticated };
		enum latch_verdict v = latch_packet(&l, &p, rows[i].at_ms);

		if (v != rows[i].verdict)
			fail_msg("row %u: %d", i, (int)v);
		if (v != LATCH_DROP)
			assert_true(endpoint_same(latch_peer(&l), &p.from));
	}
}

#define RUN(signalled, auth, rows)                                             \
	run(signalled, auth, rows, sizeof(rows) / sizeof((rows)[0]))

#define A "192.0.2.1"
#define X "198.51.100.66"

static void a_stranger_gets_nothing(void **state)
{
	static const struct row before[] = {
		{ 0, X, 4000, 9, 1, LATCH_DROP },
		{ 20, X, 4000, 9, 2, LATCH_DROP },
		{ 40, X, 4000, 9, 3, LATCH_DROP },
		{ 60, X, 4000, 9, 4, LATCH_DROP },
		{ 80, X, 4000, 9, 5, LATCH_DROP },
		{ 100, X, 4000, 9, 6, LATCH_DROP },
		{ 120, A, 4000, 1, 1, LATCH_MOVE },
		{ 140, X, 4000, 9, 7, LATCH_DROP },
		{ 140, A, 4000, 1, 2, LATCH_TAKE },
	};

	(void)state;
	RUN(A, false, before);
}

static void the_signalled_port_wins_it_back(void **state)
{
	static const struct row rows[] = {
		{ 0, A, 5555, 9, 1, LATCH_MOVE },
		{ 20, A, 5555, 9, 2, LATCH_TAKE },
		{ 500, A, 4000, 1, 1, LATCH_MOVE },
		{ 520, A, 5555, 9, 3, LATCH_DROP },
		{ 540, A, 4000, 1, 2, LATCH_TAKE },
	};
	static const struct row settled[] = {
		{ 0, A, 5555, 9, 1, LATCH_MOVE },
		{ 1000, A, 5555, 9, 2, LATCH_TAKE }, /* firm from here on */
		{ 1020, A, 4000, 1, 1, LATCH_DROP },
	};

	(void)state;
	RUN(A, false, rows);
	RUN(A, false, settled);
}

static void behind_a_nat_five_in_sequence_do(void **state)
{
	static const struct row rows[] = {
		{ 0, X, 7000, 9, 10, LATCH_DROP },
		{ 20, X, 7000, 9, 11, LATCH_DROP },
		{ 40, X, 7000, 9, 12, LATCH_DROP },
		{ 60, X, 7000, 9, 13, LATCH_DROP },
		{ 80, X, 7000, 9, 14, LATCH_MOVE },
		{ 100, X, 7000, 9, 15, LATCH_TAKE },
	};
	static const struct row gaps[] = {
		{ 0, X, 7000, 9, 10, LATCH_DROP },
		{ 20, X, 7000, 9, 11, LATCH_DROP },
		{ 40, X, 7000, 9, 13, LATCH_DROP }, /* begins anew */
		{ 60, X, 7000, 9, 14, LATCH_DROP },
		{ 80, X, 7000, 8, 15, LATCH_DROP },  /* another SSRC */
		{ 100, X, 7001, 8, 16, LATCH_DROP }, /* another port */
		{ 120, X, 7001, 8, 17, LATCH_DROP },
		{ 140, X, 7001, 8, 18, LATCH_DROP },
		{ 160, X, 7001, 8, 19, LATCH_DROP },
		{ 180, X, 7001, 8, 20, LATCH_MOVE },
	};
	static const struct row home_wins[] = {
		{ 0, X, 7000, 9, 10, LATCH_DROP },
		{ 20, X, 7000, 9, 11, LATCH_DROP },
		{ 40, "10.0.0.7", 4000, 1, 1, LATCH_MOVE },
		{ 60, X, 7000, 9, 12, LATCH_DROP },
		{ 80, X, 7000, 9, 13, LATCH_DROP },
		{ 100, X, 7000, 9, 14, LATCH_DROP },
	};

	(void)state;
	RUN("10.0.0.7", false, rows);
	RUN("100.64.1.1", false, rows);
	RUN("192.168.1.1", false, gaps);
	RUN("10.0.0.7", false, home_wins);
}

static void after_silence_it_may_move(void **state)
{
	/* the NAT forgot: other port and host, the SSRC goes on */
	static const struct row rebound[] = {
		{ 0, A, 4000, 1, 1, LATCH_MOVE },
		{ 1999, X, 7000, 1, 2, LATCH_DROP },
		{ 2019, X, 7000, 1, 3, LATCH_DROP },
		{ 2039, X, 7000, 1, 4, LATCH_DROP },
		{ 2059, X, 7000, 1, 5, LATCH_DROP },
		{ 2079, X, 7000, 1, 6, LATCH_DROP },
		{ 2099, X, 7000, 1, 7, LATCH_MOVE },
	};
	/* a stranger does not know the SSRC */
	static const struct row stranger[] = {
		{ 0, A, 4000, 1, 1, LATCH_MOVE },
		{ 3000, X, 7000, 9, 2, LATCH_DROP },
		{ 3020, X, 7000, 9, 3, LATCH_DROP },
		{ 3040, X, 7000, 9, 4, LATCH_DROP },
		{ 3060, X, 7000, 9, 5, LATCH_DROP },
		{ 3080, X, 7000, 9, 6, LATCH_DROP },
		{ 3100, X, 7000, 9, 7, LATCH_DROP },
		{ 3120, A, 4000, 1, 2, LATCH_TAKE },
	};
	/* the signalled host may come with another SSRC */
	static const struct row home[] = {
		{ 0, A, 4000, 1, 1, LATCH_MOVE },
		{ 3000, A, 4444, 5, 2, LATCH_DROP },
		{ 3020, A, 4444, 5, 3, LATCH_DROP },
		{ 3040, A, 4444, 5, 4, LATCH_DROP },
		{ 3060, A, 4444, 5, 5, LATCH_DROP },
		{ 3080, A, 4444, 5, 6, LATCH_MOVE },
	};
	/* the old source is heard in between: no silence, no move */
	static const struct row alive[] = {
		{ 0, A, 4000, 1, 1, LATCH_MOVE },
		{ 2500, A, 4444, 1, 2, LATCH_DROP },
		{ 2520, A, 4444, 1, 3, LATCH_DROP },
		{ 2540, A, 4444, 1, 4, LATCH_DROP },
		{ 2550, A, 4000, 1, 2, LATCH_TAKE },
		{ 2560, A, 4444, 1, 5, LATCH_DROP },
		{ 2580, A, 4444, 1, 6, LATCH_DROP },
	};

	(void)state;
	RUN(A, false, rebound);
	RUN(A, false, stranger);
	RUN(A, false, home);
	RUN(A, false, alive);
}

static void an_authentic_packet_moves_it(void **state)
{
	static const struct row rows[] = {
		{ 0, A, 4000, 1, 1, LATCH_MOVE },
		{ 20, X, 7000, 1, 2, LATCH_MOVE },
		{ 40, X, 7000, 1, 3, LATCH_TAKE },
	};
	struct endpoint s = ep(A, 4000);
	struct latch_packet old = { ep(X, 7000), 1, 1, false };
	struct latch l;

	(void)state;
	RUN(A, true, rows);
	latch_signal(&l, &s, true);
	assert_int_equal(latch_packet(&l, &old, 0), LATCH_DROP);
}

static void ipv6_is_no_different(void **state)
{
	static const struct row rows[] = {
		{ 0, "2001:db8::66", 4000, 9, 1, LATCH_DROP },
		{ 20, "2001:db8::1", 4000, 1, 1, LATCH_MOVE },
		{ 40, "2001:db8::66", 4000, 9, 2, LATCH_DROP },
	};
	static const struct row local[] = {
		{ 0, "2001:db8::66", 4000, 9, 1, LATCH_DROP },
		{ 20, "2001:db8::66", 4000, 9, 2, LATCH_DROP },
		{ 40, "2001:db8::66", 4000, 9, 3, LATCH_DROP },
		{ 60, "2001:db8::66", 4000, 9, 4, LATCH_DROP },
		{ 80, "2001:db8::66", 4000, 9, 5, LATCH_MOVE },
	};

	(void)state;
	RUN("2001:db8::1", false, rows);
	RUN("fd00::1", false, local);
}

static void nobody_signalled_nobody_taken(void **state)
{
	struct endpoint none = { 0 };
	struct latch_packet p = { ep(A, 4000), 1, 1, true };
	struct latch l;

	(void)state;
	latch_signal(&l, &none, false);
	assert_int_equal(latch_packet(&l, &p, 0), LATCH_DROP);
	assert_null(latch_peer(&l));
}

static void private_means_behind_a_nat(void **state)
{
	static const struct {
		const char *host;
		bool private;
	} rows[] = {
		{ "10.255.0.1", true },   { "11.0.0.1", false },
		{ "172.16.0.1", true },   { "172.31.255.1", true },
		{ "172.32.0.1", false },  { "192.168.7.7", true },
		{ "192.169.0.1", false }, { "169.254.1.1", true },
		{ "100.64.0.1", true },   { "100.127.255.254", true },
		{ "100.128.0.1", false }, { "100.63.0.1", false },
		{ "127.0.0.1", false },   { "fe80::1", true },
		{ "fd12::1", true },      { "2001:db8::1", false },
		{ "::1", false },
	};
	struct endpoint e;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e = ep(rows[i].host, 1);
		if (endpoint_is_private(&e) != rows[i].private)
			fail_msg("%s", rows[i].host);
	}
	assert_int_equal(endpoint_read(&e, TEXT("0.0.0.0"), 5, false), EINVAL);
	assert_int_equal(endpoint_read(&e, TEXT("::"), 5, true), EINVAL);
	assert_int_equal(endpoint_read(&e, TEXT("host"), 5, false), EINVAL);
	assert_int_equal(endpoint_read(&e, TEXT("10.0.0.1"), 0, false), EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stranger_gets_nothing),
		cmocka_unit_test(the_signalled_port_wins_it_back),
		cmocka_unit_test(behind_a_nat_five_in_sequence_do),
		cmocka_unit_test(after_silence_it_may_move),
		cmocka_unit_test(an_authentic_packet_moves_it),
		cmocka_unit_test(ipv6_is_no_different),
		cmocka_unit_test(nobody_signalled_nobody_taken),
		cmocka_unit_test(private_means_behind_a_nat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
