/*
 * capture -- what each party sent, into the ring to the recorder
 *
 * Nothing here waits. What the ring does not take is counted, and told with
 * the next packet of that party; only the end of a recording is tried again.
 */
#include "base/metric.h"
#include "process/media/worker.h"

void capture_audio(struct worker *w, struct leg *l, const struct rtpin *in,
		   uint32_t lost)
{
	struct ring_frame *f = &w->frame;

	if (!l->call->capture || !w->ring)
		return;
	f->recording = l->call->recording;
	f->kind = RING_AUDIO;
	f->track = l->number;
	f->len = in->payload_len;
	f->rtp_time = in->time;
	f->lost = lost + l->not_captured;
	f->dropped = l->not_captured;
	f->at_ns = w->now_ns;
	memcpy(f->payload, in->payload, in->payload_len);
	if (ring_put(w->ring, f)) {
		metric_add(METRIC_rtp_ring_full, 1);
		l->not_captured += lost + 1;
		return;
	}
	l->not_captured = 0;
}

static int put_stop(struct worker *w, struct stop stop)
{
	w->frame = (struct ring_frame){
		.recording = stop.recording,
		.kind = RING_STOP,
		.lost = stop.dropped,
		.dropped = stop.dropped,
		.at_ns = w->now_ns,
	};
	return ring_put(w->ring, &w->frame);
}

void capture_set(struct worker *w, struct call *c, bool on, uint32_t recording)
{
	struct stop stop = { .recording = c->recording };

	if (!w->ring || (on && c->capture && c->recording == recording))
		return;
	/* what no packet of the same party tells any more */
	for (unsigned i = 0; i < LEGS; i++)
		if (c->legs[i].not_captured > stop.dropped)
			stop.dropped = c->legs[i].not_captured;
	if (c->capture && put_stop(w, stop) && w->stop_count < w->slots)
		w->stops[w->stop_count++] = stop;
	c->capture = on;
	c->recording = recording;
	for (unsigned i = 0; i < LEGS; i++)
		c->legs[i].not_captured = 0;
}

/* In their order, and none before there is room. */
void capture_retry(struct worker *w)
{
	unsigned done = 0;

	while (done < w->stop_count && !put_stop(w, w->stops[done]))
		done++;
	w->stop_count -= done;
	memmove(w->stops, w->stops + done, w->stop_count * sizeof(*w->stops));
}
