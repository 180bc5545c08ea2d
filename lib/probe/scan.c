#include "probe/scan.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "probe/service.h"

enum { AT_ONCE = 256, PORT_MS = 1000, PORTS = 65535, TOLD_EVERY = 4096 };

struct scan {
	struct probe *p;
	const struct target *host;
	struct pollfd wires[AT_ONCE];
	uint16_t ports[AT_ONCE];
	uint64_t until_ms[AT_ONCE];
	unsigned next; /* port */
	unsigned open_count;
	uint16_t open[PORTS];
};

static bool any_under_way(const struct scan *s)
{
	for (unsigned i = 0; i < AT_ONCE; i++)
		if (s->wires[i].fd >= 0)
			return true;
	return false;
}

static void begin(struct scan *s, unsigned slot)
{
	struct sockaddr_storage at = s->host->at, from;
	int fd = socket(at.ss_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		/* too many files: later; no such family here: never */
		if (errno != EMFILE || !any_under_way(s))
			s->next++;
		return;
	}
	if (probe_target_source(s->host, &from))
		(void)!bind(fd, (struct sockaddr *)&from,
			    sizeof(struct sockaddr_in));
	s->ports[slot] = (uint16_t)s->next++;
	probe_target_set_port(&at, s->ports[slot]);
	if (!connect(fd, (struct sockaddr *)&at, s->host->at_len)) {
		s->open[s->open_count++] = s->ports[slot];
		(void)close(fd);
	} else if (errno != EINPROGRESS) {
		(void)close(fd);
	} else {
		s->wires[slot] = (struct pollfd){ fd, POLLOUT, 0 };
		s->until_ms[slot] = clock_mono_ms() + PORT_MS;
	}
}

static void settle(struct scan *s, unsigned slot)
{
	struct pollfd *w = &s->wires[slot];
	int failed = 0;
	socklen_t len = sizeof(failed);

	if (w->fd < 0 || (!w->revents && clock_mono_ms() < s->until_ms[slot]))
		return;
	if (w->revents &&
	    !getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &failed, &len) && !failed)
		s->open[s->open_count++] = s->ports[slot];
	(void)close(w->fd);
	w->fd = -1;
}

static bool tell(struct scan *s)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "ports, up to %u of %u", s->next,
		       PORTS);
	return probe_step(s->p, what);
}

static void find_open(struct scan *s)
{
	unsigned told = 0;

	while (s->next <= PORTS || any_under_way(s)) {
		for (unsigned i = 0; i < AT_ONCE; i++)
			if (s->wires[i].fd < 0 && s->next <= PORTS)
				begin(s, i);
		(void)!poll(s->wires, AT_ONCE, 50);
		for (unsigned i = 0; i < AT_ONCE; i++)
			settle(s, i);
		if (s->next - told < TOLD_EVERY)
			continue;
		told = s->next;
		if (!tell(s))
			break;
	}
	for (unsigned i = 0; i < AT_ONCE; i++)
		if (s->wires[i].fd >= 0)
			(void)close(s->wires[i].fd);
}

static struct target at_port(const struct target *host, uint16_t port)
{
	struct target t = *host;

	probe_target_set_port(&t.at, port);
	probe_target_name(&t);
	return t;
}

/* Ports of UDP do not say that they are open: those that tell most. */
static void ask_datagrams(struct probe *p, const struct target *host)
{
	const struct target snmp = at_port(host, 161);
	const struct target sip = at_port(host, 5060);
	const struct target *const both[] = { &snmp, &sip };

	probe_udp(p, both, 2);
}

int probe_host(struct probe *p, const struct target *host)
{
	struct scan *s = calloc(1, sizeof(*s));

	if (!s)
		return ENOMEM;
	s->p = p;
	s->host = host;
	s->next = 1;
	for (unsigned i = 0; i < AT_ONCE; i++)
		s->wires[i].fd = -1;
	find_open(s);
	for (unsigned i = 0; i < s->open_count; i++) {
		struct target t = at_port(host, s->open[i]);

		(void)probe_tcp(p, &t);
	}
	ask_datagrams(p, host);
	free(s);
	return p->stopped ? EINTR : 0;
}
