/*
 * A session fed with messages. The input is cut at each '%' line into
 * messages; the words CALLID, LTAG, RTAG and BRANCH in them stand for those of
 * the call, so that mutated messages get inside. The owner answers, offers and
 * hangs up as the input's bytes say. The stack is a few lines here.
 */
#include <stdlib.h>

#include "sip/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SERVERS 64
#define CLIENTS 64

struct stack_client {
	stack_response_h *h;
	void *arg;
	enum message_method method;
	bool over;
};

struct stack_server {
	struct sip_msg *msg;
	stack_server_h *h;
	void *arg;
	unsigned code;
};

struct stack {
	int unused;
};

static struct stack_client clients[CLIENTS];
static struct stack_server servers[SERVERS];
static unsigned client_count, server_count;
static uint64_t now;
static struct sessions *all;
static struct session *session;
static struct session_refer *referred;
static struct session_state *state, spare;
static const uint8_t *will;
static size_t will_left;

static unsigned next_will(void)
{
	if (!will_left)
		return 0;
	will_left--;
	return *will++;
}

/* ---- the stack */

void stack_contact(const struct stack *s, const struct flow *flow,
		   struct text user, struct writer *w)
{
	(void)s;
	(void)flow;
	writer_text(w, user);
}

int stack_request(struct stack *s, struct stack_client **ret_client,
		  const struct stack_target *target,
		  const struct stack_request *r, stack_response_h *h, void *arg)
{
	struct stack_client *c;

	(void)s;
	(void)target;
	if (client_count == CLIENTS)
		return ENOBUFS;
	c = &clients[client_count++];
	*c = (struct stack_client){ h, arg, r->method, false };
	if (ret_client)
		*ret_client = c;
	return 0;
}

int stack_cancel(struct stack_client *c)
{
	return c->over ? EPROTO : 0;
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
	static const struct flow flow;

	(void)t;
	return &flow;
}

struct text stack_server_tag(const struct stack_server *t)
{
	(void)t;
	return TEXT("LTAG");
}

int stack_reply(struct stack_server *t, const struct stack_reply *r)
{
	if (t->code >= 200)
		return EPROTO;
	t->code = r->code;
	if (t->code >= 200) {
		message_drop(t->msg);
		t->msg = NULL;
	}
	return 0;
}

int stack_answer(struct stack_server *t, unsigned code)
{
	return stack_reply(t, &(struct stack_reply){ .code = code });
}

int stack_reply_again(struct stack_server *t)
{
	return t->code ? 0 : EPROTO;
}

void stack_acked(struct stack_server *t)
{
	(void)t;
}

/* ---- the owner */

static struct offer_media media(void)
{
	return (struct offer_media){ .address = "127.0.0.1",
				     .port = (uint16_t)(4000 + next_will()),
				     .codecs = { CODEC_PCMA, CODEC_OPUS },
				     .codec_count = 2,
				     .dtmf = true,
				     .direction = next_will() & 3,
				     .srtp = SRTP_OFFERED,
				     .as_is = next_will() & 1
						      ? TEXT("v=0\r\nm=x\r\n")
						      : TEXT("") };
}

static void refer_goes_on(unsigned code)
{
	session_refer_progress(referred, code);
	if (code >= 200 && code <= 699)
		referred = NULL;
}

static void act(struct session *s)
{
	struct offer_media m = media();

	switch (next_will() % 12) {
	case 0:
		(void)!session_ring(s, 180, next_will() & 1);
		break;
	case 1:
		(void)!session_progress(s, &m);
		break;
	case 2:
	case 3:
	case 4:
		(void)!session_answer(s, &m);
		break;
	case 5:
		(void)!session_offer(s, &m);
		(void)!session_dtmf(s, '1', 100);
		break;
	case 10:
		(void)!session_update(s, &m);
		(void)!session_add(s, TEXT("X: y\r\n"));
		break;
	case 6:
		(void)!session_refer(s, TEXT("sip:x@y"), TEXT(""));
		break;
	case 7:
		refer_goes_on(100 + next_will() * 2);
		break;
	case 8:
		if (session_waiting(s)) {
			/* a refused first INVITE ends it */
			bool first = !session_established(s);

			session_refuse(s, 488);
			if (first && session == s)
				session = NULL;
		}
		break;
	case 9:
		if (next_will() > 200) {
			session = NULL;
			session_end(s);
		}
		break;
	default:
		break;
	}
}

static unsigned on_room(void *arg, const struct sip_msg *invite,
			const struct flow *flow, struct session_terms *terms,
			struct session_state **ret_state, void **ret_owner)
{
	(void)arg;
	(void)invite;
	(void)flow;
	if (session)
		return 503;
	terms->srtp = SRTP_OFFERED;
	terms->session_expires_s = next_will();
	terms->contact_user = TEXT("1177");
	*ret_state = state;
	*ret_owner = NULL;
	return 0;
}

static unsigned on_replaces(void *owner, struct session *old,
			    const struct sip_msg *invite,
			    const struct flow *flow,
			    struct session_terms *terms,
			    struct session_state **ret_state)
{
	(void)owner;
	(void)old;
	(void)invite;
	(void)flow;
	terms->srtp = SRTP_OFFERED;
	*ret_state = &spare;
	return next_will() & 1 ? 0 : 603;
}

static void replace(struct session *s)
{
	struct offer_media m = media();

	if (session_answer(s, &m)) {
		session_refuse(s, 488);
		return;
	}
	session_end(session);
	session_move(s, state);
	session = s;
}

static void on_incoming(void *owner, struct session *s,
			const struct sip_msg *invite)
{
	(void)owner;
	(void)invite;
	if (session) {
		replace(s);
		return;
	}
	session = s;
	act(s);
}

static void on_progress(void *owner, struct session *s, unsigned code,
			bool early)
{
	(void)owner;
	(void)code;
	(void)early;
	act(s);
}

static void on_answered(void *owner, struct session *s,
			const struct sip_msg *msg)
{
	(void)owner;
	(void)msg;
	act(s);
}

static void on_refused(void *owner, struct session *s, unsigned code,
		       const struct sip_msg *msg)
{
	(void)owner;
	(void)s;
	(void)code;
	(void)msg;
	session = NULL;
}

static void on_any(void *owner, struct session *s)
{
	(void)owner;
	act(s);
}

static void on_offer_refused(void *owner, struct session *s, unsigned code)
{
	(void)owner;
	(void)code;
	act(s);
}

static void on_dtmf(void *owner, struct session *s, char digit, unsigned ms)
{
	(void)owner;
	(void)digit;
	(void)ms;
	act(s);
}

static unsigned on_referred(void *owner, struct session *s,
			    struct session_refer *r, struct text uri,
			    const struct sip_msg *refer)
{
	(void)owner;
	(void)uri;
	(void)refer;
	act(s);
	if (referred || !(next_will() & 1))
		return 603;
	referred = r;
	return 202;
}

static void on_ended(void *owner, struct session *s,
		     enum session_end_reason reason)
{
	(void)owner;
	(void)s;
	(void)reason;
	session = NULL;
}

static const struct session_handlers handlers = {
	on_room,     on_replaces,      on_incoming, on_progress,
	on_answered, on_refused,       on_any,      on_any,
	on_any,      on_offer_refused, on_any,      on_dtmf,
	on_referred, on_offer_refused, on_ended,    NULL
};

static uint64_t the_clock(void)
{
	return now;
}

/* ---- what comes in */

static bool word_at(struct text t, size_t i, const char *word)
{
	size_t n = strlen(word);

	return t.len - i >= n && !memcmp(t.p + i, word, n);
}

/* Put the call's own identifiers where the input has their names. */
static size_t fill_in(struct text t, char *to, size_t max)
{
	struct writer w = writer_on(to, max);

	for (size_t i = 0; i < t.len;) {
		if (session && word_at(t, i, "CALLID")) {
			writer_str(&w, dialog_word(&state->d.dialog,
						   DIALOG_CALL_ID));
			i += 6;
		} else if (session && word_at(t, i, "LTAG")) {
			writer_str(&w, dialog_word(&state->d.dialog,
						   DIALOG_LOCAL_TAG));
			i += 4;
		} else if (session && word_at(t, i, "RTAG")) {
			writer_str(&w, dialog_word(&state->d.dialog,
						   DIALOG_REMOTE_TAG));
			i += 4;
		} else {
			writer_u8(&w, (uint8_t)t.p[i++]);
		}
	}
	return w.len;
}

static void request(struct sip_msg *msg)
{
	bool ack = message_method_of(msg) == METHOD_ACK;
	struct stack_server *t = NULL;
	struct flow flow = { 0 };

	if (!ack) {
		if (server_count == SERVERS)
			return;
		t = &servers[server_count++];
		*t = (struct stack_server){ .msg = message_keep(msg) };
	}
	if (!sessions_request(all, t, msg, &flow) && t)
		(void)!stack_answer(t, 404);
}

static void response(struct sip_msg *msg)
{
	enum message_method m = message_method_of(msg);
	struct flow flow = { 0 };

	for (unsigned i = client_count; i--;) {
		struct stack_client *c = &clients[i];
		bool success = m == METHOD_INVITE && msg->scode >= 200 &&
			       msg->scode < 300;

		if (c->method != m || !c->h || (c->over && !success))
			continue;
		if (msg->scode > 100)
			c->h(c->arg, c, msg->scode, msg, &flow);
		if (msg->scode >= 300 || (msg->scode >= 200 && !success)) {
			stack_response_h *h = c->h;

			c->over = true;
			c->h = NULL;
			if (h)
				h(c->arg, c, 0, NULL, &flow);
		} else if (success) {
			c->over = true;
		}
		return;
	}
}

static void take(struct text one)
{
	char text[16384];
	struct message_fault fault;
	struct sip_msg *msg;
	size_t len = fill_in(one, text, sizeof(text));

	if (message_decode(&msg, text, len, false, &fault))
		return;
	if (msg->req)
		request(msg);
	else
		response(msg);
	message_drop(msg);
}

static void events(void)
{
	unsigned which = next_will();

	now += which * 4000;
	sessions_tick(all, now);
	if (which % 5 == 1 && server_count) {
		struct stack_server *t = &servers[next_will() % server_count];

		if (t->h)
			t->h(t->arg, t,
			     t->code < 200 ? STACK_CANCELLED : STACK_NO_ACK);
	}
	if (which % 5 == 2 && session)
		act(session);
}

static void begin_call(void)
{
	struct session_terms terms = { .srtp = SRTP_OFFERED,
				       .session_expires_s = 200,
				       .trunk = -1 };
	struct session_call call = { .uri = TEXT("sip:b@127.0.0.1"),
				     .from = TEXT("<sip:a@x>"),
				     .to = TEXT("<sip:b@y>"),
				     .terms = &terms };
	struct offer_media m = media();

	if (session_call(&session, all, state, NULL, &call, &m))
		session = NULL;
}

static void finish(void)
{
	for (unsigned i = 0; i < client_count; i++) {
		struct flow flow = { 0 };
		stack_response_h *h = clients[i].h;

		clients[i].h = NULL;
		clients[i].over = true;
		if (h)
			h(clients[i].arg, &clients[i], 0, NULL, &flow);
	}
	for (unsigned i = 0; i < server_count; i++)
		message_drop(servers[i].msg);
	sessions_free(all);
	free(state);
	memset(servers, 0, sizeof(servers));
	client_count = server_count = 0;
	session = NULL;
	referred = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stack stack;
	struct sessions_options o = { .clock_ms = the_clock,
				      .relays = size & 1 };
	struct text rest;

	if (size < 16)
		return 0;
	now = 1000;
	will = data;
	will_left = 16;
	rest = (struct text){ (const char *)data + 16, size - 16 };
	state = calloc(1, sizeof(*state));
	if (!state || sessions_new(&all, &stack, NULL, &o, &handlers, NULL))
		abort();
	if (next_will() & 1)
		begin_call();
	while (rest.len) {
		const char *end = memchr(rest.p, '%', rest.len);
		size_t len = end ? (size_t)(end - rest.p) : rest.len;

		take((struct text){ rest.p, len });
		events();
		rest.p += len + (end ? 1 : 0);
		rest.len -= len + (end ? 1 : 0);
	}
	finish();
	return 0;
}
