#include "process/media/rtpout.h"

#include "process/media/rtpin.h"

#define NS_S 1000000000ULL
#define PACKET_NS (20 * 1000000ULL)

void rtpout_begin(struct rtpout *o, uint32_t ssrc, uint32_t seed)
{
	*o = (struct rtpout){
		.ssrc = ssrc,
		.index = seed & 0x7fff,
		.time = seed * 2654435761u,
	};
}

static uint32_t units(uint64_t ns, uint32_t clock)
{
	return (uint32_t)(ns / 1000 * clock / 1000000);
}

uint32_t rtpout_time(const struct rtpout *o, uint32_t clock, uint64_t now_ns)
{
	if (!o->started || now_ns < o->sent_ns)
		return o->time;
	return o->time + units(now_ns - o->sent_ns, clock);
}

/* Let it begin after the last packet, at least the length of one later. */
static void take_over(struct rtpout *o, uint64_t source, uint64_t index,
		      uint32_t time, uint32_t clock, uint64_t now_ns)
{
	uint64_t passed = now_ns > o->sent_ns ? now_ns - o->sent_ns : 0;
	uint32_t at = o->time;

	if (o->started)
		at += units(passed > PACKET_NS ? passed : PACKET_NS, clock);
	o->source = source;
	o->first_in = index;
	o->first_out = o->index + 1;
	o->time_offset = at - time;
	o->started = true;
}

int rtpout_place(struct rtpout *o, uint64_t source, uint64_t index,
		 uint32_t time, uint32_t clock, uint64_t now_ns,
		 struct rtpout_place *ret)
{
	ret->marker = false;
	if (source != o->source) {
		take_over(o, source, index, time, clock, now_ns);
		ret->marker = true;
	} else if (index < o->first_in) {
		return EPROTO;
	}
	ret->index = o->first_out + (index - o->first_in);
	ret->time = time + o->time_offset;
	if (ret->index > o->index) {
		o->index = ret->index;
		o->time = ret->time;
		o->sent_ns = now_ns;
	}
	return 0;
}

void rtpout_write(const struct rtpout *o, const struct rtpout_place *p,
		  uint8_t type, bool marker, uint8_t *at)
{
	at[0] = 0x80;
	at[1] = (uint8_t)((marker || p->marker ? 0x80 : 0) | type);
	put_u16(at + 2, (uint16_t)p->index);
	put_u32(at + 4, p->time);
	put_u32(at + 8, o->ssrc);
}
