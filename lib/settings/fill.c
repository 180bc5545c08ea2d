/*
 * fill -- from what libconfuse read, the structs
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <strings.h>

#include "settings/internal.h"

/* ---- one value of a closed list */

struct choice {
	const char *word;
	int value;
};

static int choose(struct loader *l, const struct choice *list, size_t n,
		  const char *word, unsigned line, const char *what)
{
	char words[160];
	struct writer w = writer_on(words, sizeof(words) - 1);

	for (size_t i = 0; i < n; i++) {
		if (word && !strcasecmp(list[i].word, word))
			return list[i].value;
		writer_printf(&w, "%s%s", i ? ", " : "one of ", list[i].word);
	}
	words[w.len] = '\0';
	loader_fault(l, line, "CONFIG", words, "%s has an unknown value", what);
	return list[0].value;
}

#define CHOOSE(l, list, word, line, what)                                      \
	choose((l), (list), sizeof(list) / sizeof((list)[0]), (word), (line),  \
	       (what))

static const struct choice roles[] = { { "one-machine", NODE_ONE_MACHINE },
				       { "national", NODE_NATIONAL },
				       { "supplier", NODE_SUPPLIER },
				       { "provider", NODE_PROVIDER } };
enum purpose_bit {
#define PURPOSE(name, code) PURPOSE_BIT_##name,
#include "settings/purposes.def"
#undef PURPOSE
};
static const struct choice purposes[] = {
#define PURPOSE(name, code) { code, PURPOSE_BIT_##name },
#include "settings/purposes.def"
#undef PURPOSE
};
static const struct choice transports[] = { { "udp", SIP_UDP },
					    { "tcp", SIP_TCP },
					    { "tls", SIP_TLS } };
static const struct choice srtps[] = { { "off", SRTP_OFF },
				       { "offered", SRTP_OFFERED },
				       { "required", SRTP_REQUIRED } };
static const struct choice levels[] = { { "notice", 2 },
					{ "alarm", 0 },
					{ "error", 1 },
					{ "info", 3 },
					{ "debug", 4 } };
static const struct choice codec_names[] = { { "PCMA", CODEC_PCMA },
					     { "PCMU", CODEC_PCMU },
					     { "G722", CODEC_G722 },
					     { "opus", CODEC_OPUS } };

static unsigned number(struct loader *l, cfg_t *cfg, const char *option,
		       long min, long max, unsigned line)
{
	long v = cfg_getint(cfg, option);

	if (v >= min && v <= max)
		return (unsigned)v;
	loader_fault(l, line, "CONFIG", "see vaxel.conf(5)",
		     "%s must be from %ld to %ld", option, min, max);
	return (unsigned)min;
}

/* "host:port", "[v6]:port", "host": port 0 where none is said. */
static int host_and_port(const char *from, char *host, size_t max,
			 uint16_t *ret_port)
{
	const char *end, *colon;
	uint64_t port = 0;

	if (*from == '[') {
		end = strchr(from++, ']');
		if (!end || (end[1] && end[1] != ':'))
			return EINVAL;
		colon = end[1] ? end + 1 : NULL;
	} else {
		colon = strrchr(from, ':');
		/* a bare IPv6 address has several */
		if (colon && strchr(from, ':') != colon)
			colon = NULL;
		end = colon ? colon : from + strlen(from);
	}
	if (colon && text_u64(text_of(colon + 1), 0, 65535, &port))
		return EINVAL;
	*ret_port = (uint16_t)port;
	return end == from
		       ? EINVAL
		       : text_copy(host, max,
				   (struct text){ from, (size_t)(end - from) });
}

static bool numeric(const char *address)
{
	struct in6_addr any;

	return inet_pton(AF_INET, address, &any) == 1 ||
	       inet_pton(AF_INET6, address, &any) == 1;
}

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
	    host_and_port(colon + 1, to->address, sizeof(to->address),
			  &to->port) ||
	    !numeric(to->address)) {
		loader_fault(l, line, "CONFIG",
			     "write TRANSPORT:ADDRESS:PORT, as in "
			     "udp:127.0.0.1:5060 or tls:[::1]:5061",
			     "listen: not an address");
		return;
	}
	to->transport = (enum sip_transport)CHOOSE(l, transports, word, line,
						   "listen: the transport");
	(void)loader_copy(l, to->public_host, sizeof(to->public_host),
			  public_host, line, "public-host");
	(void)loader_copy(l, to->name, sizeof(to->name), text, line, "listen");
	to->order = l->s->listener_count++;
}

static void fill_nameserver(struct loader *l, const char *text, unsigned line)
{
	struct settings *s = l->s;

	if (*text && (host_and_port(text, s->nameserver, sizeof(s->nameserver),
				    &s->nameserver_port) ||
		      !numeric(s->nameserver)))
		loader_fault(l, line, "CONFIG", "write ADDRESS or ADDRESS:PORT",
			     "nameserver: not an address");
}

static void fill_sip(struct loader *l, cfg_t *cfg)
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
		number(l, cfg, "session-expires", 0, 86400,
		       loader_line(l, "sip", NULL, "session-expires"));
	s->calls_max = number(l, cfg, "calls-max", 1, 50000,
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

static void fill_media(struct loader *l, cfg_t *cfg)
{
	struct settings *s = l->s;
	unsigned line = loader_line(l, "media", NULL, NULL);

	(void)loader_copy(l, s->media_address, sizeof(s->media_address),
			  cfg_getstr(cfg, "address"), line, "address");
	(void)loader_copy(l, s->media_address6, sizeof(s->media_address6),
			  cfg_getstr(cfg, "address6"), line, "address6");
	fill_ports(l, cfg_getstr(cfg, "ports"));
	s->media_workers = number(l, cfg, "workers", 0, 64, line);
	s->silence_s = number(l, cfg, "silence", 0, 86400, line);
	s->codec_count = cfg_size(cfg, "codecs");
	if (s->codec_count > 4)
		s->codec_count = 4;
	for (unsigned i = 0; i < s->codec_count; i++)
		s->codecs[i] = (enum codec)CHOOSE(
			l, codec_names, cfg_getnstr(cfg, "codecs", i),
			loader_line(l, "media", NULL, "codecs"), "codecs");
	s->ring_bytes = (size_t)number(l, cfg, "ring-megabytes", 0, 1024, line)
			<< 20;
}

/* "5-8" */
static int read_span(const char *text, uint8_t *ret_from, uint8_t *ret_to)
{
	const char *dash = strchr(text, '-');
	uint64_t from, to;

	if (!dash ||
	    text_u64((struct text){ text, (size_t)(dash - text) }, 1, 30,
		     &from) ||
	    text_u64(text_of(dash + 1), from, 30, &to))
		return EINVAL;
	*ret_from = (uint8_t)from;
	*ret_to = (uint8_t)to;
	return 0;
}

static void fill_place(struct loader *l, struct trunk *t, const char *text)
{
	static const struct choice places[] = { { "prefix", PLACE_PREFIX },
						{ "digits", PLACE_DIGITS },
						{ "header", PLACE_HEADER },
						{ "parameter",
						  PLACE_PARAMETER } };
	const char *colon = strchr(text, ':');
	char word[16] = "";

	t->place = PLACE_NONE;
	if (!*text)
		return;
	(void)!text_copy(word, sizeof(word),
			 (struct text){ text, colon ? (size_t)(colon - text)
						    : strlen(text) });
	t->place = (enum municipality_place)CHOOSE(l, places, word, t->line,
						   "municipality");
	if (t->place == PLACE_DIGITS) {
		if (!colon ||
		    read_span(colon + 1, &t->place_from, &t->place_to))
			loader_fault(l, t->line, "CONFIG",
				     "write digits:FROM-TO, as in digits:5-8",
				     "municipality names no digits");
	} else if (t->place != PLACE_PREFIX && (!colon || !colon[1]))
		loader_fault(l, t->line, "CONFIG",
			     "write header:NAME or parameter:NAME",
			     "municipality names no %s", word);
	else if (colon)
		(void)loader_copy(l, t->municipality_key,
				  sizeof(t->municipality_key), colon + 1,
				  t->line, "municipality");
}

static const struct choice geolocation_errors[] = { { "tell", false },
						    { "refuse", true } };
static const struct choice objections[] = { { "not-recorded", false },
					    { "recorded", true } };
static const struct choice hand_overs[] = { { "stay", HAND_OVER_STAY },
					    { "refer", HAND_OVER_REFER },
					    { "redirect",
					      HAND_OVER_REDIRECT } };

static void fill_trunk(struct loader *l, cfg_t *cfg)
{
	struct trunk *t = &l->s->trunks[l->s->trunk_count];
	const char *title = cfg_title(cfg), *host = cfg_getstr(cfg, "host");

	if (l->s->trunk_count == SETTINGS_TRUNKS / 2)
		return;
	t->line = loader_line(l, "trunk", title, NULL);
	(void)loader_copy(l, t->name, sizeof(t->name), title, t->line, "name");
	if (*host && host_and_port(host, t->host, sizeof(t->host), &t->port))
		loader_fault(l, t->line, "CONFIG", "write HOST or HOST:PORT",
			     "host: not an address");
	t->transport = (enum sip_transport)CHOOSE(l, transports,
						  cfg_getstr(cfg, "transport"),
						  t->line, "transport");
	t->srtp = (enum srtp_use)CHOOSE(l, srtps, cfg_getstr(cfg, "srtp"),
					t->line, "srtp");
	for (unsigned i = 0; i < cfg_size(cfg, "from"); i++) {
		const char *from = cfg_getnstr(cfg, "from", i);

		if (i == SETTINGS_PEERS || !numeric(from)) {
			loader_fault(l, t->line, "CONFIG",
				     "write up to 8 numeric addresses",
				     "from: not an address");
			break;
		}
		(void)loader_copy(l, t->from[t->from_count++],
				  sizeof(t->from[0]), from, t->line, "from");
	}
	t->trusted = cfg_getbool(cfg, "trusted");
	(void)loader_copy(l, t->certificate_name, sizeof(t->certificate_name),
			  cfg_getstr(cfg, "certificate-name"), t->line,
			  "certificate-name");
	t->client_certificate = t->certificate_name[0] != '\0';
	t->options_s = number(l, cfg, "options", 0, 3600, t->line);
	(void)loader_copy(l, t->user, sizeof(t->user), cfg_getstr(cfg, "user"),
			  t->line, "user");
	loader_path(l, t->password_file, cfg_getstr(cfg, "password-file"),
		    t->line, "password-file");
	fill_place(l, t, cfg_getstr(cfg, "municipality"));
	t->refuse_geolocation = CHOOSE(l, geolocation_errors,
				       cfg_getstr(cfg, "geolocation-errors"),
				       t->line, "geolocation-errors");
	t->hand_over = (enum hand_over)CHOOSE(l, hand_overs,
					      cfg_getstr(cfg, "hand-over"),
					      t->line, "hand-over");
	t->require_token = cfg_getbool(cfg, "require-token");
	(void)loader_copy(l, t->provider_key, sizeof(t->provider_key),
			  cfg_getstr(cfg, "provider-key"), t->line,
			  "provider-key");
	(void)loader_copy(l, t->provider_recipient,
			  sizeof(t->provider_recipient),
			  cfg_getstr(cfg, "provider-recipient"), t->line,
			  "provider-recipient");
	l->s->trunk_count++;
}

static void fill_registered(struct loader *l, struct notice *n, cfg_t *cfg,
			    unsigned at)
{
	unsigned count = cfg_size(cfg, "registered");

	if (count > SETTINGS_REGISTERED) {
		loader_fault(l, at, "CONFIG", "name fewer",
			     "more than %d registered notices in one",
			     SETTINGS_REGISTERED);
		count = SETTINGS_REGISTERED;
	}
	for (unsigned i = 0; i < count; i++)
		(void)loader_copy(l, n->registered[i], sizeof(n->registered[i]),
				  cfg_getnstr(cfg, "registered", i), at,
				  "registered");
	n->registered_count = count;
}

static void fill_notice(struct loader *l, struct line *line, cfg_t *cfg)
{
	struct notice *n = &line->notices[line->notice_count];
	unsigned at = loader_line(l, "notice", cfg_title(cfg), NULL);

	if (line->notice_count == 2) {
		loader_fault(l, at, "CONFIG", "keep two",
			     "more than two notices");
		return;
	}
	(void)loader_copy(l, n->language, sizeof(n->language), cfg_title(cfg),
			  at, "language");
	(void)loader_copy(l, n->version, sizeof(n->version),
			  cfg_getstr(cfg, "version"), at, "version");
	(void)loader_copy(l, n->text, sizeof(n->text), cfg_getstr(cfg, "text"),
			  at, "text");
	loader_path(l, n->audio, cfg_getstr(cfg, "audio"), at, "audio");
	(void)loader_copy(l, n->long_text, sizeof(n->long_text),
			  cfg_getstr(cfg, "long"), at, "long");
	loader_path(l, n->long_audio, cfg_getstr(cfg, "long-audio"), at,
		    "long-audio");
	fill_registered(l, n, cfg, at);
	line->notice_count++;
}

/* One of a telephone's twelve; "": none. */
static char fill_key(struct loader *l, cfg_t *cfg, const char *option,
		     unsigned line)
{
	const char *key = cfg_getstr(cfg, option);

	if (*key && (key[1] || !strchr("0123456789*#", *key)))
		loader_fault(l, line, "CONFIG", "write one of 0 to 9, * and #",
			     "%s is no key", option);
	return *key;
}

static void fill_line(struct loader *l, cfg_t *cfg)
{
	struct line *line = &l->s->lines[l->s->line_count];
	const char *title = cfg_title(cfg);

	if (l->s->line_count == SETTINGS_LINES / 2)
		return;
	line->line = loader_line(l, "line", title, NULL);
	(void)loader_copy(l, line->number, sizeof(line->number), title,
			  line->line, "number");
	(void)loader_copy(l, line->controller, sizeof(line->controller),
			  cfg_getstr(cfg, "controller"), line->line,
			  "controller");
	line->record = cfg_getbool(cfg, "record");
	line->long_key = fill_key(l, cfg, "long-key", line->line);
	line->object_key = fill_key(l, cfg, "object-key", line->line);
	line->objected_recorded =
		CHOOSE(l, objections, cfg_getstr(cfg, "objected"), line->line,
		       "objected");
	for (unsigned i = 0; i < cfg_size(cfg, "notice"); i++)
		fill_notice(l, line, cfg_getnsec(cfg, "notice", i));
	for (unsigned i = 0; i < cfg_size(cfg, "ask"); i++)
		loader_fill_ask(l, line, cfg_getnsec(cfg, "ask", i));
	(void)loader_copy(l, line->busy_text, sizeof(line->busy_text),
			  cfg_getstr(cfg, "busy"), line->line, "busy");
	(void)loader_copy(l, line->position_text, sizeof(line->position_text),
			  cfg_getstr(cfg, "position"), line->line, "position");
	loader_path(l, line->music, cfg_getstr(cfg, "music"), line->line,
		    "music");
	line->ring_timeout_s =
		number(l, cfg, "ring-timeout", 1, 300, line->line);
	line->position_every_s =
		number(l, cfg, "position-every", 0, 3600, line->line);
	line->queue_max = number(l, cfg, "queue-max", 1, 50000, line->line);
	line->order = l->s->line_count++;
}

static void fill_agent(struct loader *l, cfg_t *cfg)
{
	struct agent *a = &l->s->agents[l->s->agent_count];

	if (l->s->agent_count == SETTINGS_AGENTS)
		return;
	a->line = loader_line(l, "agent", cfg_title(cfg), NULL);
	(void)loader_copy(l, a->name, sizeof(a->name), cfg_title(cfg), a->line,
			  "name");
	loader_path(l, a->password_file, cfg_getstr(cfg, "password-file"),
		    a->line, "password-file");
	a->srtp = (enum srtp_use)CHOOSE(l, srtps, cfg_getstr(cfg, "srtp"),
					a->line, "srtp");
	l->s->agent_count++;
}

static void fill_recipient(struct loader *l, cfg_t *cfg)
{
	struct recipient *r = &l->s->recipients[l->s->recipient_count];

	if (l->s->recipient_count == SETTINGS_RECIPIENTS)
		return;
	r->line = loader_line(l, "recipient", cfg_title(cfg), NULL);
	(void)loader_copy(l, r->name, sizeof(r->name), cfg_title(cfg), r->line,
			  "name");
	(void)loader_copy(l, r->key, sizeof(r->key), cfg_getstr(cfg, "key"),
			  r->line, "key");
	l->s->recipient_count++;
}

static void fill_region(struct loader *l, cfg_t *cfg)
{
	struct region_route *r = &l->s->routes[l->s->route_count];

	if (l->s->route_count == SETTINGS_ROUTES)
		return;
	r->line = loader_line(l, "region", cfg_title(cfg), NULL);
	(void)loader_copy(l, r->county, sizeof(r->county), cfg_title(cfg),
			  r->line, "county");
	(void)loader_copy(l, r->trunk, sizeof(r->trunk),
			  cfg_getstr(cfg, "trunk"), r->line, "trunk");
	(void)loader_copy(l, r->organisation, sizeof(r->organisation),
			  cfg_getstr(cfg, "organisation"), r->line,
			  "organisation");
	l->s->route_count++;
}

/* ORGANISATION/ROUTE: a route's name has no slash in it. */
static void fill_take(struct loader *l, const char *text, unsigned line)
{
	struct taken_route *t = &l->s->takes[l->s->take_count];
	const char *slash = strrchr(text, '/');

	if (!slash || slash == text || !slash[1] ||
	    text_copy(t->organisation, sizeof(t->organisation),
		      (struct text){ text, (size_t)(slash - text) }) ||
	    text_copy(t->route, sizeof(t->route), text_of(slash + 1))) {
		loader_fault(l, line, "CONFIG", "write ORGANISATION/ROUTE",
			     "takes: not a route");
		return;
	}
	l->s->take_count++;
}

static void fill_handover(struct loader *l, cfg_t *cfg)
{
	struct settings *s = l->s;
	unsigned line = loader_line(l, NULL, NULL, "handover-key");
	unsigned keys = cfg_size(cfg, "national-key");
	unsigned takes = cfg_size(cfg, "takes");

	loader_path(l, s->handover_key, cfg_getstr(cfg, "handover-key"), line,
		    "handover-key");
	line = loader_line(l, NULL, NULL, "national-key");
	if (keys > SETTINGS_NATIONAL_KEYS || takes > SETTINGS_TAKES)
		loader_fault(l, line, "CONFIG", "remove some",
			     "more than %u in national-key, or %u in takes",
			     SETTINGS_NATIONAL_KEYS, SETTINGS_TAKES);
	for (unsigned i = 0; i < keys && i < SETTINGS_NATIONAL_KEYS; i++)
		(void)loader_copy(l, s->national_keys[s->national_key_count++],
				  SETTINGS_KEY_MAX,
				  cfg_getnstr(cfg, "national-key", i), line,
				  "national-key");
	line = loader_line(l, NULL, NULL, "takes");
	for (unsigned i = 0; i < takes && i < SETTINGS_TAKES; i++)
		fill_take(l, cfg_getnstr(cfg, "takes", i), line);
}

static void fill_each(struct loader *l, cfg_t *cfg, const char *section,
		      unsigned max, void (*fill)(struct loader *, cfg_t *))
{
	unsigned n = cfg_size(cfg, section);

	if (n > max)
		loader_fault(l, loader_line(l, section, NULL, NULL), "CONFIG",
			     "remove some", "more than %u sections %s", max,
			     section);
	for (unsigned i = 0; i < n; i++)
		fill(l, cfg_getnsec(cfg, section, i));
}

static void fill_top(struct loader *l, cfg_t *cfg)
{
	struct settings *s = l->s;

	s->role = (enum node_role)CHOOSE(l, roles, cfg_getstr(cfg, "role"),
					 loader_line(l, NULL, NULL, "role"),
					 "role");
	(void)loader_copy(l, s->organisation, sizeof(s->organisation),
			  cfg_getstr(cfg, "organisation"),
			  loader_line(l, NULL, NULL, "organisation"),
			  "organisation");
	loader_path(l, s->state, cfg_getstr(cfg, "state"),
		    loader_line(l, NULL, NULL, "state"), "state");
	loader_path(l, s->runtime, cfg_getstr(cfg, "runtime"),
		    loader_line(l, NULL, NULL, "runtime"), "runtime");
	loader_path(l, s->data, cfg_getstr(cfg, "data"),
		    loader_line(l, NULL, NULL, "data"), "data");
	for (int i = 0; i < COMPANIONS; i++) {
		const char *name = settings_companion_name((enum companion)i);

		loader_path(l, s->companions[i], cfg_getstr(cfg, name),
			    loader_line(l, NULL, NULL, name), name);
	}
	(void)loader_copy(l, s->log_origin, sizeof(s->log_origin),
			  cfg_getstr(cfg, "log-origin"),
			  loader_line(l, NULL, NULL, "log-origin"),
			  "log-origin");
	s->log_level = (unsigned)CHOOSE(l, levels, cfg_getstr(cfg, "log-level"),
					loader_line(l, NULL, NULL, "log-level"),
					"log-level");
	(void)loader_copy(l, s->national_trunk, sizeof(s->national_trunk),
			  cfg_getstr(cfg, "national-trunk"),
			  loader_line(l, NULL, NULL, "national-trunk"),
			  "national-trunk");
	fill_handover(l, cfg);
	s->keep_calls_s =
		number(l, cfg, "keep-calls", 0, SETTINGS_KEEP_CALLS_MAX_S,
		       loader_line(l, NULL, NULL, "keep-calls"));
}

static void fill_keeper(struct loader *l, cfg_t *cfg)
{
	struct settings *s = l->s;
	unsigned line = loader_line(l, "keeper", NULL, NULL);

	loader_path(l, s->identity, cfg_getstr(cfg, "identity"), line,
		    "identity");
	loader_path(l, s->passphrase_file, cfg_getstr(cfg, "passphrase-file"),
		    line, "passphrase-file");
	s->lock_after_s = number(l, cfg, "lock-after", 0,
				 SETTINGS_LOCK_AFTER_MAX_S, line);
	for (unsigned i = 0; i < cfg_size(cfg, "approval"); i++)
		s->approval_purposes |=
			1u << CHOOSE(l, purposes,
				     cfg_getnstr(cfg, "approval", i),
				     loader_line(l, "keeper", NULL, "approval"),
				     "approval");
	s->approval_over =
		number(l, cfg, "approval-over", 0, SETTINGS_QUOTA_MAX, line);
	s->quota = number(l, cfg, "quota", 1, SETTINGS_QUOTA_MAX, line);
}

void loader_fill(struct loader *l, cfg_t *cfg)
{
	struct settings *s = l->s;
	cfg_t *recorder = cfg_getsec(cfg, "recorder");
	unsigned line;

	fill_top(l, cfg);
	fill_sip(l, cfg_getsec(cfg, "sip"));
	fill_media(l, cfg_getsec(cfg, "media"));
	fill_each(l, cfg, "trunk", SETTINGS_TRUNKS / 2, fill_trunk);
	fill_each(l, cfg, "line", SETTINGS_LINES / 2, fill_line);
	fill_each(l, cfg, "agent", SETTINGS_AGENTS, fill_agent);
	fill_each(l, cfg, "recipient", SETTINGS_RECIPIENTS, fill_recipient);
	fill_each(l, cfg, "region", SETTINGS_ROUTES, fill_region);
	fill_keeper(l, cfg_getsec(cfg, "keeper"));
	line = loader_line(l, "recorder", NULL, NULL);
	s->fsync_ms = number(l, recorder, "fsync-ms", 10, 1000, line);
	s->spool_max_bytes = (uint64_t)number(l, recorder, "spool-megabytes", 1,
					      1000000, line)
			     << 20;
}
