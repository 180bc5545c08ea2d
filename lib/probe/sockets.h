/*
 * sockets -- what listens on this machine, as the kernel lists it
 *
 * /proc/net of the namespace that the caller is in: every socket, whoever
 * holds it. What shares the machine with recordings shares its fate.
 */
#ifndef VAXEL_PROBE_SOCKETS_H
#define VAXEL_PROBE_SOCKETS_H

#include "probe/probe.h"
#include "probe/target.h"

#define SOCKETS_MAX 1024

/*
 * One line of /proc/net/tcp, tcp6, udp or udp6. False: a heading, or no
 * socket that takes what strangers send. ret is as bound.
 */
bool sockets_line(struct text line, bool udp, bool six,
		  struct sockaddr_storage *ret);

struct sockets {
	unsigned count;
	bool cut; /* there were more */
	struct {
		struct target target;
		bool udp;
	} list[SOCKETS_MAX];
};

/* Look at the next, from 0; of datagrams at several. False: that was the last.
 */
bool probe_next_socket(struct probe *p, const struct sockets *s,
		       unsigned *next);

/* Wildcards as an address of this machine by which it can be reached. */
int sockets_read(struct sockets *s) CHECK_RESULT;

#endif
