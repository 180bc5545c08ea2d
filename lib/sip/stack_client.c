/*
 * Requests out. Happy path: resolve, take a flow, build, send, hear. An
 * address that cannot be reached, stays silent or says 503 is followed by the
 * next one (RFC 3263 4.3), under a new branch.
 */

#include <stdlib.h>
#include <strings.h>

#include "sip/stack_parts.h"

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
	struct flow stream;
	int err;

	table_flow(&c->node, flow);
	new_branch(c);
	err = client_build(c);
	if (!err && client_grow(c, &stream)) {
		flow = &stream;
		table_flow(&c->node, flow);
		err = client_build(c);
	}
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

		c->answered = false;
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

/* ---- begin */

static int go(struct stack_client *c, const struct stack_target *target)
{
	struct stack *s = c->node.s;
	struct hop hop;
	int err;

	if (target->flow && transport_alive(s->transport, target->flow) &&
	    !send_on(c, target->flow))
		return 0;
	err = target_hop(s, target, &hop);
	if (!err)
		err = target_name(c, &hop);
	if (err && target->flow) { /* it was all we had, and it is gone */
		fail_later(c, 503);
		return 0;
	}
	if (err)
		return err;
	c->transport = hop.transport;
	/* an ACK that is lost on its way cannot be asked for again by us */
	c->may_grow = !hop.said && c->request.method != METHOD_ACK;
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
	err = client_keep(c, request);
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
		client_follower(invite, "CANCEL", TEXT(""), c->node.wire, max);
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
		client_follower(c, "ACK", message_text(msg->to.val), buf, max);
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
	if (c->node.machine.state == TRANSACTION_ACCEPTED) {
		free(c->node.wire);
		c->node.wire = NULL;
		c->node.wire_len = 0;
	}
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
	if (actions & ACTION_ACK && msg)
		send_ack(c, msg);
	if (actions & ACTION_TIMEOUT)
		metric_add(METRIC_sip_timeouts, 1);
	if (actions & ACTION_ERROR && client_shrink(c) && try_next(c))
		return;
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
	c->answered = true;
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
