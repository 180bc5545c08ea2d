#include "tests/unit/container/tones.h"

#include <math.h>
#include <opus/opus.h>
#include <spandsp.h>
#include <stdlib.h>

#include "container/timeline.h"

enum { FRAME_MS = 20, NURSE_AT_MS = 500, MARK_AT_MS = 1000 };

struct side {
	enum codec codec;
	unsigned track, hz, from_ms;
	unsigned rate, rtp_rate;
	uint32_t rtp_base;
	struct timeline line;
	g722_encode_state_t *g722;
	OpusEncoder *opus;
	uint64_t sample;
};

static int side_open(struct side *s)
{
	int err = OPUS_OK;

	s->rate = s->codec == CODEC_OPUS   ? 48000
		  : s->codec == CODEC_G722 ? 16000
					   : 8000;
	s->rtp_rate = s->codec == CODEC_OPUS ? 48000 : 8000;
	timeline_init(&s->line, s->codec);
	if (s->codec == CODEC_G722)
		s->g722 = g722_encode_init(NULL, 64000, 0);
	if (s->codec == CODEC_OPUS)
		s->opus = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP,
					      &err);
	return err == OPUS_OK ? 0 : ENOMEM;
}

static void side_close(struct side *s)
{
	if (s->g722)
		(void)g722_encode_free(s->g722);
	if (s->opus)
		opus_encoder_destroy(s->opus);
}

static size_t encode(struct side *s, uint8_t out[MKV_FRAME_MAX])
{
	int16_t pcm[960];
	unsigned n = s->rate * FRAME_MS / 1000;

	for (unsigned i = 0; i < n; i++, s->sample++)
		pcm[i] = (int16_t)(8000 * sin(2 * M_PI * s->hz *
					      (double)s->sample / s->rate));
	switch (s->codec) {
	case CODEC_OPUS:
		return (size_t)opus_encode(s->opus, pcm, (int)n, out,
					   MKV_FRAME_MAX);
	case CODEC_G722:
		return (size_t)g722_encode(s->g722, out, pcm, (int)n);
	default:
		for (unsigned i = 0; i < n; i++)
			out[i] = s->codec == CODEC_PCMA
					 ? linear_to_alaw(pcm[i])
					 : linear_to_ulaw(pcm[i]);
		return n;
	}
}

/* Arrivals jitter by up to 15 ms, the same on each run. */
static int one_frame(struct mkv_writer *m, struct side *s,
		     const struct tones *t, unsigned ms, struct writer *w)
{
	uint8_t payload[MKV_FRAME_MAX];
	struct bytes p = { payload, encode(s, payload) };
	uint64_t jitter = ms == s->from_ms ? 0 : (ms / FRAME_MS * 7) % 16;
	uint32_t rtp = s->rtp_base + (ms - s->from_ms) * (s->rtp_rate / 1000);
	uint64_t at;
	int err;

	if (s->track == 0 && ms >= t->lost_from_ms && ms < t->lost_to_ms)
		return 0;
	err = timeline_place(&s->line, rtp, (ms + jitter) * 1000000,
			     mkv_payload_ms(s->codec, p), &at);
	return err ? err : mkv_frame(m, s->track, at, p, w);
}

static int write_all(struct side sides[2], const struct tones *t,
		     struct writer *w)
{
	enum codec codecs[MKV_AUDIO_TRACKS] = { t->caller, t->nurse,
						CODEC_NONE };
	struct mkv_writer m;
	int err = mkv_begin(&m, codecs, 1795295100125, w);

	for (unsigned ms = 0; !err && ms < t->length_ms; ms += FRAME_MS) {
		if (ms == MARK_AT_MS)
			err = mkv_mark(&m, ms, 500, TEXT("hold"), w);
		for (int i = 0; !err && i < 2; i++)
			if (ms >= sides[i].from_ms)
				err = one_frame(&m, &sides[i], t, ms, w);
	}
	return err;
}

int tones_write(const struct tones *t, struct writer *w)
{
	struct side sides[2] = {
		/* one RTP clock wraps on the way */
		{ .codec = t->caller, .hz = 400, .rtp_base = 0xfffff000 },
		{ .codec = t->nurse,
		  .track = 1,
		  .hz = 1000,
		  .from_ms = NURSE_AT_MS,
		  .rtp_base = 12345 },
	};
	int err = side_open(&sides[0]);

	if (!err)
		err = side_open(&sides[1]);
	if (!err)
		err = write_all(sides, t, w);
	side_close(&sides[0]);
	side_close(&sides[1]);
	return err;
}
