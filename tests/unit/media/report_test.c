#include "tests/unit/unit.h"

#include <re.h>

#include "process/media/report.h"

static struct report_out sample(void)
{
	return (struct report_out){
		.ssrc = 0x01020304,
		.cname = "abcdefghijklmnop",
		.wall_ms = 1000500,
		.rtp_time = 77,
		.packets = 50,
		.bytes = 8000,
		.hears = true,
		.peer_ssrc = 0x0a0b0c0d,
		.fraction = 64,
		.lost = 5,
		.highest = 0x10005,
		.jitter = 12,
		.last_report = 0x11223344,
		.since_report = 65536,
	};
}

/* libre reads what we write. */
static void another_reader_understands(void **state)
{
	struct report_out r = sample();
	struct mbuf *mb = mbuf_alloc(REPORT_MAX);
	struct rtcp_msg *msg = NULL;
	struct writer w = writer_on(mb->buf, REPORT_MAX);

	(void)state;
	r.bye = true;
	report_write(&w, &r);
	assert_int_equal(writer_finish(&w), 0);
	mb->end = w.len;
	assert_int_equal(rtcp_decode(&msg, mb), 0);
	assert_int_equal(msg->hdr.pt, RTCP_SR);
	assert_int_equal(msg->r.sr.ssrc, r.ssrc);
	assert_int_equal(msg->r.sr.ntp_sec, 1000 + 2208988800u);
	assert_int_equal(msg->r.sr.ntp_frac, 0x80000000u);
	assert_int_equal(msg->r.sr.rtp_ts, 77);
	assert_int_equal(msg->r.sr.psent, 50);
	assert_int_equal(msg->r.sr.osent, 8000);
	assert_int_equal(msg->r.sr.rrv[0].ssrc, r.peer_ssrc);
	assert_int_equal(msg->r.sr.rrv[0].fraction, 64);
	assert_int_equal(msg->r.sr.rrv[0].lost, 5);
	assert_int_equal(msg->r.sr.rrv[0].last_seq, 0x10005);
	assert_int_equal(msg->r.sr.rrv[0].dlsr, 65536);
	mem_deref(msg);
	assert_int_equal(rtcp_decode(&msg, mb), 0);
	assert_int_equal(msg->hdr.pt, RTCP_SDES);
	assert_memory_equal(msg->r.sdesv[0].itemv[0].data, r.cname, 16);
	mem_deref(msg);
	assert_int_equal(rtcp_decode(&msg, mb), 0);
	assert_int_equal(msg->hdr.pt, RTCP_BYE);
	assert_int_equal(msg->r.bye.srcv[0], r.ssrc);
	mem_deref(msg);
	assert_int_equal(mbuf_get_left(mb), 0);
	mem_deref(mb);
}

static void what_we_write_we_read(void **state)
{
	struct report_out r = sample();
	uint8_t raw[REPORT_MAX];
	struct writer w = writer_on(raw, sizeof(raw));
	struct report_in in;

	(void)state;
	report_write(&w, &r);
	assert_int_equal(report_read(&in, raw, w.len, r.peer_ssrc), 0);
	assert_true(in.has_sender);
	assert_int_equal(in.ntp_middle, ((1000 + 2208988800u) << 16) | 0x8000);
	assert_true(in.has_block);
	assert_int_equal(in.fraction, 64);
	assert_false(in.bye);
	assert_int_equal(report_read(&in, raw, w.len, 1), 0);
	assert_false(in.has_block);
	/* a whole packet may end where one ends, and nowhere else */
	for (size_t cut = 0; cut < w.len; cut++)
		assert_int_equal(report_read(&in, raw, cut, 1),
				 cut == 52 ? 0 : EBADMSG);
	r.packets = 0;
	r.hears = false;
	r.bye = true;
	w = writer_on(raw, sizeof(raw));
	report_write(&w, &r);
	assert_int_equal(raw[1], 201);
	assert_int_equal(report_read(&in, raw, w.len, 1), 0);
	assert_true(in.bye);
	raw[1] = 203; /* it has to begin with a report */
	assert_int_equal(report_read(&in, raw, w.len, 1), EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_reader_understands),
		cmocka_unit_test(what_we_write_we_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
