/*
 * law -- what officers decide about recordings, done or refused
 *
 * An act counts when an enrolled officer signed it just now and it is newer
 * than the last about its recording. What it changes and the entry that says so
 * are one transaction. An erasure overwrites envelope, card and what the
 * details say of the recording; it is refused while the recording is held, or
 * has not ended, and the refusal is logged with the act. No clock, no messages.
 */
#ifndef VAXEL_PROCESS_LEDGER_LAW_H
#define VAXEL_PROCESS_LEDGER_LAW_H

#include "process/ledger/book.h"
#include "release/act.h"

struct law_outcome {
	const char *refused; /* NULL: done */
	bool has_entry;
	uint64_t entry;
};

/*
 * Reasons: not-signed, stale, erased, not-held; with an entry of their own:
 * held, not-ended. ENOENT: no such recording; others: the book's.
 */
int law_act(struct book *b, const struct act *a, int64_t now_ms,
	    struct law_outcome *ret) CHECK_RESULT;

#endif
