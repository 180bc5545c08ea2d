#include "process/ledger/book.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES = 640, DETAILS_MAX = 256 };

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

static int begin(struct book *b)
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

/* ---- what the details of an event say of calls and recordings */

struct said {
	struct text call, recording;
	enum record_reason reason;
};

static struct text text_in(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_string(v))
		return TEXT("");
	return (struct text){ json_string_value(v), json_string_length(v) };
}

static void read_said(const json_t *o, struct said *ret)
{
	struct text reason = text_in(o, "reason");

	ret->call = text_in(o, "call");
	ret->recording = text_in(o, "recording");
	ret->reason = REASON_NONE;
	for (int i = 0; i < RECORD_REASONS; i++)
		if (text_is(reason, record_reason_text((enum record_reason)i)))
			ret->reason = (enum record_reason)i;
}

static enum record_state state_of(enum event_type type)
{
	switch (type) {
	case EVENT_RECORDING_SEALED:
		return RECORD_SEALED;
	case EVENT_RECORDING_NOT_RECORDED:
		return RECORD_NOT_RECORDED;
	case EVENT_RECORDING_ALARM:
		return RECORD_ALARM;
	case EVENT_RECORDING_RECOVERED:
		return RECORD_RECOVERED;
	default:
		return RECORD_NONE;
	}
}

/* Ours have only such characters, so they stand in JSON as they are. */
static bool is_plain(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if ((t.p[i] < 'a' || t.p[i] > 'z') &&
		    (t.p[i] < 'A' || t.p[i] > 'Z') &&
		    (t.p[i] < '0' || t.p[i] > '9') && t.p[i] != '-')
			return false;
	return t.len && t.len <= 64;
}

static int note_call(struct book *b, const struct book_event *e,
		     const struct said *said)
{
	struct database_call c = {
		said->call, e->at_ms, e->organisation, { NULL, 0 }
	};

	if (!is_plain(said->call))
		return 0;
	if (e->type == EVENT_CALL_ANSWERED)
		return database_call_open(b->db, &c, true);
	if (e->type == EVENT_RECORDING_STARTED) {
		if (is_plain(said->recording))
			c.recording = said->recording;
		return database_call_open(b->db, &c, false);
	}
	if (state_of(e->type) == RECORD_NONE)
		return 0;
	return database_call_close(b->db, said->call, e->at_ms,
				   e->type == EVENT_RECORDING_RECOVERED);
}

/*
 * What the switch says of a recording that it never saw: it has no id of its
 * own, so it is listed under one that follows from the call's.
 */
static void id_of_none(struct text call, uint8_t to[ID_BYTES])
{
	static const char label[] = "vaxel/never-began/1";
	uint8_t digest[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state h;

	(void)crypto_hash_sha256_init(&h);
	(void)crypto_hash_sha256_update(&h, (const uint8_t *)label,
					sizeof(label));
	(void)crypto_hash_sha256_update(&h, (const uint8_t *)call.p, call.len);
	(void)crypto_hash_sha256_final(&h, digest);
	memcpy(to, digest, ID_BYTES);
}

static int note_recording(struct book *b, const struct book_event *e,
			  const struct said *said, uint64_t entry)
{
	struct database_recording r = { .state = state_of(e->type),
					.reason = said->reason,
					.at_ms = e->at_ms,
					.controller = e->organisation,
					.entry = entry };
	bool has_id = !id_read(said->recording, r.id);
	bool has_call = is_plain(said->call);
	uint8_t none[ID_BYTES];
	int err = 0;

	if (r.state == RECORD_NONE || (!has_id && !has_call))
		return 0;
	if (has_call)
		id_of_none(said->call, none);
	if (!has_id)
		memcpy(r.id, none, ID_BYTES);
	else if (has_call && r.state == RECORD_RECOVERED)
		/* it was taken after all, when the switch had given up */
		err = database_recording_forget(b->db, none);
	return err ? err : database_recording_said(b->db, &r);
}

/* Keep the tables of calls and recordings in step with the entries. */
static int note_event(struct book *b, const struct book_event *e,
		      uint64_t entry)
{
	enum record_state state = state_of(e->type);
	struct said said;
	json_t *o;
	int err;

	if (state == RECORD_NONE && e->type != EVENT_CALL_ANSWERED &&
	    e->type != EVENT_RECORDING_STARTED)
		return 0;
	o = json_loadb(e->details.p, e->details.len, 0, NULL);
	read_said(o, &said);
	err = note_call(b, e, &said);
	if (!err)
		err = note_recording(b, e, &said, entry);
	json_decref(o);
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
	int err = begin(b);

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
		err = note_event(b, e, b->next);
	/* EINVAL is for leaves alone; here it would leave half an entry */
	if (err)
		return err == EINVAL ? EIO : err;
	*ret_entry = b->next++;
	return 0;
}

int book_recording_put(struct book *b, const struct database_recording *r)
{
	int err = begin(b);

	return err ? err : database_recording_put(b->db, r);
}

int book_recording_end(struct book *b, const struct database_recording *r)
{
	int err = begin(b);

	return err ? err : database_recording_end(b->db, r);
}

int book_keep(struct book *b, const struct database_kept *k)
{
	int err = begin(b);

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

int book_check(struct book *b)
{
	if (b->rolled_back || b->stale)
		return ESTALE;
	b->stale = folder_still_ours(b->folder) != 0;
	return b->stale ? ESTALE : 0;
}

/* ---- what was interrupted */

struct interrupted {
	struct interrupted *next;
	char organisation[LEAF_ORGANISATION_MAX];
	char details[DETAILS_MAX];
};

/* The table must not change while it is walked: collect first. */
static int collect(void *arg, const struct database_call *c)
{
	struct interrupted **list = arg, *i = calloc(1, sizeof(*i));
	struct writer w;

	if (!i)
		return ENOMEM;
	w = writer_on(i->details, sizeof(i->details) - 1);
	writer_printf(&w, "{\"call\":\"%.*s\"", (int)c->call.len, c->call.p);
	if (c->recording.len)
		writer_printf(&w, ",\"recording\":\"%.*s\"",
			      (int)c->recording.len, c->recording.p);
	writer_str(&w, ",\"reason\":\"interrupted\"}");
	if (w.full || text_copy(i->organisation, sizeof(i->organisation),
				c->organisation)) {
		free(i);
		return 0;
	}
	i->next = *list;
	*list = i;
	return 0;
}

int book_interrupted(struct book *b, int64_t before_ms, int64_t now_ms,
		     unsigned *ret_count)
{
	struct interrupted *list = NULL;
	unsigned count = 0;
	int err = database_calls(b->db, before_ms, collect, &list);

	while (list) {
		struct interrupted *i = list;
		struct book_event e = { .type = EVENT_RECORDING_ALARM,
					.at_ms = now_ms,
					.organisation =
						text_of(i->organisation),
					.details = text_of(i->details) };
		uint64_t entry;

		id_new(e.id);
		if (!err)
			err = book_enter(b, &e, &entry);
		count++;
		list = i->next;
		free(i);
	}
	if (!err)
		*ret_count = count;
	return err;
}

/* ---- opening */

struct held {
	struct tile_reader tiles;
	struct folder_source source;
	struct folder *folder;
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
static int hold_mark(struct book *b, struct held *h)
{
	struct merkle_edge edge;
	struct merkle_hash want, root;
	uint64_t size;
	int err = database_mark(b->db, &size, &want);

	if (err == ENOENT)
		return 0;
	/* files of the log that went missing come back from the database */
	if (err || size > folder_published(b->folder))
		return err;
	err = merkle_edge_read(tile_reader_hash, &h->tiles, size, &edge);
	if (err)
		return err;
	merkle_edge_root(&edge, &root);
	return merkle_same(&root, &want) ? 0 : EBADMSG;
}

/*
 * Hold database and log against each other: the mark, and the leaves of the
 * last two tiles. All leaves would take seconds a million; `vaxel ledger
 * verify` does that.
 */
static int hold(struct book *b, const char *dir)
{
	const uint64_t size = folder_published(b->folder);
	struct held *h;
	int err;

	h = calloc(1, sizeof(*h));
	if (!h)
		return ENOMEM;
	err = folder_source_open(&h->source, dir);
	if (!err) {
		tile_reader_init(&h->tiles, folder_fetch, &h->source, size);
		err = hold_mark(b, h);
	}
	if (!err)
		err = database_entries(
			b->db,
			size > 2 * TILE_WIDTH ? size - 2 * TILE_WIDTH : 0, size,
			hold_leaf, h);
	folder_source_close(&h->source);
	free(h);
	return err;
}

static int append_entry(void *arg, const struct database_entry *e)
{
	struct book *b = arg;

	/* a gap in the database: leaves are missing from it */
	if (e->entry != folder_size(b->folder))
		return EBADMSG;
	return folder_append(b->folder, e->leaf.p, e->leaf.len);
}

/* What the database has and the log has not. */
static int complete(struct book *b)
{
	int err = database_entries(b->db, folder_size(b->folder), b->next,
				   append_entry, b);

	if (!err && folder_size(b->folder) != b->next)
		err = EBADMSG;
	if (!err)
		err = folder_sync(b->folder);
	/* the first checkpoint is that of the empty log */
	if (!err && (folder_size(b->folder) != folder_published(b->folder) ||
		     !folder_note(b->folder).len))
		err = folder_publish(b->folder, b->signer);
	return err;
}

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
		err = hold(b, path);
	return err ? err : complete(b);
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
