/*
 * lex_parts -- walking over text that ends where its length says
 */
#ifndef VAXEL_SIP_LEX_PARTS_H
#define VAXEL_SIP_LEX_PARTS_H

#include <re.h>

#include "base/bytes.h"

static inline bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline struct text trim(struct text t)
{
	while (t.len && is_space(*t.p)) {
		t.p++;
		t.len--;
	}
	while (t.len && is_space(t.p[t.len - 1]))
		t.len--;
	return t;
}

static inline struct pl pl_of(const char *from, const char *to)
{
	return (struct pl){ from, (size_t)(to - from) };
}

/* The first of these characters, or the end. */
static inline const char *upto(const char *p, const char *end,
			       const char *stops)
{
	for (; p < end; p++)
		for (const char *s = stops; *s; s++)
			if (*p == *s)
				return p;
	return p;
}

static inline const char *past_spaces(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

/* Past a quoted string that begins at p, or the end. */
static inline const char *past_quotes(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
	}
	return p < end ? p + 1 : end;
}

#endif
