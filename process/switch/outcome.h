/*
 * outcome -- what becomes of the recording of an answered call
 *
 * "Are we recording?" is decided by the recorder. This is the switch's side of
 * it: when to ask, when capture may run, and who says in the ledger how it
 * ended. Every answered call ends with exactly one of recording.sealed,
 * recording.not-recorded and recording.alarm:
 *
 *   - the recorder took it (said starting, running or an end): the recorder
 *     says how it ended;
 *   - it was never asked, by rule: the switch says not-recorded;
 *   - it was away, or did not answer, for OUTCOME_PATIENCE_MS: the switch says
 *     alarm, once, and tells the recorder so when it is back (RECORD_END_AWAY),
 *     which turns whatever it still has into recording.recovered.
 *
 * Pure, a table.
 */
#ifndef VAXEL_SWITCH_OUTCOME_H
#define VAXEL_SWITCH_OUTCOME_H

#include <stdbool.h>

#include "base/error.h"
#include "ipc/values.h"

/* As long as the ring holds. */
#define OUTCOME_PATIENCE_MS 2000

enum outcome {
	OUTCOME_NONE,    /* no nurse answered yet */
	OUTCOME_WANTED,  /* to be asked; the recorder is not here */
	OUTCOME_ASKED,   /* asked; nothing heard */
	OUTCOME_TAKEN,   /* the recorder makes START durable */
	OUTCOME_RUNNING, /* captured */
	OUTCOME_ASKED_CLOSING,
	OUTCOME_CLOSING, /* taken, told to end; the recorder will say how */
	/* final ones */
	OUTCOME_RECORDER, /* the recorder has said it */
	OUTCOME_NOT_RECORDED,
	OUTCOME_ALARM,
	OUTCOMES
};

enum outcome_event {
	OUTCOME_EVENT_ANSWERED, /* a nurse; line records, notice complete */
	OUTCOME_EVENT_ANSWERED_AWAY, /* ... but the recorder is not here */
	OUTCOME_EVENT_ANSWERED_RULE, /* nothing is to be recorded */
	OUTCOME_EVENT_HERE,          /* the recorder came (again) */
	OUTCOME_EVENT_TAKEN,
	OUTCOME_EVENT_RUNNING,
	OUTCOME_EVENT_FINISHED, /* by the recorder, in whatever way */
	OUTCOME_EVENT_PATIENCE, /* away or silent for too long */
	OUTCOME_EVENT_ENDED,    /* the nurse's part of the call is over */
	OUTCOME_EVENTS
};

/* What to do, several at once, in the order of the bits. */
enum outcome_action {
	OUTCOME_ASK = 1 << 0,
	OUTCOME_CAPTURE = 1 << 1,
	OUTCOME_CAPTURE_STOP = 1 << 2,
	OUTCOME_END = 1 << 3,      /* RECORD_END with the call's own reason */
	OUTCOME_END_AWAY = 1 << 4, /* RECORD_END_AWAY */
	OUTCOME_SAY_NOT_RECORDED = 1 << 5,
	OUTCOME_SAY_ALARM = 1 << 6,
};

/* Set of enum outcome_action. What means nothing in a state changes nothing. */
unsigned outcome_step(enum outcome *outcome, enum outcome_event event);

/* Whether patience is running out while the recorder is (not) here. */
bool outcome_waits(enum outcome outcome, bool recorder_here);

/* Nothing more will be said of this recording. */
bool outcome_final(enum outcome outcome);

/* In the command line's words: "none", "starting", "running", ... */
const char *outcome_text(enum outcome outcome);

/* Why an answered call is not recorded; REASON_NONE: it is. */
enum record_reason outcome_reason(bool line_records, bool objected,
				  bool notice_complete);

#endif
