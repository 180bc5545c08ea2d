/*
 * Putting requests and responses of a session together.
 */
#include <stdlib.h>

#include <sodium.h>

#include "sip/digest.h"
#include "sip/session_parts.h"

void session_write_features(struct writer *w, bool reliable)
{
	writer_str(w, "Allow: " SESSION_ALLOW "\r\n");
	writer_str(w, reliable ? "Supported: " SESSION_SUPPORTED "\r\n"
			       : "Supported: timer\r\n");
}

/*
 * Session-Expires and what belongs to it. In a response that leaves the work
 * to the caller, Require: timer (RFC 4028 section 9).
 */
void session_write_timer(struct session *s, struct writer *w, bool response,
			 const struct session_timer *t)
{
	if (!t->interval_s)
		return;
	writer_printf(w, "Session-Expires: %u", t->interval_s);
	if (t->refresher)
		writer_printf(w, ";refresher=%s",
			      t->refresher == REFRESHER_UAC ? "uac" : "uas");
	writer_str(w, "\r\n");
	if (response) {
		if (t->refresher == REFRESHER_UAC)
			writer_str(w, "Require: timer\r\n");
		return;
	}
	if (s->own_min_se)
		writer_printf(w, "Min-SE: %u\r\n", s->own_min_se);
}

void session_ignore(void *arg, struct stack_client *c, unsigned code,
		    const struct sip_msg *msg, const struct flow *flow)
{
	(void)arg;
	(void)c;
	(void)code;
	(void)msg;
	(void)flow;
}

static bool has_contact(enum message_method m)
{
	return m == METHOD_INVITE || m == METHOD_UPDATE || m == METHOD_REFER ||
	       m == METHOD_NOTIFY;
}

int session_send(struct session *s, struct stack_client **ret_client,
		 enum message_method method, const struct writer *more,
		 struct text content_type, struct text body,
		 stack_response_h *h, void *arg)
{
	int err;

	session_begin(s);
	err = session_send_in(s->all, &s->state->d.dialog, s->state->user,
			      ret_client, method, more, content_type, body, h,
			      arg);
	session_done(s);
	return err;
}

int session_send_in(struct sessions *all, struct dialog *d, const char *user,
		    struct stack_client **ret_client,
		    enum message_method method, const struct writer *more,
		    struct text content_type, struct text body,
		    stack_response_h *h, void *arg)
{
	uint8_t bytes[SESSION_HEADERS_MAX];
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct stack_request r = { .method = method };
	struct stack_target target;

	dialog_request(d, &w, method, 0, &r.uri);
	if (more)
		writer_copy(&w, more->buf, more->len);
	if (writer_finish(&w))
		return EMSGSIZE;
	r.headers = (struct text){ (const char *)w.buf, w.len };
	if (has_contact(method))
		r.contact_user = text_of(user);
	r.content_type = content_type;
	r.body = body;
	dialog_where(d, &target);
	return stack_request(all->stack, ret_client, &target, &r, h, arg);
}

/* RFC 3261 13.2.2.4: in the dialog, with the number of its INVITE and, if that
 * had credentials, the same. */
void session_send_ack(struct sessions *all, struct dialog *d, uint32_t seq,
		      const char *auth, struct text sdp)
{
	uint8_t bytes[SESSION_HEADERS_MAX];
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct stack_request r = { .method = METHOD_ACK };
	struct stack_target target;

	dialog_request(d, &w, METHOD_ACK, seq, &r.uri);
	if (auth)
		writer_str(&w, auth);
	if (writer_finish(&w))
		return;
	r.headers = (struct text){ (const char *)w.buf, w.len };
	r.content_type = TEXT("application/sdp");
	r.body = sdp;
	dialog_where(d, &target);
	/* what cannot be sent now comes again with the next 2xx */
	(void)!stack_request(all->stack, NULL, &target, &r, NULL, NULL);
}

int session_reply(struct session *s, struct stack_server *t, unsigned code,
		  const struct writer *more, const struct writer *sdp)
{
	uint8_t bytes[SESSION_HEADERS_MAX];
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct stack_reply r = { .code = code,
				 .contact_user = text_of(s->state->user) };

	session_write_features(&w, true);
	if (more)
		writer_copy(&w, more->buf, more->len);
	if (writer_finish(&w))
		return EMSGSIZE;
	r.headers = (struct text){ (const char *)w.buf, w.len };
	if (sdp && sdp->len) {
		r.content_type = TEXT("application/sdp");
		r.body = (struct text){ (const char *)sdp->buf, sdp->len };
	}
	return stack_reply(t, &r);
}

void session_turn_away(const struct sessions *all, struct stack_server *t,
		       unsigned code)
{
	struct stack_reply r = { .code = code };
	char line[40];

	(void)snprintf(line, sizeof(line), "Min-SE: %u\r\n", all->min_se_s);
	/* RFC 3261 21.4.13, RFC 4028 6: what would be understood */
	if (code == 415)
		r.headers = TEXT("Accept: application/sdp\r\n");
	else if (code == 422)
		r.headers = text_of(line);
	(void)!stack_reply(t, &r);
}

/* RFC 3261 14.2, RFC 3311 5.2: between 0 and 10 seconds, at random. */
void session_retry_later(struct stack_server *t)
{
	struct stack_reply r = { .code = 500 };
	char line[40];

	(void)snprintf(line, sizeof(line), "Retry-After: %u\r\n",
		       (unsigned)randombytes_uniform(11));
	r.headers = text_of(line);
	(void)!stack_reply(t, &r);
}

/* The challenge that we like best: SHA-256 before MD5. */
static int pick_challenge(const struct sip_msg *msg, enum sip_hdrid id,
			  struct digest_challenge *ret)
{
	struct digest_challenge c;
	struct text value;
	int found = ENOENT;

	for (unsigned i = 0; i < 8 && message_header_at(msg, id, i, &value);
	     i++) {
		if (digest_challenge_decode(value, &c))
			continue;
		if (found && c.algorithm != DIGEST_SHA256) {
			*ret = c;
			found = 0;
		}
		if (c.algorithm == DIGEST_SHA256) {
			*ret = c;
			return 0;
		}
	}
	return found;
}

int session_authorize(const struct session *s, const struct sip_msg *msg,
		      struct text method, struct text uri, char **ret_line)
{
	bool proxy = msg->scode == 407;
	uint8_t bytes[1024];
	struct writer w = writer_on(bytes, sizeof(bytes) - 1);
	char cnonce[MESSAGE_TAG_CHARS + 1];
	struct digest_challenge c;
	int err;

	if (!s->password || !s->auth_user[0])
		return ENOENT;
	err = pick_challenge(msg,
			     proxy ? SIP_HDR_PROXY_AUTHENTICATE
				   : SIP_HDR_WWW_AUTHENTICATE,
			     &c);
	if (err)
		return err;
	message_token(cnonce);
	writer_str(&w, proxy ? "Proxy-Authorization: " : "Authorization: ");
	err = digest_answer_write(&w, &c, text_of(s->auth_user), s->password,
				  method, uri, 1, text_of(cnonce));
	writer_str(&w, "\r\n");
	if (!err)
		err = writer_finish(&w);
	if (err)
		return err;
	*ret_line = strndup((const char *)w.buf, w.len);
	return *ret_line ? 0 : ENOMEM;
}
