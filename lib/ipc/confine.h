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
#include <sys/types.h>

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
	/* A shorter list of system calls in place of the common ones (and of
	   those of files); memory and accept are added all the same. */
	const int *only;
	size_t only_count;
};

/* Unless built with sanitizers, which need more than any process of ours. */
int confine_enter(const struct confine *c) CHECK_RESULT;

/*
 * The user and the group of a process started by root: vaxel-ROLE and vaxel
 * where they exist, else ids from the range that is left to services. The
 * group is common, so that what is handed from one process to another by file
 * (sealed bodies) can be read.
 */
void confine_user(enum role role, uid_t *ret_uid, gid_t *ret_gid);

/* First act after exec, before any secret. */
int confine_first(void) CHECK_RESULT;

#endif
