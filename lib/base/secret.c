#include "base/secret.h"

#include <assert.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { CELL = 64 };

static struct {
	uint8_t *base;
	bool *used; /* one flag a cell, outside the locked pages */
	size_t cells;
	size_t hint;
} slab;

int secret_init(size_t slab_bytes)
{
	size_t cells = slab_bytes / CELL;

	assert(!slab.base);
	slab.used = calloc(cells, sizeof(*slab.used));
	if (!slab.used)
		return ENOMEM;
	slab.base = mmap(NULL, cells * CELL, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (slab.base == MAP_FAILED || mlock(slab.base, cells * CELL)) {
		if (slab.base != MAP_FAILED)
			(void)munmap(slab.base, cells * CELL);
		free(slab.used);
		slab.base = NULL;
		slab.used = NULL;
		return ENOMEM;
	}
	(void)madvise(slab.base, cells * CELL, MADV_DONTDUMP);
	slab.cells = cells;
	return 0;
}

static bool run_is_free(size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++)
		if (slab.used[i])
			return false;
	return true;
}

struct secret *secret_new(size_t len)
{
	size_t n = (sizeof(struct secret) + len + CELL - 1) / CELL;

	if (!slab.base || n > slab.cells)
		return NULL;
	for (size_t i = 0; i < slab.cells; i++) {
		size_t at = (slab.hint + i) % slab.cells;
		struct secret *s;

		if (at + n > slab.cells || !run_is_free(at, n))
			continue;
		for (size_t k = at; k < at + n; k++)
			slab.used[k] = true;
		slab.hint = at + n;
		s = (struct secret *)(void *)(slab.base + at * CELL);
		s->len = len;
		return s;
	}
	return NULL;
}

void secret_free(struct secret *s)
{
	size_t at, n;

	if (!s)
		return;
	at = (size_t)((uint8_t *)s - slab.base) / CELL;
	n = (sizeof(struct secret) + s->len + CELL - 1) / CELL;
	assert(at + n <= slab.cells);
	sodium_memzero(s, n * CELL);
	for (size_t k = at; k < at + n; k++)
		slab.used[k] = false;
}
