/*
 * dtmf -- which digits a source sent as telephone events (RFC 4733)
 *
 * All packets of one digit carry the timestamp of its beginning, so a digit is
 * told at the first packet of a timestamp not seen before and never again:
 * whichever of its packets are lost, one that arrives is enough. Pure.
 */
#ifndef VAXEL_MEDIA_DTMF_H
#define VAXEL_MEDIA_DTMF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DTMF_EVENT_MAX 16 /* 0-9, *, #, A-D, flash */

struct dtmf {
	bool heard;
	uint64_t source; /* timestamps of another source say nothing */
	uint32_t time;
	uint16_t duration;
	uint8_t event;
};

/* True: a new digit, in ret_event. */
bool dtmf_packet(struct dtmf *d, uint64_t source, uint32_t time,
		 const uint8_t *payload, size_t len, uint8_t *ret_event);

#endif
