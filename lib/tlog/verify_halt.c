/*
 * verify_halt -- where a run over a log was, kept
 *
 * A header, whose log it is (SHA-256 of origin, scope, key), the number of
 * entries (a multiple of 256), the hashes of the tree's right edge, those of
 * each tile that is being built, and SHA-256 of all this. How many hashes there
 * are follows from the number of entries.
 */
#include <sodium.h>

#include "tlog/verify_run.h"

static const char header[] = "vaxel/verify/1\n";

enum { DIGEST = crypto_hash_sha256_BYTES };

static void whose(const struct verify *v, uint8_t ret[DIGEST])
{
	char key[NOTE_KEY_TEXT_MAX];
	crypto_hash_sha256_state st;
	const char *origin = v->origin ? v->origin : "";
	const char *scope = v->scope ? v->scope : "";

	note_key_text(v->key, key);
	(void)crypto_hash_sha256_init(&st);
	(void)crypto_hash_sha256_update(&st, (const uint8_t *)origin,
					strlen(origin) + 1);
	(void)crypto_hash_sha256_update(&st, (const uint8_t *)scope,
					strlen(scope) + 1);
	(void)crypto_hash_sha256_update(&st, (const uint8_t *)key, strlen(key));
	(void)crypto_hash_sha256_final(&st, ret);
}

static unsigned edge_hashes(uint64_t size)
{
	return (unsigned)__builtin_popcountll(size);
}

/* Of the tile of that level which begins to be built after so many entries. */
static unsigned width_at(unsigned level, uint64_t size)
{
	return (unsigned)(size >> (8 * level)) % TILE_WIDTH;
}

int verify_halt_write(const struct verify_run *r, struct writer *w)
{
	uint8_t digest[DIGEST];
	size_t from = w->len;

	if (r->edge.size % TILE_WIDTH)
		return EINVAL;
	writer_str(w, header);
	whose(r->v, digest);
	writer_copy(w, digest, sizeof(digest));
	writer_u64(w, r->edge.size);
	writer_copy(w, r->edge.top,
		    edge_hashes(r->edge.size) * sizeof(r->edge.top[0]));
	for (unsigned level = 1; level < TILE_LEVELS; level++)
		writer_copy(w, r->built[level].bytes,
			    (size_t)r->built[level].width * MERKLE_HASH_BYTES);
	if (writer_finish(w))
		return EMSGSIZE;
	(void)crypto_hash_sha256(digest, w->buf + from, w->len - from);
	writer_copy(w, digest, sizeof(digest));
	return writer_finish(w);
}

struct halt {
	struct bytes whose;
	uint64_t size;
	struct bytes edge;
	struct bytes tiles[TILE_LEVELS];
};

static int read_halt(struct bytes b, struct halt *ret)
{
	struct reader r = reader_on(b.p, b.len);
	uint8_t digest[DIGEST];
	struct bytes sum;
	struct text head;

	if (b.len < DIGEST || reader_text(&r, sizeof(header) - 1, &head) ||
	    !text_is(head, header) || reader_bytes(&r, DIGEST, &ret->whose) ||
	    reader_u64(&r, &ret->size) || !ret->size ||
	    ret->size % TILE_WIDTH ||
	    reader_bytes(&r,
			 edge_hashes(ret->size) * sizeof(struct merkle_hash),
			 &ret->edge))
		return EBADMSG;
	for (unsigned level = 1; level < TILE_LEVELS; level++)
		if (reader_bytes(&r,
				 (size_t)width_at(level, ret->size) *
					 MERKLE_HASH_BYTES,
				 &ret->tiles[level]))
			return EBADMSG;
	(void)crypto_hash_sha256(digest, b.p, b.len - DIGEST);
	return reader_bytes(&r, DIGEST, &sum) || reader_end(&r) ||
			       memcmp(sum.p, digest, DIGEST) != 0
		       ? EBADMSG
		       : 0;
}

int verify_halt_read(struct bytes b, uint64_t *ret_entries)
{
	struct halt h;
	int err = read_halt(b, &h);

	if (!err)
		*ret_entries = h.size;
	return err;
}

int verify_run_resume(struct verify_run *r, struct bytes b)
{
	uint8_t mine[DIGEST];
	struct halt h;

	whose(r->v, mine);
	if (read_halt(b, &h) || memcmp(h.whose.p, mine, DIGEST) != 0 ||
	    h.size > r->size)
		return EINVAL;
	r->edge.size = h.size;
	memcpy(r->edge.top, h.edge.p, h.edge.len);
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		r->built[level].width = width_at(level, h.size);
		r->built[level].index = level + 1 < TILE_LEVELS
						? h.size >> (8 * (level + 1))
						: 0;
		if (level)
			memcpy(r->built[level].bytes, h.tiles[level].p,
			       h.tiles[level].len);
	}
	return 0;
}
