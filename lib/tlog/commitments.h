/*
 * commitments -- salts and details to which leaves commit, wherever they lie
 */
#ifndef VAXEL_TLOG_COMMITMENTS_H
#define VAXEL_TLOG_COMMITMENTS_H

#include "tlog/leaf.h"

struct commitment {
	uint64_t entry;
	struct text leaf;
	const uint8_t *salt; /* LEAF_SALT_BYTES; NULL: gone, and the details */
	struct text details;
};

/* Any error ends the walk and passes through. */
typedef int commitment_h(void *arg, const struct commitment *c);

struct commitments {
	/* To look, not to change. EAGAIN: a running node has it. */
	int (*open)(void **ret, const char *file);
	/* Those of entries [from, to) that are there, in order. */
	int (*each)(void *db, uint64_t from, uint64_t to, commitment_h *h,
		    void *arg);
	/* The entries whose details an erasure took, as it says itself. */
	int (*erased)(void *db, void (*h)(void *arg, uint64_t entry),
		      void *arg);
	void (*close)(void *db);
};

#endif
