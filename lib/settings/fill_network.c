/*
 * fill_network -- where a node listens, and where its media go
 */
#include "settings/internal.h"

static const struct choice codec_names[] = { { "PCMA", CODEC_PCMA },
					     { "PCMU", CODEC_PCMU },
					     { "G722", CODEC_G722 },
					     { "opus", CODEC_OPUS } };

static void fill_listener(struct loader *l, const char *text, unsigned line,
			  const char *public_host)
{
	struct listener *to = &l->s->listeners[l->s->listener_count];
	const char *colon = strchr(text, ':');
	char word[8] = "";

	if (l->s->listener_count == SETTINGS_LISTENERS / 2) {
		loader_fault(l, line, "CONFIG", "remove some",
			     "more than %d listeners", SETTINGS_LISTENERS / 2);
		return;
	}
	if (!colon ||
	    text_copy(word, sizeof(word),
		      (struct text){ text, (size_t)(colon - text) }) ||
	    loader_host_and_port(colon + 1, to->address, sizeof(to->address),
				 &to->port) ||
	    !loader_is_numeric(to->address)) {
		loader_fault(l, line, "CONFIG",
			     "write TRANSPORT:ADDRESS:PORT, as in "
			     "udp:127.0.0.1:5060 or tls:[::1]:5061",
			     "listen: not an address");
		return;
	}
	to->transport =
		loader_transport(l, word, line, "listen: the transport");
	(void)loader_copy(l, to->public_host, sizeof(to->public_host),
			  public_host, line, "public-host");
	(void)loader_copy(l, to->name, sizeof(to->name), text, line, "listen");
	to->order = l->s->listener_count++;
}

static void fill_nameserver(struct loader *l, const char *text, unsigned line)
{
	struct settings *s = l->s;

	if (*text &&
	    (loader_host_and_port(text, s->nameserver, sizeof(s->nameserver),
				  &s->nameserver_port) ||
	     !loader_is_numeric(s->nameserver)))
		loader_fault(l, line, "CONFIG", "write ADDRESS or ADDRESS:PORT",
			     "nameserver: not an address");
}

void loader_fill_sip(struct loader *l, cfg_t *cfg)
{
	struct settings *s = l->s;
	unsigned line = loader_line(l, "sip", NULL, "listen");

	s->sip_line = line;
	for (unsigned i = 0; i < cfg_size(cfg, "listen"); i++)
		fill_listener(l, cfg_getnstr(cfg, "listen", i), line,
			      cfg_getstr(cfg, "public-host"));
	(void)loader_copy(l, s->domain, sizeof(s->domain),
			  cfg_getstr(cfg, "domain"), line, "domain");
	fill_nameserver(l, cfg_getstr(cfg, "nameserver"), line);
	loader_path(l, s->tls_certificate, cfg_getstr(cfg, "tls-certificate"),
		    line, "tls-certificate");
	loader_path(l, s->tls_key, cfg_getstr(cfg, "tls-key"), line, "tls-key");
	loader_path(l, s->tls_ca, cfg_getstr(cfg, "tls-ca"), line, "tls-ca");
	s->session_expires_s =
		loader_number(l, cfg, "session-expires", 0, 86400,
			      loader_line(l, "sip", NULL, "session-expires"));
	s->calls_max = loader_number(l, cfg, "calls-max", 1, 50000,
				     loader_line(l, "sip", NULL, "calls-max"));
}

static void fill_ports(struct loader *l, const char *text)
{
	const char *dash = strchr(text, '-');
	uint64_t low = 0, high = 0;

	if (dash &&
	    !text_u64((struct text){ text, (size_t)(dash - text) }, 1024, 65534,
		      &low) &&
	    !text_u64(text_of(dash + 1), 1025, 65535, &high) && low < high) {
		l->s->rtp_port_low = (uint16_t)low;
		l->s->rtp_port_high = (uint16_t)high;
		return;
	}
	loader_fault(l, loader_line(l, "media", NULL, "ports"), "CONFIG",
		     "write LOW-HIGH, as in 20000-29999", "ports: not a range");
}

void loader_fill_media(struct loader *l, cfg_t *cfg)
{
	struct settings *s = l->s;
	unsigned line = loader_line(l, "media", NULL, NULL);

	(void)loader_copy(l, s->media_address, sizeof(s->media_address),
			  cfg_getstr(cfg, "address"), line, "address");
	(void)loader_copy(l, s->media_address6, sizeof(s->media_address6),
			  cfg_getstr(cfg, "address6"), line, "address6");
	fill_ports(l, cfg_getstr(cfg, "ports"));
	s->media_workers = loader_number(l, cfg, "workers", 0, 64, line);
	s->silence_s = loader_number(l, cfg, "silence", 0, 86400, line);
	s->codec_count = cfg_size(cfg, "codecs");
	if (s->codec_count > 4)
		s->codec_count = 4;
	for (unsigned i = 0; i < s->codec_count; i++)
		s->codecs[i] = (enum codec)CHOOSE(
			l, codec_names, cfg_getnstr(cfg, "codecs", i),
			loader_line(l, "media", NULL, "codecs"), "codecs");
	s->ring_bytes =
		(size_t)loader_number(l, cfg, "ring-megabytes", 0, 1024, line)
		<< 20;
}
