/*
 * key -- what the files of `vaxel key` share
 */
#ifndef VAXEL_COMMAND_KEY_H
#define VAXEL_COMMAND_KEY_H

#include <stdbool.h>

#include "seal/key.h"

extern const char key_usage[];

/* A key as text, for paper or a file that age -i takes; title may be NULL. */
int key_print_identity(const struct age_identity *i, const char *title,
		       bool json);

/* key_shares.c: argv[0] is the word itself */
int key_split(int argc, char **argv);
int key_join(int argc, char **argv);

/* key_months.c */
int key_new_months(const char *dir, const char *months, const char *from,
		   const char *controller);

/* key_door.c */
int key_unlock(int argc, char **argv);
int key_lock(int argc, char **argv);

/* key_officers.c, key_rotate.c */
int key_propose(int argc, char **argv);
int key_approve(int argc, char **argv);
int key_rotate(int argc, char **argv);

#endif
