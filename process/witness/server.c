/*
 * server -- HTTPS around the witness
 *
 * What comes from outside is bounded: connections, those of one address, their
 * silence, headers, bodies. Nobody is asked who they are: what counts is the
 * log's signature.
 */
#include "process/witness/self.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/log.h"
#include "ipc/confine.h"

enum {
	CONNECTIONS = 128,
	CONNECTIONS_OF_ONE = 32,
	SILENCE_S = 15,
	HEADERS_MAX = 16 * 1024,
	BODY_ROOM = 8 * 1024,
	BACKLOG = 64,
};

static const char tls[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:"
			  "-DHE-RSA:-SHA1:-AES-128-CBC:-AES-256-CBC";

struct server {
	struct witness *witness;
	struct MHD_Daemon *daemon;
	uv_loop_t loop;
	uv_poll_t poll;
	uv_timer_t timer;
	uv_signal_t term, interrupt;
};

/* One request, from its headers to its answer. */
struct request {
	char *body;
	size_t len, max;
	bool is_too_long;
};

/* ---- answers */

static enum MHD_Result send_answer(struct MHD_Connection *c,
				   const struct answer *a, const char *allow)
{
	/* libmicrohttpd does not write to what it copies */
	struct MHD_Response *r = MHD_create_response_from_buffer(
		a->body.len, (void *)(uintptr_t)a->body.p,
		MHD_RESPMEM_MUST_COPY);
	enum MHD_Result is;

	if (!r)
		return MHD_NO;
	is = MHD_add_response_header(r, "Content-Type", a->type);
	if (is == MHD_YES)
		is = MHD_add_response_header(r, "Cache-Control", "no-store");
	if (is == MHD_YES)
		is = MHD_add_response_header(r, "X-Content-Type-Options",
					     "nosniff");
	if (is == MHD_YES)
		is = MHD_add_response_header(r, "Content-Security-Policy",
					     "default-src 'none'");
	if (is == MHD_YES && allow)
		is = MHD_add_response_header(r, "Allow", allow);
	if (is == MHD_YES)
		is = MHD_queue_response(c, a->status, r);
	MHD_destroy_response(r);
	return is;
}

static enum MHD_Result send_plain(struct MHD_Connection *c, unsigned status,
				  const char *text, const char *allow)
{
	struct answer a = answer_plain(status, text);

	return send_answer(c, &a, allow);
}

/* ---- requests */

static int body_put(struct request *r, const char *p, size_t n)
{
	if (r->is_too_long || n > WITNESS_BODY_MAX - r->len) {
		r->is_too_long = true;
		return 0;
	}
	if (r->max - r->len < n) {
		size_t max = r->max ? 2 * r->max : BODY_ROOM;
		char *body;

		while (max - r->len < n)
			max *= 2;
		body = realloc(r->body, max);
		if (!body)
			return ENOMEM;
		r->body = body;
		r->max = max;
	}
	memcpy(r->body + r->len, p, n);
	r->len += n;
	return 0;
}

static enum MHD_Result add_checkpoint(struct server *s,
				      struct MHD_Connection *c,
				      const struct request *r)
{
	struct answer a;

	if (r->is_too_long)
		return send_plain(c, MHD_HTTP_CONTENT_TOO_LARGE,
				  "the request is too long", NULL);
	a = answer_add(s->witness, (struct text){ r->body, r->len },
		       clock_wall_ms());
	return send_answer(c, &a, NULL);
}

/* What can be told from the headers alone; MHD_NO with *ret_wait: not yet. */
static enum MHD_Result begin(struct server *s, struct MHD_Connection *c,
			     const char *path, const char *method,
			     struct request **ret)
{
	bool is_get = !strcmp(method, "GET") || !strcmp(method, "HEAD");
	bool is_add = !strcmp(path, "/add-checkpoint");
	struct answer a;

	if (is_add && strcmp(method, "POST") != 0)
		return send_plain(c, MHD_HTTP_METHOD_NOT_ALLOWED,
				  "checkpoints are posted here", "POST");
	if (is_add) {
		*ret = calloc(1, sizeof(**ret));
		return *ret ? MHD_YES : MHD_NO;
	}
	if (!is_get)
		return send_plain(c, MHD_HTTP_METHOD_NOT_ALLOWED,
				  "nothing is taken here", "GET, HEAD");
	a = answer_get(s->witness, text_of(path));
	return send_answer(c, &a, NULL);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c,
				  const char *path, const char *method,
				  const char *version, const char *data,
				  size_t *len, void **ret)
{
	struct request *r = *ret;

	(void)version;
	if (!r)
		return begin(arg, c, path, method, (struct request **)ret);
	if (!*len)
		return add_checkpoint(arg, c, r);
	if (body_put(r, data, *len))
		return MHD_NO;
	*len = 0;
	return MHD_YES;
}

static void on_completed(void *arg, struct MHD_Connection *c, void **ret,
			 enum MHD_RequestTerminationCode why)
{
	struct request *r = *ret;

	(void)arg;
	(void)c;
	(void)why;
	if (r)
		free(r->body);
	free(r);
	*ret = NULL;
}

/* ---- the loop */

static void on_time(uv_timer_t *t);

/* libmicrohttpd says when it wants to be called even if nothing comes. */
static void run(struct server *s)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	(void)MHD_run(s->daemon);
	if (MHD_get_timeout(s->daemon, &wait_ms) == MHD_YES)
		(void)uv_timer_start(&s->timer, on_time, wait_ms, 0);
	else
		(void)uv_timer_stop(&s->timer);
}

static void on_time(uv_timer_t *t)
{
	run(t->data);
}

static void on_event(uv_poll_t *p, int status, int events)
{
	(void)status;
	(void)events;
	run(p->data);
}

static void on_signal(uv_signal_t *sig, int number)
{
	struct server *s = sig->data;

	(void)number;
	uv_stop(&s->loop);
}

static int watch(struct server *s)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	if (!info || uv_loop_init(&s->loop) ||
	    uv_poll_init(&s->loop, &s->poll, info->epoll_fd) ||
	    uv_timer_init(&s->loop, &s->timer) ||
	    uv_signal_init(&s->loop, &s->term) ||
	    uv_signal_init(&s->loop, &s->interrupt))
		return ENOMEM;
	s->poll.data = s->timer.data = s;
	s->term.data = s->interrupt.data = s;
	return uv_poll_start(&s->poll, UV_READABLE, on_event) ||
			       uv_signal_start(&s->term, on_signal, SIGTERM) ||
			       uv_signal_start(&s->interrupt, on_signal, SIGINT)
		       ? ENOMEM
		       : 0;
}

/* ---- the socket */

static int read_place(const char *place, struct sockaddr_storage *ret)
{
	struct text t = text_of(place);
	char host[64];
	uint64_t port;
	size_t colon = t.len;

	while (colon && t.p[colon - 1] != ':')
		colon--;
	if (!colon || text_u64((struct text){ t.p + colon, t.len - colon }, 0,
			       65535, &port))
		return EINVAL;
	t.len = colon - 1;
	if (t.len > 2 && t.p[0] == '[' && t.p[t.len - 1] == ']') {
		t.p++;
		t.len -= 2;
		return text_copy(host, sizeof(host), t) ||
				       uv_ip6_addr(host, (int)port,
						   (struct sockaddr_in6 *)ret)
			       ? EINVAL
			       : 0;
	}
	return text_copy(host, sizeof(host), t) ||
			       uv_ip4_addr(host, (int)port,
					   (struct sockaddr_in *)ret)
		       ? EINVAL
		       : 0;
}

static int open_socket(const char *place, int *ret_fd, unsigned *ret_port)
{
	struct sockaddr_storage at = { 0 };
	socklen_t len = sizeof(at);
	const int on = 1;
	int fd, err;

	if (read_place(place, &at))
		return EINVAL;
	fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    0);
	if (fd < 0)
		return errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&at,
		 at.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					  : sizeof(struct sockaddr_in)) ||
	    listen(fd, BACKLOG) ||
	    getsockname(fd, (struct sockaddr *)&at, &len)) {
		err = errno;
		(void)close(fd);
		return err;
	}
	/* both kinds have their port in the same place */
	*ret_port = ntohs(((struct sockaddr_in *)&at)->sin_port);
	*ret_fd = fd;
	return 0;
}

/* What a library says may hold what a stranger sent. */
static void say_nothing(void *arg, const char *fmt, va_list ap)
{
	(void)arg;
	(void)fmt;
	(void)ap;
}

static int start(struct server *s, const struct server_options *o,
		 unsigned *ret_port)
{
	int fd = -1, err = open_socket(o->listen, &fd, ret_port);

	if (err) {
		log_error("cannot listen on %s: %s", o->listen, strerror(err));
		return err;
	}
	s->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_TLS | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		on_request, s, MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_HTTPS_MEM_CERT,
		o->certificate, MHD_OPTION_HTTPS_MEM_KEY, o->key,
		MHD_OPTION_HTTPS_PRIORITIES, tls, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_OF_ONE, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)SILENCE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)HEADERS_MAX, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
		NULL, MHD_OPTION_END);
	if (s->daemon)
		return 0;
	(void)close(fd);
	log_error("certificate and key do not make a server");
	return EINVAL;
}

static int confine(const char *state_dir)
{
	const struct confine c = { .role = ROLE_WITNESS,
				   .accept = true,
				   .files = true,
				   .paths = { { state_dir, true } },
				   .path_count = 1 };
	int err = confine_enter(&c);

	if (err)
		log_error("cannot give up rights: %s", strerror(err));
	return err;
}

int server_run(struct witness *w, const char *state_dir,
	       const struct server_options *o)
{
	struct server s = { .witness = w };
	unsigned port = 0;
	int err = start(&s, o, &port);

	if (err)
		return err;
	err = watch(&s);
	if (!err)
		err = confine(state_dir);
	if (!err) {
		(void)printf("ready https port=%u logs=%u\n", port,
			     w->log_count);
		(void)fflush(stdout);
		run(&s);
		(void)uv_run(&s.loop, UV_RUN_DEFAULT);
		log_notice("stopped");
	}
	MHD_stop_daemon(s.daemon);
	return err;
}
