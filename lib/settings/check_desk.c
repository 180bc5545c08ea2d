/*
 * check_desk -- who may pull from this node, and from whom it pulls
 */
#include "settings/internal.h"

static bool is_controller(const struct settings *s, const char *name)
{
	for (unsigned i = 0; i < s->line_count; i++)
		if (!strcmp(s->lines[i].controller, name))
			return true;
	return false;
}

static void check_peer(struct loader *l, const struct desk_peer *p)
{
	if (!l->s->https_client_ca[0])
		loader_fault(l, p->line, "GDPR-32-OPEN",
			     "set client-ca in desk",
			     "peer %s is known by a client certificate, but no "
			     "authority is set to judge it",
			     p->name);
	if (!is_controller(l->s, p->controller))
		loader_fault(l, p->line, "CONFIG",
			     "write as controller what a line has as "
			     "controller",
			     "peer %s is of no controller for whom this node "
			     "answers",
			     p->name);
}

static void check_https(struct loader *l)
{
	const struct settings *s = l->s;
	unsigned line = loader_line(l, "desk", NULL, "https-listen");

	if (!s->https_certificate[0] || !s->https_key[0])
		loader_fault(l, line, "CONFIG",
			     "set certificate and key in desk",
			     "the desk listens for HTTPS without a "
			     "certificate");
	if (!s->https_client_ca[0] && !loader_is_loopback(s->https_address))
		loader_fault(l, line, "GDPR-32-OPEN",
			     "set client-ca in desk, so that a client "
			     "certificate is demanded, or listen on 127.0.0.1",
			     "the desk listens on an address that others "
			     "reach, and asks nobody who they are");
	loader_check_secret(l, s->https_certificate, line, "certificate");
	loader_check_secret(l, s->https_key, line, "key");
	loader_check_secret(l, s->https_client_ca, line, "client-ca");
}

static bool is_https(const char *url)
{
	static const char scheme[] = "https://";
	char host[SETTINGS_NAME_MAX];
	uint16_t port;

	return !strncmp(url, scheme, sizeof(scheme) - 1) &&
	       !strpbrk(url, " \t\"\\@?#") &&
	       !strchr(url + sizeof(scheme) - 1, '/') &&
	       !loader_host_and_port(url + sizeof(scheme) - 1, host,
				     sizeof(host), &port) &&
	       host[0];
}

static void check_feed(struct loader *l, const struct feed *f)
{
	if (!is_https(f->url))
		loader_fault(l, f->line, "CONFIG",
			     "write https://HOST or https://HOST:PORT",
			     "feed %s has no address", f->name);
	if (!f->controller[0])
		loader_fault(l, f->line, "CONFIG",
			     "set controller in the feed, or organisation",
			     "feed %s does not say whose recordings to take",
			     f->name);
	if (!f->certificate[0] || !f->key[0] || !f->ca[0])
		loader_fault(l, f->line, "CONFIG",
			     "set certificate, key and ca in the feed",
			     "feed %s has no certificate to show, or no "
			     "authority to judge the other side",
			     f->name);
	loader_check_secret(l, f->certificate, f->line, "certificate");
	loader_check_secret(l, f->key, f->line, "key");
	loader_check_secret(l, f->ca, f->line, "ca");
}

void loader_check_desk(struct loader *l)
{
	const struct settings *s = l->s;

	if (s->https_address[0])
		check_https(l);
	else if (s->peer_count)
		loader_fault(l, s->peers[0].line, "CONFIG",
			     "set https-listen in desk",
			     "peers are named, and the desk listens nowhere");
	for (unsigned i = 0; i < s->peer_count; i++)
		check_peer(l, &s->peers[i]);
	for (unsigned i = 0; i < s->feed_count; i++)
		check_feed(l, &s->feeds[i]);
	if (s->feed_count && s->role != NODE_PROVIDER)
		loader_fault(l, s->feeds[0].line, "CONFIG",
			     "remove it, or make this node a provider's",
			     "feed is for the nodes of providers");
}
