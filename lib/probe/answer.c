#include "probe/answer.h"

#include <strings.h>

static const struct {
	enum spoken spoken;
	const char *begin;
	const char *within; /* somewhere in the first line; "": nothing */
} beginnings[] = {
	{ SPOKEN_HTTP, "HTTP/", "" },
	{ SPOKEN_SIP, "SIP/2.0 ", "" },
	{ SPOKEN_RTSP, "RTSP/", "" },
	{ SPOKEN_SSH, "SSH-", "" },
	{ SPOKEN_RSYNC, "@RSYNCD:", "" },
	{ SPOKEN_VNC, "RFB ", "" },
	{ SPOKEN_TELNET, "\xff\xfd", "" },
	{ SPOKEN_TELNET, "\xff\xfb", "" },
	{ SPOKEN_AMI, "Asterisk Call Manager", "" },
	{ SPOKEN_ESL, "Content-Type: auth/request", "" },
	{ SPOKEN_REDIS, "+PONG", "" },
	{ SPOKEN_REDIS, "-NOAUTH", "" },
	{ SPOKEN_REDIS, "-DENIED", "" },
	{ SPOKEN_REDIS, "-ERR ", "" },
	{ SPOKEN_MEMCACHED, "VERSION ", "" },
	{ SPOKEN_MAIL, "220 ", "SMTP" },
	{ SPOKEN_MAIL, "220-", "SMTP" },
	{ SPOKEN_MAIL, "+OK", "" },
	{ SPOKEN_MAIL, "* OK", "" },
	{ SPOKEN_FTP, "220 ", "" },
	{ SPOKEN_FTP, "220-", "" },
};

static struct text first_line(struct bytes b)
{
	struct text t = { (const char *)b.p, b.len };

	return text_cut(&t, '\n');
}

static bool has(struct text t, const char *s)
{
	return !*s || (t.len && memmem(t.p, t.len, s, strlen(s)));
}

static bool begins(struct bytes b, const char *s)
{
	size_t n = strlen(s);

	return b.len >= n && !memcmp(b.p, s, n);
}

enum spoken answer_protocol(struct bytes b)
{
	struct bytes rest = { b.p + 4, b.len >= 4 ? b.len - 4 : 0 };
	struct text line;

	if (!b.len)
		return SPOKEN_NOTHING;
	line = first_line(b);
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (begins(b, beginnings[i].begin) &&
		    has(line, beginnings[i].within))
			return beginnings[i].spoken;
	/* an alert or handshake record, of whatever version */
	if (b.len >= 3 && (b.p[0] == 0x15 || b.p[0] == 0x16) && b.p[1] == 3 &&
	    b.p[2] <= 4)
		return SPOKEN_TLS;
	if (begins(rest, "\xfeSMB") || begins(rest, "\xffSMB"))
		return SPOKEN_SMB;
	/* length, number 0, version 10 */
	if (b.len >= 5 && !b.p[2] && !b.p[3] && b.p[4] == 10)
		return SPOKEN_MYSQL;
	return SPOKEN_UNKNOWN;
}

const char *answer_name(enum spoken s)
{
	static const char *const names[] = {
		[SPOKEN_NOTHING] = "nothing",
		[SPOKEN_UNKNOWN] = "a protocol that is not known here",
		[SPOKEN_HTTP] = "HTTP",
		[SPOKEN_TLS] = "TLS",
		[SPOKEN_SIP] = "SIP",
		[SPOKEN_RTSP] = "RTSP",
		[SPOKEN_SSH] = "SSH",
		[SPOKEN_FTP] = "FTP",
		[SPOKEN_MAIL] = "mail",
		[SPOKEN_RSYNC] = "rsync",
		[SPOKEN_VNC] = "VNC",
		[SPOKEN_TELNET] = "telnet",
		[SPOKEN_SMB] = "SMB",
		[SPOKEN_REDIS] = "Redis",
		[SPOKEN_MEMCACHED] = "memcached",
		[SPOKEN_ESL] = "FreeSWITCH's event socket",
		[SPOKEN_AMI] = "Asterisk's manager interface",
		[SPOKEN_MYSQL] = "MySQL",
	};

	return names[s];
}

static struct text trim(struct text t)
{
	while (t.len && strchr(" \t\r\n", t.p[t.len - 1]))
		t.len--;
	while (t.len && (*t.p == ' ' || *t.p == '\t')) {
		t.p++;
		t.len--;
	}
	return t;
}

struct text answer_header(const struct http_answer *a, const char *name)
{
	struct text rest = a->head;

	while (rest.len) {
		struct text value = text_cut(&rest, '\n');
		struct text key = text_cut(&value, ':');

		if (key.len == strlen(name) &&
		    !strncasecmp(key.p, name, key.len))
			return trim(value);
	}
	return (struct text){ "", 0 };
}

/* Where the headers end; the length of what ends them. */
static const char *end_of_head(struct text t, size_t *ret_len)
{
	const char *dos = memmem(t.p, t.len, "\r\n\r\n", 4);
	const char *unix_like = memmem(t.p, t.len, "\n\n", 2);

	*ret_len = dos && (!unix_like || dos < unix_like) ? 4 : 2;
	return *ret_len == 4 ? dos : unix_like;
}

int answer_http(struct bytes b, struct http_answer *ret)
{
	struct text t = { (const char *)b.p, b.len }, status;
	struct http_answer a = { .body = { "", 0 } };
	uint64_t n;
	const char *end;
	size_t skip;

	if (!begins(b, "HTTP/1."))
		return EBADMSG;
	end = end_of_head(t, &skip);
	if (end) {
		a.body.p = end + skip;
		a.body.len = (size_t)(t.p + t.len - a.body.p);
		t.len = (size_t)(end - t.p) + 1;
	}
	status = text_cut(&t, '\n');
	(void)text_cut(&status, ' ');
	if (text_u64(trim(text_cut(&status, ' ')), 100, 999, &n))
		return EBADMSG;
	a.status = (unsigned)n;
	a.head = t;
	if (text_is(answer_header(&a, "Transfer-Encoding"), "chunked"))
		(void)text_cut(&a.body, '\n');
	*ret = a;
	return 0;
}
