/* URIs, addresses and Via of lex.h. */

#include <ctype.h>
#include <strings.h>

#include "sip/lex.h"
#include "sip/lex_parts.h"

static int host_port(struct uri *uri, const char *p, const char *end)
{
	const char *stop;
	struct sa sa;
	unsigned port = 0;

	if (p < end && *p == '[') {
		stop = upto(p, end, "]");
		if (stop == end)
			return EBADMSG;
		uri->host = pl_of(p + 1, stop++);
		uri->af = sa_set(&sa, &uri->host, 0) ? AF_UNSPEC : sa_af(&sa);
	} else {
		stop = upto(p, end, ":");
		uri->host = pl_of(p, stop);
		uri->af = uri->host.l && isdigit((unsigned char)*p) &&
					  !sa_set(&sa, &uri->host, 0)
				  ? AF_INET
				  : AF_UNSPEC;
	}
	if (!uri->host.l)
		return EBADMSG;
	if (stop < end && *stop == ':') {
		for (stop++; stop < end && isdigit((unsigned char)*stop);
		     stop++)
			port = (port * 10 + (unsigned)(*stop - '0')) & 0xffff;
	}
	uri->port = (uint16_t)port;
	return 0;
}

int lex_uri(struct uri *ret, struct text t)
{
	const char *end = t.p + t.len, *p = upto(t.p, end, ":"), *at, *stop;
	struct uri uri;

	memset(&uri, 0, sizeof(uri));
	if (p == t.p || p == end)
		return EBADMSG;
	for (stop = t.p; stop < p; stop++) {
		if (!isalnum((unsigned char)*stop) &&
		    (!*stop || !strchr("+-.", *stop)))
			return EBADMSG;
	}
	uri.scheme = pl_of(t.p, p++);
	at = p < end ? memchr(p, '@', (size_t)(end - p)) : NULL;
	if (at) {
		stop = upto(p, at, ":");
		uri.user = pl_of(p, stop);
		if (stop < at)
			uri.password = pl_of(stop + 1, at);
		p = at + 1;
	}
	stop = upto(p, end, "/;? ");
	if (host_port(&uri, p, stop))
		return EBADMSG;
	p = upto(stop, end, ";? ");
	uri.path = pl_of(stop, p);
	stop = upto(p, end, "?");
	uri.params = pl_of(p, stop);
	uri.headers = pl_of(stop, end);
	*ret = uri;
	return 0;
}

/* The display name without its quotes. */
static struct pl display_name(const char *p, const char *end)
{
	struct text t = trim((struct text){ p, (size_t)(end - p) });

	if (t.len >= 2 && *t.p == '"' && t.p[t.len - 1] == '"') {
		t.p++;
		t.len -= 2;
	}
	return t.len ? (struct pl){ t.p, t.len } : (struct pl){ NULL, 0 };
}

int lex_address(struct sip_addr *ret, struct text t)
{
	const char *end = t.p + t.len, *p = t.p, *stop;
	struct sip_addr a;

	memset(&a, 0, sizeof(a));
	while (p < end && *p != '<')
		p = *p == '"' ? past_quotes(p, end) : p + 1;
	if (p < end) {
		a.dname = display_name(t.p, p++);
		stop = upto(p, end, ">");
		if (stop == end)
			return EBADMSG;
		a.auri = pl_of(p, stop++);
	} else {
		stop = upto(t.p, end, ";");
		a.auri = pl_of(t.p, stop);
	}
	if (stop < end)
		a.params = pl_of(stop, end);
	if (lex_uri(&a.uri, message_text(a.auri)))
		return EBADMSG;
	*ret = a;
	return 0;
}

/* A word of the Via's protocol, and the slash behind it. */
static const char *protocol(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(end - p) < n || strncasecmp(p, word, n) != 0)
		return NULL;
	p = past_spaces(p + n, end);
	return p < end && *p == '/' ? past_spaces(p + 1, end) : NULL;
}

static enum sip_transp transport_of(struct pl t)
{
	for (int i = SIP_TRANSP_UDP; i < SIP_TRANSPC; i++) {
		if (!pl_strcasecmp(&t, sip_transp_name((enum sip_transp)i)))
			return (enum sip_transp)i;
	}
	return SIP_TRANSP_NONE;
}

int lex_via(struct sip_via *ret, struct text t)
{
	const char *end = t.p + t.len, *p = protocol(t.p, end, "SIP"), *stop;
	struct text branch;
	struct sip_via via;
	struct uri host;

	memset(&via, 0, sizeof(via));
	memset(&host, 0, sizeof(host));
	if (p)
		p = protocol(p, end, "2.0");
	if (!p)
		return EBADMSG;
	stop = upto(p, end, "; \t\r\n");
	via.tp = transport_of(pl_of(p, stop));
	p = past_spaces(stop, end);
	stop = upto(p, end, "; \t\r\n");
	if (p == stop || host_port(&host, p, stop))
		return EBADMSG;
	via.sentby = pl_of(p, stop);
	sa_init(&via.addr, AF_INET);
	if (host.af != AF_UNSPEC && sa_set(&via.addr, &host.host, 0))
		return EBADMSG;
	if (host.port)
		sa_set_port(&via.addr, host.port);
	via.params = pl_of(past_spaces(stop, end), end);
	via.val = message_pl(t);
	if (message_param(message_text(via.params), "branch", &branch))
		via.branch = message_pl(branch);
	*ret = via;
	return 0;
}
