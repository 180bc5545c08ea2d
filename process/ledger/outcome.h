/*
 * outcome -- what the details of an event say of calls and recordings
 *
 * The tables of calls and recordings are kept in step with the entries: an
 * entry that says how a recording ended is noted beside it, and a call that was
 * answered stays open until its recording has ended.
 */
#ifndef VAXEL_PROCESS_LEDGER_OUTCOME_H
#define VAXEL_PROCESS_LEDGER_OUTCOME_H

#include "process/ledger/book.h"

/* In the open transaction. An error of the database. */
int outcome_note(struct database *db, const struct book_event *e,
		 uint64_t entry) CHECK_RESULT;

#endif
