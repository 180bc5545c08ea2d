/*
 * last_ms -- when the last block of a cut recording begins
 *
 * Looks for the last cluster in the end of a body's plaintext and walks its
 * blocks. Only for a recording that nobody ended: its length is not known
 * otherwise once the first chunks have left the spool. Pure.
 */
#ifndef VAXEL_RECORDING_LAST_MS_H
#define VAXEL_RECORDING_LAST_MS_H

#include "base/bytes.h"

/*
 * The time of the cluster that begins with these bytes, of which the first
 * CLUSTER_HEAD_MAX matter. EBADMSG: none begins there, or its head is cut.
 */
#define CLUSTER_HEAD_MAX 22
int cluster_ms(struct bytes at, uint64_t *ret_ms) CHECK_RESULT;

/* Milliseconds since the recording began. ENOENT: there is no cluster in it. */
int last_ms(struct bytes tail, uint64_t *ret_ms) CHECK_RESULT;

#endif
