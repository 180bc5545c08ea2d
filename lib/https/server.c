#include "https/server.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	HEADERS_BYTES = 16 * 1024,
	BODY_ROOM = 8 * 1024,
	STREAM_BLOCK = 64 * 1024,
	/* of a body that is too long, so much more is let pass unread */
	PATIENCE_BYTES = 1024 * 1024,
};

static const char tls[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:"
			  "-DHE-RSA:-SHA1:-AES-128-CBC:-AES-256-CBC";

struct https_server {
	struct https_options o;
	struct MHD_Daemon *daemon;
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned handles; /* open ones; the memory goes with the last */
};

struct https_request {
	struct https_server *server;
	struct MHD_Connection *connection;
	char *path, *method;
	char *body;
	size_t len, max, passed;
	bool is_too_long, was_asked, is_suspended;
	unsigned status;
	struct MHD_Response *response;
};

/* ---- the loop */

static void on_time(uv_timer_t *t);

/* libmicrohttpd says when it wants to be called even if nothing comes. */
static void run(struct https_server *s)
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

int https_server_serve(struct https_server *s, uv_loop_t *loop)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	if (!info || uv_poll_init(loop, &s->poll, info->epoll_fd))
		return ENOMEM;
	s->handles++;
	if (uv_timer_init(loop, &s->timer))
		return ENOMEM;
	s->handles++;
	s->poll.data = s->timer.data = s;
	if (uv_poll_start(&s->poll, UV_READABLE, on_event))
		return ENOMEM;
	run(s);
	return 0;
}

/* ---- requests */

const char *https_method(const struct https_request *r)
{
	return r->method;
}

const char *https_path(const struct https_request *r)
{
	return r->path;
}

struct text https_body(const struct https_request *r)
{
	return (struct text){ r->body, r->len };
}

const char *https_query(const struct https_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND,
					   name);
}

const char *https_header(const struct https_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND,
					   name);
}

static void request_free(struct https_request *r)
{
	if (!r)
		return;
	if (r->response)
		MHD_destroy_response(r->response);
	free(r->path);
	free(r->method);
	free(r->body);
	free(r);
}

static struct https_request *request_new(struct https_server *s,
					 struct MHD_Connection *c,
					 const char *path, const char *method)
{
	struct https_request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->server = s;
	r->connection = c;
	r->path = strdup(path);
	r->method = strdup(method);
	if (r->path && r->method)
		return r;
	request_free(r);
	return NULL;
}

/* EMSGSIZE: nobody need listen to that any longer. */
static int body_put(struct https_request *r, const char *p, size_t n)
{
	size_t most = r->server->o.body_max;

	if (r->is_too_long || n > most - r->len) {
		r->is_too_long = true;
		r->passed += n;
		return r->passed > PATIENCE_BYTES ? EMSGSIZE : 0;
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

/* All of it is here: ask whoever serves it, who may take time. */
static enum MHD_Result ask(struct https_request *r)
{
	struct https_server *s = r->server;

	if (!r->was_asked) {
		r->was_asked = true;
		if (r->is_too_long)
			https_answer_text(r, MHD_HTTP_CONTENT_TOO_LARGE,
					  "the request is too long");
		else
			s->o.request(s->o.arg, r);
	}
	if (r->response)
		return MHD_queue_response(r->connection, r->status,
					  r->response);
	MHD_suspend_connection(r->connection);
	r->is_suspended = true;
	return MHD_YES;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c,
				  const char *path, const char *method,
				  const char *version, const char *data,
				  size_t *len, void **ret)
{
	struct https_request *r = *ret;

	(void)version;
	if (!r) {
		*ret = request_new(arg, c, path, method);
		return *ret ? MHD_YES : MHD_NO;
	}
	if (!*len)
		return ask(r);
	if (body_put(r, data, *len))
		return MHD_NO;
	*len = 0;
	return MHD_YES;
}

static void on_completed(void *arg, struct MHD_Connection *c, void **ret,
			 enum MHD_RequestTerminationCode why)
{
	(void)arg;
	(void)c;
	(void)why;
	request_free(*ret);
	*ret = NULL;
}

/* ---- who the client is */

static gnutls_session_t session_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return info ? info->tls_session : NULL;
}

/* In the handshake; anything but 0 ends it. */
static int judge_client(gnutls_session_t session)
{
	char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
	gnutls_typed_vdata_st want = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
				       .data = (unsigned char *)purpose };
	unsigned status = ~0u;

	if (gnutls_certificate_verify_peers(session, &want, 1, &status) < 0)
		return GNUTLS_E_CERTIFICATE_ERROR;
	return status ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

/* Before the handshake: libmicrohttpd itself would only ask, and judge nobody.
 */
static void on_connection(void *arg, struct MHD_Connection *c, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	gnutls_session_t session;

	(void)arg;
	(void)context;
	if (what != MHD_CONNECTION_NOTIFY_STARTED)
		return;
	session = session_of(c);
	if (!session)
		return;
	gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
	gnutls_session_set_verify_function(session, judge_client);
}

bool https_client_is(const struct https_request *r, const char *name)
{
	gnutls_session_t session = session_of(r->connection);
	const gnutls_datum_t *list;
	gnutls_x509_crt_t certificate;
	unsigned count = 0;
	bool is;

	/* whoever was not asked for a certificate has no name */
	if (!r->server->o.client_ca || !session || judge_client(session))
		return false;
	list = gnutls_certificate_get_peers(session, &count);
	if (!list || !count || gnutls_x509_crt_init(&certificate) < 0)
		return false;
	is = gnutls_x509_crt_import(certificate, &list[0],
				    GNUTLS_X509_FMT_DER) >= 0 &&
	     gnutls_x509_crt_check_hostname2(
		     certificate, name, GNUTLS_VERIFY_DO_NOT_ALLOW_WILDCARDS);
	gnutls_x509_crt_deinit(certificate);
	return is;
}

/* ---- answers */

static int add_fields(struct MHD_Response *to, const struct https_answer *a)
{
	const struct https_field always[] = {
		{ "Content-Type", a->type },
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Content-Security-Policy",
		  "default-src 'none'; style-src 'self'" },
	};

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (always[i].value &&
		    MHD_add_response_header(to, always[i].name,
					    always[i].value) != MHD_YES)
			return ENOMEM;
	for (size_t i = 0; i < HTTPS_HEADERS_MAX && a->fields[i].name; i++)
		if (MHD_add_response_header(to, a->fields[i].name,
					    a->fields[i].value) != MHD_YES)
			return ENOMEM;
	return 0;
}

/* response NULL: there was no memory for it, so there is no answer but that. */
static void give(struct https_request *r, const struct https_answer *a,
		 struct MHD_Response *response)
{
	static char nothing[1];

	if (response && add_fields(response, a)) {
		MHD_destroy_response(response);
		response = NULL;
	}
	r->status = a->status;
	if (!response) {
		r->status = MHD_HTTP_SERVICE_UNAVAILABLE;
		response = MHD_create_response_from_buffer(
			0, nothing, MHD_RESPMEM_PERSISTENT);
	}
	if (!response)
		abort(); /* not a hundred bytes left */
	r->response = response;
	if (!r->is_suspended)
		return;
	r->is_suspended = false;
	MHD_resume_connection(r->connection);
	(void)uv_timer_start(&r->server->timer, on_time, 0, 0);
}

void https_answer(struct https_request *r, const struct https_answer *a)
{
	/* libmicrohttpd does not write to what it copies */
	give(r, a,
	     MHD_create_response_from_buffer(a->body.len,
					     (void *)(uintptr_t)a->body.p,
					     MHD_RESPMEM_MUST_COPY));
}

void https_answer_text(struct https_request *r, unsigned status,
		       const char *line)
{
	char text[256];
	struct writer w = writer_on(text, sizeof(text));

	writer_printf(&w, "%s\n", line);
	https_answer(r, &(struct https_answer){
				.status = status,
				.type = "text/plain; charset=utf-8",
				.body = { (const uint8_t *)text, w.len } });
}

struct stream {
	https_read_h *read;
	void (*done)(void *arg);
	void *arg;
};

static ssize_t stream_read(void *of, uint64_t offset, char *to, size_t len)
{
	struct stream *s = of;
	size_t got = 0;

	if (s->read(s->arg, offset, to, len, &got) || !got)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	return (ssize_t)got;
}

static void stream_free(void *of)
{
	struct stream *s = of;

	s->done(s->arg);
	free(s);
}

void https_answer_stream(struct https_request *r, const struct https_answer *a,
			 https_read_h *read, void (*done)(void *arg), void *arg)
{
	struct stream *s = malloc(sizeof(*s));
	struct MHD_Response *response = NULL;

	if (s) {
		*s = (struct stream){ read, done, arg };
		response = MHD_create_response_from_callback(
			a->body.len, STREAM_BLOCK, stream_read, s, stream_free);
	}
	if (!response) {
		free(s);
		done(arg);
	}
	give(r, a, response);
}

/* ---- life */

/* What a library says may hold what a stranger sent. */
static void say_nothing(void *arg, const char *fmt, va_list ap)
{
	(void)arg;
	(void)fmt;
	(void)ap;
}

static struct MHD_Daemon *start(struct https_server *s)
{
	const struct https_options *o = &s->o;
	struct MHD_OptionItem demand[] = {
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, NULL },
		/* libmicrohttpd does not write to it */
		{ MHD_OPTION_HTTPS_MEM_TRUST, 0,
		  (void *)(uintptr_t)o->client_ca },
		{ MHD_OPTION_END, 0, NULL }
	};
	struct MHD_OptionItem nothing[] = { { MHD_OPTION_END, 0, NULL } };

	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_TLS | MHD_USE_ERROR_LOG |
			MHD_ALLOW_SUSPEND_RESUME,
		0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER,
		say_nothing, NULL, MHD_OPTION_LISTEN_SOCKET, o->fd,
		MHD_OPTION_HTTPS_MEM_CERT, o->certificate,
		MHD_OPTION_HTTPS_MEM_KEY, o->key, MHD_OPTION_HTTPS_PRIORITIES,
		tls, MHD_OPTION_CONNECTION_LIMIT, o->connections,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->connections_of_one,
		MHD_OPTION_CONNECTION_TIMEOUT, o->silence_s,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_BYTES,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_ARRAY, o->client_ca ? demand : nothing,
		MHD_OPTION_END);
}

int https_server_start(struct https_server **ret, const struct https_options *o)
{
	struct https_server *s = calloc(1, sizeof(*s));
	int err = s ? 0 : ENOMEM;

	if (s) {
		s->o = *o;
		s->daemon = start(s);
		if (!s->daemon)
			err = EINVAL;
	}
	if (err) {
		(void)close(o->fd);
		free(s);
		return err;
	}
	*ret = s;
	return 0;
}

void https_server_shut(struct https_server *s)
{
	int fd = s ? MHD_quiesce_daemon(s->daemon) : -1;

	if (fd >= 0)
		(void)close(fd);
}

static void on_closed(uv_handle_t *h)
{
	struct https_server *s = h->data;

	if (!--s->handles)
		free(s);
}

void https_server_stop(struct https_server *s)
{
	if (!s)
		return;
	MHD_stop_daemon(s->daemon);
	if (!s->handles) {
		free(s);
		return;
	}
	uv_close((uv_handle_t *)&s->poll, on_closed);
	if (s->handles > 1)
		uv_close((uv_handle_t *)&s->timer, on_closed);
}
