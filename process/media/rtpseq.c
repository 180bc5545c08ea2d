#include "process/media/rtpseq.h"

static void begin(struct rtpseq *s, uint64_t index)
{
	s->base = index;
	s->highest = index;
	s->window = 1;
	s->received++;
	s->started = true;
	s->expects_restart = false;
	s->has_transit = false;
}

static uint64_t expected(const struct rtpseq *s)
{
	return s->started ? s->expected_before + s->highest - s->base + 1 : 0;
}

/* A jump: believed when the packet after it goes on from there. */
static int jump(struct rtpseq *s, uint16_t seq, uint64_t *ret_index,
		uint32_t *ret_lost)
{
	if (!s->expects_restart || seq != s->restart_seq) {
		s->expects_restart = true;
		s->restart_seq = (uint16_t)(seq + 1);
		return EPROTO;
	}
	s->expected_before = expected(s);
	s->restarts++;
	/* two rounds ahead, so that it is past everything before */
	begin(s, (((s->highest >> 16) + 2) << 16) | seq);
	*ret_index = s->highest;
	*ret_lost = 0;
	return 0;
}

int rtpseq_place(struct rtpseq *s, uint16_t seq, uint64_t *ret_index,
		 uint32_t *ret_lost)
{
	uint16_t ahead;

	if (!s->started) {
		/* the first round is kept free for what comes late */
		begin(s, 65536u + seq);
		*ret_index = s->highest;
		*ret_lost = 0;
		return 0;
	}
	ahead = (uint16_t)(seq - (uint16_t)s->highest);
	if (ahead && ahead < RTPSEQ_MAX_DROPOUT) {
		s->window = ahead < 64 ? s->window << ahead | 1 : 1;
		s->highest += ahead;
		*ret_lost = ahead - 1u;
	} else {
		uint16_t behind = (uint16_t)-ahead;
		uint64_t bit;

		if (behind >= RTPSEQ_MAX_MISORDER)
			return jump(s, seq, ret_index, ret_lost);
		bit = 1ULL << behind;
		if (s->window & bit || s->highest - behind < s->base)
			return EPROTO;
		s->window |= bit;
		*ret_lost = 0;
		s->received++;
		*ret_index = s->highest - behind;
		return 0;
	}
	s->received++;
	s->expects_restart = false;
	*ret_index = s->highest;
	return 0;
}

uint64_t rtpseq_lost(const struct rtpseq *s)
{
	uint64_t want = expected(s);

	return want > s->received ? want - s->received : 0;
}

void rtpseq_arrived(struct rtpseq *s, uint32_t arrival, uint32_t time)
{
	int32_t transit = (int32_t)(arrival - time);
	uint32_t step = (uint32_t)transit - (uint32_t)s->transit;

	if (step & 0x80000000u)
		step = -step;
	/* a sender that moves its clock is not jitter */
	if (s->has_transit && step < 1u << 24)
		s->jitter += step - ((s->jitter + 8) >> 4);
	s->transit = transit;
	s->has_transit = true;
}

uint8_t rtpseq_fraction(struct rtpseq *s)
{
	uint64_t want = expected(s) - s->reported_expected;
	uint64_t got = s->received - s->reported_received;

	s->reported_expected += want;
	s->reported_received += got;
	if (!want || got >= want)
		return 0;
	return (uint8_t)((want - got) * 255 / want);
}
