/*
 * values -- what the small numbers in messages mean
 *
 * The words are those of the closed lists: states and reasons of a recording,
 * events of the ledger.
 */
#ifndef VAXEL_IPC_VALUES_H
#define VAXEL_IPC_VALUES_H

#include "base/encode.h"

/* RECORD_STATE.state, RECORDING_END.state: the one answer to "are we
 * recording?". */
enum record_state {
	RECORD_NONE,
	RECORD_STARTING,     /* asked; START not durable yet */
	RECORD_RUNNING,      /* capture may begin */
	RECORD_SEALED,       /* ended, body whole */
	RECORD_NOT_RECORDED, /* ended, with a reason: by rule */
	RECORD_ALARM,        /* ended, with a reason: by a fault */
	RECORD_RECOVERED,    /* an alarm that was superseded */
	RECORD_ERASED,       /* was ended; nothing of it is left but this */
	RECORD_STATES
};

enum record_reason {
	REASON_NONE,
	REASON_NO_NOTICE,
	REASON_OBJECTED,
	REASON_UNANSWERED,
	REASON_BY_RULE,
	REASON_NO_RECIPIENT,
	REASON_RECORDER_AWAY,
	REASON_SPOOL_FULL,
	REASON_INTERRUPTED,
	RECORD_REASONS
};

/* "sealed", "not-recorded", ...; "no-notice", ... */
const char *record_state_text(enum record_state state);
const char *record_reason_text(enum record_reason reason);

/* RECORD_END.reason */
enum record_end {
	RECORD_END_HANGUP,
	RECORD_END_MEDIA_LOST,
	RECORD_END_TRANSFERRED,
	RECORD_END_RULE,
	/*
	 * The switch waited too long for the recorder and has logged
	 * recording.alarm: what the recorder still makes of it is
	 * recording.recovered, never recording.sealed. Also the answer to a
	 * RECORD_STATE that says running about a call that is no more: a
	 * recorder that comes back says RECORD_STATE for each recording that
	 * it goes on with.
	 */
	RECORD_END_AWAY,
	/* By a power cut; not in messages, but in END of the spool. */
	RECORD_END_INTERRUPTED,
};

/* RECORD_FACT.kind: what only the card may hold. */
enum fact_kind {
	FACT_CALL_ID,
	FACT_CALLER,       /* E.164, or "anonymous" */
	FACT_CALLED,       /* the line */
	FACT_AGENT,        /* the nurse's account */
	FACT_MUNICIPALITY, /* code and how it was found */
	FACT_NOTICE,       /* version, language, samples sent, of how many */
	FACT_ANSWERED,     /* RFC 3339 */
	FACT_ENDED,
	FACT_TRANSFER,
	FACT_MARK,     /* the recorder's own: a mark, for the card */
	FACT_HANDOVER, /* the token: its facts are sealed to the provider */
	FACT_OBJECTED, /* the caller did; by which rule he is recorded */
	FACT_KINDS
};
const char *fact_kind_text(enum fact_kind kind);

/* RECORD_MARK.kind */
enum mark_kind {
	MARK_HOLD,
	MARK_RESUME,
	MARK_TRANSFER,
	MARK_GAP, /* frames were lost: ring full or recorder away */
	MARK_KINDS
};
const char *mark_kind_text(enum mark_kind kind);

/* EVENT.type: the ledger's events. */
enum event_type {
#define EVENT(name, text) EVENT_##name,
#include "ipc/events.def"
#undef EVENT
	EVENT_TYPES
};

/* "call.received" */
const char *event_type_text(enum event_type type);

/* ENOENT when there is no such event. */
int event_type_read(struct text t, enum event_type *ret) CHECK_RESULT;

/*
 * SWITCH_ASK.what. The switch answers with one compact JSON object a message,
 * no line feed, more = 1; then an empty one with more = 0. No caller's number.
 */
enum switch_what {
	SWITCH_STATUS, /* {"calls":N,"waiting":N,"agents":N,"draining":bool} */
	SWITCH_CALLS,  /* {"call":ID,"state":TEXT,"line":TEXT,"trunk":TEXT,
			  "agent":TEXT,"seconds":N,"recording":TEXT} */
	SWITCH_QUEUES, /* {"line":TEXT,"waiting":N,"longest_s":N,"agents":N,
			  "free":N} */
	SWITCH_TRUNKS, /* {"trunk":TEXT,"state":TEXT,"calls":N} */
	SWITCH_WHATS
};

/* RELEASE_REFUSED.reason */
enum refusal {
	REFUSAL_NONE,
	REFUSAL_NO_ENTRY,
	REFUSAL_NO_QUORUM,
	REFUSAL_STALE,
	REFUSAL_BAD_SIGNATURE,
	REFUSAL_WRONG_ROLE,
	REFUSAL_WRONG_PURPOSE,
	REFUSAL_NEEDS_APPROVAL,
	REFUSAL_USED,
	REFUSAL_BLOCKED,
	REFUSAL_ERASED,
	REFUSAL_BAD_ENVELOPE,
	REFUSAL_QUOTA,
	REFUSAL_LOCKED,
	REFUSAL_ROLLED_BACK,
	REFUSALS
};
const char *refusal_text(enum refusal refusal);

/* FETCH.target: whom the courier may be sent to */
enum fetch_target {
	FETCH_WITNESS, /* index: as in the policy */
	FETCH_FEED,    /* index: as in the settings */
	FETCH_TARGETS
};

/* FETCH.method */
enum fetch_method { FETCH_GET, FETCH_POST };

/* FETCHED.outcome */
enum fetch_outcome {
	FETCH_MORE,
	FETCH_DONE,          /* a whole answer, whatever its status */
	FETCH_REFUSED,       /* no such target, or not for the asker; no path */
	FETCH_BUSY,          /* too many at once */
	FETCH_NO_ADDRESS,    /* its name has none */
	FETCH_NO_CONNECTION, /* nobody answers there */
	FETCH_NO_TRUST,      /* TLS: not who it should be, or too weak */
	FETCH_NO_KEY,        /* our own certificate and key do not fit */
	FETCH_TIMED_OUT,
	FETCH_TOO_LONG, /* longer than the asker takes */
	FETCH_BROKEN,   /* cut off, or no HTTP */
	FETCH_OUTCOMES
};
const char *fetch_outcome_text(enum fetch_outcome outcome);

/* PULL_WANTED.wanted */
enum pull_wanted {
	PULL_NEW,
	PULL_KNOWN,   /* it is here, or was and may not be any more */
	PULL_DIFFERS, /* one of that id is here, with other keys */
};

#define FETCH_PART_MAX 16384
#define FETCH_BODY_MAX 32768

/* What EVENTS_STORED says of one event: its id, then its entry as a u64. */
#define STORED_BYTES ((size_t)ID_BYTES + 8)

#endif
