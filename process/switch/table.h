/*
 * table -- the states of a call, and what may follow what
 *
 * Pure. The happy path at a line: RECEIVED, NOTICE, QUEUED, RINGING, TALKING,
 * ENDING. A national node passes the call on and skips notice and queue;
 * of whom it does not know where he is it asks first. What
 * is not in the table cannot happen: call_step() refuses it.
 */
#ifndef VAXEL_SWITCH_TABLE_H
#define VAXEL_SWITCH_TABLE_H

#include <stddef.h>

#include "base/error.h"

enum call_state {
	CALL_NONE, /* the slot is free */
	CALL_RECEIVED,
	CALL_ASKING, /* national: where is he? */
	CALL_NOTICE,
	CALL_QUEUED,
	CALL_RINGING,
	CALL_TALKING,
	CALL_HELD,
	CALL_TRANSFERRING,
	CALL_ENDING, /* media and recorder have still to say that they ended */
	CALL_STATES
};

enum call_event {
	CALL_EVENT_RECEIVED,
	CALL_EVENT_ASKED,    /* answered by us, to ask him where he is */
	CALL_EVENT_ANSWERED, /* by us, for the notice */
	CALL_EVENT_TOLD,     /* notice over; also: there is none */
	CALL_EVENT_ROUTED,   /* national: the outgoing call is made */
	CALL_EVENT_OFFERED,  /* a nurse's phone rings */
	CALL_EVENT_UNANSWERED,
	CALL_EVENT_CONNECTED, /* nurse, or the far node, answered */
	CALL_EVENT_HELD,
	CALL_EVENT_RESUMED,
	CALL_EVENT_REFERRED,
	CALL_EVENT_TRANSFERRED, /* the new nurse answered */
	CALL_EVENT_NOT_TRANSFERRED,
	CALL_EVENT_REQUEUED, /* transferred to a line: waits again */
	CALL_EVENT_ENDED,
	CALL_EVENT_RELEASED,
	CALL_EVENTS
};

/* EPROTO: that cannot follow. */
int call_step(enum call_state *state, enum call_event event) CHECK_RESULT;

/* "queued": for the command line and the log. */
const char *call_state_text(enum call_state state);

#endif
