/*
 * parent -- starts, wires, confines and restarts the others
 *
 * Holds what must survive the death of any one process: the configuration,
 * the listening sockets, and locked memory with rings, dialogs and the keys
 * of running calls. It never reads a byte from the network.
 */
#ifndef VAXEL_PROCESS_PARENT_H
#define VAXEL_PROCESS_PARENT_H

#include "ipc/process.h"

/*
 * Run a node until it has drained; the exit status. `ops` is indexed by role,
 * NULL where this program has no such process.
 */
int parent_run(const char *config_file,
	       const struct process_ops *const ops[ROLE_COUNT]);

#endif
