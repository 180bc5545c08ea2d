#include "sip/lex.h"

#include <ctype.h>
#include <strings.h>

#include "sip/lex_parts.h"

#define HASH_SIZE 32 /* libre's, which its look-ups do not depend on */
#define VALUES_MAX 1024

/* The message and its headers are one piece of memory. */
struct lexed {
	struct sip_msg msg;
	unsigned count, max;
	struct sip_hdr headers[];
};

/* libre's numbers are a hash of the name. */
static enum sip_hdrid header_id(struct text name)
{
	static const struct {
		char letter;
		int16_t id;
	} compact[] = {
		{ 'a', SIP_HDR_ACCEPT_CONTACT },
		{ 'b', SIP_HDR_REFERRED_BY },
		{ 'c', SIP_HDR_CONTENT_TYPE },
		{ 'd', SIP_HDR_REQUEST_DISPOSITION },
		{ 'e', SIP_HDR_CONTENT_ENCODING },
		{ 'f', SIP_HDR_FROM },
		{ 'i', SIP_HDR_CALL_ID },
		{ 'j', SIP_HDR_REJECT_CONTACT },
		{ 'k', SIP_HDR_SUPPORTED },
		{ 'l', SIP_HDR_CONTENT_LENGTH },
		{ 'm', SIP_HDR_CONTACT },
		{ 'n', SIP_HDR_IDENTITY_INFO },
		{ 'o', SIP_HDR_EVENT },
		{ 'r', SIP_HDR_REFER_TO },
		{ 's', SIP_HDR_SUBJECT },
		{ 't', SIP_HDR_TO },
		{ 'u', SIP_HDR_ALLOW_EVENTS },
		{ 'v', SIP_HDR_VIA },
		{ 'x', SIP_HDR_SESSION_EXPIRES },
		{ 'y', SIP_HDR_IDENTITY },
	};

	if (name.len == 1) {
		for (size_t i = 0; i < sizeof(compact) / sizeof(compact[0]);
		     i++) {
			if (compact[i].letter ==
			    tolower((unsigned char)*name.p))
				return (enum sip_hdrid)compact[i].id;
		}
		return SIP_HDR_NONE;
	}
	if ((name.p[0] == 'x' || name.p[0] == 'X') && name.p[1] == '-')
		return SIP_HDR_NONE;
	return (enum sip_hdrid)(hash_joaat_ci(name.p, name.len) & 0xfff);
}

/* Headers that may be written as a list. */
static bool is_list(enum sip_hdrid id)
{
	switch ((int)id) {
	case SIP_HDR_ACCEPT:
	case SIP_HDR_ACCEPT_CONTACT:
	case SIP_HDR_ACCEPT_ENCODING:
	case SIP_HDR_ACCEPT_LANGUAGE:
	case SIP_HDR_ACCEPT_RESOURCE_PRIORITY:
	case SIP_HDR_ALERT_INFO:
	case SIP_HDR_ALLOW:
	case SIP_HDR_ALLOW_EVENTS:
	case SIP_HDR_AUTHENTICATION_INFO:
	case SIP_HDR_CALL_INFO:
	case SIP_HDR_CONTACT:
	case SIP_HDR_CONTENT_ENCODING:
	case SIP_HDR_CONTENT_LANGUAGE:
	case SIP_HDR_ERROR_INFO:
	case SIP_HDR_HISTORY_INFO:
	case SIP_HDR_IN_REPLY_TO:
	case SIP_HDR_P_ASSERTED_IDENTITY:
	case SIP_HDR_P_ASSOCIATED_URI:
	case SIP_HDR_P_EARLY_MEDIA:
	case SIP_HDR_P_MEDIA_AUTHORIZATION:
	case SIP_HDR_P_PREFERRED_IDENTITY:
	case SIP_HDR_P_REFUSED_URI_LIST:
	case SIP_HDR_P_VISITED_NETWORK_ID:
	case SIP_HDR_PATH:
	case SIP_HDR_PERMISSION_MISSING:
	case SIP_HDR_PROXY_REQUIRE:
	case SIP_HDR_REASON:
	case SIP_HDR_RECORD_ROUTE:
	case SIP_HDR_REJECT_CONTACT:
	case SIP_HDR_REQUEST_DISPOSITION:
	case SIP_HDR_REQUIRE:
	case SIP_HDR_RESOURCE_PRIORITY:
	case SIP_HDR_ROUTE:
	case SIP_HDR_SECURITY_CLIENT:
	case SIP_HDR_SECURITY_SERVER:
	case SIP_HDR_SECURITY_VERIFY:
	case SIP_HDR_SERVICE_ROUTE:
	case SIP_HDR_SUPPORTED:
	case SIP_HDR_TRIGGER_CONSENT:
	case SIP_HDR_UNSUPPORTED:
	case SIP_HDR_VIA:
	case SIP_HDR_WARNING:
		return true;
	default:
		return false;
	}
}

/* Up to a comma outside quotes and <>. */
static struct text next_value(struct text *rest)
{
	const char *p = rest->p, *end = p + rest->len;
	struct text one;
	bool inside = false;

	while (p < end && (*p != ',' || inside)) {
		inside = *p == '<' || (inside && *p != '>');
		p = *p == '"' && !inside ? past_quotes(p, end) : p + 1;
	}
	one = trim((struct text){ rest->p, (size_t)(p - rest->p) });
	p += p < end;
	*rest = (struct text){ p, (size_t)(end - p) };
	return one;
}

/* As libre has it: each value in the hash, each line in the list. */
static int add(struct lexed *l, struct text name, enum sip_hdrid id,
	       struct text value, bool in_hash, bool in_list)
{
	struct sip_hdr *h;

	if (l->count == l->max)
		return EMSGSIZE;
	h = &l->headers[l->count++];
	h->name = message_pl(name);
	h->val = message_pl(value);
	h->id = id;
	if (in_hash)
		hash_append(l->msg.hdrht, (uint32_t)id, &h->he, h);
	if (in_list)
		list_append(&l->msg.hdrl, &h->le, h);
	return 0;
}

static int add_list(struct lexed *l, struct text name, enum sip_hdrid id,
		    struct text value)
{
	bool apart = id == SIP_HDR_VIA || id == SIP_HDR_ROUTE;
	struct text rest = value, one = next_value(&rest);
	int err;

	if (one.len == value.len)
		return add(l, name, id, value, true, true);
	for (;;) {
		err = one.len ? add(l, name, id, one, true, apart) : 0;
		if (err || !rest.len)
			break;
		one = next_value(&rest);
	}
	return err || apart ? err : add(l, name, id, value, false, true);
}

static int take_cseq(struct sip_cseq *cseq, struct text t)
{
	const char *end = t.p + t.len, *p = t.p;
	uint32_t n = 0;

	while (p < end && isdigit((unsigned char)*p))
		n = n * 10 + (uint32_t)(*p++ - '0');
	if (p == t.p || p == end || !is_space(*p))
		return EBADMSG;
	p = past_spaces(p, end);
	cseq->num = n;
	cseq->met = pl_of(p, upto(p, end, " \t\r\n"));
	return cseq->met.l ? 0 : EBADMSG;
}

static int take_type(struct msg_ctype *ctype, struct text t)
{
	const char *end = t.p + t.len, *p = upto(t.p, end, " \t\r\n;/");

	ctype->type = pl_of(t.p, p);
	p = past_spaces(p, end);
	if (!ctype->type.l || p == end || *p != '/')
		return EBADMSG;
	p = past_spaces(p + 1, end);
	ctype->subtype = pl_of(p, upto(p, end, " \t\r\n;"));
	p += ctype->subtype.l;
	ctype->params = pl_of(p, end);
	return ctype->subtype.l ? 0 : EBADMSG;
}

static int take_party(struct sip_taddr *party, struct text t)
{
	struct sip_addr a;
	struct text tag;

	if (lex_address(&a, t))
		return EBADMSG;
	*party = (struct sip_taddr){ .dname = a.dname,
				     .auri = a.auri,
				     .uri = a.uri,
				     .params = a.params,
				     .val = message_pl(t) };
	if (message_param(message_text(a.params), "tag", &tag))
		party->tag = message_pl(tag);
	return 0;
}

/* What struct sip_msg holds besides the lists. */
static int take(struct sip_msg *msg, enum sip_hdrid id, struct text value)
{
	struct text rest = value;

	switch ((int)id) {
	case SIP_HDR_VIA:
		if (msg->via.sentby.p)
			return 0;
		return lex_via(&msg->via, next_value(&rest));
	case SIP_HDR_TO:
		return take_party(&msg->to, value);
	case SIP_HDR_FROM:
		return take_party(&msg->from, value);
	case SIP_HDR_CALL_ID:
		msg->callid = message_pl(value);
		return 0;
	case SIP_HDR_CSEQ:
		return take_cseq(&msg->cseq, value);
	case SIP_HDR_MAX_FORWARDS:
		msg->maxfwd = message_pl(value);
		return 0;
	case SIP_HDR_CONTENT_TYPE:
		return take_type(&msg->ctyp, value);
	case SIP_HDR_CONTENT_LENGTH:
		msg->clen = message_pl(value);
		return 0;
	case SIP_HDR_EXPIRES:
		msg->expires = message_pl(value);
		return 0;
	default:
		return 0;
	}
}

/* One header with its folded lines; *at moves behind it. */
static int header(struct lexed *l, const char **at, const char *end)
{
	const char *p = *at, *nl, *colon;
	struct text name, value;
	enum sip_hdrid id;
	int err;

	for (nl = p;; nl++) {
		nl = memchr(nl, '\n', (size_t)(end - nl));
		if (!nl)
			return EBADMSG;
		if (nl + 1 == end || (nl[1] != ' ' && nl[1] != '\t'))
			break;
	}
	*at = nl + 1;
	colon = memchr(p, ':', (size_t)(nl - p));
	if (!colon)
		return EBADMSG;
	name = trim((struct text){ p, (size_t)(colon - p) });
	value = trim((struct text){ colon + 1, (size_t)(nl - colon - 1) });
	if (!name.len || name.p != p)
		return EBADMSG;
	id = header_id(name);
	err = take(&l->msg, id, value);
	if (err)
		return err;
	return is_list(id) ? add_list(l, name, id, value)
			   : add(l, name, id, value, true, true);
}

/* Of a scheme that is none of ours the name is enough: 416 wants no more. */
static int request_uri(struct uri *uri, struct text t)
{
	const char *colon = memchr(t.p, ':', t.len);

	if (!lex_uri(uri, t))
		return 0;
	if (!colon || colon == t.p)
		return EBADMSG;
	memset(uri, 0, sizeof(*uri));
	uri->scheme = pl_of(t.p, colon);
	return !pl_strcasecmp(&uri->scheme, "sip") ||
			       !pl_strcasecmp(&uri->scheme, "sips")
		       ? EBADMSG
		       : 0;
}

static int start_line(struct sip_msg *msg, const char **at, const char *end)
{
	const char *p = *at, *nl = memchr(p, '\n', (size_t)(end - p)), *a, *b;

	if (!nl)
		return EBADMSG;
	*at = nl + 1;
	if (nl > p && nl[-1] == '\r')
		nl--;
	a = memchr(p, ' ', (size_t)(nl - p));
	b = a ? memchr(a + 1, ' ', (size_t)(nl - a - 1)) : NULL;
	if (!b)
		return EBADMSG;
	if ((size_t)(a - p) == 7 && !strncasecmp(p, "SIP/2.0", 7)) {
		struct pl code = pl_of(a + 1, b);

		msg->ver = pl_of(p, a);
		msg->scode = (uint16_t)pl_u32(&code);
		msg->reason = pl_of(b + 1, nl);
		return msg->scode ? 0 : EBADMSG;
	}
	msg->req = true;
	msg->met = pl_of(p, a);
	msg->ruri = pl_of(a + 1, b);
	msg->ver = pl_of(b + 1, nl);
	return request_uri(&msg->uri, message_text(msg->ruri));
}

static void destructor(void *arg)
{
	struct lexed *l = arg;

	/* the lists point into this very memory */
	mem_deref(l->msg.hdrht);
	mem_deref(l->msg.mb);
}

/* How many headers and values there can be, at most. */
static size_t count_values(const char *p, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\n') {
			n += 2;
			if ((i + 1 < len && p[i + 1] == '\n') ||
			    (i + 2 < len && p[i + 1] == '\r' &&
			     p[i + 2] == '\n'))
				break;
		}
		n += p[i] == ',';
	}
	return n;
}

int lex_message(struct sip_msg **ret, const char *text, size_t len)
{
	size_t max = count_values(text, len);
	struct lexed *l;
	const char *p, *end;
	int err;

	if (max > VALUES_MAX)
		return EMSGSIZE;
	l = mem_zalloc(sizeof(*l) + max * sizeof(struct sip_hdr), destructor);
	if (!l)
		return ENOMEM;
	l->max = (unsigned)max;
	l->msg.mb = mbuf_alloc(len ? len : 1);
	err = l->msg.mb ? hash_alloc(&l->msg.hdrht, HASH_SIZE) : ENOMEM;
	if (err)
		goto out;
	memcpy(l->msg.mb->buf, text, len);
	p = (const char *)l->msg.mb->buf;
	end = p + len;
	err = start_line(&l->msg, &p, end);
	while (!err && p < end && *p != '\n' &&
	       !(*p == '\r' && p + 1 < end && p[1] == '\n'))
		err = header(l, &p, end);
	if (!err && p == end)
		err = EBADMSG; /* no blank line */
	if (err)
		goto out;
	p += *p == '\r' ? 2 : 1;
	l->msg.mb->pos = (size_t)(p - (const char *)l->msg.mb->buf);
	l->msg.mb->end = len;
	*ret = &l->msg;
out:
	if (err)
		mem_deref(l);
	return err;
}
