/*
 * commitments -- a node's database, as `vaxel ledger fsck` looks into it
 */
#ifndef VAXEL_PROCESS_LEDGER_COMMITMENTS_H
#define VAXEL_PROCESS_LEDGER_COMMITMENTS_H

#include "tlog/commitments.h"

extern const struct commitments ledger_commitments;

#endif
