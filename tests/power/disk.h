/*
 * disk -- what lies on a disk, and what a power cut leaves of it
 *
 * Knows one folder with two in it (spool, store). Follows the tape: what was
 * synced is durable; of the rest a cut takes any subset, file contents by
 * sectors of 512 bytes, names one by one, in any order.
 */
#ifndef VAXEL_TESTS_DISK_H
#define VAXEL_TESTS_DISK_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/power/tape.h"

struct disk;

/* Every write that the tape tells of, before any cut. */
typedef void disk_write_h(void *arg, bool store, const char *name,
			  uint64_t offset, const uint8_t *bytes, size_t len);

struct disk *disk_new(const char *root, disk_write_h *h, void *arg);
void disk_free(struct disk *d);

/* The folders as they are now, nothing of what was just made synced. */
void disk_begin(struct disk *d);

/* Take over what is on the tape. */
void disk_replay(struct disk *d, const struct tape *t);

/* Lay out anew what the cut left; draw() gives random numbers. */
void disk_cut(struct disk *d, uint64_t (*draw)(uint64_t below));

#endif
