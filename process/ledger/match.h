/*
 * match -- database and log held against each other when the book opens
 */
#ifndef VAXEL_PROCESS_LEDGER_MATCH_H
#define VAXEL_PROCESS_LEDGER_MATCH_H

#include "process/ledger/database.h"
#include "tlog/folder.h"

/*
 * The mark, and the leaves of the last two tiles, are the same in both. All
 * leaves would take seconds a million; `vaxel ledger verify` does that.
 *
 * EBADMSG  they are not: one of the two is older, or not of this log
 */
int match_hold(struct database *db, struct folder *folder,
	       const char *dir) CHECK_RESULT;

/*
 * Append to the log what the database (count entries) has and the log has not,
 * byte for byte, and publish. EBADMSG: leaves are missing from the database.
 */
int match_complete(struct database *db, struct folder *folder, uint64_t count,
		   const struct note_signer *signer) CHECK_RESULT;

#endif
