#include "seal/age.h"

#include "base/encode.h"

static const char begin[] = "-----BEGIN AGE ENCRYPTED FILE-----";
static const char end[] = "-----END AGE ENCRYPTED FILE-----";

enum { LINE_CHARS = 64, LINE_BYTES = 48 };

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blank(struct reader *r)
{
	while (r->at < r->end && is_blank(*r->at))
		r->at++;
}

bool age_is_armor(struct bytes in)
{
	struct reader r = reader_on(in.p, in.len);

	skip_blank(&r);
	return reader_left(&r) >= sizeof(begin) - 1 &&
	       !memcmp(r.at, begin, sizeof(begin) - 1);
}

/* Lines end with LF or CRLF; the end line may lack its own. */
static int take_line(struct reader *r, struct text *ret)
{
	struct text line;

	if (reader_until(r, '\n', &line)) {
		line = (struct text){ (const char *)r->at, reader_left(r) };
		r->at = r->end;
		if (!line.len)
			return EBADMSG;
	} else if (line.len && line.p[line.len - 1] == '\r') {
		line.len--;
	}
	*ret = line;
	return 0;
}

int age_armor_read(struct bytes in, struct writer *w)
{
	struct reader r = reader_on(in.p, in.len);
	bool short_line = false;
	struct text line;

	skip_blank(&r);
	if (take_line(&r, &line) || !text_is(line, begin))
		return EBADMSG;
	for (;;) {
		uint8_t part[LINE_BYTES];
		size_t len;

		if (take_line(&r, &line))
			return EBADMSG;
		if (text_is(line, end))
			break;
		/* RFC 7468, strict: full lines, then at most one shorter */
		if (short_line || !line.len || line.len > LINE_CHARS ||
		    base64_read(line, BASE64_PADDED, part, sizeof(part), &len))
			return EBADMSG;
		short_line = len < LINE_BYTES;
		writer_copy(w, part, len);
	}
	skip_blank(&r);
	if (reader_end(&r))
		return EBADMSG;
	return writer_finish(w);
}
