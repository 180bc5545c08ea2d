#include "tlog/tile.h"

#include <assert.h>
#include <stdio.h>

void tile_path(const struct tile_name *t, char to[TILE_PATH_MAX])
{
	struct writer w = writer_on(to, TILE_PATH_MAX - 1);
	uint64_t rest = t->index;
	uint64_t div = 1;

	if (t->level == TILE_ENTRIES)
		writer_str(&w, "tile/entries/");
	else
		writer_printf(&w, "tile/%u/", t->level);
	/* groups of three digits, an x before all but the last */
	while (rest / div >= 1000)
		div *= 1000;
	for (; div > 1; div /= 1000)
		writer_printf(&w, "x%03u/", (unsigned)(rest / div % 1000));
	writer_printf(&w, "%03u", (unsigned)(rest % 1000));
	if (t->width < TILE_WIDTH)
		writer_printf(&w, ".p/%u", t->width);
	assert(!w.full);
	to[w.len] = '\0';
}

/* "x001/x234/067", exactly; what follows stays in t. */
static int read_index(struct text *t, uint64_t *ret)
{
	uint64_t index = 0;

	for (;;) {
		bool more = text_take(t, "x");
		uint64_t group;

		if (t->len < 3 ||
		    text_u64((struct text){ t->p, 3 }, 0, 999, &group) ||
		    index > (UINT64_MAX - group) / 1000)
			return EBADMSG;
		index = index * 1000 + group;
		t->p += 3;
		t->len -= 3;
		if (!more)
			break;
		if (!text_take(t, "/"))
			return EBADMSG;
	}
	*ret = index;
	return 0;
}

int tile_path_read(struct text path, struct tile_name *ret)
{
	struct tile_name name = { .width = TILE_WIDTH };
	char again[TILE_PATH_MAX];
	struct text t = path;
	uint64_t width;

	if (text_take(&t, "tile/entries/")) {
		name.level = TILE_ENTRIES;
	} else {
		if (!text_take(&t, "tile/") || t.len < 2 || t.p[0] < '0' ||
		    t.p[0] >= '0' + TILE_LEVELS || t.p[1] != '/')
			return EBADMSG;
		name.level = (unsigned)(t.p[0] - '0');
		t.p += 2;
		t.len -= 2;
	}
	if (read_index(&t, &name.index))
		return EBADMSG;
	if (t.len) {
		if (!text_take(&t, ".p/") ||
		    text_u64(t, 1, TILE_WIDTH - 1, &width))
			return EBADMSG;
		name.width = (unsigned)width;
	}
	/* one spelling a tile: no leading zeros of any kind */
	tile_path(&name, again);
	if (!text_is(path, again))
		return EBADMSG;
	*ret = name;
	return 0;
}

unsigned tile_width(unsigned level, uint64_t index, uint64_t size)
{
	uint64_t hashes = level == TILE_ENTRIES ? size : size >> (8 * level);
	uint64_t full = hashes / TILE_WIDTH;

	if (index < full)
		return TILE_WIDTH;
	return index == full ? (unsigned)(hashes % TILE_WIDTH) : 0;
}

int tile_hash(const uint8_t *tile, unsigned width, unsigned height, unsigned at,
	      struct merkle_hash *ret)
{
	struct merkle_hash h[TILE_WIDTH];
	unsigned n;

	if (height > 8 || width > TILE_WIDTH || at >= width)
		return EINVAL;
	n = 1u << height;
	if (at % n || at + n > width)
		return EINVAL;
	memcpy(h, tile + (size_t)at * MERKLE_HASH_BYTES,
	       (size_t)n * MERKLE_HASH_BYTES);
	for (; n > 1; n /= 2)
		for (unsigned i = 0; i < n; i += 2)
			merkle_node(&h[i], &h[i + 1], &h[i / 2]);
	*ret = h[0];
	return 0;
}

int bundle_next(struct reader *r, struct bytes *ret)
{
	struct reader at = *r;
	uint16_t len;

	if (reader_u16(&at, &len) || reader_bytes(&at, len, ret))
		return EBADMSG;
	*r = at;
	return 0;
}

int bundle_put(struct writer *w, const void *entry, size_t len)
{
	if (len > TILE_ENTRY_MAX)
		return EMSGSIZE;
	writer_u16(w, (uint16_t)len);
	writer_copy(w, entry, len);
	return writer_finish(w);
}

void tile_reader_init(struct tile_reader *t, tile_fetch_h *fetch, void *arg,
		      uint64_t size)
{
	t->fetch = fetch;
	t->arg = arg;
	t->size = size;
	for (unsigned i = 0; i < TILE_LEVELS; i++)
		t->kept[i].name.width = 0;
}

int tile_reader_hash(void *arg, unsigned level, uint64_t index,
		     struct merkle_hash *ret)
{
	struct tile_reader *t = arg;
	unsigned tile_level = level / 8, height = level % 8, at;
	struct tile_name *kept;
	struct tile_name name;
	size_t len = 0;
	int err;

	if (tile_level >= TILE_LEVELS || index > UINT64_MAX >> height)
		return EINVAL;
	kept = &t->kept[tile_level].name;
	name.level = tile_level;
	name.index = (index << height) / TILE_WIDTH;
	name.width = tile_width(tile_level, name.index, t->size);
	at = (unsigned)((index << height) % TILE_WIDTH);
	if (at + (1u << height) > name.width)
		return EINVAL;
	if (!kept->width || kept->index != name.index) {
		kept->width = 0;
		err = t->fetch(t->arg, &name, t->kept[tile_level].bytes, &len);
		if (err)
			return err;
		if (len != (size_t)name.width * MERKLE_HASH_BYTES)
			return EBADMSG;
		*kept = name;
	}
	return tile_hash(t->kept[tile_level].bytes, name.width, height, at,
			 ret);
}
