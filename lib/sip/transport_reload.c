/*
 * A reload: listeners come and leave, trunks are other ones, certificates are
 * new. Connections and dialogs stay.
 */
#include "sip/transport_parts.h"

#include <unistd.h>

static bool is_listener(const struct settings *s, unsigned i)
{
	return i < s->listener_count && !s->listeners[i].removed;
}

/* Datagrams go on for what is under way; new connections do not come. */
static void begin_to_leave(struct endpoint *e)
{
	e->leaving = true;
	if (e->transport == SIP_UDP)
		return;
	endpoint_close(e);
	(void)close(e->fd);
	e->fd = -1;
}

static int move_endpoints(struct transport *t, const struct settings *s,
			  const int fds[SETTINGS_LISTENERS])
{
	int err = 0;

	for (unsigned i = 0; i < SETTINGS_LISTENERS; i++) {
		struct endpoint *e = &t->endpoints[i];
		bool here = is_listener(s, i);
		int failed = 0;

		if (e->open && !e->leaving && here)
			failed = endpoint_name(e, &s->listeners[i]);
		else if (e->open && !e->leaving)
			begin_to_leave(e);
		else if (here && e->open && e->transport == SIP_UDP)
			e->leaving = false; /* it has come back in time */
		else if (here && fds[i] >= 0 && !e->closing)
			failed = endpoint_start(t, i, fds[i]);
		if (failed)
			err = failed;
	}
	return err;
}

bool transport_listens(const struct transport *t, unsigned listener)
{
	const struct endpoint *e = &t->endpoints[listener];

	return e->open || e->leaving || e->closing;
}

bool transport_leaving(const struct transport *t, const struct flow *flow)
{
	return flow->listener >= 0 && flow->listener < SETTINGS_LISTENERS &&
	       t->endpoints[flow->listener].leaving;
}

void transport_leave(struct transport *t, unsigned listener)
{
	struct endpoint *e = &t->endpoints[listener];

	if (!e->leaving)
		return;
	for (unsigned i = 0; i < TRANSPORT_CONNECTIONS_MAX; i++)
		if (t->connections[i] &&
		    t->connections[i]->flow.listener == (int)listener)
			stream_leave(t->connections[i]);
	endpoint_close(e);
	if (e->fd >= 0)
		(void)close(e->fd);
	e->fd = -1;
	e->leaving = false;
}

/* Who was let in as a trunk, or as none, may be another now. */
static void judge_again(struct transport *t)
{
	for (unsigned i = 0; i < TRANSPORT_CONNECTIONS_MAX; i++) {
		struct connection *c = t->connections[i];
		bool must_show;

		if (!c || c->outgoing || c->state != CONNECTION_OPEN)
			continue;
		if (c->ssl)
			secure_identify(c);
		else
			c->flow.trunk = transport_trunk_from(t, &c->flow.peer,
							     &must_show);
	}
}

int transport_check(const struct settings *settings)
{
	SSL_CTX *server, *client;
	int err = 0;

	if (transport_uses_tls(settings))
		err = secure_contexts(settings, &server, &client);
	if (!err && transport_uses_tls(settings)) {
		SSL_CTX_free(server);
		SSL_CTX_free(client);
	}
	return err;
}

int transport_reload(struct transport *t, const struct settings *settings,
		     const int fds[SETTINGS_LISTENERS])
{
	SSL_CTX *server = NULL, *client = NULL;
	int err = transport_learn_trunks(t, settings);
	int moved = move_endpoints(t, settings, fds);

	if (!err)
		judge_again(t);
	if (!err && transport_uses_tls(settings))
		err = secure_contexts(settings, &server, &client);
	if (err)
		return err;
	/* living connections keep theirs by reference */
	SSL_CTX_free(t->server);
	SSL_CTX_free(t->client);
	t->server = server;
	t->client = client;
	return moved;
}
