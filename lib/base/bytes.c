#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>

int text_copy(char *to, size_t max, struct text t)
{
	if (t.len >= max)
		return EMSGSIZE;
	if (t.len)
		memcpy(to, t.p, t.len);
	to[t.len] = '\0';
	return 0;
}

bool text_take(struct text *t, const char *prefix)
{
	size_t n = strlen(prefix);

	if (t->len < n || memcmp(t->p, prefix, n) != 0)
		return false;
	t->p += n;
	t->len -= n;
	return true;
}

struct text text_cut(struct text *t, char c)
{
	const char *at = t->len ? memchr(t->p, c, t->len) : NULL;
	struct text head = *t;

	if (at)
		head.len = (size_t)(at - t->p);
	t->p += head.len + (at ? 1 : 0);
	t->len -= head.len + (at ? 1 : 0);
	return head;
}

int text_u64(struct text t, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!t.len || t.len > 20)
		return EBADMSG;
	for (size_t i = 0; i < t.len; i++) {
		uint64_t digit = (uint64_t)(t.p[i] - '0');

		if (t.p[i] < '0' || t.p[i] > '9')
			return EBADMSG;
		if (v > (UINT64_MAX - digit) / 10)
			return EINVAL;
		v = v * 10 + digit;
	}
	if (v < min || v > max)
		return EINVAL;
	*ret = v;
	return 0;
}

/* The next character of t, which is not empty; false when malformed. */
static bool take_character(struct text *t, uint32_t *ret)
{
	static const struct {
		uint8_t mask, mark, more;
		uint32_t least;
	} forms[] = {
		{ 0x80, 0x00, 0, 0 },
		{ 0xe0, 0xc0, 1, 0x80 },
		{ 0xf0, 0xe0, 2, 0x800 },
		{ 0xf8, 0xf0, 3, 0x10000 },
	};
	uint8_t c = (uint8_t)*t->p;

	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		uint32_t v = c & (uint8_t)~forms[f].mask;

		if ((c & forms[f].mask) != forms[f].mark)
			continue;
		if (t->len <= forms[f].more)
			return false;
		for (unsigned i = 1; i <= forms[f].more; i++) {
			if (((uint8_t)t->p[i] & 0xc0) != 0x80)
				return false;
			v = v << 6 | ((uint8_t)t->p[i] & 0x3f);
		}
		t->p += forms[f].more + 1u;
		t->len -= forms[f].more + 1u;
		*ret = v;
		/* not overlong, no surrogate, within Unicode */
		return v >= forms[f].least && v <= 0x10ffff &&
		       (v < 0xd800 || v > 0xdfff);
	}
	return false;
}

bool text_is_utf8(struct text t)
{
	uint32_t c;

	while (t.len)
		if (!take_character(&t, &c))
			return false;
	return true;
}

bool text_is_printable(struct text t)
{
	uint32_t c;

	while (t.len)
		if (!take_character(&t, &c) || c < 0x20 ||
		    (c >= 0x7f && c < 0xa0))
			return false;
	return true;
}

/* Big-endian integer of n bytes. */
static int reader_int(struct reader *r, size_t n, uint64_t *ret)
{
	uint64_t v = 0;

	if (reader_left(r) < n)
		return EBADMSG;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | r->at[i];
	r->at += n;
	*ret = v;
	return 0;
}

int reader_u8(struct reader *r, uint8_t *ret)
{
	uint64_t v;
	int err = reader_int(r, 1, &v);

	if (!err)
		*ret = (uint8_t)v;
	return err;
}

int reader_u16(struct reader *r, uint16_t *ret)
{
	uint64_t v;
	int err = reader_int(r, 2, &v);

	if (!err)
		*ret = (uint16_t)v;
	return err;
}

int reader_u32(struct reader *r, uint32_t *ret)
{
	uint64_t v;
	int err = reader_int(r, 4, &v);

	if (!err)
		*ret = (uint32_t)v;
	return err;
}

int reader_u64(struct reader *r, uint64_t *ret)
{
	return reader_int(r, 8, ret);
}

int reader_bytes(struct reader *r, size_t len, struct bytes *ret)
{
	if (reader_left(r) < len)
		return EBADMSG;
	*ret = (struct bytes){ r->at, len };
	r->at += len;
	return 0;
}

int reader_text(struct reader *r, size_t len, struct text *ret)
{
	struct bytes b;
	int err = reader_bytes(r, len, &b);

	if (!err)
		*ret = (struct text){ (const char *)b.p, b.len };
	return err;
}

int reader_copy(struct reader *r, void *to, size_t len)
{
	struct bytes b;
	int err = reader_bytes(r, len, &b);

	if (!err && len)
		memcpy(to, b.p, len);
	return err;
}

int reader_until(struct reader *r, char c, struct text *ret)
{
	const uint8_t *hit = NULL;

	if (reader_left(r))
		hit = memchr(r->at, c, reader_left(r));
	if (!hit)
		return EBADMSG;
	*ret = (struct text){ (const char *)r->at, (size_t)(hit - r->at) };
	r->at = hit + 1;
	return 0;
}

int reader_end(const struct reader *r)
{
	return reader_left(r) ? EBADMSG : 0;
}

uint8_t *writer_room(struct writer *w, size_t len)
{
	uint8_t *at;

	if (w->full || len > w->max - w->len) {
		w->full = true;
		return NULL;
	}
	at = w->buf + w->len;
	w->len += len;
	return at;
}

static void writer_int(struct writer *w, size_t n, uint64_t v)
{
	uint8_t *at = writer_room(w, n);

	if (!at)
		return;
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

void writer_u8(struct writer *w, uint8_t v)
{
	writer_int(w, 1, v);
}

void writer_u16(struct writer *w, uint16_t v)
{
	writer_int(w, 2, v);
}

void writer_u32(struct writer *w, uint32_t v)
{
	writer_int(w, 4, v);
}

void writer_u64(struct writer *w, uint64_t v)
{
	writer_int(w, 8, v);
}

void writer_copy(struct writer *w, const void *p, size_t len)
{
	uint8_t *at = writer_room(w, len);

	if (at && len)
		memcpy(at, p, len);
}

void writer_text(struct writer *w, struct text t)
{
	writer_copy(w, t.p, t.len);
}

void writer_str(struct writer *w, const char *s)
{
	writer_copy(w, s, strlen(s));
}

void writer_printf(struct writer *w, const char *fmt, ...)
{
	size_t room = w->max - w->len;
	va_list ap;
	int n;

	if (w->full)
		return;
	va_start(ap, fmt);
	n = vsnprintf((char *)w->buf + w->len, room, fmt, ap);
	va_end(ap);
	/* vsnprintf wants a byte for its terminator, which we do not keep */
	if (n < 0 || (size_t)n >= room)
		w->full = true;
	else
		w->len += (size_t)n;
}

int writer_finish(const struct writer *w)
{
	return w->full ? EMSGSIZE : 0;
}
