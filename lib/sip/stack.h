/*
 * stack -- requests out, requests in, each with its transaction
 *
 * Ties message, transport, transaction and resolve together for the layer
 * above (dialogs, sessions, registrar), which sees requests and responses and
 * never a timer, a socket or a retransmission.
 *
 * What the stack does by itself: 100 for an INVITE, at once; retransmissions,
 * both ways; ACK for 3xx to 6xx; 200 for a CANCEL that matches; OPTIONS outside
 * a dialog, 405, 416, 420, 505, 513 and 400 where they are due; 403 for
 * a refused flow; 503 without Retry-After when full, with it while draining;
 * the next address when one fails (RFC 3263 4.3).
 *
 * Who owns what. A struct stack_client or stack_server belongs to the stack.
 * A client is valid until its handler was called with code 0, or until the
 * caller let go with stack_detach(); a server until its handler was called
 * with STACK_GONE, or until stack_server_watch(t, NULL, NULL). Handlers are
 * never called before the function that started them has returned.
 * Messages and flows given to a handler are valid until it returns
 * (message_keep() for longer; a flow can be copied).
 */
#ifndef VAXEL_SIP_STACK_H
#define VAXEL_SIP_STACK_H

#include "sip/message.h"
#include "sip/transport.h"

struct stack;
struct stack_client;
struct stack_server;

enum stack_event {
	STACK_CANCELLED, /* INVITE: a CANCEL came and got its 200; send 487 */
	STACK_NO_ACK,    /* a 2xx was never acknowledged: send BYE */
	STACK_BROKEN,    /* the response cannot be delivered */
	STACK_GONE       /* the last call: t is invalid afterwards */
};

typedef void stack_server_h(void *arg, struct stack_server *t,
			    enum stack_event event);

/*
 * code   100 never comes up; 101 to 699 as received; 408 (nothing came) and
 *        503 (could not be sent) also without msg; 0 ends the client
 * msg    NULL when made here
 *
 * An INVITE's 2xx comes up each time it is received, retransmitted or from
 * another fork, during 32 s: send the ACK each time.
 */
typedef void stack_response_h(void *arg, struct stack_client *c, unsigned code,
			      const struct sip_msg *msg,
			      const struct flow *flow);

struct stack_handlers {
	/*
	 * A new request that passed every check; not CANCEL, not an ACK for a
	 * non-2xx, not OPTIONS without To tag. Answer with stack_reply(), now
	 * or later. t is NULL for ACK, which has no answer.
	 */
	void (*request)(void *arg, struct stack_server *t,
			const struct sip_msg *msg, const struct flow *flow);
	/* A connection died: registrations by it are gone. May be NULL. */
	void (*closed)(void *arg, uint64_t connection);
	/* Further lines of the 200 for an OPTIONS without To tag, at most 512
	 * bytes. May be NULL. */
	void (*options)(void *arg, const struct flow *flow,
			struct writer *headers);
};

struct stack_options {
	const char *supported; /* "100rel, timer, replaces": also what Require
				  may name */
	const char *allow;     /* "INVITE, ACK, ...": anything else gets 405 */
	const char *agent;     /* Server and User-Agent; NULL for none */
	unsigned transactions_max; /* 0: 262144 */
	size_t kept_max;  /* bytes of answers kept for others than trunks, in
			     case they ask again; past it their new requests get
			     503 and are forgotten; 0: 64 MiB */
	bool trunks_only; /* INVITEs that no trunk sent begin no call: 403 */
};

/* A request, without Via, Max-Forwards, Content-Length: these are ours. */
struct stack_request {
	enum message_method method;
	struct text uri;     /* request-URI */
	struct text headers; /* whole lines with CRLF: From, To, Call-ID, CSeq,
				Route, ... */
	/* Contact is written by the stack, which knows the local address once
	 * the name is resolved: <sip:USER@HOST:PORT;transport=x>PARAMS. p
	 * NULL: none */
	struct text contact_user;
	struct text contact_params; /* ";+sip.instance=..." or empty */
	unsigned hops; /* Max-Forwards is so much below 70: of a call that
			  came by others; 0 for one of our own */
	struct text content_type;
	struct text body;
};

/* Where to send it. The first that is given and can be had is taken. */
struct stack_target {
	const struct flow *flow; /* a living connection, a UDP address; or NULL
				  */
	struct text uri;         /* next hop: topmost Route, else request-URI */
	int trunk;               /* index: to its host, if uri is empty; its
				    certificate name in any case; or -1 */
};

/* Certificates, resolver configuration: while files can still be opened. */
int stack_prepare(struct stack **ret, const struct settings *settings,
		  const struct stack_options *options) CHECK_RESULT;

/* fds[i] belongs to settings->listeners[i], -1 for none; stay the caller's. */
int stack_start(struct stack *s, uv_loop_t *loop,
		const int fds[SETTINGS_LISTENERS],
		const struct stack_handlers *handlers, void *arg) CHECK_RESULT;

/* Drops every transaction without a call. NULL is fine. */
void stack_close(struct stack *s);

/* As transport_reload(), transport_listens() and transport_leave(). */
int stack_reload(struct stack *s, const struct settings *settings,
		 const int fds[SETTINGS_LISTENERS]) CHECK_RESULT;
bool stack_listens(const struct stack *s, unsigned listener);
void stack_leave(struct stack *s, unsigned listener);

/* From now on new INVITEs outside dialogs get 503 with Retry-After. */
void stack_drain(struct stack *s);

/* ---- requests out */

/*
 * Send a request. Headers and body are copied. The handler is called later,
 * never from within. For an ACK (of a 2xx) pass ret_client NULL and no handler.
 *
 * EINVAL a target that is none; EMSGSIZE; ENOMEM; ENOBUFS too many transactions
 */
int stack_request(struct stack *s, struct stack_client **ret_client,
		  const struct stack_target *target,
		  const struct stack_request *request, stack_response_h *h,
		  void *arg) CHECK_RESULT;

/*
 * Cancel an INVITE: sent once a provisional response is there. The final
 * response (487, or a 2xx that won) still comes up. EPROTO: too late.
 */
int stack_cancel(struct stack_client *c) CHECK_RESULT;

/* No more calls; c is invalid. Not for an INVITE that may still get a 2xx. */
void stack_detach(struct stack_client *c);

/* ---- requests in */

/* Hear of its events; h NULL to hear no more. */
void stack_server_watch(struct stack_server *t, stack_server_h *h, void *arg);

/* The request, until the final answer was given; then NULL. */
const struct sip_msg *stack_server_request(const struct stack_server *t);
const struct flow *stack_server_flow(const struct stack_server *t);

/* The To tag of our responses, the same in all: 16 characters. */
struct text stack_server_tag(const struct stack_server *t);

/*
 * Answer. 101 to 199 any number of times, then one final. A 2xx to an INVITE
 * is retransmitted until stack_acked(). After a final answer t lives on until
 * STACK_GONE.
 *
 * reason         NULL for the usual words
 * headers        whole lines with CRLF, or empty
 * contact_user   as in struct stack_request; p NULL for none
 *
 * EPROTO a final answer was given; EMSGSIZE; ENOTCONN the peer is gone
 */
struct stack_reply {
	unsigned code;
	const char *reason;
	struct text headers;
	struct text contact_user;
	struct text content_type;
	struct text body;
};

int stack_reply(struct stack_server *t,
		const struct stack_reply *reply) CHECK_RESULT;

/* The short form: no headers, no body; for errors. */
int stack_answer(struct stack_server *t, unsigned code) CHECK_RESULT;

/* The ACK of our 2xx came. */
void stack_acked(struct stack_server *t);

/*
 * Send the last provisional response again, or the 2xx: PRACK's retransmission
 * (RFC 3262) is the caller's timer.
 */
int stack_reply_again(struct stack_server *t) CHECK_RESULT;

/* ---- what the layer above asks */

/* "<sip:USER@HOST:PORT;transport=tcp>" as Contact says for this flow. */
void stack_contact(const struct stack *s, const struct flow *flow,
		   struct text user, struct writer *w);

/* Whether a connection lives; a UDP flow always does. */
bool stack_alive(const struct stack *s, const struct flow *flow);

/* Whoever sent this has shown a password: he may connect more often. */
void stack_vouch(struct stack *s, const struct flow *flow);

unsigned stack_transactions(const struct stack *s);

#endif
