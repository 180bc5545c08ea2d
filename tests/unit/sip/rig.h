/*
 * rig -- two stacks on one loop, over loopback, for tests of the stack
 *
 * Ports are whatever is free. Certificates are made on the spot, below a
 * folder of their own under /tmp, so that none can ever expire.
 */
#ifndef VAXEL_TESTS_SIP_RIG_H
#define VAXEL_TESTS_SIP_RIG_H

#include "sip/stack.h"

struct rig_node {
	struct settings settings;
	struct stack *stack;
	int fds[SETTINGS_LISTENERS];
	uint16_t ports[SETTINGS_LISTENERS];
	/* what came in; `reply` says how to answer */
	struct stack_server *server;
	unsigned requests, acks, cancelled, no_ack, gone, closed;
	unsigned reply; /* 0: keep it waiting */
	bool acknowledge;
	bool trunks_only;
	size_t kept_max;
	unsigned hops; /* of the next requests out */
	unsigned hops_in;
	enum message_method method;
	struct flow flow;
	char header[256]; /* the From of the last request */
	/* what came back */
	unsigned codes[16], code_count;
	bool ended;
	bool has_retry_after;
	char unsupported[64];
};

struct rig_files {
	char folder[64];
	char ca[96], other_ca[96];
	char server[96], server_key[96];   /* 127.0.0.1, localhost */
	char client[96], client_key[96];   /* trunk.example, by ca */
	char wrong[96], wrong_key[96];     /* other.example, by ca */
	char strange[96], strange_key[96]; /* trunk.example, by other_ca */
};

extern uv_loop_t *rig_loop;

/* Bind and listen; a settings row with its descriptor. */
void rig_listen(struct rig_node *n, enum sip_transport transport,
		const char *address);
/* False: that port is taken. */
bool rig_listen_at(struct rig_node *n, enum sip_transport transport,
		   const char *address, uint16_t port);
void rig_open(struct rig_node *n);
void rig_close(struct rig_node *n);

/* Turn the loop until *done, at most so long; whether it came. */
bool rig_until(const unsigned *count, unsigned want, unsigned ms);
void rig_for(unsigned ms);

/* A request from one node; its handler fills codes[]. NULL on an error. */
struct stack_client *rig_request(struct rig_node *n, enum message_method m,
				 const char *uri, int trunk, const char *extra);

void rig_files_make(struct rig_files *f);
void rig_files_remove(struct rig_files *f);

#endif
