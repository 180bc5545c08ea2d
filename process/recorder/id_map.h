/*
 * id_map -- from an id of 16 random bytes to a small number
 *
 * Open addressing; the ids are random, so their own first bytes are the hash.
 * Grows by itself.
 */
#ifndef VAXEL_RECORDER_ID_MAP_H
#define VAXEL_RECORDER_ID_MAP_H

#include "base/encode.h"

struct id_map;

int id_map_new(struct id_map **ret, size_t expected) CHECK_RESULT;
void id_map_free(struct id_map *m);

/* An id that is there already gets the new value. ENOMEM. */
int id_map_put(struct id_map *m, const uint8_t id[ID_BYTES],
	       uint32_t value) CHECK_RESULT;

/* ENOENT */
int id_map_get(const struct id_map *m, const uint8_t id[ID_BYTES],
	       uint32_t *ret_value) CHECK_RESULT;

void id_map_remove(struct id_map *m, const uint8_t id[ID_BYTES]);

#endif
