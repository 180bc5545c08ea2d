/*
 * net -- two ends of a wire, for testing sessions in virtual time
 *
 * Stands in for sip/stack.h (the tests link this instead of it): what one end
 * sends is written out, decoded again and handed to the other. Everything that
 * happens goes into one log, which is what the tests compare:
 *
 *   a>INVITE+       a sends a request, with a body
 *   b>180           b answers
 *   a:progress180   what a's owner was told
 */
#ifndef VAXEL_TESTS_NET_H
#define VAXEL_TESTS_NET_H

#include "tests/unit/unit.h"

#include "sip/session.h"

#define LOG_MAX 4096

/* One end, its owner and the one call that it has at a time. */
struct end {
	char name;
	struct stack *stack;
	struct sessions *sessions;
	struct session_terms terms;
	struct offer_media media;
	struct session_state *state; /* allocated, to find who writes past it */
	struct session *s;
	unsigned room_code; /* refuse with this */
	unsigned replace_code;
	struct session_state spare;
	bool relays;
	unsigned hops;
	unsigned refer_code;
	struct session_refer *refer; /* the last one of theirs */
	/* what the owner does by itself */
	unsigned ring; /* 180, or 0 */
	bool ring_reliably;
	bool early;    /* 183 with a description */
	bool answer;   /* at once */
	bool reanswer; /* offers within the call, at once */
	unsigned refuse_offers;
	unsigned last_code;
};

extern struct end a, b;
extern char net_log[LOG_MAX];
extern uint64_t net_now;

/* Where in its range every number falls that is drawn at random, in per cent.
 * net_open() sets 50. */
extern unsigned net_lot;

/* Drop the next message whose log line is this. */
extern const char *net_drop;

/* The owner's side, which notes what it is told. */
extern const struct session_handlers net_handlers;
void net_note(const char *fmt, ...) PRINTF_LIKE(1, 2);

void net_open(void);
void net_close(void);
void net_end(struct end *e, char name);

/* This end's owner shall have only the handlers that every owner must. */
void net_few_handlers(struct end *e);

/* ... passes descriptions on: its media's as_is, and e->hold answers none. */
void net_relays(struct end *e);

/* Deliver all that is on its way. */
void net_run(void);
/* Lose it instead. */
void net_lose(void);
/* Let time pass, timers fire and messages travel. */
void net_pass(uint64_t ms);

/* Start a call from a to b. */
void net_call(struct text headers);

/* The log since the last look; then it is empty. */
void net_expect(const char *log);

/* A response to a's last INVITE, as from some other phone. */
void net_fork(unsigned code, const char *tag, const char *headers,
	      const char *sdp);
/* Any bytes, as from the other end. */
void net_inject(struct end *to, const char *text);
/* b's last response to the INVITE arrives once more. */
void net_again(struct end *from);
/* The server's end: nobody acknowledged. */
void net_no_ack(struct end *e);

/* The text of the last message that was sent by this end. */
const char *net_last(const struct end *from);
/* A request within a's dialog with b, as b would write it. */
void net_within(struct end *to, const char *method, unsigned cseq,
		const char *rest);

extern const char net_sdp[];

#endif
