/*
 * processes -- how a node's processes are confined as they run
 *
 * Read from /proc, not from what was asked for. What Landlock holds a process
 * to cannot be read there: only whether the kernel has it.
 */
#ifndef VAXEL_PROBE_PROCESSES_H
#define VAXEL_PROBE_PROCESSES_H

#include <sys/types.h>

#include "probe/probe.h"

/* What /proc/PID/status says of confinement. */
struct confinement {
	pid_t parent;
	uid_t uid;
	uint64_t capabilities; /* permitted and effective, both */
	unsigned seccomp;      /* 2: by a filter */
	bool no_new_privs;
};

/* Pure. EBADMSG: a field is missing. */
int confinement_read(struct text status, struct confinement *ret) CHECK_RESULT;

/*
 * The processes below the parent of the node that listens in this runtime
 * folder. ENOENT: none runs.
 */
int probe_processes(struct probe *p, const char *runtime) CHECK_RESULT;

/* Those below this parent. */
int probe_processes_of(struct probe *p, pid_t parent) CHECK_RESULT;

#endif
