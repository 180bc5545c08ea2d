#include "routing/geolocation.h"

#include <strings.h>

#include "routing/pidf.h"

enum { PARTS_MAX = 16, BOUNDARY_MAX = 70, LINES_MAX = 32 };

static struct text text_from(struct text t, size_t n)
{
	return (struct text){ t.p + n, t.len - n };
}

static struct text trimmed(struct text t)
{
	while (t.len && strchr(" \t\r\n", *t.p))
		t = text_from(t, 1);
	while (t.len && strchr(" \t\r\n", t.p[t.len - 1]))
		t.len--;
	return t;
}

static bool begins(struct text t, const char *word)
{
	size_t n = strlen(word);

	return t.len >= n && !strncasecmp(t.p, word, n);
}

static struct text unquoted(struct text t)
{
	if (t.len >= 2 && *t.p == '"' && t.p[t.len - 1] == '"')
		return (struct text){ t.p + 1, t.len - 2 };
	return t;
}

/* NULL: not in it; nor in a text that is not there. */
static const char *find(struct text t, char c)
{
	return t.len ? memchr(t.p, c, t.len) : NULL;
}

/* What stands between < and >, or nothing. */
static struct text bracketed(struct text t)
{
	const char *open = find(t, '<');
	const char *close = NULL;

	if (open)
		close = find(text_from(t, (size_t)(open - t.p)), '>');

	if (!close)
		return (struct text){ t.p, 0 };
	return (struct text){ open + 1, (size_t)(close - open) - 1 };
}

/* ---- the body's parts (RFC 2046 5.1) */

static bool is_pidf(struct text content_type)
{
	const char *semi = find(content_type, ';');
	struct text type = content_type;

	if (semi)
		type.len = (size_t)(semi - type.p);
	type = trimmed(type);
	return type.len == sizeof("application/pidf+xml") - 1 &&
	       begins(type, "application/pidf+xml");
}

/* The boundary of multipart/...;boundary=X; empty: not of parts. */
static struct text boundary_of(struct text content_type)
{
	struct text none = { content_type.p, 0 };

	if (!begins(trimmed(content_type), "multipart/"))
		return none;
	for (struct text t = content_type; t.len;) {
		const char *semi = find(t, ';');

		if (!semi)
			break;
		t = trimmed(text_from(t, (size_t)(semi - t.p) + 1));
		if (begins(t, "boundary=")) {
			struct text b = text_from(t, sizeof("boundary=") - 1);

			semi = find(b, ';');
			if (semi)
				b.len = (size_t)(semi - b.p);
			b = unquoted(trimmed(b));
			return b.len <= BOUNDARY_MAX ? b : none;
		}
	}
	return none;
}

/* The next "--boundary" at the beginning of a line, from `from` on. */
static int next_boundary(struct text body, struct text boundary, size_t from,
			 size_t *ret_at, size_t *ret_after)
{
	for (size_t at = from; at + 2 + boundary.len <= body.len; at++) {
		if (at && body.p[at - 1] != '\n')
			continue;
		if (memcmp(body.p + at, "--", 2) != 0 ||
		    memcmp(body.p + at + 2, boundary.p, boundary.len) != 0)
			continue;
		*ret_at = at;
		*ret_after = at + 2 + boundary.len;
		return 0;
	}
	return ENOENT;
}

struct part {
	struct text content_type, content_id, body;
	bool encoded; /* in a way other than as it is */
};

static bool as_it_is(struct text encoding)
{
	encoding = trimmed(encoding);
	return (encoding.len == 4 &&
		(begins(encoding, "7bit") || begins(encoding, "8bit"))) ||
	       (encoding.len == 6 && begins(encoding, "binary"));
}

/* The part's own headers, up to the empty line. */
static int read_part(struct text t, struct part *ret)
{
	struct part p = { .content_type = { t.p, 0 },
			  .content_id = { t.p, 0 } };

	for (int i = 0; i < LINES_MAX; i++) {
		const char *end = find(t, '\n');
		struct text line;

		if (!end)
			return EBADMSG;
		line = trimmed((struct text){ t.p, (size_t)(end - t.p) });
		t = text_from(t, (size_t)(end - t.p) + 1);
		if (!line.len) {
			p.body = t;
			*ret = p;
			return 0;
		}
		if (begins(line, "content-type:"))
			p.content_type = text_from(line, 13);
		else if (begins(line, "content-id:"))
			p.content_id = text_from(line, 11);
		else if (begins(line, "content-transfer-encoding:"))
			p.encoded = !as_it_is(text_from(line, 26));
	}
	return EBADMSG;
}

static bool id_is(struct text content_id, struct text id)
{
	struct text inside = bracketed(content_id);

	return id.len && inside.len == id.len &&
	       !memcmp(inside.p, id.p, id.len);
}

static int of_parts(struct text body, struct text boundary, struct text id,
		    struct text *ret)
{
	size_t at, after, next, next_after;

	if (next_boundary(body, boundary, 0, &at, &after))
		return EBADMSG;
	for (int i = 0; i < PARTS_MAX; i++) {
		struct text inside;
		struct part p;
		const char *line_end;

		if (next_boundary(body, boundary, after, &next, &next_after))
			return ENOENT;
		inside = (struct text){ body.p + after, next - after };
		after = next_after;
		/* the rest of the boundary's line is no header */
		line_end = find(inside, '\n');
		if (!line_end)
			return EBADMSG;
		inside = text_from(inside, (size_t)(line_end - inside.p) + 1);
		if (read_part(inside, &p))
			return EBADMSG;
		if (!id_is(p.content_id, id))
			continue;
		if (p.encoded || !is_pidf(p.content_type))
			return EBADMSG;
		*ret = trimmed(p.body);
		return 0;
	}
	return ENOENT;
}

int geolocation_part(struct text content_type, struct text content_id,
		     struct text body, struct text id, struct text *ret)
{
	struct text boundary = boundary_of(content_type);

	if (boundary.len)
		return of_parts(body, boundary, id, ret);
	if (!is_pidf(content_type))
		return ENOENT;
	if (!id_is(content_id, id))
		return ENOENT;
	*ret = trimmed(body);
	return 0;
}

/* ---- the header */

static uint16_t read_location(struct text pidf_lo, struct location_claim *claim)
{
	struct pidf p;
	int err = pidf_read(pidf_lo, &p);

	if (!err)
		err = pidf_place(&p, &claim->place);
	switch (err) {
	case 0:
		claim->finding = FINDING_PLACE;
		return GEOLOCATION_FINE;
	case EXDEV:
		claim->finding = FINDING_ABROAD;
		return GEOLOCATION_FINE;
	case ENOENT: /* sound, and of no use here */
		claim->finding = FINDING_UNKNOWN;
		return GEOLOCATION_CANNOT_PROCESS;
	default:
		claim->finding = FINDING_MALFORMED;
		return GEOLOCATION_CANNOT_PROCESS;
	}
}

void geolocation_find(const struct location_signals *s,
		      struct location_claim *ret_claim, uint16_t *ret_error)
{
	struct text uri = bracketed(s->geolocation), part;

	*ret_error = GEOLOCATION_FINE;
	if (!s->geolocation.len)
		return;
	if (!uri.len) {
		ret_claim->finding = FINDING_MALFORMED;
		*ret_error = GEOLOCATION_CANNOT_PROCESS;
	} else if (!begins(trimmed(s->geolocation_routing), "yes") ||
		   trimmed(s->geolocation_routing).len != 3) {
		ret_claim->finding = FINDING_FORBIDDEN;
		*ret_error = GEOLOCATION_NO_PERMISSION_TO_ROUTE;
	} else if (!begins(uri, "cid:")) {
		ret_claim->finding = FINDING_REFERENCE;
		*ret_error = GEOLOCATION_DEREFERENCE_FAILURE;
	} else if (geolocation_part(s->content_type, s->content_id, s->body,
				    text_from(uri, 4), &part)) {
		ret_claim->finding = FINDING_MALFORMED;
		*ret_error = GEOLOCATION_CANNOT_PROCESS;
	} else {
		*ret_error = read_location(part, ret_claim);
	}
}
