/*
 * transaction -- the four machines of RFC 3261 17 with RFC 6026, as tables
 *
 * Pure: an event and the time go in; the next state and what to do come out.
 * No socket, no message, no allocation. The stack owns bytes and timers and
 * does what the returned actions say, in the order of their bits.
 *
 * Each machine has at most one retransmission timer (A, E or G) and one
 * deadline (B, F, H, C-like, D, I, J, K, L, M); transaction_due() is the
 * earlier. Times are milliseconds of a clock that only goes forward.
 */
#ifndef VAXEL_SIP_TRANSACTION_H
#define VAXEL_SIP_TRANSACTION_H

#include "base/bytes.h"

#define TRANSACTION_T1_MS 500
#define TRANSACTION_T2_MS 4000
#define TRANSACTION_T4_MS 5000
#define TRANSACTION_GIVE_UP_MS (64 * TRANSACTION_T1_MS)

enum transaction_kind {
	CLIENT_INVITE,
	CLIENT_OTHER,
	SERVER_INVITE,
	SERVER_OTHER,
	TRANSACTION_KINDS
};

enum transaction_state {
	TRANSACTION_TRYING, /* "Calling" of an INVITE client */
	TRANSACTION_PROCEEDING,
	TRANSACTION_COMPLETED,
	TRANSACTION_CONFIRMED,
	TRANSACTION_ACCEPTED, /* RFC 6026 */
	TRANSACTION_ENDED,
	TRANSACTION_STATES
};

enum transaction_event {
	EVENT_PROVISIONAL, /* 1xx: received by a client, sent by a server */
	EVENT_SUCCESS,     /* 2xx */
	EVENT_FAILURE,     /* 3xx to 6xx */
	EVENT_REQUEST,     /* the request again */
	EVENT_ACK,
	EVENT_RETRANSMIT, /* A, E, G, and the 2xx of a server */
	EVENT_DEADLINE,
	EVENT_TRANSPORT_ERROR,
	EVENT_ACKED, /* the user saw the ACK of a 2xx */
	TRANSACTION_EVENTS
};

/* What the owner has to do; several at once. */
enum transaction_action {
	ACTION_SEND = 1 << 0,  /* client: the request; server: this response */
	ACTION_AGAIN = 1 << 1, /* the last thing sent, again */
	ACTION_ACK = 1 << 2,   /* an ACK for a non-2xx */
	ACTION_PASS = 1 << 3,  /* this response is for the user */
	ACTION_TIMEOUT = 1 << 4, /* tell the user 408 / nobody acknowledged */
	ACTION_ERROR = 1 << 5,   /* tell the user: the transport failed */
	ACTION_END = 1 << 6,     /* the transaction is over */
	ACTION_WRONG = 1 << 7,   /* our own mistake: not in this state */
};

struct transaction {
	uint8_t kind;
	uint8_t state;
	bool reliable;          /* TCP, TLS */
	uint32_t interval_ms;   /* of the next retransmission */
	uint64_t retransmit_at; /* 0: none */
	uint64_t deadline_at;   /* 0: none */
};

/* A client's first request is to be sent right after. */
void transaction_start(struct transaction *t, enum transaction_kind kind,
		       bool reliable, uint64_t now);

/* Set of enum transaction_action. */
unsigned transaction_event(struct transaction *t, enum transaction_event event,
			   uint64_t now);

/* When transaction_tick() is to be called; 0: never. */
uint64_t transaction_due(const struct transaction *t);

/* EVENT_RETRANSMIT or EVENT_DEADLINE where one is due, else nothing. */
unsigned transaction_tick(struct transaction *t, uint64_t now);

#endif
