#include "process/ledger/book.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process/ledger/match.h"
#include "process/ledger/outcome.h"

enum { PATH_BYTES = 640 };

/* Leaves that are in the transaction, to be appended once it is durable. */
struct leaves {
	uint8_t *p;
	size_t len, max;
};

struct book {
	struct database *db;
	struct folder *folder;
	const struct note_signer *signer;
	uint64_t next; /* entry */
	struct leaves leaves;
	bool open; /* a transaction is */
	bool rolled_back, stale;
};

const char *book_origin(const struct book *b)
{
	return b->signer->key.name;
}

struct database *book_database(struct book *b)
{
	return b->db;
}

struct folder *book_folder(struct book *b)
{
	return b->folder;
}

bool book_waiting(const struct book *b)
{
	return b->open;
}

int book_begin(struct book *b)
{
	int err;

	if (b->rolled_back)
		return EPERM;
	if (b->open)
		return 0;
	err = database_begin(b->db);
	b->open = !err;
	return err;
}

/* ---- entering */

static int leaves_put(struct leaves *l, const uint8_t *leaf, size_t len)
{
	struct writer w;

	if (l->max - l->len < len + 2) {
		size_t max = l->max ? 2 * l->max : 64 * 1024;
		uint8_t *p = realloc(l->p, max);

		if (!p)
			return ENOMEM;
		l->p = p;
		l->max = max;
	}
	w = writer_on(l->p + l->len, l->max - l->len);
	if (bundle_put(&w, leaf, len))
		return EMSGSIZE;
	l->len += w.len;
	return 0;
}

/* EEXIST for an event that was told before; then *ret_entry is its entry. */
static int put_row(struct book *b, const struct database_entry *row,
		   uint64_t *ret_entry)
{
	int err = database_entry_put(b->db, row);

	if (err != EEXIST)
		return err;
	err = database_event_find(b->db, row->event, ret_entry);
	return err ? EIO : EEXIST;
}

int book_enter(struct book *b, const struct book_event *e, uint64_t *ret_entry)
{
	struct text type = text_of(event_type_text(e->type));
	uint8_t salt[LEAF_SALT_BYTES], commitment[LEAF_COMMITMENT_BYTES];
	uint8_t leaf[LEAF_MAX];
	struct writer w = writer_on(leaf, sizeof(leaf));
	struct database_entry row = { .entry = b->next,
				      .type = type,
				      .at_ms = e->at_ms,
				      .salt = { salt, sizeof(salt) },
				      .details = e->details };
	int err = book_begin(b);

	if (err)
		return err;
	randombytes_buf(salt, sizeof(salt));
	leaf_commit(salt, e->details, commitment);
	err = leaf_write(&w, type, e->organisation, e->at_ms, commitment);
	if (err)
		return err;
	memcpy(row.event, e->id, ID_BYTES);
	row.leaf = (struct text){ (const char *)leaf, w.len };
	err = put_row(b, &row, ret_entry);
	if (err)
		return err == EEXIST ? 0 : err;
	err = leaves_put(&b->leaves, leaf, w.len);
	if (!err)
		err = outcome_note(b->db, e, b->next);
	/* EINVAL is for leaves alone; here it would leave half an entry */
	if (err)
		return err == EINVAL ? EIO : err;
	*ret_entry = b->next++;
	return 0;
}

int book_recording_put(struct book *b, const struct database_recording *r)
{
	int err = book_begin(b);

	return err ? err : database_recording_put(b->db, r);
}

int book_recording_end(struct book *b, const struct database_recording *r)
{
	int err = book_begin(b);

	return err ? err : database_recording_end(b->db, r);
}

int book_pulled(struct book *b, struct text feed, struct text cursor)
{
	int err = book_begin(b);

	return err ? err : database_pulled_put(b->db, feed, cursor);
}

int book_keep(struct book *b, const struct database_kept *k)
{
	int err = book_begin(b);

	return err ? err : database_kept_put(b->db, k);
}

/* ---- making it last */

static int append_leaves(struct book *b)
{
	struct reader r = reader_on(b->leaves.p, b->leaves.len);
	struct bytes leaf;
	int err = 0;

	while (!err && !bundle_next(&r, &leaf))
		err = folder_append(b->folder, leaf.p, leaf.len);
	b->leaves.len = 0;
	return err;
}

/*
 * Order is the point: the database holds what the log will say before the log
 * says it, and the checkpoint speaks only of tiles that are on the disk.
 */
int book_flush(struct book *b)
{
	struct merkle_hash root;
	int err;

	if (!b->open)
		return 0;
	folder_root(b->folder, &root);
	err = database_mark_put(b->db, folder_published(b->folder), &root);
	if (!err)
		err = database_commit(b->db);
	b->open = false;
	if (!err && b->leaves.len)
		err = append_leaves(b);
	if (!err && folder_size(b->folder) != folder_published(b->folder)) {
		err = folder_sync(b->folder);
		if (!err)
			err = folder_publish(b->folder, b->signer);
	}
	return err;
}

int book_forget(struct book *b, int64_t now_ms, unsigned *ret_count)
{
	int err = book_flush(b);

	return err ? err : database_kept_forget(b->db, now_ms, ret_count);
}

void book_disown(struct book *b)
{
	b->stale = true;
}

int book_check(struct book *b)
{
	if (b->rolled_back || b->stale)
		return ESTALE;
	b->stale = folder_still_ours(b->folder) != 0;
	return b->stale ? ESTALE : 0;
}

/* ---- opening */

static int open_all(struct book *b, const char *dir)
{
	char path[PATH_BYTES];
	int err;

	(void)snprintf(path, sizeof(path), "%s/db.sqlite", dir);
	err = database_open(&b->db, path);
	if (!err)
		err = database_count(b->db, &b->next);
	if (err)
		return err;
	(void)snprintf(path, sizeof(path), "%s/log", dir);
	err = folder_open(&b->folder, path, &b->signer->key);
	if (!err && b->next < folder_published(b->folder))
		err = EBADMSG;
	if (!err)
		err = match_hold(b->db, b->folder, path);
	return err ? err : match_complete(b->db, b->folder, b->next, b->signer);
}

int book_open(struct book **ret, const char *dir,
	      const struct note_signer *signer, bool *ret_rolled_back)
{
	struct book *b = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return ENOMEM;
	b->signer = signer;
	err = strlen(dir) + 16 > PATH_BYTES ? EMSGSIZE : open_all(b, dir);
	if (err == EBADMSG || err == ENOKEY) {
		/* not the log that we wrote, or not the database of it */
		b->rolled_back = true;
		err = 0;
	}
	if (err) {
		book_close(b);
		return err;
	}
	*ret_rolled_back = b->rolled_back;
	*ret = b;
	return 0;
}

void book_close(struct book *b)
{
	if (!b)
		return;
	folder_close(b->folder);
	database_close(b->db);
	free(b->leaves.p);
	free(b);
}
