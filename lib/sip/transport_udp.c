/* Datagrams: read in batches, sent one by one and at once. */

#include "sip/transport_parts.h"

#define ROUNDS 4 /* batches before others get their turn */

static int receive(struct endpoint *e)
{
	struct transport *t = e->t;
	struct mmsghdr m[TRANSPORT_BATCH];
	struct iovec iov[TRANSPORT_BATCH];
	struct sockaddr_in6 from[TRANSPORT_BATCH];
	int n;

	memset(m, 0, sizeof(m));
	for (size_t i = 0; i < TRANSPORT_BATCH; i++) {
		iov[i].iov_base = t->scratch + i * MESSAGE_MAX;
		iov[i].iov_len = MESSAGE_MAX;
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
		m[i].msg_hdr.msg_name = &from[i];
		m[i].msg_hdr.msg_namelen = sizeof(from[i]);
	}
	n = recvmmsg(e->fd, m, TRANSPORT_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n && !t->closing; i++) {
		struct flow flow = { .transport = SIP_UDP,
				     .listener = e->index,
				     .trunk = -1 };
		bool must_show;

		if ((m[i].msg_hdr.msg_flags & MSG_TRUNC) ||
		    sa_set_sa(&flow.peer, (struct sockaddr *)&from[i]))
			continue;
		/* no answer could reach port 0 */
		if (!sa_port(&flow.peer))
			continue;
		flow.trunk = transport_trunk_from(t, &flow.peer, &must_show);
		transport_bytes(t, &flow, iov[i].iov_base, m[i].msg_len);
	}
	return n;
}

static void readable(uv_poll_t *handle, int status, int events)
{
	struct endpoint *e = handle->data;

	(void)status;
	(void)events;
	for (int i = 0; i < ROUNDS && !e->t->closing; i++) {
		if (receive(e) < TRANSPORT_BATCH)
			break;
	}
}

int datagram_start(struct endpoint *e)
{
	int size = 4 * 1024 * 1024, err;

	/* as much as we may have; a burst is answered late rather than lost */
	(void)setsockopt(e->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	(void)setsockopt(e->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	err = uv_poll_init(e->t->loop, &e->u.poll, e->fd);
	if (err)
		return -err;
	e->u.poll.data = e;
	e->t->handles++;
	e->open = true;
	return -uv_poll_start(&e->u.poll, UV_READABLE, readable);
}

int datagram_send(struct endpoint *e, const struct flow *flow, const void *p,
		  size_t len)
{
	ssize_t n;

	do
		n = sendto(e->fd, p, len, MSG_DONTWAIT | MSG_NOSIGNAL,
			   &flow->peer.u.sa, flow->peer.len);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	/* a full queue is a lost packet, which retransmission mends */
	return errno == EAGAIN || errno == ENOBUFS ? 0 : errno;
}
