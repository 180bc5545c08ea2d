/*
 * Events: who may say which, and which are made durable at once
 */
#include <sodium.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "process/ledger/self.h"

/* A person waits for these, or a release hangs on them. */
static bool is_urgent(enum event_type type)
{
	switch (type) {
	case EVENT_DISCLOSURE_REQUESTED:
	case EVENT_DISCLOSURE_APPROVED:
	case EVENT_DISCLOSURE_RELEASED:
	case EVENT_DISCLOSURE_REFUSED:
	case EVENT_USER_ADDED:
	case EVENT_USER_REMOVED:
	case EVENT_KEY_CREATED:
	case EVENT_KEY_ROTATED:
	case EVENT_REGISTER_LOADED:
	case EVENT_RECORDING_HELD:
	case EVENT_RECORDING_ERASED:
	case EVENT_PROBE_PASSED:
	case EVENT_PROBE_FAILED:
		return true;
	default:
		return false;
	}
}

static bool is_recorders(enum event_type type)
{
	switch (type) {
	case EVENT_RECORDING_STARTED:
	case EVENT_RECORDING_PAUSED:
	case EVENT_RECORDING_RESUMED:
	case EVENT_RECORDING_SEALED:
	case EVENT_RECORDING_RECOVERING:
	case EVENT_RECORDING_RECOVERED:
		return true;
	default:
		return false;
	}
}

/*
 * Each of its own alone: the switch speaks with the network, and whoever is in
 * it shall seal, erase or release nothing in the log. The recorder also brings
 * what the switch said while we were away. People's entries come by the desk's
 * questions (ask_read.c).
 */
static bool may_say(enum role role, enum event_type type)
{
	if (is_recorders(type))
		return role == ROLE_RECORDER;
	switch (type) {
	case EVENT_PROBE_PASSED:
	case EVENT_PROBE_FAILED:
		return role == ROLE_PROBER;
	case EVENT_CALL_RECEIVED:
	case EVENT_CALL_ROUTED:
	case EVENT_CALL_REFUSED:
	case EVENT_CALL_HANDED_OVER:
	case EVENT_CALL_QUEUED:
	case EVENT_CALL_NOTICE_PLAYED:
	case EVENT_CALL_ANSWERED:
	case EVENT_CALL_HELD:
	case EVENT_CALL_TRANSFERRED:
	case EVENT_CALL_ENDED:
	case EVENT_CALL_ASKED:
	case EVENT_CALL_OBJECTED:
	case EVENT_RECORDING_NOT_RECORDED:
	case EVENT_RECORDING_ALARM:
	case EVENT_REGISTER_LOADED:
		return role == ROLE_SWITCH || role == ROLE_RECORDER;
	default:
		return false;
	}
}

/*
 * What is entered once by its id. The ids of the recorder's events follow from
 * the recording's, which others know: with an id of their choice they must not
 * make one of these seem told already.
 */
static void event_id(const struct ipc_EVENT *in, uint8_t to[ID_BYTES])
{
	uint8_t digest[crypto_hash_sha256_BYTES];

	memcpy(to, in->id, ID_BYTES);
	if (!is_recorders((enum event_type)in->type))
		return;
	(void)crypto_hash_sha256(digest, in->id, ID_BYTES);
	memcpy(to, digest, ID_BYTES);
}

void ledger_on_event(struct ledger *l, struct ipc *from,
		     const struct ipc_message *m)
{
	const struct ipc_EVENT *in = &m->u.EVENT;
	struct book_event e = { .type = (enum event_type)in->type,
				.at_ms = (int64_t)in->at_ms,
				.organisation = in->organisation,
				.details = in->details };
	struct waiting w = { .type = IPC_EVENTS_STORED,
			     .role = ipc_peer(from),
			     .about = m->about };
	int err;

	if (!may_say(ipc_peer(from), e.type)) {
		metric_add(METRIC_ipc_refused, 1);
		log_error("an event was dropped: not the sender's to say");
		return;
	}
	event_id(in, e.id);
	memcpy(w.id, in->id, ID_BYTES);
	err = book_enter(l->book, &e, &w.entry);
	if (err == EPERM)
		return; /* rolled back: said already; the sender keeps it */
	if (err == EINVAL) {
		log_error("an event that cannot be a leaf was dropped");
		return;
	}
	if (err)
		ledger_give_up("entering an event", err);
	ledger_tell_later(l, &w, is_urgent(e.type));
}
