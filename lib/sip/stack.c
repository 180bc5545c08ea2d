#include "sip/stack.h"

#include <stdlib.h>
#include <strings.h>

#include "sip/stack_parts.h"

#define RETRY_AFTER "Retry-After: 120\r\n"

/* ---- what we answer by ourselves */

static void answer(struct stack_server *t, unsigned code, struct text headers)
{
	struct stack_reply r = { .code = code, .headers = headers };

	if (stack_reply(t, &r))
		return; /* whoever asked asks again, or has gone */
}

/* One of a comma-separated list of ours. */
static bool in_list(const char *list, struct text one)
{
	const char *at = list;

	while (*at) {
		size_t n = strcspn(at, ", ");

		if (n && n == one.len && !strncasecmp(at, one.p, n))
			return true;
		at += n;
		at += strspn(at, ", ");
	}
	return false;
}

/* Extensions that the request demands and we do not have (8.2.2.3). */
static bool unsupported(const struct stack *s, const struct sip_msg *msg,
			struct writer *w)
{
	struct text one;

	for (unsigned i = 0; message_header_at(msg, SIP_HDR_REQUIRE, i, &one);
	     i++) {
		if (!one.len || in_list(s->options.supported, one))
			continue;
		message_line(w, "Unsupported", one);
	}
	return w->len > 0;
}

static bool known_scheme(const struct sip_msg *msg)
{
	return !pl_strcasecmp(&msg->uri.scheme, "sip") ||
	       !pl_strcasecmp(&msg->uri.scheme, "sips") ||
	       !pl_strcasecmp(&msg->uri.scheme, "tel");
}

/* RFC 3261 8.2 in its order; false: answered. */
static bool acceptable(struct stack *s, struct stack_server *t,
		       const struct sip_msg *msg, const struct flow *flow)
{
	enum message_method m = message_method_of(msg);
	bool outside = !msg->to.tag.l;
	uint8_t buf[1024];
	struct writer w = writer_on(buf, sizeof(buf));

	if (flow->refused) {
		answer(t, 403, TEXT(""));
		transport_hang_up(s->transport, flow);
		return false;
	}
	if (!(s->allowed & 1u << m)) {
		answer(t, 405, TEXT(""));
		return false;
	}
	if (!known_scheme(msg)) {
		answer(t, 416, TEXT(""));
		return false;
	}
	if (outside && merge_take(t, msg)) {
		answer(t, 482, TEXT(""));
		return false;
	}
	if (unsupported(s, msg, &w)) {
		answer(t, 420,
		       (struct text){ (char *)buf, w.full ? 0 : w.len });
		return false;
	}
	if (m == METHOD_INVITE && outside && s->draining) {
		metric_add(METRIC_sip_refused_overload, 1);
		answer(t, 503, TEXT(RETRY_AFTER));
		return false;
	}
	if (m == METHOD_OPTIONS && outside) {
		writer_text(&w, TEXT("Accept: application/sdp\r\n"));
		message_line(&w, "Supported", text_of(s->options.supported));
		if (s->handlers.options)
			s->handlers.options(s->arg, flow, &w);
		answer(t, s->draining ? 503 : 200,
		       s->draining ? TEXT(RETRY_AFTER)
				   : (struct text){ (char *)buf,
						    w.full ? 0 : w.len });
		return false;
	}
	return true;
}

/* Without a transaction, so once an answer to each request that comes. */
static void refuse_stateless(struct stack *s, const struct sip_msg *msg,
			     const struct flow *flow, unsigned code)
{
	struct flow back = server_way_back(msg, flow);
	size_t max = msg->mb->size + 512;
	uint8_t *buf = malloc(max);
	struct writer w = writer_on(buf, max);

	if (!buf)
		return;
	message_response(&w, msg, code, NULL, TEXT("none"), &flow->peer);
	message_end(&w, TEXT(""), TEXT(""));
	if (!writer_finish(&w) &&
	    transport_send(s->transport, &back, buf, w.len))
		w.len = 0; /* nothing more can be done for it */
	free(buf);
}

/*
 * A call from nobody we know. Kept and repeated like another refusal it would
 * send ten answers to whose address was forged, and fill our memory.
 */
static bool from_stranger(const struct stack *s, const struct sip_msg *msg,
			  const struct flow *flow)
{
	return s->options.trunks_only && flow->trunk < 0 && !flow->refused &&
	       message_method_of(msg) == METHOD_INVITE && !msg->to.tag.l;
}

static void new_request(struct stack *s, const struct sip_msg *msg,
			const struct flow *flow)
{
	struct stack_server *t;

	if (from_stranger(s, msg, flow)) {
		refuse_stateless(s, msg, flow, 403);
		return;
	}
	/* the address was removed: what is under way there may end */
	if (!msg->to.tag.l && transport_leaving(s->transport, flow)) {
		refuse_stateless(s, msg, flow, 503);
		return;
	}
	if (server_new(s, msg, flow, &t)) {
		metric_add(METRIC_sip_refused_overload, 1);
		refuse_stateless(s, msg, flow, 503);
		return;
	}
	if (!acceptable(s, t, msg, flow))
		return;
	s->handlers.request(s->arg, t, msg, flow);
	/* t lives until the next tick at least; 8.2.6.1: no silence */
	if (message_method_of(msg) == METHOD_INVITE && !t->code)
		answer(t, 100, TEXT(""));
}

static void request(struct stack *s, const struct sip_msg *msg,
		    const struct flow *flow)
{
	enum message_method m = message_method_of(msg);
	struct stack_server *t =
		server_find(s, msg, m == METHOD_ACK ? METHOD_INVITE : m);

	if (t)
		server_again(t, msg, flow);
	else if (m == METHOD_ACK && !flow->refused)
		s->handlers.request(s->arg, NULL, msg, flow);
	else if (m == METHOD_CANCEL)
		server_cancel(s, msg, flow);
	else if (m != METHOD_ACK)
		new_request(s, msg, flow);
}

static void message(void *arg, const struct sip_msg *msg,
		    const struct flow *flow)
{
	struct stack *s = arg;

	if (msg->req)
		request(s, msg, flow);
	else
		client_response(s, msg, flow);
}

/* Tell all that hang on a connection; handlers may change the list. */
static void closed(void *arg, uint64_t connection, int err)
{
	struct stack *s = arg;
	struct node **head = &s->flows[connection % STACK_FLOWS], *n = *head;
	uint64_t now = stack_now(s);

	(void)err;
	while (n) {
		if (n->flow.connection != connection) {
			n = n->flow_next;
			continue;
		}
		table_flow(n, NULL);
		if (n->client)
			client_broken(client_of(n), now);
		else
			server_broken(server_of(n), now);
		n = *head; /* each pass takes one away, so this ends */
	}
	if (s->handlers.closed)
		s->handlers.closed(s->arg, connection);
}

void stack_timer(uv_timer_t *timer)
{
	struct stack *s = timer->data;
	uint64_t now = stack_now(s);

	s->armed = 1; /* nothing is due before: armed anew below */
	while (s->heap_len && s->heap[1]->due <= now) {
		struct node *n = s->heap[1];

		if (n->client)
			client_due(client_of(n), now);
		else
			server_due(server_of(n), now);
	}
	table_arm(s);
}

/* ---- open and close */

static uint32_t allowed_methods(const char *list)
{
	uint32_t set = 0;

	for (unsigned m = METHOD_INVITE; m < METHOD_COUNT; m++) {
		if (in_list(list, text_of(message_method_name(
					  (enum message_method)m))))
			set |= 1u << m;
	}
	return set;
}

int stack_prepare(struct stack **ret, const struct settings *settings,
		  const struct stack_options *options)
{
	struct stack *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return ENOMEM;
	s->settings = settings;
	s->options = *options;
	if (!s->options.transactions_max)
		s->options.transactions_max = STACK_TRANSACTIONS_MAX;
	if (!s->options.kept_max)
		s->options.kept_max = STACK_KEPT_MAX;
	s->allowed = allowed_methods(options->allow);
	err = table_open(s);
	if (!err)
		err = transport_prepare(&s->transport, settings);
	if (!err)
		err = resolve_prepare(&s->resolve, settings);
	if (err) {
		stack_close(s);
		return err;
	}
	*ret = s;
	return 0;
}

int stack_start(struct stack *s, uv_loop_t *loop,
		const int fds[SETTINGS_LISTENERS],
		const struct stack_handlers *handlers, void *arg)
{
	static const struct transport_handlers up = { message, closed };
	int err;

	s->loop = loop;
	s->handlers = *handlers;
	s->arg = arg;
	err = -uv_timer_init(loop, &s->timer);
	if (err)
		return err;
	s->timer.data = s;
	s->started = true;
	err = resolve_start(s->resolve, loop);
	if (!err)
		err = transport_start(s->transport, loop, fds, &up, s);
	return err;
}

static void timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void stack_close(struct stack *s)
{
	if (!s)
		return;
	table_close(s);
	transport_close(s->transport);
	resolve_close(s->resolve);
	if (s->started)
		uv_close((uv_handle_t *)&s->timer, timer_closed);
	else
		free(s);
}

bool stack_listens(const struct stack *s, unsigned listener)
{
	return transport_listens(s->transport, listener);
}

void stack_leave(struct stack *s, unsigned listener)
{
	transport_leave(s->transport, listener);
}

int stack_reload(struct stack *s, const struct settings *settings,
		 const int fds[SETTINGS_LISTENERS])
{
	s->settings = settings;
	return transport_reload(s->transport, settings, fds);
}

void stack_drain(struct stack *s)
{
	s->draining = true;
}

/* ---- questions */

void stack_contact(const struct stack *s, const struct flow *flow,
		   struct text user, struct writer *w)
{
	writer_text(w, TEXT("<sip:"));
	if (user.len) {
		writer_text(w, user);
		writer_copy(w, "@", 1);
	}
	transport_sent_by(s->transport, flow, w);
	if (flow->transport != SIP_UDP) {
		writer_text(w, TEXT(";transport="));
		writer_str(w, transport_param(flow->transport));
	}
	writer_copy(w, ">", 1);
}

bool stack_alive(const struct stack *s, const struct flow *flow)
{
	return transport_alive(s->transport, flow);
}

void stack_vouch(struct stack *s, const struct flow *flow)
{
	transport_vouch(s->transport, flow);
}

unsigned stack_transactions(const struct stack *s)
{
	return s->count;
}
