/*
 * seek -- where in a body a player finds a time
 *
 * Points about every ten seconds: a time, and the offset in the body's
 * plaintext at which the Matroska cluster of that time begins. There is room
 * for so many; when it is full, every second point goes and the others lie
 * twice as far apart. A struct of zeros is an empty one. Pure.
 */
#ifndef VAXEL_RECORDING_SEEK_H
#define VAXEL_RECORDING_SEEK_H

#include "base/bytes.h"

#define SEEK_EVERY_MS 10000u
#define SEEK_MAX 128u

struct seek_point {
	uint32_t ms;
	uint32_t offset;
};

struct seek {
	uint32_t times_every; /* a power of two; 0 is 1 */
	uint32_t count;
	struct seek_point point[SEEK_MAX];
};

/* A cluster of that time begins there. Taken if it is far enough on. */
void seek_note(struct seek *s, uint64_t ms, uint64_t offset);

/*
 * Note the clusters in these bytes, which begin at that offset of the body.
 * One whose head is cut off at their end is not seen.
 */
void seek_scan(struct seek *s, struct bytes plain, uint64_t offset);

#endif
