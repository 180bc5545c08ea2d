/*
 * scan -- the words of a text in libconfuse's grammar, with their lines
 *
 * libconfuse reads the values; what it does not keep is on which line a thing
 * stands, and it takes the end of a file for the end of every section. This
 * walks the same text beside it. Pure.
 */
#ifndef VAXEL_SETTINGS_SCAN_H
#define VAXEL_SETTINGS_SCAN_H

#include "base/bytes.h"

enum scan_token {
	SCAN_END,
	SCAN_WORD,   /* bare */
	SCAN_QUOTED, /* without its quotes */
	SCAN_OPEN,
	SCAN_CLOSE,
	SCAN_MARK, /* = , + ( ) ; */
};

struct scan {
	const char *at; /* terminated text */
	unsigned line;
};

static inline struct scan scan_on(const char *text)
{
	return (struct scan){ text, 1 };
}

/* The next token; *ret_line is where it begins. */
enum scan_token scan_next(struct scan *s, struct text *ret, unsigned *ret_line);

/* The line of the first section that has no end; 0: all have. */
unsigned scan_unclosed(const char *text);

#endif
