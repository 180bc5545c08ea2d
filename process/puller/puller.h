/*
 * puller -- brings what a supplier's node recorded to its controller's
 *
 * It runs on a provider's node and writes sealed bodies into the store; what
 * belongs to them it gives to the ledger, which commits it together with the
 * place in the feed. It makes no connection (the courier does), reads nothing
 * of the database, and holds no key. The format is that of docs/feed.md.
 */
#ifndef VAXEL_PROCESS_PULLER_H
#define VAXEL_PROCESS_PULLER_H

#include "ipc/process.h"

extern const struct process_ops puller_ops;

#endif
