/*
 * secret -- memory for keys, and for nothing else
 *
 * One slab a process, locked, wiped on free and left out of core files.
 * sodium_malloc() is not used: where the limit of locked memory is small it
 * hands out unlocked pages without a word, so the slab is locked whole at
 * start or the process does not start.
 *
 * Never copy a secret to the stack or into libre's memory without wiping it.
 */
#ifndef VAXEL_BASE_SECRET_H
#define VAXEL_BASE_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct secret {
	size_t len;
	uint8_t bytes[];
};

/* Lock a slab of so many bytes; once a process. ENOMEM when it cannot lock. */
int secret_init(size_t slab_bytes) CHECK_RESULT;

/* NULL when the slab is full. The bytes are zero. */
struct secret *secret_new(size_t len);

/* Wipes. NULL is fine. */
void secret_free(struct secret *s);

#endif
