#include "seal/plugin.h"

#include <sodium.h>

#include "base/encode.h"

enum { COLUMNS = 64, LINES_MAX = PLUGIN_BODY_MAX / 48 + 1 };

/* EAGAIN: the line's end is not there yet. */
static int take_line(struct reader *r, struct text *ret)
{
	if (reader_left(r) > PLUGIN_STANZA_MAX &&
	    !memchr(r->at, '\n', PLUGIN_STANZA_MAX))
		return EBADMSG;
	return reader_until(r, '\n', ret) ? EAGAIN : 0;
}

static int take_args(struct text line, struct plugin_stanza *s)
{
	if (!text_is(text_cut(&line, ' '), "->") || !line.len)
		return EBADMSG;
	while (line.len) {
		struct text arg = text_cut(&line, ' ');

		if (!arg.len || !text_is_printable(arg) ||
		    s->arg_count == PLUGIN_ARGS_MAX)
			return EBADMSG;
		s->args[s->arg_count++] = arg;
	}
	return 0;
}

static int take_body(struct reader *r, struct plugin_stanza *s)
{
	char text[LINES_MAX * COLUMNS];
	struct writer w = writer_on(text, sizeof(text));
	struct text line;
	int err;

	do {
		err = take_line(r, &line);
		if (!err && line.len > COLUMNS)
			err = EBADMSG;
		if (err)
			return err;
		writer_text(&w, line);
		if (w.full)
			return EBADMSG;
	} while (line.len == COLUMNS);
	return base64_read((struct text){ text, w.len }, BASE64_UNPADDED,
			   s->body, sizeof(s->body), &s->body_len)
		       ? EBADMSG
		       : 0;
}

int plugin_read(struct bytes in, struct plugin_stanza *ret)
{
	struct reader r = reader_on(in.p, in.len);
	struct plugin_stanza s = { 0 };
	struct text line;
	int err = take_line(&r, &line);

	if (!err)
		err = take_args(line, &s);
	if (!err)
		err = take_body(&r, &s);
	if (err)
		return err;
	s.len = in.len - reader_left(&r);
	*ret = s;
	return 0;
}

int plugin_write(struct writer *w, const char *args, struct bytes body)
{
	char text[PLUGIN_STANZA_MAX];
	struct writer b = writer_on(text, sizeof(text));

	base64_write(&b, BASE64_UNPADDED, body.p, body.len);
	if (b.full) {
		sodium_memzero(text, sizeof(text));
		return EMSGSIZE;
	}
	writer_printf(w, "-> %s\n", args);
	/* a last line of 64 is followed by an empty one */
	for (size_t at = 0; at <= b.len; at += COLUMNS) {
		size_t n = b.len - at < COLUMNS ? b.len - at : COLUMNS;

		writer_copy(w, text + at, n);
		writer_u8(w, '\n');
	}
	sodium_memzero(text, sizeof(text)); /* it may be a file key */
	return writer_finish(w);
}
