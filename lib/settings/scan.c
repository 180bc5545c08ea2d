#include "settings/scan.h"

/* Pass n characters, counting lines. */
static void pass(struct scan *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s->line += s->at[i] == '\n';
	s->at += n;
}

/* A word may hold these, but not begin with them. */
static size_t comment_length(const char *p)
{
	const char *end;

	if (*p == '#' || (*p == '/' && p[1] == '/'))
		return strcspn(p, "\n");
	if (*p != '/' || p[1] != '*')
		return 0;
	end = strstr(p + 2, "*/");
	return end ? (size_t)(end - p) + 2 : strlen(p);
}

static void pass_blanks(struct scan *s)
{
	for (;;) {
		size_t n = strspn(s->at, " \t\r\n\f\v");

		if (!n)
			n = comment_length(s->at);
		if (!n)
			return;
		pass(s, n);
	}
}

static enum scan_token quoted(struct scan *s, struct text *ret)
{
	const char *end = s->at + 1;

	while (*end && *end != *s->at)
		end += end[0] == '\\' && end[1] ? 2 : 1;
	*ret = (struct text){ s->at + 1, (size_t)(end - s->at) - 1 };
	pass(s, (size_t)(end - s->at) + (*end != '\0'));
	return SCAN_QUOTED;
}

enum scan_token scan_next(struct scan *s, struct text *ret, unsigned *ret_line)
{
	size_t n;

	pass_blanks(s);
	*ret_line = s->line;
	*ret = (struct text){ s->at, 0 };
	if (!*s->at)
		return SCAN_END;
	if (*s->at == '"' || *s->at == '\'')
		return quoted(s, ret);
	ret->len = 1;
	if (strchr("{}=,+();", *s->at)) {
		s->at++;
		return *ret->p == '{'   ? SCAN_OPEN
		       : *ret->p == '}' ? SCAN_CLOSE
					: SCAN_MARK;
	}
	n = strcspn(s->at, " \t\r\n\f\v{}=,();\"'");
	ret->len = n;
	pass(s, n);
	return SCAN_WORD;
}

unsigned scan_unclosed(const char *text)
{
	struct scan s = scan_on(text);
	unsigned depth = 0, line, open = 0;
	enum scan_token token;
	struct text word;

	while ((token = scan_next(&s, &word, &line)) != SCAN_END) {
		if (token == SCAN_OPEN && !depth++)
			open = line;
		else if (token == SCAN_CLOSE && depth)
			depth--;
	}
	return depth ? open : 0;
}
