#include "tests/unit/unit.h"

#include "process/media/rtpin.h"
#include "process/media/rtpout.h"

#define MS 1000000ULL

static struct rtpout_place put(struct rtpout *o, uint64_t source,
			       uint64_t index, uint32_t time, uint64_t ms)
{
	struct rtpout_place p;

	assert_int_equal(
		rtpout_place(o, source, index, time, 8000, ms * MS, &p), 0);
	return p;
}

static void a_change_of_source_is_no_gap(void **state)
{
	struct rtpout o;
	struct rtpout_place a, b, c;

	(void)state;
	rtpout_begin(&o, 7, 12345);
	a = put(&o, 1, 65536, 0xfffffff0, 1000);
	assert_true(a.marker);
	assert_true(a.index < 65536);
	b = put(&o, 1, 65537, 0xfffffff0 + 160, 1020);
	assert_false(b.marker);
	assert_int_equal(b.index, a.index + 1);
	assert_int_equal((uint32_t)(b.time - a.time), 160);
	/* another source, 100 ms later, of quite other numbers */
	c = put(&o, 2, 3, 99, 1120);
	assert_true(c.marker);
	assert_int_equal(c.index, b.index + 1);
	assert_int_equal((uint32_t)(c.time - b.time), 800);
	/* and back at once: at least one packet's time later */
	a = put(&o, 3, 70000, 5, 1120);
	assert_true(a.marker);
	assert_int_equal(a.index, c.index + 1);
	assert_int_equal((uint32_t)(a.time - c.time), 160);
}

static void gaps_and_order_of_the_source_stay(void **state)
{
	struct rtpout o;
	struct rtpout_place a, b, c, never;

	(void)state;
	rtpout_begin(&o, 7, 1);
	a = put(&o, 1, 100, 1000, 0);
	c = put(&o, 1, 103, 1480, 60);
	assert_int_equal(c.index, a.index + 3);
	b = put(&o, 1, 102, 1320, 61);
	assert_int_equal(b.index, a.index + 2);
	assert_int_equal((uint32_t)(b.time - a.time), 320);
	assert_int_equal(o.index, c.index);
	/* what belongs before the take-over would overwrite another's */
	assert_int_equal(rtpout_place(&o, 1, 99, 840, 8000, 62 * MS, &never),
			 EPROTO);
}

static void the_header_says_it(void **state)
{
	struct rtpout o;
	struct rtpout_place p = { 0x12345, 0xa0b0c0d0, false };
	uint8_t raw[RTP_HEAD_BYTES];
	struct rtpin in;

	(void)state;
	rtpout_begin(&o, 0xdeadbeef, 1);
	rtpout_write(&o, &p, 126, true, raw);
	assert_int_equal(rtpin_parse(&in, raw, sizeof(raw)), 0);
	assert_int_equal(in.type, 126);
	assert_true(in.marker);
	assert_int_equal(in.seq, 0x2345);
	assert_int_equal(in.time, 0xa0b0c0d0);
	assert_int_equal(in.ssrc, 0xdeadbeef);
	assert_int_equal(in.payload_len, 0);
}

/* RFC 3550 5.1: CSRCs, extension, padding */
static void headers_are_measured(void **state)
{
	static const struct {
		uint8_t raw[32];
		size_t len;
		int err;
		uint16_t head, payload;
	} rows[] = {
		{ { 0x80 }, 12, 0, 12, 0 },
		{ { 0x80 }, 11, EBADMSG, 0, 0 },
		{ { 0x40 }, 20, EBADMSG, 0, 0 },
		{ { 0x82 }, 24, 0, 20, 4 },
		{ { 0x82 }, 19, EBADMSG, 0, 0 },
		{ { 0x90, [15] = 1 }, 24, 0, 20, 4 },
		{ { 0x90, [15] = 3 }, 24, EBADMSG, 0, 0 },
		{ { 0x90 }, 15, EBADMSG, 0, 0 },
		{ { 0xa0, [19] = 3 }, 20, 0, 12, 5 },
		{ { 0xa0, [19] = 8 }, 20, 0, 12, 0 },
		{ { 0xa0, [19] = 9 }, 20, EBADMSG, 0, 0 },
		{ { 0xa0, [19] = 0 }, 20, EBADMSG, 0, 0 },
		{ { 0xa0 }, 12, EBADMSG, 0, 0 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t raw[32];
		struct rtpin in;
		int err;

		memcpy(raw, rows[i].raw, sizeof(raw));
		err = rtpin_parse(&in, raw, rows[i].len);
		if (!err)
			err = rtpin_unpad(&in);
		assert_int_equal(err, rows[i].err);
		if (err)
			continue;
		assert_int_equal(in.head_len, rows[i].head);
		assert_int_equal(in.payload_len, rows[i].payload);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_of_source_is_no_gap),
		cmocka_unit_test(gaps_and_order_of_the_source_stay),
		cmocka_unit_test(the_header_says_it),
		cmocka_unit_test(headers_are_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
