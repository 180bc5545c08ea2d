/*
 * endpoint -- an IPv4 or IPv6 address with its port
 */
#ifndef VAXEL_MEDIA_ENDPOINT_H
#define VAXEL_MEDIA_ENDPOINT_H

#include <netinet/in.h>

#include "base/bytes.h"

struct endpoint {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} u;
	socklen_t len; /* 0: none */
};

/* Numeric, of that family. EINVAL otherwise; the wildcard is refused too. */
int endpoint_read(struct endpoint *ret, struct text address, uint16_t port,
		  bool ipv6) CHECK_RESULT;

uint16_t endpoint_port(const struct endpoint *e);
void endpoint_set_port(struct endpoint *e, uint16_t port);

bool endpoint_same_host(const struct endpoint *a, const struct endpoint *b);
bool endpoint_same(const struct endpoint *a, const struct endpoint *b);

/*
 * An address that means something only behind its own NAT: RFC 1918, RFC 6598,
 * link-local, unique local. Not loopback: that is this machine.
 */
bool endpoint_is_private(const struct endpoint *e);

#endif
