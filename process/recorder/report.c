/*
 * report -- what the ledger is told, until it has stored it
 *
 * The ids of our events follow from the recording's id and the event's type.
 * So whoever tells it again, after a crash or because no answer came, says the
 * same, and the ledger takes it once.
 */
#include <assert.h>
#include <inttypes.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "process/recorder/self.h"

#define DETAILS_MAX 1024
/* in the map of events: who << WHAT_BITS | which bit of enum tell */
#define WHAT_BITS 3
#define OF_PENDING (1u << 28)

int report_open(struct recorder *self)
{
	return id_map_new(&self->events, 64);
}

void report_close(struct recorder *self)
{
	id_map_free(self->events);
}

int report_dossier(struct dossier *d, struct bytes raw)
{
	struct reader r = reader_on(raw.p, raw.len);
	struct spool_record rec;
	struct spool_start start;

	if (raw.len > sizeof(d->start))
		return EMSGSIZE;
	if (spool_next(&r, &rec) || spool_read_start(&rec, &start) ||
	    text_copy(d->controller, sizeof(d->controller), start.controller))
		return EBADMSG;
	memcpy(d->id, start.id, ID_BYTES);
	memcpy(d->call_id, start.call_id, ID_BYTES);
	memcpy(d->body_name, start.body_name, ID_BYTES);
	memcpy(d->check, start.check, sizeof(d->check));
	d->started_ms = start.at_ms;
	crypto_hash_sha256(d->envelope_sha256, start.envelope.p,
			   start.envelope.len);
	crypto_hash_sha256(d->card_envelope_sha256, start.card_envelope.p,
			   start.card_envelope.len);
	if (d->start != raw.p)
		memcpy(d->start, raw.p, raw.len);
	d->start_len = (uint32_t)raw.len;
	return 0;
}

static void event_id(const struct dossier *d, enum event_type type,
		     uint8_t to[ID_BYTES])
{
	static const char label[] = "vaxel/recorder/event/1";
	uint8_t in[sizeof(label) + ID_BYTES + 1];
	uint8_t digest[crypto_hash_sha256_BYTES];
	struct writer w = writer_on(in, sizeof(in));

	writer_copy(&w, label, sizeof(label));
	writer_copy(&w, d->id, ID_BYTES);
	writer_u8(&w, (uint8_t)type);
	crypto_hash_sha256(digest, in, w.len);
	memcpy(to, digest, ID_BYTES);
}

static void write_id(struct writer *w, const char *name,
		     const uint8_t id[ID_BYTES])
{
	char text[ID_CHARS + 1];

	id_text(id, text);
	writer_printf(w, "\"%s\":\"%s\"", name, text);
}

static void write_hex(struct writer *w, const char *name, const uint8_t *p,
		      size_t len)
{
	writer_printf(w, ",\"%s\":\"", name);
	hex_write(w, p, len);
	writer_u8(w, '"');
}

static void write_details(struct writer *w, const struct dossier *d,
			  enum tell what)
{
	uint8_t start[crypto_hash_sha256_BYTES];

	writer_u8(w, '{');
	write_id(w, "recording", d->id);
	writer_u8(w, ',');
	write_id(w, "call", d->call_id);
	if (what == TELL_STARTED || what == TELL_OUTCOME) {
		write_hex(w, "kc", d->check, sizeof(d->check));
		write_hex(w, "envelope_sha256", d->envelope_sha256, 32);
		write_hex(w, "card_envelope_sha256", d->card_envelope_sha256,
			  32);
	}
	if (what == TELL_OUTCOME) {
		write_hex(w, "body_sha256", d->body_sha256, 32);
		writer_printf(w, ",\"bytes\":%" PRIu64 ",\"ms\":%" PRIu64,
			      d->body_bytes, d->length_ms);
	}
	if (what == TELL_RECOVERING) {
		crypto_hash_sha256(start, d->start, d->start_len);
		write_hex(w, "start_sha256", start, sizeof(start));
		if (d->has_end)
			write_hex(w, "end_sha256", d->end_sha256, 32);
	}
	if (what == TELL_ALARM || (what == TELL_OUTCOME && d->reason))
		writer_printf(
			w, ",\"reason\":\"%s\"",
			record_reason_text((enum record_reason)d->reason));
	writer_u8(w, '}');
}

static enum event_type event_of(const struct dossier *d, enum tell what)
{
	switch (what) {
	case TELL_STARTED:
		return EVENT_RECORDING_STARTED;
	case TELL_ALARM:
		return EVENT_RECORDING_ALARM;
	case TELL_RECOVERING:
		return EVENT_RECORDING_RECOVERING;
	default:
		return d->state == RECORD_RECOVERED ? EVENT_RECORDING_RECOVERED
						    : EVENT_RECORDING_SEALED;
	}
}

/* 0 to 7: which bit. */
static uint32_t bit_of(enum tell what)
{
	return (uint32_t)__builtin_ctz((unsigned)what);
}

static void tell_event(struct recorder *self, struct dossier *d, uint32_t who,
		       enum tell what)
{
	char details[DETAILS_MAX];
	struct writer w = writer_on(details, sizeof(details));
	struct ipc_message m = { .type = IPC_EVENT, .fd = -1 };
	enum event_type type = event_of(d, what);

	write_details(&w, d, what);
	if (writer_finish(&w))
		return; /* cannot be: all of it is bounded */
	m.u.EVENT.type = (uint8_t)type;
	m.u.EVENT.at_ms = what == TELL_STARTED ? d->started_ms : d->ended_ms;
	m.u.EVENT.organisation = text_of(d->controller);
	m.u.EVENT.details = (struct text){ details, w.len };
	event_id(d, type, m.u.EVENT.id);
	if (id_map_put(self->events, m.u.EVENT.id,
		       who << WHAT_BITS | bit_of(what)))
		return; /* no memory: it is told again later */
	(void)!ipc_send(self->p->peers[ROLE_LEDGER], &m);
}

static void tell_envelope(struct recorder *self, struct dossier *d)
{
	struct ipc_message m = { .type = IPC_ENVELOPE_PUT, .fd = -1 };
	struct reader r = reader_on(d->start, d->start_len);
	struct spool_record rec;
	struct spool_start start;

	if (spool_next(&r, &rec) || spool_read_start(&rec, &start))
		return;
	memcpy(m.u.ENVELOPE_PUT.recording_id, d->id, ID_BYTES);
	memcpy(m.u.ENVELOPE_PUT.body_name, d->body_name, ID_BYTES);
	memcpy(m.u.ENVELOPE_PUT.kc, start.check, sizeof(start.check));
	memcpy(m.u.ENVELOPE_PUT.pn, start.pn, sizeof(start.pn));
	m.u.ENVELOPE_PUT.at_ms = d->started_ms;
	m.u.ENVELOPE_PUT.controller = start.controller;
	m.u.ENVELOPE_PUT.envelope = start.envelope;
	m.u.ENVELOPE_PUT.card_envelope = start.card_envelope;
	(void)!ipc_send(self->p->peers[ROLE_LEDGER], &m);
}

static void tell_end(struct recorder *self, struct dossier *d,
		     struct bytes card)
{
	struct ipc_message m = { .type = IPC_RECORDING_END, .fd = -1 };

	memcpy(m.u.RECORDING_END.recording_id, d->id, ID_BYTES);
	memcpy(m.u.RECORDING_END.body_sha256, d->body_sha256, 32);
	m.u.RECORDING_END.state = d->state;
	m.u.RECORDING_END.reason = d->reason;
	m.u.RECORDING_END.length_ms = d->length_ms;
	m.u.RECORDING_END.body_bytes = d->body_bytes;
	m.u.RECORDING_END.card = card;
	(void)!ipc_send(self->p->peers[ROLE_LEDGER], &m);
}

void report_tell(struct recorder *self, struct dossier *d, uint32_t index,
		 bool pending, struct bytes card, bool again)
{
	static const enum tell events[] = { TELL_STARTED, TELL_ALARM,
					    TELL_RECOVERING, TELL_OUTCOME };
	uint64_t now = clock_mono_ms();
	uint32_t who = index | (pending ? OF_PENDING : 0);
	unsigned due = d->due & ~(unsigned)d->told;

	if (!due || !self->p->peers[ROLE_LEDGER] ||
	    (again && now - d->sent_ms < TELL_AGAIN_MS))
		return;
	d->sent_ms = now;
	if (due & TELL_ENVELOPE)
		tell_envelope(self, d);
	/* before the event: where the log says sealed, the card is there, and
	   nothing is left to recover */
	if (due & TELL_END)
		tell_end(self, d, card);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (due & (unsigned)events[i])
			tell_event(self, d, who, events[i]);
}

void report_slot(struct recorder *self, struct slot *slot, bool again)
{
	report_tell(self, &slot->dossier, slot_index(self, slot), false,
		    (struct bytes){ slot->body, slot->dossier.card_len },
		    again);
}

static void event_stored(struct recorder *self, const uint8_t id[ID_BYTES])
{
	uint8_t expected[ID_BYTES];
	struct dossier *d = NULL;
	enum tell what;
	uint32_t v, who;

	if (id_map_get(self->events, id, &v)) {
		(void)!kept_stored(self, id);
		return;
	}
	id_map_remove(self->events, id);
	what = (enum tell)(1u << (v & ((1u << WHAT_BITS) - 1)));
	who = v >> WHAT_BITS;
	if (who & OF_PENDING)
		d = pending_dossier(self, who & ~OF_PENDING);
	else if (who < self->slots->max &&
		 self->slots->slot[who].state != SLOT_FREE)
		d = &self->slots->slot[who].dossier;
	if (!d)
		return;
	/* the slot may hold another recording by now */
	event_id(d, event_of(d, what), expected);
	if (!memcmp(expected, id, ID_BYTES))
		d->told |= (uint8_t)what;
}

void report_events_stored(struct recorder *self, struct bytes events)
{
	for (size_t i = 0; i + STORED_BYTES <= events.len; i += STORED_BYTES)
		event_stored(self, events.p + i);
}

void report_stored(struct recorder *self, const uint8_t id[ID_BYTES],
		   enum tell what)
{
	struct slot *slot = slot_of_id(&self->table, id);
	uint32_t index;
	struct dossier *d =
		slot ? &slot->dossier : pending_of_id(self, id, &index);

	if (d && (d->due & (unsigned)what))
		d->told |= (uint8_t)what;
}
