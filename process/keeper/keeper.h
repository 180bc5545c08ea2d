/*
 * keeper -- private keys, release
 *
 * What it guards and how is written at the top of keeper.c.
 */
#ifndef VAXEL_PROCESS_KEEPER_H
#define VAXEL_PROCESS_KEEPER_H

#include "ipc/process.h"

extern const struct process_ops keeper_ops;

#endif
