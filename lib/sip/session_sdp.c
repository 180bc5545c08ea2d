/*
 * Where offer and answer stand in a dialog: RFC 3264, with RFC 6337's table of
 * which message may carry what.
 */
#include <strings.h>

#include "sip/session_parts.h"

static bool is_sdp(struct text type)
{
	static const char want[] = "application/sdp";
	size_t n = sizeof(want) - 1;

	return type.len >= n && !strncasecmp(type.p, want, n) &&
	       (type.len == n || type.p[n] == ';' || type.p[n] == ' ');
}

/* Content-Type among the header lines of a part. */
static bool part_is_sdp(struct text head)
{
	static const char name[] = "content-type:";
	size_t n = sizeof(name) - 1;

	while (head.len) {
		const char *end = memchr(head.p, '\n', head.len);
		size_t len = end ? (size_t)(end - head.p) : head.len;

		if (len > n && !strncasecmp(head.p, name, n)) {
			struct text type = { head.p + n, len - n };

			while (type.len && *type.p == ' ') {
				type.p++;
				type.len--;
			}
			while (type.len && type.p[type.len - 1] == '\r')
				type.len--;
			return is_sdp(type);
		}
		len += end ? 1 : 0;
		head.p += len;
		head.len -= len;
	}
	return false;
}

/*
 * The SDP among several parts (RFC 2046 5.1; trunks with ISUP and recorders
 * send such). ENOENT when no part is one.
 */
static int find_part(struct text body, struct text boundary, struct text *ret)
{
	char mark[2 + 70];
	size_t n;

	if (!boundary.len || boundary.len > 70)
		return EBADMSG;
	memcpy(mark, "--", 2);
	memcpy(mark + 2, boundary.p, boundary.len);
	n = boundary.len + 2;
	for (;;) {
		const char *at = memmem(body.p, body.len, mark, n);
		const char *gap, *end;
		struct text part;

		if (!at)
			return ENOENT;
		body.len -= (size_t)(at + n - body.p);
		body.p = at + n;
		end = memmem(body.p, body.len, mark, n);
		part = (struct text){ body.p,
				      end ? (size_t)(end - body.p) : body.len };
		gap = memmem(part.p, part.len, "\r\n\r\n", 4);
		if (!gap || !part_is_sdp((struct text){
				    part.p, (size_t)(gap - part.p) }))
			continue;
		*ret = (struct text){ gap + 4,
				      (size_t)(part.p + part.len - gap - 4) };
		return 0;
	}
}

int session_body(const struct sip_msg *msg, struct text *ret)
{
	struct text body = message_body(msg);
	struct text boundary;
	int err;

	if (!body.len)
		return ENOENT;
	if (!pl_strcasecmp(&msg->ctyp.type, "application") &&
	    !pl_strcasecmp(&msg->ctyp.subtype, "sdp")) {
		*ret = body;
		return 0;
	}
	if (pl_strcasecmp(&msg->ctyp.type, "multipart") ||
	    !message_param(message_text(msg->ctyp.params), "boundary",
			   &boundary))
		return EINVAL;
	if (boundary.len >= 2 && *boundary.p == '"') {
		boundary.p++;
		boundary.len -= 2;
	}
	err = find_part(body, boundary, ret);
	return err == ENOENT ? EINVAL : err;
}

int session_read_sdp(struct session *s, const struct sip_msg *msg,
		     struct offer *ret)
{
	struct text body;
	int err = session_body(msg, &body);

	if (err)
		return err;
	if (s->all->relays)
		return relay_read(s, body, ret);
	return offer_read(ret, body, (enum srtp_use)s->state->srtp);
}

void session_their_offer(struct session *s, const struct offer *o)
{
	struct session_dialog *d = &s->state->d;

	session_begin(s);
	d->pending = *o;
	d->sdp = SESSION_SDP_THEY_OFFERED;
	session_done(s);
	if (s->all->relays)
		relay_their_offer(s);
}

void session_our_offer(struct session *s, const struct offer *o)
{
	struct session_dialog *d = &s->state->d;

	session_begin(s);
	d->pending = *o;
	d->sdp = SESSION_SDP_WE_OFFERED;
	session_done(s);
}

void session_settle(struct session *s, const struct offer *ours,
		    const struct offer *theirs, bool we_offered, bool preview)
{
	struct session_dialog *d = &s->state->d;
	struct offer a = *ours, b = *theirs;

	session_begin(s);
	d->ours = a;
	d->theirs = b;
	d->we_offered = we_offered;
	d->previewed = preview;
	if (!preview) {
		d->agreed = 1;
		d->sdp = SESSION_SDP_STABLE;
	}
	session_done(s);
}

/* Our last words, whose version the next ones continue. */
static const struct offer *last_ours(const struct session_dialog *d)
{
	return d->agreed || d->previewed ? &d->ours : NULL;
}

static int answer_them(struct session *s, const struct offer_media *m,
		       bool preview, struct offer *ret)
{
	struct session_dialog *d = &s->state->d;
	struct offer_agreed agreed;
	int err;

	err = offer_answer(ret, &d->pending, m, last_ours(d),
			   s->state->session_id);
	if (!err)
		err = offer_agree(&agreed, ret, &d->pending, false);
	if (err)
		return err;
	session_settle(s, ret, &d->pending, false, preview);
	return 0;
}

int session_describe(struct session *s, const struct offer_media *m,
		     bool preview, struct writer *w)
{
	struct session_dialog *d = &s->state->d;
	struct offer o;
	int err;

	if (s->all->relays)
		return relay_describe(s, m->as_is, preview, w);
	if (d->sdp == SESSION_SDP_THEY_OFFERED) {
		err = answer_them(s, m, preview, &o);
		if (err)
			return err;
	} else if (last_ours(d)) {
		offer_remake(&o, m, &d->ours, &d->theirs);
		session_our_offer(s, &o);
	} else {
		offer_make(&o, m, s->state->session_id);
		session_our_offer(s, &o);
	}
	offer_write(w, &o);
	return writer_finish(w);
}

int session_their_answer(struct session *s, const struct offer *o, bool preview)
{
	struct session_dialog *d = &s->state->d;
	struct offer_agreed agreed;
	int err = 0;

	if (s->all->relays)
		relay_their_answer(s, preview);
	else
		err = offer_agree(&agreed, &d->pending, o, true);
	if (!err)
		session_settle(s, &d->pending, o, true, preview);
	return err;
}

void session_take_preview(struct session *s)
{
	session_begin(s);
	s->state->d.previewed = 0;
	s->state->d.agreed = 1;
	s->state->d.sdp = SESSION_SDP_STABLE;
	session_done(s);
	relay_take_preview(s);
}

/* RFC 3264 8: an offer that is refused leaves everything as it was. */
void session_rollback(struct session *s)
{
	struct session_dialog *d = &s->state->d;

	relay_rollback(s);
	if (d->sdp == SESSION_SDP_WE_OFFERED ||
	    d->sdp == SESSION_SDP_THEY_OFFERED)
		d->sdp = d->agreed ? SESSION_SDP_STABLE : SESSION_SDP_NONE;
}
