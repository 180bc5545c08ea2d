/*
 * replay -- which hand-over tokens have been used
 *
 * Remembers each id until its token would have expired anyway, and no longer.
 * Bounded: when an id finds no place it is refused, never taken unremembered.
 * One piece of memory without pointers, so that it can outlive the process
 * that uses it: a node that starts anew does not take a token twice.
 */
#ifndef VAXEL_HANDOVER_REPLAY_H
#define VAXEL_HANDOVER_REPLAY_H

#include "base/encode.h"

struct handover_replay;

/* The memory that a table of so many places needs; a power of two, 64 to
 * 1 << 20. 32,768 (800 kB) hold 300 calls/s. */
size_t handover_replay_bytes(unsigned slots);

/* An empty table. EINVAL: slots as above, or too little memory. */
int handover_replay_init(void *memory, size_t len, unsigned slots,
			 struct handover_replay **ret) CHECK_RESULT;

/* The table that somebody left in this memory. EBADMSG: none is. */
int handover_replay_adopt(void *memory, size_t len,
			  struct handover_replay **ret) CHECK_RESULT;

/*
 * Use an id up, to be remembered through until_s.
 *
 * 0, EPROTO it was used, EAGAIN no place for it
 */
int handover_replay_use(struct handover_replay *r, const uint8_t id[ID_BYTES],
			int64_t until_s, int64_t now_s) CHECK_RESULT;

#endif
