#include "sip/frame.h"

#include <strings.h>

#include "sip/message.h"

/* Past the blank line, or 0 while there is none. */
static size_t header_end(const uint8_t *p, size_t len, size_t *scanned)
{
	size_t at = *scanned;

	for (;;) {
		const uint8_t *nl = memchr(p + at, '\n', len - at);

		if (!nl)
			break;
		at = (size_t)(nl - p) + 1;
		if (at < len && p[at] == '\n')
			return at + 1;
		if (at + 1 < len && p[at] == '\r' && p[at + 1] == '\n')
			return at + 2;
		*scanned = at - 1; /* this line's end may yet be the last */
	}
	return 0;
}

static bool is_content_length(const char *p, size_t n)
{
	while (n && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	return (n == 14 && !strncasecmp(p, "Content-Length", 14)) ||
	       (n == 1 && (*p == 'l' || *p == 'L'));
}

static struct text value_of(const char *colon, const char *end)
{
	struct text t = { colon + 1, (size_t)(end - colon - 1) };

	while (t.len && strchr(" \t", *t.p)) {
		t.p++;
		t.len--;
	}
	while (t.len && strchr(" \t\r", t.p[t.len - 1]))
		t.len--;
	return t;
}

static int content_length(const char *p, size_t len, size_t *ret)
{
	const char *end = p + len;
	uint64_t v = 0;
	bool seen = false;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *colon;

		if (!nl)
			break;
		colon = memchr(p, ':', (size_t)(nl - p));
		if (colon && is_content_length(p, (size_t)(colon - p))) {
			/* two of them: who knows which is meant */
			if (seen ||
			    text_u64(value_of(colon, nl), 0, UINT32_MAX, &v))
				return EBADMSG;
			seen = true;
		}
		p = nl + 1;
	}
	if (!seen)
		return EBADMSG;
	*ret = (size_t)v;
	return 0;
}

static int blank(const uint8_t *p, size_t len, struct frame *ret)
{
	if (len >= 4 && !memcmp(p, "\r\n\r\n", 4)) {
		*ret = (struct frame){ FRAME_PING, 4 };
		return 0;
	}
	/* the second CRLF of a ping may be on its way: wait while it can be */
	if (len < 4 && !memcmp(p, "\r\n\r\n", len))
		*ret = (struct frame){ FRAME_MORE, 0 };
	else
		*ret = (struct frame){ FRAME_BLANK,
				       p[0] == '\r' && p[1] == '\n' ? 2 : 1 };
	return 0;
}

int frame_next(const uint8_t *p, size_t len, size_t *scanned, struct frame *ret)
{
	size_t header, body;
	int err;

	*ret = (struct frame){ FRAME_MORE, 0 };
	if (!len)
		return 0;
	if (*p == '\r' || *p == '\n')
		return blank(p, len, ret);
	header = header_end(p, len, scanned);
	if (!header)
		return len > MESSAGE_MAX ? EMSGSIZE : 0;
	if (header > MESSAGE_MAX)
		return EMSGSIZE;
	err = content_length((const char *)p, header, &body);
	if (err) {
		ret->len = header;
		return err;
	}
	if (body > MESSAGE_MAX || header + body > MESSAGE_MAX) {
		ret->len = header;
		return EMSGSIZE;
	}
	if (len < header + body)
		return 0;
	*ret = (struct frame){ FRAME_MESSAGE, header + body };
	return 0;
}
