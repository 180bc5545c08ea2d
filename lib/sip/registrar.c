/*
 * Accounts, digest, and the REGISTER itself: RFC 3261 10.3, in its order. All
 * is judged before anything is changed.
 */
#include <stdlib.h>

#include <sodium.h>

#include "settings/files.h"
#include "sip/lex.h"
#include "sip/quirks.h"
#include "sip/registrar_parts.h"

/* ---- accounts */

/* EEXIST: it is what *at holds. ENOENT: there is none, *at stays. */
static int take_password(struct secret **at, const struct settings *settings,
			 const char *name)
{
	struct secret *old = *at;
	struct bytes p;
	int err = files_find(settings->files, FILE_AGENT_PASSWORD, name, &p);

	if (err)
		return err;
	if (old && old->len == p.len && !sodium_memcmp(old->bytes, p.p, p.len))
		return EEXIST;
	secret_free(old);
	*at = secret_new(p.len);
	if (!*at)
		return ENOMEM;
	memcpy((*at)->bytes, p.p, p.len);
	return 0;
}

int registrar_prepare(struct registrar **ret, const struct settings *settings)
{
	struct registrar *r = calloc(1, sizeof(*r));
	int err = 0;

	if (!r)
		return ENOMEM;
	r->settings = settings;
	randombytes_buf(r->nonce_key, sizeof(r->nonce_key));
	for (unsigned i = 0; err != ENOMEM && i < settings->agent_count; i++) {
		const struct agent *a = &settings->agents[i];

		if (a->removed)
			continue;
		memcpy(r->names[i], a->name, sizeof(r->names[i]));
		/* one without a password can register by none */
		err = take_password(&r->passwords[i], settings, a->name);
	}
	if (err == ENOMEM) {
		registrar_free(r);
		return err;
	}
	*ret = r;
	return 0;
}

int registrar_start(struct registrar *r, struct stack *stack,
		    struct registrar_table *table, uint64_t now_ms,
		    registrar_h *changed, void *arg)
{
	if (table->magic && table->magic != REGISTRAR_MAGIC)
		memset(table, 0, sizeof(*table));
	table->magic = REGISTRAR_MAGIC;
	r->stack = stack;
	r->table = table;
	r->changed = changed;
	r->arg = arg;
	registrar_match(r, now_ms);
	return 0;
}

void registrar_free(struct registrar *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < SETTINGS_AGENTS; i++)
		secret_free(r->passwords[i]);
	explicit_bzero(r->nonce_key, sizeof(r->nonce_key));
	free(r);
}

/* Where the password changed, who registered by the old one is nobody now. */
static void renew_password(struct registrar *r, unsigned agent)
{
	bool had = r->passwords[agent] != NULL;
	struct registrar_account *a = registrar_account(r, agent);
	int err = take_password(&r->passwords[agent], r->settings,
				r->names[agent]);

	if (a && had && err != EEXIST && err != ENOENT)
		memset(a->bindings, 0, sizeof(a->bindings));
}

void registrar_reload(struct registrar *r, const struct settings *settings,
		      uint64_t now_ms)
{
	struct secret *old[SETTINGS_AGENTS];
	char names[SETTINGS_AGENTS][SETTINGS_NAME_MAX];

	memcpy(old, r->passwords, sizeof(old));
	memcpy(names, r->names, sizeof(names));
	memset(r->passwords, 0, sizeof(r->passwords));
	memset(r->names, 0, sizeof(r->names));
	r->settings = settings;
	for (unsigned i = 0; i < settings->agent_count; i++) {
		if (settings->agents[i].removed)
			continue;
		memcpy(r->names[i], settings->agents[i].name,
		       sizeof(r->names[i]));
		for (unsigned k = 0; k < SETTINGS_AGENTS; k++) {
			if (!old[k] || strcmp(names[k], r->names[i]) != 0)
				continue;
			r->passwords[i] = old[k];
			old[k] = NULL;
		}
	}
	for (unsigned k = 0; k < SETTINGS_AGENTS; k++)
		secret_free(old[k]);
	registrar_match(r, now_ms);
	for (unsigned i = 0; i < settings->agent_count; i++)
		if (r->names[i][0])
			renew_password(r, i);
}

/* ---- who is it? */

static struct text realm_of(const struct registrar *r)
{
	return r->settings->domain[0] ? text_of(r->settings->domain)
				      : TEXT("vaxel");
}

static int find_agent(const struct registrar *r, struct text name,
		      unsigned *ret)
{
	for (unsigned i = 0; i < r->settings->agent_count; i++) {
		if (r->passwords[i] && text_is(name, r->names[i])) {
			*ret = i;
			return 0;
		}
	}
	return ENOENT;
}

static void challenge(struct stack_server *t, const struct digest_asker *asker,
		      bool stale)
{
	uint8_t bytes[1024];
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct stack_reply reply = { .code = 401 };

	digest_challenge_write(
		&w, "WWW-Authenticate", asker, stale,
		quirk_of(stack_server_request(t), QUIRK_MD5_ALONE));
	if (writer_finish(&w)) {
		(void)!stack_answer(t, 500);
		return;
	}
	reply.headers = (struct text){ (const char *)w.buf, w.len };
	(void)!stack_reply(t, &reply);
}

/* Credentials for our realm, among perhaps several. */
static bool find_answer(const struct sip_msg *msg, struct text realm,
			struct digest_answer *ret)
{
	struct text value;

	for (unsigned i = 0;
	     i < 4 && message_header_at(msg, SIP_HDR_AUTHORIZATION, i, &value);
	     i++)
		if (!digest_answer_decode(value, ret) &&
		    ret->realm.len == realm.len &&
		    !memcmp(ret->realm.p, realm.p, realm.len))
			return true;
	return false;
}

/*
 * RFC 3261 22. An account that we do not have is asked for credentials like
 * any other, and refused like a wrong password, so that names cannot be
 * fished for. EPERM: it has been answered.
 */
static int authenticate(struct registrar *r, struct stack_server *t,
			const struct sip_msg *msg, const struct flow *flow,
			uint64_t now_ms, unsigned *ret_agent)
{
	struct digest_asker asker = { .realm = realm_of(r),
				      .key = r->nonce_key,
				      .now_ms = now_ms };
	struct digest_answer a;
	char source[64] = "";
	unsigned agent = 0;
	int err;

	/* not the port: each connection of a phone has another */
	err = sa_ntop(&flow->peer, source, sizeof(source));
	if (err) {
		(void)!stack_answer(t, 500);
		return EPERM;
	}
	asker.source = text_of(source);
	if (!find_answer(msg, asker.realm, &a)) {
		challenge(t, &asker, false);
		return EPERM;
	}
	err = find_agent(r, a.username, &agent);
	if (!err)
		err = digest_check(&a, &asker, message_text(msg->met),
				   message_text(msg->ruri),
				   r->passwords[agent]);
	if (!err)
		err = digest_use(&r->uses, &a, now_ms);
	if (err == EAGAIN) {
		challenge(t, &asker, true);
		return EPERM;
	}
	/* 10.3 step 4: nobody registers in another's name */
	if (err || !text_is(message_text(msg->to.uri.user), r->names[agent])) {
		(void)!stack_answer(t, 403);
		return EPERM;
	}
	*ret_agent = agent;
	return 0;
}

/* ---- REGISTER */

struct wish {
	struct text uri;
	uint32_t expires_s;
};

struct wishes {
	struct wish list[REGISTRAR_CONTACTS];
	unsigned count;
	bool all; /* Contact: * */
};

static uint32_t expires_of(const struct sip_msg *msg,
			   const struct sip_addr *addr)
{
	uint64_t s = message_number(msg, SIP_HDR_EXPIRES, REGISTRAR_DEFAULT_S);
	struct text value;

	/* 20.19, 10.2.1.1: the parameter before the header; malformed is the
	 * default */
	if (message_param(message_text(addr->params), "expires", &value) &&
	    text_u64(value, 0, UINT32_MAX, &s))
		s = REGISTRAR_DEFAULT_S;
	return s > REGISTRAR_MAX_S ? REGISTRAR_MAX_S : (uint32_t)s;
}

static unsigned read_wish(const struct sip_msg *msg, struct text value,
			  struct wish *ret)
{
	struct sip_addr addr;

	if (lex_address(&addr, value) ||
	    (pl_strcasecmp(&addr.uri.scheme, "sip") &&
	     pl_strcasecmp(&addr.uri.scheme, "sips")))
		return 400;
	ret->uri = message_text(addr.auri);
	if (!ret->uri.len || ret->uri.len >= REGISTRAR_URI_MAX)
		return 400;
	for (size_t i = 0; i < ret->uri.len; i++)
		if (ret->uri.p[i] <= ' ' || ret->uri.p[i] >= 0x7f)
			return 400;
	ret->expires_s = expires_of(msg, &addr);
	/* 10.3 step 7 */
	if (ret->expires_s && ret->expires_s < REGISTRAR_MIN_S)
		return 423;
	return 0;
}

/* 0, or the code to refuse with. */
static unsigned read_wishes(const struct sip_msg *msg, struct wishes *ret)
{
	struct text value;

	for (unsigned i = 0; message_header_at(msg, SIP_HDR_CONTACT, i, &value);
	     i++) {
		unsigned code;

		if (text_is(value, "*")) {
			ret->all = true;
			continue;
		}
		if (ret->count == REGISTRAR_CONTACTS)
			return 503;
		code = read_wish(msg, value, &ret->list[ret->count]);
		if (code)
			return code;
		ret->count++;
	}
	/* 10.3 step 6 */
	if (ret->all &&
	    (ret->count || message_number(msg, SIP_HDR_EXPIRES, 1) != 0))
		return 400;
	return 0;
}

/* Step 7: an older request of the same client must not undo a newer one. */
static bool in_order(const struct registrar_binding *b,
		     const struct sip_msg *msg)
{
	return !b || pl_strcmp(&msg->callid, b->call_id) != 0 ||
	       msg->cseq.num > b->cseq;
}

static bool all_in_order(struct registrar_account *a, const struct wishes *w,
			 const struct sip_msg *msg)
{
	for (unsigned i = 0; w->all && i < REGISTRAR_CONTACTS; i++)
		if (a->bindings[i].uri[0] && !in_order(&a->bindings[i], msg))
			return false;
	for (unsigned i = 0; i < w->count; i++)
		if (!in_order(registrar_binding(a, w->list[i].uri), msg))
			return false;
	return true;
}

static void apply(struct registrar_account *a, const struct wish *wish,
		  const struct sip_msg *msg, const struct flow *flow,
		  uint64_t now_ms)
{
	struct registrar_binding *b = registrar_binding(a, wish->uri);

	if (!wish->expires_s) {
		if (b)
			memset(b, 0, sizeof(*b));
		return;
	}
	if (!b)
		b = registrar_place(a);
	memset(b, 0, sizeof(*b));
	memcpy(b->uri, wish->uri.p, wish->uri.len);
	memcpy(b->call_id, msg->callid.p, msg->callid.l);
	b->cseq = msg->cseq.num;
	b->since_ms = now_ms;
	b->expires_at_ms = now_ms + (uint64_t)wish->expires_s * 1000;
	b->flow = *flow;
}

/* Step 8: what stands now. */
static void answer(struct registrar *r, struct stack_server *t, unsigned agent,
		   uint64_t now_ms)
{
	const struct registrar_binding *b[REGISTRAR_CONTACTS];
	uint8_t bytes[REGISTRAR_CONTACTS * (REGISTRAR_URI_MAX + 64)];
	struct writer w = writer_on(bytes, sizeof(bytes));
	unsigned n = registrar_find(r, agent, now_ms, b);
	struct stack_reply reply = { .code = 200 };

	for (unsigned i = 0; i < n; i++)
		writer_printf(&w, "Contact: <%s>;expires=%llu\r\n", b[i]->uri,
			      (unsigned long long)(b[i]->expires_at_ms -
						   now_ms + 999) /
				      1000);
	reply.headers = (struct text){ (const char *)w.buf, w.len };
	(void)!stack_reply(t, &reply);
}

static void refuse(struct stack_server *t, unsigned code)
{
	struct stack_reply reply = { .code = code };
	char line[40];

	(void)snprintf(line, sizeof(line), "Min-Expires: %d\r\n",
		       REGISTRAR_MIN_S);
	if (code == 423)
		reply.headers = text_of(line);
	(void)!stack_reply(t, &reply);
}

void registrar_request(struct registrar *r, struct stack_server *t,
		       const struct sip_msg *msg, const struct flow *flow,
		       uint64_t now_ms)
{
	struct registrar_account *a;
	struct wishes wishes = { 0 };
	unsigned agent, code;
	bool before;

	if (authenticate(r, t, msg, flow, now_ms, &agent))
		return;
	a = registrar_account(r, agent);
	code = msg->callid.l >= REGISTRAR_CALL_ID_MAX ? 513 : 0;
	if (!code)
		code = read_wishes(msg, &wishes);
	if (!code && !all_in_order(a, &wishes, msg))
		code = 500;
	if (code) {
		refuse(t, code);
		return;
	}
	stack_vouch(r->stack, flow);
	before = registrar_here(r, agent, now_ms);
	if (wishes.all)
		memset(a->bindings, 0, sizeof(a->bindings));
	for (unsigned i = 0; i < wishes.count; i++)
		apply(a, &wishes.list[i], msg, flow, now_ms);
	answer(r, t, agent, now_ms);
	registrar_tell(r, agent, before, now_ms);
}
