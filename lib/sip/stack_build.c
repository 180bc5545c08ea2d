/*
 * The bytes of a request: its parts are kept for another try, since Via and
 * Contact depend on where it goes.
 */

#include <stdlib.h>
#include <strings.h>

#include "sip/stack_parts.h"

static struct text keep(char **at, struct text t)
{
	struct text kept = { t.p ? *at : NULL, t.p ? t.len : 0 };

	if (t.p)
		memcpy(*at, t.p, t.len);
	*at += kept.len;
	return kept;
}

int client_keep(struct stack_client *c, const struct stack_request *r)
{
	size_t len = r->uri.len + r->headers.len + r->contact_user.len +
		     r->contact_params.len + r->content_type.len + r->body.len;
	char *at;

	if (r->hops > MESSAGE_HOPS_MAX)
		return EINVAL;
	if (len > MESSAGE_MAX - 1024)
		return EMSGSIZE;
	at = c->text = malloc(len + 1);
	if (!at)
		return ENOMEM;
	c->request.method = r->method;
	c->request.hops = r->hops;
	c->request.uri = keep(&at, r->uri);
	c->request.headers = keep(&at, r->headers);
	c->request.contact_user = keep(&at, r->contact_user);
	c->request.contact_params = keep(&at, r->contact_params);
	c->request.content_type = keep(&at, r->content_type);
	c->request.body = keep(&at, r->body);
	return 0;
}

/* The next line of our own headers, value without name. */
static bool next_line(struct text *rest, struct text *name, struct text *value)
{
	const char *nl, *colon;

	if (!rest->len)
		return false;
	nl = memchr(rest->p, '\n', rest->len);
	if (!nl || nl == rest->p)
		return false;
	colon = memchr(rest->p, ':', (size_t)(nl - rest->p));
	if (!colon)
		return false;
	*name = (struct text){ rest->p, (size_t)(colon - rest->p) };
	*value = (struct text){ colon + 1, (size_t)(nl - 1 - colon) };
	while (value->len && *value->p == ' ') {
		value->p++;
		value->len--;
	}
	if (value->len && value->p[value->len - 1] == '\r')
		value->len--;
	rest->len -= (size_t)(nl + 1 - rest->p);
	rest->p = nl + 1;
	return true;
}

static void write_head(struct stack_client *c, const char *method,
		       struct writer *w)
{
	writer_str(w, method);
	writer_copy(w, " ", 1);
	writer_text(w, c->request.uri);
	writer_text(w, TEXT(" SIP/2.0\r\nVia: SIP/2.0/"));
	writer_str(w, transport_name(c->node.flow.transport));
	writer_copy(w, " ", 1);
	transport_sent_by(c->node.s->transport, &c->node.flow, w);
	writer_text(w, TEXT(";branch="));
	writer_str(w, c->branch);
	writer_printf(w, ";rport\r\nMax-Forwards: %u\r\n",
		      MESSAGE_HOPS_MAX - c->request.hops);
}

int client_build(struct stack_client *c)
{
	const struct stack_request *r = &c->request;
	struct stack *s = c->node.s;
	size_t max = r->uri.len + r->headers.len + r->contact_user.len +
		     r->contact_params.len + r->content_type.len + r->body.len +
		     768;
	uint8_t *buf = malloc(max);
	struct writer w;
	int err;

	if (!buf)
		return ENOMEM;
	w = writer_on(buf, max);
	write_head(c, message_method_name(r->method), &w);
	writer_text(&w, r->headers);
	if (r->contact_user.p) {
		writer_text(&w, TEXT("Contact: "));
		stack_contact(s, &c->node.flow, r->contact_user, &w);
		writer_text(&w, r->contact_params);
		writer_copy(&w, "\r\n", 2);
	}
	if (s->options.agent)
		message_line(&w, "User-Agent", text_of(s->options.agent));
	message_end(&w, r->content_type, r->body);
	err = writer_finish(&w);
	if (err) {
		free(buf);
		return err;
	}
	free(c->node.wire);
	c->node.wire = buf;
	c->node.wire_len = w.len;
	return 0;
}

/*
 * The ACK of a refusal (17.1.1.3) and CANCEL (9.1): the INVITE's own request-
 * URI, branch, Call-ID, From, CSeq number and Routes; To as it was, or with
 * the tag of the response.
 */
size_t client_follower(struct stack_client *c, const char *method,
		       struct text to, uint8_t *buf, size_t max)
{
	struct text rest = c->request.headers, name, value;
	struct writer w = writer_on(buf, max);

	write_head(c, method, &w);
	while (next_line(&rest, &name, &value)) {
		if (name.len == 2 && !strncasecmp(name.p, "To", 2)) {
			message_line(&w, "To", to.len ? to : value);
		} else if (name.len == 4 && !strncasecmp(name.p, "CSeq", 4)) {
			size_t n = 0;

			while (n < value.len && value.p[n] != ' ')
				n++;
			writer_text(&w, TEXT("CSeq: "));
			writer_copy(&w, value.p, n);
			writer_copy(&w, " ", 1);
			writer_str(&w, method);
			writer_copy(&w, "\r\n", 2);
		} else if ((name.len == 4 && !strncasecmp(name.p, "From", 4)) ||
			   (name.len == 7 &&
			    !strncasecmp(name.p, "Call-ID", 7)) ||
			   (name.len == 5 &&
			    !strncasecmp(name.p, "Route", 5))) {
			writer_text(&w, name);
			writer_copy(&w, ": ", 2);
			writer_text(&w, value);
			writer_copy(&w, "\r\n", 2);
		}
	}
	message_end(&w, TEXT(""), TEXT(""));
	return w.full ? 0 : w.len;
}
