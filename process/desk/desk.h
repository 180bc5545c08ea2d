#ifndef VAXEL_PROCESS_DESK_H
#define VAXEL_PROCESS_DESK_H

#include "ipc/process.h"

extern const struct process_ops desk_ops;

#endif
