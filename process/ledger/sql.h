/*
 * sql -- statements that are prepared once, and bound and read without noise
 *
 * Inside the ledger's SQLite files only.
 */
#ifndef VAXEL_PROCESS_LEDGER_SQL_H
#define VAXEL_PROCESS_LEDGER_SQL_H

#include <sqlite3.h>

#include "process/ledger/database.h"

enum sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_COUNT,
	SQL_ENTRY_PUT,
	SQL_EVENT_FIND,
	SQL_ENTRIES,
	SQL_USERS,
	SQL_CALL_ENTRIES,
	SQL_ACCESSES,
	SQL_RECORDING_PUT,
	SQL_RECORDING_END,
	SQL_RECORDING_SAID,
	SQL_RECORDING_FORGET,
	SQL_RECORDING,
	SQL_RECORDING_AT,
	SQL_RECORDINGS,
	SQL_RECORDINGS_STATE,
	SQL_RECORDINGS_CONTROLLER,
	SQL_RECORDINGS_BOTH,
	SQL_COUNTS,
	SQL_ENVELOPES,
	SQL_ROTATE,
	SQL_FIND_AUDIO,
	SQL_FIND_CARD,
	SQL_CALL_OPEN,
	SQL_CALL_CLOSED,
	SQL_CALL_FORGET,
	SQL_CALLS,
	SQL_KEPT_PUT,
	SQL_KEPT_LIST,
	SQL_KEPT_FORGET,
	SQL_FEED_PUT,
	SQL_FEED_HAS,
	SQL_FEED,
	SQL_TAKEN,
	SQL_TAKEN_PUT,
	SQL_LET_GO,
	SQL_PULLED,
	SQL_PULLED_PUT,
	SQL_ABOUT_PUT,
	SQL_ABOUT,
	SQL_ABOUT_FORGET,
	SQL_DETAILS_FORGET,
	SQL_RECORDING_ERASE,
	SQL_FEED_FORGET,
	SQL_STANDING,
	SQL_STANDING_PUT,
	SQL_BODY_PUT,
	SQL_BODIES,
	SQL_BODY_FORGET,
	SQL_ERASURES,
	SQL_MARK_PUT,
	SQL_MARK,
	SQL_STATEMENTS
};

/* ---- sql_texts.c */

extern const char sql_schema[];
/* To version 2: which entries an erasure takes the details of. */
extern const char sql_about[];
extern const char *const sql_texts[SQL_STATEMENTS];

/* ---- sql.c */

struct database {
	sqlite3 *db;
	sqlite3_stmt *statements[SQL_STATEMENTS];
	bool swept; /* the log was cut once since it was opened */
};

/* What a row that is being bound goes to: errors stick. */
struct bind {
	sqlite3_stmt *s;
	int column;
	int err;
};

struct bind sql_bind(struct database *db, enum sql which);
void bind_int(struct bind *b, int64_t v);
void bind_text(struct bind *b, struct text t);
void bind_bytes(struct bind *b, const void *p, size_t len);
void bind_null(struct bind *b);

/* Run a statement that gives no rows. */
int sql_run(struct bind *b) CHECK_RESULT;

/*
 * The next row: 0, ENOENT after the last, EIO. After anything but 0 the
 * statement is ready for its next use; call sql_done() when leaving earlier.
 */
int sql_row(struct bind *b) CHECK_RESULT;
void sql_done(struct bind *b);

struct text sql_text(const struct bind *b, int column);
struct bytes sql_bytes(const struct bind *b, int column);
int64_t sql_int(const struct bind *b, int column);

/* The columns that every query of recordings begins with. */
int sql_recording(const struct bind *b,
		  struct database_recording *ret) CHECK_RESULT;

/* database_feed.c: it may be due in the feed now. */
int sql_feed_note(struct database *db,
		  const uint8_t recording[ID_BYTES]) CHECK_RESULT;
/* database.c: rows of ENTRY_COLUMNS. */
int database_each_entry(struct bind *b, database_entry_h *h,
			void *arg) CHECK_RESULT;

/* A blob of exactly len bytes, or EBADMSG. */
int sql_fixed(const struct bind *b, int column, uint8_t *to,
	      size_t len) CHECK_RESULT;

#endif
