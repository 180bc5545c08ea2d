/*
 * scratch -- a folder of a test's own, gone with all that is in it
 */
#ifndef VAXEL_TESTS_SCRATCH_H
#define VAXEL_TESTS_SCRATCH_H

#define SCRATCH_MAX 64

/* 0, or not, as cmocka's set-up and tear-down have it. */
int scratch_make(char dir[SCRATCH_MAX]);
int scratch_remove(const char *dir);

#endif
