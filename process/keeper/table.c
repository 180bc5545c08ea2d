#include "process/keeper/table.h"

#include <sodium.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

void keeper_table_init(struct table *t, size_t item_bytes)
{
	*t = (struct table){ .item_bytes = item_bytes };
	randombytes_buf(t->seed, sizeof(t->seed));
}

void keeper_table_free(struct table *t)
{
	free(t->items);
	free(t->taken);
	t->items = NULL;
	t->taken = NULL;
	t->slots = t->count = 0;
}

/* The slot where key is, or where it would go. There is always a free one. */
static size_t slot_of(const struct table *t, const uint8_t key[TABLE_KEY])
{
	uint8_t hash[crypto_shorthash_BYTES];
	uint64_t at;

	(void)crypto_shorthash(hash, key, TABLE_KEY, t->seed);
	memcpy(&at, hash, sizeof(at));
	for (size_t i = at & (t->slots - 1);; i = (i + 1) & (t->slots - 1))
		if (!t->taken[i] ||
		    !memcmp(t->items + i * t->item_bytes, key, TABLE_KEY))
			return i;
}

void *keeper_table_find(const struct table *t, const uint8_t key[TABLE_KEY])
{
	size_t i;

	if (!t->slots)
		return NULL;
	i = slot_of(t, key);
	return t->taken[i] ? t->items + i * t->item_bytes : NULL;
}

static int grow(struct table *t)
{
	struct table big = *t, old;

	big.slots = t->slots ? t->slots * 2 : FIRST_SLOTS;
	big.items = calloc(big.slots, t->item_bytes);
	big.taken = calloc(big.slots, sizeof(*big.taken));
	if (!big.items || !big.taken) {
		free(big.items);
		free(big.taken);
		return ENOMEM;
	}
	for (size_t i = 0; i < t->slots; i++) {
		const uint8_t *item = t->items + i * t->item_bytes;
		size_t to;

		if (!t->taken[i])
			continue;
		to = slot_of(&big, item);
		memcpy(big.items + to * t->item_bytes, item, t->item_bytes);
		big.taken[to] = true;
	}
	old = *t;
	*t = big;
	free(old.items);
	free(old.taken);
	return 0;
}

int keeper_table_add(struct table *t, const uint8_t key[TABLE_KEY], void **ret)
{
	uint8_t *item;
	size_t i;
	int err;

	/* at most three quarters full */
	if ((t->count + 1) * 4 > t->slots * 3 && (err = grow(t)))
		return err;
	i = slot_of(t, key);
	item = t->items + i * t->item_bytes;
	if (!t->taken[i]) {
		memset(item, 0, t->item_bytes);
		memcpy(item, key, TABLE_KEY);
		t->taken[i] = true;
		t->count++;
	}
	*ret = item;
	return 0;
}
