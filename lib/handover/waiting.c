#include "handover/waiting.h"

#include <errno.h>

static uint32_t at_most(uint32_t n, uint32_t max)
{
	return n < max ? n : max;
}

void waiting_write(struct writer *w, const struct waiting *from)
{
	for (unsigned i = 0; i < from->count; i++)
		writer_printf(
			w, "%s%s;waiting=%u;wait=%u", i ? ", " : "",
			from->lines[i].line,
			at_most(from->lines[i].callers, WAITING_CALLERS_MAX),
			at_most(from->lines[i].longest_s, WAITING_SECONDS_MAX));
}

/* "name=number" */
static int read_number(struct text t, const char *name, uint32_t max,
		       uint32_t *ret)
{
	struct text key = text_cut(&t, '=');
	uint64_t n;

	if (!text_is(key, name) || text_u64(t, 0, max, &n))
		return EBADMSG;
	*ret = (uint32_t)n;
	return 0;
}

static int read_line(struct text t, struct waiting_line *ret)
{
	struct text line = text_cut(&t, ';');
	struct text callers = text_cut(&t, ';');

	while (line.len && *line.p == ' ') {
		line.p++;
		line.len--;
	}
	if (!line.len || !text_is_printable(line) ||
	    text_copy(ret->line, sizeof(ret->line), line) ||
	    read_number(callers, "waiting", WAITING_CALLERS_MAX,
			&ret->callers) ||
	    read_number(t, "wait", WAITING_SECONDS_MAX, &ret->longest_s))
		return EBADMSG;
	return 0;
}

int waiting_read(struct text value, struct waiting *ret)
{
	struct waiting w = { .count = 0 };

	while (value.len) {
		if (w.count == WAITING_LINES ||
		    read_line(text_cut(&value, ','), &w.lines[w.count++]))
			return EBADMSG;
	}
	*ret = w;
	return 0;
}

const struct waiting_line *waiting_find(const struct waiting *w,
					struct text line)
{
	for (unsigned i = 0; i < w->count; i++)
		if (text_is(line, w->lines[i].line))
			return &w->lines[i];
	return NULL;
}
