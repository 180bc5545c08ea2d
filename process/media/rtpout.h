/*
 * rtpout -- the one outgoing RTP stream of a leg
 *
 * Whatever the leg hears, prompt, nurse or the next nurse, it hears as one
 * source: one SSRC, one sequence, one timestamp space. Gaps and reordering of
 * the source at hand stay visible; a change of source is no gap, its
 * timestamp goes on by the time that passed, and it carries the marker.
 *
 * Pure: time passed in.
 */
#ifndef VAXEL_MEDIA_RTPOUT_H
#define VAXEL_MEDIA_RTPOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct rtpout {
	uint32_t ssrc;
	uint64_t index; /* highest sent; the low 16 bits are the sequence */
	uint32_t time;  /* timestamp of that packet */
	uint64_t sent_ns;
	bool started;
	/* the source at hand */
	uint64_t source;
	uint64_t first_in; /* its first index, and what that became */
	uint64_t first_out;
	uint32_t time_offset;
	/* for reports */
	uint64_t packets;
	uint64_t bytes;
};

struct rtpout_place {
	uint64_t index;
	uint32_t time;
	bool marker;
};

/* seed: random; the sequence begins below 32768 (RFC 3711 3.3.1). */
void rtpout_begin(struct rtpout *o, uint32_t ssrc, uint32_t seed);

/*
 * Where a packet of a source goes. source: never 0, another number for each
 * stretch whose index and timestamp belong together; clock: its rate in Hz.
 *
 * EPROTO  it belongs before the point where this source took over
 */
int rtpout_place(struct rtpout *o, uint64_t source, uint64_t index,
		 uint32_t time, uint32_t clock, uint64_t now_ns,
		 struct rtpout_place *ret) CHECK_RESULT;

/* Write the fixed header at `at`. */
void rtpout_write(const struct rtpout *o, const struct rtpout_place *p,
		  uint8_t type, bool marker, uint8_t *at);

/* The timestamp that a packet sent now would have. */
uint32_t rtpout_time(const struct rtpout *o, uint32_t clock, uint64_t now_ns);

#endif
