#include "process/media/rtpin.h"

int rtpin_parse(struct rtpin *ret, uint8_t *packet, size_t len)
{
	size_t head;

	if (len < RTP_HEAD_BYTES || len > UINT16_MAX || packet[0] >> 6 != 2)
		return EBADMSG;
	head = RTP_HEAD_BYTES + 4u * (packet[0] & 0x0f);
	if (packet[0] & 0x10) {
		if (head + 4 > len)
			return EBADMSG;
		head += 4 + 4u * get_u16(packet + head + 2);
	}
	if (head > len)
		return EBADMSG;
	ret->payload = packet + head;
	ret->payload_len = (uint16_t)(len - head);
	ret->head_len = (uint16_t)head;
	ret->type = packet[1] & 0x7f;
	ret->marker = packet[1] & 0x80;
	ret->padded = packet[0] & 0x20;
	ret->seq = get_u16(packet + 2);
	ret->time = get_u32(packet + 4);
	ret->ssrc = get_u32(packet + 8);
	return 0;
}

int rtpin_unpad(struct rtpin *p)
{
	uint8_t pad;

	if (!p->padded)
		return 0;
	if (!p->payload_len)
		return EBADMSG;
	pad = p->payload[p->payload_len - 1];
	if (!pad || pad > p->payload_len)
		return EBADMSG;
	p->payload_len = (uint16_t)(p->payload_len - pad);
	p->padded = false;
	return 0;
}
