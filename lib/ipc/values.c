#include "ipc/values.h"

#define PICK(table, index)                                                     \
	((size_t)(index) < sizeof(table) / sizeof((table)[0]) &&               \
			 (table)[index]                                        \
		 ? (table)[index]                                              \
		 : "unknown")

const char *record_state_text(enum record_state state)
{
	static const char *const names[RECORD_STATES] = {
		[RECORD_NONE] = "none",
		[RECORD_STARTING] = "starting",
		[RECORD_RUNNING] = "running",
		[RECORD_SEALED] = "sealed",
		[RECORD_NOT_RECORDED] = "not-recorded",
		[RECORD_ALARM] = "alarm",
		[RECORD_RECOVERED] = "recovered",
		[RECORD_ERASED] = "erased",
	};

	return PICK(names, state);
}

const char *record_reason_text(enum record_reason reason)
{
	static const char *const names[RECORD_REASONS] = {
		[REASON_NONE] = "none",
		[REASON_NO_NOTICE] = "no-notice",
		[REASON_OBJECTED] = "objected",
		[REASON_UNANSWERED] = "unanswered",
		[REASON_BY_RULE] = "by-rule",
		[REASON_NO_RECIPIENT] = "no-recipient",
		[REASON_RECORDER_AWAY] = "recorder-away",
		[REASON_SPOOL_FULL] = "spool-full",
		[REASON_INTERRUPTED] = "interrupted",
	};

	return PICK(names, reason);
}

const char *fact_kind_text(enum fact_kind kind)
{
	static const char *const names[FACT_KINDS] = {
		[FACT_CALL_ID] = "call",
		[FACT_CALLER] = "caller",
		[FACT_CALLED] = "called",
		[FACT_AGENT] = "agent",
		[FACT_MUNICIPALITY] = "municipality",
		[FACT_NOTICE] = "notice",
		[FACT_ANSWERED] = "answered",
		[FACT_ENDED] = "ended",
		[FACT_TRANSFER] = "transfer",
		[FACT_MARK] = "mark",
		[FACT_HANDOVER] = "handover",
		[FACT_OBJECTED] = "objected",
	};

	return PICK(names, kind);
}

const char *mark_kind_text(enum mark_kind kind)
{
	static const char *const names[MARK_KINDS] = {
		[MARK_HOLD] = "hold",
		[MARK_RESUME] = "resume",
		[MARK_TRANSFER] = "transfer",
		[MARK_GAP] = "gap",
	};

	return PICK(names, kind);
}

static const char *const event_names[EVENT_TYPES] = {
#define EVENT(name, text) [EVENT_##name] = (text),
#include "ipc/events.def"
#undef EVENT
};

const char *event_type_text(enum event_type type)
{
	return PICK(event_names, type);
}

int event_type_read(struct text t, enum event_type *ret)
{
	for (size_t i = 0; i < EVENT_TYPES; i++)
		if (text_is(t, event_names[i])) {
			*ret = (enum event_type)i;
			return 0;
		}
	return ENOENT;
}

const char *fetch_outcome_text(enum fetch_outcome outcome)
{
	static const char *const names[FETCH_OUTCOMES] = {
		[FETCH_MORE] = "more",
		[FETCH_DONE] = "done",
		[FETCH_REFUSED] = "refused",
		[FETCH_BUSY] = "too many at once",
		[FETCH_NO_ADDRESS] = "its name has no address",
		[FETCH_NO_CONNECTION] = "no connection",
		[FETCH_NO_TRUST] = "its certificate is not trusted",
		[FETCH_NO_KEY] = "our own certificate and key do not fit",
		[FETCH_TIMED_OUT] = "no answer in time",
		[FETCH_TOO_LONG] = "its answer is too long",
		[FETCH_BROKEN] = "cut off, or no HTTP",
	};

	return PICK(names, outcome);
}

const char *refusal_text(enum refusal refusal)
{
	static const char *const names[REFUSALS] = {
		[REFUSAL_NONE] = "none",
		[REFUSAL_NO_ENTRY] = "no-entry",
		[REFUSAL_NO_QUORUM] = "no-quorum",
		[REFUSAL_STALE] = "stale",
		[REFUSAL_BAD_SIGNATURE] = "bad-signature",
		[REFUSAL_WRONG_ROLE] = "wrong-role",
		[REFUSAL_WRONG_PURPOSE] = "wrong-purpose",
		[REFUSAL_NEEDS_APPROVAL] = "needs-approval",
		[REFUSAL_USED] = "used",
		[REFUSAL_BLOCKED] = "blocked",
		[REFUSAL_ERASED] = "erased",
		[REFUSAL_BAD_ENVELOPE] = "bad-envelope",
		[REFUSAL_QUOTA] = "quota",
		[REFUSAL_LOCKED] = "locked",
		[REFUSAL_ROLLED_BACK] = "rolled-back",
	};

	return PICK(names, refusal);
}
