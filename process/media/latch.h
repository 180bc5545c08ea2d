/*
 * latch -- from whom a leg takes RTP, and whither it answers
 *
 * Symmetric RTP: packets go back to where they come from, because what SDP
 * says is often an address behind a NAT. A stranger who finds the port must
 * not get hold of the leg by that, so:
 *
 *  - From the signalled address (host) a packet is taken at once, whatever its
 *    port. From the signalled host and port, it also wins back what another
 *    port of that host got in the first LATCH_SOFT_MS.
 *  - From elsewhere nothing is taken, unless the signalled address is private:
 *    then the first source that sends LATCH_PROBES packets in sequence with
 *    one SSRC. Any packet of the signalled host in between wins.
 *  - Once taken, other sources are ignored while the source is heard. After
 *    LATCH_SILENCE_MS of silence it may move, after LATCH_PROBES packets in
 *    sequence that come from the signalled host, or that go on with the SSRC
 *    at hand (a NAT that forgot; a stranger off the path does not know it).
 *  - A packet that SRTP has authenticated, newer than all before, is from the
 *    peer wherever it comes from, and moves the latch at once. In SRTP nothing
 *    else does.
 *  - A new signalled address begins anew.
 *
 * The caller has checked that it is RTP with a payload type of the leg. Pure:
 * time passed in. Once firm, a socket may be connected to the source, and the
 * kernel ignores the others; latch_silent() says when to undo that.
 */
#ifndef VAXEL_MEDIA_LATCH_H
#define VAXEL_MEDIA_LATCH_H

#include "process/media/endpoint.h"

#define LATCH_PROBES 5
#define LATCH_SOFT_MS 1000
#define LATCH_SILENCE_MS 2000

enum latch_state {
	LATCH_CLOSED,  /* nobody was signalled */
	LATCH_WAITING, /* nothing heard yet */
	LATCH_SOFT,    /* heard, but the signalled port might still win */
	LATCH_FIRM,
};

struct latch {
	enum latch_state state;
	bool authenticated; /* the leg has SRTP keys */
	struct endpoint signalled;
	struct endpoint source;
	uint32_t ssrc;
	uint64_t since_ms;
	uint64_t heard_ms;
	struct {
		struct endpoint from;
		uint32_t ssrc;
		uint16_t next_seq;
		unsigned count;
	} probe;
};

struct latch_packet {
	struct endpoint from;
	uint32_t ssrc;
	uint16_t seq;
	bool newest; /* authentic and newer than all before */
};

enum latch_verdict {
	LATCH_DROP,
	LATCH_TAKE,
	LATCH_MOVE, /* take it, and answer to latch.source from now on */
};

/* The peer's address as signalled; len 0 for none. */
void latch_signal(struct latch *l, const struct endpoint *signalled,
		  bool authenticated);

enum latch_verdict latch_packet(struct latch *l, const struct latch_packet *p,
				uint64_t now_ms);

/* A packet on a socket that is connected to the source. */
static inline void latch_heard(struct latch *l, uint32_t ssrc, uint64_t now_ms)
{
	l->ssrc = ssrc;
	l->heard_ms = now_ms;
}

/* Where to send. NULL while nobody was signalled. */
const struct endpoint *latch_peer(const struct latch *l);

static inline bool latch_silent(const struct latch *l, uint64_t now_ms)
{
	return now_ms - l->heard_ms >= LATCH_SILENCE_MS;
}

#endif
