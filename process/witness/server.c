/*
 * server -- HTTPS around the witness
 *
 * Nobody is asked who they are: what counts is the log's signature.
 */
#include "process/witness/self.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/log.h"
#include "https/server.h"
#include "ipc/confine.h"

enum {
	CONNECTIONS = 128,
	CONNECTIONS_OF_ONE = 32,
	SILENCE_S = 15,
	BACKLOG = 64,
};

struct server {
	struct witness *witness;
	struct https_server *https;
	uv_loop_t loop;
	uv_signal_t term, interrupt;
};

/* ---- requests */

static void send_answer(struct https_request *r, const struct answer *a,
			const char *allow)
{
	https_answer(
		r, &(struct https_answer){
			   .status = a->status,
			   .type = a->type,
			   .body = { (const uint8_t *)a->body.p, a->body.len },
			   .fields = { { allow ? "Allow" : NULL, allow } },
		   });
}

static void send_plain(struct https_request *r, unsigned status,
		       const char *text, const char *allow)
{
	struct answer a = answer_plain(status, text);

	send_answer(r, &a, allow);
}

static void on_request(void *arg, struct https_request *r)
{
	const char *path = https_path(r), *method = https_method(r);
	struct server *s = arg;
	struct answer a;

	if (!strcmp(path, "/add-checkpoint")) {
		if (strcmp(method, "POST") != 0) {
			send_plain(r, 405, "checkpoints are posted here",
				   "POST");
			return;
		}
		a = answer_add(s->witness, https_body(r), clock_wall_ms());
	} else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		send_plain(r, 405, "nothing is taken here", "GET, HEAD");
		return;
	} else {
		a = answer_get(s->witness, text_of(path));
	}
	send_answer(r, &a, NULL);
}

/* ---- the loop */

static void on_signal(uv_signal_t *sig, int number)
{
	struct server *s = sig->data;

	(void)number;
	uv_stop(&s->loop);
}

static int watch(struct server *s)
{
	if (uv_loop_init(&s->loop) || uv_signal_init(&s->loop, &s->term) ||
	    uv_signal_init(&s->loop, &s->interrupt))
		return ENOMEM;
	s->term.data = s->interrupt.data = s;
	return uv_signal_start(&s->term, on_signal, SIGTERM) ||
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

static int start(struct server *s, const struct server_options *o,
		 unsigned *ret_port)
{
	struct https_options https = { .certificate = o->certificate,
				       .key = o->key,
				       .connections = CONNECTIONS,
				       .connections_of_one = CONNECTIONS_OF_ONE,
				       .silence_s = SILENCE_S,
				       .body_max = WITNESS_BODY_MAX,
				       .request = on_request,
				       .arg = s };
	int err = open_socket(o->listen, &https.fd, ret_port);

	if (err) {
		log_error("cannot listen on %s: %s", o->listen, strerror(err));
		return err;
	}
	err = https_server_start(&s->https, &https);
	if (err)
		log_error("certificate and key do not make a server");
	return err;
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
	if (!err)
		err = https_server_serve(s.https, &s.loop);
	if (!err) {
		(void)printf("ready https port=%u logs=%u\n", port,
			     w->log_count);
		(void)fflush(stdout);
		(void)uv_run(&s.loop, UV_RUN_DEFAULT);
		log_notice("stopped");
	}
	https_server_stop(s.https);
	return err;
}
