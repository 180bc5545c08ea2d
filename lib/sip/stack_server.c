/* Requests in: the transaction of each, its replies, CANCEL, the 2xx. */

#include <stdlib.h>

#include "sip/stack_parts.h"

/* 17.2.3: branch, sent-by and method; an ACK belongs to its INVITE. */
static size_t server_key(const struct sip_msg *msg, char *to, size_t max)
{
	struct writer w = writer_on(to, max);

	writer_text(&w, message_text(msg->via.branch));
	writer_copy(&w, "\n", 1);
	writer_text(&w, message_text(msg->via.sentby));
	return w.full ? 0 : w.len;
}

struct stack_server *server_find(struct stack *s, const struct sip_msg *msg,
				 enum message_method method)
{
	char key[512];
	size_t len = server_key(msg, key, sizeof(key));
	struct node *n;

	if (!len)
		return NULL;
	n = table_find(s, false, (uint8_t)method, (struct text){ key, len });
	return n ? server_of(n) : NULL;
}

/*
 * Where responses go: back where it came from, but over UDP without rport to
 * the port that the Via names (RFC 3261 18.2.2, RFC 3581 4).
 */
struct flow server_way_back(const struct sip_msg *msg, const struct flow *flow)
{
	struct flow back = *flow;
	struct text rport;
	uint16_t port = sa_port(&msg->via.addr);

	if (flow->transport == SIP_UDP &&
	    !message_param(message_text(msg->via.params), "rport", &rport))
		sa_set_port(&back.peer, port ? port : SIP_PORT);
	return back;
}

int server_new(struct stack *s, const struct sip_msg *msg,
	       const struct flow *flow, struct stack_server **ret)
{
	enum message_method m = message_method_of(msg);
	bool invite = m == METHOD_INVITE;
	struct flow back = server_way_back(msg, flow);
	struct stack_server *t;
	char key[512];
	size_t len = server_key(msg, key, sizeof(key));

	if (!len)
		return EMSGSIZE;
	if (s->count >= s->options.transactions_max ||
	    (flow->trunk < 0 && s->kept >= s->options.kept_max))
		return ENOBUFS;
	t = calloc(1, sizeof(*t) + len);
	if (!t)
		return ENOMEM;
	if (table_add(s, &t->node)) {
		free(t);
		return ENOMEM;
	}
	memcpy(t->key, key, len);
	t->node.key = (struct text){ t->key, len };
	t->node.method = (uint8_t)m;
	message_token(t->tag);
	t->msg = message_keep(msg);
	table_name(&t->node);
	table_flow(&t->node, &back);
	transaction_start(&t->node.machine,
			  invite ? SERVER_INVITE : SERVER_OTHER,
			  flow->transport != SIP_UDP, stack_now(s));
	table_schedule(&t->node, transaction_due(&t->node.machine));
	*ret = t;
	return 0;
}

/* The answer to keep; what strangers make us keep is counted. */
static void set_wire(struct stack_server *t, uint8_t *wire, size_t len)
{
	struct node *n = &t->node;

	if (n->s && n->flow.trunk < 0)
		n->s->kept += len - n->wire_len;
	free(n->wire);
	n->wire = wire;
	n->wire_len = len;
}

void server_free(struct stack_server *t)
{
	set_wire(t, NULL, 0);
	if (t->node.s) {
		merge_forget(t);
		table_remove(&t->node);
	}
	message_drop(t->msg);
	free(t);
}

static void tell(struct stack_server *t, enum stack_event event)
{
	if (t->h)
		t->h(t->arg, t, event);
}

/*
 * Do what the machine said. The end is never here but at the next tick, so
 * that whoever called us still has its transaction.
 */
static int act(struct stack_server *t, unsigned actions, uint64_t now)
{
	struct node *n = &t->node;
	int err = 0;

	if (actions & ACTION_WRONG)
		return EPROTO;
	if (actions & (ACTION_SEND | ACTION_AGAIN) && n->wire_len) {
		err = transport_send(n->s->transport, &n->flow, n->wire,
				     n->wire_len);
		if (actions & ACTION_AGAIN)
			metric_add(METRIC_sip_retransmitted, 1);
	}
	if (actions & ACTION_END) {
		table_unname(n);
		n->over = true;
		table_schedule(n, now);
	} else {
		table_schedule(n, transaction_due(&n->machine));
	}
	return err;
}

void server_due(struct stack_server *t, uint64_t now)
{
	unsigned actions;

	if (t->node.over) {
		tell(t, STACK_GONE);
		server_free(t);
		return;
	}
	actions = transaction_tick(&t->node.machine, now);
	if (actions & ACTION_TIMEOUT) {
		metric_add(METRIC_sip_timeouts, 1);
		tell(t, STACK_NO_ACK);
	}
	if (act(t, actions, now))
		return; /* a lost retransmission; the next may arrive */
}

void server_broken(struct stack_server *t, uint64_t now)
{
	unsigned actions;

	if (t->node.over)
		return;
	actions =
		transaction_event(&t->node.machine, EVENT_TRANSPORT_ERROR, now);
	if (actions & ACTION_ERROR)
		tell(t, STACK_BROKEN);
	if (act(t, actions, now))
		return;
}

/* The same request once more, or the ACK that belongs to it. */
void server_again(struct stack_server *t, const struct sip_msg *msg,
		  const struct flow *flow)
{
	struct stack *s = t->node.s;
	bool ack = message_method_of(msg) == METHOD_ACK;

	if (ack && t->code >= 200 && t->code < 300) {
		/* some send the ACK of a 2xx with the INVITE's branch */
		s->handlers.request(s->arg, NULL, msg, flow);
		return;
	}
	if (act(t,
		transaction_event(&t->node.machine,
				  ack ? EVENT_ACK : EVENT_REQUEST,
				  stack_now(s)),
		stack_now(s)))
		return;
}

/* RFC 3261 9.2 */
void server_cancel(struct stack *s, const struct sip_msg *msg,
		   const struct flow *flow)
{
	struct stack_server *invite = server_find(s, msg, METHOD_INVITE), *t;

	if (server_new(s, msg, flow, &t))
		return; /* it comes again */
	if (!invite) {
		if (stack_answer(t, 481))
			return;
		return;
	}
	memcpy(t->tag, invite->tag, sizeof(t->tag));
	if (stack_answer(t, 200))
		return;
	if (invite->code < 200 && !invite->node.over)
		tell(invite, STACK_CANCELLED);
}

static void write_reply(struct stack_server *t, const struct stack_reply *r,
			struct writer *w)
{
	struct stack *s = t->node.s;
	struct text tag = { t->tag, r->code > 100 ? MESSAGE_TAG_CHARS : 0 };
	enum message_method m = message_method_of(t->msg);

	message_response(w, t->msg, r->code, r->reason, tag,
			 &t->node.flow.peer);
	if (r->contact_user.p) {
		writer_text(w, TEXT("Contact: "));
		stack_contact(s, &t->node.flow, r->contact_user, w);
		writer_copy(w, "\r\n", 2);
	}
	if (r->code == 405 || (m == METHOD_OPTIONS && r->code == 200))
		message_line(w, "Allow", text_of(s->options.allow));
	if (s->options.agent && r->code > 100)
		message_line(w, "Server", text_of(s->options.agent));
	writer_text(w, r->headers);
	message_end(w, r->content_type, r->body);
}

static int build_reply(struct stack_server *t, const struct stack_reply *r)
{
	/* a compact or folded Via grows by some bytes each */
	size_t max = t->msg->mb->size + r->headers.len + r->contact_user.len +
		     r->body.len + 2048;
	uint8_t *buf = malloc(max), *less;
	struct writer w;
	int err;

	if (!buf)
		return ENOMEM;
	w = writer_on(buf, max);
	write_reply(t, r, &w);
	err = writer_finish(&w);
	if (err) {
		free(buf);
		return err;
	}
	less = realloc(buf, w.len);
	set_wire(t, less ? less : buf, w.len);
	return 0;
}

int stack_reply(struct stack_server *t, const struct stack_reply *r)
{
	enum transaction_event event = r->code < 200   ? EVENT_PROVISIONAL
				       : r->code < 300 ? EVENT_SUCCESS
						       : EVENT_FAILURE;
	uint64_t now = stack_now(t->node.s);
	unsigned actions;
	int err;

	if (t->node.over || t->code >= 200)
		return EPROTO;
	err = build_reply(t, r);
	if (err)
		return err;
	actions = transaction_event(&t->node.machine, event, now);
	if (!(actions & ACTION_SEND))
		return EPROTO;
	t->code = (uint16_t)r->code;
	if (r->code >= 300)
		merge_forget(t);
	if (r->code >= 200) {
		message_drop(t->msg); /* up to 32 s follow, by thousands */
		t->msg = NULL;
	}
	return act(t, actions, now);
}

int stack_answer(struct stack_server *t, unsigned code)
{
	return stack_reply(t, &(struct stack_reply){ .code = code });
}

int stack_reply_again(struct stack_server *t)
{
	if (t->node.over || !t->node.wire_len)
		return EPROTO;
	metric_add(METRIC_sip_retransmitted, 1);
	return transport_send(t->node.s->transport, &t->node.flow, t->node.wire,
			      t->node.wire_len);
}

void stack_acked(struct stack_server *t)
{
	uint64_t now = stack_now(t->node.s);

	if (t->node.over)
		return;
	if (act(t, transaction_event(&t->node.machine, EVENT_ACKED, now), now))
		return;
	set_wire(t, NULL, 0);
}

void stack_server_watch(struct stack_server *t, stack_server_h *h, void *arg)
{
	t->h = h;
	t->arg = arg;
}

const struct sip_msg *stack_server_request(const struct stack_server *t)
{
	return t->msg;
}

const struct flow *stack_server_flow(const struct stack_server *t)
{
	return &t->node.flow;
}

struct text stack_server_tag(const struct stack_server *t)
{
	return (struct text){ t->tag, MESSAGE_TAG_CHARS };
}
