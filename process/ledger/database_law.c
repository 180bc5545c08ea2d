/*
 * database_law -- holds, and what an erasure leaves of a recording
 */
#include "process/ledger/sql.h"

int database_standing(struct database *db, const uint8_t id[ID_BYTES],
		      struct database_standing *ret)
{
	struct bind b = sql_bind(db, SQL_STANDING);
	int err;

	*ret = (struct database_standing){ 0 };
	bind_bytes(&b, id, ID_BYTES);
	err = sql_row(&b);
	if (err)
		return err == ENOENT ? 0 : err;
	ret->acted_ms = sql_int(&b, 0);
	ret->held = sql_int(&b, 1) != 0;
	sql_done(&b);
	return 0;
}

int database_standing_put(struct database *db, const uint8_t id[ID_BYTES],
			  const struct database_standing *s)
{
	struct bind b = sql_bind(db, SQL_STANDING_PUT);

	bind_bytes(&b, id, ID_BYTES);
	bind_int(&b, s->acted_ms);
	bind_int(&b, s->held);
	return sql_run(&b);
}

int database_about_put(struct database *db, struct text recording,
		       uint64_t entry)
{
	struct bind b = sql_bind(db, SQL_ABOUT_PUT);

	bind_text(&b, recording);
	bind_int(&b, (int64_t)entry);
	return sql_run(&b);
}

int database_about(struct database *db, const uint8_t id[ID_BYTES],
		   uint64_t ret[DATABASE_ABOUT_MAX], unsigned *ret_count)
{
	struct bind b = sql_bind(db, SQL_ABOUT);
	char text[ID_CHARS + 1];
	unsigned n = 0;
	int err;

	id_text(id, text);
	bind_text(&b, text_of(text));
	while (!(err = sql_row(&b))) {
		if (n == DATABASE_ABOUT_MAX) {
			sql_done(&b);
			break;
		}
		ret[n++] = (uint64_t)sql_int(&b, 0);
	}
	if (err && err != ENOENT)
		return err;
	*ret_count = n;
	return 0;
}

static int forget_details(struct database *db, uint64_t entry)
{
	struct bind b = sql_bind(db, SQL_DETAILS_FORGET);

	bind_int(&b, (int64_t)entry);
	return sql_run(&b);
}

static int forget_about(struct database *db, const uint8_t id[ID_BYTES])
{
	struct bind b = sql_bind(db, SQL_ABOUT_FORGET);
	char text[ID_CHARS + 1];

	id_text(id, text);
	bind_text(&b, text_of(text));
	return sql_run(&b);
}

/* Nobody is to pull it any more. */
static int forget_feed(struct database *db, const uint8_t id[ID_BYTES])
{
	struct bind b = sql_bind(db, SQL_FEED_FORGET);

	bind_bytes(&b, id, ID_BYTES);
	return sql_run(&b);
}

static int put_body(struct database *db, const uint8_t name[ID_BYTES])
{
	struct bind b = sql_bind(db, SQL_BODY_PUT);

	bind_bytes(&b, name, ID_BYTES);
	return sql_run(&b);
}

int database_erase(struct database *db, const struct database_recording *r,
		   const uint64_t *entries, unsigned count, uint64_t entry)
{
	struct bind b = sql_bind(db, SQL_RECORDING_ERASE);
	int err = 0;

	bind_bytes(&b, r->id, ID_BYTES);
	bind_int(&b, (int64_t)entry);
	err = sql_run(&b);
	for (unsigned i = 0; !err && i < count; i++)
		err = forget_details(db, entries[i]);
	if (!err)
		err = forget_about(db, r->id);
	if (!err)
		err = forget_feed(db, r->id);
	/* one that never began has no body */
	return err || !r->kc.len ? err : put_body(db, r->body);
}

int database_bodies(struct database *db, database_body_h *h, void *arg)
{
	struct bind b = sql_bind(db, SQL_BODIES);
	int err;

	while (!(err = sql_row(&b))) {
		uint8_t name[ID_BYTES];

		err = sql_fixed(&b, 0, name, ID_BYTES);
		if (err) {
			sql_done(&b);
			return err;
		}
		h(arg, name);
	}
	return err == ENOENT ? 0 : err;
}

int database_body_gone(struct database *db, const uint8_t name[ID_BYTES])
{
	struct bind b = sql_bind(db, SQL_BODY_FORGET);

	bind_bytes(&b, name, ID_BYTES);
	return sql_run(&b);
}

int database_erasures(struct database *db, database_entry_h *h, void *arg)
{
	struct bind b = sql_bind(db, SQL_ERASURES);

	return database_each_entry(&b, h, arg);
}
