/*
 * database -- entries, recordings and running calls, in tables
 *
 * The one seam between the ledger and whatever keeps its tables: SQLite here
 * (WAL, synchronous FULL, freed pages overwritten, no temporary files); a
 * second kind would implement the same functions. One writer.
 *
 * What is put lies in the transaction that database_begin() opened, and is
 * durable when database_commit() returns 0. Any error but ENOENT means that
 * the database cannot be trusted to go on: leave, and start anew from what is
 * durable.
 */
#ifndef VAXEL_PROCESS_LEDGER_DATABASE_H
#define VAXEL_PROCESS_LEDGER_DATABASE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/encode.h"
#include "ipc/values.h"
#include "tlog/leaf.h"
#include "tlog/merkle.h"

struct database;

int database_open(struct database **ret, const char *file) CHECK_RESULT;

/*
 * To look at entries, and change nothing: only database_entries() works.
 * EAGAIN when somebody else has it open.
 */
int database_open_read(struct database **ret, const char *file) CHECK_RESULT;
void database_close(struct database *db);

int database_begin(struct database *db) CHECK_RESULT;
int database_commit(struct database *db) CHECK_RESULT;

/* ---- entries: numbered from 0 without a gap */

struct database_entry {
	uint64_t entry;
	uint8_t event[ID_BYTES];
	struct text type;
	int64_t at_ms;
	struct text leaf;
	struct bytes salt; /* LEAF_SALT_BYTES; erased: none, nor details */
	struct text details;
};

int database_count(struct database *db, uint64_t *ret) CHECK_RESULT;

/* EEXIST, and nothing put, when that entry or an event of that id is there. */
int database_entry_put(struct database *db,
		       const struct database_entry *e) CHECK_RESULT;

/* ENOENT when no entry has that event id. */
int database_event_find(struct database *db, const uint8_t event[ID_BYTES],
			uint64_t *ret_entry) CHECK_RESULT;

/* What is pointed to lives until the return. Any error ends the walk. */
typedef int database_entry_h(void *arg, const struct database_entry *e);

/* Entries [from, to), in order. */
int database_entries(struct database *db, uint64_t from, uint64_t to,
		     database_entry_h *h, void *arg) CHECK_RESULT;

/* user.added and user.removed, in order. */
int database_users(struct database *db, uint64_t from, database_entry_h *h,
		   void *arg) CHECK_RESULT;

/* call.* of a call, named by its id or by that of its hand-over, in order. */
int database_call_entries(struct database *db, struct text id, uint64_t from,
			  database_entry_h *h, void *arg) CHECK_RESULT;

/* disclosure.* of a recording, by its id as text, in order. */
int database_accesses(struct database *db, struct text id, uint64_t from,
		      database_entry_h *h, void *arg) CHECK_RESULT;

/* ---- recordings */

struct database_recording {
	uint8_t id[ID_BYTES];
	uint8_t body[ID_BYTES];
	int64_t at_ms;
	struct text controller;
	struct bytes kc; /* 16 bytes each */
	struct bytes pn;
	struct bytes envelope;
	struct bytes card_envelope;
	/* from its end on; before: RECORD_RUNNING */
	enum record_state state;
	enum record_reason reason;
	uint64_t length_ms;
	uint64_t body_bytes;
	struct bytes body_sha256; /* empty when not known */
	struct bytes card;
	/* the entry that says how it ended; none: half of the pair is missing
	 */
	bool has_entry;
	uint64_t entry;
};

/* The same id again replaces the envelopes (and nothing else). */
int database_recording_put(struct database *db,
			   const struct database_recording *r) CHECK_RESULT;

/* ENOENT when its envelope was never put. */
int database_recording_end(struct database *db,
			   const struct database_recording *r) CHECK_RESULT;

/*
 * What an entry says of its end: id, state, reason, entry. Where there is no
 * row it makes one, with at_ms and controller: it never began, or its envelope
 * comes later.
 */
int database_recording_said(struct database *db,
			    const struct database_recording *r) CHECK_RESULT;

/* It did begin, under another id. No row, no harm. */
int database_recording_forget(struct database *db,
			      const uint8_t id[ID_BYTES]) CHECK_RESULT;

typedef int database_recording_h(void *arg, const struct database_recording *r);

/* ENOENT; else the handler is called once. */
int database_recording(struct database *db, const uint8_t id[ID_BYTES],
		       database_recording_h *h, void *arg) CHECK_RESULT;

/*
 * Of what is whole only id and envelopes, at most `limit`, after that one
 * (NULL: from the first), oldest first.
 */
int database_envelopes(struct database *db, const uint8_t *after,
		       unsigned limit, database_recording_h *h,
		       void *arg) CHECK_RESULT;

/* Whose envelope, or card's, begins with a stanza of that share? ENOENT. */
int database_find(struct database *db, const char *share,
		  uint8_t ret_id[ID_BYTES], bool *ret_card) CHECK_RESULT;

/* Envelope, and unless empty card's envelope and card, of id. ENOENT. */
int database_rotate(struct database *db,
		    const struct database_recording *r) CHECK_RESULT;

/* All optional but limit: 0, INT64_MAX, RECORD_NONE and empty are "any". */
struct database_filter {
	bool has_after; /* of the recording that was last on the page before */
	uint8_t after[ID_BYTES];
	int64_t from_ms, to_ms;
	enum record_state state;
	struct text controller;
	uint64_t limit;
};

/* Oldest first. Envelopes and card are not read. */
int database_recordings(struct database *db, const struct database_filter *f,
			database_recording_h *h, void *arg) CHECK_RESULT;

struct database_counts {
	uint64_t recordings;
	uint64_t unpaired; /* ended, and no entry says so; or the reverse */
};
int database_counts(struct database *db,
		    struct database_counts *ret) CHECK_RESULT;

/* ---- what is decided about recordings, and what becomes of them */

struct database_standing {
	int64_t acted_ms; /* of the last act; 0: none */
	bool held;
};

int database_standing(struct database *db, const uint8_t id[ID_BYTES],
		      struct database_standing *ret) CHECK_RESULT;
int database_standing_put(struct database *db, const uint8_t id[ID_BYTES],
			  const struct database_standing *s) CHECK_RESULT;

/* That entry's details go when the recording (its id as text) is erased. */
int database_about_put(struct database *db, struct text recording,
		       uint64_t entry) CHECK_RESULT;

#define DATABASE_ABOUT_MAX 16

/* The first so many of them, in order. */
int database_about(struct database *db, const uint8_t id[ID_BYTES],
		   uint64_t ret[DATABASE_ABOUT_MAX],
		   unsigned *ret_count) CHECK_RESULT;

/*
 * Envelope, card, keys' checks, and the details and salts of these entries are
 * overwritten; its body is noted as one to be deleted. `entry` says so.
 */
int database_erase(struct database *db, const struct database_recording *r,
		   const uint64_t *entries, unsigned count,
		   uint64_t entry) CHECK_RESULT;

/*
 * Outside a transaction, after erasing: what was overwritten is gone from the
 * write-ahead log, and from what SQLite leaves in the unused middle of its
 * pages when it moves rows.
 */
int database_scrub(struct database *db) CHECK_RESULT;

/* Bodies to be deleted: some of them; and that one is. */
typedef void database_body_h(void *arg, const uint8_t name[ID_BYTES]);
int database_bodies(struct database *db, database_body_h *h,
		    void *arg) CHECK_RESULT;
int database_body_gone(struct database *db,
		       const uint8_t name[ID_BYTES]) CHECK_RESULT;

/* recording.erased, in order; of one open for looking too. */
int database_erasures(struct database *db, database_entry_h *h,
		      void *arg) CHECK_RESULT;

/* ---- answered calls whose recording has not ended yet */

struct database_call {
	struct text call; /* as the details have it */
	int64_t at_ms;
	struct text organisation;
	struct text recording; /* empty: none was begun */
};

/*
 * Answer and end come from two processes, in either order: an end that comes
 * first is kept until its answer comes, and the pair is gone.
 *
 * recording may be empty; when it is not, the answer may still be to come.
 */
int database_call_open(struct database *db, const struct database_call *c,
		       bool answered) CHECK_RESULT;

/* supersedes: an end was said before, do not wait for an answer. */
int database_call_close(struct database *db, struct text call, int64_t at_ms,
			bool supersedes) CHECK_RESULT;

typedef int database_call_h(void *arg, const struct database_call *c);

/* Answered before so many milliseconds. */
int database_calls(struct database *db, int64_t before_ms, database_call_h *h,
		   void *arg) CHECK_RESULT;

/* ---- what is kept of national calls, sealed, for a time */

struct database_kept {
	uint8_t id[ID_BYTES];
	int64_t until_ms;
	struct text region;
	struct bytes sealed;
};

/* The same again changes nothing. */
int database_kept_put(struct database *db,
		      const struct database_kept *k) CHECK_RESULT;

typedef int database_kept_h(void *arg, const struct database_kept *k);

/* Those after this one, by time and id, at most `limit`. */
int database_kept_list(struct database *db, int64_t until_ms,
		       const uint8_t id[ID_BYTES], unsigned limit,
		       database_kept_h *h, void *arg) CHECK_RESULT;

/*
 * Outside a transaction: those whose time is over are gone when this returns,
 * from the pages and from the write-ahead log. How many there were.
 */
int database_kept_forget(struct database *db, int64_t now_ms,
			 unsigned *ret_count) CHECK_RESULT;

/* ---- the feed: what ended, in the order in which all of it was here */

/* A place in the feed of one controller: a recording stands there. */
struct database_place {
	uint64_t seq; /* 0: the beginning */
	uint8_t recording[ID_BYTES];
};

typedef int database_feed_h(void *arg, uint64_t seq,
			    const struct database_recording *r);

/* After that place, as long as h returns 0. ENOENT: there is no such place. */
int database_feed(struct database *db, struct text controller,
		  const struct database_place *after, database_feed_h *h,
		  void *arg) CHECK_RESULT;

/*
 * Outside a transaction: what is up to that place the controller's own node
 * has. let_go: so its envelopes and cards leave, from the pages and from the
 * write-ahead log.
 */
int database_feed_taken(struct database *db, struct text controller,
			const struct database_place *to,
			bool let_go) CHECK_RESULT;

/* ---- how far another node's feed was pulled; ENOENT: not at all */

int database_pulled(struct database *db, struct text feed, char *to,
		    size_t max) CHECK_RESULT;
int database_pulled_put(struct database *db, struct text feed,
			struct text cursor) CHECK_RESULT;

/* ---- the last checkpoint that this database has heard of */

int database_mark_put(struct database *db, uint64_t size,
		      const struct merkle_hash *root) CHECK_RESULT;

/* ENOENT in a new database. */
int database_mark(struct database *db, uint64_t *ret_size,
		  struct merkle_hash *ret_root) CHECK_RESULT;

#endif
