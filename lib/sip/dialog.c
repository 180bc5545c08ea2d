#include <assert.h>
#include <strings.h>

#include "sip/dialog.h"
#include "sip/lex.h"

static const uint16_t most[DIALOG_WORDS] = {
	[DIALOG_CALL_ID] = DIALOG_CALL_ID_MAX,
	[DIALOG_LOCAL_TAG] = DIALOG_TAG_MAX,
	[DIALOG_REMOTE_TAG] = DIALOG_TAG_MAX,
	[DIALOG_LOCAL] = DIALOG_URI_MAX,
	[DIALOG_REMOTE] = DIALOG_URI_MAX,
	[DIALOG_TARGET] = DIALOG_URI_MAX,
	[DIALOG_ROUTES] = DIALOG_ROUTES_MAX,
};

/* NULL: the bytes end before it does. */
static const char *find_word(const struct dialog *d, enum dialog_word which)
{
	const char *p = d->words, *end = d->words + sizeof(d->words);

	for (unsigned i = 0;; i++) {
		const char *stop =
			p < end ? memchr(p, '\0', (size_t)(end - p)) : NULL;

		if (!stop || i == which)
			return stop ? p : NULL;
		p = stop + 1;
	}
}

const char *dialog_word(const struct dialog *d, enum dialog_word which)
{
	const char *p = find_word(d, which);

	return p ? p : "";
}

static bool is_plain(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if ((unsigned char)t.p[i] < ' ' || t.p[i] == 0x7f)
			return false;
	return true;
}

int dialog_set(struct dialog *d, enum dialog_word which, struct text t)
{
	const char *word = find_word(d, which);
	const char *last = find_word(d, DIALOG_WORDS - 1);
	size_t at, old, total;

	assert(word && last);
	at = (size_t)(word - d->words);
	old = strlen(word);
	total = (size_t)(last - d->words) + strlen(last) + 1;
	if (!is_plain(t))
		return EBADMSG;
	if (t.len >= most[which] || total - old + t.len > sizeof(d->words))
		return EMSGSIZE;
	memmove(d->words + at + t.len, d->words + at + old, total - at - old);
	if (t.len)
		memcpy(d->words + at, t.p, t.len);
	total = total - old + t.len;
	memset(d->words + total, 0, sizeof(d->words) - total);
	return 0;
}

/* "<uri>": the display name is the peer's own affair. */
static int bracketed(char *to, size_t max, struct pl auri)
{
	struct writer w = writer_on(to, max);

	writer_u8(&w, '<');
	writer_copy(&w, auri.p, auri.l);
	writer_u8(&w, '>');
	writer_u8(&w, '\0');
	return writer_finish(&w) ? EMSGSIZE : 0;
}

static int keep_address(struct dialog *d, enum dialog_word which,
			struct pl auri)
{
	char brackets[DIALOG_URI_MAX];
	int err = bracketed(brackets, sizeof(brackets), auri);

	/* brackets and terminator take three */
	return err ? err
		   : dialog_set(d, which,
				(struct text){ brackets, auri.l + 2 });
}

/* The one Contact of a request or response that makes or moves a dialog. */
static int keep_target(struct dialog *d, const struct sip_msg *msg)
{
	struct text value, more;
	struct sip_addr addr;

	if (!message_header_at(msg, SIP_HDR_CONTACT, 0, &value))
		return EBADMSG;
	/* RFC 3261 12.1.1: exactly one */
	if (message_header_at(msg, SIP_HDR_CONTACT, 1, &more))
		return EBADMSG;
	if (lex_address(&addr, value) ||
	    (pl_strcasecmp(&addr.uri.scheme, "sip") &&
	     pl_strcasecmp(&addr.uri.scheme, "sips")))
		return EBADMSG;
	return dialog_set(d, DIALOG_TARGET, message_text(addr.auri));
}

static unsigned count_routes(const struct sip_msg *msg)
{
	struct text value;
	unsigned n = 0;

	while (n <= MESSAGE_HEADERS_MAX &&
	       message_header_at(msg, SIP_HDR_RECORD_ROUTE, n, &value))
		n++;
	return n;
}

/*
 * The route set: Record-Route as it stands for the one who was called, turned
 * around for the one who called (12.1.1, 12.1.2).
 */
static int keep_routes(struct dialog *d, const struct sip_msg *msg, bool caller)
{
	unsigned n = count_routes(msg);
	char to[DIALOG_ROUTES_MAX];
	size_t len = 0;

	for (unsigned i = 0; i < n; i++) {
		struct text value = { 0 };
		struct sip_addr addr;
		int err;

		if (!message_header_at(msg, SIP_HDR_RECORD_ROUTE,
				       caller ? n - 1 - i : i, &value))
			return EBADMSG;
		if (lex_address(&addr, value))
			return EBADMSG;
		if (len) {
			if (len + 1 >= DIALOG_ROUTES_MAX)
				return EMSGSIZE;
			to[len++] = ',';
		}
		err = bracketed(to + len, DIALOG_ROUTES_MAX - len, addr.auri);
		if (err)
			return err;
		len += addr.auri.l + 2;
	}
	return dialog_set(d, DIALOG_ROUTES, (struct text){ to, len });
}

int dialog_accept(struct dialog *ret, const struct sip_msg *invite,
		  const struct flow *flow, struct text tag)
{
	struct dialog d = { .state = DIALOG_EARLY };
	int err;

	err = dialog_set(&d, DIALOG_CALL_ID, message_text(invite->callid));
	if (!err)
		err = dialog_set(&d, DIALOG_LOCAL_TAG, tag);
	if (!err)
		err = dialog_set(&d, DIALOG_REMOTE_TAG,
				 message_text(invite->from.tag));
	if (!err)
		err = keep_address(&d, DIALOG_LOCAL, invite->to.auri);
	if (!err)
		err = keep_address(&d, DIALOG_REMOTE, invite->from.auri);
	if (!err)
		err = keep_target(&d, invite);
	if (!err)
		err = keep_routes(&d, invite, false);
	if (err)
		return err;
	d.remote_seq = invite->cseq.num;
	d.remote_seq_known = 1;
	d.secure = flow->transport == SIP_TLS &&
		   !pl_strcasecmp(&invite->uri.scheme, "sips");
	d.flow = *flow;
	*ret = d;
	return 0;
}

int dialog_call(struct dialog *ret, struct text local, struct text remote,
		struct text target)
{
	struct dialog d = { .state = DIALOG_NONE, .caller = 1 };
	char call_id[2 * MESSAGE_TAG_CHARS + 1], tag[MESSAGE_TAG_CHARS + 1];
	int err;

	message_token(call_id);
	message_token(call_id + MESSAGE_TAG_CHARS);
	message_token(tag);
	err = dialog_set(&d, DIALOG_CALL_ID, text_of(call_id));
	if (!err)
		err = dialog_set(&d, DIALOG_LOCAL_TAG, text_of(tag));
	if (!err)
		err = dialog_set(&d, DIALOG_LOCAL, local);
	if (!err)
		err = dialog_set(&d, DIALOG_REMOTE, remote);
	if (!err)
		err = dialog_set(&d, DIALOG_TARGET, target);
	if (err)
		return err;
	*ret = d;
	return 0;
}

void dialog_unanswer(struct dialog *d)
{
	d->state = DIALOG_NONE;
	d->remote_seq_known = 0;
	/* a text that is none always fits */
	(void)!dialog_set(d, DIALOG_REMOTE_TAG, TEXT(""));
}

int dialog_response(struct dialog *ret, const struct dialog *from,
		    const struct sip_msg *response, const struct flow *flow)
{
	bool success = response->scode >= 200;
	struct dialog d = *from;
	bool fresh;
	int err;

	if (!response->to.tag.l)
		return EPROTO;
	fresh = d.state == DIALOG_NONE;
	err = dialog_set(&d, DIALOG_REMOTE_TAG, message_text(response->to.tag));
	if (err)
		return err;
	err = keep_target(&d, response);
	if (err && (success || err == EMSGSIZE))
		return err;
	/* 13.2.2.4: the 2xx has the last word on the route set */
	if (fresh || success)
		err = keep_routes(&d, response, true);
	else
		err = 0;
	if (err)
		return err;
	d.state = success ? DIALOG_CONFIRMED : DIALOG_EARLY;
	d.flow = *flow;
	*ret = d;
	return 0;
}

int dialog_orphan(struct dialog *ret, const struct sip_msg *response,
		  const struct flow *flow)
{
	struct dialog d = { .caller = 1, .local_seq = response->cseq.num };
	int err;

	err = dialog_set(&d, DIALOG_CALL_ID, message_text(response->callid));
	if (!err)
		err = dialog_set(&d, DIALOG_LOCAL_TAG,
				 message_text(response->from.tag));
	if (!err)
		err = keep_address(&d, DIALOG_LOCAL, response->from.auri);
	if (!err)
		err = keep_address(&d, DIALOG_REMOTE, response->to.auri);
	if (err)
		return err;
	return dialog_response(ret, &d, response, flow);
}

int dialog_check(struct dialog *d, const struct sip_msg *request)
{
	enum message_method m = message_method_of(request);

	if (m == METHOD_ACK || m == METHOD_CANCEL)
		return 0;
	if (d->remote_seq_known && request->cseq.num < d->remote_seq)
		return EPROTO;
	d->remote_seq = request->cseq.num;
	d->remote_seq_known = 1;
	return 0;
}

void dialog_refresh(struct dialog *d, const struct sip_msg *msg,
		    const struct flow *flow)
{
	/* where it was unusable it stays as it is */
	(void)!keep_target(d, msg);
	d->flow = *flow;
}

/* The URI between the first brackets; empty where there are none. */
static struct text first_route(const struct dialog *d, size_t *ret_end)
{
	const char *routes = dialog_word(d, DIALOG_ROUTES);
	const char *begin = strchr(routes, '<');
	const char *end = begin ? strchr(begin, '>') : NULL;

	if (!end)
		return (struct text){ routes, 0 };
	*ret_end = (size_t)(end + 1 - routes);
	return (struct text){ begin + 1, (size_t)(end - begin - 1) };
}

/* ";lr" among the URI's parameters, with or without a value. */
static bool is_loose(struct text route)
{
	for (size_t i = 0; i + 3 <= route.len; i++) {
		if (strncasecmp(route.p + i, ";lr", 3))
			continue;
		if (i + 3 == route.len || strchr(";=?", route.p[i + 3]))
			return true;
	}
	return false;
}

static void write_routes(const struct dialog *d, struct writer *w,
			 struct text *ret_uri)
{
	size_t end = 0;
	struct text first = first_route(d, &end);
	const char *routes = dialog_word(d, DIALOG_ROUTES);
	const char *target = dialog_word(d, DIALOG_TARGET);

	*ret_uri = text_of(target);
	if (!first.len)
		return;
	if (is_loose(first)) {
		writer_printf(w, "Route: %s\r\n", routes);
		return;
	}
	/* 12.2.1.1: a strict router is the request-URI, the target comes last
	 */
	*ret_uri = first;
	writer_str(w, "Route: ");
	if (routes[end] == ',')
		writer_printf(w, "%s,", routes + end + 1);
	writer_printf(w, "<%s>\r\n", target);
}

static void write_end(struct writer *w, const char *header, const char *address,
		      const char *tag)
{
	writer_printf(w, "%s: %s", header, address);
	if (*tag)
		writer_printf(w, ";tag=%s", tag);
	writer_str(w, "\r\n");
}

void dialog_request(struct dialog *d, struct writer *w,
		    enum message_method method, uint32_t seq,
		    struct text *ret_uri)
{
	if (!seq)
		seq = ++d->local_seq;
	write_routes(d, w, ret_uri);
	write_end(w, "From", dialog_word(d, DIALOG_LOCAL),
		  dialog_word(d, DIALOG_LOCAL_TAG));
	write_end(w, "To", dialog_word(d, DIALOG_REMOTE),
		  dialog_word(d, DIALOG_REMOTE_TAG));
	writer_printf(w, "Call-ID: %s\r\nCSeq: %u %s\r\n",
		      dialog_word(d, DIALOG_CALL_ID), seq,
		      message_method_name(method));
}

static bool is_private(const struct sa *sa)
{
	uint32_t a;

	if (sa_af(sa) != AF_INET)
		return sa_is_linklocal(sa);
	a = sa_in(sa);
	return (a >> 24) == 10 || (a >> 20) == 0xac1 || (a >> 16) == 0xc0a8 ||
	       (a >> 22) == 0x191 /* 100.64/10 */ || sa_is_linklocal(sa);
}

/* A Contact that makes sense to its author alone. */
static bool unreachable(const struct dialog *d)
{
	static const char invalid[] = ".invalid";
	size_t n = sizeof(invalid) - 1;
	struct uri uri;
	struct sa sa;

	if (lex_uri(&uri, text_of(dialog_word(d, DIALOG_TARGET))))
		return true;
	if (uri.host.l >= n &&
	    !strncasecmp(uri.host.p + uri.host.l - n, invalid, n))
		return true;
	return !sa_set(&sa, &uri.host, 1) && is_private(&sa) &&
	       !is_private(&d->flow.peer) && !sa_is_loopback(&d->flow.peer);
}

void dialog_where(const struct dialog *d, struct stack_target *ret)
{
	size_t end = 0;
	struct stack_target t = { .trunk = d->flow.trunk };

	t.uri = first_route(d, &end);
	if (!t.uri.len)
		t.uri = text_of(dialog_word(d, DIALOG_TARGET));
	if (d->flow.connection ||
	    (!*dialog_word(d, DIALOG_ROUTES) &&
	     sa_isset(&d->flow.peer, SA_ALL) && unreachable(d)))
		t.flow = &d->flow;
	*ret = t;
}

static bool words_sane(const struct dialog *d)
{
	for (unsigned i = 0; i < DIALOG_WORDS; i++) {
		const char *word = find_word(d, (enum dialog_word)i);

		if (!word || strlen(word) >= most[i] ||
		    !is_plain(text_of(word)))
			return false;
	}
	return *dialog_word(d, DIALOG_CALL_ID) &&
	       *dialog_word(d, DIALOG_LOCAL_TAG) &&
	       *dialog_word(d, DIALOG_TARGET);
}

bool dialog_sane(const struct dialog *d)
{
	return d->state <= DIALOG_CONFIRMED && d->caller <= 1 &&
	       words_sane(d) && flow_sane(&d->flow);
}
