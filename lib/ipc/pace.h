/*
 * pace -- under load, take what comes by the handful
 *
 * A wake-up costs more than what it is for. Past some thousand turns of the
 * loop a second, each turn waits PACE_WAIT_NS before it looks again, as network
 * cards do with interrupts. That is nothing beside the 20 ms of a packet, or
 * what a phone takes to ring; at night it is not there at all.
 */
#ifndef VAXEL_IPC_PACE_H
#define VAXEL_IPC_PACE_H

#include <uv.h>

#include "base/bytes.h"

#define PACE_WAIT_NS 1000000 /* ns */

struct pace {
	uv_prepare_t prepare;
	uint64_t since_ns; /* the window that is being counted */
	unsigned turns;    /* of it so far */
	bool waiting;
};

/* Before channels are opened: what they send leaves before the wait. */
int pace_start(struct pace *p, uv_loop_t *loop) CHECK_RESULT;

/* A turn ends at that time: is the next to wait? Pure. */
bool pace_turn(struct pace *p, uint64_t now_ns);

#endif
