#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/media/rig.h"

static void media_message(void *arg, struct ipc *from, struct ipc_message *m)
{
	worker_message(((struct rig *)arg)->worker, from, m);
}

static enum ipc_state media_state(void *arg, enum ipc_type type, uint64_t about)
{
	(void)type;
	return worker_state(((struct rig *)arg)->worker, about);
}

static void switch_message(void *arg, struct ipc *from, struct ipc_message *m)
{
	struct rig *r = arg;

	(void)from;
	assert_true(r->got_count < RIG_MESSAGES);
	r->got[r->got_count++] = *m;
}

static enum ipc_state switch_state(void *arg, enum ipc_type type,
				   uint64_t about)
{
	(void)arg;
	(void)type;
	(void)about;
	return IPC_OPEN;
}

static size_t make_prompts(uint8_t *to, size_t max)
{
	struct prompt_row row = { RIG_PROMPT, CODEC_PCMA, RIG_PROMPT_PACKETS,
				  PROMPTS_HEAD_BYTES + PROMPTS_ROW_BYTES,
				  RIG_PROMPT_PACKETS * 162 };
	struct writer w = writer_on(to, max);

	prompts_write_head(&w, &row, 1);
	for (uint8_t i = 0; i < RIG_PROMPT_PACKETS; i++) {
		uint8_t audio[160];

		memset(audio, 0xe0 + i, sizeof(audio));
		writer_u16(&w, 160);
		writer_copy(&w, audio, sizeof(audio));
	}
	assert_int_equal(writer_finish(&w), 0);
	return w.len;
}

/* An even port with room for a few more above, free a moment ago. */
static uint16_t free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint16_t port;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	do {
		assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
		assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len),
				 0);
		port = ntohs(a.sin_port) & 0xfffe;
		(void)close(fd);
		fd = socket(AF_INET, SOCK_DGRAM, 0);
		a.sin_port = 0;
	} while (port > 65000);
	(void)close(fd);
	return port;
}

static void open_channels(struct rig *r)
{
	static const struct ipc_handlers media = { media_message, media_state,
						   NULL };
	static const struct ipc_handlers sw = { switch_message, switch_state,
						NULL };
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(ipc_open(&r->media_end, &r->loop, pair[0], ROLE_MEDIA,
				  ROLE_SWITCH, 0, &media, r),
			 0);
	assert_int_equal(ipc_open(&r->switch_end, &r->loop, pair[1],
				  ROLE_SWITCH, ROLE_MEDIA, 0, &sw, r),
			 0);
}

void rig_up(struct rig *r, unsigned silence_s)
{
	uint16_t low = free_port();
	struct worker_config c = {
		.loop = &r->loop,
		.index = 0,
		.workers = 1,
		.calls_max = 4,
		.ports = { .worker = 0,
			   .workers = 1,
			   .low = low,
			   .high = (uint16_t)(low + 199),
			   .address = "127.0.0.1",
			   .address6 = "::1",
			   .max_pairs = 100 },
		.silence_s = silence_s,
	};

	memset(r, 0, sizeof(*r));
	assert_int_equal(uv_loop_init(&r->loop), 0);
	r->ring_len = ring_memory_bytes(64 * 1024);
	r->ring_memory = calloc(1, r->ring_len);
	assert_int_equal(ring_format(r->ring_memory, r->ring_len), 0);
	assert_int_equal(ring_attach(&r->ring, r->ring_memory, r->ring_len), 0);
	assert_int_equal(ring_attach(&r->reader, r->ring_memory, r->ring_len),
			 0);
	c.ring = r->ring;
	assert_int_equal(worker_new(&r->worker, &c), 0);
	assert_int_equal(
		rendered_add(r->worker, 0, r->prompts,
			     make_prompts(r->prompts, sizeof(r->prompts))),
		0);
	rendered_in_force(r->worker, 0);
	assert_int_equal(worker_start(r->worker), 0);
	open_channels(r);
	worker_switch(r->worker, r->media_end);
}

static void stop(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

void rig_run(struct rig *r, unsigned ms)
{
	uv_timer_t timer;

	assert_int_equal(uv_timer_init(&r->loop, &timer), 0);
	uv_update_time(&r->loop);
	assert_int_equal(uv_timer_start(&timer, stop, ms, 0), 0);
	(void)uv_run(&r->loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&timer, NULL);
	(void)uv_run(&r->loop, UV_RUN_NOWAIT);
}

void rig_down(struct rig *r)
{
	worker_stop(r->worker);
	ipc_close(r->media_end);
	ipc_close(r->switch_end);
	while (uv_loop_close(&r->loop))
		(void)uv_run(&r->loop, UV_RUN_NOWAIT);
	worker_free(r->worker);
	ring_detach(r->ring);
	ring_detach(r->reader);
	free(r->ring_memory);
}

const struct ipc_message *rig_got(const struct rig *r, enum ipc_type type)
{
	for (unsigned i = r->got_count; i > 0; i--)
		if (r->got[i - 1].type == type)
			return &r->got[i - 1];
	return NULL;
}

unsigned rig_count(const struct rig *r, enum ipc_type type)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->got_count; i++)
		n += r->got[i].type == type;
	return n;
}

static int bound(const char *host, uint16_t port, uint16_t *ret_port)
{
	struct endpoint e;
	bool ipv6 = strchr(host, ':') != NULL;
	int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK,
			0);

	assert_int_equal(endpoint_read(&e, text_of(host), 1, ipv6), 0);
	endpoint_set_port(&e, port);
	if (bind(fd, &e.u.sa, e.len)) {
		(void)close(fd);
		return -1;
	}
	e.len = sizeof(e.u);
	assert_int_equal(getsockname(fd, &e.u.sa, &e.len), 0);
	*ret_port = endpoint_port(&e);
	return fd;
}

void phone_up(struct phone *p, const char *host, uint8_t type, uint32_t ssrc)
{
	uint16_t above;

	*p = (struct phone){ .ssrc = ssrc,
			     .seq = (uint16_t)(ssrc * 7919),
			     .time = ssrc * 104729,
			     .type = type,
			     .ipv6 = strchr(host, ':') != NULL };
	for (;;) {
		p->fd = bound(host, 0, &p->port);
		assert_true(p->fd >= 0);
		p->rtcp = p->port < 65535
				  ? bound(host, (uint16_t)(p->port + 1), &above)
				  : -1;
		if (p->rtcp >= 0)
			return;
		(void)close(p->fd);
	}
}

void phone_down(struct phone *p)
{
	(void)close(p->fd);
	(void)close(p->rtcp);
	sdes_free(p->tx);
	sdes_free(p->rx);
}

void rig_leg_set(struct rig *r, uint8_t leg, const struct phone *p,
		 uint8_t dtmf_type, bool send, bool receive,
		 const uint8_t *tx_key, const uint8_t *rx_key)
{
	struct ipc_message m = { .type = IPC_LEG_SET,
				 .about = RIG_CALL,
				 .fd = -1 };

	m.u.LEG_SET.leg = leg;
	m.u.LEG_SET.codec = CODEC_PCMA;
	m.u.LEG_SET.payload_type = p->type;
	m.u.LEG_SET.dtmf_type = dtmf_type;
	m.u.LEG_SET.send = send;
	m.u.LEG_SET.receive = receive;
	m.u.LEG_SET.port = p->port;
	m.u.LEG_SET.address = p->ipv6 ? TEXT("::1") : TEXT("127.0.0.1");
	if (tx_key) {
		m.u.LEG_SET.srtp = 1;
		memcpy(m.u.LEG_SET.tx_key, tx_key, 30);
		memcpy(m.u.LEG_SET.rx_key, rx_key, 30);
	}
	assert_int_equal(ipc_send(r->switch_end, &m), 0);
	rig_run(r, 5);
}

void rig_leg(struct rig *r, uint8_t leg, struct phone *p, uint8_t dtmf_type)
{
	const struct ipc_message *m;

	assert_int_equal(IPC_SEND(r->switch_end, LEG_OPEN, RIG_CALL, .leg = leg,
				  .ipv6 = p->ipv6),
			 0);
	rig_run(r, 5);
	m = rig_got(r, IPC_LEG_OPENED);
	assert_non_null(m);
	assert_int_equal(m->about, RIG_CALL);
	assert_int_equal(m->u.LEG_OPENED.error, 0);
	assert_int_equal(m->u.LEG_OPENED.leg, leg);
	assert_int_equal(m->u.LEG_OPENED.port % 2, 0);
	p->worker = m->u.LEG_OPENED.port;
	rig_leg_set(r, leg, p, dtmf_type, true, true, NULL, NULL);
}

void rig_bridge(struct rig *r, uint8_t a, uint8_t b, bool on)
{
	assert_int_equal(IPC_SEND(r->switch_end, BRIDGE, RIG_CALL, .leg_a = a,
				  .leg_b = b, .on = on),
			 0);
	rig_run(r, 5);
}

void phone_send(struct phone *p, uint8_t type, bool marker, uint32_t time,
		const void *payload, size_t len)
{
	uint8_t raw[1500];
	struct endpoint to;

	assert_int_equal(
		endpoint_read(&to, p->ipv6 ? TEXT("::1") : TEXT("127.0.0.1"),
			      p->worker, p->ipv6),
		0);
	raw[0] = 0x80;
	raw[1] = (uint8_t)((marker ? 0x80 : 0) | type);
	put_u16(raw + 2, p->seq);
	put_u32(raw + 4, time);
	put_u32(raw + 8, p->ssrc);
	memcpy(raw + 12, payload, len);
	len += 12;
	if (p->tx) {
		assert_int_equal(
			sdes_protect(p->tx, p->ssrc, p->seq, raw, 12, len), 0);
		len += SDES_TAG_BYTES;
	}
	p->seq++;
	assert_int_equal(sendto(p->fd, raw, len, 0, &to.u.sa, to.len), len);
}

void phone_say(struct phone *p, uint8_t fill)
{
	uint8_t audio[160];

	memset(audio, fill, sizeof(audio));
	phone_send(p, p->type, false, p->time, audio, sizeof(audio));
	p->time += 160;
}

bool phone_hear(struct phone *p, struct heard *ret)
{
	ssize_t n = recv(p->fd, ret->raw, sizeof(ret->raw), 0);
	size_t len = (size_t)n;
	bool newest;

	if (n < 0)
		return false;
	assert_int_equal(rtpin_parse(&ret->in, ret->raw, len), 0);
	if (p->rx) {
		assert_int_equal(sdes_unprotect(p->rx, ret->in.ssrc,
						ret->in.seq, ret->raw, 12, &len,
						&newest),
				 0);
		ret->in.payload_len = (uint16_t)(len - 12);
	}
	return true;
}

unsigned phone_drain(struct phone *p)
{
	struct heard h;
	unsigned n = 0;

	while (phone_hear(p, &h))
		n++;
	return n;
}
