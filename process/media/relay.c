/*
 * relay -- the way of a packet: socket, SRTP, latch, sequence, ring, socket
 */
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/metric.h"
#include "process/media/worker.h"

#define EVENTS 128
#define ROUNDS 8 /* then timers and messages have their turn */

/* ---- out */

static ssize_t to_peer(const struct leg *l, const uint8_t *p, size_t len)
{
	const struct endpoint *peer;

	if (l->connected)
		return send(l->port->rtp, p, len, 0);
	peer = latch_peer(&l->latch);
	if (!peer) {
		errno = ENOTCONN;
		return -1;
	}
	return sendto(l->port->rtp, p, len, 0, &peer->u.sa, peer->len);
}

/*
 * Header and payload_len bytes at packet, SRTP where the leg has it. EPROTO
 * without a call of the kernel when it cannot be sealed.
 */
int relay_send(struct worker *w, struct leg *to, uint8_t *packet,
	       size_t payload_len, uint64_t index)
{
	size_t len = RTP_HEAD_BYTES + payload_len;

	(void)w;
	if (to->tx) {
		if (sdes_protect(to->tx, to->out.ssrc, index, packet,
				 RTP_HEAD_BYTES, len))
			return EPROTO;
		len += SDES_TAG_BYTES;
	}
	/* an earlier packet's refusal is told in place of this one's sending */
	if (to_peer(to, packet, len) < 0 &&
	    (errno != ECONNREFUSED || to_peer(to, packet, len) < 0))
		return errno;
	to->out.packets++;
	to->out.bytes += payload_len;
	return 0;
}

static void relay(struct worker *w, struct leg *from, const struct rtpin *in,
		  uint64_t index, bool dtmf)
{
	struct leg *to = from->to;
	uint8_t *packet = in->payload - RTP_HEAD_BYTES;
	struct rtpout_place place;

	if (!to || !to->set || !to->send || to->play.on ||
	    to->codec != from->codec || (dtmf && !to->dtmf_type))
		return;
	if (rtpout_place(&to->out, from->source, index, in->time, to->clock,
			 w->now_ns, &place))
		return;
	/* CSRCs and extensions of the sender end here, without a move */
	rtpout_write(&to->out, &place, dtmf ? to->dtmf_type : to->type,
		     in->marker, packet);
	if (!relay_send(w, to, packet, in->payload_len, place.index))
		metric_add(METRIC_rtp_relayed, 1);
}

/* ---- in */

static void drop(void)
{
	metric_add(METRIC_rtp_dropped, 1);
}

void relay_disconnect(struct leg *l)
{
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	if (!l->connected)
		return;
	(void)connect(l->port->rtp, &nobody, sizeof(nobody));
	l->connected = false;
}

/* From the source that the leg listens to now? */
static bool latched(struct worker *w, struct leg *l, const struct rtpin *in,
		    const struct endpoint *from, bool newest)
{
	struct latch_packet p;

	if (!from) {
		latch_heard(&l->latch, in->ssrc, w->now_ms);
		return true;
	}
	p.from = *from;
	p.ssrc = in->ssrc;
	p.seq = in->seq;
	p.newest = newest;
	switch (latch_packet(&l->latch, &p, w->now_ms)) {
	case LATCH_DROP:
		return false;
	case LATCH_MOVE:
		relay_disconnect(l); /* it was to the old source */
		return true;
	case LATCH_TAKE:
		break;
	}
	return true;
}

/* Place it in its sequence; a new SSRC or a restart is a new stretch. */
static int place(struct worker *w, struct leg *l, const struct rtpin *in,
		 uint64_t *ret_index, uint32_t *ret_lost)
{
	int err;

	if (!l->heard || in->ssrc != l->ssrc) {
		l->lost_before += rtpseq_lost(&l->seq);
		l->seq = (struct rtpseq){ 0 };
		l->restarts = 0;
		l->ssrc = in->ssrc;
		l->heard = true;
		l->source = ++w->sources;
	}
	err = rtpseq_place(&l->seq, in->seq, ret_index, ret_lost);
	if (err)
		return err;
	if (l->seq.restarts != l->restarts) {
		l->restarts = l->seq.restarts;
		l->source = ++w->sources;
	}
	rtpseq_arrived(&l->seq,
		       (uint32_t)(w->now_ns / 1000 * l->clock / 1000000),
		       in->time);
	return 0;
}

static void packet_in(struct worker *w, struct leg *l, size_t len,
		      const struct endpoint *from)
{
	struct rtpin in;
	uint64_t index;
	uint32_t lost;
	uint8_t event;
	bool dtmf, newest = false;

	if (len > PACKET_MAX || rtpin_parse(&in, w->packet, len) || !l->set) {
		drop();
		return;
	}
	dtmf = in.type != l->type;
	if (dtmf && (!l->dtmf_type || in.type != l->dtmf_type)) {
		drop();
		return;
	}
	if (l->rx) {
		if (sdes_unprotect(l->rx, in.ssrc, in.seq, w->packet,
				   in.head_len, &len, &newest)) {
			drop();
			return;
		}
		in.payload_len = (uint16_t)(len - in.head_len);
	}
	if (rtpin_unpad(&in) || !latched(w, l, &in, from, newest) ||
	    place(w, l, &in, &index, &lost)) {
		drop();
		return;
	}
	l->alive_ms = w->now_ms;
	l->packets_in++;
	if (!l->receive || !in.payload_len)
		return;
	if (!dtmf)
		capture_audio(w, l, &in, lost);
	else if (dtmf_packet(&l->dtmf, l->source, in.time, in.payload,
			     in.payload_len, &event))
		(void)!IPC_SEND(w->to_switch, DTMF, l->call->handle,
				.leg = l->number, .event = event);
	relay(w, l, &in, index, dtmf);
}

/* One packet whose address has to be looked at. False: there was none. */
static bool receive_checked(struct worker *w, struct leg *l)
{
	struct endpoint from;
	ssize_t n;

	from.len = sizeof(from.u);
	n = recvfrom(l->port->rtp, w->packet, sizeof(w->packet), 0, &from.u.sa,
		     &from.len);
	if (n < 0)
		return errno != EAGAIN;
	packet_in(w, l, (size_t)n, &from);
	return true;
}

/*
 * Let the kernel keep strangers out. What still lies in the queue came before
 * that and could be theirs, so it is gone through with its addresses. A queue
 * that does not end is a flood; then stay unconnected.
 */
static void try_connect(struct worker *w, struct leg *l)
{
	if (connect(l->port->rtp, &l->latch.source.u.sa, l->latch.source.len))
		return;
	l->connected = true;
	for (int i = 0; i < 32; i++)
		if (!receive_checked(w, l))
			return;
	relay_disconnect(l);
}

static void receive(struct worker *w, struct leg *l)
{
	ssize_t n;

	if (!l->connected) {
		(void)receive_checked(w, l);
		if (l->latch.state == LATCH_FIRM)
			try_connect(w, l);
		return;
	}
	n = recv(l->port->rtp, w->packet, sizeof(w->packet), 0);
	if (n >= 0)
		packet_in(w, l, (size_t)n, NULL);
}

static void ready(struct worker *w, const struct epoll_event *event)
{
	bool rtcp;
	struct port *port = ports_of_event(w->ports, event->data.u64, &rtcp);

	/* closed by what came before it in this batch */
	if (!port->leg)
		return;
	if (rtcp)
		reports_receive(w, port->leg);
	else
		receive(w, port->leg);
}

void relay_ready(struct worker *w)
{
	struct epoll_event events[EVENTS];
	int n = EVENTS;

	for (int round = 0; round < ROUNDS && n == EVENTS; round++) {
		n = epoll_wait(ports_fd(w->ports), events, EVENTS, 0);
		w->now_ns = clock_mono_ns();
		w->now_ms = w->now_ns / 1000000;
		for (int i = 0; i < n; i++)
			ready(w, &events[i]);
	}
}
