#include "process/ledger/database.h"

#include <sqlite3.h>

#include "process/ledger/sql.h"

int database_begin(struct database *db)
{
	struct bind b = sql_bind(db, SQL_BEGIN);

	return sql_run(&b);
}

int database_commit(struct database *db)
{
	struct bind b = sql_bind(db, SQL_COMMIT);

	return sql_run(&b);
}

/* ---- entries */

int database_count(struct database *db, uint64_t *ret)
{
	struct bind b = sql_bind(db, SQL_COUNT);
	int err = sql_row(&b);

	if (err)
		return EIO;
	*ret = (uint64_t)sql_int(&b, 0);
	sql_done(&b);
	return 0;
}

int database_entry_put(struct database *db, const struct database_entry *e)
{
	struct bind b = sql_bind(db, SQL_ENTRY_PUT);

	bind_int(&b, (int64_t)e->entry);
	bind_bytes(&b, e->event, ID_BYTES);
	bind_text(&b, e->type);
	bind_int(&b, e->at_ms);
	bind_text(&b, e->leaf);
	bind_bytes(&b, e->salt.p, e->salt.len);
	bind_text(&b, e->details);
	return sql_run(&b);
}

int database_event_find(struct database *db, const uint8_t event[ID_BYTES],
			uint64_t *ret_entry)
{
	struct bind b = sql_bind(db, SQL_EVENT_FIND);
	int err;

	bind_bytes(&b, event, ID_BYTES);
	err = sql_row(&b);
	if (err)
		return err;
	*ret_entry = (uint64_t)sql_int(&b, 0);
	sql_done(&b);
	return 0;
}

int database_each_entry(struct bind *b, database_entry_h *h, void *arg)
{
	int err;

	while (!(err = sql_row(b))) {
		struct database_entry e = {
			.entry = (uint64_t)sql_int(b, 0),
			.type = sql_text(b, 2),
			.at_ms = sql_int(b, 3),
			.leaf = sql_text(b, 4),
			.salt = sql_bytes(b, 5),
			.details = sql_text(b, 6),
		};

		err = sql_fixed(b, 1, e.event, ID_BYTES);
		/* both are gone where an erasure took them */
		if (!err && e.salt.len != LEAF_SALT_BYTES &&
		    (e.salt.len || e.details.len))
			err = EBADMSG;
		if (!err)
			err = h(arg, &e);
		if (err) {
			sql_done(b);
			return err;
		}
	}
	return err == ENOENT ? 0 : err;
}

int database_entries(struct database *db, uint64_t from, uint64_t to,
		     database_entry_h *h, void *arg)
{
	struct bind b = sql_bind(db, SQL_ENTRIES);

	bind_int(&b, (int64_t)from);
	bind_int(&b, (int64_t)to);
	return database_each_entry(&b, h, arg);
}

int database_users(struct database *db, uint64_t from, database_entry_h *h,
		   void *arg)
{
	struct bind b = sql_bind(db, SQL_USERS);

	bind_int(&b, (int64_t)from);
	return database_each_entry(&b, h, arg);
}

static int entries_of(struct database *db, enum sql sql, struct text id,
		      uint64_t from, database_entry_h *h, void *arg)
{
	struct bind b = sql_bind(db, sql);

	bind_text(&b, id);
	bind_int(&b, (int64_t)from);
	return database_each_entry(&b, h, arg);
}

int database_call_entries(struct database *db, struct text id, uint64_t from,
			  database_entry_h *h, void *arg)
{
	return entries_of(db, SQL_CALL_ENTRIES, id, from, h, arg);
}

int database_accesses(struct database *db, struct text id, uint64_t from,
		      database_entry_h *h, void *arg)
{
	return entries_of(db, SQL_ACCESSES, id, from, h, arg);
}

/* ---- recordings */

int database_recording_put(struct database *db,
			   const struct database_recording *r)
{
	struct bind b = sql_bind(db, SQL_RECORDING_PUT);

	bind_bytes(&b, r->id, ID_BYTES);
	bind_bytes(&b, r->body, ID_BYTES);
	bind_int(&b, r->at_ms);
	bind_text(&b, r->controller);
	bind_bytes(&b, r->kc.p, r->kc.len);
	bind_bytes(&b, r->pn.p, r->pn.len);
	bind_bytes(&b, r->envelope.p, r->envelope.len);
	bind_bytes(&b, r->card_envelope.p, r->card_envelope.len);
	bind_int(&b, RECORD_RUNNING);
	return sql_run(&b);
}

/* 0: there is such a row; ENOENT. */
static int recording_there(struct database *db, const uint8_t id[ID_BYTES])
{
	struct bind b = sql_bind(db, SQL_RECORDING);
	int err;

	bind_bytes(&b, id, ID_BYTES);
	err = sql_row(&b);
	if (!err)
		sql_done(&b);
	return err;
}

int database_recording_end(struct database *db,
			   const struct database_recording *r)
{
	struct bind b = sql_bind(db, SQL_RECORDING_END);
	int err;

	bind_bytes(&b, r->id, ID_BYTES);
	bind_int(&b, r->state);
	bind_int(&b, r->reason);
	bind_int(&b, (int64_t)r->length_ms);
	bind_int(&b, (int64_t)r->body_bytes);
	bind_bytes(&b, r->body_sha256.p, r->body_sha256.len);
	bind_bytes(&b, r->card.p, r->card.len);
	err = sql_run(&b);
	if (!err && !sqlite3_changes(db->db))
		err = recording_there(db, r->id);
	return err ? err : sql_feed_note(db, r->id);
}

int database_recording_said(struct database *db,
			    const struct database_recording *r)
{
	struct bind b = sql_bind(db, SQL_RECORDING_SAID);
	int err;

	bind_bytes(&b, r->id, ID_BYTES);
	bind_int(&b, r->state);
	bind_int(&b, r->reason);
	bind_int(&b, (int64_t)r->entry);
	bind_int(&b, r->at_ms);
	bind_text(&b, r->controller);
	err = sql_run(&b);
	return err ? err : sql_feed_note(db, r->id);
}

int database_recording_forget(struct database *db, const uint8_t id[ID_BYTES])
{
	struct bind b = sql_bind(db, SQL_RECORDING_FORGET);

	bind_bytes(&b, id, ID_BYTES);
	return sql_run(&b);
}

int sql_recording(const struct bind *b, struct database_recording *r)
{
	int err = sql_fixed(b, 0, r->id, ID_BYTES);

	if (!err)
		err = sql_fixed(b, 1, r->body, ID_BYTES);
	if (err)
		return err;
	r->at_ms = sql_int(b, 2);
	r->controller = sql_text(b, 3);
	r->kc = sql_bytes(b, 4);
	r->pn = sql_bytes(b, 5);
	r->state = (enum record_state)sql_int(b, 6);
	r->reason = (enum record_reason)sql_int(b, 7);
	r->length_ms = (uint64_t)sql_int(b, 8);
	r->body_bytes = (uint64_t)sql_int(b, 9);
	r->body_sha256 = sql_bytes(b, 10);
	r->has_entry = sqlite3_column_type(b->s, 11) != SQLITE_NULL;
	r->entry = (uint64_t)sql_int(b, 11);
	return 0;
}

int database_recording(struct database *db, const uint8_t id[ID_BYTES],
		       database_recording_h *h, void *arg)
{
	struct bind b = sql_bind(db, SQL_RECORDING);
	struct database_recording r = { 0 };
	int err;

	bind_bytes(&b, id, ID_BYTES);
	err = sql_row(&b);
	if (err)
		return err;
	err = sql_recording(&b, &r);
	if (!err) {
		r.envelope = sql_bytes(&b, 12);
		r.card_envelope = sql_bytes(&b, 13);
		r.card = sql_bytes(&b, 14);
		err = h(arg, &r);
	}
	sql_done(&b);
	return err;
}

static enum sql list_of(const struct database_filter *f)
{
	if (f->controller.len)
		return f->state ? SQL_RECORDINGS_BOTH
				: SQL_RECORDINGS_CONTROLLER;
	return f->state ? SQL_RECORDINGS_STATE : SQL_RECORDINGS;
}

/*
 * Behind which recording a page begins: by time and id, so that the index has
 * it. No id comes before all ids of that time. ENOENT: no such recording.
 */
static int find_place(struct database *db, const struct database_filter *f,
		      int64_t *at, bool *ret_after)
{
	struct bind b = sql_bind(db, SQL_RECORDING_AT);
	int64_t last;
	int err;

	*ret_after = false;
	if (!f->has_after)
		return 0;
	bind_bytes(&b, f->after, ID_BYTES);
	err = sql_row(&b);
	if (err)
		return err;
	last = sql_int(&b, 0);
	sql_done(&b);
	*ret_after = last >= *at;
	if (*ret_after)
		*at = last;
	return 0;
}

int database_recordings(struct database *db, const struct database_filter *f,
			database_recording_h *h, void *arg)
{
	int64_t at = f->from_ms;
	bool after;
	struct bind b;
	int err = find_place(db, f, &at, &after);

	if (err)
		return err == ENOENT ? 0 : err;
	b = sql_bind(db, list_of(f));
	bind_int(&b, at);
	bind_bytes(&b, f->after, after ? ID_BYTES : 0);
	bind_int(&b, f->to_ms);
	bind_text(&b, f->controller);
	bind_int(&b, f->state);
	bind_int(&b, (int64_t)f->limit);
	while (!(err = sql_row(&b))) {
		struct database_recording r = { 0 };

		err = sql_recording(&b, &r);
		if (!err)
			err = h(arg, &r);
		if (err) {
			sql_done(&b);
			return err;
		}
	}
	return err == ENOENT ? 0 : err;
}

int database_counts(struct database *db, struct database_counts *ret)
{
	struct bind b = sql_bind(db, SQL_COUNTS);

	if (sql_row(&b))
		return EIO;
	ret->recordings = (uint64_t)sql_int(&b, 0);
	ret->unpaired = (uint64_t)sql_int(&b, 1);
	sql_done(&b);
	return 0;
}

/* ---- calls */

/* True in ret when there was such a row, which is gone now. */
static int forget_call(struct database *db, struct text call, bool closed,
		       bool *ret)
{
	struct bind b = sql_bind(db, SQL_CALL_FORGET);
	int err;

	bind_text(&b, call);
	bind_int(&b, closed);
	err = sql_run(&b);
	if (!err)
		*ret = sqlite3_changes(db->db) > 0;
	return err;
}

int database_call_open(struct database *db, const struct database_call *c,
		       bool answered)
{
	struct bind b = sql_bind(db, SQL_CALL_OPEN);
	bool was = false;
	int err = answered ? forget_call(db, c->call, true, &was) : 0;

	if (err || was)
		return err;
	bind_text(&b, c->call);
	bind_int(&b, c->at_ms);
	bind_text(&b, c->organisation);
	bind_text(&b, c->recording);
	bind_int(&b, answered ? 0 : 2);
	return sql_run(&b);
}

int database_call_close(struct database *db, struct text call, int64_t at_ms,
			bool supersedes)
{
	struct bind b = sql_bind(db, SQL_CALL_CLOSED);
	bool was = false;
	int err = forget_call(db, call, false, &was);

	if (err || was || supersedes)
		return err;
	bind_text(&b, call);
	bind_int(&b, at_ms);
	return sql_run(&b);
}

int database_calls(struct database *db, int64_t before_ms, database_call_h *h,
		   void *arg)
{
	struct bind b = sql_bind(db, SQL_CALLS);
	int err;

	bind_int(&b, before_ms);
	while (!(err = sql_row(&b))) {
		struct database_call c = {
			.call = sql_text(&b, 0),
			.at_ms = sql_int(&b, 1),
			.organisation = sql_text(&b, 2),
			.recording = sql_text(&b, 3),
		};

		err = h(arg, &c);
		if (err) {
			sql_done(&b);
			return err;
		}
	}
	return err == ENOENT ? 0 : err;
}

/* ---- the mark */

int database_mark_put(struct database *db, uint64_t size,
		      const struct merkle_hash *root)
{
	struct bind b = sql_bind(db, SQL_MARK_PUT);

	bind_int(&b, (int64_t)size);
	bind_bytes(&b, root->b, sizeof(root->b));
	return sql_run(&b);
}

int database_mark(struct database *db, uint64_t *ret_size,
		  struct merkle_hash *ret_root)
{
	struct bind b = sql_bind(db, SQL_MARK);
	int err = sql_row(&b);

	if (err)
		return err;
	*ret_size = (uint64_t)sql_int(&b, 0);
	err = sql_fixed(&b, 1, ret_root->b, sizeof(ret_root->b));
	sql_done(&b);
	return err;
}
