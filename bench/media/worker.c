/*
 * worker -- a media worker with many calls, for measuring
 *
 * worker CALLS A_PORT B_PORT LOW DIR none|capture|srtp
 *
 * Opens CALLS calls of two bridged legs through ipc, as the switch would, for
 * a generator at A_PORT and B_PORT. Writes DIR/a.list and DIR/b.list (and
 * DIR/keys, one key of 30 bytes in hex a call, that side A sends with), prints
 * "ready", then relays until it is killed. With capture, a thread takes what
 * comes out of the ring and throws it away; run it on the other core.
 */
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/encode.h"
#include "process/media/worker.h"

struct bench {
	uv_loop_t loop;
	struct worker *worker;
	struct ipc *switch_end, *media_end;
	struct ring *reader;
	FILE *lists[2], *keys;
	uint16_t ports[2];
	unsigned opened;
	bool capture, srtp;
};

static void media_message(void *arg, struct ipc *from, struct ipc_message *m)
{
	worker_message(((struct bench *)arg)->worker, from, m);
}

static enum ipc_state media_state(void *arg, enum ipc_type type, uint64_t about)
{
	(void)type;
	return worker_state(((struct bench *)arg)->worker, about);
}

static enum ipc_state switch_state(void *arg, enum ipc_type type,
				   uint64_t about)
{
	(void)arg;
	(void)type;
	(void)about;
	return IPC_OPEN;
}

static void must(int err, const char *what)
{
	if (!err)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, strerror(err));
	exit(1);
}

static void set_leg(struct bench *b, uint64_t call, uint8_t leg)
{
	struct ipc_message m = { .type = IPC_LEG_SET, .about = call, .fd = -1 };
	char hex[2 * SDES_KEY_BYTES + 1] = { 0 };
	struct writer w = writer_on(hex, sizeof(hex));

	m.u.LEG_SET.leg = leg;
	m.u.LEG_SET.codec = CODEC_PCMA;
	m.u.LEG_SET.payload_type = 8;
	m.u.LEG_SET.dtmf_type = 101;
	m.u.LEG_SET.send = 1;
	m.u.LEG_SET.receive = 1;
	m.u.LEG_SET.port = b->ports[leg];
	m.u.LEG_SET.address = TEXT("127.0.0.1");
	if (b->srtp && !leg) {
		m.u.LEG_SET.srtp = 1;
		randombytes_buf(m.u.LEG_SET.rx_key, SDES_KEY_BYTES);
		randombytes_buf(m.u.LEG_SET.tx_key, SDES_KEY_BYTES);
		hex_write(&w, m.u.LEG_SET.rx_key, SDES_KEY_BYTES);
		(void)fprintf(b->keys, "%s\n", hex);
	}
	must(ipc_send(b->switch_end, &m), "LEG_SET");
}

static void switch_message(void *arg, struct ipc *from, struct ipc_message *m)
{
	struct bench *b = arg;

	if (m->type != IPC_LEG_OPENED)
		return;
	must(m->u.LEG_OPENED.error, "LEG_OPENED");
	(void)fprintf(b->lists[m->u.LEG_OPENED.leg], "%u\n",
		      m->u.LEG_OPENED.port);
	set_leg(b, m->about, m->u.LEG_OPENED.leg);
	b->opened++;
	if (!m->u.LEG_OPENED.leg)
		return;
	must(IPC_SEND(from, BRIDGE, m->about, .leg_a = 0, .leg_b = 1, .on = 1),
	     "BRIDGE");
	if (b->capture)
		must(IPC_SEND(from, CAPTURE, m->about, .on = 1,
			      .recording = (uint32_t)m->about),
		     "CAPTURE");
}

/* The least that a recorder does. */
static void *reader(void *arg)
{
	struct ring *ring = arg;
	static struct ring_frame f;

	for (;;) {
		while (!ring_get(ring, &f))
			;
		ring_release(ring);
		(void)usleep(20000);
	}
	return NULL;
}

static struct ring *make_ring(struct bench *b)
{
	size_t len = ring_memory_bytes(64 * 1024 * 1024);
	void *memory = calloc(1, len);
	struct ring *ring;
	pthread_t thread;

	if (!memory)
		must(ENOMEM, "ring");
	must(ring_format(memory, len), "ring");
	must(ring_attach(&ring, memory, len), "ring");
	must(ring_attach(&b->reader, memory, len), "ring");
	must(pthread_create(&thread, NULL, reader, b->reader), "thread");
	return ring;
}

static void open_channels(struct bench *b)
{
	static const struct ipc_handlers media = { media_message, media_state,
						   NULL };
	static const struct ipc_handlers sw = { switch_message, switch_state,
						NULL };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair))
		must(errno, "socketpair");
	must(ipc_open(&b->media_end, &b->loop, pair[0], ROLE_MEDIA, ROLE_SWITCH,
		      0, &media, b),
	     "ipc");
	must(ipc_open(&b->switch_end, &b->loop, pair[1], ROLE_SWITCH,
		      ROLE_MEDIA, 0, &sw, b),
	     "ipc");
	worker_switch(b->worker, b->media_end);
}

static FILE *list(const char *dir, const char *name)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f)
		must(errno, path);
	return f;
}

static unsigned number(const char *s)
{
	return (unsigned)strtoul(s, NULL, 10);
}

int main(int argc, char **argv)
{
	static struct bench b;
	struct rlimit limit;
	struct worker_config c = { .loop = &b.loop, .workers = 1 };
	unsigned calls;

	if (argc != 7)
		return 2;
	calls = number(argv[1]);
	b.ports[0] = (uint16_t)number(argv[2]);
	b.ports[1] = (uint16_t)number(argv[3]);
	b.lists[0] = list(argv[5], "a.list");
	b.lists[1] = list(argv[5], "b.list");
	b.keys = list(argv[5], "keys");
	b.capture = !strcmp(argv[6], "capture");
	b.srtp = !strcmp(argv[6], "srtp");
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	must(sodium_init() < 0 ? ENOMEM : 0, "sodium");
	must(uv_loop_init(&b.loop) ? ENOMEM : 0, "loop");
	c.calls_max = calls;
	c.ports = (struct ports_config){ .workers = 1,
					 .low = (uint16_t)number(argv[4]),
					 .high = (uint16_t)(number(argv[4]) +
							    4 * calls + 100),
					 .address = "127.0.0.1",
					 .address6 = "",
					 .max_pairs = 3 * calls };
	if (b.capture)
		c.ring = make_ring(&b);
	must(worker_new(&b.worker, &c), "worker");
	must(worker_start(b.worker), "worker");
	open_channels(&b);
	for (uint64_t i = 0; i < calls; i++)
		for (uint8_t leg = 0; leg < 2; leg++)
			must(IPC_SEND(b.switch_end, LEG_OPEN, 1ULL << 32 | i,
				      .leg = leg),
			     "LEG_OPEN");
	while (b.opened < 2 * calls)
		(void)uv_run(&b.loop, UV_RUN_ONCE);
	(void)fclose(b.lists[0]);
	(void)fclose(b.lists[1]);
	(void)fclose(b.keys);
	(void)printf("ready\n");
	(void)fflush(stdout);
	(void)uv_run(&b.loop, UV_RUN_DEFAULT);
	return 0;
}
