/*
 * Digits by INFO, as many phones and trunks still send them: both ways, bodies
 * application/dtmf-relay and application/dtmf.
 */
#include <strings.h>

#include "sip/session_parts.h"

/* "Signal=5" among lines; also "Signal= 5". */
static bool line_value(struct text body, const char *name, struct text *ret)
{
	size_t n = strlen(name);

	while (body.len) {
		const char *end = memchr(body.p, '\n', body.len);
		size_t len = end ? (size_t)(end - body.p) : body.len;
		struct pl pl = { body.p, len < n ? len : n };

		if (len > n && !pl_strcasecmp(&pl, name) && body.p[n] == '=') {
			struct text v = { body.p + n + 1, len - n - 1 };

			while (v.len && *v.p == ' ') {
				v.p++;
				v.len--;
			}
			while (v.len && (v.p[v.len - 1] == '\r' ||
					 v.p[v.len - 1] == ' '))
				v.len--;
			*ret = v;
			return true;
		}
		len += end ? 1 : 0;
		body.p += len;
		body.len -= len;
	}
	return false;
}

static bool is_digit(struct text t)
{
	return t.len == 1 && *t.p && strchr("0123456789*#ABCDabcd", *t.p);
}

void session_on_info(struct session *s, struct stack_server *t,
		     const struct sip_msg *msg)
{
	struct text body = message_body(msg);
	struct text digit = body;
	struct text value;
	uint64_t ms = 160;
	bool relay;

	/* RFC 6086 4.2.2: packages have to be agreed on, and none is */
	if (message_xheader(msg, "Info-Package").p) {
		struct stack_reply r = { .code = 469,
					 .reason = "Bad Info Package",
					 .headers = TEXT("Recv-Info:\r\n") };

		(void)!stack_reply(t, &r);
		return;
	}
	if (!pl_strcasecmp(&msg->ctyp.subtype, "vaxel")) {
		(void)!stack_answer(t, 200);
		s->all->h.told(s->owner, s, body);
		return;
	}
	relay = !pl_strcasecmp(&msg->ctyp.subtype, "dtmf-relay");
	if (body.len && !relay && pl_strcasecmp(&msg->ctyp.subtype, "dtmf")) {
		struct stack_reply r = {
			.code = 415,
			.headers = TEXT("Accept: application/dtmf-relay, "
					"application/dtmf\r\n")
		};

		(void)!stack_reply(t, &r);
		return;
	}
	(void)!stack_answer(t, 200);
	if (relay) {
		if (!line_value(body, "Signal", &digit))
			return;
		if (line_value(body, "Duration", &value))
			(void)!text_u64(value, 1, 60000, &ms);
	}
	while (!relay && digit.len && strchr("\r\n ", digit.p[digit.len - 1]))
		digit.len--;
	if (is_digit(digit)) {
		char c = *digit.p;

		if (c >= 'a')
			c = (char)(c - 32);
		s->all->h.dtmf(s->owner, s, c, (unsigned)ms);
	}
}

/* Who cannot take it says so, and nothing follows from that. */
static int send_info(struct session *s, struct text type, struct text body)
{
	struct stack_client *c;

	if (s->phase != PHASE_TALKING)
		return EPROTO;
	return session_send(s, &c, METHOD_INFO, NULL, type, body,
			    session_ignore, NULL);
}

int session_say(struct session *s, struct text word)
{
	return send_info(s, TEXT("application/vaxel"), word);
}

int session_dtmf(struct session *s, char digit, unsigned duration_ms)
{
	uint8_t bytes[64];
	struct writer w = writer_on(bytes, sizeof(bytes));

	writer_printf(&w, "Signal=%c\r\nDuration=%u\r\n", digit, duration_ms);
	if (writer_finish(&w))
		return EMSGSIZE;
	return send_info(s, TEXT("application/dtmf-relay"),
			 (struct text){ (const char *)w.buf, w.len });
}
