#include "probe/sockets.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>

#include "base/encode.h"
#include "probe/service.h"

enum { TCP_LISTENING = 0x0a, UDP_UNCONNECTED = 0x07 };

static struct text word(struct text *rest)
{
	while (rest->len && *rest->p == ' ') {
		rest->p++;
		rest->len--;
	}
	return text_cut(rest, ' ');
}

/* The kernel prints each word of 32 bits as this machine has it. */
static int read_address(struct text t, bool six, struct sockaddr_storage *ret)
{
	uint8_t raw[16], port[2];
	size_t len = six ? 16 : 4;

	if (t.len != len * 2 + 5 || t.p[len * 2] != ':' ||
	    hex_read((struct text){ t.p, len * 2 }, raw, len) ||
	    hex_read((struct text){ t.p + len * 2 + 1, 4 }, port, 2))
		return EBADMSG;
	for (size_t i = 0; i < len; i += 4) {
		uint32_t n = (uint32_t)raw[i] << 24 |
			     (uint32_t)raw[i + 1] << 16 |
			     (uint32_t)raw[i + 2] << 8 | raw[i + 3];

		memcpy(raw + i, &n, sizeof(n));
	}
	memset(ret, 0, sizeof(*ret));
	if (six) {
		struct sockaddr_in6 *a = (struct sockaddr_in6 *)(void *)ret;

		a->sin6_family = AF_INET6;
		memcpy(&a->sin6_addr, raw, 16);
	} else {
		struct sockaddr_in *a = (struct sockaddr_in *)(void *)ret;

		a->sin_family = AF_INET;
		memcpy(&a->sin_addr, raw, 4);
	}
	probe_target_set_port(ret, (uint16_t)(port[0] << 8 | port[1]));
	return 0;
}

bool sockets_line(struct text line, bool udp, bool six,
		  struct sockaddr_storage *ret)
{
	struct text number = word(&line), local = word(&line);
	struct text remote = word(&line), state = word(&line);
	uint8_t st;

	if (!number.len || number.p[number.len - 1] != ':' || !remote.len ||
	    hex_read(state, &st, 1) ||
	    st != (udp ? UDP_UNCONNECTED : TCP_LISTENING))
		return false;
	return !read_address(local, six, ret) && probe_target_port(ret);
}

/* An address of this machine that is not its loopback: a neighbour's way. */
static void reach(struct sockaddr_storage *at)
{
	struct ifaddrs *list = NULL;
	uint16_t port = probe_target_port(at);
	bool six = at->ss_family == AF_INET6;

	if (getifaddrs(&list))
		list = NULL;
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		struct sockaddr_storage a = { 0 };

		if (!i->ifa_addr || i->ifa_addr->sa_family != at->ss_family ||
		    !(i->ifa_flags & IFF_UP))
			continue;
		memcpy(&a, i->ifa_addr,
		       six ? sizeof(struct sockaddr_in6)
			   : sizeof(struct sockaddr_in));
		if (probe_target_is_loopback(&a) ||
		    (six &&
		     IN6_IS_ADDR_LINKLOCAL(
			     &((struct sockaddr_in6 *)(void *)&a)->sin6_addr)))
			continue;
		*at = a;
		probe_target_set_port(at, port);
		break;
	}
	freeifaddrs(list);
	if (!probe_target_is_wildcard(at))
		return;
	if (six)
		((struct sockaddr_in6 *)(void *)at)->sin6_addr =
			in6addr_loopback;
	else
		((struct sockaddr_in *)(void *)at)->sin_addr.s_addr =
			htonl(INADDR_LOOPBACK);
}

static void add(struct sockets *s, const struct sockaddr_storage *bound,
		bool udp)
{
	struct target *t = &s->list[s->count].target;

	if (s->count == SOCKETS_MAX) {
		s->cut = true;
		return;
	}
	memset(t, 0, sizeof(*t));
	t->at = *bound;
	t->at_len = bound->ss_family == AF_INET ? sizeof(struct sockaddr_in)
						: sizeof(struct sockaddr_in6);
	t->open_bind = probe_target_is_wildcard(bound) ||
		       probe_target_is_public(bound);
	t->exposed = !probe_target_is_loopback(bound);
	probe_target_name(t);
	if (probe_target_is_wildcard(bound))
		reach(&t->at);
	s->list[s->count++].udp = udp;
}

static int read_table(struct sockets *s, const char *path, bool udp, bool six)
{
	char line[512];
	FILE *f = fopen(path, "re");
	struct sockaddr_storage at;

	if (!f) /* a kernel without IPv6 */
		return six && errno == ENOENT ? 0 : errno;
	while (fgets(line, sizeof(line), f))
		if (sockets_line(text_of(line), udp, six, &at))
			add(s, &at, udp);
	(void)fclose(f);
	return 0;
}

int sockets_read(struct sockets *s)
{
	int err;

	s->count = 0;
	s->cut = false;
	err = read_table(s, "/proc/self/net/tcp", false, false);
	if (!err)
		err = read_table(s, "/proc/self/net/tcp6", false, true);
	if (!err)
		err = read_table(s, "/proc/self/net/udp", true, false);
	if (!err)
		err = read_table(s, "/proc/self/net/udp6", true, true);
	return err;
}

/* The datagrams' sockets from there on, as many as go at once. */
static void look_at_datagrams(struct probe *p, const struct sockets *s,
			      unsigned *next)
{
	const struct target *together[PROBE_DATAGRAMS];
	unsigned n = 0;

	while (*next < s->count && s->list[*next].udp && n < PROBE_DATAGRAMS)
		together[n++] = &s->list[(*next)++].target;
	probe_udp(p, together, n);
}

bool probe_next_socket(struct probe *p, const struct sockets *s, unsigned *next)
{
	if (*next < s->count && s->list[*next].udp)
		look_at_datagrams(p, s, next);
	else if (*next < s->count)
		(void)probe_tcp(p, &s->list[(*next)++].target);
	if (*next < s->count)
		return true;
	if (s->cut)
		probe_weakness(p, "GDPR-32-OPEN", "machine",
			       "stop what needs not run here",
			       "more than %u sockets listen; the rest was not "
			       "looked at",
			       SOCKETS_MAX);
	return false;
}
