/*
 * client -- one connection of the command line
 *
 * Takes one request, gives frames back, then ends. At most CLIENTS_MAX at a
 * time; one that says nothing, or reads nothing, for half a minute goes.
 */
#ifndef VAXEL_DESK_CLIENT_H
#define VAXEL_DESK_CLIENT_H

#include <sys/types.h>
#include <uv.h>

#include "release/talk.h"

#define CLIENTS_MAX 32
#define CLIENT_QUEUE_MAX (1024 * 1024) /* bytes not yet taken by it */

struct client;

struct client_handlers {
	/* A request; answer it now or later, and end with client_end(). */
	void (*request)(void *arg, struct client *c,
			const struct talk_request *q);
	/* What was queued is gone: more may be sent. */
	void (*writable)(void *arg, struct client *c);
	/* It went away by itself; it is not valid after this. */
	void (*gone)(void *arg, struct client *c);
};

struct clients;

/* Root and the owner may connect. fd is listening and stays the process's. */
int clients_open(struct clients **ret, uv_loop_t *loop, int fd, uid_t owner,
		 const struct client_handlers *h, void *arg) CHECK_RESULT;

/* No new ones. */
void clients_shut(struct clients *cs);

/* Whom the client asks through; owned by whoever serves it. */
void client_set_data(struct client *c, void *data);
void *client_data(const struct client *c);

/* EAGAIN the queue is full: wait for writable(). ENOMEM. */
int client_send(struct client *c, enum talk_type type, const void *p,
		size_t len) CHECK_RESULT;

/* Bytes that wait; send no data while it is more than a block or two. */
size_t client_waiting(const struct client *c);

/*
 * The end: exit status, an error for a person or NULL, a refusal or NULL. The
 * client is not valid after this.
 */
void client_end(struct client *c, int exit_status, const char *error,
		const char *refused);

#endif
