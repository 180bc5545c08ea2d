/*
 * confine -- give up what a process will never need again
 *
 * Applied once, after prepare(): user and groups, no_new_privs, Landlock for
 * paths (as far as the running kernel knows it), seccomp for system calls.
 * exec, ptrace and (unless asked for) new sockets kill the process; any other
 * unknown call is answered with ENOSYS, so that an update of a library does
 * not become a crash loop.
 */
#ifndef VAXEL_IPC_CONFINE_H
#define VAXEL_IPC_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "ipc/role.h"

#define CONFINE_PATHS 8

struct confine {
	enum role role;
	bool inet_sockets; /* may create AF_INET and AF_INET6 sockets */
	bool accept;       /* may accept on an inherited socket */
	bool files;        /* may open files, below the paths alone */
	bool run_program;  /* renderer: may exec */
	struct {
		const char *path;
		bool write;
	} paths[CONFINE_PATHS];
	unsigned path_count;
};

/* Unless built with sanitizers, which need more than any process of ours. */
int confine_enter(const struct confine *c) CHECK_RESULT;

/* First act after exec, before any secret. */
int confine_first(void) CHECK_RESULT;

#endif
