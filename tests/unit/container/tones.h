/*
 * tones -- a recording of known tones, made through timeline and mkv
 *
 * The caller hums at 400 Hz from the start, the nurse at 1,000 Hz from 500 ms
 * on; the caller's packets between two times are lost; a mark stands at one
 * second. Used by the unit tests and by mkv_tool.
 */
#ifndef VAXEL_TESTS_TONES_H
#define VAXEL_TESTS_TONES_H

#include "container/mkv.h"

struct tones {
	enum codec caller, nurse;
	unsigned length_ms;
	unsigned lost_from_ms, lost_to_ms; /* of the caller's packets */
};

/* 0, or what mkv returned. */
int tones_write(const struct tones *t, struct writer *w) CHECK_RESULT;

#endif
