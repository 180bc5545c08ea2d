/*
 * packets -- a sound as packets of 20 ms, in any codec of ours
 *
 * Each is preceded by its length, as prompts.h has it. The last one is filled
 * up with silence.
 */
#ifndef VAXEL_RENDERER_PACKETS_H
#define VAXEL_RENDERER_PACKETS_H

#include "process/renderer/wav.h"
#include "settings/settings.h"

/* What comes out of all prompts, one after another. */
struct pile {
	uint8_t *p;
	size_t len, max;
};

/* The rate that the sound has to have. */
unsigned packets_rate(enum codec codec);

/*
 * Append to the pile. loop: encode it twice and keep the second time, so that
 * a codec with a memory does not click where the end meets the start.
 */
int packets_make(struct pile *pile, const struct sound *s, enum codec codec,
		 bool loop, uint32_t *ret_packets) CHECK_RESULT;

#endif
