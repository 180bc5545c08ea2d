/*
 * timeline -- from RTP timestamps to milliseconds of the recording
 *
 * One a track. Within a talk the RTP clock rules, so that jitter leaves no
 * trace and a lost packet leaves a gap of its length. The time of arrival
 * says where a talk begins, and corrects what drifts or jumps (another
 * source, hold, a clock that runs fast), so that all tracks stay aligned with
 * the wall. Times never go back within a track.
 *
 * Pure and plain: no pointer, fit for memory that survives.
 */
#ifndef VAXEL_CONTAINER_TIMELINE_H
#define VAXEL_CONTAINER_TIMELINE_H

#include "base/error.h"
#include "settings/settings.h"

struct timeline {
	uint32_t rate; /* RTP clock, Hz */
	uint32_t last_rtp;
	int64_t ticks;      /* of the last packet, since the anchor */
	uint64_t anchor_ns; /* where tick 0 lies, since the recording began */
	uint64_t end_us;    /* where the last packet ended */
	int64_t early_ns;   /* least lateness in this window */
	uint64_t window_ns;
	uint8_t begun;
	uint8_t reserved[7];
};

void timeline_init(struct timeline *t, enum codec codec);

/*
 * Place one packet.
 *
 * rtp_time     as received, host order, wraps
 * at_ns        of its arrival, since the recording began
 * payload_ms   how long it is; 0 when not known
 * ret_ms       when it begins
 *
 * EPROTO       it lies before what was already written: leave it out
 */
int timeline_place(struct timeline *t, uint32_t rtp_time, uint64_t at_ns,
		   unsigned payload_ms, uint64_t *ret_ms) CHECK_RESULT;

#endif
