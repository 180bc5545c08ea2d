/*
 * music -- what callers hear while they wait, where no file is configured
 *
 * Slow broken chords, soft struck tones over a quiet pad; 32 seconds that
 * join at the ends. Always the same.
 */
#ifndef VAXEL_RENDERER_MUSIC_H
#define VAXEL_RENDERER_MUSIC_H

#include "process/renderer/wav.h"

int music_make(unsigned rate, struct sound *ret) CHECK_RESULT;

#endif
