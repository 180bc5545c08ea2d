#include "tlog/folder.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tlog/folder_file.h"

/* The tile of a level that is being filled, and how much of it lies in files.
 */
struct level {
	uint8_t bytes[TILE_BYTES];
	uint64_t index;
	unsigned width;
	unsigned stored;
};

struct folder {
	int dir_fd;
	char dir[512];
	struct note_key key;
	struct merkle_edge edge;
	struct level levels[TILE_LEVELS];
	uint8_t *bundle; /* of the entries beyond the last full one */
	size_t bundle_len, bundle_max;
	bool failed; /* a write failed: memory is ahead of what lies in files */
	uint64_t synced, published;
	uint64_t cleaned; /* partial tiles below this many entries are gone */
	char note[NOTE_MAX];
	size_t note_len;
};

uint64_t folder_size(const struct folder *f)
{
	return f->edge.size;
}

uint64_t folder_published(const struct folder *f)
{
	return f->published;
}

int folder_fd(const struct folder *f)
{
	return f->dir_fd;
}

void folder_root(const struct folder *f, struct merkle_hash *ret)
{
	merkle_edge_root(&f->edge, ret);
}

struct text folder_note(const struct folder *f)
{
	return (struct text){ f->note, f->note_len };
}

static int bundle_reserve(struct folder *f, size_t more)
{
	size_t max = f->bundle_max ? f->bundle_max : 64 * 1024;
	uint8_t *p;

	if (f->bundle_len + more <= f->bundle_max)
		return 0;
	while (max < f->bundle_len + more)
		max *= 2;
	p = realloc(f->bundle, max);
	if (!p)
		return ENOMEM;
	f->bundle = p;
	f->bundle_max = max;
	return 0;
}

static int store_tile(struct folder *f, unsigned level, const void *p,
		      size_t len)
{
	/* the bundle goes with the hashes of its entries */
	const struct level *l = &f->levels[level == TILE_ENTRIES ? 0 : level];
	struct tile_name name = { level, l->index, l->width };
	char path[TILE_PATH_MAX];

	tile_path(&name, path);
	return file_write(f->dir_fd, path, p, len, 0644);
}

static int store_level(struct folder *f, unsigned level)
{
	struct level *l = &f->levels[level];
	int err = 0;

	if (l->stored == l->width)
		return 0;
	if (!level)
		err = store_tile(f, TILE_ENTRIES, f->bundle, f->bundle_len);
	if (!err)
		err = store_tile(f, level, l->bytes,
				 (size_t)l->width * MERKLE_HASH_BYTES);
	if (!err)
		l->stored = l->width;
	return err;
}

/* One hash more at that level; a tile that it fills goes up as one hash. */
static int level_put(struct folder *f, unsigned level, struct merkle_hash h)
{
	for (; level < TILE_LEVELS; level++) {
		struct level *l = &f->levels[level];
		int err;

		memcpy(l->bytes + (size_t)l->width * MERKLE_HASH_BYTES, h.b,
		       MERKLE_HASH_BYTES);
		l->width++;
		if (l->width < TILE_WIDTH)
			return 0;
		err = store_level(f, level);
		if (!err)
			err = tile_hash(l->bytes, TILE_WIDTH, 8, 0, &h);
		if (err)
			return err;
		l->width = 0;
		l->stored = 0;
		l->index++;
		if (!level)
			f->bundle_len = 0;
	}
	return EMSGSIZE; /* more than 2^64 entries: cannot be */
}

int folder_append(struct folder *f, const void *entry, size_t len)
{
	struct merkle_hash h;
	struct writer w;
	int err;

	if (f->failed)
		return EIO;
	if (len > TILE_ENTRY_MAX)
		return EMSGSIZE;
	err = bundle_reserve(f, len + 2);
	if (err)
		return err;
	w = writer_on(f->bundle + f->bundle_len, len + 2);
	err = bundle_put(&w, entry, len);
	if (err)
		return err;
	f->bundle_len += w.len;
	merkle_leaf(entry, len, &h);
	merkle_edge_append(&f->edge, &h);
	err = level_put(f, 0, h);
	f->failed = err != 0;
	return err;
}

int folder_sync(struct folder *f)
{
	int err = f->failed ? EIO : 0;

	for (unsigned level = 0; !err && level < TILE_LEVELS; level++)
		err = store_level(f, level);
	if (!err)
		f->synced = f->edge.size;
	return err;
}

/*
 * Partial tiles may go once the full one stands and is published. What a crash
 * leaves behind is harmless.
 */
static void remove_partials(struct folder *f)
{
	for (unsigned level = 0; level <= TILE_LEVELS; level++) {
		unsigned shift = level == TILE_ENTRIES ? 8 : 8 * (level + 1);
		uint64_t from, to;

		if (shift > 56)
			continue;
		from = f->cleaned >> shift;
		to = f->published >> shift;
		for (uint64_t i = from; i < to; i++) {
			struct tile_name name = { level, i, 1 };
			char path[TILE_PATH_MAX];

			tile_path(&name, path);
			*strrchr(path, '/') = '\0';
			file_remove_folder(f->dir_fd, path);
		}
	}
	f->cleaned = f->published;
}

int folder_publish(struct folder *f, const struct note_signer *s)
{
	char note[NOTE_TEXT_MAX];
	struct writer w = writer_on(note, sizeof(note));
	struct merkle_hash root;
	int err;

	if (f->failed || f->synced != f->edge.size)
		return EPROTO;
	merkle_edge_root(&f->edge, &root);
	err = checkpoint_sign(&w, f->key.name, f->edge.size, &root, s);
	if (!err)
		err = file_write(f->dir_fd, "checkpoint", note, w.len, 0644);
	if (err)
		return err;
	memcpy(f->note, note, w.len);
	f->note_len = w.len;
	f->published = f->edge.size;
	remove_partials(f);
	return 0;
}

int folder_cosigned(struct folder *f, struct text note)
{
	struct text was, is;
	int err;

	if (note_text(note, &is) || note_text(folder_note(f), &was) ||
	    is.len != was.len || memcmp(is.p, was.p, is.len) != 0)
		return EPROTO;
	if (note.len > sizeof(f->note))
		return EMSGSIZE;
	err = file_write(f->dir_fd, "checkpoint", note.p, note.len, 0644);
	if (err)
		return err;
	memcpy(f->note, note.p, note.len);
	f->note_len = note.len;
	return 0;
}

/* ---- opening */

/* Take the last, partial tile of each level up again. */
static int load_levels(struct folder *f)
{
	struct folder_source source = { f->dir_fd };

	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		struct level *l = &f->levels[level];
		uint64_t hashes = f->edge.size >> (8 * level);
		struct tile_name name = { level, hashes / TILE_WIDTH,
					  (unsigned)(hashes % TILE_WIDTH) };
		size_t len;
		int err;

		l->index = name.index;
		if (!name.width)
			continue;
		err = folder_fetch(&source, &name, l->bytes, &len);
		if (err)
			return err;
		if (len != (size_t)name.width * MERKLE_HASH_BYTES)
			return EBADMSG;
		l->width = name.width;
		l->stored = name.width;
	}
	return 0;
}

/* Each entry of the last bundle has its hash in the tile. */
static int hold_bundle(const struct level *l, const uint8_t *buf, size_t len,
		       size_t *ret_len)
{
	struct reader r = reader_on(buf, len);

	for (unsigned i = 0; i < l->width; i++) {
		struct merkle_hash h;
		struct bytes entry;

		if (bundle_next(&r, &entry))
			return EBADMSG;
		merkle_leaf(entry.p, entry.len, &h);
		if (memcmp(h.b, l->bytes + (size_t)i * MERKLE_HASH_BYTES,
			   MERKLE_HASH_BYTES) != 0)
			return EBADMSG;
	}
	*ret_len = (size_t)(r.at - buf);
	return 0;
}

/*
 * A bundle may have 16 MiB and mostly has less than 100 kB; the caller's memory
 * may be locked and small.
 */
static int load_bundle(struct folder *f)
{
	const struct level *l = &f->levels[0];
	struct tile_name name = { TILE_ENTRIES, l->index, l->width };
	int err = 0;

	if (!l->width)
		return 0;
	for (size_t room = 128 * 1024; room / 4 < TILE_BUNDLE_MAX; room *= 4) {
		size_t len;

		err = bundle_reserve(f, room);
		if (err)
			return err;
		err = folder_fetch_bundle(f->dir_fd, &name, f->bundle,
					  f->bundle_max, &len);
		if (!err)
			return hold_bundle(l, f->bundle, len, &f->bundle_len);
		if (err != EMSGSIZE)
			return err;
	}
	return EBADMSG;
}

static int load(struct folder *f)
{
	struct folder_source source = { f->dir_fd };
	struct tile_reader *tiles;
	struct merkle_hash root;
	struct checkpoint c;
	int err = folder_read_note(f->dir_fd, f->note, sizeof(f->note),
				   &f->note_len);

	if (err == ENOENT) {
		f->note_len = 0;
		return 0;
	}
	if (!err)
		err = checkpoint_open(folder_note(f), f->key.name, &f->key,
				      NULL, 0, &c, NULL);
	if (err)
		return err;
	tiles = malloc(sizeof(*tiles));
	if (!tiles)
		return ENOMEM;
	tile_reader_init(tiles, folder_fetch, &source, c.size);
	err = merkle_edge_read(tile_reader_hash, tiles, c.size, &f->edge);
	free(tiles);
	if (!err) {
		merkle_edge_root(&f->edge, &root);
		err = merkle_same(&root, &c.root) ? 0 : EBADMSG;
	}
	if (!err)
		err = load_levels(f);
	if (!err)
		err = load_bundle(f);
	f->synced = f->published = f->cleaned = c.size;
	/* a tile that the checkpoint needs is missing: no whole log */
	return err == ENOENT ? EBADMSG : err;
}

int folder_open(struct folder **ret, const char *dir,
		const struct note_key *key)
{
	struct folder *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return ENOMEM;
	f->key = *key;
	f->dir_fd = -1;
	err = text_copy(f->dir, sizeof(f->dir), text_of(dir));
	if (!err && mkdir(dir, 0755) && errno != EEXIST)
		err = errno;
	if (!err) {
		f->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		err = f->dir_fd < 0 ? errno : 0;
	}
	if (!err && flock(f->dir_fd, LOCK_EX | LOCK_NB))
		err = errno == EWOULDBLOCK ? EAGAIN : errno;
	if (!err)
		err = load(f);
	if (err) {
		folder_close(f);
		return err;
	}
	*ret = f;
	return 0;
}

void folder_close(struct folder *f)
{
	if (!f)
		return;
	if (f->dir_fd >= 0)
		(void)close(f->dir_fd);
	free(f->bundle);
	free(f);
}

/* ---- is it still the log that we wrote? */

static int same_folder(const struct folder *f)
{
	struct stat by_fd, by_name;

	if (fstat(f->dir_fd, &by_fd) || stat(f->dir, &by_name))
		return ESTALE;
	return by_fd.st_nlink && by_fd.st_dev == by_name.st_dev &&
			       by_fd.st_ino == by_name.st_ino
		       ? 0
		       : ESTALE;
}

static int same_file(const struct folder *f, const char *path, const void *p,
		     size_t len)
{
	uint8_t *buf = malloc(len + 1);
	size_t is = 0;
	int err;

	if (!buf)
		return ENOMEM;
	err = file_read(f->dir_fd, path, buf, len + 1, &is);
	if (err || is != len || memcmp(buf, p, len) != 0)
		err = ESTALE;
	free(buf);
	return err;
}

int folder_still_ours(struct folder *f)
{
	const struct level *l = &f->levels[0];
	struct tile_name name = { 0, l->index, l->stored };
	char path[TILE_PATH_MAX];
	int err = same_folder(f);

	if (!err && f->note_len)
		err = same_file(f, "checkpoint", f->note, f->note_len);
	/* entries that are appended but not stored yet are not looked for */
	if (err || !l->stored || l->stored != l->width)
		return err;
	tile_path(&name, path);
	err = same_file(f, path, l->bytes,
			(size_t)l->stored * MERKLE_HASH_BYTES);
	if (err)
		return err;
	name.level = TILE_ENTRIES;
	tile_path(&name, path);
	return same_file(f, path, f->bundle, f->bundle_len);
}
