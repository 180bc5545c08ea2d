/*
 * books -- a new log of example.org/log in a folder of the test's own
 */
#ifndef VAXEL_TESTS_LEDGER_BOOKS_H
#define VAXEL_TESTS_LEDGER_BOOKS_H

#include "process/ledger/book.h"
#include "tests/unit/scratch.h"

/* 0, or not, as cmocka's set-up and tear-down have it. */
int books_make(char dir[SCRATCH_MAX], struct note_signer *signer);

/* book may be NULL. */
int books_remove(const char *dir, struct note_signer *signer,
		 struct book *book);

#endif
