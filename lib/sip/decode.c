/* The judging half of message.h: what libre would let pass. */

#include <ctype.h>
#include <strings.h>

#include "sip/lex.h"

static int fault(struct message_fault *ret, int err, uint16_t code,
		 const char *reason)
{
	*ret = (struct message_fault){ code, reason };
	return err;
}

static bool is_token(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.p[i];

		if (!isalnum(c) && (!c || !strchr("-.!%*_+`'~", c)))
			return false;
	}
	return t.len > 0;
}

/*
 * The start line, before libre sees it: libre takes a request of any other
 * version for a response, and does not mind blanks.
 */
static int check_start(struct text line, struct message_fault *f)
{
	struct text method, uri, version;
	const char *a = memchr(line.p, ' ', line.len), *b;

	if (line.len >= 4 && !strncasecmp(line.p, "SIP/", 4)) {
		/* "SIP/2.0 200 " */
		if (line.len < 12 || strncasecmp(line.p, "SIP/2.0 ", 8) != 0 ||
		    line.p[8] < '1' || line.p[8] > '6' ||
		    !isdigit((unsigned char)line.p[9]) ||
		    !isdigit((unsigned char)line.p[10]) || line.p[11] != ' ')
			return fault(f, EBADMSG, 0, "bad status line");
		return 0;
	}
	if (!a)
		return fault(f, EBADMSG, 0, "no start line");
	method = (struct text){ line.p, (size_t)(a - line.p) };
	uri.p = a + 1;
	b = memrchr(line.p, ' ', line.len);
	if (b <= a || !is_token(method))
		return fault(f, EBADMSG, 400, "Bad request line");
	uri.len = (size_t)(b - uri.p);
	version = (struct text){ b + 1, line.len - (size_t)(b + 1 - line.p) };
	if (version.len < 4 || strncasecmp(version.p, "SIP/", 4) != 0)
		return fault(f, EBADMSG, 400, "Bad request line");
	if (version.len != 7 || strncasecmp(version.p, "SIP/2.0", 7) != 0)
		return fault(f, EBADMSG, 505, "Version Not Supported");
	for (size_t i = 0; i < uri.len; i++) {
		if (uri.p[i] <= ' ' || strchr("<>\"\\^`{}|", uri.p[i]))
			return fault(f, EBADMSG, 400, "Bad Request-URI");
	}
	return uri.len ? 0 : fault(f, EBADMSG, 400, "Bad Request-URI");
}

/* Lines up to the blank one; EBADMSG if there is none. */
static int check_size(const char *p, size_t len, struct message_fault *f)
{
	const char *at = p, *end = p + len;
	unsigned lines = 0;

	for (;;) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));

		if (!nl)
			return fault(f, EBADMSG, 400, "Incomplete header");
		if (nl == at || (nl == at + 1 && *at == '\r'))
			return 0;
		/* folded lines count too: they cost as much */
		if (++lines > 2 * MESSAGE_HEADERS_MAX)
			return fault(f, EMSGSIZE, 400, "Too many headers");
		at = nl + 1;
	}
}

static const struct {
	enum sip_hdrid id;
	bool needed;
	const char *reason;
} singles[] = {
	{ SIP_HDR_FROM, true, "Bad From" },
	{ SIP_HDR_TO, true, "Bad To" },
	{ SIP_HDR_CALL_ID, true, "Bad Call-ID" },
	{ SIP_HDR_CSEQ, true, "Bad CSeq" },
	{ SIP_HDR_MAX_FORWARDS, false, "Bad Max-Forwards" },
	{ SIP_HDR_CONTENT_LENGTH, false, "Bad Content-Length" },
	{ SIP_HDR_CONTENT_TYPE, false, "Bad Content-Type" },
	{ SIP_HDR_EXPIRES, false, "Bad Expires" },
};

/* One pass over the headers instead of a look-up each. */
static int check_singles(const struct sip_msg *msg, struct message_fault *f)
{
	enum { N = sizeof(singles) / sizeof(singles[0]) };
	unsigned seen[N] = { 0 }, count = 0;

	for (const struct le *le = msg->hdrl.head; le; le = le->next) {
		const struct sip_hdr *h = le->data;

		count++;
		for (unsigned i = 0; i < N; i++)
			seen[i] += h->id == singles[i].id;
	}
	if (count > MESSAGE_HEADERS_MAX)
		return fault(f, EMSGSIZE, 400, "Too many headers");
	for (unsigned i = 0; i < N; i++) {
		if (seen[i] > 1 || (singles[i].needed && !seen[i]))
			return fault(f, EBADMSG, 400, singles[i].reason);
	}
	return 0;
}

static int check_cseq(const struct sip_msg *msg, struct message_fault *f)
{
	struct text t = message_header(msg, SIP_HDR_CSEQ);
	uint64_t num;

	/* libre wraps around at 2^32: read the digits again */
	for (size_t i = 0; i < t.len; i++) {
		if (strchr(" \t\r\n", t.p[i]))
			t.len = i;
	}
	if (text_u64(t, 0, INT32_MAX, &num) ||
	    !is_token(message_text(msg->cseq.met)))
		return fault(f, EBADMSG, 400, "Bad CSeq");
	if (msg->req && pl_cmp(&msg->met, &msg->cseq.met))
		return fault(f, EBADMSG, 400, "CSeq method mismatch");
	return 0;
}

static int check_branch(const struct sip_msg *msg, struct message_fault *f)
{
	/* RFC 3261 8.1.1.7; what RFC 2543 sent is told so */
	if (!msg->via.sentby.l || msg->via.branch.l <= 7 ||
	    strncasecmp(msg->via.branch.p, "z9hG4bK", 7) != 0)
		return fault(f, EBADMSG, 400, "RFC 3261 branch needed");
	if (!msg->from.tag.l)
		return fault(f, EBADMSG, 400, "From tag needed");
	return 0;
}

static bool quotes_balance(struct text t)
{
	bool quoted = false;

	for (size_t i = 0; i < t.len; i++) {
		if (quoted && t.p[i] == '\\')
			i++;
		else if (t.p[i] == '"')
			quoted = !quoted;
	}
	return !quoted;
}

/* An address without <> takes no blanks; with them, none inside. */
static bool address_is_sane(struct text whole, struct text uri)
{
	if (!quotes_balance(whole) || !uri.len)
		return false;
	/* what stands between a bare address and ';' is not part of it */
	while (uri.len && (uri.p == whole.p || uri.p[-1] != '<') &&
	       strchr(" \t\r\n", uri.p[uri.len - 1]))
		uri.len--;
	for (size_t i = 0; i < uri.len; i++) {
		if ((unsigned char)uri.p[i] <= ' ' || uri.p[i] == '"' ||
		    uri.p[i] == '<')
			return false;
	}
	return true;
}

static int check_addresses(const struct sip_msg *msg, struct message_fault *f)
{
	if (!address_is_sane(message_text(msg->from.val),
			     message_text(msg->from.auri)))
		return fault(f, EBADMSG, 400, "Bad From");
	if (!address_is_sane(message_text(msg->to.val),
			     message_text(msg->to.auri)))
		return fault(f, EBADMSG, 400, "Bad To");
	if (!msg->callid.l)
		return fault(f, EBADMSG, 400, "Bad Call-ID");
	return 0;
}

/*
 * "2001:db8::10" without brackets is no host, nor "x" a port. Looked at in the
 * text itself: libre is satisfied with what comes before the second colon.
 */
static bool host_is_sane(struct text uri)
{
	const char *end = uri.p + uri.len;
	const char *p = memrchr(uri.p, '@', uri.len);

	p = p ? p : memchr(uri.p, ':', uri.len);
	if (!p || ++p == end)
		return false;
	if (*p == '[') {
		p = memchr(p, ']', (size_t)(end - p));
		if (!p++)
			return false;
	} else {
		while (p < end && !strchr(":;?", *p))
			p++;
	}
	if (p < end && *p == ':') {
		do
			p++;
		while (p < end && isdigit((unsigned char)*p));
	}
	return p == end || *p == ';' || *p == '?';
}

static bool bare_query_h(const struct sip_hdr *h, const struct sip_msg *msg,
			 void *arg)
{
	(void)msg;
	(void)arg;
	return h->val.l && !memchr(h->val.p, '<', h->val.l) &&
	       memchr(h->val.p, '?', h->val.l);
}

/* RFC 3261 20.10: what has headers of its own stands in <>. */
static int check_contacts(const struct sip_msg *msg, struct message_fault *f)
{
	if (sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT, bare_query_h, NULL))
		return fault(f, EBADMSG, 400, "Bad Contact");
	return 0;
}

static int check_uri(const struct sip_msg *msg, struct message_fault *f)
{
	bool ours = !pl_strcasecmp(&msg->uri.scheme, "sip") ||
		    !pl_strcasecmp(&msg->uri.scheme, "sips");

	if (msg->uri.headers.l ||
	    (ours && !host_is_sane(message_text(msg->ruri))))
		return fault(f, EBADMSG, 400, "Bad Request-URI");
	return 0;
}

static int check_numbers(const struct sip_msg *msg, struct message_fault *f)
{
	uint64_t v;

	if (msg->maxfwd.p && text_u64(message_text(msg->maxfwd), 0, 255, &v))
		return fault(f, EBADMSG, 400, "Bad Max-Forwards");
	return 0;
}

/* Cut the body to what Content-Length says. */
static int check_length(struct sip_msg *msg, bool stream,
			struct message_fault *f)
{
	size_t left = mbuf_get_left(msg->mb);
	uint64_t clen;

	if (!msg->clen.p) {
		if (stream)
			return fault(f, EBADMSG, 400, "Content-Length needed");
		return 0;
	}
	if (text_u64(message_text(msg->clen), 0, MESSAGE_MAX, &clen))
		return fault(f, EBADMSG, 400, "Bad Content-Length");
	if (clen > left)
		return fault(f, EBADMSG, 400, "Body shorter than it says");
	msg->mb->end = msg->mb->pos + clen;
	return 0;
}

static int check(struct sip_msg *msg, bool stream, struct message_fault *f)
{
	int err = check_singles(msg, f);

	if (!err)
		err = check_cseq(msg, f);
	if (!err)
		err = check_addresses(msg, f);
	if (!err && msg->req)
		err = check_branch(msg, f);
	if (!err && msg->req)
		err = check_uri(msg, f);
	if (!err)
		err = check_contacts(msg, f);
	if (!err)
		err = check_numbers(msg, f);
	if (!err)
		err = check_length(msg, stream, f);
	return err;
}

static int decode(struct sip_msg **ret, const char *p, size_t len, bool stream,
		  struct message_fault *f)
{
	struct sip_msg *msg = NULL;
	int err = lex_message(&msg, p, len);

	if (err == ENOMEM)
		return err;
	if (err)
		return fault(f, err, 400, "Bad Request");
	err = check(msg, stream, f);
	if (err) {
		mem_deref(msg);
		return err;
	}
	*ret = msg;
	return 0;
}

int message_decode(struct sip_msg **ret, const void *bytes, size_t len,
		   bool stream, struct message_fault *ret_fault)
{
	const char *p = bytes, *nl;
	struct text line;
	int err;

	*ret_fault = (struct message_fault){ 0, "" };
	/* RFC 3261 7.5 */
	while (len && (*p == '\r' || *p == '\n')) {
		p++;
		len--;
	}
	if (len > MESSAGE_MAX)
		return fault(ret_fault, EMSGSIZE, 513, "Message Too Large");
	nl = len ? memchr(p, '\n', len) : NULL;
	if (!nl)
		return fault(ret_fault, EBADMSG, 0, "no start line");
	line = (struct text){ p, (size_t)(nl - p) };
	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	err = check_start(line, ret_fault);
	if (!err)
		err = check_size(p, len, ret_fault);
	if (!err)
		err = decode(ret, p, len, stream, ret_fault);
	/* nobody answers a response or an ACK */
	if (err && (!strncasecmp(p, "SIP/", len < 4 ? len : 4) ||
		    (len >= 4 && !memcmp(p, "ACK ", 4))))
		ret_fault->code = 0;
	return err;
}
