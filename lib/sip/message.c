#include "sip/message.h"

#include <ctype.h>
#include <strings.h>

static const char *const method_names[METHOD_COUNT] = {
	[METHOD_OTHER] = "",
	[METHOD_INVITE] = "INVITE",
	[METHOD_ACK] = "ACK",
	[METHOD_BYE] = "BYE",
	[METHOD_CANCEL] = "CANCEL",
	[METHOD_OPTIONS] = "OPTIONS",
	[METHOD_PRACK] = "PRACK",
	[METHOD_UPDATE] = "UPDATE",
	[METHOD_INFO] = "INFO",
	[METHOD_REFER] = "REFER",
	[METHOD_NOTIFY] = "NOTIFY",
	[METHOD_REGISTER] = "REGISTER",
	[METHOD_SUBSCRIBE] = "SUBSCRIBE",
	[METHOD_MESSAGE] = "MESSAGE",
	[METHOD_PUBLISH] = "PUBLISH",
};

enum message_method message_method(struct text name)
{
	/* methods are case-sensitive (RFC 3261 7.1) */
	for (unsigned m = METHOD_INVITE; m < METHOD_COUNT; m++) {
		if (text_is(name, method_names[m]))
			return (enum message_method)m;
	}
	return METHOD_OTHER;
}

const char *message_method_name(enum message_method m)
{
	return m < METHOD_COUNT ? method_names[m] : "";
}

enum message_method message_method_of(const struct sip_msg *msg)
{
	return message_method(
		message_text(msg->req ? msg->met : msg->cseq.met));
}

struct sip_msg *message_keep(const struct sip_msg *msg)
{
	union {
		const struct sip_msg *c;
		struct sip_msg *m;
	} u = { .c = msg };

	return mem_ref(u.m); /* the count is all that changes */
}

void message_drop(const struct sip_msg *msg)
{
	union {
		const struct sip_msg *c;
		struct sip_msg *m;
	} u = { .c = msg };

	mem_deref(u.m);
}

struct text message_header(const struct sip_msg *msg, enum sip_hdrid id)
{
	const struct sip_hdr *h = sip_msg_hdr(msg, id);

	return h ? message_text(h->val) : (struct text){ NULL, 0 };
}

struct text message_xheader(const struct sip_msg *msg, const char *name)
{
	const struct sip_hdr *h = sip_msg_xhdr(msg, name);

	return h ? message_text(h->val) : (struct text){ NULL, 0 };
}

struct nth {
	unsigned left;
	struct text *ret;
};

static bool nth_h(const struct sip_hdr *h, const struct sip_msg *msg, void *arg)
{
	struct nth *n = arg;

	(void)msg;
	if (n->left--)
		return false;
	*n->ret = message_text(h->val);
	return true;
}

bool message_header_at(const struct sip_msg *msg, enum sip_hdrid id, unsigned i,
		       struct text *ret)
{
	struct nth n = { i, ret };

	return sip_msg_hdr_apply(msg, true, id, nth_h, &n) != NULL;
}

bool message_has_token(const struct sip_msg *msg, enum sip_hdrid id,
		       const char *token)
{
	return sip_msg_hdr_has_value(msg, id, token);
}

unsigned message_hops(const struct sip_msg *msg)
{
	uint64_t left =
		message_number(msg, SIP_HDR_MAX_FORWARDS, MESSAGE_HOPS_MAX);

	if (left > MESSAGE_HOPS_MAX)
		left = MESSAGE_HOPS_MAX;
	return MESSAGE_HOPS_MAX + 1 - (unsigned)left;
}

uint64_t message_number(const struct sip_msg *msg, enum sip_hdrid id,
			uint64_t otherwise)
{
	struct text t = message_header(msg, id);
	uint64_t v;

	for (size_t i = 0; i < t.len; i++) { /* "90;refresher=uac" */
		if (t.p[i] == ';' || t.p[i] == ' ' || t.p[i] == '\t')
			t.len = i;
	}
	if (!t.len || text_u64(t, 0, UINT32_MAX, &v))
		return otherwise;
	return v;
}

struct text message_body(const struct sip_msg *msg)
{
	const uint8_t *p = mbuf_buf(msg->mb);

	return (struct text){ (const char *)p, mbuf_get_left(msg->mb) };
}

static struct text trimmed(struct text t)
{
	while (t.len && strchr(" \t\r\n", t.p[0])) {
		t.p++;
		t.len--;
	}
	while (t.len && strchr(" \t\r\n", t.p[t.len - 1]))
		t.len--;
	return t;
}

/* One `name[=value]` up to the next ';' outside quotes. */
static struct text next_param(struct text *rest)
{
	struct text one = { rest->p, 0 };
	bool quoted = false;

	while (one.len < rest->len) {
		char c = rest->p[one.len];

		if (quoted && c == '\\')
			one.len += one.len + 1 < rest->len;
		else if (c == '"')
			quoted = !quoted;
		else if (c == ';' && !quoted)
			break;
		one.len++;
	}
	rest->p += one.len;
	rest->len -= one.len;
	if (rest->len) {
		rest->p++;
		rest->len--;
	}
	return one;
}

bool message_param(struct text params, const char *name, struct text *ret)
{
	size_t n = strlen(name);

	while (params.len) {
		struct text one = trimmed(next_param(&params));
		struct text value = { one.p + one.len, 0 };
		const char *eq = one.len ? memchr(one.p, '=', one.len) : NULL;

		if (eq) {
			size_t at = (size_t)(eq - one.p);

			value = trimmed(
				(struct text){ eq + 1, one.len - at - 1 });
			one = trimmed((struct text){ one.p, at });
		}
		if (one.len != n || strncasecmp(one.p, name, n) != 0)
			continue;
		if (value.len >= 2 && value.p[0] == '"' &&
		    value.p[value.len - 1] == '"') {
			value.p++;
			value.len -= 2;
		}
		*ret = value;
		return true;
	}
	return false;
}
