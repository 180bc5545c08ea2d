/*
 * resample -- a sound at another rate, by windowed sinc
 *
 * Rational polyphase filter, 24 zero crossings a side under a Kaiser window: up
 * to 0.8 of the lower Nyquist frequency it is flat to 0.1 dB, what would alias
 * is 70 dB down. No delay.
 */
#ifndef VAXEL_RENDERER_RESAMPLE_H
#define VAXEL_RENDERER_RESAMPLE_H

#include "process/renderer/wav.h"

int resample(const struct sound *from, unsigned rate,
	     struct sound *ret) CHECK_RESULT;

#endif
