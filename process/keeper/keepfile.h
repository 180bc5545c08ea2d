/*
 * keepfile -- the keeper's few small files, read and replaced whole
 */
#ifndef VAXEL_KEEPER_KEEPFILE_H
#define VAXEL_KEEPER_KEEPFILE_H

#include "base/bytes.h"

/* ENOENT; EMSGSIZE when it does not fit. */
int keepfile_read(int dir_fd, const char *name, uint8_t *buf, size_t max,
		  size_t *ret_len) CHECK_RESULT;

/*
 * Bytes beside it, fsync, rename, fsync of the folder: durable when it
 * returns 0, and a crash between any two leaves the file as it was or as it
 * shall be.
 */
int keepfile_replace(int dir_fd, const char *name, const uint8_t *p,
		     size_t len) CHECK_RESULT;

#endif
