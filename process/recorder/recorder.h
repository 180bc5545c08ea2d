#ifndef VAXEL_PROCESS_RECORDER_H
#define VAXEL_PROCESS_RECORDER_H

#include "ipc/process.h"

extern const struct process_ops recorder_ops;

#endif
