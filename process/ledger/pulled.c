/*
 * What was recorded by another node and is its controller's: ours
 *
 * An item and the place behind it in the feed go into one transaction, so
 * whoever is cut off anywhere has both or none. The entry says what was sealed,
 * by whose log, and at which of its entries; its id follows from the recording
 * and its outcome, so it is entered once. What is here already is not replaced
 * by what another node says later.
 */
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "process/ledger/self.h"

static bool has_body(unsigned state)
{
	return state == RECORD_SEALED || state == RECORD_RECOVERED;
}

/* ---- how far */

static void on_where(struct ledger *l, struct ipc *from,
		     const struct ipc_message *m)
{
	char cursor[64] = "";
	int err = database_pulled(book_database(l->book), m->u.PULL_WHERE.feed,
				  cursor, sizeof(cursor));

	if (err && err != ENOENT)
		ledger_give_up("reading how far a feed was pulled", err);
	(void)!IPC_SEND(from, PULL_AT, m->about, .cursor = text_of(cursor));
}

/* ---- is it new? */

struct asked {
	uint8_t kc[16];
	unsigned state;
	enum pull_wanted is;
};

/*
 * A whole one is more than its alarm was; an alarm takes nothing back, and what
 * was erased does not come again.
 */
static int compare(void *arg, const struct database_recording *r)
{
	struct asked *a = arg;

	if (has_body(r->state) && has_body(a->state))
		a->is = r->kc.len == sizeof(a->kc) &&
					!memcmp(r->kc.p, a->kc, sizeof(a->kc))
				? PULL_KNOWN
				: PULL_DIFFERS;
	else if (has_body(r->state) || r->state == RECORD_ERASED ||
		 (r->has_entry && r->state == a->state))
		a->is = PULL_KNOWN;
	return 0;
}

static enum pull_wanted wanted(struct ledger *l, const uint8_t id[ID_BYTES],
			       const uint8_t kc[16], unsigned state)
{
	struct asked a = { .state = state, .is = PULL_NEW };
	int err;

	memcpy(a.kc, kc, sizeof(a.kc));
	err = database_recording(book_database(l->book), id, compare, &a);
	if (err && err != ENOENT)
		ledger_give_up("looking for a recording", err);
	return a.is;
}

static void on_ask(struct ledger *l, struct ipc *from,
		   const struct ipc_message *m)
{
	const struct ipc_PULL_ASK *in = &m->u.PULL_ASK;
	struct ipc_message to = { .type = IPC_PULL_WANTED,
				  .about = m->about,
				  .fd = -1 };

	memcpy(to.u.PULL_WANTED.recording_id, in->recording_id, ID_BYTES);
	to.u.PULL_WANTED.wanted =
		(uint8_t)wanted(l, in->recording_id, in->kc, in->state);
	(void)!ipc_send(from, &to);
}

/* ---- an item */

static enum event_type event_of(unsigned state)
{
	switch (state) {
	case RECORD_SEALED:
		return EVENT_RECORDING_SEALED;
	case RECORD_RECOVERED:
		return EVENT_RECORDING_RECOVERED;
	case RECORD_NOT_RECORDED:
		return EVENT_RECORDING_NOT_RECORDED;
	default:
		return EVENT_RECORDING_ALARM;
	}
}

static void event_id(const struct ipc_PULL_ITEM *in, uint8_t to[ID_BYTES])
{
	static const char label[] = "vaxel/pulled/1";
	uint8_t all[sizeof(label) + ID_BYTES + 1];
	uint8_t digest[crypto_hash_sha256_BYTES];
	struct writer w = writer_on(all, sizeof(all));

	writer_copy(&w, label, sizeof(label));
	writer_copy(&w, in->recording_id, ID_BYTES);
	writer_u8(&w, in->state);
	(void)crypto_hash_sha256(digest, all, w.len);
	memcpy(to, digest, ID_BYTES);
}

static json_t *hex(const void *p, size_t len)
{
	char text[2 * 32];
	struct writer w = writer_on(text, sizeof(text));

	hex_write(&w, p, len);
	return w.full ? NULL : json_stringn(text, w.len);
}

static json_t *digest(struct bytes b)
{
	uint8_t is[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(is, b.p, b.len);
	return hex(is, sizeof(is));
}

/* As the recorder says it, of what was really put here. */
static json_t *keys_of(const struct ipc_PULL_ITEM *in)
{
	return json_pack(
		"{s:o,s:o,s:o,s:o,s:I,s:I}", "kc", hex(in->kc, sizeof(in->kc)),
		"envelope_sha256", digest(in->envelope), "card_envelope_sha256",
		digest(in->card_envelope), "body_sha256",
		hex(in->body_sha256, sizeof(in->body_sha256)), "bytes",
		(json_int_t)in->body_bytes, "ms", (json_int_t)in->length_ms);
}

static char *details_of(const struct ipc_PULL_ITEM *in)
{
	char id[ID_CHARS + 1], *text;
	json_t *o, *keys = NULL;

	id_text(in->recording_id, id);
	o = json_pack("{s:s,s:s#,s:s#,s:I,s:I}", "recording", id, "feed",
		      in->feed.p, (int)in->feed.len, "origin", in->origin.p,
		      (int)in->origin.len, "entry", (json_int_t)in->entry, "at",
		      (json_int_t)in->at_ms);
	if (in->reason != REASON_NONE && in->reason < RECORD_REASONS)
		(void)json_object_set_new(
			o, "reason",
			json_string(record_reason_text(
				(enum record_reason)in->reason)));
	if (has_body(in->state)) {
		keys = keys_of(in);
		if (json_object_update(o, keys)) {
			json_decref(o);
			o = NULL;
		}
	}
	text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(keys);
	json_decref(o);
	return text;
}

/* One without a body has no keys either: as if it never began. */
static struct database_recording recording_of(const struct ipc_PULL_ITEM *in)
{
	bool body = has_body(in->state);
	struct database_recording r = {
		.at_ms = (int64_t)in->at_ms,
		.controller = in->controller,
		.kc = { in->kc, body ? sizeof(in->kc) : 0 },
		.pn = { in->pn, body ? sizeof(in->pn) : 0 },
		.envelope = in->envelope,
		.card_envelope = in->card_envelope,
		.state = (enum record_state)in->state,
		.reason = (enum record_reason)in->reason,
		.length_ms = in->length_ms,
		.body_bytes = in->body_bytes,
		.body_sha256 = { in->body_sha256, sizeof(in->body_sha256) },
		.card = in->card,
	};

	memcpy(r.id, in->recording_id, ID_BYTES);
	memcpy(r.body, in->body_name, ID_BYTES);
	return r;
}

/* When it is entered is by our clock, when it was recorded by theirs. */
static int enter(struct ledger *l, const struct ipc_PULL_ITEM *in)
{
	const struct database_recording r = recording_of(in);
	char *details = details_of(in);
	struct book_event e = { .type = event_of(in->state),
				.at_ms = clock_wall_ms(),
				.organisation = in->controller };
	uint64_t entry;
	int err = details ? book_recording_put(l->book, &r) : ENOMEM;

	if (!err && has_body(in->state))
		err = book_recording_end(l->book, &r);
	if (!err) {
		e.details = text_of(details);
		event_id(in, e.id);
		err = book_enter(l->book, &e, &entry);
	}
	free(details);
	return err;
}

static void on_item(struct ledger *l, struct ipc *from,
		    const struct ipc_message *m)
{
	const struct ipc_PULL_ITEM *in = &m->u.PULL_ITEM;
	struct waiting w = { .type = IPC_PULL_STORED,
			     .role = ipc_peer(from),
			     .about = m->about };
	enum pull_wanted is = wanted(l, in->recording_id, in->kc, in->state);
	int err = 0;

	/* not asked, or asked and the answer not heeded */
	if (is == PULL_DIFFERS || (is == PULL_NEW && has_body(in->state) &&
				   (!in->envelope.len || !in->card.len))) {
		log_error("an item that cannot be taken was pulled");
		return;
	}
	if (is == PULL_NEW)
		err = enter(l, in);
	if (!err)
		err = book_pulled(l->book, in->feed, in->cursor);
	if (err == EPERM)
		return; /* rolled back: said already; it is pulled again */
	if (err)
		ledger_give_up("entering what was pulled", err);
	metric_add(METRIC_pulled_recordings, is == PULL_NEW);
	memcpy(w.id, in->recording_id, ID_BYTES);
	ledger_tell_later(l, &w, true);
}

void ledger_on_pull(struct ledger *l, struct ipc *from,
		    const struct ipc_message *m)
{
	if (m->type == IPC_PULL_WHERE)
		on_where(l, from, m);
	else if (m->type == IPC_PULL_ASK)
		on_ask(l, from, m);
	else
		on_item(l, from, m);
}
