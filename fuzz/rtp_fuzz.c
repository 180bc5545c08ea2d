/*
 * What comes to an RTP port: header, padding, place in the sequence, digits,
 * SRTP, and the header that goes out. The first byte chooses whether SRTP.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "process/media/dtmf.h"
#include "process/media/rtpin.h"
#include "process/media/rtpout.h"
#include "process/media/rtpseq.h"
#include "process/media/sdes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one(struct rtpseq *seq, struct rtpout *out, struct dtmf *dtmf,
		struct sdes *keys, const uint8_t *data, size_t size)
{
	uint8_t *packet = malloc(size ? size : 1);
	struct rtpin in;
	struct rtpout_place place;
	uint64_t index;
	uint32_t lost;
	uint8_t event;
	bool newest;
	size_t len = size;

	memcpy(packet, data, size);
	if (rtpin_parse(&in, packet, size))
		goto out;
	if (keys && sdes_unprotect(keys, in.ssrc, in.seq, packet, in.head_len,
				   &len, &newest))
		goto out;
	in.payload_len = (uint16_t)(len - in.head_len);
	if (rtpin_unpad(&in) || rtpseq_place(seq, in.seq, &index, &lost))
		goto out;
	assert(in.payload + in.payload_len <= packet + size);
	assert((uint16_t)index == in.seq);
	rtpseq_arrived(seq, in.time, in.time);
	(void)dtmf_packet(dtmf, 1 + seq->restarts, in.time, in.payload,
			  in.payload_len, &event);
	if (!rtpout_place(out, 1 + seq->restarts, index, in.time, 8000,
			  index * 20000000, &place))
		rtpout_write(out, &place, in.type, in.marker,
			     in.payload - RTP_HEAD_BYTES);
out:
	free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[SDES_KEY_BYTES];
	struct rtpseq seq = { 0 };
	struct rtpout out;
	struct dtmf dtmf = { 0 };
	struct sdes *keys = NULL;

	if (!size)
		return 0;
	if (data[0] & 1 && sdes_new(&keys, key))
		return 0;
	rtpout_begin(&out, 1, 1);
	for (data++, size--; size >= 2;) {
		size_t len = get_u16(data) % 300;

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		one(&seq, &out, &dtmf, keys, data, len);
		data += len;
		size -= len;
	}
	(void)rtpseq_fraction(&seq);
	sdes_free(keys);
	return 0;
}
