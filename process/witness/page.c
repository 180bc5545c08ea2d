/*
 * page -- for people: which logs, how far, and when
 */
#include "process/witness/self.h"

#include "base/clock.h"

/* A node shows its log each minute; who has not for so long is asked why. */
enum { SILENT_S = 10 * 60 };

static void escaped(struct writer *to, const char *s)
{
	for (; *s; s++) {
		if (*s == '<' || *s == '>' || *s == '&' || *s == '"')
			writer_printf(to, "&#%d;", *s);
		else
			writer_u8(to, (uint8_t)*s);
	}
}

static void ago(struct writer *to, uint64_t s)
{
	static const struct {
		uint64_t s;
		const char *unit;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (s >= units[i].s) {
			uint64_t n = s / units[i].s;

			writer_printf(to, "%llu %s%s ago",
				      (unsigned long long)n, units[i].unit,
				      n == 1 ? "" : "s");
			return;
		}
	writer_str(to, "less than a minute ago");
}

static void state_of(struct writer *to, const struct witness *w,
		     const struct witness_log *l, uint64_t now_s)
{
	if (state_has_fork(w, l))
		writer_str(to, "<strong class=\"bad\">It forked</strong>: it "
			       "signed two pasts of one size. The proof is in "
			       "the file <code>fork</code> beside its "
			       "checkpoint.");
	else if (now_s > l->cosigned_s + SILENT_S)
		writer_str(to, "<strong class=\"late\">Silent</strong>");
	else
		writer_str(to, "<span class=\"good\">Up to date</span>");
}

static void row(struct writer *to, const struct witness *w,
		const struct witness_log *l, uint64_t now_s)
{
	char hash[WITNESS_HASH_CHARS + 1], when[CLOCK_TEXT_MAX];

	state_hash(l->origin, hash);
	writer_str(to, "<tr><th scope=\"row\">");
	escaped(to, l->origin);
	if (!l->cosigned_s) {
		writer_str(to, "</th><td>nothing yet</td><td></td><td>It has "
			       "not shown itself</td></tr>\n");
		return;
	}
	clock_text((int64_t)l->cosigned_s * 1000, when);
	writer_printf(to,
		      "</th><td><a href=\"/%s/checkpoint\">%llu entries</a>"
		      "</td><td><time datetime=\"%s\">%s</time><br>",
		      hash, (unsigned long long)l->size, when, when);
	ago(to, now_s > l->cosigned_s ? now_s - l->cosigned_s : 0);
	writer_str(to, "</td><td>");
	state_of(to, w, l, now_s);
	writer_str(to, "</td></tr>\n");
}

void page_style(struct writer *to)
{
	writer_str(
		to,
		"body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;"
		"background:#fff;max-width:60rem;margin:2rem auto;"
		"padding:0 1rem}\n"
		"table{border-collapse:collapse;width:100%}\n"
		"th,td{text-align:left;vertical-align:top;padding:.5rem .75rem;"
		"border-bottom:1px solid #ccc}\n"
		"thead th{border-bottom:2px solid #1a1a1a}\n"
		"code,th{overflow-wrap:anywhere}\n"
		"@media(max-width:40rem){thead{display:none}"
		"tr,tbody th,td{display:block;border:0;padding:0}"
		"td:empty{display:none}"
		"tr{padding:.5rem 0;border-bottom:1px solid #ccc}}\n"
		".good{color:#14632c}.late{color:#7a4a00}.bad{color:#a3121b}\n"
		"@media(prefers-color-scheme:dark){body{color:#eee;"
		"background:#161616}a{color:#8ab4ff}th,td{border-color:#444}"
		"thead th{border-color:#eee}.good{color:#7fd598}"
		".late{color:#ffc46b}.bad{color:#ff8d8d}}\n");
}

void page_write(const struct witness *w, struct writer *to, uint64_t now_s)
{
	char vkey[NOTE_KEY_TEXT_MAX];

	writer_str(to, "<!doctype html>\n<html lang=\"en\"><head><meta charset="
		       "\"utf-8\"><meta name=\"viewport\" content=\"width="
		       "device-width\"><title>Witness ");
	escaped(to, w->signer.key.name);
	writer_str(to, "</title><link rel=\"stylesheet\" href=\"/style.css\">"
		       "</head>\n<body><h1>Witness ");
	escaped(to, w->signer.key.name);
	writer_str(
		to,
		"</h1>\n<p>This witness cosigns a log only when a proof shows "
		"that it still holds everything it held before: so nobody can "
		"take an entry out of it, or show different people different "
		"pasts, unnoticed. It sees how many entries a log has, and "
		"nothing of what they say.</p>\n"
		"<table><thead><tr><th scope=\"col\">Log</th>"
		"<th scope=\"col\">Last checkpoint</th>"
		"<th scope=\"col\">Cosigned</th><th scope=\"col\">State</th>"
		"</tr></thead><tbody>\n");
	for (unsigned i = 0; i < w->log_count; i++)
		row(to, w, &w->logs[i], now_s);
	writer_str(to, "</tbody></table>\n<p>Its key, for the policies of "
		       "those who rely on it:<br><code>");
	note_key_text(&w->signer.key, vkey);
	escaped(to, vkey);
	writer_str(to, "</code></p>\n</body></html>\n");
}
