#include "process/media/endpoint.h"

#include <arpa/inet.h>

int endpoint_read(struct endpoint *ret, struct text address, uint16_t port,
		  bool ipv6)
{
	struct endpoint e = { 0 };
	char text[INET6_ADDRSTRLEN];

	if (!port || text_copy(text, sizeof(text), address))
		return EINVAL;
	if (ipv6) {
		e.u.in6.sin6_family = AF_INET6;
		e.u.in6.sin6_port = htons(port);
		e.len = sizeof(e.u.in6);
		if (inet_pton(AF_INET6, text, &e.u.in6.sin6_addr) != 1 ||
		    IN6_IS_ADDR_UNSPECIFIED(&e.u.in6.sin6_addr))
			return EINVAL;
	} else {
		e.u.in.sin_family = AF_INET;
		e.u.in.sin_port = htons(port);
		e.len = sizeof(e.u.in);
		if (inet_pton(AF_INET, text, &e.u.in.sin_addr) != 1 ||
		    !e.u.in.sin_addr.s_addr)
			return EINVAL;
	}
	*ret = e;
	return 0;
}

uint16_t endpoint_port(const struct endpoint *e)
{
	return ntohs(e->u.sa.sa_family == AF_INET6 ? e->u.in6.sin6_port
						   : e->u.in.sin_port);
}

void endpoint_set_port(struct endpoint *e, uint16_t port)
{
	if (e->u.sa.sa_family == AF_INET6)
		e->u.in6.sin6_port = htons(port);
	else
		e->u.in.sin_port = htons(port);
}

bool endpoint_same_host(const struct endpoint *a, const struct endpoint *b)
{
	if (!a->len || a->len != b->len)
		return false;
	if (a->u.sa.sa_family == AF_INET6)
		return !memcmp(&a->u.in6.sin6_addr, &b->u.in6.sin6_addr,
			       sizeof(a->u.in6.sin6_addr));
	return a->u.in.sin_addr.s_addr == b->u.in.sin_addr.s_addr;
}

bool endpoint_same(const struct endpoint *a, const struct endpoint *b)
{
	return endpoint_same_host(a, b) && endpoint_port(a) == endpoint_port(b);
}

bool endpoint_is_private(const struct endpoint *e)
{
	uint32_t a;

	if (!e->len)
		return false;
	if (e->u.sa.sa_family == AF_INET6) {
		const uint8_t *p = e->u.in6.sin6_addr.s6_addr;

		return (p[0] & 0xfe) == 0xfc ||
		       (p[0] == 0xfe && (p[1] & 0xc0) == 0x80);
	}
	a = ntohl(e->u.in.sin_addr.s_addr);
	return a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 ||
	       a >> 16 == 0xa9fe || (a & 0xffc00000) == 0x64400000;
}
