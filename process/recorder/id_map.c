#include "process/recorder/id_map.h"

#include <stdbool.h>
#include <stdlib.h>

struct id_place {
	uint8_t id[ID_BYTES];
	uint32_t value;
	bool used;
};

struct id_map {
	size_t mask;
	size_t count;
	struct id_place *places;
};

int id_map_new(struct id_map **ret, size_t expected)
{
	struct id_map *m = calloc(1, sizeof(*m));
	size_t n = 16;

	while (n < 2 * expected)
		n *= 2;
	if (m)
		m->places = calloc(n, sizeof(*m->places));
	if (!m || !m->places) {
		free(m);
		return ENOMEM;
	}
	m->mask = n - 1;
	*ret = m;
	return 0;
}

void id_map_free(struct id_map *m)
{
	if (!m)
		return;
	free(m->places);
	free(m);
}

static size_t home(const struct id_map *m, const uint8_t id[ID_BYTES])
{
	uint64_t h;

	memcpy(&h, id, sizeof(h));
	return (size_t)h & m->mask;
}

/* Where the id is, or the free place where it would go. */
static struct id_place *find(const struct id_map *m, const uint8_t id[ID_BYTES])
{
	size_t i = home(m, id);

	while (m->places[i].used && memcmp(m->places[i].id, id, ID_BYTES))
		i = (i + 1) & m->mask;
	return &m->places[i];
}

static int grow(struct id_map *m)
{
	struct id_map *bigger;
	int err = id_map_new(&bigger, m->mask + 1);

	if (err)
		return err;
	for (size_t i = 0; i <= m->mask; i++)
		if (m->places[i].used)
			*find(bigger, m->places[i].id) = m->places[i];
	free(m->places);
	m->places = bigger->places;
	m->mask = bigger->mask;
	free(bigger);
	return 0;
}

int id_map_put(struct id_map *m, const uint8_t id[ID_BYTES], uint32_t value)
{
	struct id_place *p;

	if (2 * (m->count + 1) > m->mask + 1) {
		int err = grow(m);

		if (err)
			return err;
	}
	p = find(m, id);
	m->count += !p->used;
	p->used = true;
	memcpy(p->id, id, ID_BYTES);
	p->value = value;
	return 0;
}

int id_map_get(const struct id_map *m, const uint8_t id[ID_BYTES],
	       uint32_t *ret_value)
{
	const struct id_place *p = find(m, id);

	if (!p->used)
		return ENOENT;
	*ret_value = p->value;
	return 0;
}

void id_map_remove(struct id_map *m, const uint8_t id[ID_BYTES])
{
	struct id_place *p = find(m, id);
	size_t hole, i;

	if (!p->used)
		return;
	p->used = false;
	m->count--;
	/* what was pushed past the hole moves back into it */
	hole = (size_t)(p - m->places);
	for (i = (hole + 1) & m->mask; m->places[i].used;
	     i = (i + 1) & m->mask) {
		size_t from = home(m, m->places[i].id);

		if (((i - from) & m->mask) < ((i - hole) & m->mask))
			continue;
		m->places[hole] = m->places[i];
		m->places[i].used = false;
		hole = i;
	}
}
