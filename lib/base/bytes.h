/*
 * bytes -- one bounded reader, one bounded writer, and text by length
 *
 * A reader walks bytes that somebody else owns and never passes their end.
 * A writer fills a buffer that is born with its maximum; once something did
 * not fit it stays full, and writer_finish() says so. Integers are in network
 * order. Text is a pointer and a length, not terminated.
 */
#ifndef VAXEL_BASE_BYTES_H
#define VAXEL_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

struct text {
	const char *p;
	size_t len;
};

struct bytes {
	const uint8_t *p;
	size_t len;
};

#define TEXT(literal) ((struct text){ (literal), sizeof(literal) - 1 })

static inline struct text text_of(const char *s)
{
	return (struct text){ s, s ? strlen(s) : 0 };
}

static inline bool text_is(struct text t, const char *s)
{
	size_t n = strlen(s);

	return t.len == n && !memcmp(t.p, s, n);
}

/* Copy into a terminated array of max bytes. EMSGSIZE if it does not fit. */
int text_copy(char *to, size_t max, struct text t) CHECK_RESULT;

/* Take off what it begins with; a text that does not is left as it is. */
bool text_take(struct text *t, const char *prefix);

/* Cut off what stands before the first c, or all of it; c itself goes too. */
struct text text_cut(struct text *t, char c);

/* Decimal digits alone, no sign, no blanks. EBADMSG, or EINVAL out of range. */
int text_u64(struct text t, uint64_t min, uint64_t max,
	     uint64_t *ret) CHECK_RESULT;

/* Valid UTF-8 (RFC 3629); and that without control characters. */
bool text_is_utf8(struct text t);
bool text_is_printable(struct text t);

struct reader {
	const uint8_t *at;
	const uint8_t *end;
};

static inline struct reader reader_on(const void *p, size_t len)
{
	const uint8_t *at = p;

	/* a null pointer with an offset would be undefined */
	return (struct reader){ at, len ? at + len : at };
}

static inline size_t reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

/* Each: EBADMSG when too few bytes are left; then nothing is consumed. */
int reader_u8(struct reader *r, uint8_t *ret) CHECK_RESULT;
int reader_u16(struct reader *r, uint16_t *ret) CHECK_RESULT;
int reader_u32(struct reader *r, uint32_t *ret) CHECK_RESULT;
int reader_u64(struct reader *r, uint64_t *ret) CHECK_RESULT;
int reader_copy(struct reader *r, void *to, size_t len) CHECK_RESULT;
int reader_bytes(struct reader *r, size_t len, struct bytes *ret) CHECK_RESULT;
int reader_text(struct reader *r, size_t len, struct text *ret) CHECK_RESULT;

/* The text up to c; c itself is consumed too. EBADMSG if there is none. */
int reader_until(struct reader *r, char c, struct text *ret) CHECK_RESULT;

/* EBADMSG unless every byte was read. */
int reader_end(const struct reader *r) CHECK_RESULT;

struct writer {
	uint8_t *buf;
	size_t max;
	size_t len;
	bool full;
};

static inline struct writer writer_on(void *buf, size_t max)
{
	return (struct writer){ buf, max, 0, false };
}

void writer_u8(struct writer *w, uint8_t v);
void writer_u16(struct writer *w, uint16_t v);
void writer_u32(struct writer *w, uint32_t v);
void writer_u64(struct writer *w, uint64_t v);
void writer_copy(struct writer *w, const void *p, size_t len);
void writer_text(struct writer *w, struct text t);
void writer_str(struct writer *w, const char *s);
void writer_printf(struct writer *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Reserve len bytes to fill in place; NULL once full. */
uint8_t *writer_room(struct writer *w, size_t len);

/* EMSGSIZE if anything did not fit. */
int writer_finish(const struct writer *w) CHECK_RESULT;

#endif
