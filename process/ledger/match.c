#include "process/ledger/match.h"

#include <stdlib.h>

struct held {
	struct tile_reader tiles;
	struct folder_source source;
};

/* Does the database hold the leaf that the log has at that place? */
static int hold_leaf(void *arg, const struct database_entry *e)
{
	struct held *h = arg;
	struct merkle_hash is, want;
	int err = tile_reader_hash(&h->tiles, 0, e->entry, &want);

	merkle_leaf(e->leaf.p, e->leaf.len, &is);
	return err ? err : merkle_same(&is, &want) ? 0 : EBADMSG;
}

/* The root at the mark, from the tiles, is that of the mark. */
static int hold_mark(struct database *db, uint64_t published, struct held *h)
{
	struct merkle_edge edge;
	struct merkle_hash want, root;
	uint64_t size;
	int err = database_mark(db, &size, &want);

	if (err == ENOENT)
		return 0;
	/* files of the log that went missing come back from the database */
	if (err || size > published)
		return err;
	err = merkle_edge_read(tile_reader_hash, &h->tiles, size, &edge);
	if (err)
		return err;
	merkle_edge_root(&edge, &root);
	return merkle_same(&root, &want) ? 0 : EBADMSG;
}

int match_hold(struct database *db, struct folder *folder, const char *dir)
{
	const uint64_t size = folder_published(folder);
	struct held *h;
	int err;

	h = calloc(1, sizeof(*h));
	if (!h)
		return ENOMEM;
	err = folder_source_open(&h->source, dir);
	if (!err) {
		tile_reader_init(&h->tiles, folder_fetch, &h->source, size);
		err = hold_mark(db, size, h);
	}
	if (!err)
		err = database_entries(
			db, size > 2 * TILE_WIDTH ? size - 2 * TILE_WIDTH : 0,
			size, hold_leaf, h);
	folder_source_close(&h->source);
	free(h);
	return err;
}

static int append_entry(void *arg, const struct database_entry *e)
{
	struct folder *folder = arg;

	/* a gap in the database: leaves are missing from it */
	if (e->entry != folder_size(folder))
		return EBADMSG;
	return folder_append(folder, e->leaf.p, e->leaf.len);
}

int match_complete(struct database *db, struct folder *folder, uint64_t count,
		   const struct note_signer *signer)
{
	int err = database_entries(db, folder_size(folder), count, append_entry,
				   folder);

	if (!err && folder_size(folder) != count)
		err = EBADMSG;
	if (!err)
		err = folder_sync(folder);
	/* the first checkpoint is that of the empty log */
	if (!err && (folder_size(folder) != folder_published(folder) ||
		     !folder_note(folder).len))
		err = folder_publish(folder, signer);
	return err;
}
