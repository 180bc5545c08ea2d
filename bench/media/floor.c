/*
 * floor -- the least that a relay can cost: epoll, recvfrom, sendto
 *
 * floor CALLS A_PORT B_PORT LOW DIR recvfrom|connected
 *
 * For each call two sockets, from port LOW up; what comes to one leaves
 * through the other, to the generator's A_PORT and B_PORT. No look at the
 * packet. Writes DIR/a.list and DIR/b.list, then relays until it is killed.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in local(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port) };

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

static FILE *list(const char *dir, const char *name)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f)
		exit(1);
	return f;
}

/* At *port or the next one that nobody holds. */
static int open_socket(int *port, const struct sockaddr_in *peer)
{
	struct sockaddr_in a = local(*port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	while (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a))) {
		if (errno != EADDRINUSE) {
			perror("bind");
			exit(1);
		}
		a = local(++*port);
	}
	if (fd < 0 || (peer && connect(fd, (const struct sockaddr *)peer,
				       sizeof(*peer)))) {
		perror("socket");
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	struct sockaddr_in peers[2];
	struct epoll_event events[256];
	static uint8_t buf[2048];
	bool connected;
	FILE *lists[2];
	int calls, low, ep, *fds;

	if (argc != 7)
		return 2;
	calls = (int)strtol(argv[1], NULL, 10);
	peers[0] = local((int)strtol(argv[2], NULL, 10));
	peers[1] = local((int)strtol(argv[3], NULL, 10));
	low = (int)strtol(argv[4], NULL, 10);
	lists[0] = list(argv[5], "a.list");
	lists[1] = list(argv[5], "b.list");
	connected = !strcmp(argv[6], "connected");
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	ep = epoll_create1(0);
	fds = calloc((size_t)calls * 2, sizeof(*fds));
	for (int i = 0; i < 2 * calls; i++) {
		struct epoll_event ev = { .events = EPOLLIN,
					  .data.u32 = (uint32_t)i };

		/* even sockets face side A, odd ones side B */
		fds[i] = open_socket(&low, connected ? &peers[i & 1] : NULL);
		(void)epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &ev);
		(void)fprintf(lists[i & 1], "%d\n", low++);
	}
	(void)fclose(lists[0]);
	(void)fclose(lists[1]);
	(void)printf("ready\n");
	(void)fflush(stdout);
	for (;;) {
		int n = epoll_wait(ep, events, 256, -1);

		for (int k = 0; k < n; k++) {
			uint32_t i = events[k].data.u32, o = i ^ 1;
			struct sockaddr_in from;
			socklen_t len = sizeof(from);
			ssize_t got;

			if (connected) {
				got = recv(fds[i], buf, sizeof(buf), 0);
				if (got > 0)
					(void)send(fds[o], buf, (size_t)got, 0);
				continue;
			}
			got = recvfrom(fds[i], buf, sizeof(buf), 0,
				       (struct sockaddr *)&from, &len);
			if (got > 0)
				(void)sendto(fds[o], buf, (size_t)got, 0,
					     (struct sockaddr *)&peers[o & 1],
					     sizeof(peers[0]));
		}
	}
}
