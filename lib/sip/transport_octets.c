/*
 * What goes over a connection: messages out whole or not at all, octets in
 * framed into messages, both bounded.
 */

#include <stdlib.h>

#include "sip/frame.h"
#include "sip/transport_parts.h"

struct write {
	uv_write_t req;
	struct connection *c;
	size_t len;
	uint8_t bytes[];
};

static void written(uv_write_t *req, int status)
{
	struct write *w = req->data;
	struct connection *c = w->c;

	c->unsent -= w->len;
	free(w);
	if (status < 0)
		stream_close(c, -status);
	else if (c->state == CONNECTION_LEAVING && !c->unsent)
		stream_close(c, 0);
}

/* Bytes as they go over the wire. */
int stream_write(struct connection *c, const void *p, size_t len)
{
	union {
		const void *c;
		char *m;
	} u = { .c = p };
	uv_buf_t buf = uv_buf_init(u.m, (unsigned)len);
	struct write *w;
	int n = 0;

	if (!c->unsent)
		n = uv_try_write((uv_stream_t *)&c->tcp, &buf, 1);
	if (n < 0 && n != UV_EAGAIN) {
		stream_close(c, -n);
		return ENOTCONN;
	}
	if (n > 0) {
		p = (const uint8_t *)p + n;
		len -= (size_t)n;
	}
	if (!len)
		return 0;
	if (c->unsent + len > TRANSPORT_OUTBOX_MAX) {
		stream_close(c, ENOBUFS);
		return ENOBUFS;
	}
	w = malloc(sizeof(*w) + len);
	if (!w)
		return ENOMEM;
	w->c = c;
	w->len = len;
	w->req.data = w;
	memcpy(w->bytes, p, len);
	buf = uv_buf_init((char *)w->bytes, (unsigned)len);
	n = uv_write(&w->req, (uv_stream_t *)&c->tcp, &buf, 1, written);
	if (n) {
		free(w);
		stream_close(c, -n);
		return ENOTCONN;
	}
	c->unsent += len;
	return 0;
}

static int keep_early(struct connection *c, const void *p, size_t len)
{
	uint8_t *more;

	if (c->early_len + len > TRANSPORT_OUTBOX_MAX)
		return ENOBUFS;
	more = realloc(c->early, c->early_len + len);
	if (!more)
		return ENOMEM;
	memcpy(more + c->early_len, p, len);
	c->early = more;
	c->early_len += len;
	return 0;
}

int stream_send(struct connection *c, const void *p, size_t len)
{
	if (c->state == CONNECTION_OPENING)
		return keep_early(c, p, len);
	if (c->state != CONNECTION_OPEN)
		return ENOTCONN;
	return c->ssl ? secure_send(c, p, len) : stream_write(c, p, len);
}

/* The way is free: send what waited for it. */
void stream_opened(struct connection *c)
{
	uint8_t *early = c->early;
	size_t len = c->early_len;

	c->state = CONNECTION_OPEN;
	c->heard_at = uv_now(c->t->loop);
	c->early = NULL;
	c->early_len = 0;
	if (len && stream_send(c, early, len))
		stream_close(c, ENOTCONN);
	free(early);
}

/* Consume one thing that came whole; 0 bytes when there is none. */
static size_t take(struct connection *c, const uint8_t *p, size_t len)
{
	struct frame f;
	int err = frame_next(p, len, &c->scanned, &f);

	if (err) {
		/* whoever cannot say how long a message is gets told, once */
		if (f.len)
			transport_bytes(c->t, &c->flow, p, f.len);
		else
			metric_add(METRIC_sip_malformed, 1);
		stream_leave(c);
		return 0;
	}
	if (f.kind == FRAME_MORE)
		return 0;
	c->scanned = 0;
	if (f.kind == FRAME_MESSAGE)
		transport_bytes(c->t, &c->flow, p, f.len);
	else if (f.kind == FRAME_PING && stream_send(c, "\r\n", 2))
		return 0;
	return f.len;
}

static int keep(struct connection *c, const uint8_t *p, size_t len)
{
	size_t need = c->in_len + len;
	uint8_t *more;

	if (need > c->in_max) {
		more = realloc(c->in, need + 2048);
		if (!more)
			return ENOMEM;
		c->in = more;
		c->in_max = need + 2048;
	}
	memcpy(c->in + c->in_len, p, len);
	c->in_len = need;
	return 0;
}

/* Plain bytes came: whole messages go up, the rest waits. */
void stream_input(struct connection *c, const uint8_t *p, size_t len)
{
	bool kept = c->in_len > 0;
	size_t at = 0, n;

	c->heard_at = uv_now(c->t->loop);
	if (kept) {
		if (keep(c, p, len)) {
			stream_close(c, ENOMEM);
			return;
		}
		p = c->in;
		len = c->in_len;
	}
	while (at < len && c->state == CONNECTION_OPEN) {
		n = take(c, p + at, len - at);
		if (!n)
			break;
		at += n;
	}
	if (c->state != CONNECTION_OPEN)
		return;
	if (kept) {
		memmove(c->in, c->in + at, len - at);
		c->in_len = len - at;
	} else if (at < len && keep(c, p + at, len - at)) {
		stream_close(c, ENOMEM);
		return;
	}
	if (!c->in_len)
		c->partial_at = 0;
	else if (at || !c->partial_at)
		c->partial_at = c->heard_at;
	if (!c->in_len && c->in_max > 16384) {
		free(c->in);
		c->in = NULL;
		c->in_max = 0;
	}
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct connection *c = handle->data;

	/* one buffer for all: it is empty again before the next read */
	(void)suggested;
	*buf = uv_buf_init((char *)c->t->scratch, MESSAGE_MAX);
}

static void readable(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct connection *c = stream->data;

	if (c->state >= CONNECTION_LEAVING)
		return;
	if (n < 0)
		stream_close(c, n == UV_EOF ? 0 : (int)-n);
	else if (n && c->ssl)
		secure_received(c, (const uint8_t *)buf->base, (size_t)n);
	else if (n)
		stream_input(c, (const uint8_t *)buf->base, (size_t)n);
}

int stream_read(struct connection *c)
{
	return -uv_read_start((uv_stream_t *)&c->tcp, give_room, readable);
}
