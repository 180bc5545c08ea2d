#include "probe/target.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>

static const struct sockaddr_in *v4(const struct sockaddr_storage *a)
{
	return (const struct sockaddr_in *)(const void *)a;
}

static const struct sockaddr_in6 *v6(const struct sockaddr_storage *a)
{
	return (const struct sockaddr_in6 *)(const void *)a;
}

/* The IPv4 address, also where it is mapped into IPv6. */
static bool as_v4(const struct sockaddr_storage *a, uint32_t *ret)
{
	uint32_t n;

	if (a->ss_family == AF_INET) {
		*ret = ntohl(v4(a)->sin_addr.s_addr);
		return true;
	}
	if (!IN6_IS_ADDR_V4MAPPED(&v6(a)->sin6_addr))
		return false;
	memcpy(&n, v6(a)->sin6_addr.s6_addr + 12, sizeof(n));
	*ret = ntohl(n);
	return true;
}

bool probe_target_is_loopback(const struct sockaddr_storage *a)
{
	uint32_t n;

	if (as_v4(a, &n))
		return n >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&v6(a)->sin6_addr);
}

bool probe_target_is_wildcard(const struct sockaddr_storage *a)
{
	uint32_t n;

	if (as_v4(a, &n))
		return !n;
	return IN6_IS_ADDR_UNSPECIFIED(&v6(a)->sin6_addr);
}

bool probe_target_is_public(const struct sockaddr_storage *a)
{
	uint32_t n;

	if (as_v4(a, &n))
		return n && n >> 24 != 127 && n >> 24 != 10 &&
		       n >> 20 != 0xac1 && n >> 16 != 0xc0a8 &&
		       n >> 16 != 0xa9fe && n >> 22 != 0x191;
	return !IN6_IS_ADDR_UNSPECIFIED(&v6(a)->sin6_addr) &&
	       !IN6_IS_ADDR_LOOPBACK(&v6(a)->sin6_addr) &&
	       !IN6_IS_ADDR_LINKLOCAL(&v6(a)->sin6_addr) &&
	       (v6(a)->sin6_addr.s6_addr[0] & 0xfe) != 0xfc;
}

uint16_t probe_target_port(const struct sockaddr_storage *a)
{
	return ntohs(a->ss_family == AF_INET ? v4(a)->sin_port
					     : v6(a)->sin6_port);
}

void probe_target_set_port(struct sockaddr_storage *a, uint16_t port)
{
	if (a->ss_family == AF_INET)
		((struct sockaddr_in *)(void *)a)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)(void *)a)->sin6_port = htons(port);
}

void probe_target_name(struct target *t)
{
	char host[INET6_ADDRSTRLEN] = "?";
	bool six = t->at.ss_family == AF_INET6;

	(void)inet_ntop(t->at.ss_family,
			six ? (const void *)&v6(&t->at)->sin6_addr
			    : (const void *)&v4(&t->at)->sin_addr,
			host, sizeof(host));
	(void)snprintf(t->name, sizeof(t->name), six ? "[%s]:%u" : "%s:%u",
		       host, probe_target_port(&t->at));
}

bool probe_target_source(const struct target *t, struct sockaddr_storage *ret)
{
	struct sockaddr_in *from = (struct sockaddr_in *)(void *)ret;

	/* many a service trusts 127.0.0.1; all of 127/8 is this machine */
	if (t->at.ss_family != AF_INET || !probe_target_is_loopback(&t->at))
		return false;
	memset(ret, 0, sizeof(*ret));
	from->sin_family = AF_INET;
	from->sin_addr.s_addr = htonl(0x7f530101); /* 127.83.1.1 */
	return true;
}

/* ---- what a person wrote */

static int look_up(struct target *t, uint16_t port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	struct in_addr four;
	struct in6_addr six;

	if (getaddrinfo(t->host, NULL, &hints, &list))
		return ENOENT;
	memset(&t->at, 0, sizeof(t->at));
	memcpy(&t->at, list->ai_addr, list->ai_addrlen);
	t->at_len = list->ai_addrlen;
	freeaddrinfo(list);
	probe_target_set_port(&t->at, port);
	if (inet_pton(AF_INET, t->host, &four) == 1 ||
	    inet_pton(AF_INET6, t->host, &six) == 1)
		t->host[0] = '\0';
	return 0;
}

/* HOST[:PORT] or [V6][:PORT] */
static int read_authority(struct text a, struct target *t, uint16_t *port)
{
	struct text host = a, rest = { "", 0 };
	uint64_t n;

	if (a.len && *a.p == '[') {
		if (!memchr(a.p, ']', a.len))
			return EINVAL;
		host.p++;
		host.len--;
		rest = host;
		host = text_cut(&rest, ']');
		if (rest.len && *rest.p != ':')
			return EINVAL;
	} else if (memchr(a.p, ':', a.len) &&
		   memchr(a.p, ':', a.len) == memrchr(a.p, ':', a.len)) {
		rest = a;
		host = text_cut(&rest, ':');
		rest.p--;
		rest.len++;
	}
	if (!host.len || text_copy(t->host, sizeof(t->host), host))
		return EINVAL;
	if (!rest.len)
		return 0;
	if (text_u64((struct text){ rest.p + 1, rest.len - 1 }, 1, 65535, &n))
		return EINVAL;
	*port = (uint16_t)n;
	return 0;
}

int probe_target_read(const char *text, struct target *ret)
{
	struct text rest = text_of(text), authority;
	struct target t = { .exposed = true };
	uint16_t port = 0;
	bool url = true;
	int err;

	if (!strncmp(text, "http://", 7))
		port = 80;
	else if (!strncmp(text, "https://", 8))
		port = 443;
	else
		url = false;
	if (!text_is_printable(rest) || (!url && strchr(text, '/')))
		return EINVAL;
	if (url) {
		size_t skip = port == 80 ? 7 : 8;

		rest.p += skip;
		rest.len -= skip;
		authority = text_cut(&rest, '/');
		if (rest.len &&
		    snprintf(t.path, sizeof(t.path), "/%.*s", (int)rest.len,
			     rest.p) >= (int)sizeof(t.path))
			return EINVAL;
	} else {
		authority = rest;
	}
	err = read_authority(authority, &t, &port);
	if (!err)
		err = look_up(&t, port);
	if (err)
		return err;
	probe_target_name(&t);
	if (url && text_copy(t.name, sizeof(t.name), text_of(text)))
		return EINVAL;
	*ret = t;
	return 0;
}
