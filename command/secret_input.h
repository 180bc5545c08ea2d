/*
 * secret_input -- a passphrase from the terminal, unseen, or from stdin
 */
#ifndef VAXEL_COMMAND_SECRET_INPUT_H
#define VAXEL_COMMAND_SECRET_INPUT_H

#include <stdbool.h>

#include "base/secret.h"

/*
 * One line without its end. The prompt goes to stderr, and only when stdin is
 * a terminal. EMSGSIZE longer than `to`; ENOENT nothing was said.
 */
int secret_line(const char *prompt, struct secret *to,
		size_t *ret_len) CHECK_RESULT;

/* The same, seen as it is typed: for what is copied from paper. */
int secret_line_seen(const char *prompt, struct secret *to,
		     size_t *ret_len) CHECK_RESULT;

/* All of stdin. EMSGSIZE longer than `to`; ENOENT nothing was said. */
int secret_all(struct secret *to, size_t *ret_len) CHECK_RESULT;

#endif
