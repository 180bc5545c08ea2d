/*
 * reports -- what is looked at now and then: RTCP, silence, the ring's ends
 */
#include <sodium.h>

#include "base/clock.h"
#include "base/metric.h"
#include "process/media/worker.h"

#define REPORT_EVERY_MS 5000 /* RFC 3550 6.2 */
#define ORPHAN_MS (15 * 60 * 1000)

static bool where(const struct leg *l, struct endpoint *ret)
{
	const struct endpoint *peer = latch_peer(&l->latch);

	if (!l->set || !peer || endpoint_port(peer) == UINT16_MAX)
		return false;
	*ret = *peer;
	endpoint_set_port(ret, (uint16_t)(endpoint_port(peer) + 1));
	return true;
}

void reports_send(struct worker *w, struct leg *l, bool bye)
{
	uint8_t packet[REPORT_MAX + SDES_RTCP_EXTRA];
	struct writer out = writer_on(packet, REPORT_MAX);
	struct report_out r = {
		.ssrc = l->out.ssrc,
		.cname = l->cname,
		.bye = bye,
		.wall_ms = (uint64_t)clock_wall_ms(),
		.rtp_time = rtpout_time(&l->out, l->clock, w->now_ns),
		.packets = l->out.packets,
		.bytes = l->out.bytes,
		.hears = l->heard,
	};
	struct endpoint to;

	if (!where(l, &to))
		return;
	if (r.hears) {
		r.peer_ssrc = l->ssrc;
		r.fraction = rtpseq_fraction(&l->seq);
		r.lost = rtpseq_lost(&l->seq);
		r.highest = (uint32_t)l->seq.highest;
		r.jitter = l->seq.jitter >> 4;
		r.last_report = l->peer_report;
		r.since_report = (uint32_t)((w->now_ns - l->peer_report_ns) /
					    1000 * 65536 / 1000000);
	}
	report_write(&out, &r);
	if (writer_finish(&out) ||
	    (l->tx && sdes_protect_rtcp(l->tx, packet, &out.len)))
		return;
	(void)sendto(l->port->rtcp, packet, out.len, 0, &to.u.sa, to.len);
}

void reports_receive(struct worker *w, struct leg *l)
{
	const struct endpoint *peer = latch_peer(&l->latch);
	struct endpoint from;
	struct report_in in;
	size_t len;
	ssize_t n;

	from.len = sizeof(from.u);
	n = recvfrom(l->port->rtcp, w->packet, PACKET_MAX, 0, &from.u.sa,
		     &from.len);
	if (n < 0)
		return;
	len = (size_t)n;
	if (!l->set || !peer || !endpoint_same_host(peer, &from) ||
	    (l->rx && sdes_unprotect_rtcp(l->rx, w->packet, &len)) ||
	    report_read(&in, w->packet, len, l->out.ssrc)) {
		metric_add(METRIC_rtp_dropped, 1);
		return;
	}
	/* its end is told by SIP; here it only lives */
	if (in.bye)
		return;
	l->alive_ms = w->now_ms;
	if (in.has_sender) {
		l->peer_report = in.ntp_middle;
		l->peer_report_ns = w->now_ns;
	}
}

static void look_at_leg(struct worker *w, struct leg *l)
{
	uint64_t silent_ms = w->now_ms - l->alive_ms;

	if (!l->set)
		return;
	if (l->connected && latch_silent(&l->latch, w->now_ms))
		relay_disconnect(l);
	if (!l->report_due_ms || w->now_ms >= l->report_due_ms) {
		/* half to one and a half, so that legs do not fall in step */
		if (l->report_due_ms)
			reports_send(w, l, false);
		l->report_due_ms = w->now_ms + REPORT_EVERY_MS / 2 +
				   randombytes_uniform(REPORT_EVERY_MS);
	}
	if (!l->receive || !w->silence_s ||
	    silent_ms < w->silence_s * 1000ULL) {
		l->silence_told = false;
		return;
	}
	if (l->silence_told)
		return;
	l->silence_told =
		!IPC_SEND(w->to_switch, SILENT, l->call->handle,
			  .leg = l->number, .silent_ms = (uint32_t)silent_ms);
}

/*
 * A call that the new switch has never spoken of and in which nobody has been
 * heard for long: the old switch took its memory with it.
 */
static bool orphaned(const struct worker *w, const struct call *c)
{
	if (c->switch_epoch == w->switch_epoch ||
	    w->now_ms - c->touched_ms < ORPHAN_MS)
		return false;
	for (unsigned i = 0; i < LEGS; i++)
		if (c->legs[i].port &&
		    w->now_ms - c->legs[i].alive_ms < ORPHAN_MS)
			return false;
	return true;
}

void reports_tick(struct worker *w)
{
	if (w->stop_count)
		capture_retry(w);
	for (unsigned i = 0; i < w->slots; i++) {
		struct call *c = &w->calls[i];

		if (!c->handle)
			continue;
		for (unsigned k = 0; k < LEGS; k++)
			if (c->legs[k].port)
				look_at_leg(w, &c->legs[k]);
		if (orphaned(w, c))
			call_close(w, c, false);
	}
}
