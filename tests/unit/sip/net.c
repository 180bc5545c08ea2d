#include "tests/unit/sip/net.h"

#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "base/error.h"

struct stack {
	struct end *end;
	struct stack *peer;
	struct stack_server *invite; /* the last one that came */
	struct stack_client *calling;
	char last[8192];
};

struct stack_client {
	struct stack_client *next;
	struct stack *s;
	enum message_method method;
	stack_response_h *h;
	void *arg;
	char *text;
	struct stack_server *there;
	bool over;
};

struct stack_server {
	struct stack_server *next;
	struct stack *s;
	struct sip_msg *msg;
	struct stack_client *from;
	stack_server_h *h;
	void *arg;
	char tag[MESSAGE_TAG_CHARS + 1];
	char last[8192];
	unsigned code;
};

struct parcel {
	struct parcel *next;
	struct stack *to;
	struct stack_client *client; /* sender of a request; or its goal */
	struct stack_server *cancel;
	bool request;
	char label[48];
	char text[];
};

struct end a, b;
char net_log[LOG_MAX];
uint64_t net_now;
unsigned net_lot;
const char *net_drop;

static struct parcel *first, **last_parcel = &first;
static struct stack_client *clients;
static struct stack_server *servers;

const char net_sdp[] = "v=0\r\no=- 77 1 IN IP4 127.0.0.9\r\ns=-\r\n"
		       "c=IN IP4 127.0.0.9\r\nt=0 0\r\n"
		       "m=audio 7000 RTP/AVP 8 101\r\n"
		       "a=rtpmap:101 telephone-event/8000\r\n";

void net_note(const char *fmt, ...)
{
	size_t len = strlen(net_log);
	va_list ap;

	if (len && len < LOG_MAX - 1) {
		net_log[len++] = ' ';
		net_log[len] = '\0';
	}
	va_start(ap, fmt);
	(void)vsnprintf(net_log + len, LOG_MAX - len, fmt, ap);
	va_end(ap);
}

void net_expect(const char *log)
{
	assert_string_equal(net_log, log);
	net_log[0] = '\0';
}

/* ---- chance */

static uint32_t draw(const uint32_t upper_bound)
{
	return upper_bound
		       ? (uint32_t)((upper_bound - 1) * (uint64_t)net_lot / 100)
		       : 0;
}

static void chance(void)
{
	static struct randombytes_implementation drawn;

	net_lot = 50;
	drawn = randombytes_sysrandom_implementation;
	drawn.uniform = draw;
	assert_int_equal(randombytes_set_implementation(&drawn), 0);
}

static struct flow the_flow(void)
{
	struct flow f = { .transport = SIP_UDP, .listener = 0, .trunk = -1 };

	assert_int_equal(sa_set_str(&f.peer, "127.0.0.1", 5070), 0);
	return f;
}

/* ---- parcels */

static void post(struct stack *from, struct stack *to,
		 struct stack_client *client, bool request, const char *label,
		 const char *text)
{
	struct parcel *p = calloc(1, sizeof(*p) + strlen(text) + 1);

	assert_non_null(p);
	p->to = to;
	p->client = client;
	p->request = request;
	memcpy(p->text, text, strlen(text));
	(void)snprintf(p->label, sizeof(p->label), "%c>%s", from->end->name,
		       label);
	net_note("%s", p->label);
	(void)snprintf(from->last, sizeof(from->last), "%s", text);
	if (net_drop && !strcmp(net_drop, p->label)) {
		net_drop = NULL;
		free(p);
		return;
	}
	*last_parcel = p;
	last_parcel = &p->next;
}

static struct sip_msg *decoded(const char *text)
{
	struct message_fault fault;
	struct sip_msg *msg = NULL;

	assert_int_equal(
		message_decode(&msg, text, strlen(text), false, &fault), 0);
	return msg;
}

static struct stack_server *server_new(struct stack *s, struct sip_msg *msg,
				       struct stack_client *from)
{
	struct stack_server *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->s = s;
	t->msg = message_keep(msg);
	t->from = from;
	message_token(t->tag);
	t->next = servers;
	servers = t;
	if (from)
		from->there = t;
	if (message_method_of(msg) == METHOD_INVITE)
		s->invite = t;
	return t;
}

static void deliver_request(struct parcel *p)
{
	struct sip_msg *msg = decoded(p->text);
	struct flow flow = the_flow();
	bool ack = message_method_of(msg) == METHOD_ACK;
	struct stack_server *t = ack ? NULL : server_new(p->to, msg, p->client);

	if (!sessions_request(p->to->end->sessions, t, msg, &flow) && t)
		(void)!stack_answer(t, 404);
	message_drop(msg);
}

static void farewell(struct stack_client *c)
{
	stack_response_h *h = c->h;
	struct flow flow = the_flow();

	c->over = true;
	c->h = NULL;
	if (h)
		h(c->arg, c, 0, NULL, &flow);
}

static void deliver_response(struct parcel *p)
{
	struct sip_msg *msg = decoded(p->text);
	struct stack_client *c = p->client;
	struct flow flow = the_flow();
	bool invite = c->method == METHOD_INVITE;

	if (c->h && !(c->over && !(invite && msg->scode < 300)))
		c->h(c->arg, c, msg->scode, msg, &flow);
	if (msg->scode >= 200 && !(invite && msg->scode < 300) && !c->over)
		farewell(c);
	message_drop(msg);
}

void net_run(void)
{
	while (first) {
		struct parcel *p = first;

		first = p->next;
		if (!first)
			last_parcel = &first;
		if (p->cancel) {
			if (p->cancel->code < 200 && p->cancel->h)
				p->cancel->h(p->cancel->arg, p->cancel,
					     STACK_CANCELLED);
		} else if (p->request) {
			deliver_request(p);
		} else {
			deliver_response(p);
		}
		free(p);
	}
}

void net_lose(void)
{
	while (first) {
		struct parcel *p = first;

		first = p->next;
		free(p);
	}
	last_parcel = &first;
	net_log[0] = '\0';
}

static uint64_t soonest(void)
{
	uint64_t x = sessions_due(a.sessions), y = sessions_due(b.sessions);

	if (!x || !y)
		return x ? x : y;
	return x < y ? x : y;
}

void net_pass(uint64_t ms)
{
	uint64_t until = net_now + ms;

	net_run();
	for (uint64_t due = soonest(); due && due <= until; due = soonest()) {
		if (due > net_now)
			net_now = due;
		sessions_tick(a.sessions, net_now);
		sessions_tick(b.sessions, net_now);
		net_run();
	}
	net_now = until;
}

/* ---- the stack's functions */

void stack_contact(const struct stack *s, const struct flow *flow,
		   struct text user, struct writer *w)
{
	(void)flow;
	writer_printf(w, "<sip:%.*s@127.0.0.1:%d>", (int)user.len, user.p,
		      s->end == &a ? 5060 : 5070);
}

bool stack_alive(const struct stack *s, const struct flow *flow)
{
	(void)s;
	return !flow->connection;
}

int stack_request(struct stack *s, struct stack_client **ret_client,
		  const struct stack_target *target,
		  const struct stack_request *r, stack_response_h *h, void *arg)
{
	char text[8192], label[32], branch[MESSAGE_TAG_CHARS + 1];
	const char *method = message_method_name(r->method);
	struct writer w = writer_on(text, sizeof(text) - 1);
	struct stack_client *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	assert_true(target->flow || target->uri.len || target->trunk >= 0);
	message_token(branch);
	writer_printf(&w,
		      "%s %.*s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;"
		      "branch=z9hG4bK%s;rport\r\nMax-Forwards: %u\r\n",
		      method, (int)r->uri.len, r->uri.p, branch,
		      MESSAGE_HOPS_MAX - r->hops);
	writer_text(&w, r->headers);
	if (r->contact_user.p) {
		writer_str(&w, "Contact: ");
		stack_contact(s, NULL, r->contact_user, &w);
		writer_str(&w, "\r\n");
	}
	message_end(&w, r->content_type, r->body);
	assert_int_equal(writer_finish(&w), 0);
	text[w.len] = '\0';
	c->s = s;
	c->method = r->method;
	c->h = h;
	c->arg = arg;
	c->text = strdup(text);
	c->next = clients;
	clients = c;
	if (r->method == METHOD_INVITE)
		s->calling = c;
	(void)snprintf(label, sizeof(label), "%s%s", method,
		       r->body.len ? "+" : "");
	post(s, s->peer, c, true, label, text);
	if (ret_client)
		*ret_client = c;
	return 0;
}

int stack_cancel(struct stack_client *c)
{
	struct parcel *p;

	if (c->over)
		return EPROTO;
	net_note("%c>CANCEL", c->s->end->name);
	if (!c->there)
		return 0;
	p = calloc(1, sizeof(*p));
	assert_non_null(p);
	p->cancel = c->there;
	*last_parcel = p;
	last_parcel = &p->next;
	return 0;
}

void stack_detach(struct stack_client *c)
{
	c->h = NULL;
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
	static struct flow flow;

	(void)t;
	flow = the_flow();
	return &flow;
}

struct text stack_server_tag(const struct stack_server *t)
{
	return (struct text){ t->tag, MESSAGE_TAG_CHARS };
}

int stack_reply(struct stack_server *t, const struct stack_reply *r)
{
	struct writer w = writer_on(t->last, sizeof(t->last) - 1);
	char label[16];

	if (t->code >= 200)
		return EPROTO;
	t->code = r->code;
	message_response(&w, t->msg, r->code, r->reason, stack_server_tag(t),
			 NULL);
	writer_text(&w, r->headers);
	if (r->contact_user.p) {
		writer_str(&w, "Contact: ");
		stack_contact(t->s, NULL, r->contact_user, &w);
		writer_str(&w, "\r\n");
	}
	message_end(&w, r->content_type, r->body);
	assert_int_equal(writer_finish(&w), 0);
	t->last[w.len] = '\0';
	(void)snprintf(label, sizeof(label), "%u%s", r->code,
		       r->body.len ? "+" : "");
	if (t->code >= 200) {
		/* as the real one does, so that late readers are found out */
		message_drop(t->msg);
		t->msg = NULL;
	}
	if (t->from) {
		post(t->s, t->s->peer, t->from, false, label, t->last);
		return 0;
	}
	net_note("%c>%s", t->s->end->name, label);
	(void)snprintf(t->s->last, sizeof(t->s->last), "%s", t->last);
	return 0;
}

int stack_answer(struct stack_server *t, unsigned code)
{
	return stack_reply(t, &(struct stack_reply){ .code = code });
}

int stack_reply_again(struct stack_server *t)
{
	char label[16];

	(void)snprintf(label, sizeof(label), "%u*", t->code);
	post(t->s, t->s->peer, t->from, false, label, t->last);
	return 0;
}

void stack_acked(struct stack_server *t)
{
	(void)t;
}

/* ---- what comes from elsewhere */

void net_fork(unsigned code, const char *tag, const char *headers,
	      const char *sdp)
{
	struct stack_client *c = a.stack->calling;
	struct sip_msg *request = decoded(c->text);
	char text[8192], label[32];
	struct writer w = writer_on(text, sizeof(text) - 1);

	message_response(&w, request, code, NULL, text_of(tag), NULL);
	writer_printf(&w, "Contact: <sip:%s@127.0.0.1:7777>\r\n%s", tag,
		      headers);
	message_end(&w, TEXT("application/sdp"), text_of(sdp ? sdp : ""));
	assert_int_equal(writer_finish(&w), 0);
	text[w.len] = '\0';
	(void)snprintf(label, sizeof(label), "%u%s/%s", code, sdp ? "+" : "",
		       tag);
	post(b.stack, a.stack, c, false, label, text);
	message_drop(request);
}

void net_again(struct end *from)
{
	assert_int_equal(stack_reply_again(from->stack->invite), 0);
}

void net_no_ack(struct end *e)
{
	struct stack_server *t = e->stack->invite;

	assert_non_null(t->h);
	t->h(t->arg, t, STACK_NO_ACK);
}

void net_inject(struct end *to, const char *text)
{
	struct sip_msg *msg = decoded(text);
	struct flow flow = the_flow();
	bool ack = message_method_of(msg) == METHOD_ACK;
	struct stack_server *t = ack ? NULL : server_new(to->stack, msg, NULL);

	if (!sessions_request(to->sessions, t, msg, &flow) && t)
		net_note("%c:not-ours", to->name);
	message_drop(msg);
}

void net_within(struct end *to, const char *method, unsigned cseq,
		const char *rest)
{
	const struct dialog *d = &to->state->d.dialog;
	char text[8192];

	(void)snprintf(text, sizeof(text),
		       "%s sip:x@127.0.0.1 SIP/2.0\r\n"
		       "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx%u%s\r\n"
		       "From: %s;tag=%s\r\nTo: %s;tag=%s\r\nCall-ID: %s\r\n"
		       "CSeq: %u %s\r\n%s",
		       method, cseq, method, dialog_word(d, DIALOG_REMOTE),
		       dialog_word(d, DIALOG_REMOTE_TAG),
		       dialog_word(d, DIALOG_LOCAL),
		       dialog_word(d, DIALOG_LOCAL_TAG),
		       dialog_word(d, DIALOG_CALL_ID), cseq, method,
		       rest ? rest : "Content-Length: 0\r\n\r\n");
	net_inject(to, text);
}

const char *net_last(const struct end *from)
{
	return from->stack->last;
}

static uint64_t the_clock(void)
{
	return net_now;
}

void net_end(struct end *e, char name)
{
	struct sessions_options o = { .clock_ms = the_clock };

	memset(e, 0, sizeof(*e));
	e->name = name;
	e->stack = calloc(1, sizeof(*e->stack));
	e->state = calloc(1, sizeof(*e->state));
	assert_non_null(e->stack);
	assert_non_null(e->state);
	e->stack->end = e;
	e->terms.trunk = -1;
	e->terms.contact_user = TEXT("1177");
	e->media = (struct offer_media){ .port = 4000,
					 .codecs = { CODEC_PCMA, CODEC_PCMU },
					 .codec_count = 2,
					 .dtmf = true,
					 .direction = OFFER_SENDRECV };
	memcpy(e->media.address, "127.0.0.1", 10);
	e->answer = e->reanswer = true;
	e->ring = 180;
	e->refer_code = 202;
	assert_int_equal(sessions_new(&e->sessions, e->stack, NULL, &o,
				      &net_handlers, e),
			 0);
}

void net_open(void)
{
	net_now = 1000000;
	net_log[0] = '\0';
	net_drop = NULL;
	chance();
	net_end(&a, 'a');
	net_end(&b, 'b');
	a.stack->peer = b.stack;
	b.stack->peer = a.stack;
}

void net_few_handlers(struct end *e)
{
	struct sessions_options o = { .clock_ms = the_clock };
	struct session_handlers few = net_handlers;

	few.confirmed = few.pracked = NULL;
	few.dtmf = NULL;
	few.refer_progress = NULL;
	few.told = NULL;
	sessions_free(e->sessions);
	assert_int_equal(
		sessions_new(&e->sessions, e->stack, NULL, &o, &few, e), 0);
}

void net_relays(struct end *e)
{
	struct sessions_options o = { .clock_ms = the_clock, .relays = true };

	sessions_free(e->sessions);
	assert_int_equal(sessions_new(&e->sessions, e->stack, NULL, &o,
				      &net_handlers, e),
			 0);
	e->relays = true;
}

static void end_close(struct end *e)
{
	sessions_free(e->sessions);
	free(e->state);
	free(e->stack);
}

void net_close(void)
{
	net_run();
	while (clients) {
		struct stack_client *c = clients;

		if (!c->over)
			farewell(c);
		clients = c->next;
		free(c->text);
		free(c);
	}
	while (servers) {
		struct stack_server *t = servers;

		servers = t->next;
		message_drop(t->msg);
		free(t);
	}
	end_close(&a);
	end_close(&b);
}

void net_call(struct text headers)
{
	struct session_call call = { .hops = a.hops,
				     .uri = TEXT("sip:1177@127.0.0.1:5070"),
				     .from = TEXT("<sip:a@example.org>"),
				     .to = TEXT("<sip:1177@example.org>"),
				     .headers = headers,
				     .terms = &a.terms };

	assert_int_equal(
		session_call(&a.s, a.sessions, a.state, &a, &call, &a.media),
		0);
}
