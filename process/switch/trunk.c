/*
 * trunk -- is the other end there? OPTIONS now and then, and registration
 */
#include "process/switch/national.h"

#include <sodium.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "settings/files.h"

enum { FIRST_ASK_MS = 200 };

/*
 * Calls and the registration hold the secret of their trunk until they end, so
 * it is as large as any password and never given back: a new one takes the old
 * one's place. True: it changed.
 */
static bool take_password(struct switch_self *self, unsigned i)
{
	const struct settings *s = self->p->settings;
	struct trunk_live *t = &self->trunks[i];
	struct bytes p;

	if (!s->trunks[i].user[0])
		return false;
	if (files_find(s->files, FILE_TRUNK_PASSWORD, s->trunks[i].name, &p) ||
	    p.len > FILES_PASSWORD_MAX) {
		log_error("trunk %s has no password", s->trunks[i].name);
		return false;
	}
	if (!t->password)
		t->password = secret_new(FILES_PASSWORD_MAX);
	if (!t->password || (t->password->len == p.len &&
			     !sodium_memcmp(t->password->bytes, p.p, p.len)))
		return false;
	memcpy(t->password->bytes, p.p, p.len);
	t->password->len = p.len;
	return true;
}

void trunk_prepare(struct switch_self *self)
{
	for (unsigned i = 0; i < self->p->settings->trunk_count; i++)
		(void)take_password(self, i);
}

static void on_registered(void *arg, bool registered, unsigned code)
{
	struct trunk_live *t = arg;
	const struct switch_self *self = t->self;

	if (registered != t->registered)
		log_notice("trunk %s: %s (%u)",
			   self->p->settings->trunks[t - self->trunks].name,
			   registered ? "registered" : "not registered", code);
	t->registered = registered;
	t->register_due_ms = 0;
}

static void start_one(struct switch_self *self, unsigned i)
{
	const struct trunk *to = &self->p->settings->trunks[i];
	struct trunk_live *t = &self->trunks[i];
	struct register_client_options o = { .trunk = (int)i,
					     .password = t->password };

	memcpy(t->host, to->host, sizeof(t->host));
	memcpy(t->user, to->user, sizeof(t->user));
	o.domain = text_of(t->host);
	o.user = text_of(t->user);
	t->due_ms = clock_mono_ms() + FIRST_ASK_MS;
	if (to->user[0] && t->password &&
	    register_client_new(&t->client, self->stack, &o, on_registered, t))
		log_error("trunk %s: cannot register", to->name);
}

void trunk_start(struct switch_self *self)
{
	for (unsigned i = 0; i < self->p->settings->trunk_count; i++)
		start_one(self, i);
}

/* One that stands where it stood, and is reached as it was, is left alone. */
void trunk_reload(struct switch_self *self, const struct settings *before)
{
	const struct settings *s = self->p->settings;

	for (unsigned i = 0; i < SETTINGS_TRUNKS; i++) {
		struct trunk_live *t = &self->trunks[i];
		bool here = i < s->trunk_count;
		const char *was =
			i < before->trunk_count ? before->trunks[i].name : "";

		if (!here || strcmp(was, s->trunks[i].name) != 0) {
			t->known = t->up = false;
			t->waiting.count = 0;
		}
		if (here && !take_password(self, i) &&
		    !strcmp(t->host, s->trunks[i].host) &&
		    !strcmp(t->user, s->trunks[i].user))
			continue;
		register_client_free(t->client);
		t->client = NULL;
		t->registered = false;
		t->register_due_ms = 0;
		if (here)
			start_one(self, i);
	}
}

static void judged(struct trunk_live *t, bool up)
{
	const struct settings *s = t->self->p->settings;

	if (!t->known || up != t->up)
		log_notice("trunk %s is %s",
			   s->trunks[t - t->self->trunks].name,
			   up ? "up" : "down");
	t->known = true;
	t->up = up;
}

/* Any answer at all is a sign of life; one made here is none. */
static void on_answer(void *arg, struct stack_client *c, unsigned code,
		      const struct sip_msg *msg, const struct flow *flow)
{
	struct trunk_live *t = arg;

	(void)c;
	(void)flow;
	if (!code)
		t->asked = false;
	else if (code >= 200)
		judged(t, msg && code != 503);
	if (msg && code >= 200)
		waiting_heard(t, msg);
}

static void ask_trunk(struct switch_self *self, unsigned i)
{
	const struct trunk *to = &self->p->settings->trunks[i];
	struct trunk_live *t = &self->trunks[i];
	const char *open = strchr(to->host, ':') ? "[" : "";
	const char *close = *open ? "]" : "";
	char token[MESSAGE_TAG_CHARS + 1];
	char tag[MESSAGE_TAG_CHARS + 1];
	char uri[SETTINGS_NAME_MAX + 16];
	char headers[512];
	struct stack_target target = { .trunk = (int)i };
	struct stack_request request = { .method = METHOD_OPTIONS };
	struct stack_client *c;
	int n;

	message_token(token);
	message_token(tag);
	(void)snprintf(uri, sizeof(uri), "sip:%s%s%s", open, to->host, close);
	n = snprintf(headers, sizeof(headers),
		     "From: <sip:vaxel@%s>;tag=%s\r\nTo: <%s>\r\n"
		     "Call-ID: %s\r\nCSeq: %u OPTIONS\r\n",
		     self->p->settings->domain, tag, uri, token, ++t->seq);
	if (n < 0 || (size_t)n >= sizeof(headers))
		return;
	request.uri = text_of(uri);
	request.headers = text_of(headers);
	if (stack_request(self->stack, &c, &target, &request, on_answer, t))
		judged(t, false);
	else
		t->asked = true;
}

void trunk_tick(struct switch_self *self, uint64_t now_ms)
{
	const struct settings *s = self->p->settings;

	for (unsigned i = 0; i < s->trunk_count; i++) {
		struct trunk_live *t = &self->trunks[i];

		if (t->client && now_ms >= t->register_due_ms) {
			t->register_due_ms =
				register_client_tick(t->client, now_ms);
			if (!t->register_due_ms) /* an answer is awaited */
				t->register_due_ms = now_ms + 1000;
		}
		if (!s->trunks[i].options_s || t->asked || now_ms < t->due_ms)
			continue;
		t->due_ms = now_ms + s->trunks[i].options_s * 1000ull;
		ask_trunk(self, i);
	}
}
