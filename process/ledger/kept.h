/*
 * kept -- what stays of national calls, until its time is over
 *
 * Sealed by the switch to the caller's region, so that nobody here can read it.
 * A sweep comes after each tenth of the time, at the latest after a minute:
 * that much longer it may last, and as much longer as the node stands still.
 */
#ifndef VAXEL_PROCESS_LEDGER_KEPT_H
#define VAXEL_PROCESS_LEDGER_KEPT_H

#include <uv.h>

#include "ipc/process.h"
#include "process/ledger/book.h"

struct kept {
	struct process *process;
	struct book *book;
	uv_timer_t timer;
};

/* Sweeps at once, and from then on. ENOMEM, or an error of the book. */
int kept_start(struct kept *k, struct process *p,
	       struct book *book) CHECK_RESULT;

/* What is older than its time already is not put down. EPERM: rolled back. */
int kept_put(struct kept *k, const struct ipc_KEEP_CALL *in) CHECK_RESULT;

#endif
