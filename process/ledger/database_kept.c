/*
 * database_kept -- what is kept of national calls for a time, and forgotten
 */
#include <sqlite3.h>

#include "process/ledger/sql.h"

int database_kept_put(struct database *db, const struct database_kept *k)
{
	struct bind b = sql_bind(db, SQL_KEPT_PUT);

	bind_int(&b, k->until_ms);
	bind_bytes(&b, k->id, ID_BYTES);
	bind_text(&b, k->region);
	bind_bytes(&b, k->sealed.p, k->sealed.len);
	return sql_run(&b);
}

int database_kept_list(struct database *db, int64_t until_ms,
		       const uint8_t id[ID_BYTES], unsigned limit,
		       database_kept_h *h, void *arg)
{
	struct bind b = sql_bind(db, SQL_KEPT_LIST);
	int err;

	bind_int(&b, until_ms);
	bind_bytes(&b, id, ID_BYTES);
	bind_int(&b, limit);
	while (!(err = sql_row(&b))) {
		struct database_kept k = { .until_ms = sql_int(&b, 0),
					   .region = sql_text(&b, 2),
					   .sealed = sql_bytes(&b, 3) };

		err = sql_fixed(&b, 1, k.id, ID_BYTES);
		if (!err)
			err = h(arg, &k);
		if (err) {
			sql_done(&b);
			return err;
		}
	}
	return err == ENOENT ? 0 : err;
}

/*
 * Pages are overwritten (secure_delete), but the log in front of them still has
 * the old ones: it is brought home and cut to nothing.
 */
int database_kept_forget(struct database *db, int64_t now_ms,
			 unsigned *ret_count)
{
	struct bind b = sql_bind(db, SQL_KEPT_FORGET);
	int err;

	bind_int(&b, now_ms);
	err = sql_run(&b);
	if (err)
		return err;
	*ret_count = (unsigned)sqlite3_changes(db->db);
	if (!*ret_count && db->swept)
		return 0;
	/* once in any case: the process before us may have died here */
	if (sqlite3_wal_checkpoint_v2(db->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
				      NULL, NULL) != SQLITE_OK)
		return EIO;
	db->swept = true;
	return 0;
}
