/*
 * tile -- how a log lies in files (C2SP tlog-tiles)
 *
 * A tile of level L holds up to 256 hashes, each of a complete subtree of
 * 256^L leaves. An entry bundle holds up to 256 entries, each behind its
 * length in 16 bits. What is narrower than 256 is partial and has its width in
 * its name: tile/0/x001/234.p/17. Empty tiles do not exist. Pure.
 */
#ifndef VAXEL_TLOG_TILE_H
#define VAXEL_TLOG_TILE_H

#include "tlog/merkle.h"

#define TILE_WIDTH 256
#define TILE_BYTES (TILE_WIDTH * MERKLE_HASH_BYTES)
#define TILE_LEVELS 8
#define TILE_PATH_MAX 64
#define TILE_ENTRY_MAX 65535
#define TILE_BUNDLE_MAX (TILE_WIDTH * (TILE_ENTRY_MAX + 2))

/* In place of a level: the bundle of entries. */
#define TILE_ENTRIES TILE_LEVELS

struct tile_name {
	unsigned level; /* 0..7, or TILE_ENTRIES */
	uint64_t index;
	unsigned width; /* 1..256 */
};

/* "tile/0/x001/234.p/17", no leading slash. */
void tile_path(const struct tile_name *t, char to[TILE_PATH_MAX]);

/* The only spelling of that path, or EBADMSG. */
int tile_path_read(struct text path, struct tile_name *ret) CHECK_RESULT;

/*
 * How wide the tile is in a log of so many entries; 0 when there is none.
 */
unsigned tile_width(unsigned level, uint64_t index, uint64_t size);

/*
 * The hash of the complete subtree of 2^height hashes that starts at hash
 * `at`, which is a multiple of 2^height; height 0..8. EINVAL outside.
 */
int tile_hash(const uint8_t *tile, unsigned width, unsigned height, unsigned at,
	      struct merkle_hash *ret) CHECK_RESULT;

/* One entry from a bundle; EBADMSG when cut off. */
int bundle_next(struct reader *r, struct bytes *ret) CHECK_RESULT;

/* EMSGSIZE past 65,535 bytes. */
int bundle_put(struct writer *w, const void *entry, size_t len) CHECK_RESULT;

/*
 * Read hashes of subtrees from the tiles of a log of `size` entries.
 *
 * Fetch the tile; `ret` has room for TILE_BYTES; ret_len is what came. A tile
 * of another length than its width says is EBADMSG. The last tile of each
 * level is kept, so that a walk does not fetch it for every hash.
 */
typedef int tile_fetch_h(void *arg, const struct tile_name *name, uint8_t *ret,
			 size_t *ret_len);

struct tile_reader {
	tile_fetch_h *fetch;
	void *arg;
	uint64_t size;
	struct {
		struct tile_name name; /* width 0: none kept */
		uint8_t bytes[TILE_BYTES];
	} kept[TILE_LEVELS];
};

void tile_reader_init(struct tile_reader *t, tile_fetch_h *fetch, void *arg,
		      uint64_t size);

/* A merkle_read_h; arg is the struct tile_reader. */
int tile_reader_hash(void *arg, unsigned level, uint64_t index,
		     struct merkle_hash *ret);

#endif
