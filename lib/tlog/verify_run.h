/*
 * verify_run -- one run over a log, from its first entry or a later one
 *
 * Inside tlog only.
 */
#ifndef VAXEL_TLOG_VERIFY_RUN_H
#define VAXEL_TLOG_VERIFY_RUN_H

#include "tlog/verify.h"

/* One run over the log. Built tiles stand beside those that were fetched. */
struct verify_run {
	const struct verify *v;
	struct verified *result;
	uint64_t size;
	struct merkle_edge edge;
	struct {
		uint8_t bytes[TILE_BYTES];
		uint64_t index;
		unsigned width;
	} built[TILE_LEVELS];
	uint8_t fetched[TILE_BYTES + 1];
	uint8_t *bundle, *partial; /* of room bytes each */
	size_t room, bundle_len;
};

/* Into a fresh run whose v and size are set. EINVAL. */
int verify_run_resume(struct verify_run *r, struct bytes halt) CHECK_RESULT;

#endif
