/*
 * gap -- regions that at some hour have no lawful route
 *
 * Between two moments nothing changes: no window opens or closes, no agreement,
 * duty, safeguard or route begins or ends. So only these moments are asked, at
 * each every region (and, where a route takes some of its municipalities only,
 * every municipality), with all trunks well and all queues empty. Regions are
 * those that the register or a route knows. The national queue does not count
 * as a region's route, but must itself be lawful.
 */
#ifndef VAXEL_ROUTING_GAP_H
#define VAXEL_ROUTING_GAP_H

#include "routing/decide.h"

struct gap {
	unsigned region;  /* index; ROUTES_UNKNOWN_REGION: the national queue */
	int municipality; /* one of those concerned; -1: all of the region's */
	int64_t from, until; /* minutes; until: the end of what was looked at */
	struct decide_step best; /* the first unlawful route; else the first
				    that was passed; route ROUTE_NONE: none */
};

typedef void gap_h(void *arg, const struct gap *g);

/*
 * Each gap, once it ends. line "": every line's routes.
 * *ret_count says how many. ENOMEM, EMSGSIZE (more moments than can be asked).
 */
int gap_find(const struct routes *p, const struct register_book *book,
	     struct text line, int64_t from, int64_t until, gap_h *tell,
	     void *arg, unsigned *ret_count) CHECK_RESULT;

#endif
