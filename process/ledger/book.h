/*
 * book -- database and log as one: what is entered stays, in one order
 *
 * Everything enters through one transaction. book_flush() makes it last, in
 * this order: database commit, tiles synced, signed checkpoint stored. Only
 * then may the sender be told. The database comes first, so after a crash it is
 * never behind the log: what the tiles lack is entered again from it, byte for
 * byte. A database that is behind the log was rolled back, and nothing is
 * entered into it any more.
 *
 * No messages, no clock: the process around it does that. After any error but
 * those that a function names the book is not to be used any more: close it and
 * open it anew.
 */
#ifndef VAXEL_PROCESS_LEDGER_BOOK_H
#define VAXEL_PROCESS_LEDGER_BOOK_H

#include "process/ledger/database.h"
#include "tlog/folder.h"

struct book;

/*
 * dir is STATE/ledger. Torn states are completed. *ret_rolled_back: the
 * database is older than the log, or is not that of this log; the book opens
 * for reading all the same.
 */
int book_open(struct book **ret, const char *dir,
	      const struct note_signer *signer,
	      bool *ret_rolled_back) CHECK_RESULT;
void book_close(struct book *b);

struct book_event {
	enum event_type type;
	uint8_t id[ID_BYTES];
	int64_t at_ms;
	struct text organisation;
	struct text details;
};

/*
 * Enter an event; one that was entered before gives the same number again.
 * EINVAL when it cannot stand in a leaf, EPERM in a book that was rolled back.
 */
int book_enter(struct book *b, const struct book_event *e,
	       uint64_t *ret_entry) CHECK_RESULT;

/* ENOENT from _end: no such recording. EPERM as above. */
int book_recording_put(struct book *b,
		       const struct database_recording *r) CHECK_RESULT;
int book_recording_end(struct book *b,
		       const struct database_recording *r) CHECK_RESULT;

/* What is changed in the tables goes with the next entry. EPERM as above. */
int book_begin(struct book *b) CHECK_RESULT;

/* EPERM as above. */
int book_pulled(struct book *b, struct text feed,
		struct text cursor) CHECK_RESULT;

/* EPERM as above. */
int book_keep(struct book *b, const struct database_kept *k) CHECK_RESULT;

/*
 * What was kept and whose time is over is gone, of a book that was rolled back
 * too. What waits is made durable first.
 */
int book_forget(struct book *b, int64_t now_ms,
		unsigned *ret_count) CHECK_RESULT;

/*
 * Answered calls from before, without an end of their recording: each becomes
 * recording.alarm, interrupted. How many there were.
 */
int book_interrupted(struct book *b, int64_t before_ms, int64_t now_ms,
		     unsigned *ret_count) CHECK_RESULT;

/* What is changed beside entries, in the same transaction. EPERM as above. */
int book_begin(struct book *b) CHECK_RESULT;

/* Is there anything that book_flush() would make last? */
bool book_waiting(const struct book *b);
int book_flush(struct book *b) CHECK_RESULT;

/*
 * Are the files of the log still those that we wrote? ESTALE if not, and from
 * then on for good.
 */
int book_check(struct book *b) CHECK_RESULT;

/* The log's name. */
const char *book_origin(const struct book *b);

/* A witness knows another past of it: as if it were not ours, for good. */
void book_disown(struct book *b);

struct database *book_database(struct book *b);
struct folder *book_folder(struct book *b);

#endif
