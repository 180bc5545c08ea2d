/*
 * desk -- where people ask, and where ledger, switch and keeper answer
 *
 * For now the command line alone, over a local socket; the words are in
 * release/talk.h. The desk believes nobody's JSON, sees no private key and no
 * plaintext audio, reads sealed bodies and writes nothing.
 */
#ifndef VAXEL_PROCESS_DESK_H
#define VAXEL_PROCESS_DESK_H

#include "ipc/process.h"

extern const struct process_ops desk_ops;

#endif
