/*
 * prober -- looks at its own node as a stranger would, and tells the log
 *
 * Started by the parent when a look is due, and again for the next one. What
 * needs rights (files, processes, the list of sockets) is looked at before it
 * gives them up; strangers' answers are read after that.
 */
#ifndef VAXEL_PROBER_PROBER_H
#define VAXEL_PROBER_PROBER_H

#include "ipc/process.h"

extern const struct process_ops prober_ops;

#endif
