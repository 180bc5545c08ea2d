/*
 * fill -- from what libconfuse read, the structs
 */
#include "settings/internal.h"

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
static const struct choice levels[] = { { "notice", 2 },
					{ "alarm", 0 },
					{ "error", 1 },
					{ "info", 3 },
					{ "debug", 4 } };
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
	a->srtp = loader_srtp(l, cfg_getstr(cfg, "srtp"), a->line);
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

void loader_each(struct loader *l, cfg_t *cfg, const char *section,
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
	loader_path(l, s->witness_ca, cfg_getstr(cfg, "witness-ca"),
		    loader_line(l, NULL, NULL, "witness-ca"), "witness-ca");
	s->witness_wait_s =
		loader_number(l, cfg, "witness-wait", 1, 120,
			      loader_line(l, NULL, NULL, "witness-wait"));
	s->log_level = (unsigned)CHOOSE(l, levels, cfg_getstr(cfg, "log-level"),
					loader_line(l, NULL, NULL, "log-level"),
					"log-level");
	(void)loader_copy(l, s->national_trunk, sizeof(s->national_trunk),
			  cfg_getstr(cfg, "national-trunk"),
			  loader_line(l, NULL, NULL, "national-trunk"),
			  "national-trunk");
	fill_handover(l, cfg);
	s->keep_calls_s = loader_number(
		l, cfg, "keep-calls", 0, SETTINGS_KEEP_CALLS_MAX_S,
		loader_line(l, NULL, NULL, "keep-calls"));
	s->probe_every_s = loader_number(
		l, cfg, "probe-every", 0, SETTINGS_PROBE_EVERY_MAX_S,
		loader_line(l, NULL, NULL, "probe-every"));
}

static void fill_keeper(struct loader *l, cfg_t *cfg)
{
	struct settings *s = l->s;
	unsigned line = loader_line(l, "keeper", NULL, NULL);

	s->keeper_line = loader_line(l, "keeper", NULL, "identity");
	loader_path(l, s->identity, cfg_getstr(cfg, "identity"), line,
		    "identity");
	loader_path(l, s->passphrase_file, cfg_getstr(cfg, "passphrase-file"),
		    line, "passphrase-file");
	s->lock_after_s = loader_number(l, cfg, "lock-after", 0,
					SETTINGS_LOCK_AFTER_MAX_S, line);
	for (unsigned i = 0; i < cfg_size(cfg, "approval"); i++)
		s->approval_purposes |=
			1u << CHOOSE(l, purposes,
				     cfg_getnstr(cfg, "approval", i),
				     loader_line(l, "keeper", NULL, "approval"),
				     "approval");
	s->approval_over = loader_number(l, cfg, "approval-over", 0,
					 SETTINGS_QUOTA_MAX, line);
	s->quota = loader_number(l, cfg, "quota", 1, SETTINGS_QUOTA_MAX, line);
}

void loader_fill(struct loader *l, cfg_t *cfg)
{
	struct settings *s = l->s;
	cfg_t *recorder = cfg_getsec(cfg, "recorder");
	unsigned line;

	fill_top(l, cfg);
	loader_fill_sip(l, cfg_getsec(cfg, "sip"));
	loader_fill_media(l, cfg_getsec(cfg, "media"));
	loader_each(l, cfg, "trunk", SETTINGS_TRUNKS / 2, loader_fill_trunk);
	loader_each(l, cfg, "line", SETTINGS_LINES / 2, loader_fill_line);
	loader_each(l, cfg, "agent", SETTINGS_AGENTS, fill_agent);
	loader_each(l, cfg, "recipient", SETTINGS_RECIPIENTS, fill_recipient);
	loader_each(l, cfg, "region", SETTINGS_ROUTES, fill_region);
	fill_keeper(l, cfg_getsec(cfg, "keeper"));
	loader_fill_desk(l, cfg_getsec(cfg, "desk"));
	loader_each(l, cfg, "feed", SETTINGS_FEEDS, loader_fill_feed);
	line = loader_line(l, "recorder", NULL, NULL);
	s->fsync_ms = loader_number(l, recorder, "fsync-ms", 10, 1000, line);
	s->spool_max_bytes =
		(uint64_t)loader_number(l, recorder, "spool-megabytes", 1,
					1000000, line)
		<< 20;
}
