/*
 * Requests out. Happy path: resolve, take a flow, build, send, hear. An
 * address that cannot be reached, stays silent or says 503 is followed by the
 * next one (RFC 3263 4.3), under a new branch.
 */

#include <stdlib.h>
#include <strings.h>

#include "sip/stack_parts.h"

/* ---- text of the request, kept for another try */

static struct text keep(char **at, struct text t)
{
	struct text kept = { t.p ? *at : NULL, t.len };

	if (t.len)
		memcpy(*at, t.p, t.len);
	*at += t.len;
	return kept;
}

static int keep_request(struct stack_client *c, const struct stack_request *r)
{
	size_t len = r->uri.len + r->headers.len + r->contact_user.len +
		     r->contact_params.len + r->content_type.len + r->body.len;
	char *at;

	if (len > MESSAGE_MAX - 1024)
		return EMSGSIZE;
	at = c->text = malloc(len + 1);
	if (!at)
		return ENOMEM;
	c->request.method = r->method;
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

/* ---- building */

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
	writer_text(w, TEXT(";rport\r\nMax-Forwards: 70\r\n"));
}

static int build(struct stack_client *c)
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
static size_t build_follower(struct stack_client *c, const char *method,
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

/* ---- the life of a client */

void client_free(struct stack_client *c)
{
	resolve_cancel(c->query);
	if (c->node.s)
		table_remove(&c->node);
	free(c->addresses);
	free(c->node.wire);
	free(c->text);
	free(c);
}

static void fail_later(struct stack_client *c, uint16_t code)
{
	c->fail = code;
	table_unname(&c->node);
	table_schedule(&c->node, stack_now(c->node.s));
}

/* One last time with something to say, then never again. */
static void tell(struct stack_client *c, unsigned code,
		 const struct sip_msg *msg)
{
	if (c->h)
		c->h(c->arg, c, code, msg, &c->node.flow);
}

static void farewell(struct stack_client *c)
{
	stack_response_h *h = c->h;

	c->h = NULL;
	if (h)
		h(c->arg, c, 0, NULL, &c->node.flow);
}

static void new_branch(struct stack_client *c)
{
	table_unname(&c->node);
	memcpy(c->branch, STACK_BRANCH, 7);
	message_token(c->branch + 7);
	c->node.key = (struct text){ c->branch, STACK_BRANCH_CHARS };
	table_name(&c->node);
}

/* The flow is known: write it and let it go. */
static int send_on(struct stack_client *c, const struct flow *flow)
{
	struct stack *s = c->node.s;
	bool invite = c->request.method == METHOD_INVITE;
	uint64_t now = stack_now(s);
	int err;

	table_flow(&c->node, flow);
	new_branch(c);
	err = build(c);
	if (!err)
		err = transport_send(s->transport, flow, c->node.wire,
				     c->node.wire_len);
	if (err)
		return err;
	if (c->request.method == METHOD_ACK) {
		table_unname(&c->node);
		c->node.over = true;
		table_schedule(&c->node, now);
		return 0;
	}
	transaction_start(&c->node.machine,
			  invite ? CLIENT_INVITE : CLIENT_OTHER,
			  flow->transport != SIP_UDP, now);
	table_schedule(&c->node, transaction_due(&c->node.machine));
	return 0;
}

/* The next address, or false when there is none left that can be had. */
static bool try_next(struct stack_client *c)
{
	struct stack *s = c->node.s;

	while (c->address_at < c->address_count) {
		const struct sa *a = &c->addresses[c->address_at++];
		struct flow flow;

		if (!transport_flow(s->transport, c->transport, a,
				    text_of(c->name), c->trunk, &flow) &&
		    !send_on(c, &flow))
			return true;
		resolve_failed(s->resolve, a);
	}
	return false;
}

static void resolved(void *arg, int err, const struct sa *addresses,
		     unsigned count)
{
	struct stack_client *c = arg;

	c->query = NULL;
	if (!err && count) {
		c->addresses = calloc(count, sizeof(struct sa));
		if (c->addresses) {
			memcpy(c->addresses, addresses,
			       count * sizeof(struct sa));
			c->address_count = count;
		}
	}
	if (!try_next(c))
		fail_later(c, 503);
}

/* ---- where to */

struct hop {
	struct text host;
	uint16_t port;
	enum sip_transport transport;
};

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
	struct pl pl = message_pl(text);
	struct text transport;
	struct uri uri;
	bool sips;

	if (uri_decode(&uri, &pl) || !uri.host.l)
		return EINVAL;
	sips = !pl_strcasecmp(&uri.scheme, "sips");
	if (!sips && pl_strcasecmp(&uri.scheme, "sip"))
		return EINVAL;
	*ret = (struct hop){ message_text(uri.host), uri.port,
			     default_transport(s) };
	if (message_param(message_text(uri.params), "transport", &transport)) {
		for (int i = SIP_UDP; i <= SIP_TLS; i++) {
			const char *name =
				transport_param((enum sip_transport)i);

			if (transport.len == 3 &&
			    !strncasecmp(transport.p, name, 3))
				ret->transport = (enum sip_transport)i;
		}
	}
	if (sips)
		ret->transport = SIP_TLS;
	return 0;
}

static int choose_hop(struct stack *s, const struct stack_target *target,
		      struct hop *ret)
{
	const struct trunk *k =
		target->trunk >= 0 ? &s->settings->trunks[target->trunk] : NULL;

	if (target->uri.len)
		return hop_of_uri(s, target->uri, ret);
	if (!k)
		return EINVAL;
	*ret = (struct hop){ text_of(k->host), k->port, k->transport };
	return 0;
}

/* Whose certificate has to stand at the other end. */
static int choose_name(struct stack_client *c, const struct hop *hop)
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

static int go(struct stack_client *c, const struct stack_target *target)
{
	struct stack *s = c->node.s;
	struct hop hop;
	int err;

	if (target->flow && transport_alive(s->transport, target->flow) &&
	    !send_on(c, target->flow))
		return 0;
	err = choose_hop(s, target, &hop);
	if (!err)
		err = choose_name(c, &hop);
	if (err && target->flow) { /* it was all we had, and it is gone */
		fail_later(c, 503);
		return 0;
	}
	if (err)
		return err;
	c->transport = hop.transport;
	return resolve_ask(s->resolve, &c->query, hop.host, hop.port,
			   hop.transport,
			   transport_has(s->transport, hop.transport, AF_INET),
			   transport_has(s->transport, hop.transport, AF_INET6),
			   resolved, c);
}

static int client_new(struct stack *s, struct stack_client **ret)
{
	struct stack_client *c;

	if (s->count >= s->options.transactions_max)
		return ENOBUFS;
	c = calloc(1, sizeof(*c));
	if (!c)
		return ENOMEM;
	c->node.client = true;
	c->trunk = -1;
	if (table_add(s, &c->node)) {
		free(c);
		return ENOMEM;
	}
	*ret = c;
	return 0;
}

int stack_request(struct stack *s, struct stack_client **ret_client,
		  const struct stack_target *target,
		  const struct stack_request *request, stack_response_h *h,
		  void *arg)
{
	struct stack_client *c;
	int err;

	if (target->trunk >= (int)s->settings->trunk_count)
		return EINVAL;
	err = client_new(s, &c);
	if (err)
		return err;
	c->node.method = (uint8_t)request->method;
	c->trunk = target->trunk;
	c->h = h;
	c->arg = arg;
	err = keep_request(c, request);
	if (!err)
		err = go(c, target);
	if (err) {
		client_free(c);
		return err;
	}
	if (ret_client)
		*ret_client = c;
	return 0;
}

void stack_detach(struct stack_client *c)
{
	if (!c)
		return;
	c->h = NULL;
	/* nothing was sent yet, so nothing needs to be heard */
	if (c->query) {
		resolve_cancel(c->query);
		c->query = NULL;
		c->node.over = true;
		table_schedule(&c->node, stack_now(c->node.s));
	}
}

/* ---- CANCEL */

static int send_cancel(struct stack_client *invite)
{
	struct stack *s = invite->node.s;
	struct stack_client *c;
	uint64_t now = stack_now(s);
	size_t max =
		invite->request.headers.len + invite->request.uri.len + 768;
	int err = client_new(s, &c);

	if (err)
		return err;
	c->node.method = METHOD_CANCEL;
	c->node.wire = malloc(max);
	if (!c->node.wire) {
		client_free(c);
		return ENOMEM;
	}
	c->node.wire_len =
		build_follower(invite, "CANCEL", TEXT(""), c->node.wire, max);
	/* the INVITE's branch: under the method CANCEL it is another key */
	memcpy(c->branch, invite->branch, sizeof(c->branch));
	c->node.key = (struct text){ c->branch, STACK_BRANCH_CHARS };
	table_name(&c->node);
	table_flow(&c->node, &invite->node.flow);
	transaction_start(&c->node.machine, CLIENT_OTHER,
			  invite->node.machine.reliable, now);
	table_schedule(&c->node, transaction_due(&c->node.machine));
	invite->cancelled = true;
	/* 9.1: whoever does not answer by then never will */
	invite->node.machine.deadline_at = now + TRANSACTION_GIVE_UP_MS;
	table_schedule(&invite->node, transaction_due(&invite->node.machine));
	return transport_send(s->transport, &c->node.flow, c->node.wire,
			      c->node.wire_len);
}

int stack_cancel(struct stack_client *c)
{
	if (c->request.method != METHOD_INVITE || c->fail || c->node.over)
		return EPROTO;
	if (c->query) { /* not even sent */
		resolve_cancel(c->query);
		c->query = NULL;
		fail_later(c, 487);
		return 0;
	}
	if (c->node.machine.state > TRANSACTION_PROCEEDING)
		return EPROTO;
	if (c->cancel_wanted)
		return 0;
	c->cancel_wanted = true;
	/* 9.1: not before something was heard */
	return c->node.machine.state == TRANSACTION_PROCEEDING ? send_cancel(c)
							       : 0;
}

/* ---- what comes back */

static void send_ack(struct stack_client *c, const struct sip_msg *msg)
{
	size_t max = c->request.headers.len + c->request.uri.len +
		     msg->to.val.l + 768;
	uint8_t *buf;

	/* it was built at the first refusal: the same again */
	if (c->node.machine.state == TRANSACTION_COMPLETED && !c->text) {
		if (transport_send(c->node.s->transport, &c->node.flow,
				   c->node.wire, c->node.wire_len))
			return;
		return;
	}
	buf = malloc(max);
	if (!buf)
		return;
	c->node.wire_len =
		build_follower(c, "ACK", message_text(msg->to.val), buf, max);
	free(c->node.wire);
	c->node.wire = buf;
	if (transport_send(c->node.s->transport, &c->node.flow, buf,
			   c->node.wire_len))
		return; /* it is refused again, and acknowledged again */
}

static void forget_text(struct stack_client *c)
{
	free(c->text);
	c->text = NULL;
	c->request.uri = c->request.headers = (struct text){ NULL, 0 };
	free(c->addresses);
	c->addresses = NULL;
	c->address_count = 0;
}

/*
 * Try elsewhere. A refused INVITE leaves its transaction behind, under a new
 * owner that only repeats the ACK.
 */
static bool elsewhere(struct stack_client *c, uint64_t now)
{
	struct stack_client *rest;

	if (c->cancel_wanted || c->address_at >= c->address_count)
		return false;
	resolve_failed(c->node.s->resolve, &c->addresses[c->address_at - 1]);
	if (c->node.machine.state == TRANSACTION_COMPLETED &&
	    c->request.method == METHOD_INVITE && !c->node.machine.reliable) {
		if (client_new(c->node.s, &rest))
			return false;
		rest->node.method = c->node.method;
		rest->node.wire = c->node.wire;
		rest->node.wire_len = c->node.wire_len;
		c->node.wire = NULL;
		c->node.wire_len = 0;
		memcpy(rest->branch, c->branch, sizeof(c->branch));
		rest->node.key =
			(struct text){ rest->branch, STACK_BRANCH_CHARS };
		rest->node.machine = c->node.machine;
		table_unname(&c->node);
		table_name(&rest->node);
		table_flow(&rest->node, &c->node.flow);
		table_schedule(&rest->node,
			       transaction_due(&rest->node.machine));
	}
	(void)now;
	return try_next(c);
}

/* Do what the machine said; c may be gone afterwards. */
static void act(struct stack_client *c, unsigned actions,
		const struct sip_msg *msg, uint64_t now)
{
	struct node *n = &c->node;
	bool final = msg && msg->scode >= 200;

	if (actions & ACTION_AGAIN) {
		metric_add(METRIC_sip_retransmitted, 1);
		if (transport_send(n->s->transport, &n->flow, n->wire,
				   n->wire_len))
			actions |= 0; /* `closed` tells of a dead stream */
	}
	if (actions & ACTION_ACK)
		send_ack(c, msg);
	if (actions & ACTION_TIMEOUT)
		metric_add(METRIC_sip_timeouts, 1);
	if ((actions & (ACTION_TIMEOUT | ACTION_ERROR) ||
	     (actions & ACTION_PASS && msg && msg->scode == 503)) &&
	    elsewhere(c, now))
		return;
	if (actions & ACTION_END)
		table_unname(n);
	if (actions & ACTION_PASS && msg && msg->scode > 100)
		tell(c, msg->scode, msg);
	if (actions & (ACTION_TIMEOUT | ACTION_ERROR))
		tell(c, actions & ACTION_TIMEOUT ? 408 : 503, NULL);
	if (actions & ACTION_END ||
	    (final && n->machine.state == TRANSACTION_COMPLETED))
		farewell(c);
	if (actions & ACTION_END) {
		client_free(c);
		return;
	}
	if (final && n->machine.state >= TRANSACTION_COMPLETED)
		forget_text(c);
	table_schedule(n, transaction_due(&n->machine));
}

void client_response(struct stack *s, const struct sip_msg *msg,
		     const struct flow *flow)
{
	struct node *n = table_find(s, true, (uint8_t)message_method_of(msg),
				    message_text(msg->via.branch));
	struct stack_client *c = n ? client_of(n) : NULL;
	uint64_t now = stack_now(s);
	unsigned actions;

	(void)flow;
	if (!c)
		return; /* a stray one (18.1.2) */
	actions = transaction_event(&n->machine,
				    msg->scode < 200   ? EVENT_PROVISIONAL
				    : msg->scode < 300 ? EVENT_SUCCESS
						       : EVENT_FAILURE,
				    now);
	if (n->machine.state == TRANSACTION_PROCEEDING && c->cancel_wanted &&
	    !c->cancelled && send_cancel(c))
		c->cancelled = false; /* again at the next provisional */
	act(c, actions, msg, now);
}

void client_due(struct stack_client *c, uint64_t now)
{
	if (c->fail || c->node.over) {
		if (c->fail)
			tell(c, c->fail, NULL);
		farewell(c);
		client_free(c);
		return;
	}
	act(c, transaction_tick(&c->node.machine, now), NULL, now);
}

void client_broken(struct stack_client *c, uint64_t now)
{
	if (c->fail || c->node.over || c->query)
		return;
	act(c, transaction_event(&c->node.machine, EVENT_TRANSPORT_ERROR, now),
	    NULL, now);
}
