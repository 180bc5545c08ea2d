#include "process/media/ports.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define DSCP_EF 0xb8 /* expedited forwarding, RFC 3246 */

struct family {
	bool usable;
	struct endpoint address;
	struct port *pairs; /* of the whole share, bound or not */
	unsigned fresh;     /* the first that was never bound */
	struct port *first_free, *last_free;
};

struct ports {
	int epoll;
	uint16_t low;
	unsigned count; /* pairs in our share */
	unsigned bound, max_pairs;
	struct family families[2];
};

int ports_fd(const struct ports *p)
{
	return p->epoll;
}

static int family_new(struct ports *p, bool ipv6, const char *address)
{
	struct family *f = &p->families[ipv6];

	if (!address[0])
		return 0;
	if (endpoint_read(&f->address, text_of(address), 1, ipv6)) {
		/* the wildcard is a fine address to bind to */
		if (strcmp(address, ipv6 ? "::" : "0.0.0.0"))
			return EINVAL;
		f->address.u.sa.sa_family = ipv6 ? AF_INET6 : AF_INET;
		f->address.len = ipv6 ? sizeof(f->address.u.in6)
				      : sizeof(f->address.u.in);
	}
	f->pairs = calloc(p->count, sizeof(*f->pairs));
	if (!f->pairs)
		return ENOMEM;
	for (unsigned i = 0; i < p->count; i++) {
		f->pairs[i].rtp = -1;
		f->pairs[i].rtcp = -1;
		f->pairs[i].ipv6 = ipv6;
		f->pairs[i].number = (uint16_t)(p->low + 2 * i);
	}
	f->usable = true;
	return 0;
}

int ports_new(struct ports **ret, const struct ports_config *c)
{
	unsigned low = (c->low + 1u) & ~1u;
	unsigned pairs = c->high > low ? (c->high - low + 1u) / 2 : 0;
	unsigned first = pairs * c->worker / c->workers;
	struct ports *p;
	int err;

	if (pairs * (c->worker + 1) / c->workers == first)
		return EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return ENOMEM;
	p->low = (uint16_t)(low + 2 * first);
	p->count = pairs * (c->worker + 1) / c->workers - first;
	p->max_pairs = c->max_pairs;
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	err = p->epoll < 0 ? errno : 0;
	if (!err)
		err = family_new(p, false, c->address);
	if (!err)
		err = family_new(p, true, c->address6);
	if (err) {
		ports_free(p);
		return err;
	}
	*ret = p;
	return 0;
}

static void unbind(struct port *port)
{
	if (port->rtp >= 0)
		(void)close(port->rtp);
	if (port->rtcp >= 0)
		(void)close(port->rtcp);
	port->rtp = -1;
	port->rtcp = -1;
}

void ports_free(struct ports *p)
{
	if (!p)
		return;
	for (unsigned v = 0; v < 2; v++) {
		struct family *f = &p->families[v];

		for (unsigned i = 0; f->pairs && i < f->fresh; i++)
			unbind(&f->pairs[i]);
		free(f->pairs);
	}
	if (p->epoll >= 0)
		(void)close(p->epoll);
	free(p);
}

static int bind_one(const struct family *f, bool ipv6, uint16_t number,
		    int *ret)
{
	int fd = socket(ipv6 ? AF_INET6 : AF_INET,
			SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct endpoint e = f->address;
	int one = 1, dscp = DSCP_EF, err;

	if (fd < 0)
		return errno;
	endpoint_set_port(&e, number);
	if (ipv6) {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
				 sizeof(one));
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &dscp,
				 sizeof(dscp));
	} else {
		(void)setsockopt(fd, IPPROTO_IP, IP_TOS, &dscp, sizeof(dscp));
	}
	if (bind(fd, &e.u.sa, e.len)) {
		err = errno;
		(void)close(fd);
		return err;
	}
	*ret = fd;
	return 0;
}

/* A pair never used before; those that another program holds are skipped. */
static struct port *bind_fresh(struct ports *p, struct family *f, bool ipv6)
{
	while (f->fresh < p->count && p->bound < p->max_pairs) {
		struct port *port = &f->pairs[f->fresh];
		int err = bind_one(f, ipv6, port->number, &port->rtp);

		if (!err)
			err = bind_one(f, ipv6, (uint16_t)(port->number + 1),
				       &port->rtcp);
		if (err)
			unbind(port);
		if (err && err != EADDRINUSE)
			return NULL;
		f->fresh++;
		if (!err) {
			p->bound++;
			return port;
		}
	}
	return NULL;
}

static struct port *pop_free(struct family *f)
{
	struct port *port = f->first_free;

	if (!port)
		return NULL;
	f->first_free = port->next_free;
	if (!f->first_free)
		f->last_free = NULL;
	port->next_free = NULL;
	return port;
}

static uint64_t event_data(const struct ports *p, const struct port *port,
			   bool rtcp)
{
	size_t i = (size_t)(port - p->families[port->ipv6].pairs);

	return (uint64_t)i << 2 | (port->ipv6 ? 2u : 0u) | (rtcp ? 1u : 0u);
}

struct port *ports_of_event(const struct ports *p, uint64_t data,
			    bool *ret_rtcp)
{
	*ret_rtcp = data & 1;
	return &p->families[data >> 1 & 1].pairs[data >> 2];
}

static int watch(struct ports *p, struct port *port, bool rtcp)
{
	struct epoll_event ev = { .events = EPOLLIN,
				  .data.u64 = event_data(p, port, rtcp) };

	return epoll_ctl(p->epoll, EPOLL_CTL_ADD, rtcp ? port->rtcp : port->rtp,
			 &ev)
		       ? errno
		       : 0;
}

/* What came while nobody listened is for nobody. */
static void drain(int fd)
{
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	char byte;

	(void)connect(fd, &nobody, sizeof(nobody));
	for (int i = 0; i < 4096; i++)
		if (recv(fd, &byte, sizeof(byte), 0) < 0 && errno == EAGAIN)
			return;
}

int ports_take(struct ports *p, bool ipv6, void *leg, uint64_t now_ms,
	       struct port **ret)
{
	struct family *f = &p->families[ipv6];
	struct port *port = NULL;
	int err;

	if (!f->usable)
		return EADDRNOTAVAIL;
	if (f->first_free &&
	    now_ms - f->first_free->free_since_ms >= PORTS_REST_MS)
		port = pop_free(f);
	if (!port)
		port = bind_fresh(p, f, ipv6);
	if (!port)
		port = pop_free(f);
	if (!port)
		return EADDRNOTAVAIL;
	drain(port->rtp);
	drain(port->rtcp);
	port->leg = leg;
	err = watch(p, port, false);
	if (!err)
		err = watch(p, port, true);
	if (err) {
		ports_give(p, port, now_ms);
		return err;
	}
	*ret = port;
	return 0;
}

void ports_give(struct ports *p, struct port *port, uint64_t now_ms)
{
	struct family *f = &p->families[port->ipv6];

	(void)epoll_ctl(p->epoll, EPOLL_CTL_DEL, port->rtp, NULL);
	(void)epoll_ctl(p->epoll, EPOLL_CTL_DEL, port->rtcp, NULL);
	port->leg = NULL;
	port->free_since_ms = now_ms;
	port->next_free = NULL;
	if (f->last_free)
		f->last_free->next_free = port;
	else
		f->first_free = port;
	f->last_free = port;
}
