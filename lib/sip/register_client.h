/*
 * register_client -- make ourselves known to a trunk (RFC 3261 10.2)
 *
 * REGISTER with digest, refreshed before it runs out; after a failure tried
 * again with doubling pauses, 5 s to 10 min (half of it random, so that a
 * trunk that comes back is not met by all at once).
 */
#ifndef VAXEL_SIP_REGISTER_CLIENT_H
#define VAXEL_SIP_REGISTER_CLIENT_H

#include "sip/stack.h"

#define REGISTER_EXPIRES_S 600
#define REGISTER_PAUSE_MIN_MS 5000
#define REGISTER_PAUSE_MAX_MS 600000

struct secret;
struct register_client;

/* registered or not, with the last code (0: none yet). */
typedef void register_client_h(void *arg, bool registered, unsigned code);

struct register_client_options {
	int trunk;          /* of settings */
	struct text domain; /* "sip:DOMAIN" is the registrar's URI */
	struct text user;
	const struct secret *password; /* outlives the client */
};

/* Registers at the first tick. */
int register_client_new(struct register_client **ret, struct stack *stack,
			const struct register_client_options *options,
			register_client_h *changed, void *arg) CHECK_RESULT;

/* Do what is due; returns when to come again. */
uint64_t register_client_tick(struct register_client *c, uint64_t now_ms);

/* Takes the binding back (Expires: 0) if there is one. NULL is fine. */
void register_client_free(struct register_client *c);

#endif
