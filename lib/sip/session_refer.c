/*
 * REFER and the NOTIFYs that it brings, both ways: RFC 3515, within the dialog
 * of the call. Their subscription is the implicit one and outlives the call
 * (RFC 5057): who refers often hangs up next, and wants to hear how it went.
 */
#include <stdlib.h>

#include "sip/lex.h"
#include "sip/session_parts.h"

#define REFER_LIVES_S 180

/* ---- they ask us */

static struct session_refer *refer_new(struct session *s, uint32_t id)
{
	struct session_refer *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->all = s->all;
	r->s = s;
	r->id = id;
	r->next = s->all->refers;
	if (r->next)
		r->next->prev = r;
	s->all->refers = r;
	s->refer_in = r;
	return r;
}

void session_refer_free(struct session_refer *r)
{
	if (r->next)
		r->next->prev = r->prev;
	if (r->prev)
		r->prev->next = r->next;
	else
		r->all->refers = r->next;
	if (r->s)
		r->s->refer_in = NULL;
	free(r);
}

static bool lives(const struct sessions *all, const struct session_refer *r)
{
	for (const struct session_refer *x = all->refers; x; x = x->next)
		if (x == r)
			return true;
	return false;
}

void session_refer_outlives(struct session *s)
{
	struct session_refer *r = s->refer_in;

	if (!r)
		return;
	r->dialog = s->state->d.dialog;
	memcpy(r->user, s->state->user, sizeof(r->user));
	r->s = NULL;
	s->refer_in = NULL;
}

static void notify(struct session_refer *r, unsigned code)
{
	uint8_t bytes[256], body[96];
	struct writer w = writer_on(bytes, sizeof(bytes));
	struct writer frag = writer_on(body, sizeof(body));
	struct text type = TEXT("message/sipfrag;version=2.0");
	struct stack_client *c;
	struct text text;

	/* 2.4.6: the id is the REFER's CSeq, so that several can be told apart
	 */
	writer_printf(&w, "Event: refer;id=%u\r\n", r->id);
	if (code >= 200)
		writer_str(&w, "Subscription-State: "
			       "terminated;reason=noresource\r\n");
	else
		writer_printf(&w, "Subscription-State: active;expires=%u\r\n",
			      REFER_LIVES_S);
	writer_printf(&frag, "SIP/2.0 %u %s\r\n", code, message_reason(code));
	if (writer_finish(&frag))
		return;
	text = (struct text){ (const char *)frag.buf, frag.len };
	if (r->s)
		(void)!session_send(r->s, &c, METHOD_NOTIFY, &w, type, text,
				    session_ignore, NULL);
	else
		(void)!session_send_in(r->all, &r->dialog, r->user, &c,
				       METHOD_NOTIFY, &w, type, text,
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

static void accept_refer(struct session *s, struct stack_server *t,
			 const struct session_refer *r)
{
	struct stack_reply reply = { .code = 202,
				     .headers = TEXT("Refer-Sub: false\r\n") };

	if (session_is_left(s))
		(void)!stack_answer(t, 202);
	else if (!r)
		(void)!stack_reply(t, &reply);
	else
		(void)!session_reply(s, t, 202, NULL, NULL);
}

void session_on_refer(struct session *s, struct stack_server *t,
		      const struct sip_msg *msg)
{
	struct sessions *all = s->all;
	struct session_refer *r = NULL;
	struct sip_addr to;
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
	if (!text_is(message_xheader(msg, "Refer-Sub"), "false")) {
		r = refer_new(s, msg->cseq.num);
		if (!r) {
			(void)!stack_answer(t, 500);
			return;
		}
	}
	code = all->h.referred(s->owner, s, r, message_text(to.auri), msg);
	if (code != 202) {
		if (r && lives(all, r))
			session_refer_free(r);
		(void)!stack_answer(t, code >= 300 ? code : 603);
		return;
	}
	accept_refer(s, t, r);
	/* 2.4.4: the first at once */
	if (r && lives(all, r))
		notify(r, 100);
}

void session_refer_progress(struct session_refer *r, unsigned code)
{
	if (!r || code < 100 || code > 699)
		return;
	notify(r, code);
	if (code >= 200)
		session_refer_free(r);
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
	/* RFC 5057 5.1: a REFER that nobody answers ends nothing else */
	if (code == 481) {
		session_bye(s);
		session_over(s, SESSION_END_LOST);
		return;
	}
	s->all->h.refer_progress(s->owner, s, code);
}

int session_refer(struct session *s, struct text refer_to_uri,
		  struct text referred_by)
{
	uint8_t bytes[SESSION_HEADERS_MAX / 2];
	struct writer w = writer_on(bytes, sizeof(bytes));
	int err;

	if (s->phase != PHASE_TALKING)
		return EPROTO;
	if (!session_takes_refer(s))
		return EOPNOTSUPP;
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
