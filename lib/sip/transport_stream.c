/*
 * Connections: accepted or opened, bounded, and told of when they die.
 *
 * A connection leaves in two steps: stream_close() hides it at once (sends
 * fail, nothing more is read), its memory and the `closed` call follow when
 * libuv has let go, outside of anybody's call into us.
 */

#include <stdlib.h>

#include "sip/transport_parts.h"

/* An id is generation above slot, so that a dead one is never mistaken. */
#define SLOT_BITS 16

struct connection *stream_find(const struct transport *t, uint64_t id)
{
	size_t slot = id & ((1u << SLOT_BITS) - 1);
	struct connection *c;

	if (!id || slot >= TRANSPORT_CONNECTIONS_MAX)
		return NULL;
	c = t->connections[slot];
	return c && c->flow.connection == id && c->state < CONNECTION_LEAVING
		       ? c
		       : NULL;
}

static struct connection **bucket(struct transport *t, const struct sa *peer)
{
	return &t->by_peer[sa_hash(peer, SA_ALL) % TRANSPORT_BUCKETS];
}

static void forget_peer(struct connection *c)
{
	struct connection **at = bucket(c->t, &c->flow.peer);

	while (*at && *at != c)
		at = &(*at)->next_peer;
	if (*at)
		*at = c->next_peer;
}

static void closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;
	struct transport *t = c->t;
	uint64_t id = c->flow.connection;

	t->connections[id & ((1u << SLOT_BITS) - 1)] = NULL;
	t->connection_count--;
	if (!t->closing && t->handlers.closed)
		t->handlers.closed(t->arg, id, c->error);
	SSL_free(c->ssl);
	free(c->in);
	free(c->early);
	free(c);
	transport_handle_closed(t);
}

void stream_close(struct connection *c, int err)
{
	if (c->state == CONNECTION_CLOSING)
		return;
	c->state = CONNECTION_CLOSING;
	c->error = err;
	if (c->outgoing)
		forget_peer(c);
	uv_close((uv_handle_t *)&c->tcp, closed);
}

void stream_leave(struct connection *c)
{
	if (c->state == CONNECTION_CLOSING)
		return;
	secure_bye(c);
	if (c->state == CONNECTION_CLOSING)
		return;
	if (!c->unsent) {
		stream_close(c, 0);
		return;
	}
	c->state = CONNECTION_LEAVING;
	uv_read_stop((uv_stream_t *)&c->tcp);
}

/* TCP stands: read, and shake hands where that is wanted. */
static void established(struct connection *c)
{
	int err;

	c->connected = true;
	uv_tcp_nodelay(&c->tcp, 1);
	err = stream_read(c);
	if (!err && c->flow.transport == SIP_TLS)
		err = secure_begin(c);
	else if (!err)
		stream_opened(c);
	if (err)
		stream_close(c, err);
}

static int connection_new(struct endpoint *e, struct connection **ret)
{
	struct transport *t = e->t;
	struct connection *c;
	unsigned slot = t->connection_hint;

	if (t->connection_count == TRANSPORT_CONNECTIONS_MAX)
		return ENOBUFS;
	while (t->connections[slot])
		slot = (slot + 1) % TRANSPORT_CONNECTIONS_MAX;
	c = calloc(1, sizeof(*c));
	if (!c)
		return ENOMEM;
	if (uv_tcp_init(t->loop, &c->tcp)) {
		free(c);
		return ENOMEM;
	}
	t->generation++;
	c->t = t;
	c->tcp.data = c;
	c->heard_at = uv_now(t->loop);
	c->flow = (struct flow){
		.connection = (uint64_t)t->generation << SLOT_BITS | slot,
		.transport = e->transport,
		.listener = e->index,
		.trunk = -1
	};
	t->connections[slot] = c;
	t->connection_hint = (slot + 1) % TRANSPORT_CONNECTIONS_MAX;
	t->connection_count++;
	t->handles++;
	*ret = c;
	return 0;
}

/* Accept only to close: the kernel would ask for ever otherwise. */
static void turned_away(uv_handle_t *handle)
{
	free(handle);
}

static void turn_away(uv_stream_t *server)
{
	uv_tcp_t *tcp = malloc(sizeof(*tcp));

	if (!tcp)
		return;
	if (uv_tcp_init(server->loop, tcp)) {
		free(tcp);
		return;
	}
	(void)uv_accept(server, (uv_stream_t *)tcp);
	uv_close((uv_handle_t *)tcp, turned_away);
}

static void incoming(uv_stream_t *server, int status)
{
	struct endpoint *e = server->data;
	struct sockaddr_storage from;
	struct connection *c;
	int len = sizeof(from), err;
	bool must_show;

	if (status < 0)
		return;
	if (connection_new(e, &c)) {
		turn_away(server);
		return;
	}
	err = uv_accept(server, (uv_stream_t *)&c->tcp);
	if (!err)
		err = uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&from,
					 &len);
	if (!err)
		err = sa_set_sa(&c->flow.peer, (struct sockaddr *)&from);
	if (err || !transport_welcome(c)) {
		stream_close(c, err ? EIO : ENOBUFS);
		return;
	}
	c->flow.trunk = transport_trunk_from(e->t, &c->flow.peer, &must_show);
	established(c);
}

int stream_listen(struct endpoint *e)
{
	int fd = fcntl(e->fd, F_DUPFD_CLOEXEC, 0), err;

	if (fd < 0)
		return errno;
	err = uv_tcp_init(e->t->loop, &e->u.tcp);
	if (err) {
		close(fd);
		return -err;
	}
	e->u.tcp.data = e;
	e->t->handles++;
	e->open = true;
	err = uv_tcp_open(&e->u.tcp, fd);
	if (err) {
		close(fd);
		return -err;
	}
	return -uv_listen((uv_stream_t *)&e->u.tcp, 512, incoming);
}

static void connected(uv_connect_t *req, int status)
{
	struct connection *c = req->data;

	if (c->state == CONNECTION_CLOSING)
		return;
	if (status < 0)
		stream_close(c, -status);
	else
		established(c);
}

static struct connection *find_outgoing(struct transport *t,
					enum sip_transport transport,
					const struct sa *peer, struct text name,
					int trunk)
{
	for (struct connection *c = *bucket(t, peer); c; c = c->next_peer) {
		if (c->flow.transport == transport && c->flow.trunk == trunk &&
		    text_is(name, c->name) && c->state < CONNECTION_LEAVING &&
		    !transport_leaving(t, &c->flow) &&
		    sa_cmp(&c->flow.peer, peer, SA_ALL))
			return c;
	}
	return NULL;
}

int stream_connect(struct endpoint *e, const struct sa *peer, struct text name,
		   int trunk, struct flow *ret)
{
	struct connection *c, **at;
	int err;

	c = find_outgoing(e->t, e->transport, peer, name, trunk);
	if (c) {
		*ret = c->flow;
		return 0;
	}
	if (name.len >= sizeof(c->name))
		return EINVAL;
	err = connection_new(e, &c);
	if (err)
		return err;
	err = text_copy(c->name, sizeof(c->name), name);
	if (err)
		return err;
	c->flow.peer = *peer;
	c->flow.trunk = (int16_t)trunk;
	c->outgoing = true;
	at = bucket(e->t, peer);
	c->next_peer = *at;
	*at = c;
	c->connect.data = c;
	err = uv_tcp_connect(&c->connect, &c->tcp, &peer->u.sa, connected);
	*ret = c->flow;
	/* told by `closed` like any other end */
	if (err)
		stream_close(c, -err);
	return 0;
}

/* Once a second: who has been silent, or slow, for too long? */
void stream_sweep(struct transport *t)
{
	uint64_t now = uv_now(t->loop);

	for (unsigned i = 0, seen = 0;
	     seen < t->connection_count && i < TRANSPORT_CONNECTIONS_MAX; i++) {
		struct connection *c = t->connections[i];

		if (!c)
			continue;
		seen++;
		if (c->state != CONNECTION_OPEN) {
			if (now - c->heard_at > TRANSPORT_CONNECT_MS)
				stream_close(c, ETIMEDOUT);
		} else if (now - c->heard_at > TRANSPORT_IDLE_MS ||
			   (c->partial_at &&
			    now - c->partial_at > TRANSPORT_PARTIAL_MS)) {
			stream_leave(c);
		}
	}
}
