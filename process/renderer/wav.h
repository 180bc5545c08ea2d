/*
 * wav -- RIFF/WAVE bytes to one channel of samples
 *
 * Linear PCM of 8, 16, 24 and 32 bits and 32-bit float, one to eight channels
 * (mixed down), 8 to 192 kHz, at most WAV_SECONDS_MAX. A length that leads
 * past the end means "to the end", as programs write it that cannot seek.
 * Pure but for the allocation.
 */
#ifndef VAXEL_RENDERER_WAV_H
#define VAXEL_RENDERER_WAV_H

#include "base/bytes.h"

#define WAV_SECONDS_MAX 600

struct sound {
	float *samples; /* -1 to 1 */
	size_t count;
	unsigned rate; /* Hz */
};

/* EBADMSG: no WAVE of a kind named above, or no sound in it. */
int wav_read(struct sound *ret, const void *p, size_t len) CHECK_RESULT;

void sound_free(struct sound *s);

#endif
