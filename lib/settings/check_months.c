/*
 * check_months -- keys by the month, while there is time to make new ones
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "seal/month.h"
#include "settings/internal.h"

enum { AHEAD_DAYS = 60 };

static bool has_line(const struct settings *s, struct text controller)
{
	for (unsigned i = 0; i < s->line_count; i++)
		if (text_is(controller, s->lines[i].controller))
			return true;
	return false;
}

/* Months may stand in any order, with gaps: asked is for one of them. */
static bool has_month(const char *list, struct text controller, uint16_t month)
{
	struct reader in = reader_on(list, strlen(list));
	struct key_month key;
	struct text whose;

	while (!key_month_line(&in, &key, &whose))
		if (key.month == month && whose.len == controller.len &&
		    !memcmp(whose.p, controller.p, whose.len))
			return true;
	return false;
}

static void check_line(struct loader *l, unsigned line, const char *list,
		       const char *controller, int64_t now_ms)
{
	const int64_t ahead_ms = AHEAD_DAYS * 24 * 3600 * (int64_t)1000;
	uint16_t from = key_month_of(now_ms);
	uint16_t to = key_month_of(now_ms + ahead_ms);
	char name[KEY_MONTH_CHARS + 1];

	for (uint16_t m = from; m <= to; m++) {
		if (has_month(list, text_of(controller), m))
			continue;
		key_month_text(m, name);
		loader_weakness(l, line, "CONFIG",
				"make more ahead: vaxel key new --months",
				"month-keys has no key of %s for %s: its "
				"recordings would be sealed to the other "
				"recipients alone",
				controller, name);
		return;
	}
}

static void check_list(struct loader *l, unsigned line, const char *list)
{
	struct reader in = reader_on(list, strlen(list));
	const struct settings *s = l->s;
	struct text controller;
	struct key_month key;
	int err;

	while (!(err = key_month_line(&in, &key, &controller)))
		if (s->line_count && !has_line(s, controller))
			loader_fault(l, line, "CONFIG",
				     "write the controller as the line has it",
				     "month-keys names %.*s, which no line has",
				     (int)controller.len, controller.p);
	if (err == EBADMSG)
		loader_fault(l, line, "CONFIG",
			     "write MONTH age1... CONTROLLER, as vaxel key new "
			     "--months does",
			     "month-keys has a line that makes no sense");
	for (unsigned i = 0; i < s->line_count; i++)
		if (s->lines[i].record)
			check_line(l, line, list, s->lines[i].controller,
				   clock_wall_ms());
}

void loader_check_months(struct loader *l)
{
	const char *file = l->s->companions[COMPANION_MONTH_KEYS];
	char *list;

	if (!*file || settings_read_file(file, &list))
		return; /* one that cannot be read is a fault elsewhere */
	check_list(l, loader_line(l, NULL, NULL, "month-keys"), list);
	free(list);
}
