#include "tests/unit/unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/metric.h"
#include "ipc/ipc.h"
#include "ipc/pace.h"

/* A switch that speaks, and what a media worker hears. */
static struct {
	uv_loop_t loop;
	struct ipc *speaker, *hearer;
	int raw; /* the speaker's end, where the test speaks itself */
	unsigned heard;
	uint64_t abouts[8];
	unsigned close_after;
} t;

static void on_message(void *arg, struct ipc *from, struct ipc_message *m)
{
	(void)arg;
	assert_true(t.heard < 8);
	t.abouts[t.heard++] = m->about;
	if (t.heard == t.close_after)
		ipc_close(from);
}

static enum ipc_state on_state(void *arg, enum ipc_type type, uint64_t about)
{
	(void)arg;
	(void)type;
	(void)about;
	return IPC_OPEN;
}

static const struct ipc_handlers handlers = { on_message, on_state, NULL };

static void open_both(bool speak_raw)
{
	int pair[2];

	memset(&t, 0, sizeof(t));
	assert_int_equal(uv_loop_init(&t.loop), 0);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(ipc_open(&t.hearer, &t.loop, pair[1], ROLE_MEDIA,
				  ROLE_SWITCH, 0, &handlers, NULL),
			 0);
	t.raw = pair[0];
	if (!speak_raw)
		assert_int_equal(ipc_open(&t.speaker, &t.loop, pair[0],
					  ROLE_SWITCH, ROLE_MEDIA, 0, &handlers,
					  NULL),
				 0);
}

static void turns(unsigned n)
{
	while (n--)
		(void)uv_run(&t.loop, UV_RUN_NOWAIT);
}

static void close_both(void)
{
	ipc_close(t.speaker);
	if (!t.close_after)
		ipc_close(t.hearer);
	(void)uv_run(&t.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&t.loop), 0);
}

static void say(uint64_t call)
{
	assert_int_equal(IPC_SEND(t.speaker, LEG_CLOSE, call, .leg = 0), 0);
}

static ssize_t waiting(void)
{
	int fd = -1;
	uint8_t byte;

	assert_int_equal(uv_fileno((uv_handle_t *)t.hearer, &fd), 0);
	return recv(fd, &byte, 1, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
}

static void a_turn_is_one_datagram(void **state)
{
	(void)state;
	open_both(false);
	for (uint64_t call = 1; call <= 3; call++)
		say(call);
	assert_int_equal(waiting(), -1);
	ipc_flush(t.speaker);
	assert_int_equal(waiting(), 3 * (IPC_HEADER_BYTES + 1));
	say(4); /* that of the next turn */
	turns(3);
	assert_int_equal(t.heard, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(t.abouts[i], i + 1);
	close_both();
}

static void what_is_said_before_closing_is_heard(void **state)
{
	(void)state;
	open_both(false);
	say(1);
	ipc_close(t.speaker);
	t.speaker = NULL;
	turns(3);
	assert_int_equal(t.heard, 1);
	close_both();
}

static void who_closes_hears_no_more(void **state)
{
	(void)state;
	open_both(false);
	t.close_after = 2;
	for (uint64_t call = 1; call <= 4; call++)
		say(call);
	turns(3);
	assert_int_equal(t.heard, 2);
	close_both();
}

static void unhurried_messages_wait(void **state)
{
	uint64_t said;
	unsigned looked;

	(void)state;
	do { /* until this test itself was quick enough to see it wait */
		open_both(false);
		ipc_unhurried(t.speaker);
		uv_update_time(&t.loop);
		said = clock_mono_ms();
		say(1);
		turns(3);
		looked = t.heard;
		if (clock_mono_ms() - said < IPC_UNHURRIED_MS / 2)
			break;
		close_both();
	} while (true);
	assert_int_equal(looked, 0);
	while (!t.heard)
		turns(1);
	assert_true(clock_mono_ms() - said >= IPC_UNHURRIED_MS / 2);
	close_both();
}

static size_t leg_close(uint8_t *to, uint64_t about, uint32_t says_bytes)
{
	struct writer w = writer_on(to, 64);

	writer_u16(&w, IPC_LEG_CLOSE);
	writer_u16(&w, 0);
	writer_u32(&w, says_bytes);
	writer_u64(&w, about);
	writer_u8(&w, 0);
	return w.len;
}

/* The other side may be broken into: a length that lies takes nothing along
 * but its own datagram's rest. */
static void lengths_that_lie_are_refused(void **state)
{
	static const uint32_t lies[] = { 0,    2,          17,
					 1000, UINT32_MAX, UINT32_MAX - 15 };

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		uint8_t buf[128];
		size_t len;

		open_both(true);
		len = leg_close(buf, 1, 1);
		len += leg_close(buf + len, 2, lies[i]);
		assert_int_equal(send(t.raw, buf, len, 0), (ssize_t)len);
		len = leg_close(buf, 3, 1);
		assert_int_equal(send(t.raw, buf, len, 0), (ssize_t)len);
		turns(3);
		assert_int_equal(t.heard, 2);
		assert_int_equal(t.abouts[0], 1);
		assert_int_equal(t.abouts[1], 3);
		(void)close(t.raw);
		close_both();
	}
}

static void pace_waits_under_load_alone(void **state)
{
	const uint64_t ms = 1000000;
	struct pace p = { .since_ns = 0 };
	uint64_t now = 0;
	bool waits = false;

	(void)state;
	/* some turns each 10 ms: a quiet node */
	for (int i = 0; i < 100; i++)
		assert_false(pace_turn(&p, now += 2 * ms));
	/* one each 0.2 ms */
	for (int i = 0; i < 200 && !waits; i++)
		waits = pace_turn(&p, now += ms / 5);
	assert_true(waits);
	/* slowed down by it to one a millisecond, it goes on */
	for (int i = 0; i < 100; i++)
		assert_true(pace_turn(&p, now += ms));
	/* one turn takes long: it was work, not wake-ups */
	assert_false(pace_turn(&p, now += 50 * ms));
	for (int i = 0; i < 100; i++)
		assert_false(pace_turn(&p, now += 5 * ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turn_is_one_datagram),
		cmocka_unit_test(what_is_said_before_closing_is_heard),
		cmocka_unit_test(who_closes_hears_no_more),
		cmocka_unit_test(unhurried_messages_wait),
		cmocka_unit_test(lengths_that_lie_are_refused),
		cmocka_unit_test(pace_waits_under_load_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
