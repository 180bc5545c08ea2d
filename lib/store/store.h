/*
 * store -- where sealed bodies lie: a folder
 *
 * A body grows as NAME.part and appears under its name once it is whole and
 * durable, never before. Names are random (the body's name, not the id of the
 * recording), so a listing of the folder tells nothing but sizes and times.
 * Bytes are written at offsets: the same bytes may be written again after a
 * crash, other bytes at the same offset never are.
 *
 * Everything here blocks. What stands behind these calls may become an object
 * store: nothing but names, offsets and bytes passes.
 */
#ifndef VAXEL_STORE_STORE_H
#define VAXEL_STORE_STORE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/encode.h"

struct store;
struct store_part;

/* Creates the folder where it is missing; its name is its maker's to sync. */
int store_open(struct store **ret, const char *folder) CHECK_RESULT;

/* NULL is fine. */
void store_close(struct store *s);

/* Open NAME.part, creating it empty where it is missing. Not yet durable. */
int store_part_open(struct store *s, const uint8_t name[ID_BYTES],
		    struct store_part **ret) CHECK_RESULT;

/* Write all of it or fail. */
int store_part_write(struct store_part *p, uint64_t offset, const void *bytes,
		     size_t len) CHECK_RESULT;

/* As store_read(), of what was written so far. */
int store_part_read(struct store_part *p, uint64_t offset, void *to, size_t len,
		    size_t *ret_len) CHECK_RESULT;

/* How many bytes lie there, holes included. */
int store_part_size(struct store_part *p, uint64_t *ret_size) CHECK_RESULT;

/*
 * Let the body appear under its name, total bytes long (else EBADMSG). Order
 * is the point: fsync, rename, and once for all that were finished together
 * store_names_sync(): only then do their names last. A crash between any two
 * leaves either a .part or a whole body. The part stays open, to be closed by
 * its owner. After a failure its bytes are no longer to be believed: they are
 * all written again, or it is given up.
 */
int store_part_finish(struct store_part *p, uint64_t total) CHECK_RESULT;
int store_names_sync(struct store *s) CHECK_RESULT;

/*
 * Is the body of that name whole already, total bytes long? Then its name is
 * durable when this returns 0. For whoever died inside store_part_finish().
 */
int store_whole(struct store *s, const uint8_t name[ID_BYTES],
		uint64_t total) CHECK_RESULT;

/* Closes; the .part stays. NULL is fine. */
void store_part_close(struct store_part *p);

/*
 * For a part that never held anything: after a power cut it may be back, and
 * does no harm. ENOENT when no part of that name is there.
 */
int store_part_delete(struct store *s,
		      const uint8_t name[ID_BYTES]) CHECK_RESULT;

/*
 * Make everything durable that was written to any part so far, names of parts
 * included. One call for all of them, so that its cost does not grow with the
 * number of calls.
 */
int store_sync(struct store *s) CHECK_RESULT;

/* A whole body: ENOENT when there is none of that name. */
int store_size(struct store *s, const uint8_t name[ID_BYTES],
	       uint64_t *ret_size) CHECK_RESULT;

/* May give less than len only at the end of the body. */
int store_read(struct store *s, const uint8_t name[ID_BYTES], uint64_t offset,
	       void *to, size_t len, size_t *ret_len) CHECK_RESULT;

/* Gone for good once this returned 0, or ENOENT: it was gone before. */
int store_delete(struct store *s, const uint8_t name[ID_BYTES]) CHECK_RESULT;

/* Whole bodies and parts, in no order. */
typedef void store_list_h(void *arg, const uint8_t name[ID_BYTES], bool part);
int store_list(struct store *s, store_list_h *h, void *arg) CHECK_RESULT;

#endif
