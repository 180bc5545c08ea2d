/*
 * A person wants to listen. In this order, each step after the other is done:
 *
 *   1  the ledger is asked for the recording's envelope (or card)
 *   2  disclosure.requested is logged, durable, under a signed checkpoint
 *   3  witnesses cosign that checkpoint, or a later one
 *   4  the keeper is brought to it, entry by entry, and is asked; it judges for
 *      itself
 *   5  disclosure.released with its receipt (or .refused) is logged, durable
 *   6  the fresh header goes out, then the sealed payload
 *
 * Nothing goes out before 5. The desk decides nothing here: what it leaves out
 * or changes, the keeper refuses.
 */
#include <stdlib.h>

#include "base/encode.h"
#include "process/desk/job.h"
#include "release/receipt.h"
#include "seal/card.h"
#include "tlog/checkpoint.h"

enum { TRIES = 5 };

struct release {
	struct request request;
	uint8_t d[REQUEST_DIGEST];
	char organisation[REQUEST_TEXT_MAX];
	uint8_t body[ID_BYTES];
	uint8_t envelope[ENVELOPE_MAX];
	size_t envelope_len;
	/* of the audio, where a card is opened */
	uint8_t beside[ENVELOPE_MAX];
	size_t beside_len;
	uint8_t card[CARD_MAX];
	size_t card_len, card_at; /* its payload begins at */
	char checkpoint[8192];
	size_t checkpoint_len;
	uint64_t size; /* of the checkpoint */
	unsigned tries;
	uint8_t header[ENVELOPE_MAX];
	size_t header_len;
	struct receipt receipt;
	const char *refused;
	bool has_entry; /* of disclosure.requested */
	json_int_t entry;
};

static void nonsense(struct job *j)
{
	job_fail(j, "the ledger's answer makes no sense");
}

/* ---- 6: out it goes */

static void finish(struct job *j)
{
	job_end(j, 0, NULL, NULL);
}

static void deliver(struct job *j, const struct ipc_message *m)
{
	struct release *r = j->own;
	json_t *o = job_ledger_reply(j, m);
	json_t *out;
	bool sent;

	if (!o)
		return;
	json_decref(o);
	out = json_pack("{s:I,s:I,s:i,s:i}", "entry",
			(json_int_t)r->receipt.entry, "size",
			(json_int_t)r->receipt.size, "cosigned",
			(int)r->receipt.cosigned, "witnesses",
			(int)r->receipt.witnesses);
	sent = out && job_send_json(j, out) &&
	       job_send(j, TALK_DATA, r->header, r->header_len);
	json_decref(out);
	if (!sent)
		return;
	if (r->request.scope != SCOPE_CARD)
		body_stream(j, r->body, finish);
	else if (job_send(j, TALK_DATA, r->card + r->card_at,
			  r->card_len - r->card_at))
		finish(j);
}

/* ---- 5: what became of it is logged */

/* What a second person may approve. */
static bool tell_entry(struct job *j, json_int_t entry)
{
	json_t *o = json_pack("{s:I}", "requested", entry);
	bool sent = o && job_send_json(j, o);

	json_decref(o);
	return sent;
}

static void refused_logged(struct job *j, const struct ipc_message *m)
{
	struct release *r = j->own;
	const char *reason = r->refused;

	(void)m; /* refused it is, logged or not */
	if (r->has_entry &&
	    !strcmp(reason, refusal_text(REFUSAL_NEEDS_APPROVAL)) &&
	    !tell_entry(j, r->entry))
		return;
	job_end(j, 1, "the keeper refuses", reason);
}

static void log_refused(struct job *j, const char *reason)
{
	struct release *r = j->own;
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer w = writer_on(details, sizeof(details) - 1);

	r->refused = reason;
	job_leave_lane(j);
	if (control_refused_write(&w, r->d, r->request.recording, reason))
		refused_logged(j, NULL);
	else
		desk_append(j, "disclosure.refused", r->organisation, details,
			    refused_logged);
}

static void log_released(struct job *j, const struct ipc_RELEASED *m)
{
	struct release *r = j->own;
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer w = writer_on(details, sizeof(details) - 1);

	job_leave_lane(j);
	if (m->envelope.len > sizeof(r->header) ||
	    receipt_read(m->receipt, &r->receipt) ||
	    memcmp(r->receipt.d, r->d, sizeof(r->d)) ||
	    control_released_write(&w, r->d, r->request.recording,
				   m->receipt)) {
		job_fail(j, "the keeper's answer makes no sense");
		return;
	}
	memcpy(r->header, m->envelope.p, m->envelope.len);
	r->header_len = m->envelope.len;
	desk_append(j, "disclosure.released", r->organisation, details,
		    deliver);
}

/* ---- 4: the keeper follows, and is asked */

static void bring_and_ask(struct job *j);
static void wait_cosigned(struct job *j);

static void on_refused(struct job *j, const struct ipc_RELEASE_REFUSED *m)
{
	struct release *r = j->own;

	/* it began anew meanwhile, or was fed by another desk: once more */
	if (m->next_entry < r->size && r->tries < TRIES &&
	    (m->reason == REFUSAL_NO_ENTRY || m->reason == REFUSAL_ROLLED_BACK))
		bring_and_ask(j);
	else if (m->reason == REFUSAL_NONE || m->reason >= REFUSALS)
		job_fail(j, "the keeper cannot write down what it releases, "
			    "so it releases nothing");
	else
		log_refused(j, refusal_text((enum refusal)m->reason));
}

static void on_judged(struct job *j, const struct ipc_message *m)
{
	if (!m)
		job_fail_away(j);
	else if (m->type == IPC_RELEASED)
		log_released(j, &m->u.RELEASED);
	else if (m->type == IPC_RELEASE_REFUSED)
		on_refused(j, &m->u.RELEASE_REFUSED);
	else
		job_fail(j, "the keeper's answer makes no sense");
}

static void on_followed(struct job *j, int error)
{
	struct release *r = j->own;
	struct ipc_message m = { .type = IPC_RELEASE_ASK };

	if (error == ENOTCONN) {
		job_fail_away(j);
		return;
	}
	/* it has followed beyond what was cosigned: so far it is to be, too */
	if (!error && j->follow_next > r->size && r->tries < TRIES) {
		r->size = j->follow_next;
		job_leave_lane(j);
		wait_cosigned(j);
		return;
	}
	/* other errors: the keeper knows best what they come to */
	m.u.RELEASE_ASK.request =
		(struct bytes){ j->request.r, j->request.r_len };
	memcpy(m.u.RELEASE_ASK.signature, j->request.signature,
	       sizeof(j->request.signature));
	m.u.RELEASE_ASK.envelope =
		(struct bytes){ r->envelope, r->envelope_len };
	m.u.RELEASE_ASK.beside = (struct bytes){ r->beside, r->beside_len };
	m.u.RELEASE_ASK.checkpoint =
		(struct bytes){ (const uint8_t *)r->checkpoint,
				r->checkpoint_len };
	job_ask_keeper(j, &m, on_judged);
}

static void bring_and_ask(struct job *j)
{
	struct release *r = j->own;

	r->tries++;
	follow_run(j, r->size, on_followed);
}

/* ---- 3: witnesses */

static void on_cosigned(struct job *j, const struct ipc_message *m);

/* Who asked sees what he waits for. */
static void tell_waiting(struct job *j, const struct ipc_message *m)
{
	const struct bytes *json = &m->u.LEDGER_REPLY.json;

	if (job_send(j, TALK_JSON, json->p, json->len))
		job_wait_more(j, on_cosigned);
}

static int take_checkpoint(struct release *r, const json_t *o)
{
	const json_t *v = json_object_get(o, "checkpoint");
	struct text note = { json_string_value(v), json_string_length(v) };
	struct checkpoint at;
	struct note parsed;
	int err;

	if (!note.p || note.len > sizeof(r->checkpoint))
		return EBADMSG;
	err = note_read(note, &parsed);
	if (!err)
		err = checkpoint_read(parsed.text, &at);
	if (err)
		return err;
	memcpy(r->checkpoint, note.p, note.len);
	r->checkpoint_len = note.len;
	r->size = at.size;
	return 0;
}

static void on_cosigned(struct job *j, const struct ipc_message *m)
{
	json_t *o;
	int err;

	if (m && m->u.LEDGER_REPLY.more) {
		tell_waiting(j, m);
		return;
	}
	o = job_ledger_reply(j, m);
	if (!o)
		return;
	err = take_checkpoint(j->own, o);
	json_decref(o);
	if (err)
		nonsense(j);
	else
		job_take_lane(j, bring_and_ask);
}

static void wait_cosigned(struct job *j)
{
	const struct release *r = j->own;

	job_ask_ledger(j,
		       json_pack("{s:s,s:I}", "ask", "cosigned", "from",
				 (json_int_t)r->size),
		       on_cosigned);
}

/* ---- 2: the entry */

static void on_logged(struct job *j, const struct ipc_message *m)
{
	struct release *r = j->own;
	json_t *o = job_ledger_reply(j, m);
	int err;

	if (!o)
		return;
	err = take_checkpoint(r, o);
	r->entry = json_integer_value(json_object_get(o, "entry"));
	r->has_entry = json_object_get(o, "entry") != NULL;
	json_decref(o);
	if (err)
		nonsense(j);
	else
		wait_cosigned(j);
}

static void log_request(struct job *j)
{
	struct release *r = j->own;
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer w = writer_on(details, sizeof(details) - 1);

	if (!j->request.entry) {
		job_ask_ledger(j, json_pack("{s:s}", "ask", "checkpoint"),
			       on_logged);
		return;
	}
	if (control_requested_write(
		    &w, (struct bytes){ j->request.r, j->request.r_len },
		    j->request.signature)) {
		job_fail(j, "the request is malformed");
		return;
	}
	desk_append(j, "disclosure.requested", r->organisation, details,
		    on_logged);
}

/* ---- 1: what is to be opened */

static int take_base64(const json_t *o, const char *key, uint8_t *to,
		       size_t max, size_t *ret_len)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_string(v))
		return ENOENT;
	return base64_read(
		(struct text){ json_string_value(v), json_string_length(v) },
		BASE64_PADDED, to, max, ret_len);
}

static int take_card(struct release *r, const json_t *o)
{
	struct bytes envelope, payload;
	int err =
		take_base64(o, "card", r->card, sizeof(r->card), &r->card_len);

	if (!err)
		err = card_split((struct bytes){ r->card, r->card_len },
				 &envelope, &payload);
	if (err || envelope.len > sizeof(r->envelope))
		return err ? err : EMSGSIZE;
	memcpy(r->envelope, envelope.p, envelope.len);
	r->envelope_len = envelope.len;
	r->card_at = envelope.len;
	return take_base64(o, "envelope", r->beside, sizeof(r->beside),
			   &r->beside_len);
}

static bool is_erased(const json_t *recording)
{
	const char *s = json_string_value(json_object_get(recording, "state"));

	return s && !strcmp(s, record_state_text(RECORD_ERASED));
}

static int take_recording(struct release *r, const json_t *o)
{
	const json_t *recording = json_object_get(o, "recording");
	const char *org = json_string_value(json_object_get(recording, "org"));

	if (!org ||
	    text_copy(r->organisation, sizeof(r->organisation), text_of(org)))
		return EBADMSG;
	/* nothing to show the keeper, which refuses it: that is logged too */
	if (is_erased(recording))
		return 0;
	if (r->request.scope == SCOPE_CARD)
		return take_card(r, o);
	if (recording_body(recording, r->body))
		return ENOENT;
	return take_base64(o, "envelope", r->envelope, sizeof(r->envelope),
			   &r->envelope_len);
}

static void on_found(struct job *j, const struct ipc_message *m)
{
	json_t *o = job_ledger_reply(j, m);
	int err;

	if (!o)
		return;
	err = take_recording(j->own, o);
	json_decref(o);
	if (err == ENOENT)
		job_fail(j, "the recording has nothing to open; see "
			    "vaxel recording show");
	else if (err)
		nonsense(j);
	else
		log_request(j);
}

void release_begin(struct job *j)
{
	struct release *r = calloc(1, sizeof(*r));
	struct bytes bytes = { j->request.r, j->request.r_len };
	char id[ID_CHARS + 1];

	j->own = r;
	j->free_own = free;
	if (!r || request_decode(bytes, &r->request)) {
		job_fail(j, "the request is malformed");
		return;
	}
	request_digest(bytes, r->d);
	id_text(r->request.recording, id);
	job_ask_ledger(j, json_pack("{s:s,s:s}", "ask", "envelope", "id", id),
		       on_found);
}
