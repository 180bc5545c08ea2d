#include "container/timeline.h"

#include <string.h>

#define MS ((int64_t)1000000)

/*
 * An RTP clock that is more than this away from the arrivals is another
 * source's: packets cannot come before they were spoken, and those that come
 * later than LATE were held by somebody.
 */
static const int64_t early_max = 250 * MS;
static const int64_t late_max = 2000 * MS;

/*
 * The least lateness of a window is free of jitter. What it then differs by
 * is drift of the peer's clock, or a first packet that was itself late.
 */
static const int64_t window = 4000 * MS;
static const int64_t drift_max = 40 * MS;

void timeline_init(struct timeline *t, enum codec codec)
{
	memset(t, 0, sizeof(*t));
	t->rate = codec == CODEC_OPUS ? 48000 : 8000;
}

static void anchor(struct timeline *t, uint32_t rtp_time, uint64_t at_ns)
{
	t->begun = 1;
	t->last_rtp = rtp_time;
	t->ticks = 0;
	t->anchor_ns = at_ns;
	t->window_ns = at_ns;
	t->early_ns = INT64_MAX;
}

static int64_t due(const struct timeline *t, int64_t ticks)
{
	int64_t s = ticks / t->rate, rest = ticks % t->rate;

	return (int64_t)t->anchor_ns + s * 1000 * MS +
	       rest * 1000 * MS / t->rate;
}

static void correct_drift(struct timeline *t, int64_t late, uint64_t at_ns)
{
	if (late < t->early_ns)
		t->early_ns = late;
	if (at_ns < t->window_ns + (uint64_t)window)
		return;
	if (t->early_ns > drift_max || t->early_ns < -drift_max)
		t->anchor_ns += (uint64_t)t->early_ns;
	t->window_ns = at_ns;
	t->early_ns = INT64_MAX;
}

int timeline_place(struct timeline *t, uint32_t rtp_time, uint64_t at_ns,
		   unsigned payload_ms, uint64_t *ret_ms)
{
	int32_t step = (int32_t)(rtp_time - t->last_rtp);
	int64_t begin = due(t, t->ticks + step);
	int64_t late = (int64_t)at_ns - begin;
	uint64_t us;

	if (!t->begun || late > late_max || late < -early_max) {
		anchor(t, rtp_time, at_ns);
		begin = (int64_t)at_ns;
	} else if (step <= 0) {
		return EPROTO;
	} else {
		t->ticks += step;
		t->last_rtp = rtp_time;
		correct_drift(t, late, at_ns);
	}
	us = begin > 0 ? (uint64_t)begin / 1000 : 0;
	if (us < t->end_us)
		us = t->end_us;
	t->end_us = us + (uint64_t)payload_ms * 1000;
	*ret_ms = us / 1000;
	return 0;
}
