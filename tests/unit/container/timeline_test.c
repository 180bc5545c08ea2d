#include "tests/unit/unit.h"

#include <stdbool.h>

#include "container/timeline.h"

#define MS UINT64_C(1000000)

struct row {
	uint32_t rtp;
	uint64_t at_ms;
	int err;
	uint64_t ms;
};

static void play(enum codec codec, const struct row *rows, size_t n)
{
	struct timeline t;

	timeline_init(&t, codec);
	for (size_t i = 0; i < n; i++) {
		uint64_t ms = 0;

		assert_int_equal(timeline_place(&t, rows[i].rtp,
						rows[i].at_ms * MS, 20, &ms),
				 rows[i].err);
		if (!rows[i].err)
			assert_int_equal(ms, rows[i].ms);
	}
}

#define PLAY(codec, rows) play(codec, rows, sizeof(rows) / sizeof((rows)[0]))

static void the_rtp_clock_rules_over_jitter(void **state)
{
	static const struct row rows[] = {
		{ 0xffffff60, 100, 0, 100 },
		{ 0, 131, 0, 120 },   /* wrapped, late */
		{ 160, 138, 0, 140 }, /* early */
		{ 320, 195, 0, 160 },
		{ 480, 195, 0, 180 },
	};

	(void)state;
	PLAY(CODEC_PCMA, rows);
}

static void lost_packets_leave_their_gap(void **state)
{
	static const struct row rows[] = {
		{ 0, 0, 0, 0 },
		{ 160, 20, 0, 20 },
		{ 160 * 10, 200, 0, 200 },
		{ 160 * 11, 220, 0, 220 },
	};

	(void)state;
	PLAY(CODEC_G722, rows);
}

static void what_comes_twice_or_too_late_is_left_out(void **state)
{
	static const struct row rows[] = {
		{ 0, 0, 0, 0 },         { 960 * 2, 40, 0, 40 },
		{ 960, 41, EPROTO, 0 }, { 960 * 2, 42, EPROTO, 0 },
		{ 960 * 3, 60, 0, 60 },
	};

	(void)state;
	PLAY(CODEC_OPUS, rows);
}

/* Another nurse, another source: its clock has nothing to do with the first. */
static void a_new_clock_begins_where_it_arrives(void **state)
{
	static const struct row rows[] = {
		{ 1000, 0, 0, 0 },
		{ 1160, 20, 0, 20 },
		{ 900000000, 3000, 0, 3000 },
		{ 900000160, 3020, 0, 3020 },
		{ 500, 3040, 0, 3040 },
		{ 660, 3060, 0, 3060 },
	};

	(void)state;
	PLAY(CODEC_PCMA, rows);
}

static void times_never_go_back(void **state)
{
	static const struct row rows[] = {
		{ 0, 1000, 0, 1000 },
		{ 160, 1020, 0, 1020 },
		/* far in the future by its clock: anchored, but after 1040 */
		{ 160 * 100, 1030, 0, 1040 },
		{ 160 * 101, 1050, 0, 1060 },
	};

	(void)state;
	PLAY(CODEC_PCMA, rows);
}

/*
 * A peer whose clock is off by 300 ppm for two hours would be two seconds
 * away; it stays within the drift that is let pass.
 */
static void drift_is_corrected(int ppm)
{
	struct timeline t;
	uint64_t ms = 0, before = 0;

	timeline_init(&t, CODEC_PCMA);
	for (uint64_t i = 0; i < 360000; i++) {
		uint64_t sent = i * 20 * MS;
		uint64_t at = sent + sent / 1000000 * (uint64_t)(1000 + ppm) -
			      sent / 1000000 * 1000 + i * 7 % 16 * MS;

		assert_int_equal(
			timeline_place(&t, (uint32_t)(i * 160), at, 20, &ms),
			0);
		assert_true(ms >= before);
		assert_true(ms + 62 > at / MS && ms < at / MS + 62);
		before = ms;
	}
}

static void slow_clocks_are_followed(void **state)
{
	(void)state;
	drift_is_corrected(300);
}

static void a_late_first_packet_is_mended(void **state)
{
	struct timeline t;
	uint64_t ms = 0;

	(void)state;
	timeline_init(&t, CODEC_PCMA);
	assert_int_equal(timeline_place(&t, 0, 200 * MS, 20, &ms), 0);
	assert_int_equal(ms, 200);
	for (uint32_t i = 1; i < 400; i++)
		assert_int_equal(
			timeline_place(&t, i * 160, (i * 20) * MS, 20, &ms), 0);
	/* no time was given twice, so it shows after the next gap */
	assert_int_equal(timeline_place(&t, 450 * 160, 9000 * MS, 20, &ms), 0);
	assert_int_equal(ms, 9000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rtp_clock_rules_over_jitter),
		cmocka_unit_test(lost_packets_leave_their_gap),
		cmocka_unit_test(what_comes_twice_or_too_late_is_left_out),
		cmocka_unit_test(a_new_clock_begins_where_it_arrives),
		cmocka_unit_test(times_never_go_back),
		cmocka_unit_test(slow_clocks_are_followed),
		cmocka_unit_test(a_late_first_packet_is_mended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
