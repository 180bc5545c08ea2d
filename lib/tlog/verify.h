/*
 * verify -- is this log whole, and is it what its checkpoint says?
 *
 * Reads every entry once, builds every tile anew and holds it against the one
 * in the log, up to the root that the key has signed. Pure: bytes come through
 * callbacks. Any tlog-tiles log will do, whatever its entries are.
 */
#ifndef VAXEL_TLOG_VERIFY_H
#define VAXEL_TLOG_VERIFY_H

#include "tlog/checkpoint.h"
#include "tlog/policy.h"
#include "tlog/tile.h"

/* Each: ENOENT when there is no such file, EMSGSIZE when longer than max. */
struct log_source {
	void *arg;
	int (*note)(void *arg, char *buf, size_t max, size_t *ret_len);

	/* A partial tile, or bundle, may come from the full one. */
	int (*tile)(void *arg, const struct tile_name *name, uint8_t *buf,
		    size_t max, size_t *ret_len);

	/*
	 * Which narrower partial tiles lie beside this one? They are checked
	 * too, since readers with an older checkpoint use them. NULL: cannot be
	 * known.
	 */
	int (*partials)(void *arg, const struct tile_name *name,
			bool ret_present[TILE_WIDTH]);
};

struct verify_run; /* how far it is */

struct verify {
	struct log_source source;
	const char *origin; /* NULL: any */
	const struct note_key *key;
	const struct policy *policy; /* NULL: none */

	/* after each bundle; NULL: silent */
	void (*progress)(void *arg, uint64_t done, uint64_t size);
	void *progress_arg;

	/*
	 * Entries that are there and well-formed, `count` from `first` on; an
	 * error ends it and passes through. NULL: nobody asks.
	 */
	int (*entries)(void *arg, uint64_t first, unsigned count,
		       struct bytes bundle);
	/* After each full bundle: from here verify_log() could go on. NULL. */
	void (*halt)(void *arg, const struct verify_run *run);
	void *arg; /* of both */

	/*
	 * What verify_halt_write() gave; empty: from the first entry on. scope
	 * says what else the entries were held against: one halt, one scope.
	 * NULL is as good as empty.
	 */
	struct bytes resume;
	const char *scope;
};

struct verified {
	uint64_t size;
	struct merkle_hash root;
	unsigned cosigned;

	/* when bad: of the first entry that is touched by it */
	uint64_t entry;
	const char *reason;
};

/*
 * 0        whole
 * EBADMSG  not, for the reason in ret
 * EINVAL   that is no place from which this log can be verified further
 * others   the source failed: nothing is said about the log
 */
int verify_log(const struct verify *v, struct verified *ret) CHECK_RESULT;

/* Only the checkpoint: key, origin, quorum. The same errors. */
int verify_checkpoint(const struct verify *v,
		      struct verified *ret) CHECK_RESULT;

#define VERIFY_HALT_MAX (96 * 1024)

/*
 * A place in a log, all before which was found whole: to be kept, and gone on
 * from with the same log, grown or not. Whoever can alter it can hide faults of
 * what lies before it, but not another root.
 */
int verify_halt_write(const struct verify_run *run,
		      struct writer *w) CHECK_RESULT;

/* After how many entries. EBADMSG. */
int verify_halt_read(struct bytes b, uint64_t *ret_entries) CHECK_RESULT;

#endif
