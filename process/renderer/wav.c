#include "process/renderer/wav.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { WAVE_PCM = 1, WAVE_FLOAT = 3, WAVE_EXTENSIBLE = 0xfffe };

struct format {
	bool known;
	uint16_t kind;
	uint16_t channels;
	uint32_t rate;
	uint16_t bits;
};

/* RIFF is little-endian, unlike everything else here. */
static uint32_t little(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	for (unsigned i = bytes; i > 0; i--)
		v = v << 8 | p[i - 1];
	return v;
}

static int read_format(struct bytes chunk, struct format *ret)
{
	struct format f = { .known = true };

	if (chunk.len < 16)
		return EBADMSG;
	f.kind = (uint16_t)little(chunk.p, 2);
	f.channels = (uint16_t)little(chunk.p + 2, 2);
	f.rate = little(chunk.p + 4, 4);
	f.bits = (uint16_t)little(chunk.p + 14, 2);
	if (f.kind == WAVE_EXTENSIBLE) {
		if (chunk.len < 26)
			return EBADMSG;
		f.kind = (uint16_t)little(chunk.p + 24, 2);
	}
	if (f.channels < 1 || f.channels > 8 || f.rate < 8000 ||
	    f.rate > 192000)
		return EBADMSG;
	if (f.kind == WAVE_FLOAT ? f.bits != 32
				 : f.kind != WAVE_PCM || f.bits % 8 ||
					   f.bits < 8 || f.bits > 32)
		return EBADMSG;
	*ret = f;
	return 0;
}

static float sample(const struct format *f, const uint8_t *p)
{
	unsigned bytes = f->bits / 8u;
	uint32_t raw = little(p, bytes);
	float v;

	if (f->kind == WAVE_FLOAT) {
		memcpy(&v, &raw, sizeof(v));
		return isfinite(v) ? fmaxf(-1, fminf(1, v)) : 0;
	}
	if (f->bits == 8) /* the only unsigned one */
		return ((float)raw - 128) / 128;
	/* to the top of 32 bits, so that the sign is where it belongs */
	return (float)(int32_t)(raw << (32 - f->bits)) / 2147483648.0f;
}

static int read_data(struct bytes data, const struct format *f,
		     struct sound *ret)
{
	size_t bytes = f->bits / 8u, frame = bytes * f->channels;
	size_t count = data.len / frame;
	float *to;

	if (!count || count > (size_t)f->rate * WAV_SECONDS_MAX)
		return EBADMSG;
	to = malloc(count * sizeof(*to));
	if (!to)
		return ENOMEM;
	for (size_t i = 0; i < count; i++) {
		float sum = 0;

		for (size_t c = 0; c < f->channels; c++)
			sum += sample(f, data.p + i * frame + c * bytes);
		to[i] = sum / (float)f->channels;
	}
	*ret = (struct sound){ to, count, f->rate };
	return 0;
}

int wav_read(struct sound *ret, const void *p, size_t len)
{
	struct reader r = reader_on(p, len);
	struct format f = { 0 };
	struct bytes head, chunk;

	if (reader_bytes(&r, 12, &head) || memcmp(head.p, "RIFF", 4) ||
	    memcmp(head.p + 8, "WAVE", 4))
		return EBADMSG;
	while (!reader_bytes(&r, 8, &head)) {
		size_t size = little(head.p + 4, 4);
		bool data = !memcmp(head.p, "data", 4);

		if (size > reader_left(&r)) {
			if (!data)
				return EBADMSG;
			size = reader_left(&r);
		}
		if (reader_bytes(&r, size, &chunk))
			return EBADMSG;
		if (!memcmp(head.p, "fmt ", 4) && read_format(chunk, &f))
			return EBADMSG;
		if (data)
			return f.known ? read_data(chunk, &f, ret) : EBADMSG;
		/* chunks begin at even places */
		if (size % 2 && reader_left(&r) && reader_bytes(&r, 1, &chunk))
			return EBADMSG;
	}
	return EBADMSG;
}

void sound_free(struct sound *s)
{
	free(s->samples);
	*s = (struct sound){ 0 };
}
