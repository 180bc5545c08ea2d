#include "process/media/dtmf.h"

#include "process/media/rtpin.h"

bool dtmf_packet(struct dtmf *d, uint64_t source, uint32_t time,
		 const uint8_t *payload, size_t len, uint8_t *ret_event)
{
	uint16_t duration;
	uint32_t since;
	bool same;

	if (len < 4 || payload[0] > DTMF_EVENT_MAX)
		return false;
	duration = get_u16(payload + 2);
	if (d->heard && d->source == source) {
		since = time - d->time;
		if (since & 0x80000000u)
			return false; /* of a digit before */
		/* RFC 4733 2.5.1.3: a long one goes on in a new segment */
		same = payload[0] == d->event &&
		       (!since ||
			(since == d->duration && d->duration == UINT16_MAX));
		if (!since && duration < d->duration)
			duration = d->duration;
		if (same || !since) {
			d->time = time;
			d->duration = duration;
			return false;
		}
	}
	d->heard = true;
	d->source = source;
	d->time = time;
	d->duration = duration;
	d->event = payload[0];
	*ret_event = payload[0];
	return true;
}
