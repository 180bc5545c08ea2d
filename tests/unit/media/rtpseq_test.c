#include "tests/unit/unit.h"

#include "process/media/rtpseq.h"

#define NEW (-1)

/* RFC 3550 A.1: place each number, see the index relative to the first. */
static void packets_are_placed(void **state)
{
	static const struct {
		const char *what;
		uint16_t seqs[8];
		int64_t index[8]; /* relative to the first; NEW: refused */
		unsigned count;
		uint64_t lost;
	} rows[] = {
		{ "in order", { 1, 2, 3 }, { 0, 1, 2 }, 3, 0 },
		{ "around the end",
		  { 65534, 65535, 0, 1 },
		  { 0, 1, 2, 3 },
		  4,
		  0 },
		{ "lost one", { 1, 3 }, { 0, 2 }, 2, 1 },
		{ "late one is not lost", { 1, 3, 2 }, { 0, 2, 1 }, 3, 0 },
		{ "late over the end", { 65535, 1, 0 }, { 0, 2, 1 }, 3, 0 },
		{ "twice", { 1, 2, 2, 1 }, { 0, 1, NEW, NEW }, 4, 0 },
		{ "before the first", { 5, 4 }, { 0, NEW }, 2, 0 },
		{ "too late", { 100, 200, 101 }, { 0, 100, NEW }, 3, 99 },
		{ "one jump is not believed",
		  { 1, 40000, 2 },
		  { 0, NEW, 1 },
		  3,
		  0 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rtpseq s = { 0 };
		uint64_t first = 0, index = 0;
		uint32_t lost;

		for (unsigned k = 0; k < rows[i].count; k++) {
			int err = rtpseq_place(&s, rows[i].seqs[k], &index,
					       &lost);

			if (!k)
				first = index;
			if (rows[i].index[k] == NEW) {
				assert_int_equal(err, EPROTO);
				continue;
			}
			assert_int_equal(err, 0);
			assert_int_equal(index - first, rows[i].index[k]);
			assert_int_equal((uint16_t)index, rows[i].seqs[k]);
		}
		assert_int_equal(rtpseq_lost(&s), rows[i].lost);
	}
}

static void a_confirmed_jump_is_a_restart(void **state)
{
	struct rtpseq s = { 0 };
	uint64_t before, index;
	uint32_t lost;

	(void)state;
	assert_int_equal(rtpseq_place(&s, 10, &before, &lost), 0);
	assert_int_equal(rtpseq_place(&s, 12, &before, &lost), 0);
	assert_int_equal(lost, 1);
	assert_int_equal(rtpseq_place(&s, 50000, &index, &lost), EPROTO);
	assert_int_equal(s.restarts, 0);
	assert_int_equal(rtpseq_place(&s, 50001, &index, &lost), 0);
	assert_int_equal(s.restarts, 1);
	assert_int_equal(lost, 0);
	assert_true(index > before);
	assert_int_equal((uint16_t)index, 50001);
	assert_int_equal(rtpseq_lost(&s), 1); /* that of before */
}

static void the_index_grows_past_many_rounds(void **state)
{
	struct rtpseq s = { 0 };
	uint64_t first = 0, index = 0;
	uint32_t lost;

	(void)state;
	for (uint32_t i = 0; i < 200000; i++) {
		assert_int_equal(
			rtpseq_place(&s, (uint16_t)(60000 + i), &index, &lost),
			0);
		if (!i)
			first = index;
	}
	assert_int_equal(index - first, 199999);
	assert_int_equal(rtpseq_lost(&s), 0);
}

static void loss_is_reported_by_stretch(void **state)
{
	struct rtpseq s = { 0 };
	uint64_t index;
	uint32_t lost;

	(void)state;
	for (uint16_t i = 0; i < 200; i = (uint16_t)(i + 2))
		assert_int_equal(rtpseq_place(&s, i, &index, &lost), 0);
	assert_in_range(rtpseq_fraction(&s), 120, 130);
	for (uint16_t i = 199; i < 300; i++)
		assert_int_equal(rtpseq_place(&s, i, &index, &lost), 0);
	assert_int_equal(rtpseq_fraction(&s), 0);
}

static void jitter_follows_the_spread(void **state)
{
	struct rtpseq s = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 500; i++)
		rtpseq_arrived(&s, i * 160, i * 160);
	assert_int_equal(s.jitter, 0);
	for (uint32_t i = 0; i < 500; i++) /* 40 units early and late */
		rtpseq_arrived(&s, i * 160 + (i & 1 ? 40 : 0), i * 160);
	assert_in_range(s.jitter >> 4, 30, 41);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_placed),
		cmocka_unit_test(a_confirmed_jump_is_a_restart),
		cmocka_unit_test(the_index_grows_past_many_rounds),
		cmocka_unit_test(loss_is_reported_by_stretch),
		cmocka_unit_test(jitter_follows_the_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
