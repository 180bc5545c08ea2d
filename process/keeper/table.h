/*
 * table -- things found by a random 16-byte key
 *
 * Items begin with their key. Keys come from others, who could choose them to
 * collide, so the place of a key depends on a secret of this process. Grows;
 * nothing is ever taken out.
 */
#ifndef VAXEL_KEEPER_TABLE_H
#define VAXEL_KEEPER_TABLE_H

#include "base/bytes.h"

#define TABLE_KEY 16

struct table {
	size_t item_bytes;
	size_t count;
	size_t slots;   /* 0 or a power of two */
	uint8_t *items; /* slots of item_bytes */
	bool *taken;
	uint8_t seed[16];
};

void keeper_table_init(struct table *t, size_t item_bytes);
void keeper_table_free(struct table *t);

/* NULL when there is none. Valid until the next keeper_table_add(). */
void *keeper_table_find(const struct table *t, const uint8_t key[TABLE_KEY]);

/*
 * The item of that key: found, or new and zero but for its key. ENOMEM.
 */
int keeper_table_add(struct table *t, const uint8_t key[TABLE_KEY],
		     void **ret) CHECK_RESULT;

#endif
