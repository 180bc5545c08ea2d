#include "process/keeper/door.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

static void on_listener(uv_poll_t *poll, int status, int events);

static void on_left(uv_handle_t *handle)
{
	struct door *d = handle->data;

	(void)close(d->fd);
	d->fd = -1;
	d->closing = false;
	if (d->listen_fd >= 0)
		(void)uv_poll_start(&d->listener, UV_READABLE, on_listener);
}

static void see_off(struct door *d)
{
	if (d->fd < 0 || d->closing)
		return;
	d->closing = true;
	sodium_memzero(d->said->bytes, d->said->len);
	d->said_len = 0;
	(void)uv_timer_stop(&d->timer);
	uv_close((uv_handle_t *)&d->visitor, on_left);
}

static void on_patience(uv_timer_t *timer)
{
	see_off(timer->data);
}

static void answer(struct door *d, const struct door_question *q)
{
	struct door_answer a = { 0 };
	uint8_t out[DOOR_ANSWER];

	d->handler(d->arg, q, &a);
	door_answer_write(&a, out);
	/* fits an empty socket buffer; a visitor who is gone misses it */
	(void)!send(d->fd, out, sizeof(out), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void on_visitor(uv_poll_t *poll, int status, int events)
{
	struct door *d = poll->data;
	struct door_question q;
	ssize_t n;
	int err;

	(void)events;
	if (status < 0) {
		see_off(d);
		return;
	}
	n = recv(d->fd, d->said->bytes + d->said_len,
		 d->said->len - d->said_len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		see_off(d);
		return;
	}
	d->said_len += (size_t)n;
	err = door_ask_read((struct bytes){ d->said->bytes, d->said_len }, &q);
	if (err == EAGAIN && d->said_len < d->said->len)
		return;
	if (!err)
		answer(d, &q);
	see_off(d);
}

static bool may_come_in(const struct door *d, int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) &&
	       (who.uid == 0 || who.uid == d->owner);
}

static void on_listener(uv_poll_t *poll, int status, int events)
{
	struct door *d = poll->data;
	int fd;

	(void)events;
	if (status < 0 || d->fd >= 0)
		return;
	fd = accept4(d->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (!may_come_in(d, fd) || uv_poll_init(d->loop, &d->visitor, fd)) {
		(void)close(fd);
		return;
	}
	d->fd = fd;
	d->visitor.data = d;
	(void)uv_poll_stop(&d->listener);
	(void)uv_poll_start(&d->visitor, UV_READABLE, on_visitor);
	(void)uv_timer_start(&d->timer, on_patience, PATIENCE_MS, 0);
}

int door_open(struct door *d, uv_loop_t *loop, int fd, uid_t owner,
	      door_h *handler, void *arg)
{
	int err;

	*d = (struct door){ .loop = loop,
			    .listen_fd = fd,
			    .fd = -1,
			    .owner = owner,
			    .handler = handler,
			    .arg = arg };
	d->said = secret_new(DOOR_QUESTION_MAX);
	if (!d->said)
		return ENOMEM;
	d->listener.data = d->timer.data = d;
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		return errno;
	err = uv_timer_init(loop, &d->timer);
	if (!err)
		err = uv_poll_init(loop, &d->listener, fd);
	if (!err)
		err = uv_poll_start(&d->listener, UV_READABLE, on_listener);
	return err ? -err : 0;
}

void door_shut(struct door *d)
{
	if (d->listen_fd < 0 || !d->handler)
		return;
	(void)uv_poll_stop(&d->listener);
	d->listen_fd = -1;
	see_off(d);
}
