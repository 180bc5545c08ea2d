/*
 * rtpin -- one RTP packet as it came (RFC 3550 5.1)
 *
 * Pure: points into the packet, changes nothing. Padding is not looked at
 * before rtpin_unpad(), since in SRTP it is encrypted.
 */
#ifndef VAXEL_MEDIA_RTPIN_H
#define VAXEL_MEDIA_RTPIN_H

#include <stdbool.h>

#include "base/bytes.h"

#define RTP_HEAD_BYTES 12

struct rtpin {
	uint8_t *payload;
	uint16_t payload_len;
	uint16_t head_len; /* fixed header, CSRCs and extension */
	uint8_t type;
	bool marker;
	bool padded;
	uint16_t seq;
	uint32_t time;
	uint32_t ssrc;
};

/* EBADMSG: not RTP, or shorter than it says. */
int rtpin_parse(struct rtpin *ret, uint8_t *packet, size_t len) CHECK_RESULT;

/* Take padding off. EBADMSG: more padding than payload. */
int rtpin_unpad(struct rtpin *p) CHECK_RESULT;

/* RFC 5761 4: on one port these payload types are RTCP. */
static inline bool rtpin_is_rtcp(const uint8_t *packet, size_t len)
{
	return len >= 2 && packet[1] >= 192 && packet[1] <= 223;
}

static inline uint16_t get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static inline void put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void put_u32(uint8_t *p, uint32_t v)
{
	put_u16(p, (uint16_t)(v >> 16));
	put_u16(p + 2, (uint16_t)v);
}

#endif
