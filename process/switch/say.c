/*
 * say -- events for the ledger, kept until somebody has them
 *
 * An event waits in the outbox until the ledger has stored it. While the
 * ledger is away for more than a second the recorder takes them into the spool
 * (EVENT_KEEP); both acknowledge, and the ledger knows an event that comes
 * twice by its id.
 */
#include "process/switch/self.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"

enum {
	IN_FLIGHT_MAX = 1024,
	LEDGER_PATIENCE_MS = 1000,
	STUCK_PATIENCE_MS = 5000,
};

void say_call(struct switch_self *self, const struct call *c,
	      enum event_type type, const char *extra)
{
	const struct settings *s = self->p->settings;
	char details[OUTBOX_DETAILS];
	struct writer w = writer_on(details, sizeof(details));
	char call[ID_CHARS + 1];
	uint8_t id[ID_BYTES];

	id_new(id);
	id_text(c->id, call);
	writer_printf(&w, "{\"call\":\"%s\",\"line\":\"%s\"%s}", call,
		      c->number, extra);
	if (writer_finish(&w) ||
	    outbox_add(
		    &self->outbox, (uint8_t)type, id, (uint64_t)clock_wall_ms(),
		    text_of(c->controller[0] ? c->controller : s->organisation),
		    (struct text){ details, w.len })) {
		/* say_tick() says it aloud */
		metric_add(METRIC_events_lost, 1);
		return;
	}
	say_pump(self);
}

/* The ledger's alone: it never waits at the recorder. */
static int hand_over_kept(struct switch_self *self,
			  const struct outbox_event *e)
{
	struct ipc_message m = { .type = IPC_KEEP_CALL,
				 .about = e->number,
				 .fd = -1 };

	m.u.KEEP_CALL = (struct ipc_KEEP_CALL){
		.until_ms = e->at_ms,
		.region = { e->organisation, e->organisation_len },
		.sealed = { (const uint8_t *)e->details, e->details_len },
	};
	memcpy(m.u.KEEP_CALL.id, e->id, ID_BYTES);
	return ipc_send(self->p->peers[ROLE_LEDGER], &m);
}

static int hand_over(struct switch_self *self, const struct outbox_event *e)
{
	struct ipc_message m = { .about = e->number, .fd = -1 };
	struct text organisation = { e->organisation, e->organisation_len };
	struct text details = { e->details, e->details_len };

	if (e->type == OUTBOX_KEEP)
		return hand_over_kept(self, e);
	if (self->keeping) {
		m.type = IPC_EVENT_KEEP;
		m.u.EVENT_KEEP = (struct ipc_EVENT_KEEP){
			.type = e->type,
			.at_ms = e->at_ms,
			.organisation = organisation,
			.details = details,
		};
		memcpy(m.u.EVENT_KEEP.id, e->id, ID_BYTES);
		return ipc_send(self->p->peers[ROLE_RECORDER], &m);
	}
	m.type = IPC_EVENT;
	m.u.EVENT = (struct ipc_EVENT){
		.type = e->type,
		.at_ms = e->at_ms,
		.organisation = organisation,
		.details = details,
	};
	memcpy(m.u.EVENT.id, e->id, ID_BYTES);
	return ipc_send(self->p->peers[ROLE_LEDGER], &m);
}

void say_pump(struct switch_self *self)
{
	struct outbox *o = &self->outbox;
	const struct outbox_event *e;

	while (outbox_in_flight(o) < IN_FLIGHT_MAX && (e = outbox_next(o))) {
		if (hand_over(self, e))
			break; /* not there, or busy: the tick tries again */
		outbox_sent(o);
	}
	metric_set(METRIC_ledger_waiting, o->waiting);
}

static void acknowledged(struct switch_self *self, const uint8_t id[ID_BYTES])
{
	/* ENOENT: the other one was quicker */
	(void)!outbox_done(&self->outbox, id);
	self->outbox_stuck_ms = 0;
}

void say_stored(struct switch_self *self, struct bytes events)
{
	for (size_t i = 0; i + STORED_BYTES <= events.len; i += STORED_BYTES)
		acknowledged(self, events.p + i);
	say_pump(self);
}

void say_kept(struct switch_self *self, const uint8_t id[ID_BYTES])
{
	acknowledged(self, id);
	say_pump(self);
}

void say_ledger(struct switch_self *self, bool here)
{
	self->outbox_stuck_ms = 0;
	if (!here) {
		self->ledger_away_ms = clock_mono_ms();
		return;
	}
	self->ledger_away_ms = 0;
	self->keeping = false;
	outbox_rewind(&self->outbox);
	say_pump(self);
}

/* The ledger does not answer though it is there: its disk, or a stop. */
static bool stuck(struct switch_self *self, uint64_t now_ms)
{
	if (!outbox_in_flight(&self->outbox)) {
		self->outbox_stuck_ms = 0;
		return false;
	}
	if (!self->outbox_stuck_ms)
		self->outbox_stuck_ms = now_ms;
	return now_ms - self->outbox_stuck_ms >= STUCK_PATIENCE_MS;
}

void say_tick(struct switch_self *self, uint64_t now_ms)
{
	struct outbox *o = &self->outbox;
	bool away = self->ledger_away_ms &&
		    now_ms - self->ledger_away_ms >= LEDGER_PATIENCE_MS;

	if (o->lost != self->lost_told) {
		log_error("%" PRIu64 " events were lost: the ledger is away "
			  "and their place is full",
			  o->lost - self->lost_told);
		process_alarm(self->p, ALARM_LEDGER_AWAY);
		self->lost_told = o->lost;
	}
	if (!o->waiting)
		return;
	if (!self->keeping && (away || stuck(self, now_ms)) &&
	    self->p->peers[ROLE_RECORDER]) {
		process_alarm(self->p, ALARM_LEDGER_AWAY);
		log_notice("events go to the spool");
		self->keeping = true;
		outbox_rewind(o);
	} else if (self->keeping && stuck(self, now_ms)) {
		/* the recorder does not take them either: begin again */
		self->keeping = false;
		self->outbox_stuck_ms = 0;
		outbox_rewind(o);
	}
	say_pump(self);
}
