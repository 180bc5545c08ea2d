/*
 * server -- HTTPS in a libuv loop, with bounds on everything from outside
 *
 * libmicrohttpd does TLS (1.2 and later) and HTTP. Bounded here: connections,
 * those of one address, their silence, headers, bodies. Where a client's
 * authority is named, its certificate is demanded and judged in the handshake:
 * who has none that holds never gets to say anything.
 *
 * A request is handed over whole. It may be answered at once or later; it lives
 * until it has been answered and is gone then. Nothing here logs what strangers
 * sent.
 */
#ifndef VAXEL_HTTPS_SERVER_H
#define VAXEL_HTTPS_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/error.h"

#define HTTPS_HEADERS_MAX 4 /* beside those that every answer has */

struct https_server;
struct https_request;

typedef void https_request_h(void *arg, struct https_request *r);

struct https_options {
	int fd; /* listening; not blocking; the server's, also on failure */
	const char *certificate, *key; /* PEM */
	const char *client_ca; /* PEM; NULL: nobody is asked who they are */
	unsigned connections;
	unsigned connections_of_one; /* address */
	unsigned silence_s;
	size_t body_max; /* of a request; a longer one is answered 413 */
	https_request_h *request;
	void *arg;
};

/* EINVAL certificate, key or authority are no good. Opens what it needs. */
int https_server_start(struct https_server **ret,
		       const struct https_options *o) CHECK_RESULT;

/* Serve from this loop on, which may be after giving up rights. */
int https_server_serve(struct https_server *s, uv_loop_t *loop) CHECK_RESULT;

/* No new connections. NULL is fine. */
void https_server_shut(struct https_server *s);

/*
 * Every request must have been answered. The loop's handles are closed with
 * the loop's next turn. NULL is fine.
 */
void https_server_stop(struct https_server *s);

/* ---- a request */

const char *https_method(const struct https_request *r);
const char *https_path(const struct https_request *r); /* begins with / */
struct text https_body(const struct https_request *r);
/* NULL: there is none of that name. */
const char *https_query(const struct https_request *r, const char *name);
const char *https_header(const struct https_request *r, const char *name);

/* Does the client's certificate (which was judged) bear this name? */
bool https_client_is(const struct https_request *r, const char *name);

/* ---- its answer: once */

struct https_field {
	const char *name, *value;
};

struct https_answer {
	unsigned status;
	const char *type; /* of the content */
	struct bytes body;
	/* NULL name: no more */
	struct https_field fields[HTTPS_HEADERS_MAX];
};

void https_answer(struct https_request *r, const struct https_answer *a);

/* "text/plain; charset=utf-8", one line. */
void https_answer_text(struct https_request *r, unsigned status,
		       const char *line);

/* At most len bytes at this offset. 0, or why the connection must break. */
typedef int https_read_h(void *arg, uint64_t offset, void *to, size_t len,
			 size_t *ret_len);

/*
 * a->body.p is not looked at, body.len bytes come from `read`, as fast as they
 * are taken. `done` is called once, in any case, when nothing more is read.
 */
void https_answer_stream(struct https_request *r, const struct https_answer *a,
			 https_read_h *read, void (*done)(void *arg),
			 void *arg);

#endif
