/*
 * fd -- whole writes: to a descriptor, and as a new file
 */
#ifndef VAXEL_BASE_FD_H
#define VAXEL_BASE_FD_H

#include "base/bytes.h"

/* All of it, whatever interrupts. The errno of what went wrong, or EIO. */
int fd_write(int fd, const void *p, size_t len) CHECK_RESULT;

/* The same, synced; fd is closed whatever happens. */
int fd_write_and_close(int fd, const void *p, size_t len) CHECK_RESULT;

/*
 * Make a file for its owner alone and sync it; EEXIST where one stands. After
 * any other error there is none. (That its folder is synced is the caller's.)
 */
int fd_write_new(const char *path, const void *p, size_t len) CHECK_RESULT;

#endif
