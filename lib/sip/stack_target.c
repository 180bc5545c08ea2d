/* Where a request goes, and whose certificate has to stand there. */

#include <strings.h>

#include "sip/lex.h"
#include "sip/stack_parts.h"

static enum sip_transport default_transport(struct stack *s)
{
	for (int i = SIP_UDP; i <= SIP_TLS; i++) {
		enum sip_transport t = (enum sip_transport)i;

		if (transport_has(s->transport, t, AF_INET) ||
		    transport_has(s->transport, t, AF_INET6))
			return t;
	}
	return SIP_UDP;
}

static int hop_of_uri(struct stack *s, struct text text, struct hop *ret)
{
	struct text transport;
	struct uri uri;
	bool sips;

	if (lex_uri(&uri, text) || !uri.host.l)
		return EINVAL;
	sips = !pl_strcasecmp(&uri.scheme, "sips");
	if (!sips && pl_strcasecmp(&uri.scheme, "sip"))
		return EINVAL;
	*ret = (struct hop){ message_text(uri.host), uri.port,
			     default_transport(s), false };
	if (message_param(message_text(uri.params), "transport", &transport)) {
		for (int i = SIP_UDP; i <= SIP_TLS; i++) {
			const char *name =
				transport_param((enum sip_transport)i);

			if (transport.len == 3 &&
			    !strncasecmp(transport.p, name, 3))
				ret->transport = (enum sip_transport)i;
		}
		ret->said = true;
	}
	if (sips)
		ret->transport = SIP_TLS;
	return 0;
}

int target_hop(struct stack *s, const struct stack_target *target,
	       struct hop *ret)
{
	const struct trunk *k =
		target->trunk >= 0 ? &s->settings->trunks[target->trunk] : NULL;

	if (target->uri.len)
		return hop_of_uri(s, target->uri, ret);
	if (!k)
		return EINVAL;
	*ret = (struct hop){ text_of(k->host), k->port, k->transport, false };
	return 0;
}

/* Whose certificate has to stand at the other end. */
int target_name(struct stack_client *c, const struct hop *hop)
{
	const struct trunk *k =
		c->trunk >= 0 ? &c->node.s->settings->trunks[c->trunk] : NULL;
	struct text name = hop->host;

	if (hop->transport != SIP_TLS)
		return 0;
	if (k && (k->certificate_name[0] || k->host[0]))
		name = text_of(k->certificate_name[0] ? k->certificate_name
						      : k->host);
	return text_copy(c->name, sizeof(c->name), name) ? EINVAL : 0;
}
