/*
 * door -- the local socket through which a person unlocks and locks
 *
 * Listens on a socket that the parent made; one visitor at a time, held to his
 * user id and to five seconds. What he says lies in locked memory and is wiped
 * when he leaves. The words are in release/door.h.
 */
#ifndef VAXEL_KEEPER_DOOR_H
#define VAXEL_KEEPER_DOOR_H

#include <sys/types.h>
#include <uv.h>

#include "base/secret.h"
#include "release/door.h"

/* Fill the answer. */
typedef void door_h(void *arg, const struct door_question *q,
		    struct door_answer *ret);

struct door {
	uv_loop_t *loop;
	uv_poll_t listener;
	uv_poll_t visitor;
	uv_timer_t timer;
	int listen_fd;
	int fd; /* the visitor; -1: nobody */
	bool closing;
	uid_t owner;
	struct secret *said;
	size_t said_len;
	door_h *handler;
	void *arg;
};

/* Root and the owner may come in. fd stays the process's. */
int door_open(struct door *d, uv_loop_t *loop, int fd, uid_t owner,
	      door_h *handler, void *arg) CHECK_RESULT;

/* Nobody comes in any more. */
void door_shut(struct door *d);

#endif
