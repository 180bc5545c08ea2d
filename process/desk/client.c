#include "process/desk/client.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

enum { PATIENCE_MS = 30000 };

struct client {
	struct clients *of;
	struct client *next;
	uv_pipe_t pipe;
	uv_timer_t timer;
	unsigned handles; /* open ones; the memory goes with the last */
	bool ending;
	bool asked;
	void *data;
	uint8_t in[4 + TALK_REQUEST_MAX];
	size_t in_len;
};

struct clients {
	uv_loop_t *loop;
	uv_poll_t listener;
	int fd;
	uid_t owner;
	unsigned count;
	struct client_handlers h;
	void *arg;
	struct client *list;
};

struct frame {
	uv_write_t write;
	size_t len;
	uint8_t bytes[];
};

static void on_closed(uv_handle_t *handle)
{
	struct client *c = handle->data;
	struct client **at = &c->of->list;

	if (--c->handles)
		return;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->of->count--;
	free(c);
}

static void drop(struct client *c)
{
	if (uv_is_closing((uv_handle_t *)&c->pipe))
		return;
	uv_close((uv_handle_t *)&c->pipe, on_closed);
	uv_close((uv_handle_t *)&c->timer, on_closed);
}

/* It went, or we lost patience: whoever serves it hears it once. */
static void give_up(struct client *c)
{
	bool served = c->asked && !c->ending;

	c->ending = true;
	if (served)
		c->of->h.gone(c->of->arg, c);
	drop(c);
}

static void on_patience(uv_timer_t *timer)
{
	give_up(timer->data);
}

static void be_patient(struct client *c)
{
	(void)uv_timer_start(&c->timer, on_patience, PATIENCE_MS, 0);
}

void client_set_data(struct client *c, void *data)
{
	c->data = data;
}

void *client_data(const struct client *c)
{
	return c->data;
}

size_t client_waiting(const struct client *c)
{
	return uv_stream_get_write_queue_size((const uv_stream_t *)&c->pipe);
}

static void on_written(uv_write_t *write, int status)
{
	struct client *c = write->handle->data;

	free(write->data);
	if (status == UV_ECANCELED)
		return;
	if (status < 0) {
		give_up(c);
		return;
	}
	be_patient(c);
	if (c->ending && !client_waiting(c))
		drop(c);
	else if (!c->ending)
		c->of->h.writable(c->of->arg, c);
}

static int push(struct client *c, enum talk_type type, const void *p,
		size_t len)
{
	struct frame *f = malloc(sizeof(*f) + TALK_HEAD + len);
	uv_buf_t buf;

	if (!f)
		return ENOMEM;
	talk_head_write(f->bytes, type, len);
	if (len)
		memcpy(f->bytes + TALK_HEAD, p, len);
	f->write.data = f;
	buf = uv_buf_init((char *)f->bytes, (unsigned)(TALK_HEAD + len));
	if (uv_write(&f->write, (uv_stream_t *)&c->pipe, &buf, 1, on_written)) {
		free(f);
		return EPIPE;
	}
	return 0;
}

int client_send(struct client *c, enum talk_type type, const void *p,
		size_t len)
{
	if (len + 1 > TALK_FRAME_MAX)
		return EMSGSIZE;
	return client_waiting(c) > CLIENT_QUEUE_MAX ? EAGAIN
						    : push(c, type, p, len);
}

void client_end(struct client *c, int exit_status, const char *error,
		const char *refused)
{
	json_t *o = json_pack("{s:i,s:s*,s:s*}", "exit", exit_status, "error",
			      error, "refused", refused);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	int err = text ? push(c, TALK_END, text, strlen(text)) : ENOMEM;

	free(text);
	json_decref(o);
	c->ending = true;
	if (err)
		drop(c);
	else
		be_patient(c);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct client *c = handle->data;

	(void)suggested;
	*buf = uv_buf_init((char *)c->in + c->in_len,
			   (unsigned)(sizeof(c->in) - c->in_len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct client *c = stream->data;
	struct talk_request q;
	int err;

	(void)buf;
	if (n == 0)
		return;
	if (n < 0 || c->asked) { /* gone, or says more than one thing */
		give_up(c);
		return;
	}
	c->in_len += (size_t)n;
	err = talk_request_read((struct bytes){ c->in, c->in_len }, &q);
	if (err == EAGAIN && c->in_len < sizeof(c->in))
		return;
	c->asked = true;
	be_patient(c);
	if (err) {
		client_end(c, 2, "the desk does not understand the request",
			   NULL);
		return;
	}
	c->of->h.request(c->of->arg, c, &q);
}

static bool may_connect(const struct clients *cs, int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) &&
	       (who.uid == 0 || who.uid == cs->owner);
}

static void welcome(struct clients *cs, int fd)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c) {
		(void)close(fd);
		return;
	}
	c->of = cs;
	c->next = cs->list;
	cs->list = c;
	cs->count++;
	c->handles = 2;
	(void)uv_pipe_init(cs->loop, &c->pipe, 0);
	(void)uv_timer_init(cs->loop, &c->timer);
	c->pipe.data = c->timer.data = c;
	be_patient(c);
	if (uv_pipe_open(&c->pipe, fd)) {
		(void)close(fd);
		drop(c);
		return;
	}
	if (uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read))
		drop(c);
}

static void on_listener(uv_poll_t *poll, int status, int events)
{
	struct clients *cs = poll->data;
	int fd;

	(void)events;
	if (status < 0)
		return;
	fd = accept4(cs->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (cs->count < CLIENTS_MAX && may_connect(cs, fd))
		welcome(cs, fd);
	else
		(void)close(fd);
}

int clients_open(struct clients **ret, uv_loop_t *loop, int fd, uid_t owner,
		 const struct client_handlers *h, void *arg)
{
	struct clients *cs = calloc(1, sizeof(*cs));
	int err;

	if (!cs)
		return ENOMEM;
	*cs = (struct clients){
		.loop = loop, .fd = fd, .owner = owner, .h = *h, .arg = arg
	};
	err = fcntl(fd, F_SETFL, O_NONBLOCK) ? errno : 0;
	if (!err)
		err = -uv_poll_init(loop, &cs->listener, fd);
	cs->listener.data = cs;
	if (!err)
		err = -uv_poll_start(&cs->listener, UV_READABLE, on_listener);
	if (err) {
		free(cs);
		return err;
	}
	*ret = cs;
	return 0;
}

void clients_shut(struct clients *cs)
{
	if (cs)
		(void)uv_poll_stop(&cs->listener);
}
