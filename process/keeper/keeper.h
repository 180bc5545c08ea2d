#ifndef VAXEL_PROCESS_KEEPER_H
#define VAXEL_PROCESS_KEEPER_H

#include "ipc/process.h"

extern const struct process_ops keeper_ops;

#endif
