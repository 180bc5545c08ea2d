#include "process/media/latch.h"

void latch_signal(struct latch *l, const struct endpoint *signalled,
		  bool authenticated)
{
	*l = (struct latch){
		.state = signalled->len ? LATCH_WAITING : LATCH_CLOSED,
		.authenticated = authenticated,
		.signalled = *signalled,
	};
}

const struct endpoint *latch_peer(const struct latch *l)
{
	if (l->state >= LATCH_SOFT)
		return &l->source;
	return l->state == LATCH_WAITING ? &l->signalled : NULL;
}

static enum latch_verdict move(struct latch *l, const struct latch_packet *p,
			       enum latch_state state, uint64_t now_ms)
{
	l->state = state;
	l->source = p->from;
	l->since_ms = now_ms;
	l->probe.count = 0;
	latch_heard(l, p->ssrc, now_ms);
	return LATCH_MOVE;
}

/* LATCH_PROBES in sequence, from one source, with one SSRC? */
static bool proven(struct latch *l, const struct latch_packet *p)
{
	if (!l->probe.count || !endpoint_same(&l->probe.from, &p->from) ||
	    l->probe.ssrc != p->ssrc || l->probe.next_seq != p->seq) {
		l->probe.from = p->from;
		l->probe.ssrc = p->ssrc;
		l->probe.count = 0;
	}
	l->probe.next_seq = (uint16_t)(p->seq + 1);
	return ++l->probe.count >= LATCH_PROBES;
}

static enum latch_verdict waiting(struct latch *l, const struct latch_packet *p,
				  uint64_t now_ms)
{
	if (endpoint_same(&p->from, &l->signalled))
		return move(l, p, LATCH_FIRM, now_ms);
	if (endpoint_same_host(&p->from, &l->signalled))
		return move(l, p, LATCH_SOFT, now_ms);
	if (endpoint_is_private(&l->signalled) && proven(l, p))
		return move(l, p, LATCH_SOFT, now_ms);
	return LATCH_DROP;
}

/* Heard before, and this is from somewhere else. */
static enum latch_verdict
elsewhere(struct latch *l, const struct latch_packet *p, uint64_t now_ms)
{
	bool home = endpoint_same_host(&p->from, &l->signalled);

	if (l->state == LATCH_SOFT && home &&
	    (endpoint_same(&p->from, &l->signalled) ||
	     !endpoint_same_host(&l->source, &l->signalled)))
		return move(l, p,
			    endpoint_same(&p->from, &l->signalled) ? LATCH_FIRM
								   : LATCH_SOFT,
			    now_ms);
	if (!latch_silent(l, now_ms) || (!home && p->ssrc != l->ssrc))
		return LATCH_DROP;
	if (!proven(l, p))
		return LATCH_DROP;
	return move(l, p, LATCH_FIRM, now_ms);
}

enum latch_verdict latch_packet(struct latch *l, const struct latch_packet *p,
				uint64_t now_ms)
{
	if (l->state == LATCH_CLOSED)
		return LATCH_DROP;
	if (l->state >= LATCH_SOFT && endpoint_same(&p->from, &l->source)) {
		if (l->state == LATCH_SOFT &&
		    now_ms - l->since_ms >= LATCH_SOFT_MS)
			l->state = LATCH_FIRM;
		latch_heard(l, p->ssrc, now_ms);
		return LATCH_TAKE;
	}
	if (l->authenticated)
		return p->newest ? move(l, p, LATCH_FIRM, now_ms) : LATCH_DROP;
	if (l->state == LATCH_WAITING)
		return waiting(l, p, now_ms);
	return elsewhere(l, p, now_ms);
}
