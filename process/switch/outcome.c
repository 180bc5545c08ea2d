#include "process/switch/outcome.h"

#include <stddef.h>

static const struct {
	enum outcome from;
	enum outcome_event event;
	enum outcome to;
	unsigned actions;
} table[] = {
	{ OUTCOME_NONE, OUTCOME_EVENT_ANSWERED, OUTCOME_ASKED, OUTCOME_ASK },
	{ OUTCOME_NONE, OUTCOME_EVENT_ANSWERED_AWAY, OUTCOME_WANTED, 0 },
	{ OUTCOME_NONE, OUTCOME_EVENT_ANSWERED_RULE, OUTCOME_NOT_RECORDED,
	  OUTCOME_SAY_NOT_RECORDED },

	{ OUTCOME_WANTED, OUTCOME_EVENT_HERE, OUTCOME_ASKED, OUTCOME_ASK },
	{ OUTCOME_WANTED, OUTCOME_EVENT_PATIENCE, OUTCOME_ALARM,
	  OUTCOME_SAY_ALARM },
	{ OUTCOME_WANTED, OUTCOME_EVENT_ENDED, OUTCOME_ALARM,
	  OUTCOME_SAY_ALARM },

	/* it may have died before it took the question: ask its successor;
	   one that did take it says so again by itself and then refuses this */
	{ OUTCOME_ASKED, OUTCOME_EVENT_HERE, OUTCOME_ASKED, OUTCOME_ASK },
	{ OUTCOME_ASKED, OUTCOME_EVENT_TAKEN, OUTCOME_TAKEN, 0 },
	{ OUTCOME_ASKED, OUTCOME_EVENT_RUNNING, OUTCOME_RUNNING,
	  OUTCOME_CAPTURE },
	{ OUTCOME_ASKED, OUTCOME_EVENT_FINISHED, OUTCOME_RECORDER, 0 },
	{ OUTCOME_ASKED, OUTCOME_EVENT_PATIENCE, OUTCOME_ALARM,
	  OUTCOME_END_AWAY | OUTCOME_SAY_ALARM },
	{ OUTCOME_ASKED, OUTCOME_EVENT_ENDED, OUTCOME_ASKED_CLOSING,
	  OUTCOME_END },

	{ OUTCOME_TAKEN, OUTCOME_EVENT_RUNNING, OUTCOME_RUNNING,
	  OUTCOME_CAPTURE },
	{ OUTCOME_TAKEN, OUTCOME_EVENT_FINISHED, OUTCOME_RECORDER, 0 },
	{ OUTCOME_TAKEN, OUTCOME_EVENT_PATIENCE, OUTCOME_ALARM,
	  OUTCOME_END_AWAY | OUTCOME_SAY_ALARM },
	{ OUTCOME_TAKEN, OUTCOME_EVENT_ENDED, OUTCOME_CLOSING, OUTCOME_END },

	/* a restarted recorder says running again: capture has not stopped */
	{ OUTCOME_RUNNING, OUTCOME_EVENT_RUNNING, OUTCOME_RUNNING,
	  OUTCOME_CAPTURE },
	{ OUTCOME_RUNNING, OUTCOME_EVENT_FINISHED, OUTCOME_RECORDER,
	  OUTCOME_CAPTURE_STOP },
	{ OUTCOME_RUNNING, OUTCOME_EVENT_PATIENCE, OUTCOME_ALARM,
	  OUTCOME_CAPTURE_STOP | OUTCOME_END_AWAY | OUTCOME_SAY_ALARM },
	{ OUTCOME_RUNNING, OUTCOME_EVENT_ENDED, OUTCOME_CLOSING,
	  OUTCOME_CAPTURE_STOP | OUTCOME_END },

	/* ended before the recorder said anything */
	{ OUTCOME_ASKED_CLOSING, OUTCOME_EVENT_TAKEN, OUTCOME_CLOSING, 0 },
	{ OUTCOME_ASKED_CLOSING, OUTCOME_EVENT_RUNNING, OUTCOME_CLOSING,
	  OUTCOME_END },
	{ OUTCOME_ASKED_CLOSING, OUTCOME_EVENT_FINISHED, OUTCOME_RECORDER, 0 },
	{ OUTCOME_ASKED_CLOSING, OUTCOME_EVENT_PATIENCE, OUTCOME_ALARM,
	  OUTCOME_END_AWAY | OUTCOME_SAY_ALARM },

	/* the recorder died over the end: its successor says running again */
	{ OUTCOME_CLOSING, OUTCOME_EVENT_TAKEN, OUTCOME_CLOSING, OUTCOME_END },
	{ OUTCOME_CLOSING, OUTCOME_EVENT_RUNNING, OUTCOME_CLOSING,
	  OUTCOME_END },
	{ OUTCOME_CLOSING, OUTCOME_EVENT_FINISHED, OUTCOME_RECORDER, 0 },
	{ OUTCOME_CLOSING, OUTCOME_EVENT_PATIENCE, OUTCOME_ALARM,
	  OUTCOME_END_AWAY | OUTCOME_SAY_ALARM },

	/* too late: the alarm is in the ledger */
	{ OUTCOME_ALARM, OUTCOME_EVENT_TAKEN, OUTCOME_ALARM, OUTCOME_END_AWAY },
	{ OUTCOME_ALARM, OUTCOME_EVENT_RUNNING, OUTCOME_ALARM,
	  OUTCOME_END_AWAY },
};

unsigned outcome_step(enum outcome *outcome, enum outcome_event event)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].from == *outcome && table[i].event == event) {
			*outcome = table[i].to;
			return table[i].actions;
		}
	return 0;
}

bool outcome_waits(enum outcome outcome, bool recorder_here)
{
	switch (outcome) {
	case OUTCOME_WANTED:
	case OUTCOME_ASKED:
	case OUTCOME_TAKEN:
	case OUTCOME_ASKED_CLOSING:
		return true;
	case OUTCOME_RUNNING:
	case OUTCOME_CLOSING:
		/* it took over: while it lives it decides, however slowly */
		return !recorder_here;
	default:
		return false;
	}
}

bool outcome_final(enum outcome outcome)
{
	return outcome == OUTCOME_RECORDER || outcome == OUTCOME_NOT_RECORDED ||
	       outcome == OUTCOME_ALARM;
}

const char *outcome_text(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_WANTED:
	case OUTCOME_ASKED:
	case OUTCOME_TAKEN:
		return "starting";
	case OUTCOME_RUNNING:
		return "running";
	case OUTCOME_ASKED_CLOSING:
	case OUTCOME_CLOSING:
		return "ending";
	case OUTCOME_RECORDER:
		return "ended";
	case OUTCOME_NOT_RECORDED:
		return "not-recorded";
	case OUTCOME_ALARM:
		return "alarm";
	default:
		return "none";
	}
}

enum record_reason outcome_reason(bool line_records, bool objected,
				  bool notice_complete)
{
	if (!line_records)
		return REASON_BY_RULE;
	if (objected)
		return REASON_OBJECTED;
	if (!notice_complete)
		return REASON_NO_NOTICE;
	return REASON_NONE;
}
