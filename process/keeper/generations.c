#include "process/keeper/generations.h"

static int read_line(struct text line, struct judge_recipients *ret)
{
	struct reader r = reader_on(line.p, line.len);

	while (reader_left(&r)) {
		struct text word;

		if (reader_until(&r, ' ', &word) &&
		    reader_text(&r, reader_left(&r), &word))
			return EBADMSG;
		if (ret->count == JUDGE_RECIPIENTS_MAX ||
		    age_recipient_read(word, &ret->list[ret->count]))
			return EBADMSG;
		ret->count++;
	}
	return ret->count ? 0 : EBADMSG;
}

int generations_read(struct text file, struct generations *ret)
{
	struct reader r = reader_on(file.p, file.len);
	struct generations g = { 0 };
	struct text line;
	int err;

	while (reader_left(&r)) {
		if (reader_until(&r, '\n', &line))
			return EBADMSG;
		if (g.count == JUDGE_GENERATIONS_MAX)
			return EMSGSIZE;
		if ((err = read_line(line, &g.list[g.count])))
			return err;
		g.count++;
	}
	*ret = g;
	return 0;
}

int generations_write(struct writer *w, const struct generations *g)
{
	char text[AGE_RECIPIENT_CHARS + 1];

	for (unsigned i = 0; i < g->count; i++)
		for (unsigned k = 0; k < g->list[i].count; k++) {
			age_recipient_text(&g->list[i].list[k], text);
			writer_printf(w, "%s%c", text,
				      k + 1 < g->list[i].count ? ' ' : '\n');
		}
	return writer_finish(w);
}

static bool same(const struct judge_recipients *a,
		 const struct judge_recipients *b)
{
	return a->count == b->count &&
	       !memcmp(a->list, b->list, a->count * sizeof(a->list[0]));
}

int generations_add(struct generations *g, const struct settings *s,
		    bool *ret_fresh)
{
	struct judge_recipients now = { 0 };

	if (!s->recipient_count)
		return ENOKEY;
	if (s->recipient_count > JUDGE_RECIPIENTS_MAX)
		return EMSGSIZE;
	for (unsigned i = 0; i < s->recipient_count; i++)
		if (age_recipient_read(text_of(s->recipients[i].key),
				       &now.list[now.count++]))
			return EBADMSG;
	*ret_fresh = true;
	for (unsigned i = 0; i < g->count; i++)
		if (same(&g->list[i], &now))
			*ret_fresh = false;
	if (!*ret_fresh)
		return 0;
	if (g->count == JUDGE_GENERATIONS_MAX)
		memmove(&g->list[0], &g->list[1],
			--g->count * sizeof(g->list[0]));
	g->list[g->count++] = now;
	return 0;
}
