/*
 * given -- what the parent hands to a process: memory, sockets, configuration
 *
 * At the start and at a reload. Each call takes what a message brought (m->fd
 * is -1 then), or refuses it; used by process.c alone.
 */
#ifndef VAXEL_IPC_GIVEN_H
#define VAXEL_IPC_GIVEN_H

#include "ipc/process.h"

/* Map and lock it. EBADMSG: too much, of no known kind, or too small. */
int given_memory(struct process *p, struct ipc_message *m) CHECK_RESULT;

/* The same while the process runs: passwords and prompts alone. EPROTO. */
int given_more_memory(struct process *p, struct ipc_message *m) CHECK_RESULT;

int given_socket(struct process *p, struct ipc_message *m) CHECK_RESULT;

/*
 * The configuration, as the parent has checked it: a fault here is one of
 * ours. (*ret)'s companion texts lie in *ret_text until they are forgotten.
 */
int given_config(int fd, struct settings **ret, char **ret_text) CHECK_RESULT;
void given_forget_companions(struct settings *s, char *text);

/* Passwords and keys are there while somebody takes them over. */
void given_show_files(struct process *p);
void given_wipe_files(struct process *p);

#endif
