#include "process/recorder/slot.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

size_t slots_bytes(uint32_t max)
{
	return sizeof(struct slots) + (size_t)max * sizeof(struct slot);
}

int slots_attach(void *memory, size_t len, uint32_t max, struct slots **ret)
{
	struct slots *s = memory;

	if (!s || len < slots_bytes(max))
		return EINVAL;
	/* the parent hands over zeros, or what the last recorder left */
	if (s->magic != SLOT_MAGIC || s->max != max ||
	    s->slot_bytes != sizeof(struct slot)) {
		sodium_memzero(memory, slots_bytes(max));
		s->max = max;
		s->slot_bytes = sizeof(struct slot);
		s->magic = SLOT_MAGIC;
	}
	*ret = s;
	return 0;
}

static void clear(struct slot *slot)
{
	uint16_t generation = (uint16_t)(slot->generation + 1);

	slot->state = SLOT_FREE;
	sodium_memzero(slot, sizeof(*slot));
	slot->generation = generation ? generation : 1;
}

int slot_table_new(struct slot_table *t, struct slots *s)
{
	int err = 0;

	*t = (struct slot_table){ .slots = s, .max = s->max };
	t->by_call = calloc(s->max, sizeof(*t->by_call));
	t->unused = calloc(s->max, sizeof(*t->unused));
	if (!t->by_call || !t->unused || id_map_new(&t->by_id, s->max)) {
		slot_table_free(t);
		return ENOMEM;
	}
	for (uint32_t i = s->max; i-- > 0 && !err;) {
		const struct slot *slot = &s->slot[i];

		if (slot->state == SLOT_FREE) {
			t->unused[t->unused_count++] = i;
			continue;
		}
		t->by_call[(uint32_t)slot->call % t->max] = i;
		err = id_map_put(t->by_id, slot->dossier.id, i);
	}
	if (err)
		slot_table_free(t);
	return err;
}

void slot_table_free(struct slot_table *t)
{
	free(t->by_call);
	free(t->unused);
	id_map_free(t->by_id);
	*t = (struct slot_table){ 0 };
}

struct slot *slot_new(struct slot_table *t)
{
	struct slot *slot;

	if (!t->unused_count)
		return NULL;
	slot = &t->slots->slot[t->unused[t->unused_count - 1]];
	/* whoever filled it may have died before giving it a state */
	clear(slot);
	return slot;
}

int slot_take(struct slot_table *t, struct slot *slot, uint64_t call,
	      const uint8_t id[ID_BYTES], enum slot_state state)
{
	uint32_t i = t->unused[t->unused_count - 1];
	int err;

	assert(slot == &t->slots->slot[i] && state != SLOT_FREE);
	err = id_map_put(t->by_id, id, i);
	if (err)
		return err;
	slot->call = call;
	memcpy(slot->dossier.id, id, ID_BYTES);
	t->by_call[(uint32_t)call % t->max] = i;
	t->unused_count--;
	slot->state = (uint8_t)state;
	return 0;
}

void slot_free(struct slot_table *t, struct slot *slot)
{
	assert(slot->state != SLOT_FREE);
	id_map_remove(t->by_id, slot->dossier.id);
	clear(slot);
	t->unused[t->unused_count++] = (uint32_t)(slot - t->slots->slot);
}

uint32_t slot_handle(const struct slots *s, const struct slot *slot)
{
	return (uint32_t)slot->generation << 16 | (uint32_t)(slot - s->slot);
}

struct slot *slot_of_handle(struct slots *s, uint32_t handle)
{
	uint32_t i = handle & 0xffff;

	if (i >= s->max || s->slot[i].state == SLOT_FREE ||
	    s->slot[i].generation != handle >> 16)
		return NULL;
	return &s->slot[i];
}

struct slot *slot_of_call(struct slot_table *t, uint64_t call)
{
	struct slot *slot =
		&t->slots->slot[t->by_call[(uint32_t)call % t->max]];

	return slot->state != SLOT_FREE && slot->state < SLOT_OVER &&
			       slot->call == call
		       ? slot
		       : NULL;
}

struct slot *slot_of_id(struct slot_table *t, const uint8_t id[ID_BYTES])
{
	uint32_t i;

	return id_map_get(t->by_id, id, &i) ? NULL : &t->slots->slot[i];
}

size_t slot_room(const struct slot *slot)
{
	return SLOT_BODY_BYTES -
	       (size_t)(slot_progress(slot)->body_len - slot_chunk_at(slot));
}

void slot_body_write(struct slot *slot, uint64_t at, const uint8_t *p,
		     size_t len)
{
	size_t place = (size_t)(at % SLOT_BODY_BYTES);
	size_t first =
		len < SLOT_BODY_BYTES - place ? len : SLOT_BODY_BYTES - place;

	assert(at >= slot_chunk_at(slot) &&
	       at + len - slot_chunk_at(slot) <= SLOT_BODY_BYTES);
	memcpy(slot->body + place, p, first);
	memcpy(slot->body, p + first, len - first);
}

void slot_body_read(const struct slot *slot, uint64_t at, uint8_t *to,
		    size_t len)
{
	size_t place = (size_t)(at % SLOT_BODY_BYTES);
	size_t first =
		len < SLOT_BODY_BYTES - place ? len : SLOT_BODY_BYTES - place;

	assert(at >= slot_chunk_at(slot) &&
	       at + len <= slot_progress(slot)->body_len);
	memcpy(to, slot->body + place, first);
	memcpy(to + first, slot->body, len - first);
}

struct progress *slot_progress_begin(struct slot *slot)
{
	struct progress *next = &slot->progress[(slot->progress_now & 1) ^ 1];

	*next = *slot_progress(slot);
	return next;
}

void slot_progress_commit(struct slot *slot)
{
	atomic_store_explicit(&slot->progress_now,
			      (uint8_t)((slot->progress_now & 1) ^ 1),
			      memory_order_release);
}

struct sealed *slot_sealed_begin(struct slot *slot)
{
	struct sealed *next = &slot->sealed[(slot->sealed_now & 1) ^ 1];

	*next = *slot_sealed(slot);
	return next;
}

void slot_sealed_commit(struct slot *slot)
{
	atomic_store_explicit(&slot->sealed_now,
			      (uint8_t)((slot->sealed_now & 1) ^ 1),
			      memory_order_release);
}

void slot_wipe_keys(struct slot *slot)
{
	size_t records_end = CARD_MAX + slot->records_len;

	seal_keys_wipe(&slot->keys);
	seal_keys_wipe(&slot->card_keys);
	sodium_memzero(slot->seal.tail, sizeof(slot->seal.tail));
	sodium_memzero(slot->seal.card_tail, sizeof(slot->seal.card_tail));
	sodium_memzero(&slot->facts, sizeof(slot->facts));
	/* all of the body's tail, but not what took its place */
	sodium_memzero(slot->body + slot->dossier.card_len,
		       CARD_MAX - slot->dossier.card_len);
	sodium_memzero(slot->body + records_end,
		       sizeof(slot->body) - records_end);
}
