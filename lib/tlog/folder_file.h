/*
 * folder_file -- files of a log, read whole and written so that they last
 *
 * Inside tlog only. Paths are relative to the log's folder.
 */
#ifndef VAXEL_TLOG_FOLDER_FILE_H
#define VAXEL_TLOG_FOLDER_FILE_H

#include "base/bytes.h"

/* EMSGSIZE when it is longer than max. */
int file_read(int dir_fd, const char *path, void *buf, size_t max,
	      size_t *ret_len) CHECK_RESULT;

/*
 * Let the file appear whole: bytes, fsync, rename, fsync of its folder; the
 * folders above it are made, and synced, where they are missing.
 */
int file_write(int dir_fd, const char *path, const void *p, size_t len,
	       unsigned mode) CHECK_RESULT;

/* Remove a folder of plain files. Failure is harmless: it is only litter. */
void file_remove_folder(int dir_fd, const char *path);

#endif
