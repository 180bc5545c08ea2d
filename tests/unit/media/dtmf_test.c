#include "tests/unit/unit.h"

#include "process/media/dtmf.h"

struct row {
	uint64_t source;
	uint32_t time;
	uint8_t event;
	bool end;
	uint16_t duration;
	bool digit; /* is told */
};

static void run(const struct row *rows, unsigned count)
{
	struct dtmf d = { 0 };

	for (unsigned i = 0; i < count; i++) {
		uint8_t p[4] = { rows[i].event,
				 (uint8_t)(rows[i].end ? 0x8a : 0x0a),
				 (uint8_t)(rows[i].duration >> 8),
				 (uint8_t)rows[i].duration };
		uint8_t event = 99;
		bool told = dtmf_packet(&d, rows[i].source, rows[i].time, p, 4,
					&event);

		if (told != rows[i].digit)
			fail_msg("row %u", i);
		assert_int_equal(event, told ? rows[i].event : 99);
	}
}

#define RUN(rows) run(rows, sizeof(rows) / sizeof((rows)[0]))

static void a_digit_is_told_once(void **state)
{
	static const struct row whole[] = {
		{ 1, 1000, 1, false, 160, true },
		{ 1, 1000, 1, false, 320, false },
		{ 1, 1000, 1, true, 480, false },
		{ 1, 1000, 1, true, 480, false },
		{ 1, 1000, 1, true, 480, false },
	};
	/* the same digit twice, all ends of the first lost */
	static const struct row ends_lost[] = {
		{ 1, 1000, 7, false, 160, true },
		{ 1, 3000, 7, false, 160, true },
		{ 1, 3000, 7, true, 320, false },
	};
	/* nothing but one end arrives */
	static const struct row only_end[] = {
		{ 1, 1000, 7, true, 800, true },
	};
	static const struct row late[] = {
		{ 1, 1000, 1, false, 160, true },
		{ 1, 3000, 2, false, 160, true },
		{ 1, 1000, 1, true, 480, false },
		{ 1, 3000, 2, true, 480, false },
	};
	static const struct row wrap[] = {
		{ 1, 0xffffff00, 1, false, 160, true },
		{ 1, 0x00000700, 1, false, 160, true },
		{ 1, 0xffffff00, 1, true, 480, false },
	};

	(void)state;
	RUN(whole);
	RUN(ends_lost);
	RUN(only_end);
	RUN(late);
	RUN(wrap);
}

/* RFC 4733 2.5.1.3 */
static void a_long_digit_in_segments_is_one(void **state)
{
	static const struct row rows[] = {
		{ 1, 1000, 5, false, 65535, true },
		{ 1, 1000 + 65535, 5, false, 160, false },
		{ 1, 1000 + 65535, 5, true, 320, false },
		{ 1, 1000 + 65535 + 320, 5, true, 160, true },
	};

	(void)state;
	RUN(rows);
}

static void another_source_has_other_times(void **state)
{
	static const struct row rows[] = {
		{ 1, 900000, 5, false, 160, true },
		{ 2, 10, 5, false, 160, true },
		{ 2, 10, 5, true, 160, false },
	};

	(void)state;
	RUN(rows);
}

static void nonsense_is_no_digit(void **state)
{
	struct dtmf d = { 0 };
	const uint8_t tone[4] = { 17, 0, 0, 1 };
	uint8_t event;

	(void)state;
	assert_false(dtmf_packet(&d, 1, 1, tone, 4, &event));
	assert_false(
		dtmf_packet(&d, 1, 1, (const uint8_t *)"\1\0\0", 3, &event));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_digit_is_told_once),
		cmocka_unit_test(a_long_digit_in_segments_is_one),
		cmocka_unit_test(another_source_has_other_times),
		cmocka_unit_test(nonsense_is_no_digit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
