#include <stdlib.h>

#include <sodium.h>

#include "base/secret.h"
#include "sip/digest.h"
#include "sip/lex.h"
#include "sip/register_client.h"

struct register_client {
	struct stack *stack;
	struct register_client_options o;
	register_client_h *changed;
	void *arg;
	char call_id[MESSAGE_TAG_CHARS + 1];
	char tag[MESSAGE_TAG_CHARS + 1];
	uint32_t cseq;
	uint32_t expires_s; /* what we ask for; raised by 423 */
	bool registered;
	bool leaving;
	struct stack_client *client;
	uint64_t now; /* of the last tick */
	uint64_t next_at;
	uint64_t pause_ms;
	unsigned challenged; /* in a row */
	char auth[1024];     /* line for the next request; "" for none */
};

int register_client_new(struct register_client **ret, struct stack *stack,
			const struct register_client_options *options,
			register_client_h *changed, void *arg)
{
	struct register_client *c = calloc(1, sizeof(*c));

	if (!c)
		return ENOMEM;
	c->stack = stack;
	c->o = *options;
	c->changed = changed;
	c->arg = arg;
	c->expires_s = REGISTER_EXPIRES_S;
	c->pause_ms = REGISTER_PAUSE_MIN_MS;
	message_token(c->call_id);
	message_token(c->tag);
	*ret = c;
	return 0;
}

static void tell(struct register_client *c, bool registered, unsigned code)
{
	bool news = registered != c->registered || code >= 300;

	c->registered = registered;
	if (news && c->changed && !c->leaving)
		c->changed(c->arg, registered, code);
}

/* The next time, when none is known to be better: doubling, half random. */
static void back_off(struct register_client *c)
{
	uint64_t half = c->pause_ms / 2;

	c->next_at = c->now + half + randombytes_uniform((uint32_t)half + 1);
	c->pause_ms *= 2;
	if (c->pause_ms > REGISTER_PAUSE_MAX_MS)
		c->pause_ms = REGISTER_PAUSE_MAX_MS;
}

static int send_request(struct register_client *c, uint32_t expires_s);

static int pick_challenge(const struct sip_msg *msg, enum sip_hdrid id,
			  struct digest_challenge *ret)
{
	struct digest_challenge c;
	struct text value;
	int found = ENOENT;

	for (unsigned i = 0; i < 8 && message_header_at(msg, id, i, &value);
	     i++) {
		if (digest_challenge_decode(value, &c) ||
		    (!found && c.algorithm != DIGEST_SHA256))
			continue;
		*ret = c;
		found = 0;
	}
	return found;
}

static bool authorize(struct register_client *c, const struct sip_msg *msg)
{
	bool proxy = msg->scode == 407;
	char cnonce[MESSAGE_TAG_CHARS + 1], uri[SETTINGS_NAME_MAX + 8];
	struct writer w = writer_on(c->auth, sizeof(c->auth) - 1);
	struct writer u = writer_on(uri, sizeof(uri));
	struct digest_challenge ch;

	c->auth[0] = '\0';
	if (!c->o.password || pick_challenge(msg,
					     proxy ? SIP_HDR_PROXY_AUTHENTICATE
						   : SIP_HDR_WWW_AUTHENTICATE,
					     &ch))
		return false;
	message_token(cnonce);
	writer_str(&u, "sip:");
	writer_text(&u, c->o.domain);
	writer_str(&w, proxy ? "Proxy-Authorization: " : "Authorization: ");
	if (writer_finish(&u) ||
	    digest_answer_write(&w, &ch, c->o.user, c->o.password,
				TEXT("REGISTER"), (struct text){ uri, u.len },
				1, text_of(cnonce)))
		return false;
	writer_str(&w, "\r\n");
	if (writer_finish(&w)) {
		c->auth[0] = '\0';
		return false;
	}
	c->auth[w.len] = '\0';
	return true;
}

/* Of our binding in the answer: the registrar may shorten it (10.2.4). */
static uint32_t granted(const struct register_client *c,
			const struct sip_msg *msg)
{
	uint64_t s = message_number(msg, SIP_HDR_EXPIRES, c->expires_s);
	struct text value, param;

	for (unsigned i = 0; message_header_at(msg, SIP_HDR_CONTACT, i, &value);
	     i++) {
		struct sip_addr addr;

		if (lex_address(&addr, value) ||
		    pl_cmp(&addr.uri.user,
			   &(struct pl){ c->o.user.p, c->o.user.len }))
			continue;
		if (message_param(message_text(addr.params), "expires", &param))
			(void)!text_u64(param, 1, UINT32_MAX, &s);
	}
	if (s > 24 * 3600)
		s = 24 * 3600;
	return s < 30 ? 30 : (uint32_t)s;
}

static bool longer(struct register_client *c, const struct sip_msg *msg)
{
	uint64_t min = msg ? message_number(msg, SIP_HDR_MIN_EXPIRES, 0) : 0;

	if (min <= c->expires_s || min > 24 * 3600)
		return false;
	c->expires_s = (uint32_t)min;
	return true;
}

static void take(struct register_client *c, unsigned code,
		 const struct sip_msg *msg)
{
	if (code < 300 && msg) {
		uint64_t s = granted(c, msg);

		/* well before it runs out */
		c->next_at = c->now + s * 1000 * 4 / 5;
		c->pause_ms = REGISTER_PAUSE_MIN_MS;
		c->challenged = 0;
		tell(c, true, code);
	} else if ((code == 401 || code == 407) && msg && c->challenged < 2 &&
		   authorize(c, msg)) {
		c->challenged++;
		c->next_at = c->now;
	} else if (code == 423 && longer(c, msg)) {
		c->next_at = c->now;
	} else {
		c->challenged = 0;
		c->auth[0] = '\0';
		back_off(c);
		tell(c, false, code);
	}
}

static void on_response(void *arg, struct stack_client *client, unsigned code,
			const struct sip_msg *msg, const struct flow *flow)
{
	struct register_client *c = arg;

	(void)flow;
	(void)client;
	if (!code) {
		c->client = NULL;
		return;
	}
	if (code < 200)
		return;
	stack_detach(c->client);
	c->client = NULL;
	take(c, code, msg);
	if (c->next_at <= c->now && send_request(c, c->expires_s))
		back_off(c);
}

static void on_nothing(void *arg, struct stack_client *client, unsigned code,
		       const struct sip_msg *msg, const struct flow *flow)
{
	(void)arg;
	(void)client;
	(void)code;
	(void)msg;
	(void)flow;
}

static int send_request(struct register_client *c, uint32_t expires_s)
{
	char uri[SETTINGS_NAME_MAX + 8];
	uint8_t bytes[2048];
	struct writer u = writer_on(uri, sizeof(uri));
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct stack_target target = { .trunk = c->o.trunk };
	struct stack_request r = { .method = METHOD_REGISTER };
	int user = (int)c->o.user.len, domain = (int)c->o.domain.len;
	int err;

	writer_str(&u, "sip:");
	writer_text(&u, c->o.domain);
	/* 10.2: the same Call-ID for all, CSeq up by one */
	writer_printf(&w,
		      "From: <sip:%.*s@%.*s>;tag=%s\r\n"
		      "To: <sip:%.*s@%.*s>\r\n"
		      "Call-ID: %s\r\nCSeq: %u REGISTER\r\nExpires: %u\r\n",
		      user, c->o.user.p, domain, c->o.domain.p, c->tag, user,
		      c->o.user.p, domain, c->o.domain.p, c->call_id, ++c->cseq,
		      expires_s);
	writer_str(&w, c->auth);
	c->auth[0] = '\0'; /* a nonce is used once */
	err = writer_finish(&u);
	if (!err)
		err = writer_finish(&w);
	if (err)
		return err;
	r.uri = (struct text){ uri, u.len };
	r.headers = (struct text){ (const char *)w.buf, w.len };
	r.contact_user = c->o.user;
	return stack_request(c->stack, &c->client, &target, &r,
			     expires_s ? on_response : on_nothing,
			     expires_s ? c : NULL);
}

uint64_t register_client_tick(struct register_client *c, uint64_t now_ms)
{
	c->now = now_ms;
	if (c->client)
		return now_ms + 1000;
	if (now_ms < c->next_at)
		return c->next_at;
	if (send_request(c, c->expires_s)) {
		back_off(c);
		tell(c, false, 503);
		return c->next_at;
	}
	return now_ms + 1000;
}

void register_client_free(struct register_client *c)
{
	if (!c)
		return;
	c->leaving = true;
	if (c->client)
		stack_detach(c->client);
	c->client = NULL;
	/* a challenge to this one stays unanswered: the binding then runs out
	 */
	if (c->registered)
		(void)!send_request(c, 0);
	free(c);
}
