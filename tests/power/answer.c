/*
 * answer -- what ledger, desk and keeper answer the recorder
 */
#include <unistd.h>

#include "base/clock.h"
#include "recording/recover.h"
#include "tests/power/house.h"
#include "tests/power/must.h"

/* ---- the ledger */

struct known *house_known(struct house *h, const uint8_t id[ID_BYTES])
{
	struct known *k;

	for (unsigned i = 0; i < h->known_count; i++)
		if (!memcmp(h->known[i].id, id, ID_BYTES))
			return &h->known[i];
	must(h->known_count < CALLS_MAX);
	k = &h->known[h->known_count++];
	memset(k, 0, sizeof(*k));
	memcpy(k->id, id, ID_BYTES);
	return k;
}

static void was_told(const struct house *h, struct known *k)
{
	k->told_ns = clock_mono_ns();
	k->told_life = h->life;
}

static void recording_event(struct house *h, const struct ipc_EVENT *e)
{
	static const char label[] = "\"recording\":\"";
	char text[2100];
	const char *at;
	struct known *k;
	uint8_t id[ID_BYTES];

	snprintf(text, sizeof(text), "%.*s", (int)e->details.len, e->details.p);
	at = strstr(text, label);
	if (!at ||
	    id_read((struct text){ at + sizeof(label) - 1, ID_CHARS }, id))
		return;
	k = house_known(h, id);
	was_told(h, k);
	switch (e->type) {
	case EVENT_RECORDING_STARTED:
		k->started = true;
		return;
	case EVENT_RECORDING_ALARM:
		k->alarm = true;
		return;
	case EVENT_RECORDING_RECOVERING:
		if (k->long_over) {
			fprintf(stderr, "a recording that was over for long "
					"is recovered again\n");
			_exit(1);
		}
		k->recovering = true;
		k->told_life = 0; /* over once the keeper has said so */
		return;
	case EVENT_RECORDING_SEALED:
	case EVENT_RECORDING_RECOVERED:
		k->outcome = true;
		k->recovered = e->type == EVENT_RECORDING_RECOVERED;
		return;
	default:
		return;
	}
}

static void on_event(struct house *h, const struct ipc_EVENT *e)
{
	struct ipc_message m = { .type = IPC_EVENTS_STORED, .fd = -1 };
	uint8_t stored[STORED_BYTES] = { 0 };

	for (unsigned i = 0; i < h->kept_asked; i++)
		if (!memcmp(h->kept[i], e->id, ID_BYTES))
			h->kept_stored[i] = true;
	recording_event(h, e);
	memcpy(stored, e->id, ID_BYTES);
	m.u.EVENTS_STORED.events = (struct bytes){ stored, sizeof(stored) };
	(void)!ipc_send(h->ledger, &m);
}

static void on_end(struct house *h, const struct ipc_RECORDING_END *e)
{
	struct ipc_message m = { .type = IPC_RECORDING_END_STORED, .fd = -1 };
	struct known *k = house_known(h, e->recording_id);

	memcpy(k->sha256, e->body_sha256, 32);
	memcpy(k->card, e->card.p, e->card.len);
	k->card_len = e->card.len;
	k->length_ms = e->length_ms;
	was_told(h, k);
	k->state = (enum record_state)e->state;
	memcpy(m.u.RECORDING_END_STORED.recording_id, e->recording_id,
	       ID_BYTES);
	(void)!ipc_send(h->ledger, &m);
}

static void on_envelope(struct house *h, const struct ipc_ENVELOPE_PUT *e)
{
	struct ipc_message m = { .type = IPC_ENVELOPE_STORED, .fd = -1 };
	struct known *k = house_known(h, e->recording_id);

	was_told(h, k);
	memcpy(k->body_name, e->body_name, ID_BYTES);
	memcpy(k->envelope, e->envelope.p, e->envelope.len);
	k->envelope_len = e->envelope.len;
	memcpy(m.u.ENVELOPE_STORED.recording_id, e->recording_id, ID_BYTES);
	(void)!ipc_send(h->ledger, &m);
}

void answer_ledger(struct house *h, struct ipc_message *m)
{
	if (h->away)
		return;
	if (m->type == IPC_EVENT)
		on_event(h, &m->u.EVENT);
	else if (m->type == IPC_RECORDING_END)
		on_end(h, &m->u.RECORDING_END);
	else if (m->type == IPC_ENVELOPE_PUT)
		on_envelope(h, &m->u.ENVELOPE_PUT);
}

/* ---- desk and keeper */

static int put_recovered(void *arg, uint64_t at, struct bytes sealed)
{
	struct house *h = arg;
	struct ipc_message m = { .type = IPC_RECOVERED_PASS,
				 .about = h->request,
				 .fd = -1 };

	memcpy(m.u.RECOVERED_PASS.recording_id, h->recover_id, ID_BYTES);
	m.u.RECOVERED_PASS.offset = at;
	m.u.RECOVERED_PASS.sealed = sealed;
	return ipc_send(h->desk, &m);
}

/* Whether it remembers is the keeper's to show (tests/unit/keeper). */
static int settle(void *arg, struct bytes start_record, struct bytes record,
		  struct spool_end *end)
{
	(void)arg;
	(void)start_record;
	(void)record;
	(void)end;
	return 0;
}

void answer_desk(struct house *h, struct ipc_message *m)
{
	const struct ipc_RECOVER_ASK *a = &m->u.RECOVER_ASK;
	struct ipc_message end = { .type = IPC_RECOVERED_PASS, .fd = -1 };
	int err = 0;

	if (m->type != IPC_RECOVER_ASK)
		return;
	if (m->about != h->request || !h->recover) {
		recover_free(h->recover);
		h->request = m->about;
		memcpy(h->recover_id, a->recording_id, ID_BYTES);
		must(!recover_new(&h->recover, &h->identity, 1, a->base,
				  put_recovered, settle, h));
	}
	h->recoveries += a->last;
	if (h->keeper_locked)
		err = ENOKEY;
	else if (h->keeper_error)
		err = a->last ? h->keeper_error : 0;
	else if (house_known(h, a->recording_id)->outcome)
		err = EEXIST; /* the log says how it ended */
	else
		err = recover_feed(h->recover, a->records);
	if (!err && a->last)
		err = recover_finish(h->recover);
	if (!err && !a->last)
		return;
	if (err && err != EEXIST && !h->keeper_locked && !h->keeper_error)
		fprintf(stderr, "recovery: %s\n", strerror(err));
	end.about = h->request;
	memcpy(end.u.RECOVERED_PASS.recording_id, a->recording_id, ID_BYTES);
	end.u.RECOVERED_PASS.error = (uint16_t)err;
	end.u.RECOVERED_PASS.last = 1;
	(void)!ipc_send(h->desk, &end);
	recover_free(h->recover);
	h->recover = NULL;
}
