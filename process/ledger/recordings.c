/*
 * What is kept beside the log: envelopes, cards and ends from the recorder,
 * national calls from the switch
 */
#include <string.h>

#include "base/log.h"
#include "process/ledger/self.h"

void ledger_on_envelope(struct ledger *l, struct ipc *from,
			const struct ipc_message *m)
{
	const struct ipc_ENVELOPE_PUT *in = &m->u.ENVELOPE_PUT;
	struct database_recording r = { .at_ms = (int64_t)in->at_ms,
					.controller = in->controller,
					.kc = { in->kc, sizeof(in->kc) },
					.pn = { in->pn, sizeof(in->pn) },
					.envelope = in->envelope,
					.card_envelope = in->card_envelope };
	struct waiting w = { .type = IPC_ENVELOPE_STORED,
			     .role = ipc_peer(from),
			     .about = m->about };
	int err;

	memcpy(r.id, in->recording_id, ID_BYTES);
	memcpy(r.body, in->body_name, ID_BYTES);
	memcpy(w.id, in->recording_id, ID_BYTES);
	err = book_recording_put(l->book, &r);
	if (err == EPERM)
		return;
	if (err)
		ledger_give_up("keeping an envelope", err);
	ledger_tell_later(l, &w, false);
}

void ledger_on_recording_end(struct ledger *l, struct ipc *from,
			     const struct ipc_message *m)
{
	const struct ipc_RECORDING_END *in = &m->u.RECORDING_END;
	struct database_recording r = {
		.state = (enum record_state)in->state,
		.reason = (enum record_reason)in->reason,
		.length_ms = in->length_ms,
		.body_bytes = in->body_bytes,
		.body_sha256 = { in->body_sha256, sizeof(in->body_sha256) },
		.card = in->card,
	};
	struct waiting w = { .type = IPC_RECORDING_END_STORED,
			     .role = ipc_peer(from),
			     .about = m->about };
	int err;

	memcpy(r.id, in->recording_id, ID_BYTES);
	memcpy(w.id, in->recording_id, ID_BYTES);
	err = book_recording_end(l->book, &r);
	if (err == EPERM)
		return;
	if (err == ENOENT) {
		/* its envelope comes again, and then so does this */
		log_error("the end of a recording without an envelope");
		return;
	}
	if (err)
		ledger_give_up("keeping the end of a recording", err);
	ledger_tell_later(l, &w, false);
}

/* To the sender it is as an event: told of, once it is durable. */
void ledger_on_keep(struct ledger *l, struct ipc *from,
		    const struct ipc_message *m)
{
	struct waiting w = { .type = IPC_EVENTS_STORED,
			     .role = ipc_peer(from),
			     .about = m->about };
	int err = kept_put(&l->kept, &m->u.KEEP_CALL);

	if (err == EPERM)
		return;
	if (err)
		ledger_give_up("keeping a call", err);
	memcpy(w.id, m->u.KEEP_CALL.id, ID_BYTES);
	ledger_tell_later(l, &w, false);
}
