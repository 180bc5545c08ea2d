/*
 * fill_desk -- what the desk serves over HTTPS, and what is pulled from others
 */
#include "settings/internal.h"

static void fill_peer(struct loader *l, cfg_t *cfg)
{
	struct desk_peer *p = &l->s->peers[l->s->peer_count];

	if (l->s->peer_count == SETTINGS_DESK_PEERS)
		return;
	p->line = loader_line(l, "peer", cfg_title(cfg), NULL);
	(void)loader_copy(l, p->name, sizeof(p->name), cfg_title(cfg), p->line,
			  "name");
	(void)loader_copy(l, p->controller, sizeof(p->controller),
			  cfg_getstr(cfg, "controller"), p->line, "controller");
	p->let_go = cfg_getbool(cfg, "let-go") == cfg_true;
	l->s->peer_count++;
}

void loader_fill_desk(struct loader *l, cfg_t *cfg)
{
	struct settings *s = l->s;
	const char *listen = cfg_getstr(cfg, "https-listen");
	unsigned line = loader_line(l, "desk", NULL, "https-listen");

	s->desk_line = line;
	if (*listen &&
	    (loader_host_and_port(listen, s->https_address,
				  sizeof(s->https_address), &s->https_port) ||
	     !loader_is_numeric(s->https_address)))
		loader_fault(l, line, "CONFIG",
			     "write ADDRESS:PORT, as in 127.0.0.1:8443 or "
			     "[::1]:8443",
			     "https-listen: not an address");
	loader_path(l, s->https_certificate, cfg_getstr(cfg, "certificate"),
		    loader_line(l, "desk", NULL, "certificate"), "certificate");
	loader_path(l, s->https_key, cfg_getstr(cfg, "key"),
		    loader_line(l, "desk", NULL, "key"), "key");
	loader_path(l, s->https_client_ca, cfg_getstr(cfg, "client-ca"),
		    loader_line(l, "desk", NULL, "client-ca"), "client-ca");
	loader_each(l, cfg, "peer", SETTINGS_DESK_PEERS, fill_peer);
}

void loader_fill_feed(struct loader *l, cfg_t *cfg)
{
	struct feed *f = &l->s->feeds[l->s->feed_count];
	const char *controller = cfg_getstr(cfg, "controller");

	if (l->s->feed_count == SETTINGS_FEEDS)
		return;
	f->line = loader_line(l, "feed", cfg_title(cfg), NULL);
	(void)loader_copy(l, f->name, sizeof(f->name), cfg_title(cfg), f->line,
			  "name");
	(void)loader_copy(l, f->url, sizeof(f->url), cfg_getstr(cfg, "url"),
			  f->line, "url");
	(void)loader_copy(l, f->controller, sizeof(f->controller),
			  *controller ? controller : l->s->organisation,
			  f->line, "controller");
	loader_path(l, f->certificate, cfg_getstr(cfg, "certificate"), f->line,
		    "certificate");
	loader_path(l, f->key, cfg_getstr(cfg, "key"), f->line, "key");
	loader_path(l, f->ca, cfg_getstr(cfg, "ca"), f->line, "ca");
	f->every_s = loader_number(l, cfg, "every", 1, 3600, f->line);
	l->s->feed_count++;
}
