#include <strings.h>

#include "sip/dialog.h"
#include "sip/lex.h"

/* Nothing that we store and write out again may begin a new line. */
static int keep(char *to, size_t max, struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if ((unsigned char)t.p[i] < ' ' || t.p[i] == 0x7f)
			return EBADMSG;
	return text_copy(to, max, t);
}

/* "<uri>": the display name is the peer's own affair. */
static int keep_address(char *to, size_t max, struct pl auri)
{
	char brackets[DIALOG_URI_MAX];
	struct writer w = writer_on(brackets, sizeof(brackets));

	writer_u8(&w, '<');
	writer_copy(&w, auri.p, auri.l);
	writer_u8(&w, '>');
	if (writer_finish(&w))
		return EMSGSIZE;
	return keep(to, max, (struct text){ brackets, w.len });
}

/* The one Contact of a request or response that makes or moves a dialog. */
static int keep_target(char to[DIALOG_URI_MAX], const struct sip_msg *msg)
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
	return keep(to, DIALOG_URI_MAX, message_text(addr.auri));
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
static int keep_routes(char to[DIALOG_ROUTES_MAX], const struct sip_msg *msg,
		       bool caller)
{
	unsigned n = count_routes(msg);
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
		err = keep_address(to + len, DIALOG_ROUTES_MAX - len,
				   addr.auri);
		if (err)
			return err;
		len += strlen(to + len);
	}
	to[len] = '\0';
	return 0;
}

int dialog_accept(struct dialog *ret, const struct sip_msg *invite,
		  const struct flow *flow, struct text tag)
{
	struct dialog d = { .state = DIALOG_EARLY };
	int err;

	err = keep(d.call_id, sizeof(d.call_id), message_text(invite->callid));
	if (!err)
		err = keep(d.local_tag, sizeof(d.local_tag), tag);
	if (!err)
		err = keep(d.remote_tag, sizeof(d.remote_tag),
			   message_text(invite->from.tag));
	if (!err)
		err = keep_address(d.local, sizeof(d.local), invite->to.auri);
	if (!err)
		err = keep_address(d.remote, sizeof(d.remote),
				   invite->from.auri);
	if (!err)
		err = keep_target(d.target, invite);
	if (!err)
		err = keep_routes(d.routes, invite, false);
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
	char token[MESSAGE_TAG_CHARS + 1];
	int err;

	err = keep(d.local, sizeof(d.local), local);
	if (!err)
		err = keep(d.remote, sizeof(d.remote), remote);
	if (!err)
		err = keep(d.target, sizeof(d.target), target);
	if (err)
		return err;
	message_token(token);
	memcpy(d.call_id, token, sizeof(token));
	message_token(token);
	memcpy(d.call_id + MESSAGE_TAG_CHARS, token, sizeof(token));
	message_token(token);
	memcpy(d.local_tag, token, sizeof(token));
	*ret = d;
	return 0;
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
	err = keep(d.remote_tag, sizeof(d.remote_tag),
		   message_text(response->to.tag));
	if (err)
		return err;
	err = keep_target(d.target, response);
	if (err && (success || err == EMSGSIZE))
		return err;
	/* 13.2.2.4: the 2xx has the last word on the route set */
	if (fresh || success)
		err = keep_routes(d.routes, response, true);
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

	err = keep(d.call_id, sizeof(d.call_id),
		   message_text(response->callid));
	if (!err)
		err = keep(d.local_tag, sizeof(d.local_tag),
			   message_text(response->from.tag));
	if (!err)
		err = keep_address(d.local, sizeof(d.local),
				   response->from.auri);
	if (!err)
		err = keep_address(d.remote, sizeof(d.remote),
				   response->to.auri);
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
	char target[DIALOG_URI_MAX];

	if (!keep_target(target, msg))
		memcpy(d->target, target, sizeof(d->target));
	d->flow = *flow;
}

/* The URI between the first brackets; empty where there are none. */
static struct text first_route(const struct dialog *d, size_t *ret_end)
{
	const char *begin = strchr(d->routes, '<');
	const char *end = begin ? strchr(begin, '>') : NULL;

	if (!end)
		return (struct text){ d->routes, 0 };
	*ret_end = (size_t)(end + 1 - d->routes);
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

	*ret_uri = text_of(d->target);
	if (!first.len)
		return;
	if (is_loose(first)) {
		writer_printf(w, "Route: %s\r\n", d->routes);
		return;
	}
	/* 12.2.1.1: a strict router is the request-URI, the target comes last
	 */
	*ret_uri = first;
	writer_str(w, "Route: ");
	if (d->routes[end] == ',')
		writer_printf(w, "%s,", d->routes + end + 1);
	writer_printf(w, "<%s>\r\n", d->target);
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
	write_end(w, "From", d->local, d->local_tag);
	write_end(w, "To", d->remote, d->remote_tag);
	writer_printf(w, "Call-ID: %s\r\nCSeq: %u %s\r\n", d->call_id, seq,
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

	if (lex_uri(&uri, text_of(d->target)))
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
		t.uri = text_of(d->target);
	if (d->flow.connection ||
	    (!d->routes[0] && sa_isset(&d->flow.peer, SA_ALL) &&
	     unreachable(d)))
		t.flow = &d->flow;
	*ret = t;
}

static bool clean(const char *p, size_t max)
{
	const char *end = memchr(p, '\0', max);

	for (; end && p < end; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return end != NULL;
}

bool dialog_sane(const struct dialog *d)
{
	return d->state <= DIALOG_CONFIRMED && d->caller <= 1 &&
	       clean(d->call_id, sizeof(d->call_id)) && d->call_id[0] &&
	       clean(d->local_tag, sizeof(d->local_tag)) && d->local_tag[0] &&
	       clean(d->remote_tag, sizeof(d->remote_tag)) &&
	       clean(d->local, sizeof(d->local)) &&
	       clean(d->remote, sizeof(d->remote)) &&
	       clean(d->target, sizeof(d->target)) && d->target[0] &&
	       clean(d->routes, sizeof(d->routes)) && flow_sane(&d->flow);
}
