/*
 * desk -- where people ask, and where ledger, switch and keeper answer
 *
 * The command line, over a local socket (its words are in release/talk.h), and
 * other nodes over HTTPS (docs/feed.md). The desk believes nobody's JSON, sees
 * no private key and no plaintext audio, reads sealed bodies and writes
 * nothing.
 */
#ifndef VAXEL_PROCESS_DESK_H
#define VAXEL_PROCESS_DESK_H

#include "ipc/process.h"

extern const struct process_ops desk_ops;

#endif
