#ifndef VAXEL_PROCESS_SWITCH_H
#define VAXEL_PROCESS_SWITCH_H

#include "ipc/process.h"

extern const struct process_ops switch_ops;

#endif
