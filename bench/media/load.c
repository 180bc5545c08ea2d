/*
 * load -- RTP of many calls, both ways, through whatever relays it
 *
 * load CALLS A_PORT B_PORT DIR SECONDS plain|srtp PID[,PID...]
 *
 * Side A and side B are one socket each. Every 20 ms each call sends one
 * packet of 160 bytes from either side to the port in DIR/a.list or
 * DIR/b.list; the calls are spread over the 20 ms in steps of 1 ms. What comes
 * out at the other side is counted, and its delay taken from the kernel's time
 * of arrival and the time of sending in the payload. After a warm-up, prints
 * one line: packets, loss, CPU time of the processes PID in ns a packet that
 * came out, delay.
 *
 * Beside the delay stands what it may come from: how late we were ourselves
 * (behind: 99 of 100 ticks began no later than that), and for how much of the
 * time the first PID, which is the one that relays, could run and was not let
 * (waited), because its core was with somebody else; and for how much of it
 * the host had taken a core away from the machine (stolen).
 *
 * With srtp, side A seals with the keys of DIR/keys.
 */
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/encode.h"
#include "process/media/rtpin.h"
#include "process/media/sdes.h"

#define WARM_UP_S 3
#define TICK_NS 1000000ULL
#define PHASES 20
#define BATCH 8
#define RECEIVE_BATCH 64
#define PAYLOAD 160
#define STAMP "STAMPED!"
#define DELAYS_MAX 20000000

struct side {
	int fd;
	unsigned *ports;
	atomic_ulong sent, received;
};

struct load {
	unsigned calls;
	struct side sides[2];
	struct sdes **keys; /* of side A, or NULL */
	atomic_bool measuring, stop;
	uint32_t *delays; /* in 10 ns */
	size_t delay_count;
	uint32_t *behind; /* of each tick, in 10 ns */
	size_t behind_count;
};

struct cpu {
	uint64_t ran_ns;
	uint64_t waited_ns;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int open_side(unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int size = 64 << 20, one = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a))) {
		perror("bind");
		exit(1);
	}
	return fd;
}

static FILE *file(const char *dir, const char *name)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

static unsigned *read_ports(const char *dir, const char *name, unsigned count)
{
	unsigned *ports = calloc(count, sizeof(*ports));
	FILE *f = file(dir, name);
	char line[32];

	for (unsigned i = 0; i < count; i++) {
		if (!fgets(line, sizeof(line), f)) {
			(void)fprintf(stderr, "%s is too short\n", name);
			exit(1);
		}
		ports[i] = (unsigned)strtoul(line, NULL, 10);
	}
	(void)fclose(f);
	return ports;
}

static struct sdes **read_keys(const char *dir, unsigned count)
{
	struct sdes **keys = calloc(count, sizeof(struct sdes *));
	FILE *f = file(dir, "keys");
	uint8_t key[SDES_KEY_BYTES];
	char line[80];

	for (unsigned i = 0; i < count; i++) {
		if (!fgets(line, sizeof(line), f) ||
		    hex_read((struct text){ line, sizeof(key) * 2 }, key,
			     sizeof(key)) ||
		    sdes_new(&keys[i], key)) {
			(void)fprintf(stderr, "keys\n");
			exit(1);
		}
	}
	(void)fclose(f);
	return keys;
}

/* ---- receiving */

static void take_delay(struct load *l, struct msghdr *m, const uint8_t *p)
{
	uint64_t sent, arrived = 0;

	if (!l->measuring || memcmp(p + RTP_HEAD_BYTES, STAMP, 8) ||
	    l->delay_count == DELAYS_MAX)
		return;
	memcpy(&sent, p + RTP_HEAD_BYTES + 8, sizeof(sent));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec t;

			memcpy(&t, CMSG_DATA(c), sizeof(t));
			arrived = (uint64_t)t.tv_sec * 1000000000 +
				  (uint64_t)t.tv_nsec;
		}
	if (arrived > sent)
		l->delays[l->delay_count++] = (uint32_t)((arrived - sent) / 10);
}

static void drain(struct load *l, struct side *s)
{
	static uint8_t buf[RECEIVE_BATCH][512], control[RECEIVE_BATCH][64];
	struct mmsghdr m[RECEIVE_BATCH];
	struct iovec iov[RECEIVE_BATCH];
	int n;

	do {
		for (int i = 0; i < RECEIVE_BATCH; i++) {
			iov[i] = (struct iovec){ buf[i], sizeof(buf[i]) };
			m[i].msg_hdr = (struct msghdr){
				.msg_iov = &iov[i],
				.msg_iovlen = 1,
				.msg_control = control[i],
				.msg_controllen = sizeof(control[i]),
			};
		}
		n = recvmmsg(s->fd, m, RECEIVE_BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++) {
			if (m[i].msg_len < RTP_HEAD_BYTES + PAYLOAD ||
			    rtpin_is_rtcp(buf[i], m[i].msg_len))
				continue;
			s->received++;
			take_delay(l, &m[i].msg_hdr, buf[i]);
		}
	} while (n == RECEIVE_BATCH);
}

static void *receive(void *arg)
{
	struct load *l = arg;
	struct timespec pause = { 0, 300000 };

	while (!l->stop) {
		drain(l, &l->sides[0]);
		drain(l, &l->sides[1]);
		(void)nanosleep(&pause, NULL);
	}
	return NULL;
}

/* ---- sending */

static size_t fill(const struct load *l, unsigned side, unsigned call,
		   uint32_t round, uint8_t *p)
{
	uint32_t ssrc = (side ? 0x20000000 : 0x10000000) + call;
	uint64_t now = now_ns(CLOCK_REALTIME);
	size_t len = RTP_HEAD_BYTES + PAYLOAD;

	p[0] = 0x80;
	p[1] = 8;
	put_u16(p + 2, (uint16_t)round);
	put_u32(p + 4, round * 160);
	put_u32(p + 8, ssrc);
	memset(p + RTP_HEAD_BYTES, 0xd5, PAYLOAD);
	memcpy(p + RTP_HEAD_BYTES, STAMP, 8);
	memcpy(p + RTP_HEAD_BYTES + 8, &now, sizeof(now));
	if (!side && l->keys) {
		if (sdes_protect(l->keys[call], ssrc, round, p, RTP_HEAD_BYTES,
				 len))
			exit(1);
		len += SDES_TAG_BYTES;
	}
	return len;
}

static void flush(struct side *s, struct mmsghdr *m, unsigned count)
{
	unsigned done = 0;

	while (done < count) {
		int n = sendmmsg(s->fd, m + done, count - done, 0);

		if (n > 0) {
			done += (unsigned)n;
			s->sent += (unsigned)n;
		} else if (errno != EINTR && errno != ECONNREFUSED) {
			done++;
		}
	}
}

static void send_phase(struct load *l, unsigned side, uint64_t tick)
{
	static uint8_t packets[BATCH][256];
	struct side *s = &l->sides[side];
	struct sockaddr_in to[BATCH];
	struct iovec iov[BATCH];
	struct mmsghdr m[BATCH];
	unsigned count = 0;

	for (unsigned i = (unsigned)(tick % PHASES); i < l->calls;
	     i += PHASES) {
		iov[count].iov_base = packets[count];
		iov[count].iov_len = fill(l, side, i, (uint32_t)(tick / PHASES),
					  packets[count]);
		to[count] = (struct sockaddr_in){
			.sin_family = AF_INET,
			.sin_port = htons((uint16_t)s->ports[i]),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		};
		m[count].msg_hdr =
			(struct msghdr){ .msg_name = &to[count],
					 .msg_namelen = sizeof(to[count]),
					 .msg_iov = &iov[count],
					 .msg_iovlen = 1 };
		if (++count == BATCH) {
			flush(s, m, count);
			count = 0;
		}
	}
	flush(s, m, count);
}

/* ---- measuring */

/* All threads of the processes, from their schedstat; waited: of the first. */
static struct cpu cpu_of(const char *pids)
{
	struct cpu total = { 0, 0 };
	const char *at = pids;

	while (*at) {
		char *end, *next, path[300], line[128];
		unsigned long pid = strtoul(at, &end, 10);
		struct dirent *e;
		DIR *d;

		(void)snprintf(path, sizeof(path), "/proc/%lu/task", pid);
		d = opendir(path);
		while (d && (e = readdir(d))) {
			FILE *f;

			(void)snprintf(path, sizeof(path),
				       "/proc/%lu/task/%.20s/schedstat", pid,
				       e->d_name);
			f = e->d_name[0] == '.' ? NULL : fopen(path, "r");
			if (f && fgets(line, sizeof(line), f)) {
				total.ran_ns += strtoull(line, &next, 10);
				if (at == pids)
					total.waited_ns +=
						strtoull(next, NULL, 10);
			}
			if (f)
				(void)fclose(f);
		}
		if (d)
			(void)closedir(d);
		at = *end ? end + 1 : end;
	}
	return total;
}

/* Of all cores, since the machine began. */
static uint64_t stolen_ns(void)
{
	unsigned long long ticks = 0;
	FILE *f = fopen("/proc/stat", "r");

	if (f && fscanf(f, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &ticks) != 1)
		ticks = 0;
	if (f)
		(void)fclose(f);
	return ticks * 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Of what is sorted. */
static double percentile_us(const uint32_t *all, size_t count, double share)
{
	return count ? all[(size_t)((double)count * share)] / 100.0 : 0;
}

static double delay_us(const struct load *l, double share)
{
	return percentile_us(l->delays, l->delay_count, share);
}

static void run(struct load *l, unsigned seconds, const char *pids)
{
	uint64_t begin = now_ns(CLOCK_MONOTONIC) + 5 * TICK_NS;
	uint64_t ticks = (WARM_UP_S + seconds) * 1000ULL, late = 0;
	unsigned long sent = 0, received = 0, got;
	struct cpu before = { 0, 0 }, cpu;
	uint64_t stolen = 0;

	for (uint64_t k = 0; k < ticks; k++) {
		uint64_t due = begin + k * TICK_NS;
		struct timespec t = { (time_t)(due / 1000000000),
				      (long)(due % 1000000000) };

		if (now_ns(CLOCK_MONOTONIC) > due + 5 * TICK_NS)
			late++;
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		if (k == WARM_UP_S * 1000) {
			sent = l->sides[0].sent + l->sides[1].sent;
			received = l->sides[0].received + l->sides[1].received;
			late = 0;
			before = cpu_of(pids);
			stolen = stolen_ns();
			l->measuring = true;
		}
		if (l->measuring)
			l->behind[l->behind_count++] =
				(uint32_t)((now_ns(CLOCK_MONOTONIC) - due) /
					   10);
		send_phase(l, 0, k);
		send_phase(l, 1, k);
	}
	cpu = cpu_of(pids);
	stolen = stolen_ns() - stolen;
	cpu.ran_ns -= before.ran_ns;
	cpu.waited_ns -= before.waited_ns;
	l->measuring = false;
	(void)sleep(1);
	l->stop = true;
	sent = l->sides[0].sent + l->sides[1].sent - sent;
	got = l->sides[0].received + l->sides[1].received - received;
	qsort(l->delays, l->delay_count, sizeof(*l->delays), by_size);
	qsort(l->behind, l->behind_count, sizeof(*l->behind), by_size);
	(void)printf("calls %u sent %lu loss %.4f%% late %lu cpu %.3f s "
		     "core%% %.2f core%%/call %.4f ns/packet %.0f "
		     "delay us p50 %.0f p99 %.0f p99.9 %.0f "
		     "behind %.0f waited%% %.1f stolen%% %.1f\n",
		     l->calls, sent,
		     sent ? 100.0 * ((double)sent - (double)got) / (double)sent
			  : 0,
		     (unsigned long)late, (double)cpu.ran_ns / 1e9,
		     (double)cpu.ran_ns / 1e7 / seconds,
		     (double)cpu.ran_ns / 1e7 / seconds / l->calls,
		     got ? (double)cpu.ran_ns / (double)got : 0,
		     delay_us(l, 0.5), delay_us(l, 0.99), delay_us(l, 0.999),
		     percentile_us(l->behind, l->behind_count, 0.99),
		     (double)cpu.waited_ns / 1e7 / seconds,
		     (double)stolen / 1e7 / seconds);
}

int main(int argc, char **argv)
{
	static struct load l;
	pthread_t thread;

	if (argc != 8)
		return 2;
	l.calls = (unsigned)strtoul(argv[1], NULL, 10);
	l.sides[0].fd = open_side((unsigned)strtoul(argv[2], NULL, 10));
	l.sides[1].fd = open_side((unsigned)strtoul(argv[3], NULL, 10));
	l.sides[0].ports = read_ports(argv[4], "a.list", l.calls);
	l.sides[1].ports = read_ports(argv[4], "b.list", l.calls);
	l.delays = calloc(DELAYS_MAX, sizeof(*l.delays));
	l.behind = calloc(1000 * strtoul(argv[5], NULL, 10) + 1,
			  sizeof(*l.behind));
	if (!strcmp(argv[6], "srtp"))
		l.keys = read_keys(argv[4], l.calls);
	if (!l.delays || !l.behind ||
	    pthread_create(&thread, NULL, receive, &l))
		return 1;
	run(&l, (unsigned)strtoul(argv[5], NULL, 10), argv[7]);
	(void)pthread_join(thread, NULL);
	return 0;
}
