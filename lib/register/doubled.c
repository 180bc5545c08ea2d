/*
 * doubled -- an option that is said twice in one section
 *
 * libconfuse takes the last one in silence; of two ends of an agreement
 * nobody could say which holds.
 */
#include "register/reading.h"
#include "settings/scan.h"

enum { DEPTH_MAX = 4, OPTIONS_MAX = 32 };

struct seen {
	struct text names[OPTIONS_MAX];
	unsigned count;
};

/* false: it was there. More than are remembered are not looked for. */
static bool remember(struct seen *s, struct text name)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->names[i].len == name.len &&
		    !memcmp(s->names[i].p, name.p, name.len))
			return false;
	if (s->count < OPTIONS_MAX)
		s->names[s->count++] = name;
	return true;
}

unsigned reading_doubled(const char *text, struct text *ret_name)
{
	struct seen seen[DEPTH_MAX] = { { .count = 0 } };
	struct scan s = scan_on(text);
	struct text word = { NULL, 0 }, token;
	unsigned depth = 0, line;
	enum scan_token kind;

	while ((kind = scan_next(&s, &token, &line)) != SCAN_END) {
		if (kind == SCAN_OPEN && ++depth < DEPTH_MAX)
			seen[depth].count = 0;
		else if (kind == SCAN_CLOSE && depth)
			depth--;
		else if (kind == SCAN_WORD)
			word = token;
		if (kind != SCAN_MARK || *token.p != '=' ||
		    depth >= DEPTH_MAX || !word.len)
			continue;
		if (!remember(&seen[depth], word)) {
			*ret_name = word;
			return line;
		}
	}
	return 0;
}
