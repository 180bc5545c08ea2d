#include "process/ledger/sql.h"

#include <stdlib.h>

/*
 * One connection alone, so no shared memory file; WAL with a sync at every
 * commit; what is deleted is overwritten. The cache is in locked memory: 1 MiB.
 */
static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE;"
			       "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = FULL;"
			       "PRAGMA secure_delete = ON;"
			       "PRAGMA cache_size = -1024;"
			       "PRAGMA temp_store = MEMORY;"
			       "PRAGMA trusted_schema = OFF;"
			       "PRAGMA cell_size_check = ON;";

static int prepare(struct database *d, enum sql which)
{
	return sqlite3_prepare_v3(d->db, sql_texts[which], -1,
				  SQLITE_PREPARE_PERSISTENT,
				  &d->statements[which], NULL);
}

static int migrate(sqlite3 *db)
{
	sqlite3_stmt *s = NULL;
	int version = -1;

	if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &s, NULL) ==
		    SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		version = sqlite3_column_int(s, 0);
	(void)sqlite3_finalize(s);
	if (version < 0)
		return SQLITE_ERROR;
	return version < 2 ? sqlite3_exec(db, sql_about, NULL, NULL, NULL)
			   : SQLITE_OK;
}

static int open_all(struct database *d, const char *file)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			  SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX;

	if (sqlite3_open_v2(file, &d->db, flags, NULL) != SQLITE_OK)
		return EIO;
	(void)sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (sqlite3_exec(d->db, settings, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(d->db, sql_schema, NULL, NULL, NULL) != SQLITE_OK ||
	    migrate(d->db) != SQLITE_OK)
		return EIO;
	for (int i = 0; i < SQL_STATEMENTS; i++)
		if (prepare(d, (enum sql)i) != SQLITE_OK)
			return EIO;
	return 0;
}

int database_open(struct database **ret, const char *file)
{
	struct database *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return ENOMEM;
	err = open_all(d, file);
	if (err) {
		database_close(d);
		return err;
	}
	*ret = d;
	return 0;
}

/*
 * Open for writing, since SQLite reads no write-ahead log otherwise; exclusive,
 * so that a running node is noticed, and no shared memory file is made.
 */
static int open_entries(struct database *d, const char *file)
{
	static const char careful[] = "PRAGMA locking_mode = EXCLUSIVE;"
				      "PRAGMA query_only = ON;"
				      "PRAGMA temp_store = MEMORY;"
				      "PRAGMA trusted_schema = OFF;"
				      "PRAGMA cell_size_check = ON;";
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW |
			  SQLITE_OPEN_NOMUTEX;
	int is = sqlite3_open_v2(file, &d->db, flags, NULL);

	if (is == SQLITE_CANTOPEN)
		return ENOENT;
	if (is == SQLITE_OK)
		is = sqlite3_exec(d->db, careful, NULL, NULL, NULL);
	if (is == SQLITE_OK)
		is = prepare(d, SQL_ENTRIES);
	if (is == SQLITE_OK)
		is = prepare(d, SQL_ERASURES);
	if (is == SQLITE_BUSY)
		return EAGAIN;
	return is == SQLITE_OK ? 0 : EIO;
}

int database_open_read(struct database **ret, const char *file)
{
	struct database *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return ENOMEM;
	err = open_entries(d, file);
	if (err) {
		database_close(d);
		return err;
	}
	*ret = d;
	return 0;
}

void database_close(struct database *db)
{
	if (!db)
		return;
	for (int i = 0; i < SQL_STATEMENTS; i++)
		(void)sqlite3_finalize(db->statements[i]);
	(void)sqlite3_close(db->db);
	free(db);
}

struct bind sql_bind(struct database *db, enum sql which)
{
	return (struct bind){ db->statements[which], 0, SQLITE_OK };
}

static void keep(struct bind *b, int err)
{
	if (b->err == SQLITE_OK)
		b->err = err;
}

void bind_int(struct bind *b, int64_t v)
{
	keep(b, sqlite3_bind_int64(b->s, ++b->column, v));
}

void bind_text(struct bind *b, struct text t)
{
	keep(b, sqlite3_bind_text64(b->s, ++b->column, t.len ? t.p : "", t.len,
				    SQLITE_STATIC, SQLITE_UTF8));
}

void bind_bytes(struct bind *b, const void *p, size_t len)
{
	keep(b, sqlite3_bind_blob64(b->s, ++b->column, len ? p : "", len,
				    SQLITE_STATIC));
}

void bind_null(struct bind *b)
{
	keep(b, sqlite3_bind_null(b->s, ++b->column));
}

int sql_row(struct bind *b)
{
	int is = b->err == SQLITE_OK ? sqlite3_step(b->s) : b->err;

	if (is == SQLITE_ROW)
		return 0;
	sql_done(b);
	if (is == SQLITE_FULL)
		return ENOSPC;
	if (is == SQLITE_CONSTRAINT)
		return EEXIST;
	return is == SQLITE_DONE ? ENOENT : EIO;
}

void sql_done(struct bind *b)
{
	(void)sqlite3_reset(b->s);
	(void)sqlite3_clear_bindings(b->s);
}

int sql_run(struct bind *b)
{
	int err = sql_row(b);

	if (!err) {
		sql_done(b);
		return EIO; /* a row where none was due */
	}
	return err == ENOENT ? 0 : err;
}

struct text sql_text(const struct bind *b, int column)
{
	const unsigned char *p = sqlite3_column_text(b->s, column);

	return (struct text){ (const char *)p,
			      (size_t)sqlite3_column_bytes(b->s, column) };
}

struct bytes sql_bytes(const struct bind *b, int column)
{
	const void *p = sqlite3_column_blob(b->s, column);

	return (struct bytes){ p, (size_t)sqlite3_column_bytes(b->s, column) };
}

int64_t sql_int(const struct bind *b, int column)
{
	return sqlite3_column_int64(b->s, column);
}

int sql_fixed(const struct bind *b, int column, uint8_t *to, size_t len)
{
	struct bytes v = sql_bytes(b, column);

	if (v.len != len)
		return EBADMSG;
	memcpy(to, v.p, len);
	return 0;
}
