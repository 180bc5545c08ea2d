#include "sip/transaction.h"

#include <stddef.h>

/* What a row does to the timers. */
enum timing {
	KEEP,      /* as they run */
	STOP,      /* no retransmission, no deadline */
	QUIET,     /* no retransmission, the deadline stays */
	SLOW,      /* E: from now on every T2 */
	WAIT_B,    /* B, H, L, M, J: 64 * T1 from now */
	WAIT_2XX,  /* L, with the 2xx again at T1, 2 * T1, ... */
	WAIT_H,    /* H, with G where the transport is unreliable */
	WAIT_T4,   /* I, K: T4, or nothing on a reliable transport */
	WAIT_LONG, /* D, J: 64 * T1, or nothing on a reliable transport */
};

struct row {
	bool known; /* false: nothing happens */
	uint8_t next;
	uint8_t actions;
	uint8_t timing;
};

#define ROW(next, actions, timing)                                             \
	{                                                                      \
		true, TRANSACTION_##next, actions, timing                      \
	}
#define WRONG(state) ROW(state, ACTION_WRONG, KEEP)

/* clang-format off */
static const struct row rows[TRANSACTION_KINDS][TRANSACTION_STATES]
			    [TRANSACTION_EVENTS] = {
/* RFC 3261 17.1.1.2, figure 5, and RFC 6026 7.2 */
[CLIENT_INVITE] = {
	[TRANSACTION_TRYING] = {
		[EVENT_PROVISIONAL] =     ROW(PROCEEDING, ACTION_PASS, STOP),
		[EVENT_SUCCESS] =         ROW(ACCEPTED, ACTION_PASS, WAIT_B),
		[EVENT_FAILURE] =         ROW(COMPLETED, ACTION_ACK | ACTION_PASS, WAIT_LONG),
		[EVENT_RETRANSMIT] =      ROW(TRYING, ACTION_AGAIN, KEEP),
		[EVENT_DEADLINE] =        ROW(ENDED, ACTION_TIMEOUT | ACTION_END, STOP),
		[EVENT_TRANSPORT_ERROR] = ROW(ENDED, ACTION_ERROR | ACTION_END, STOP),
	},
	[TRANSACTION_PROCEEDING] = {
		[EVENT_PROVISIONAL] =     ROW(PROCEEDING, ACTION_PASS, KEEP),
		[EVENT_SUCCESS] =         ROW(ACCEPTED, ACTION_PASS, WAIT_B),
		[EVENT_FAILURE] =         ROW(COMPLETED, ACTION_ACK | ACTION_PASS, WAIT_LONG),
		/* 9.1: cancelled, and nothing came of it */
		[EVENT_DEADLINE] =        ROW(ENDED, ACTION_TIMEOUT | ACTION_END, STOP),
		[EVENT_TRANSPORT_ERROR] = ROW(ENDED, ACTION_ERROR | ACTION_END, STOP),
	},
	[TRANSACTION_COMPLETED] = {
		[EVENT_FAILURE] =         ROW(COMPLETED, ACTION_ACK, KEEP),
		[EVENT_DEADLINE] =        ROW(ENDED, ACTION_END, STOP),
		[EVENT_TRANSPORT_ERROR] = ROW(ENDED, ACTION_END, STOP),
	},
	[TRANSACTION_ACCEPTED] = {
		[EVENT_SUCCESS] =         ROW(ACCEPTED, ACTION_PASS, KEEP),
		[EVENT_DEADLINE] =        ROW(ENDED, ACTION_END, STOP),
	},
},
/* 17.1.2.2, figure 6 */
[CLIENT_OTHER] = {
	[TRANSACTION_TRYING] = {
		[EVENT_PROVISIONAL] =     ROW(PROCEEDING, ACTION_PASS, SLOW),
		[EVENT_SUCCESS] =         ROW(COMPLETED, ACTION_PASS, WAIT_T4),
		[EVENT_FAILURE] =         ROW(COMPLETED, ACTION_PASS, WAIT_T4),
		[EVENT_RETRANSMIT] =      ROW(TRYING, ACTION_AGAIN, KEEP),
		[EVENT_DEADLINE] =        ROW(ENDED, ACTION_TIMEOUT | ACTION_END, STOP),
		[EVENT_TRANSPORT_ERROR] = ROW(ENDED, ACTION_ERROR | ACTION_END, STOP),
	},
	[TRANSACTION_PROCEEDING] = {
		[EVENT_PROVISIONAL] =     ROW(PROCEEDING, ACTION_PASS, KEEP),
		[EVENT_SUCCESS] =         ROW(COMPLETED, ACTION_PASS, WAIT_T4),
		[EVENT_FAILURE] =         ROW(COMPLETED, ACTION_PASS, WAIT_T4),
		[EVENT_RETRANSMIT] =      ROW(PROCEEDING, ACTION_AGAIN, KEEP),
		[EVENT_DEADLINE] =        ROW(ENDED, ACTION_TIMEOUT | ACTION_END, STOP),
		[EVENT_TRANSPORT_ERROR] = ROW(ENDED, ACTION_ERROR | ACTION_END, STOP),
	},
	[TRANSACTION_COMPLETED] = {
		[EVENT_DEADLINE] =        ROW(ENDED, ACTION_END, STOP),
	},
},
/* 17.2.1, figure 7, and RFC 6026 7.1; begins in "Proceeding" */
[SERVER_INVITE] = {
	[TRANSACTION_PROCEEDING] = {
		[EVENT_REQUEST] =         ROW(PROCEEDING, ACTION_AGAIN, KEEP),
		[EVENT_PROVISIONAL] =     ROW(PROCEEDING, ACTION_SEND, KEEP),
		[EVENT_SUCCESS] =         ROW(ACCEPTED, ACTION_SEND, WAIT_2XX),
		[EVENT_FAILURE] =         ROW(COMPLETED, ACTION_SEND, WAIT_H),
		[EVENT_TRANSPORT_ERROR] = ROW(ENDED, ACTION_ERROR | ACTION_END, STOP),
	},
	[TRANSACTION_COMPLETED] = {
		[EVENT_REQUEST] =         ROW(COMPLETED, ACTION_AGAIN, KEEP),
		[EVENT_ACK] =             ROW(CONFIRMED, 0, WAIT_T4),
		[EVENT_RETRANSMIT] =      ROW(COMPLETED, ACTION_AGAIN, KEEP),
		/* nobody needs the ACK of a refusal */
		[EVENT_DEADLINE] =        ROW(ENDED, ACTION_END, STOP),
		[EVENT_TRANSPORT_ERROR] = ROW(ENDED, ACTION_END, STOP),
		[EVENT_PROVISIONAL] =     WRONG(COMPLETED),
		[EVENT_SUCCESS] =         WRONG(COMPLETED),
		[EVENT_FAILURE] =         WRONG(COMPLETED),
	},
	/* of a refusal (I runs) or of a 2xx (L runs): takes what still comes */
	[TRANSACTION_CONFIRMED] = {
		[EVENT_DEADLINE] =        ROW(ENDED, ACTION_END, STOP),
		[EVENT_PROVISIONAL] =     WRONG(CONFIRMED),
		[EVENT_SUCCESS] =         WRONG(CONFIRMED),
		[EVENT_FAILURE] =         WRONG(CONFIRMED),
	},
	[TRANSACTION_ACCEPTED] = {
		[EVENT_RETRANSMIT] =      ROW(ACCEPTED, ACTION_AGAIN, KEEP),
		[EVENT_ACKED] =           ROW(CONFIRMED, 0, QUIET),
		[EVENT_DEADLINE] =        ROW(ENDED, ACTION_TIMEOUT | ACTION_END, STOP),
		[EVENT_PROVISIONAL] =     WRONG(ACCEPTED),
		[EVENT_SUCCESS] =         WRONG(ACCEPTED),
		[EVENT_FAILURE] =         WRONG(ACCEPTED),
	},
},
/* 17.2.2, figure 8 */
[SERVER_OTHER] = {
	[TRANSACTION_TRYING] = {
		[EVENT_PROVISIONAL] =     ROW(PROCEEDING, ACTION_SEND, KEEP),
		[EVENT_SUCCESS] =         ROW(COMPLETED, ACTION_SEND, WAIT_LONG),
		[EVENT_FAILURE] =         ROW(COMPLETED, ACTION_SEND, WAIT_LONG),
		/* RFC 4320 4.2: the asker has given up: no 408, just forget */
		[EVENT_DEADLINE] =        ROW(ENDED, ACTION_END, STOP),
		[EVENT_TRANSPORT_ERROR] = ROW(ENDED, ACTION_ERROR | ACTION_END, STOP),
	},
	[TRANSACTION_PROCEEDING] = {
		[EVENT_REQUEST] =         ROW(PROCEEDING, ACTION_AGAIN, KEEP),
		[EVENT_PROVISIONAL] =     ROW(PROCEEDING, ACTION_SEND, KEEP),
		[EVENT_SUCCESS] =         ROW(COMPLETED, ACTION_SEND, WAIT_LONG),
		[EVENT_FAILURE] =         ROW(COMPLETED, ACTION_SEND, WAIT_LONG),
		[EVENT_DEADLINE] =        ROW(ENDED, ACTION_END, STOP),
		[EVENT_TRANSPORT_ERROR] = ROW(ENDED, ACTION_ERROR | ACTION_END, STOP),
	},
	[TRANSACTION_COMPLETED] = {
		[EVENT_REQUEST] =         ROW(COMPLETED, ACTION_AGAIN, KEEP),
		[EVENT_DEADLINE] =        ROW(ENDED, ACTION_END, STOP),
		[EVENT_TRANSPORT_ERROR] = ROW(ENDED, ACTION_END, STOP),
		[EVENT_PROVISIONAL] =     WRONG(COMPLETED),
		[EVENT_SUCCESS] =         WRONG(COMPLETED),
		[EVENT_FAILURE] =         WRONG(COMPLETED),
	},
},
};
/* clang-format on */

static void retransmit_every(struct transaction *t, uint32_t ms, uint64_t now)
{
	t->interval_ms = ms;
	t->retransmit_at = now + ms;
}

/* true: the wait is nothing, so the transaction ends here */
static bool set_timers(struct transaction *t, enum timing timing, uint64_t now)
{
	bool waits = true;

	if (timing == KEEP)
		return false;
	if (timing == SLOW) {
		if (t->retransmit_at)
			retransmit_every(t, TRANSACTION_T2_MS, now);
		return false;
	}
	t->retransmit_at = 0;
	if (timing == QUIET)
		return false;
	t->deadline_at = 0;
	switch (timing) {
	case WAIT_2XX:
		retransmit_every(t, TRANSACTION_T1_MS, now);
		t->deadline_at = now + TRANSACTION_GIVE_UP_MS;
		break;
	case WAIT_H:
		if (!t->reliable)
			retransmit_every(t, TRANSACTION_T1_MS, now);
		t->deadline_at = now + TRANSACTION_GIVE_UP_MS;
		break;
	case WAIT_B:
		t->deadline_at = now + TRANSACTION_GIVE_UP_MS;
		break;
	case WAIT_T4:
		t->deadline_at = now + TRANSACTION_T4_MS;
		waits = !t->reliable;
		break;
	case WAIT_LONG:
		t->deadline_at = now + TRANSACTION_GIVE_UP_MS;
		waits = !t->reliable;
		break;
	default:
		break;
	}
	return !waits;
}

void transaction_start(struct transaction *t, enum transaction_kind kind,
		       bool reliable, uint64_t now)
{
	*t = (struct transaction){ .kind = (uint8_t)kind,
				   .state = TRANSACTION_TRYING,
				   .reliable = reliable };
	if (kind == SERVER_INVITE) {
		t->state = TRANSACTION_PROCEEDING;
		return; /* it may ring for as long as the user likes */
	}
	t->deadline_at = now + TRANSACTION_GIVE_UP_MS;
	if (kind != SERVER_OTHER && !reliable)
		retransmit_every(t, TRANSACTION_T1_MS, now);
}

unsigned transaction_event(struct transaction *t, enum transaction_event event,
			   uint64_t now)
{
	const struct row *row = &rows[t->kind][t->state][event];
	unsigned actions;

	if (!row->known)
		return 0;
	actions = row->actions;
	t->state = row->next;
	if (set_timers(t, row->timing, now)) {
		t->state = TRANSACTION_ENDED;
		t->deadline_at = 0;
		actions |= ACTION_END;
	}
	return actions;
}

uint64_t transaction_due(const struct transaction *t)
{
	if (!t->retransmit_at)
		return t->deadline_at;
	if (t->deadline_at && t->deadline_at < t->retransmit_at)
		return t->deadline_at;
	return t->retransmit_at;
}

unsigned transaction_tick(struct transaction *t, uint64_t now)
{
	uint32_t next;

	/* at the same instant the deadline wins: 64 * T1 is no moment for A */
	if (t->deadline_at && now >= t->deadline_at)
		return transaction_event(t, EVENT_DEADLINE, now);
	if (!t->retransmit_at || now < t->retransmit_at)
		return 0;
	/* A doubles for ever (17.1.1.2); E, G and the 2xx stop at T2 */
	next = t->interval_ms * 2;
	if (t->kind != CLIENT_INVITE && next > TRANSACTION_T2_MS)
		next = TRANSACTION_T2_MS;
	retransmit_every(t, next, now);
	return transaction_event(t, EVENT_RETRANSMIT, now);
}
