#include "sip/transport_parts.h"

#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

const char *transport_name(enum sip_transport transport)
{
	static const char *const names[] = { "UDP", "TCP", "TLS" };

	return transport <= SIP_TLS ? names[transport] : "?";
}

const char *transport_param(enum sip_transport transport)
{
	static const char *const names[] = { "udp", "tcp", "tls" };

	return transport <= SIP_TLS ? names[transport] : "?";
}

static bool peer_sane(const struct sa *sa)
{
	switch (sa_af(sa)) {
	case AF_UNSPEC:
		return true;
	case AF_INET:
		return sa->len == sizeof(sa->u.in);
	case AF_INET6:
		return sa->len == sizeof(sa->u.in6);
	default:
		return false;
	}
}

/* Another byte than 0 or 1 is none, and must not even be looked at. */
static bool bool_sane(const bool *b)
{
	uint8_t byte;

	memcpy(&byte, b, sizeof(byte));
	return byte <= 1;
}

bool flow_sane(const struct flow *flow)
{
	return bool_sane(&flow->verified) && bool_sane(&flow->refused) &&
	       peer_sane(&flow->peer) && flow->transport <= SIP_TLS &&
	       flow->listener >= 0 && flow->listener < SETTINGS_LISTENERS &&
	       flow->trunk >= -1 && flow->trunk < SETTINGS_TRUNKS;
}

bool transport_uses_tls(const struct settings *s)
{
	if (s->tls_certificate[0])
		return true;
	for (unsigned i = 0; i < s->listener_count; i++) {
		if (s->listeners[i].transport == SIP_TLS)
			return true;
	}
	return false;
}

/* Who reaches a socket of both families by IPv4 is the same as by another
 * (RFC 4291 2.5.5.2). */
static struct sa unmapped(const struct sa *sa)
{
	struct sa plain = *sa;
	uint32_t v4;

	if (sa_af(sa) != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&sa->u.in6.sin6_addr))
		return plain;
	memcpy(&v4, sa->u.in6.sin6_addr.s6_addr + 12, sizeof(v4));
	sa_set_in(&plain, ntohl(v4), sa_port(sa));
	return plain;
}

int transport_learn_trunks(struct transport *t, const struct settings *s)
{
	unsigned n = 0;

	t->settings = s;
	for (unsigned i = 0; i < s->trunk_count; i++) {
		for (unsigned k = 0; k < s->trunks[i].from_count; k++) {
			if (sa_set_str(&t->from[n].address,
				       s->trunks[i].from[k], 0))
				return EINVAL;
			t->from[n].address = unmapped(&t->from[n].address);
			t->from[n++].trunk = (int16_t)i;
		}
	}
	t->from_count = n;
	return 0;
}

int transport_prepare(struct transport **ret, const struct settings *settings)
{
	struct transport *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return ENOMEM;
	/* a connection of an earlier process is never taken for one of ours */
	t->generation = randombytes_random() >> 1;
	t->scratch = malloc((size_t)MESSAGE_MAX * TRANSPORT_BATCH);
	t->plain = malloc(MESSAGE_MAX);
	err = t->scratch && t->plain ? transport_learn_trunks(t, settings)
				     : ENOMEM;
	if (!err && transport_uses_tls(settings))
		err = secure_contexts(settings, &t->server, &t->client);
	if (err) {
		transport_close(t);
		return err;
	}
	*ret = t;
	return 0;
}

static void sweep(uv_timer_t *timer)
{
	stream_sweep(timer->data);
}

/* What Via and Contact say: the public name, or the address that is bound. */
int endpoint_name(struct endpoint *e, const struct listener *l)
{
	struct sockaddr_storage bound;
	socklen_t len = sizeof(bound);
	const char *host = l->public_host[0] ? l->public_host : l->address;
	struct sa sa;
	bool inet6 = strchr(host, ':') != NULL;

	if (getsockname(e->fd, (struct sockaddr *)&bound, &len))
		return errno;
	if (sa_set_sa(&sa, (struct sockaddr *)&bound))
		return EINVAL;
	e->family = sa_af(&sa);
	(void)snprintf(e->sent_by, sizeof(e->sent_by), "%s%s%s:%u",
		       inet6 ? "[" : "", host, inet6 ? "]" : "", sa_port(&sa));
	return 0;
}

int endpoint_start(struct transport *t, unsigned i, int fd)
{
	struct endpoint *e = &t->endpoints[i];
	int err;

	e->t = t;
	e->fd = fd;
	e->leaving = false;
	e->index = (int16_t)i;
	e->transport = t->settings->listeners[i].transport;
	err = endpoint_name(e, &t->settings->listeners[i]);
	if (err)
		return err;
	return e->transport == SIP_UDP ? datagram_start(e) : stream_listen(e);
}

int transport_start(struct transport *t, uv_loop_t *loop,
		    const int fds[SETTINGS_LISTENERS],
		    const struct transport_handlers *handlers, void *arg)
{
	int err;

	t->loop = loop;
	t->handlers = *handlers;
	t->arg = arg;
	err = -uv_timer_init(loop, &t->sweep);
	if (err)
		return err;
	t->sweep.data = t;
	t->handles++;
	err = -uv_timer_start(&t->sweep, sweep, 1000, 1000);
	for (unsigned i = 0; !err && i < t->settings->listener_count; i++) {
		if (fds[i] >= 0)
			err = endpoint_start(t, i, fds[i]);
	}
	return err;
}

static void endpoint_closed(uv_handle_t *handle)
{
	struct endpoint *e = handle->data;

	e->closing = false;
	transport_handle_closed(e->t);
}

void endpoint_close(struct endpoint *e)
{
	if (!e->open || e->closing)
		return;
	e->open = false;
	e->closing = true;
	uv_close(&e->u.handle, endpoint_closed);
}

static void release(struct transport *t)
{
	SSL_CTX_free(t->server);
	SSL_CTX_free(t->client);
	free(t->scratch);
	free(t->plain);
	free(t);
}

void transport_handle_closed(struct transport *t)
{
	if (!--t->handles && t->closing)
		release(t);
}

static void sweep_closed(uv_handle_t *handle)
{
	transport_handle_closed(handle->data);
}

void transport_close(struct transport *t)
{
	if (!t || t->closing)
		return;
	t->closing = true;
	if (!t->handles) {
		release(t);
		return;
	}
	for (unsigned i = 0; i < SETTINGS_LISTENERS; i++)
		endpoint_close(&t->endpoints[i]);
	for (unsigned i = 0; i < TRANSPORT_CONNECTIONS_MAX; i++) {
		if (t->connections[i])
			stream_close(t->connections[i], 0);
	}
	uv_close((uv_handle_t *)&t->sweep, sweep_closed);
}

/*
 * The trunk that calls from this address and need not show a certificate.
 * ret_must_show: a trunk calls from there that has to.
 */
int16_t transport_trunk_from(const struct transport *t, const struct sa *peer,
			     bool *ret_must_show)
{
	struct sa from = unmapped(peer);
	int16_t found = -1;

	*ret_must_show = false;
	for (unsigned i = 0; i < t->from_count; i++) {
		if (!sa_cmp(&t->from[i].address, &from, SA_ADDR))
			continue;
		if (t->settings->trunks[t->from[i].trunk].client_certificate)
			*ret_must_show = true;
		else if (found < 0)
			found = t->from[i].trunk;
	}
	return found;
}

/* One host: an IPv4 address, or the network that an IPv6 host may number. */
static bool same_host(const struct sa *a, const struct sa *b)
{
	struct sa x = unmapped(a), y = unmapped(b);

	if (sa_af(&x) != AF_INET6 || sa_af(&y) != AF_INET6)
		return sa_cmp(&x, &y, SA_ADDR);
	return !memcmp(&x.u.in6.sin6_addr, &y.u.in6.sin6_addr, 8);
}

/*
 * Trunks may have as many as there are, and find a reserve that nobody else
 * can take from them; a host of others has its share of the rest, most of which
 * is for phones that have shown a password.
 */
bool transport_welcome(const struct connection *c)
{
	const struct transport *t = c->t;
	bool room = t->connection_count + TRANSPORT_RESERVE <=
		    TRANSPORT_CONNECTIONS_MAX;
	unsigned count = 0, strangers = 0;
	bool must_show;

	if (transport_trunk_from(t, &c->flow.peer, &must_show) >= 0 ||
	    must_show)
		return true;
	for (unsigned i = 0; i < TRANSPORT_CONNECTIONS_MAX; i++) {
		const struct connection *o = t->connections[i];

		if (!o || o->outgoing ||
		    !same_host(&o->flow.peer, &c->flow.peer))
			continue;
		count++;
		strangers += !o->vouched;
	}
	if (room && count <= TRANSPORT_PER_PEER &&
	    strangers <= TRANSPORT_STRANGERS)
		return true;
	metric_add(METRIC_sip_connections_refused, 1);
	return false;
}

void transport_vouch(struct transport *t, const struct flow *flow)
{
	struct connection *c = stream_find(t, flow->connection);

	if (c)
		c->vouched = true;
}

static void refuse(struct transport *t, const struct flow *flow,
		   const uint8_t *p, size_t len,
		   const struct message_fault *fault)
{
	uint8_t buf[8192];
	struct writer w = writer_on(buf, sizeof(buf));

	metric_add(METRIC_sip_malformed, 1);
	/* never more than came in: no amplifier for a forged source */
	if (!fault->code || message_refuse(&w, p, len, fault) ||
	    w.len > len + 128)
		return;
	if (transport_send(t, flow, buf, w.len))
		return; /* it was a courtesy */
}

void transport_bytes(struct transport *t, const struct flow *flow,
		     const uint8_t *p, size_t len)
{
	struct message_fault fault;
	struct sip_msg *msg;
	int err;

	/* keep-alives by datagram: CRLF, or four zero bytes */
	if (len <= 4)
		return;
	metric_add(METRIC_sip_received, 1);
	err = message_decode(&msg, p, len, flow->transport != SIP_UDP, &fault);
	if (err) {
		refuse(t, flow, p, len, &fault);
		return;
	}
	t->handlers.message(t->arg, msg, flow);
	message_drop(msg);
}

static struct endpoint *endpoint_for(struct transport *t,
				     enum sip_transport transport, int family)
{
	for (unsigned i = 0; i < SETTINGS_LISTENERS; i++) {
		struct endpoint *e = &t->endpoints[i];

		if (e->open && !e->leaving && e->transport == transport &&
		    e->family == family)
			return e;
	}
	return NULL;
}

bool transport_has(struct transport *t, enum sip_transport transport,
		   int family)
{
	return endpoint_for(t, transport, family) != NULL;
}

int transport_flow(struct transport *t, enum sip_transport transport,
		   const struct sa *peer, struct text name, int trunk,
		   struct flow *ret)
{
	struct endpoint *e = endpoint_for(t, transport, sa_af(peer));

	if (!e)
		return ENOENT;
	if (transport != SIP_UDP)
		return stream_connect(e, peer, name, trunk, ret);
	*ret = (struct flow){ .peer = *peer,
			      .transport = SIP_UDP,
			      .listener = e->index,
			      .trunk = (int16_t)trunk };
	return 0;
}

static struct endpoint *endpoint_of(struct transport *t, int listener)
{
	if (listener < 0 || listener >= SETTINGS_LISTENERS ||
	    !t->endpoints[listener].open)
		return NULL;
	return &t->endpoints[listener];
}

int transport_send(struct transport *t, const struct flow *flow, const void *p,
		   size_t len)
{
	struct endpoint *e;
	struct connection *c;

	metric_add(METRIC_sip_sent, 1);
	if (flow->transport != SIP_UDP) {
		c = stream_find(t, flow->connection);
		return c ? stream_send(c, p, len) : ENOTCONN;
	}
	e = endpoint_of(t, flow->listener);
	return e && e->transport == SIP_UDP ? datagram_send(e, flow, p, len)
					    : ENOTCONN;
}

void transport_hang_up(struct transport *t, const struct flow *flow)
{
	struct connection *c = stream_find(t, flow->connection);

	if (c)
		stream_leave(c);
}

bool transport_alive(const struct transport *t, const struct flow *flow)
{
	return flow->transport == SIP_UDP ||
	       stream_find(t, flow->connection) != NULL;
}

void transport_sent_by(const struct transport *t, const struct flow *flow,
		       struct writer *w)
{
	if (flow->listener >= 0 && flow->listener < SETTINGS_LISTENERS)
		writer_str(w, t->endpoints[flow->listener].sent_by);
}
