#include "tests/unit/unit.h"

#include <stdlib.h>

#include "ipc/ring.h"

struct pair {
	size_t len;
	void *memory;
	struct ring *in, *out;
};

static struct pair open_pair(void)
{
	struct pair p = { .len = ring_memory_bytes(1) };

	p.memory = aligned_alloc(64, p.len);
	assert_non_null(p.memory);
	memset(p.memory, 0xaa, p.len);
	assert_int_equal(ring_format(p.memory, p.len), 0);
	assert_int_equal(ring_attach(&p.in, p.memory, p.len), 0);
	assert_int_equal(ring_attach(&p.out, p.memory, p.len), 0);
	return p;
}

static void close_pair(struct pair *p)
{
	ring_detach(p->in);
	ring_detach(p->out);
	free(p->memory);
}

static struct ring_frame frame(uint32_t n)
{
	struct ring_frame f = { .recording = n,
				.kind = RING_AUDIO,
				.track = n % 3 & 0xff,
				.len = (uint16_t)(n * 37 % 400),
				.rtp_time = n * 160,
				.at_ns = n };

	memset(f.payload, (int)(n & 0xff), f.len);
	return f;
}

static void assert_frame(const struct ring_frame *f, uint32_t n)
{
	struct ring_frame want = frame(n);

	assert_int_equal(f->recording, n);
	assert_int_equal(f->len, want.len);
	assert_int_equal(f->rtp_time, want.rtp_time);
	assert_memory_equal(f->payload, want.payload, want.len);
}

static void frames_come_out_as_they_went_in(void **state)
{
	struct pair p = open_pair();
	struct ring_frame f;
	uint32_t in = 0, out = 0;

	(void)state;
	/* in bursts of changing length, around the end many times */
	for (int round = 0; round < 2000; round++) {
		for (int i = 0; i < round % 17; i++) {
			f = frame(in);
			assert_int_equal(ring_put(p.in, &f), 0);
			in++;
		}
		while (!ring_get(p.out, &f))
			assert_frame(&f, out++);
		ring_release(p.out);
		assert_int_equal(in, out);
	}
	close_pair(&p);
}

static void a_full_ring_refuses_and_goes_on(void **state)
{
	struct pair p = open_pair();
	struct ring_frame f = frame(0);
	uint32_t in = 0, out = 0;

	(void)state;
	while (f = frame(in), !ring_put(p.in, &f))
		in++;
	assert_int_equal(ring_put(p.in, &f), EAGAIN);
	while (!ring_get(p.out, &f))
		assert_frame(&f, out++);
	assert_int_equal(in, out);
	/* got, but not given back: still full for the producer */
	f = frame(in);
	f.len = 399;
	assert_int_equal(ring_put(p.in, &f), EAGAIN);
	ring_release(p.out);
	assert_int_equal(ring_put(p.in, &f), 0);
	close_pair(&p);
}

static void a_new_consumer_gets_what_was_not_released(void **state)
{
	struct pair p = open_pair();
	struct ring_frame f;
	struct ring *heir;

	(void)state;
	for (uint32_t i = 0; i < 10; i++) {
		f = frame(i);
		assert_int_equal(ring_put(p.in, &f), 0);
	}
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(ring_get(p.out, &f), 0);
	ring_release(p.out);
	assert_int_equal(ring_get(p.out, &f), 0); /* read, then death */
	assert_int_equal(ring_attach(&heir, p.memory, p.len), 0);
	assert_int_equal(ring_get(heir, &f), 0);
	assert_frame(&f, 4);
	ring_detach(heir);
	close_pair(&p);
}

/* A producer that was broken into writes anything it likes. */
static void nonsense_is_refused_not_believed(void **state)
{
	struct pair p = open_pair();
	struct ring_frame f;
	uint8_t *raw = p.memory;
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		f = frame((uint32_t)round);
		(void)!ring_put(p.in, &f);
		for (int i = 0; i < 4; i++) {
			seed = seed * 1103515245 + 12345;
			/* not the magic and the size: those are read once */
			raw[64 + seed % (p.len - 64)] ^= (uint8_t)(seed >> 16);
		}
		for (int i = 0; i < 8; i++)
			if (ring_get(p.out, &f) == 0)
				assert_true(f.len <= RING_PAYLOAD_MAX);
		ring_release(p.out);
	}
	close_pair(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_out_as_they_went_in),
		cmocka_unit_test(a_full_ring_refuses_and_goes_on),
		cmocka_unit_test(a_new_consumer_gets_what_was_not_released),
		cmocka_unit_test(nonsense_is_refused_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
