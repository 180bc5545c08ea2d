/*
 * database_scrub -- what SQLite leaves behind of bytes that were overwritten
 *
 * secure_delete overwrites what is deleted where it lies. But when SQLite moves
 * rows to other pages, to make room, it leaves the old bytes in the middle of
 * the page, between the list of its cells and their contents, until something
 * else is written there. A row that is erased later was perhaps moved before:
 * so the middle of every page is zeroed. Format: sqlite.org/fileformat2.html,
 * 1.6, "B-tree Pages".
 */
#include <stdlib.h>

#include "process/ledger/sql.h"

enum {
	PAGE_MAX = 65536,
	PAGES_MOST = 0x02000000, /* beyond, a page's number looks like a kind */
	KIND_INDEX_INNER = 2,
	KIND_TABLE_INNER = 5,
	KIND_INDEX_LEAF = 10,
	KIND_TABLE_LEAF = 13,
};

static uint32_t u16_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

/* False: a page of another kind, or nothing is left there. */
static bool middle(const uint8_t *page, uint32_t size, bool first,
		   uint32_t *ret_from, uint32_t *ret_to)
{
	const uint32_t at = first ? 100 : 0;
	const uint8_t *h = page + at;
	const bool leaf = *h == KIND_INDEX_LEAF || *h == KIND_TABLE_LEAF;
	uint32_t from, to;

	if (!leaf && *h != KIND_INDEX_INNER && *h != KIND_TABLE_INNER)
		return false;
	from = at + (leaf ? 8 : 12) + 2 * u16_at(h + 3);
	to = u16_at(h + 5);
	if (!to)
		to = PAGE_MAX;
	if (from > to || to > size)
		return false;
	*ret_from = from;
	*ret_to = to;
	while (from < to && !page[from])
		from++;
	return from < to;
}

static int scrub_page(sqlite3_file *f, uint8_t *page, uint32_t size,
		      uint32_t number)
{
	const sqlite3_int64 at = (sqlite3_int64)number * size;
	uint32_t from, to;

	if (f->pMethods->xRead(f, page, (int)size, at) != SQLITE_OK)
		return EIO;
	if (!middle(page, size, number == 0, &from, &to))
		return 0;
	memset(page + from, 0, to - from);
	return f->pMethods->xWrite(f, page + from, (int)(to - from),
				   at + from) == SQLITE_OK
		       ? 0
		       : EIO;
}

static int scrub_file(sqlite3_file *f, uint8_t *page)
{
	sqlite3_int64 bytes;
	uint32_t size;
	int err = 0;

	if (f->pMethods->xFileSize(f, &bytes) != SQLITE_OK ||
	    f->pMethods->xRead(f, page, 100, 0) != SQLITE_OK)
		return EIO;
	size = u16_at(page + 16);
	if (size == 1)
		size = PAGE_MAX;
	if (size < 512 || bytes / size >= PAGES_MOST)
		return EIO;
	for (uint32_t i = 0; !err && i < bytes / size; i++)
		err = scrub_page(f, page, size, i);
	if (!err && f->pMethods->xSync(f, SQLITE_SYNC_NORMAL) != SQLITE_OK)
		err = EIO;
	return err;
}

/*
 * Once the log in front of the file is cut to nothing, the file is all there
 * is; we alone have it open, and nobody reads the middle of a page.
 */
int database_scrub(struct database *db)
{
	sqlite3_file *f = NULL;
	uint8_t *page;
	int err;

	/* pages in memory have the same middle, and would bring it back */
	(void)sqlite3_db_release_memory(db->db);
	if (sqlite3_wal_checkpoint_v2(db->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
				      NULL, NULL) != SQLITE_OK ||
	    sqlite3_file_control(db->db, "main", SQLITE_FCNTL_FILE_POINTER,
				 &f) != SQLITE_OK ||
	    !f || !f->pMethods)
		return EIO;
	page = malloc(PAGE_MAX);
	if (!page)
		return ENOMEM;
	err = scrub_file(f, page);
	free(page);
	return err;
}
