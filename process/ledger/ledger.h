/*
 * ledger -- the log's one writer, and what is known of recordings
 *
 * Holds the log's signing key and the database of details, envelopes and
 * cards. Opens no socket and sees no audio, file key or personal text. Files
 * only below STATE/ledger: log.key, db.sqlite, log/ (tiles and checkpoint).
 *
 * What LEDGER_ASK may ask is written in ask.h.
 */
#ifndef VAXEL_PROCESS_LEDGER_H
#define VAXEL_PROCESS_LEDGER_H

#include "ipc/process.h"

extern const struct process_ops ledger_ops;

#endif
