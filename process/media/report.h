/*
 * report -- the little RTCP that a leg needs (RFC 3550 6)
 *
 * RTCP ends at each leg: we say how we hear the peer and what we sent, and
 * take from the peer's reports how it hears us. Pure.
 */
#ifndef VAXEL_MEDIA_REPORT_H
#define VAXEL_MEDIA_REPORT_H

#include "base/bytes.h"

#define REPORT_MAX 160
#define REPORT_CNAME_CHARS 16

struct report_out {
	uint32_t ssrc;
	const char *cname; /* REPORT_CNAME_CHARS, random, no terminator */
	bool bye;
	/* what we sent; packets 0: a receiver report without it */
	uint64_t wall_ms;
	uint32_t rtp_time;
	uint64_t packets;
	uint64_t bytes;
	/* how we hear the peer */
	bool hears;
	uint32_t peer_ssrc;
	uint8_t fraction;
	uint64_t lost;
	uint32_t highest;
	uint32_t jitter;
	uint32_t last_report;  /* middle of the peer's NTP time, 0: none */
	uint32_t since_report; /* in 1/65536 s */
};

void report_write(struct writer *w, const struct report_out *r);

struct report_in {
	uint32_t ssrc;
	bool bye;
	bool has_sender;
	uint32_t ntp_middle;
	bool has_block; /* about us */
	uint8_t fraction;
	uint32_t jitter;
};

/*
 * Read a compound packet; `us` is our SSRC. EBADMSG: not RTCP, or a length
 * that leads out of the packet, or it does not begin with a report (6.1).
 */
int report_read(struct report_in *ret, const uint8_t *p, size_t len,
		uint32_t us) CHECK_RESULT;

#endif
