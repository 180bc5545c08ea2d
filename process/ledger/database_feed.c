/*
 * What other nodes may pull, and how far others were pulled
 */
#include <sqlite3.h>

#include "process/ledger/sql.h"

int sql_feed_note(struct database *db, const uint8_t recording[ID_BYTES])
{
	struct bind b = sql_bind(db, SQL_FEED_PUT);

	bind_bytes(&b, recording, ID_BYTES);
	return sql_run(&b);
}

/* A database that was put back, or another one, has something else there. */
static int check_place(struct database *db, struct text controller,
		       const struct database_place *at)
{
	struct bind b = sql_bind(db, SQL_FEED_HAS);
	int err;

	if (!at->seq)
		return 0;
	bind_int(&b, (int64_t)at->seq);
	bind_bytes(&b, at->recording, ID_BYTES);
	bind_text(&b, controller);
	err = sql_row(&b);
	if (!err)
		sql_done(&b);
	return err;
}

int database_feed(struct database *db, struct text controller,
		  const struct database_place *after, database_feed_h *h,
		  void *arg)
{
	struct bind b;
	int err = check_place(db, controller, after);

	if (err)
		return err;
	b = sql_bind(db, SQL_FEED);
	bind_int(&b, (int64_t)after->seq);
	bind_text(&b, controller);
	while (!(err = sql_row(&b))) {
		struct database_recording r = { 0 };

		err = sql_recording(&b, &r);
		r.envelope = sql_bytes(&b, 12);
		r.card_envelope = sql_bytes(&b, 13);
		r.card = sql_bytes(&b, 14);
		if (!err)
			err = h(arg, (uint64_t)sql_int(&b, 15), &r);
		if (err) {
			sql_done(&b);
			return err;
		}
	}
	return err == ENOENT ? 0 : err;
}

static int taken(struct database *db, struct text controller, uint64_t *ret)
{
	struct bind b = sql_bind(db, SQL_TAKEN);
	int err;

	*ret = 0;
	bind_text(&b, controller);
	err = sql_row(&b);
	if (err)
		return err == ENOENT ? 0 : err;
	*ret = (uint64_t)sql_int(&b, 0);
	sql_done(&b);
	return 0;
}

static int let_go(struct database *db, struct text controller, uint64_t from,
		  uint64_t to)
{
	struct bind b = sql_bind(db, SQL_LET_GO);
	int err;

	bind_int(&b, (int64_t)from);
	bind_int(&b, (int64_t)to);
	bind_text(&b, controller);
	err = sql_run(&b);
	if (err)
		return err;
	return sqlite3_wal_checkpoint_v2(db->db, NULL,
					 SQLITE_CHECKPOINT_TRUNCATE, NULL,
					 NULL) == SQLITE_OK
		       ? 0
		       : EIO;
}

/* First they go, then it is written down: who is cut off does it again. */
int database_feed_taken(struct database *db, struct text controller,
			const struct database_place *to, bool go)
{
	struct bind b;
	uint64_t from = 0;
	int err = check_place(db, controller, to);

	if (err || !go)
		return err;
	err = taken(db, controller, &from);
	if (err || to->seq <= from)
		return err;
	err = let_go(db, controller, from, to->seq);
	if (err)
		return err;
	b = sql_bind(db, SQL_TAKEN_PUT);
	bind_text(&b, controller);
	bind_int(&b, (int64_t)to->seq);
	return sql_run(&b);
}

int database_pulled(struct database *db, struct text feed, char *to, size_t max)
{
	struct bind b = sql_bind(db, SQL_PULLED);
	int err;

	bind_text(&b, feed);
	err = sql_row(&b);
	if (err)
		return err;
	err = text_copy(to, max, sql_text(&b, 0)) ? EBADMSG : 0;
	sql_done(&b);
	return err;
}

int database_pulled_put(struct database *db, struct text feed,
			struct text cursor)
{
	struct bind b = sql_bind(db, SQL_PULLED_PUT);

	bind_text(&b, feed);
	bind_text(&b, cursor);
	return sql_run(&b);
}
