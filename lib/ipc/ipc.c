#include "ipc/ipc.h"

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/metric.h"

/*
 * Messages of one turn of the loop go in one datagram: what a wake-up costs is
 * more than what a message does. The parent's, and those with a descriptor, go
 * alone and at once. What the kernel does not take waits in `outbox`, a byte
 * queue of { u32 length, datagram }; while it holds any, `turn` is empty.
 */
struct ipc {
	uv_poll_t poll;
	uv_prepare_t end_of_turn;
	unsigned open_handles;
	int fd;
	enum role self;
	enum role peer;
	unsigned peer_index;
	struct ipc_handlers h;
	void *arg;
	uint8_t *outbox;
	size_t outbox_from, outbox_to, outbox_max;
	unsigned depth; /* handlers running */
	bool closing;
	bool gone;
	bool unhurried;
	uint64_t turn_since_ms; /* the loop's time of the first message */
	size_t turn_len;
	uint8_t turn[IPC_MESSAGE_MAX];
	uint8_t in[IPC_MESSAGE_MAX];
};

/* Messages; the datagram in which it is reached is heard to its end. */
enum { READ_AT_ONCE = 64 };

static bool outbox_waits(const struct ipc *c)
{
	return c->outbox_to > c->outbox_from;
}

static void on_closed(uv_handle_t *handle)
{
	struct ipc *c = handle->data;

	if (--c->open_handles)
		return;
	(void)close(c->fd);
	free(c->outbox);
	free(c);
}

static void close_handles(struct ipc *c)
{
	uv_close((uv_handle_t *)&c->poll, on_closed);
	uv_close((uv_handle_t *)&c->end_of_turn, on_closed);
}

void ipc_close(struct ipc *c)
{
	if (!c || c->closing)
		return;
	ipc_flush(c);
	c->closing = true;
	if (c->depth) /* its handler is on the stack: close when that returns */
		return;
	close_handles(c);
}

static void channel_gone(struct ipc *c)
{
	if (c->gone)
		return;
	c->gone = true;
	(void)uv_poll_stop(&c->poll);
	if (c->h.gone && !c->closing)
		c->h.gone(c->arg, c);
}

static int take_fd(struct msghdr *mh, unsigned *ret_count)
{
	int kept = -1;
	unsigned count = 0;

	for (struct cmsghdr *cm = CMSG_FIRSTHDR(mh); cm;
	     cm = CMSG_NXTHDR(mh, cm)) {
		size_t n;

		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cm) + i * sizeof(int),
			       sizeof(int));
			if (count++)
				(void)close(fd);
			else
				kept = fd;
		}
	}
	*ret_count = count;
	return kept;
}

/* One datagram. EAGAIN when there is none, ENOTCONN at the end. */
static int receive_raw(int fd, uint8_t *buf, size_t *ret_len, int *ret_fd,
		       unsigned *ret_fds)
{
	union {
		struct cmsghdr align;
		uint8_t room[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec iov = { buf, IPC_MESSAGE_MAX };
	struct msghdr mh = { .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.room,
			     .msg_controllen = sizeof(control.room) };
	ssize_t n;

	do {
		n = recvmsg(fd, &mh, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? EAGAIN : ENOTCONN;
	*ret_fd = take_fd(&mh, ret_fds);
	if (!n && !*ret_fds)
		return ENOTCONN;
	if (mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		*ret_fds = UINT32_MAX; /* no rule permits it */
	*ret_len = (size_t)n;
	return 0;
}

static int accept_message(struct ipc *c, struct bytes in, unsigned fds,
			  struct ipc_message *ret)
{
	struct reader r;
	enum ipc_type type;
	uint64_t about;
	int err;

	err = ipc_check(in.p, in.len, fds, c->peer, c->self, &type, &about);
	if (err)
		return err;
	if (!(ipc_rules[type].when & c->h.state(c->arg, type, about)))
		return EPROTO;
	r = reader_on(in.p + IPC_HEADER_BYTES, in.len - IPC_HEADER_BYTES);
	err = ipc_decode(&r, type, ret);
	if (!err)
		ret->about = about;
	return err;
}

/* fd, if any, is the message's; it is closed unless the handler keeps it. */
static void one_message(struct ipc *c, struct bytes in, int fd, unsigned fds)
{
	struct ipc_message m;

	if (accept_message(c, in, fds, &m)) {
		metric_add(METRIC_ipc_refused, 1);
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	metric_add(METRIC_ipc_messages, 1);
	m.fd = fd;
	c->h.message(c->arg, c, &m);
	if (m.fd >= 0)
		(void)close(m.fd);
}

/* The first message's bytes, or all that is left where they make no sense. */
static struct bytes first_message(struct bytes in)
{
	struct reader r = reader_on(in.p, in.len);
	uint32_t type, body;

	if (reader_u32(&r, &type) || reader_u32(&r, &body) ||
	    in.len < IPC_HEADER_BYTES || in.len - IPC_HEADER_BYTES <= body)
		return in;
	return (struct bytes){ in.p, IPC_HEADER_BYTES + body };
}

static void read_some(struct ipc *c)
{
	/* bounded, so that one busy peer does not starve the loop */
	for (unsigned heard = 0; heard < READ_AT_ONCE && !c->closing;) {
		struct bytes in = { c->in, 0 };
		unsigned fds;
		int fd, err;

		err = receive_raw(c->fd, c->in, &in.len, &fd, &fds);
		if (err == EAGAIN)
			return;
		if (err) {
			channel_gone(c);
			return;
		}
		if (fds) {
			one_message(c, in, fd, fds);
			heard++;
			continue;
		}
		do {
			struct bytes first = first_message(in);

			one_message(c, first, -1, 0);
			heard++;
			in.p += first.len;
			in.len -= first.len;
		} while (in.len && !c->closing);
	}
}

static int send_raw(struct ipc *c, const uint8_t *p, size_t len, int fd)
{
	union {
		struct cmsghdr align;
		uint8_t room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)p, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *cm;

		mh.msg_control = control.room;
		mh.msg_controllen = sizeof(control.room);
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cm), &fd, sizeof(int));
	}
	do {
		n = sendmsg(c->fd, &mh, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? errno : 0;
}

static void on_poll(uv_poll_t *poll, int status, int events);

static int watch(struct ipc *c)
{
	int also = outbox_waits(c) ? UV_WRITABLE : 0;

	return uv_poll_start(&c->poll, UV_READABLE | also, on_poll) ? ENOTCONN
								    : 0;
}

static void flush_outbox(struct ipc *c)
{
	while (outbox_waits(c)) {
		uint32_t len;
		int err;

		memcpy(&len, c->outbox + c->outbox_from, sizeof(len));
		err = send_raw(c, c->outbox + c->outbox_from + sizeof(len), len,
			       -1);
		if (err == EAGAIN)
			return;
		if (err) {
			channel_gone(c);
			return;
		}
		c->outbox_from += sizeof(len) + len;
	}
	c->outbox_from = c->outbox_to = 0;
	if (watch(c))
		channel_gone(c);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct ipc *c = poll->data;

	c->depth++;
	if (status < 0) {
		channel_gone(c);
	} else {
		if (events & UV_WRITABLE)
			flush_outbox(c);
		if (events & UV_READABLE && !c->gone)
			read_some(c);
	}
	c->depth--;
	if (c->closing && !c->depth)
		close_handles(c);
}

static int keep_for_later(struct ipc *c, const uint8_t *p, size_t len)
{
	uint32_t n = (uint32_t)len;
	size_t need = sizeof(n) + len;

	if (c->outbox_from && c->outbox_to + need > c->outbox_max) {
		memmove(c->outbox, c->outbox + c->outbox_from,
			c->outbox_to - c->outbox_from);
		c->outbox_to -= c->outbox_from;
		c->outbox_from = 0;
	}
	if (c->outbox_to + need > c->outbox_max) {
		size_t max = c->outbox_max ? c->outbox_max : 128 * 1024;
		uint8_t *grown;

		while (max < c->outbox_to + need)
			max *= 2;
		if (max > IPC_OUTBOX_MAX)
			return ENOBUFS;
		grown = realloc(c->outbox, max);
		if (!grown)
			return ENOBUFS;
		c->outbox = grown;
		c->outbox_max = max;
	}
	memcpy(c->outbox + c->outbox_to, &n, sizeof(n));
	memcpy(c->outbox + c->outbox_to + sizeof(n), p, len);
	c->outbox_to += need;
	return watch(c);
}

void ipc_flush(struct ipc *c)
{
	int err;

	if (!c || !c->turn_len || c->gone || c->closing)
		return;
	err = send_raw(c, c->turn, c->turn_len, -1);
	if (err == EAGAIN)
		err = keep_for_later(c, c->turn, c->turn_len);
	if (err == ENOBUFS) /* no memory: the outbox was empty */
		metric_add(METRIC_ipc_dropped, 1);
	c->turn_len = 0;
}

static void on_end_of_turn(uv_prepare_t *prepare)
{
	struct ipc *c = prepare->data;

	if (!c->unhurried ||
	    uv_now(prepare->loop) - c->turn_since_ms >= IPC_UNHURRIED_MS)
		ipc_flush(c);
}

void ipc_unhurried(struct ipc *c)
{
	c->unhurried = true;
}

static int send_alone(struct ipc *c, const uint8_t *p, size_t len, int fd)
{
	int err;

	ipc_flush(c);
	err = outbox_waits(c) ? EAGAIN : send_raw(c, p, len, fd);
	if (err == EAGAIN && fd < 0)
		err = keep_for_later(c, p, len);
	if (err == ENOBUFS)
		metric_add(METRIC_ipc_dropped, 1);
	if (err == EPIPE || err == ECONNRESET)
		err = ENOTCONN; /* poll will tell the owner */
	return err;
}

int ipc_send(struct ipc *c, const struct ipc_message *m)
{
	static uint8_t out[IPC_MESSAGE_MAX]; /* one thread a process */
	struct writer w = writer_on(out + IPC_HEADER_BYTES,
				    sizeof(out) - IPC_HEADER_BYTES);
	struct writer head = writer_on(out, IPC_HEADER_BYTES);
	size_t len;
	int err;

	if (!c || c->gone || c->closing)
		return ENOTCONN;
	err = ipc_encode(&w, m);
	if (err)
		return err;
	writer_u16(&head, (uint16_t)m->type);
	writer_u16(&head, 0);
	writer_u32(&head, (uint32_t)w.len);
	writer_u64(&head, m->about);
	len = IPC_HEADER_BYTES + w.len;
	if (c->turn_len + len > sizeof(c->turn))
		ipc_flush(c);
	if (c->self == ROLE_PARENT || ipc_rules[m->type].fds || outbox_waits(c))
		return send_alone(c, out, len,
				  ipc_rules[m->type].fds ? m->fd : -1);
	if (!c->turn_len)
		c->turn_since_ms = uv_now(c->end_of_turn.loop);
	memcpy(c->turn + c->turn_len, out, len);
	c->turn_len += len;
	return 0;
}

int ipc_open(struct ipc **ret, uv_loop_t *loop, int fd, enum role self,
	     enum role peer, unsigned peer_index, const struct ipc_handlers *h,
	     void *arg)
{
	int size = 1024 * 1024, flags = fcntl(fd, F_GETFL);
	struct ipc *c = calloc(1, sizeof(*c));
	int err;

	assert(h->message && h->state);
	if (!c || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		err = c ? errno : ENOMEM;
		goto out;
	}
	/* best effort: the outbox covers what a small buffer does not take */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	*c = (struct ipc){ .fd = fd,
			   .self = self,
			   .peer = peer,
			   .peer_index = peer_index,
			   .h = *h,
			   .arg = arg };
	if (uv_poll_init(loop, &c->poll, fd)) {
		err = ENOMEM;
		goto out;
	}
	c->poll.data = c->end_of_turn.data = c;
	(void)uv_prepare_init(loop, &c->end_of_turn);
	(void)uv_prepare_start(&c->end_of_turn, on_end_of_turn);
	uv_unref((uv_handle_t *)&c->end_of_turn);
	c->open_handles = 2;
	err = watch(c);
	if (err) {
		ipc_close(c);
		return err;
	}
	*ret = c;
	return 0;
out:
	free(c);
	(void)close(fd);
	return err;
}

enum role ipc_peer(const struct ipc *c)
{
	return c->peer;
}

unsigned ipc_peer_index(const struct ipc *c)
{
	return c->peer_index;
}

int ipc_receive(int fd, enum role self, enum role peer, enum ipc_state state,
		uint8_t buf[IPC_MESSAGE_MAX], struct ipc_message *ret)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct reader r;
	enum ipc_type type;
	uint64_t about;
	unsigned fds;
	size_t len;
	int got = -1, err;

	do {
		(void)poll(&p, 1, -1);
		err = receive_raw(fd, buf, &len, &got, &fds);
	} while (err == EAGAIN);
	if (err)
		return err;
	err = ipc_check(buf, len, fds, peer, self, &type, &about);
	if (!err && !(ipc_rules[type].when & state))
		err = EPROTO;
	r = reader_on(buf + IPC_HEADER_BYTES, len - IPC_HEADER_BYTES);
	if (!err)
		err = ipc_decode(&r, type, ret);
	if (err) {
		if (got >= 0)
			(void)close(got);
		return err;
	}
	ret->about = about;
	ret->fd = got;
	return 0;
}
