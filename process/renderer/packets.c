#include "process/renderer/packets.h"

#include <math.h>
#include <opus/opus.h>
#include <spandsp.h>
#include <stdlib.h>

#include "prompts/prompts.h"

#define PILE_MAX (1024u * 1024 * 1024)
#define FRAME_MAX 480 /* samples of 20 ms at 24 kHz */

struct encoder {
	enum codec codec;
	g722_encode_state_t *g722;
	OpusEncoder *opus;
};

unsigned packets_rate(enum codec codec)
{
	switch (codec) {
	case CODEC_G722:
		return 16000;
	case CODEC_OPUS: /* on the wire its clock is 48 kHz all the same */
		return 24000;
	default:
		return 8000;
	}
}

static int encoder_new(struct encoder *e, enum codec codec)
{
	int err = 0;

	*e = (struct encoder){ .codec = codec };
	if (codec == CODEC_G722) {
		e->g722 = g722_encode_init(NULL, 64000, 0);
		return e->g722 ? 0 : ENOMEM;
	}
	if (codec != CODEC_OPUS)
		return 0;
	e->opus = opus_encoder_create(24000, 1, OPUS_APPLICATION_AUDIO, &err);
	if (!e->opus || opus_encoder_ctl(e->opus, OPUS_SET_BITRATE(32000)) ||
	    opus_encoder_ctl(e->opus, OPUS_SET_COMPLEXITY(5)))
		return ENOMEM;
	return 0;
}

static void encoder_free(struct encoder *e)
{
	if (e->g722)
		(void)g722_encode_free(e->g722);
	if (e->opus)
		opus_encoder_destroy(e->opus);
}

/* One packet; its length, or 0 when the codec refuses. */
static size_t encode(struct encoder *e, const int16_t *in, int count,
		     uint8_t *to)
{
	opus_int32 n;

	switch (e->codec) {
	case CODEC_G722:
		return (size_t)g722_encode(e->g722, to, in, count);
	case CODEC_OPUS:
		n = opus_encode(e->opus, in, count, to, PROMPT_PACKET_MAX);
		return n > 0 ? (size_t)n : 0;
	case CODEC_PCMA:
		for (int i = 0; i < count; i++)
			to[i] = linear_to_alaw(in[i]);
		return (size_t)count;
	default:
		for (int i = 0; i < count; i++)
			to[i] = linear_to_ulaw(in[i]);
		return (size_t)count;
	}
}

static int room(struct pile *pile, size_t len)
{
	size_t max = pile->max ? pile->max : 1024u * 1024;
	uint8_t *grown;

	if (pile->len + len <= pile->max)
		return 0;
	while (max < pile->len + len)
		max *= 2;
	if (max > PILE_MAX)
		return EMSGSIZE;
	grown = realloc(pile->p, max);
	if (!grown)
		return ENOMEM;
	pile->p = grown;
	pile->max = max;
	return 0;
}

static void take_frame(const struct sound *s, size_t at, size_t count,
		       int16_t *to)
{
	for (size_t i = 0; i < count; i++) {
		float v = at + i < s->count ? s->samples[at + i] * 32767.0f : 0;

		to[i] = (int16_t)lrintf(fmaxf(-32768, fminf(32767, v)));
	}
}

static int encode_all(struct encoder *e, struct pile *pile,
		      const struct sound *s, bool keep, uint32_t *ret_packets)
{
	size_t frame = s->rate / (1000 / PROMPT_PACKET_MS);
	int16_t in[FRAME_MAX];
	uint8_t packet[PROMPT_PACKET_MAX];
	uint32_t packets = 0;

	for (size_t at = 0; at < s->count; at += frame, packets++) {
		size_t len;

		take_frame(s, at, frame, in);
		len = encode(e, in, (int)frame, packet);
		if (!len)
			return EBADMSG;
		if (!keep)
			continue;
		if (room(pile, len + 2))
			return ENOMEM;
		pile->p[pile->len] = (uint8_t)(len >> 8);
		pile->p[pile->len + 1] = (uint8_t)len;
		memcpy(pile->p + pile->len + 2, packet, len);
		pile->len += len + 2;
	}
	*ret_packets = packets;
	return 0;
}

int packets_make(struct pile *pile, const struct sound *s, enum codec codec,
		 bool loop, uint32_t *ret_packets)
{
	struct encoder e;
	int err;

	if (s->rate != packets_rate(codec))
		return EINVAL;
	err = encoder_new(&e, codec);
	if (!err && loop)
		err = encode_all(&e, pile, s, false, ret_packets);
	if (!err)
		err = encode_all(&e, pile, s, true, ret_packets);
	encoder_free(&e);
	return err;
}
