/*
 * waiting -- what a provider's node says of its queues to who sends it calls
 *
 * The header `Vaxel-Queue` in its answer to OPTIONS, on a trusted trunk: for
 * each line how many callers wait, and how long the first has waited, by which
 * a national node passes a route (queue-max, wait-max). Numbers, of nobody.
 *
 *   Vaxel-Queue: 1177;waiting=12;wait=340
 */
#ifndef VAXEL_HANDOVER_WAITING_H
#define VAXEL_HANDOVER_WAITING_H

#include "base/bytes.h"

#define WAITING_HEADER "Vaxel-Queue"
#define WAITING_LINES 4 /* of a trunk, that are told */
#define WAITING_LINE_CHARS 31
#define WAITING_CALLERS_MAX 1000000
#define WAITING_SECONDS_MAX 1000000

struct waiting_line {
	char line[WAITING_LINE_CHARS + 1];
	uint32_t callers, longest_s;
};

struct waiting {
	struct waiting_line lines[WAITING_LINES];
	unsigned count;
};

/* The header's value; more than WAITING_*_MAX is told as that. */
void waiting_write(struct writer *w, const struct waiting *from);

/* EBADMSG what is none. */
int waiting_read(struct text value, struct waiting *ret) CHECK_RESULT;

/* NULL: nothing was told of that line. */
const struct waiting_line *waiting_find(const struct waiting *w,
					struct text line);

#endif
