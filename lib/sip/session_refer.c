/*
 * REFER and the NOTIFYs that it brings, both ways: RFC 3515, within the dialog
 * of the call. The subscription is the implicit one; it ends with the session.
 */
#include "sip/lex.h"
#include "sip/session_parts.h"

#define REFER_LIVES_S 180

/* ---- they ask us */

static void notify(struct session *s, unsigned code, bool last)
{
	uint8_t bytes[256], body[96];
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct writer frag = writer_on(body, sizeof(body));
	struct stack_client *c;

	/* 2.4.6: the id is the REFER's CSeq, so that several can be told apart
	 */
	writer_printf(&w, "Event: refer;id=%u\r\n", s->refer_id);
	if (last)
		writer_str(&w, "Subscription-State: "
			       "terminated;reason=noresource\r\n");
	else
		writer_printf(&w, "Subscription-State: active;expires=%u\r\n",
			      REFER_LIVES_S);
	writer_printf(&frag, "SIP/2.0 %u %s\r\n", code, message_reason(code));
	if (writer_finish(&frag))
		return;
	(void)!session_send(s, &c, METHOD_NOTIFY, &w,
			    TEXT("message/sipfrag;version=2.0"),
			    (struct text){ (const char *)frag.buf, frag.len },
			    session_ignore, NULL);
}

/* 2.4.1, 2.4.2: exactly one Refer-To, and it names somebody to call. */
static int refer_to(const struct sip_msg *msg, struct sip_addr *ret)
{
	struct text value, more;

	if (!message_header_at(msg, SIP_HDR_REFER_TO, 0, &value) ||
	    message_header_at(msg, SIP_HDR_REFER_TO, 1, &more))
		return EBADMSG;
	return lex_address(ret, value) ? EBADMSG : 0;
}

void session_on_refer(struct session *s, struct stack_server *t,
		      const struct sip_msg *msg)
{
	struct sip_addr to;
	bool silent;
	unsigned code;

	if (refer_to(msg, &to)) {
		(void)!stack_answer(t, 400);
		return;
	}
	if (s->refer_in) {
		session_retry_later(t);
		return;
	}
	/* RFC 4488: they may wish to hear nothing */
	silent = text_is(message_xheader(msg, "Refer-Sub"), "false");
	s->refer_in = !silent;
	s->refer_id = msg->cseq.num;
	code = s->all->h.referred(s->owner, s, message_text(to.auri), msg);
	if (session_is_left(s)) {
		(void)!stack_answer(t, code == 202 ? 202 : 603);
		return;
	}
	if (code != 202) {
		s->refer_in = false;
		(void)!stack_answer(t, code >= 300 ? code : 603);
		return;
	}
	if (silent) {
		struct stack_reply r = { .code = 202,
					 .headers =
						 TEXT("Refer-Sub: false\r\n") };

		(void)!stack_reply(t, &r);
		return;
	}
	(void)!session_reply(s, t, 202, NULL, NULL);
	/* 2.4.4: the first at once */
	if (s->refer_in)
		notify(s, 100, false);
}

void session_refer_progress(struct session *s, unsigned code)
{
	if (session_is_left(s) || !s->refer_in || code < 100 || code > 699)
		return;
	if (code >= 200)
		s->refer_in = false;
	notify(s, code, code >= 200);
}

/* ---- we ask them */

static void on_refer_response(void *arg, struct stack_client *c, unsigned code,
			      const struct sip_msg *msg,
			      const struct flow *flow)
{
	struct session *s = arg;

	(void)c;
	(void)msg;
	(void)flow;
	sessions_reap(s->all);
	if (!code) {
		s->refer_out = NULL;
		return;
	}
	if (code < 200)
		return;
	stack_detach(s->refer_out);
	s->refer_out = NULL;
	if (code < 300)
		return;
	s->refer_out_busy = false;
	if (code == 408 || code == 481) {
		session_bye(s);
		session_over(s, SESSION_END_LOST);
		return;
	}
	s->all->h.refer_progress(s->owner, s, code);
}

int session_refer(struct session *s, struct text refer_to_uri,
		  struct text referred_by)
{
	uint8_t bytes[1024];
	struct writer w = writer_on(bytes, sizeof(bytes));
	int err;

	if (s->phase != PHASE_TALKING)
		return EPROTO;
	if (s->refer_out_busy)
		return EAGAIN;
	writer_str(&w, "Refer-To: <");
	writer_text(&w, refer_to_uri);
	writer_str(&w, ">\r\n");
	if (referred_by.len)
		message_line(&w, "Referred-By", referred_by);
	err = writer_finish(&w);
	if (!err)
		err = session_send(s, &s->refer_out, METHOD_REFER, &w, TEXT(""),
				   TEXT(""), on_refer_response, s);
	s->refer_out_busy = !err;
	return err;
}

/* The status code of "SIP/2.0 180 Ringing"; 0: none. */
static unsigned frag_code(struct text body)
{
	static const char begin[] = "SIP/2.0 ";
	size_t n = sizeof(begin) - 1;
	uint64_t code;

	if (body.len < n + 3 || memcmp(body.p, begin, n) ||
	    text_u64((struct text){ body.p + n, 3 }, 100, 699, &code))
		return 0;
	return (unsigned)code;
}

void session_on_notify(struct session *s, struct stack_server *t,
		       const struct sip_msg *msg)
{
	struct text event = message_header(msg, SIP_HDR_EVENT);
	struct text state = message_header(msg, SIP_HDR_SUBSCRIPTION_STATE);
	unsigned code;
	bool last;

	if (event.len < 5 || memcmp(event.p, "refer", 5) ||
	    (event.len > 5 && event.p[5] != ';')) {
		struct stack_reply r = { .code = 489,
					 .reason = "Bad Event",
					 .headers = TEXT(
						 "Allow-Events: refer\r\n") };

		(void)!stack_reply(t, &r);
		return;
	}
	if (!s->refer_out_busy) {
		(void)!stack_answer(t, 481);
		return;
	}
	(void)!stack_answer(t, 200);
	code = frag_code(message_body(msg));
	last = state.len >= 10 && !memcmp(state.p, "terminated", 10);
	if (last || code >= 200)
		s->refer_out_busy = false;
	/* ended without a result: whatever came of it, we will not hear */
	if (!code && last)
		code = 487;
	if (code)
		s->all->h.refer_progress(s->owner, s, code);
}
