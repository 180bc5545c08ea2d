#include "sip/number.h"
#include "sip/lex.h"

#include <ctype.h>
#include <strings.h>

#define DIALLED_MAX 64

/* Visual separators (RFC 3966 5.1.1), and what people put there besides. */
static bool is_separator(char c)
{
	return c == '-' || c == '.' || c == '(' || c == ')' || c == ' ' ||
	       c == '/';
}

/* Only digits and a leading plus; empty: not a number. */
static int strip(struct text t, char to[DIALLED_MAX], size_t *ret_len)
{
	size_t n = 0;

	*ret_len = 0;
	if (t.len >= DIALLED_MAX)
		return EBADMSG;
	for (size_t i = 0; i < t.len; i++) {
		char c = t.p[i];

		if (is_separator(c))
			continue;
		if (c == '+' && !n)
			to[n++] = c;
		else if (isdigit((unsigned char)c))
			to[n++] = c;
		else
			return 0; /* a name */
	}
	to[n] = '\0';
	*ret_len = n;
	return 0;
}

/* E.164: at most 15 digits, none in front that is 0. */
static int international(const char *digits, size_t len, struct number *ret)
{
	if (len < 7 || len > 15 || digits[0] == '0')
		return EBADMSG;
	*ret = (struct number){ .kind = NUMBER_E164 };
	ret->digits[0] = '+';
	memcpy(ret->digits + 1, digits, len);
	return 0;
}

static int national(const char *digits, size_t len, struct number *ret)
{
	char whole[DIALLED_MAX + 2] = "46";

	memcpy(whole + 2, digits, len);
	return international(whole, len + 2, ret);
}

int number_from_text(struct text dialled, struct number *ret)
{
	static const struct number none = { .kind = NUMBER_NONE };
	char d[DIALLED_MAX];
	size_t len;
	int err = strip(dialled, d, &len);

	if (err)
		return err;
	if (!len) {
		*ret = none;
		return 0;
	}
	if (d[0] == '+')
		return international(d + 1, len - 1, ret);
	if (len > 2 && d[0] == '0' && d[1] == '0')
		return international(d + 2, len - 2, ret);
	if (len > 6 && d[0] == '0')
		return national(d + 1, len - 1, ret);
	if (len >= 3 && len <= 6 && d[0] != '0') {
		*ret = (struct number){ .kind = NUMBER_SHORT };
		memcpy(ret->digits, d, len + 1);
		return 0;
	}
	/* neither a short number nor dialled as one may from here */
	*ret = none;
	return 0;
}

/* "%2B46" as "+46" */
static int unescape(struct text t, char to[DIALLED_MAX], size_t *ret_len)
{
	size_t n = 0;

	for (size_t i = 0; i < t.len; i++) {
		unsigned v;

		if (n == DIALLED_MAX - 1)
			return EBADMSG;
		if (t.p[i] != '%') {
			to[n++] = t.p[i];
			continue;
		}
		if (i + 2 >= t.len || !isxdigit((unsigned char)t.p[i + 1]) ||
		    !isxdigit((unsigned char)t.p[i + 2]))
			return EBADMSG;
		v = 0;
		for (int k = 1; k <= 2; k++) {
			int c = tolower((unsigned char)t.p[i + (size_t)k]);

			v = v * 16 +
			    (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
		}
		to[n++] = (char)v;
		i += 2;
	}
	*ret_len = n;
	return 0;
}

/* Up to the first of these characters. */
static struct text before(struct text t, const char *stops)
{
	for (size_t i = 0; i < t.len; i++) {
		if (t.p[i] && strchr(stops, t.p[i]))
			t.len = i;
	}
	return t;
}

static bool has_scheme(struct text *t, const char *scheme)
{
	size_t n = strlen(scheme);

	if (t->len < n || strncasecmp(t->p, scheme, n) != 0)
		return false;
	t->p += n;
	t->len -= n;
	return true;
}

static bool is_anonymous(struct text user, struct text host)
{
	static const char *const users[] = { "anonymous", "unavailable",
					     "unknown", "restricted" };
	const char *suffix = "anonymous.invalid";
	size_t n = strlen(suffix);

	host = before(host, ":;>?");
	if (host.len >= n && !strncasecmp(host.p + host.len - n, suffix, n))
		return true;
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if (user.len == strlen(users[i]) &&
		    !strncasecmp(user.p, users[i], user.len))
			return true;
	}
	return false;
}

int number_from_uri(struct text uri, struct number *ret)
{
	struct text user, host = { uri.p, 0 };
	char plain[DIALLED_MAX];
	const char *at;
	size_t len;
	int err;

	if (has_scheme(&uri, "tel:")) {
		user = before(uri, ";?");
	} else if (has_scheme(&uri, "sip:") || has_scheme(&uri, "sips:")) {
		at = memchr(uri.p, '@', uri.len);
		if (!at)
			at = uri.p;
		user = before((struct text){ uri.p, (size_t)(at - uri.p) },
			      ";:");
		host = (struct text){ at, uri.len - (size_t)(at - uri.p) };
		if (host.len && *host.p == '@') {
			host.p++;
			host.len--;
		}
	} else {
		return EBADMSG;
	}
	if (is_anonymous(user, host)) {
		*ret = (struct number){ .kind = NUMBER_ANONYMOUS };
		return 0;
	}
	err = unescape(user, plain, &len);
	return err ? err : number_from_text((struct text){ plain, len }, ret);
}

/* RFC 3323 4.2: a list separated by ';' */
static bool wants_privacy(const struct sip_msg *msg)
{
	struct text t = message_header(msg, SIP_HDR_PRIVACY);
	struct text v;

	return message_param(t, "id", &v) || message_param(t, "user", &v) ||
	       message_param(t, "header", &v);
}

/* The better of several P-Asserted-Identity: a number before a name. */
static bool asserted(const struct sip_msg *msg, struct number *ret)
{
	struct text value;
	bool found = false;

	for (unsigned i = 0;
	     i < 4 &&
	     message_header_at(msg, SIP_HDR_P_ASSERTED_IDENTITY, i, &value);
	     i++) {
		struct sip_addr addr;
		struct number n;

		if (lex_address(&addr, value) ||
		    number_from_uri(message_text(addr.auri), &n))
			continue;
		if (!found || n.kind == NUMBER_E164)
			*ret = n;
		found = true;
		if (n.kind == NUMBER_E164)
			break;
	}
	return found;
}

void number_caller(const struct sip_msg *msg, bool trusted,
		   struct number_caller *ret)
{
	struct number from = { .kind = NUMBER_NONE };

	memset(ret, 0, sizeof(*ret));
	if (number_from_uri(message_text(msg->from.auri), &from))
		from = (struct number){ .kind = NUMBER_NONE };
	ret->restricted = wants_privacy(msg) || from.kind == NUMBER_ANONYMOUS;
	ret->number = from;
	if (!trusted)
		return;
	ret->asserted = asserted(msg, &ret->number);
}
