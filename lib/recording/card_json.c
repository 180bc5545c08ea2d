#include "recording/card_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/encode.h"
#include "ipc/values.h"

static void json_text(struct writer *w, struct text t)
{
	writer_u8(w, '"');
	for (size_t i = 0; i < t.len; i++) {
		uint8_t c = (uint8_t)t.p[i];

		if (c == '"' || c == '\\')
			writer_printf(w, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			writer_printf(w, "\\u%04x", c);
		else
			writer_u8(w, c);
	}
	writer_u8(w, '"');
}

/* RFC 3339 in UTC: two machines need not agree on a time zone. */
static void json_time(struct writer *w, uint64_t at_ms)
{
	time_t s = (time_t)(at_ms / 1000);
	struct tm tm;

	if (at_ms / 1000 > INT32_MAX * 100LL || !gmtime_r(&s, &tm)) {
		writer_str(w, "null");
		return;
	}
	writer_printf(w, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"",
		      tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		      tm.tm_min, tm.tm_sec, (int)(at_ms % 1000));
}

static void json_id(struct writer *w, const uint8_t id[ID_BYTES])
{
	char text[ID_CHARS + 1];

	id_text(id, text);
	writer_printf(w, "\"%s\"", text);
}

void card_json_begin(struct card_json *c, struct writer *w,
		     const struct spool_start *start)
{
	*c = (struct card_json){ .w = w, .first = true };
	writer_str(w, "{\"recording\":");
	json_id(w, start->id);
	writer_str(w, ",\"call\":");
	json_id(w, start->call_id);
	writer_str(w, ",\"controller\":");
	json_text(w, start->controller);
	writer_str(w, ",\"started\":");
	json_time(w, start->at_ms);
	writer_str(w, ",\"facts\":[");
}

static void next_of_list(struct card_json *c)
{
	if (!c->first)
		writer_u8(c->w, ',');
	c->first = false;
}

void card_json_fact(struct card_json *c, const struct spool_fact *fact)
{
	if (fact->kind == FACT_MARK)
		return;
	next_of_list(c);
	writer_printf(c->w, "{\"kind\":\"%s\",\"at\":",
		      fact_kind_text((enum fact_kind)fact->kind));
	json_time(c->w, fact->at_ms);
	writer_str(c->w, ",\"value\":");
	json_text(c->w, fact->value);
	writer_u8(c->w, '}');
}

void card_json_marks(struct card_json *c)
{
	writer_str(c->w, "],\"marks\":[");
	c->first = true;
}

void card_mark(uint8_t mark_kind, uint64_t ms, char to[CARD_MARK_MAX])
{
	(void)snprintf(to, CARD_MARK_MAX, "%s %" PRIu64,
		       mark_kind_text((enum mark_kind)mark_kind), ms);
}

void card_json_mark(struct card_json *c, const struct spool_fact *fact)
{
	struct reader r = reader_on(fact->value.p, fact->value.len);
	struct text kind, rest;
	uint64_t ms;

	if (fact->kind != FACT_MARK || reader_until(&r, ' ', &kind) ||
	    reader_text(&r, reader_left(&r), &rest) ||
	    text_u64(rest, 0, UINT64_MAX, &ms))
		return;
	next_of_list(c);
	writer_str(c->w, "{\"kind\":");
	json_text(c->w, kind);
	writer_printf(c->w, ",\"ms\":%" PRIu64 "}", ms);
}

void card_json_seek(struct card_json *c, const struct seek *s)
{
	writer_str(c->w, "],\"seek\":[");
	for (uint32_t i = 0; i < s->count && i < SEEK_MAX; i++)
		writer_printf(c->w, "%s[%" PRIu32 ",%" PRIu32 "]", i ? "," : "",
			      s->point[i].ms, s->point[i].offset);
}

int card_json_end(struct card_json *c, const struct spool_end *end)
{
	writer_printf(c->w,
		      "],\"length_ms\":%" PRIu64 ",\"ended\":", end->length_ms);
	json_time(c->w, end->at_ms);
	writer_printf(c->w, ",\"interrupted\":%s}",
		      end->reason == RECORD_END_INTERRUPTED ? "true" : "false");
	return writer_finish(c->w);
}
