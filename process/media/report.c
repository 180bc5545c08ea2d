#include "process/media/report.h"

enum { SR = 200, RR = 201, SDES_TYPE = 202, BYE = 203 };

#define NTP_1970 2208988800ULL
#define LOST_MAX 0x7fffff

static void block(struct writer *w, const struct report_out *r)
{
	uint64_t lost = r->lost < LOST_MAX ? r->lost : LOST_MAX;

	writer_u32(w, r->peer_ssrc);
	writer_u32(w, (uint32_t)r->fraction << 24 | (uint32_t)lost);
	writer_u32(w, r->highest);
	writer_u32(w, r->jitter);
	writer_u32(w, r->last_report);
	writer_u32(w, r->last_report ? r->since_report : 0);
}

void report_write(struct writer *w, const struct report_out *r)
{
	bool sender = r->packets > 0;
	uint8_t count = r->hears ? 1 : 0;

	writer_u8(w, 0x80 | count);
	writer_u8(w, sender ? SR : RR);
	writer_u16(w, (uint16_t)(1 + (sender ? 5 : 0) + 6 * count));
	writer_u32(w, r->ssrc);
	if (sender) {
		writer_u32(w, (uint32_t)(r->wall_ms / 1000 + NTP_1970));
		writer_u32(w, (uint32_t)((r->wall_ms % 1000 << 32) / 1000));
		writer_u32(w, r->rtp_time);
		writer_u32(w, (uint32_t)r->packets);
		writer_u32(w, (uint32_t)r->bytes);
	}
	if (r->hears)
		block(w, r);
	/* one chunk: SSRC, CNAME, then zeroes to the next word */
	writer_u8(w, 0x81);
	writer_u8(w, SDES_TYPE);
	writer_u16(w, (uint16_t)(1 + (2 + REPORT_CNAME_CHARS + 2) / 4));
	writer_u32(w, r->ssrc);
	writer_u8(w, 1);
	writer_u8(w, REPORT_CNAME_CHARS);
	writer_copy(w, r->cname, REPORT_CNAME_CHARS);
	writer_u16(w, 0);
	if (r->bye) {
		writer_u8(w, 0x81);
		writer_u8(w, BYE);
		writer_u16(w, 1);
		writer_u32(w, r->ssrc);
	}
}

static int read_blocks(struct report_in *ret, struct reader *r, unsigned count,
		       uint32_t us)
{
	uint32_t ssrc, lost, highest, jitter;
	uint64_t times;

	for (unsigned i = 0; i < count; i++) {
		if (reader_u32(r, &ssrc) || reader_u32(r, &lost) ||
		    reader_u32(r, &highest) || reader_u32(r, &jitter) ||
		    reader_u64(r, &times))
			return EBADMSG;
		if (ssrc != us)
			continue;
		ret->has_block = true;
		ret->fraction = (uint8_t)(lost >> 24);
		ret->jitter = jitter;
	}
	return 0;
}

static int read_sender(struct report_in *ret, struct reader *r)
{
	uint32_t high, low, time, packets, bytes;

	if (reader_u32(r, &high) || reader_u32(r, &low) ||
	    reader_u32(r, &time) || reader_u32(r, &packets) ||
	    reader_u32(r, &bytes))
		return EBADMSG;
	ret->has_sender = true;
	ret->ntp_middle = high << 16 | low >> 16;
	return 0;
}

int report_read(struct report_in *ret, const uint8_t *p, size_t len,
		uint32_t us)
{
	struct reader all = reader_on(p, len);
	struct report_in in = { 0 };
	bool first = true;

	while (first || reader_left(&all)) {
		uint8_t head, type;
		uint16_t words;
		struct bytes body;
		struct reader r;

		if (reader_u8(&all, &head) || reader_u8(&all, &type) ||
		    reader_u16(&all, &words) ||
		    reader_bytes(&all, 4u * words, &body) || head >> 6 != 2)
			return EBADMSG;
		r = reader_on(body.p, body.len);
		if (first && type != SR && type != RR)
			return EBADMSG;
		if (type == SR || type == RR) {
			if (reader_u32(&r, &in.ssrc) ||
			    (type == SR && read_sender(&in, &r)) ||
			    read_blocks(&in, &r, head & 0x1f, us))
				return EBADMSG;
		}
		if (type == BYE)
			in.bye = true;
		first = false;
	}
	*ret = in;
	return 0;
}
