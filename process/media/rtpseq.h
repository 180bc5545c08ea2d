/*
 * rtpseq -- sequence bookkeeping for one inbound RTP source
 *
 * Turns the wrapping 16-bit number of RFC 3550 into a 64-bit packet index,
 * counts what never arrived and finds what arrived twice. Pure: no socket, no
 * clock, no allocation. All zeroes is a source not yet heard.
 */
#ifndef VAXEL_MEDIA_RTPSEQ_H
#define VAXEL_MEDIA_RTPSEQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define RTPSEQ_MAX_MISORDER 64
#define RTPSEQ_MAX_DROPOUT 3000

struct rtpseq {
	bool started;
	bool expects_restart;
	uint16_t restart_seq; /* the packet that would confirm a jump */
	uint64_t highest;
	uint64_t base;   /* index of the first since the last restart */
	uint64_t window; /* bit n: highest - n was seen */
	uint64_t received;
	uint64_t expected_before; /* of earlier stretches */
	uint32_t restarts;
	/* since the last report (RFC 3550 A.3, A.8) */
	uint64_t reported_expected;
	uint64_t reported_received;
	int32_t transit;
	uint32_t jitter; /* times 16 */
	bool has_transit;
};

/*
 * Place one packet (RFC 3550 A.1, without probation: SDP told us whom to
 * expect).
 *
 * seq        as received, host order
 * ret_index  packet index; never goes back by more than RTPSEQ_MAX_MISORDER
 * ret_lost   packets missing just before this one
 *
 * 0        placed; restarts has grown if the sender began anew
 * EPROTO   seen before, too old, or a jump too wide to believe; drop it, in
 *          the last case the next packet decides
 */
int rtpseq_place(struct rtpseq *s, uint16_t seq, uint64_t *ret_index,
		 uint32_t *ret_lost) CHECK_RESULT;

/* How many never came, over all stretches. */
uint64_t rtpseq_lost(const struct rtpseq *s);

/* Arrival and timestamp of a packet that was placed, in units of its clock. */
void rtpseq_arrived(struct rtpseq *s, uint32_t arrival, uint32_t time);

/* Share lost since the last call, in 1/256 (RFC 3550 A.3). */
uint8_t rtpseq_fraction(struct rtpseq *s);

#endif
