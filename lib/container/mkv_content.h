/*
 * mkv_content -- what the elements of a recording say: the inner half of
 * mkv_read, which finds them
 */
#ifndef VAXEL_CONTAINER_MKV_CONTENT_H
#define VAXEL_CONTAINER_MKV_CONTENT_H

#include "container/mkv_read.h"

struct mkv_content {
	mkv_block_h *block;
	void *arg;
	struct mkv_info info;
	uint64_t cluster_ms; /* of the cluster that blocks are in */
};

/*
 * One whole element: EBML head, info, tracks, or what lies in a cluster.
 * EBADMSG, EMSGSIZE.
 */
int mkv_content_take(struct mkv_content *c, uint32_t id,
		     struct bytes content) CHECK_RESULT;

#endif
