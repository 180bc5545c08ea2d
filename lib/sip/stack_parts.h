/*
 * stack_parts -- what the files of stack share among themselves
 *
 * stack.c         open, close, dispatch, what we answer by ourselves
 * stack_table.c   hash, heap and timer under all transactions
 * stack_client.c  requests out: resolve, send, retry elsewhere, CANCEL, ACK
 * stack_build.c   the bytes of a request, of its ACK and CANCEL
 * stack_target.c  where it goes
 * stack_grow.c    ... by TCP, where it is large
 * stack_server.c  requests in: replies, CANCEL, the 2xx
 * stack_merge.c   ... that came by two ways
 */
#ifndef VAXEL_SIP_STACK_PARTS_H
#define VAXEL_SIP_STACK_PARTS_H

#include "base/metric.h"
#include "sip/resolve.h"
#include "sip/stack.h"
#include "sip/transaction.h"

#define STACK_BUCKETS 65536
#define STACK_FLOWS 1024
#define STACK_MERGES 16384
#define STACK_UDP_MAX 1300 /* RFC 3261 18.1.1 */
#define STACK_NO_TCP 32
#define STACK_TRANSACTIONS_MAX 262144
#define STACK_KEPT_MAX ((size_t)64 * 1024 * 1024)
#define STACK_BRANCH "z9hG4bK"
#define STACK_BRANCH_CHARS (7 + MESSAGE_TAG_CHARS)

/* What clients and servers have in common; stands first in both. */
struct node {
	struct stack *s;
	struct transaction machine;
	struct node *next;      /* in the hash */
	struct node *flow_next; /* on the same connection */
	struct node **flow_at;
	uint64_t hash;
	uint64_t due;
	size_t heap_at; /* 1 and up; 0: not in it */
	bool client;
	bool hashed;
	bool over; /* deliver the last call and free, when due */
	uint8_t method;
	struct flow flow;
	struct text key; /* branch and, of a server, sent-by */
	uint8_t *wire;   /* what was sent last */
	size_t wire_len;
};

struct stack_client {
	struct node node;
	stack_response_h *h;
	void *arg;
	struct resolve_query *query;
	struct sa *addresses; /* to try, more than one; NULL */
	unsigned address_count, address_at;
	uint16_t fail; /* deliver this code when due */
	bool cancel_wanted, cancelled;
	bool answered; /* a response came from this address */
	bool may_grow; /* by TCP, should it be too large for UDP */
	bool grown;
	enum sip_transport transport;
	int trunk;
	struct stack_request request; /* points into text[] */
	char name[SETTINGS_NAME_MAX]; /* TLS */
	char branch[STACK_BRANCH_CHARS + 1];
	char *text;
};

struct stack_server {
	struct node node;
	stack_server_h *h;
	void *arg;
	const struct sip_msg *msg; /* until the final answer */
	uint16_t code;             /* last sent */
	struct stack_server *merge_next;
	uint64_t identity; /* of the request, whichever way it came */
	bool served;       /* found by its identity */
	char tag[MESSAGE_TAG_CHARS + 1];
	char key[];
};

struct stack {
	const struct settings *settings;
	struct stack_options options;
	struct transport *transport;
	struct resolve *resolve;
	struct stack_handlers handlers;
	void *arg;
	uv_loop_t *loop;
	uv_timer_t timer;
	bool started;
	uint64_t armed; /* when the timer fires; 0: not armed */
	bool draining;
	uint32_t allowed; /* bit set of methods */
	unsigned count;
	size_t kept; /* bytes of answers to others than trunks */
	uint8_t hash_key[16];
	struct node **buckets;
	struct node *flows[STACK_FLOWS];
	struct stack_server *merges[STACK_MERGES];
	struct {
		struct sa address;
		uint64_t until;
	} no_tcp[STACK_NO_TCP];
	unsigned no_tcp_at;
	struct node **heap;
	size_t heap_len, heap_max;
};

/* stack_table.c */
int table_open(struct stack *s) CHECK_RESULT;
void table_close(struct stack *s);
int table_add(struct stack *s, struct node *n) CHECK_RESULT;
void table_name(struct node *n); /* put under n->key and n->method */
void table_unname(struct node *n);
void table_remove(struct node *n);
struct node *table_find(const struct stack *s, bool client, uint8_t method,
			struct text key);
void table_schedule(struct node *n, uint64_t due); /* 0: never */
void table_flow(struct node *n, const struct flow *flow);
void table_arm(struct stack *s);

/* stack_client.c */
void client_response(struct stack *s, const struct sip_msg *msg,
		     const struct flow *flow);
void client_due(struct stack_client *c, uint64_t now);
void client_broken(struct stack_client *c, uint64_t now);
void client_free(struct stack_client *c);
void stack_timer(uv_timer_t *timer);

/* stack_build.c */
int client_keep(struct stack_client *c,
		const struct stack_request *r) CHECK_RESULT;
int client_build(struct stack_client *c) CHECK_RESULT;
size_t client_follower(struct stack_client *c, const char *method,
		       struct text to, uint8_t *buf, size_t max);

/* stack_grow.c */
/* Built for UDP and too large: the stream that it is to go by. */
bool client_grow(struct stack_client *c, struct flow *ret);
/* That came to nothing: by UDP then, once more to the same address. */
bool client_shrink(struct stack_client *c);

/* stack_target.c */
struct hop {
	struct text host;
	uint16_t port;
	enum sip_transport transport;
	bool said; /* the URI names it */
};

int target_hop(struct stack *s, const struct stack_target *target,
	       struct hop *ret) CHECK_RESULT;
int target_name(struct stack_client *c, const struct hop *hop) CHECK_RESULT;

/* stack_server.c */
int server_new(struct stack *s, const struct sip_msg *msg,
	       const struct flow *flow, struct stack_server **ret) CHECK_RESULT;
struct stack_server *server_find(struct stack *s, const struct sip_msg *msg,
				 enum message_method method);
void server_again(struct stack_server *t, const struct sip_msg *msg,
		  const struct flow *flow);
void server_cancel(struct stack *s, const struct sip_msg *msg,
		   const struct flow *flow);
void server_due(struct stack_server *t, uint64_t now);
void server_broken(struct stack_server *t, uint64_t now);
void server_free(struct stack_server *t);
/* stack_merge.c */
/* A request outside a dialog is to be served. True: it is already. */
bool merge_take(struct stack_server *t, const struct sip_msg *msg);
void merge_forget(struct stack_server *t);

struct flow server_way_back(const struct sip_msg *msg, const struct flow *flow);

static inline struct stack_client *client_of(struct node *n)
{
	return (struct stack_client *)n;
}

static inline struct stack_server *server_of(struct node *n)
{
	return (struct stack_server *)n;
}

static inline uint64_t stack_now(const struct stack *s)
{
	return uv_now(s->loop) + 1; /* 0 means never */
}

#endif
