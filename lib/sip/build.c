/* The building half of message.h. */

#include <sodium.h>
#include <strings.h>

#include "sip/message.h"

static const struct {
	uint16_t code;
	const char *words;
} reasons[] = {
	{ 100, "Trying" },
	{ 180, "Ringing" },
	{ 181, "Call Is Being Forwarded" },
	{ 182, "Queued" },
	{ 183, "Session Progress" },
	{ 199, "Early Dialog Terminated" },
	{ 200, "OK" },
	{ 202, "Accepted" },
	{ 204, "No Notification" },
	{ 300, "Multiple Choices" },
	{ 301, "Moved Permanently" },
	{ 302, "Moved Temporarily" },
	{ 305, "Use Proxy" },
	{ 380, "Alternative Service" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 407, "Proxy Authentication Required" },
	{ 408, "Request Timeout" },
	{ 410, "Gone" },
	{ 413, "Request Entity Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Unsupported URI Scheme" },
	{ 420, "Bad Extension" },
	{ 421, "Extension Required" },
	{ 424, "Bad Location Information" },
	{ 422, "Session Interval Too Small" },
	{ 423, "Interval Too Brief" },
	{ 433, "Anonymity Disallowed" },
	{ 480, "Temporarily Unavailable" },
	{ 481, "Call/Transaction Does Not Exist" },
	{ 482, "Loop Detected" },
	{ 483, "Too Many Hops" },
	{ 484, "Address Incomplete" },
	{ 486, "Busy Here" },
	{ 487, "Request Terminated" },
	{ 488, "Not Acceptable Here" },
	{ 489, "Bad Event" },
	{ 491, "Request Pending" },
	{ 494, "Security Agreement Required" },
	{ 500, "Server Internal Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 504, "Server Time-out" },
	{ 505, "Version Not Supported" },
	{ 513, "Message Too Large" },
	{ 580, "Precondition Failure" },
	{ 600, "Busy Everywhere" },
	{ 603, "Decline" },
	{ 604, "Does Not Exist Anywhere" },
	{ 606, "Not Acceptable" },
};

const char *message_reason(unsigned code)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].code == code)
			return reasons[i].words;
	}
	return code < 200   ? "Progress"
	       : code < 300 ? "OK"
	       : code < 400 ? "Redirected"
	       : code < 500 ? "Request Failed"
	       : code < 600 ? "Server Failed"
			    : "Declined";
}

void message_token(char to[MESSAGE_TAG_CHARS + 1])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	/* a system call each would cost more than the rest of a message */
	static uint8_t pool[4096];
	static size_t left;

	if (left < MESSAGE_TAG_CHARS) {
		randombytes_buf(pool, sizeof(pool));
		left = sizeof(pool);
	}
	for (int i = 0; i < MESSAGE_TAG_CHARS; i++)
		to[i] = letters[pool[--left] & 31];
	to[MESSAGE_TAG_CHARS] = '\0';
}

static void write_number(struct writer *w, uint64_t v)
{
	char digits[20];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + v % 10);
	while (v /= 10);
	writer_copy(w, digits + n, sizeof(digits) - n);
}

void message_line(struct writer *w, const char *name, struct text value)
{
	writer_str(w, name);
	writer_copy(w, ": ", 2);
	writer_text(w, value);
	writer_copy(w, "\r\n", 2);
}

void message_end(struct writer *w, struct text content_type, struct text body)
{
	if (body.len)
		message_line(w, "Content-Type", content_type);
	writer_text(w, TEXT("Content-Length: "));
	write_number(w, body.len);
	writer_copy(w, "\r\n\r\n", 4);
	writer_text(w, body);
}

static bool param_is(struct text one, const char *name)
{
	size_t n = strlen(name);

	while (one.len && (*one.p == ' ' || *one.p == '\t')) {
		one.p++;
		one.len--;
	}
	return one.len >= n && !strncasecmp(one.p, name, n) &&
	       (one.len == n || strchr("= \t", one.p[n]));
}

/*
 * The topmost Via with where it really came from (RFC 3261 18.2.1, RFC 3581
 * 4). A `received` that the sender wrote itself is left out.
 */
static void write_top_via(struct writer *w, const struct sip_via *via,
			  const struct sa *source)
{
	struct text rest = message_text(via->params);
	size_t head = (size_t)(via->params.p - via->val.p);
	bool rport = false;
	char ip[64] = "";

	if (!via->params.p || head > via->val.l)
		head = via->val.l;
	writer_copy(w, via->val.p, head);
	while (rest.p && rest.len) {
		struct text one = { rest.p, 1 };

		/* params begin with ';' */
		while (one.len < rest.len && rest.p[one.len] != ';')
			one.len++;
		rest.p += one.len;
		rest.len -= one.len;
		one.p++;
		one.len--;
		if (param_is(one, "received"))
			continue;
		writer_copy(w, ";", 1);
		if (param_is(one, "rport")) {
			writer_text(w, TEXT("rport="));
			write_number(w, sa_port(source));
			rport = true;
			continue;
		}
		writer_text(w, one);
	}
	if (!rport && sa_isset(&via->addr, SA_ADDR) &&
	    sa_cmp(&via->addr, source, SA_ADDR))
		return;
	if (sa_ntop(source, ip, sizeof(ip)))
		return;
	writer_text(w, TEXT(";received="));
	writer_str(w, ip);
}

static void write_to(struct writer *w, const struct sip_msg *msg,
		     struct text tag)
{
	writer_text(w, TEXT("To: "));
	writer_text(w, message_text(msg->to.val));
	if (tag.len && !msg->to.tag.l) {
		writer_text(w, TEXT(";tag="));
		writer_text(w, tag);
	}
	writer_copy(w, "\r\n", 2);
}

/* A response that makes a dialog carries the route set (RFC 3261 12.1.1). */
static bool makes_dialog(const struct sip_msg *msg, unsigned code)
{
	enum message_method m = message_method_of(msg);

	return code > 100 && code < 300 && !msg->to.tag.l &&
	       (m == METHOD_INVITE || m == METHOD_SUBSCRIBE ||
		m == METHOD_REFER || m == METHOD_NOTIFY);
}

static void write_status(struct writer *w, unsigned code, const char *reason)
{
	writer_text(w, TEXT("SIP/2.0 "));
	write_number(w, code);
	writer_copy(w, " ", 1);
	writer_str(w, reason ? reason : message_reason(code));
	writer_copy(w, "\r\n", 2);
}

void message_response(struct writer *w, const struct sip_msg *msg,
		      unsigned code, const char *reason, struct text tag,
		      const struct sa *source)
{
	bool routes = makes_dialog(msg, code), first = true;

	write_status(w, code, reason);
	for (const struct le *le = msg->hdrl.head; le; le = le->next) {
		const struct sip_hdr *h = le->data;

		if (h->id == SIP_HDR_VIA && first && source) {
			writer_text(w, TEXT("Via: "));
			write_top_via(w, &msg->via, source);
			writer_copy(w, "\r\n", 2);
		} else if (h->id == SIP_HDR_VIA) {
			message_line(w, "Via", message_text(h->val));
		} else if (h->id == SIP_HDR_RECORD_ROUTE && routes) {
			message_line(w, "Record-Route", message_text(h->val));
		} else if (h->id == SIP_HDR_TIMESTAMP && code == 100) {
			/* RFC 3261 8.2.6.1 */
			message_line(w, "Timestamp", message_text(h->val));
		}
		if (h->id == SIP_HDR_VIA)
			first = false;
	}
	message_line(w, "From", message_text(msg->from.val));
	write_to(w, msg, tag);
	message_line(w, "Call-ID", message_text(msg->callid));
	message_line(w, "CSeq", message_header(msg, SIP_HDR_CSEQ));
}

/* ---- answering what could not be decoded */

/* One header with its folded lines, without the last CRLF. */
static bool next_header(struct text *rest, struct text *ret)
{
	size_t n = 0;

	for (;;) {
		const char *nl = memchr(rest->p + n, '\n', rest->len - n);

		if (!nl)
			return false;
		n = (size_t)(nl - rest->p) + 1;
		if (n == rest->len || (*rest->p == '\r' && n == 2) ||
		    (rest->p[n] != ' ' && rest->p[n] != '\t'))
			break;
	}
	*ret = (struct text){ rest->p, n - 1 };
	if (ret->len && ret->p[ret->len - 1] == '\r')
		ret->len--;
	rest->p += n;
	rest->len -= n;
	return ret->len > 0;
}

static bool named(struct text line, const char *name, const char *compact)
{
	const char *colon = memchr(line.p, ':', line.len);
	size_t n = colon ? (size_t)(colon - line.p) : 0;

	while (n && (line.p[n - 1] == ' ' || line.p[n - 1] == '\t'))
		n--;
	return (n == strlen(name) && !strncasecmp(line.p, name, n)) ||
	       (compact && n == 1 && !strncasecmp(line.p, compact, 1));
}

int message_refuse(struct writer *w, const void *p, size_t len,
		   const struct message_fault *f)
{
	static const struct {
		const char *name, *compact;
	} wanted[] = { { "Via", "v" },
		       { "From", "f" },
		       { "To", "t" },
		       { "Call-ID", "i" },
		       { "CSeq", NULL } };
	struct text rest = { p, len }, line;
	unsigned seen = 0;

	if (!f->code || !len)
		return EBADMSG;
	while (rest.len && (*rest.p == '\r' || *rest.p == '\n')) {
		rest.p++;
		rest.len--;
	}
	if (!rest.len || !next_header(&rest, &line))
		return EBADMSG;
	write_status(w, f->code, f->reason);
	while (rest.len && next_header(&rest, &line)) {
		for (unsigned i = 0; i < 5; i++) {
			/* a header that should stand once is copied once */
			if (!named(line, wanted[i].name, wanted[i].compact) ||
			    (i && (seen & 1u << i)))
				continue;
			seen |= 1u << i;
			writer_text(w, line);
			writer_copy(w, "\r\n", 2);
		}
	}
	message_end(w, TEXT(""), TEXT(""));
	return seen == 31 ? writer_finish(w) : EBADMSG;
}
