/*
 * fill_line -- a line: its notices, its keys, its queue
 */
#include "settings/internal.h"

static const struct choice objections[] = { { "not-recorded", false },
					    { "recorded", true } };

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

void loader_fill_line(struct loader *l, cfg_t *cfg)
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
		loader_number(l, cfg, "ring-timeout", 1, 300, line->line);
	line->position_every_s =
		loader_number(l, cfg, "position-every", 0, 3600, line->line);
	line->queue_max =
		loader_number(l, cfg, "queue-max", 1, 50000, line->line);
	line->order = l->s->line_count++;
}
