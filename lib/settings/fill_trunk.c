/*
 * fill_trunk -- a trunk, and where its requests say the municipality
 */
#include "settings/internal.h"

static const struct choice geolocation_errors[] = { { "tell", false },
						    { "refuse", true } };
static const struct choice hand_overs[] = { { "stay", HAND_OVER_STAY },
					    { "refer", HAND_OVER_REFER },
					    { "redirect",
					      HAND_OVER_REDIRECT } };

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

void loader_fill_trunk(struct loader *l, cfg_t *cfg)
{
	struct trunk *t = &l->s->trunks[l->s->trunk_count];
	const char *title = cfg_title(cfg), *host = cfg_getstr(cfg, "host");

	if (l->s->trunk_count == SETTINGS_TRUNKS / 2)
		return;
	t->line = loader_line(l, "trunk", title, NULL);
	(void)loader_copy(l, t->name, sizeof(t->name), title, t->line, "name");
	if (*host &&
	    loader_host_and_port(host, t->host, sizeof(t->host), &t->port))
		loader_fault(l, t->line, "CONFIG", "write HOST or HOST:PORT",
			     "host: not an address");
	t->transport = loader_transport(l, cfg_getstr(cfg, "transport"),
					t->line, "transport");
	t->srtp = loader_srtp(l, cfg_getstr(cfg, "srtp"), t->line);
	for (unsigned i = 0; i < cfg_size(cfg, "from"); i++) {
		const char *from = cfg_getnstr(cfg, "from", i);

		if (i == SETTINGS_PEERS || !loader_is_numeric(from)) {
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
	t->options_s = loader_number(l, cfg, "options", 0, 3600, t->line);
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
