/*
 * ask -- the words by which a national node asks where a caller is
 *
 * Swedish and English are built in, so that `ask sv { }` will do; any of them
 * may be said otherwise, and another language says them all.
 */
#include "settings/internal.h"

struct words {
	const char *language, *postcode, *regions, *again, *thanks, *queue;
};

static const struct words built_in[] = {
	{ "sv",
	  "Vi vet inte var du är. Ange ditt postnummer, fem siffror. Tryck "
	  "stjärna om du hellre väljer region.",
	  "Välj din region med två siffror. %r.", "Det gick inte att förstå.",
	  "Tack. Du kopplas vidare.", "Du kopplas till den nationella kön." },
	{ "en",
	  "We do not know where you are. Enter your postcode, five digits. "
	  "Press star to choose a region instead.",
	  "Choose your region by two digits. %r.", "That was not understood.",
	  "Thank you. You are being connected.",
	  "You are being connected to the national queue." },
};

static const struct words *words_of(const char *language)
{
	static const struct words none = { "", "", "", "", "", "" };

	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		if (!strcmp(built_in[i].language, language))
			return &built_in[i];
	return &none;
}

static void take(struct loader *l, cfg_t *cfg, const char *option,
		 const char *otherwise, char to[SETTINGS_ASK_TEXT], unsigned at)
{
	const char *said = cfg_getstr(cfg, option);

	(void)loader_copy(l, to, SETTINGS_ASK_TEXT, *said ? said : otherwise,
			  at, option);
	if (!to[0])
		loader_fault(l, at, "CONFIG", "write it in that language",
			     "ask %s does not say %s", cfg_title(cfg), option);
}

void loader_fill_ask(struct loader *l, struct line *line, cfg_t *cfg)
{
	struct ask_words *a = &line->asks[line->ask_count];
	unsigned at = loader_line(l, "ask", cfg_title(cfg), NULL);
	const struct words *w;

	if (line->ask_count == SETTINGS_ASKS) {
		loader_fault(l, at, "CONFIG", "keep two",
			     "a caller is asked in more than %d languages",
			     SETTINGS_ASKS);
		return;
	}
	if (loader_copy(l, a->language, sizeof(a->language), cfg_title(cfg), at,
			"language"))
		return;
	w = words_of(a->language);
	take(l, cfg, "postcode", w->postcode, a->postcode, at);
	take(l, cfg, "regions", w->regions, a->regions, at);
	take(l, cfg, "again", w->again, a->again, at);
	take(l, cfg, "thanks", w->thanks, a->thanks, at);
	take(l, cfg, "queue", w->queue, a->queue, at);
	if (a->regions[0] && !strstr(a->regions, "%r"))
		loader_fault(l, at, "CONFIG",
			     "write %r where the regions are to be said",
			     "ask %s names no regions", a->language);
	if (l->s->role != NODE_NATIONAL)
		loader_fault(l, at, "CONFIG", "remove it",
			     "only a national node asks where a caller is");
	line->ask_count++;
}

bool settings_reaches_out(const struct settings *s)
{
	return s->companions[COMPANION_WITNESSES][0] || s->feed_count;
}

bool settings_asks(const struct settings *s)
{
	for (unsigned i = 0; i < s->line_count; i++)
		if (!s->lines[i].removed && s->lines[i].ask_count)
			return true;
	return false;
}
