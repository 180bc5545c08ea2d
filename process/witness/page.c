/*
 * page -- for people: which logs, how far, and when
 */
#include "process/witness/self.h"

#include "base/clock.h"

static void escaped(struct writer *to, const char *s)
{
	for (; *s; s++) {
		if (*s == '<' || *s == '>' || *s == '&' || *s == '"')
			writer_printf(to, "&#%d;", *s);
		else
			writer_u8(to, (uint8_t)*s);
	}
}

static void row(struct writer *to, const struct witness_log *l)
{
	char hash[WITNESS_HASH_CHARS + 1], when[CLOCK_TEXT_MAX];

	state_hash(l->origin, hash);
	writer_str(to, "<tr><td>");
	escaped(to, l->origin);
	if (!l->cosigned_s) {
		writer_str(to, "</td><td>nothing yet</td><td></td></tr>\n");
		return;
	}
	clock_text((int64_t)l->cosigned_s * 1000, when);
	writer_printf(to,
		      "</td><td><a href=\"/%s/checkpoint\">%llu entries</a>"
		      "</td><td>%s</td></tr>\n",
		      hash, (unsigned long long)l->size, when);
}

void page_write(const struct witness *w, struct writer *to)
{
	char vkey[NOTE_KEY_TEXT_MAX];

	writer_str(to, "<!doctype html>\n<html lang=\"en\"><meta charset="
		       "\"utf-8\"><title>Witness</title>\n<h1>Witness ");
	escaped(to, w->signer.key.name);
	writer_str(to, "</h1>\n<p>Of each log the last checkpoint that this "
		       "witness cosigned.</p>\n<p>Its key: <code>");
	note_key_text(&w->signer.key, vkey);
	escaped(to, vkey);
	writer_str(to, "</code></p>\n<table>\n<tr><th>Log</th>"
		       "<th>Checkpoint</th><th>Cosigned</th></tr>\n");
	for (unsigned i = 0; i < w->log_count; i++)
		row(to, &w->logs[i]);
	writer_str(to, "</table>\n</html>\n");
}
