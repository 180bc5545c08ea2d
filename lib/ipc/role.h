/*
 * role -- who a process is
 */
#ifndef VAXEL_IPC_ROLE_H
#define VAXEL_IPC_ROLE_H

enum role {
	ROLE_PARENT,
	ROLE_SWITCH,
	ROLE_MEDIA,
	ROLE_RECORDER,
	ROLE_LEDGER,
	ROLE_KEEPER,
	ROLE_DESK,
	ROLE_RENDERER,
	ROLE_COURIER,
	ROLE_PROBER,
	ROLE_PULLER,
	ROLE_COUNT,
	ROLE_WITNESS = ROLE_COUNT /* of no node: runs by itself */
};

/* "switch", as in the process's name and `vaxel process switch`. */
const char *role_name(enum role role);

#endif
