/*
 * fate -- are we recording? Asking the recorder, telling the ledger
 *
 * outcome.c decides what is to be done; here it is done. The call itself never
 * waits for any of this.
 */
#include "process/switch/self.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"

/* A body on a slow disk may take its time, but not for ever. */
enum { SEALING_PATIENCE_MS = 60000 };

static struct ipc *recorder(const struct switch_self *self)
{
	return self->p->peers[ROLE_RECORDER];
}

void fate_fact(struct switch_self *self, const struct call *c,
	       enum fact_kind kind, const char *value)
{
	if (!value[0])
		return;
	(void)!IPC_SEND(recorder(self), RECORD_FACT, call_handle(self, c),
			.kind = (uint8_t)kind, .value = text_of(value));
}

/* What only the card may hold. */
static void facts(struct switch_self *self, const struct call *c)
{
	char text[CLOCK_TEXT_MAX];
	char call[ID_CHARS + 1];

	id_text(c->id, call);
	clock_text(c->answered_wall_ms, text);
	fate_fact(self, c, FACT_CALL_ID, call);
	fate_fact(self, c, FACT_CALLER, c->caller[0] ? c->caller : "anonymous");
	fate_fact(self, c, FACT_CALLED, c->number);
	fate_fact(self, c, FACT_AGENT, places_agent_of(self, c));
	fate_fact(self, c, FACT_MUNICIPALITY, c->municipality);
	told_facts(self, c);
	fate_fact(self, c, FACT_HANDOVER,
		  c->national ? "" : call_live(self, c)->token);
	fate_fact(self, c, FACT_ANSWERED, text);
}

static void ask_recorder(struct switch_self *self, struct call *c)
{
	struct ipc_message m = { .type = IPC_RECORD_ASK,
				 .about = call_handle(self, c),
				 .fd = -1 };
	unsigned workers = self->p->media_workers;

	m.u.RECORD_ASK = (struct ipc_RECORD_ASK){
		.worker =
			(uint16_t)(workers ? call_slot(self, c) % workers : 0),
		.caller_codec = (uint8_t)legs_codec(self, c, SIDE_CALLER),
		.nurse_codec = (uint8_t)legs_codec(self, c, (enum side)c->with),
		.controller = text_of(c->controller),
	};
	memcpy(m.u.RECORD_ASK.call_id, c->id, ID_BYTES);
	memset(c->recording_id, 0, sizeof(c->recording_id));
	/* a failure shows as silence, and that is waited for */
	if (!ipc_send(recorder(self), &m))
		facts(self, c);
}

static void end_recording(struct switch_self *self, struct call *c,
			  enum record_end why)
{
	char text[CLOCK_TEXT_MAX];

	clock_text(clock_wall_ms(), text);
	fate_fact(self, c, FACT_ENDED, text);
	(void)!IPC_SEND(recorder(self), RECORD_END, call_handle(self, c),
			.reason = (uint8_t)why);
}

static void capture(struct switch_self *self, struct call *c, bool on)
{
	c->captured = on;
	(void)!IPC_SEND(legs_worker(self, c), CAPTURE, call_handle(self, c),
			.on = on, .recording = c->recording);
}

/* Of which recording, where the recorder has told its id. */
static void say_fate(struct switch_self *self, struct call *c,
		     enum event_type type, enum record_reason reason)
{
	static const uint8_t none[ID_BYTES];
	char extra[96 + ID_CHARS], id[ID_CHARS + 1];
	bool known = memcmp(c->recording_id, none, sizeof(none)) != 0;

	id_text(c->recording_id, id);
	(void)snprintf(extra, sizeof(extra), ",\"reason\":\"%s\"%s%s%s",
		       record_reason_text(reason),
		       known ? ",\"recording\":\"" : "", known ? id : "",
		       known ? "\"" : "");
	say_call(self, c, type, extra);
}

static void raise_alarm(struct switch_self *self)
{
	if (!self->recorder_alarmed)
		process_alarm(self->p, ALARM_RECORDER_AWAY);
	self->recorder_alarmed = true;
}

static void recorder_away(struct switch_self *self, struct call *c)
{
	metric_add(METRIC_recordings_alarm, 1);
	say_fate(self, c, EVENT_RECORDING_ALARM, REASON_RECORDER_AWAY);
	raise_alarm(self);
}

static enum record_reason reason_of(const struct call *c)
{
	return outcome_reason(c->line_records, c->objected == OBJECTED,
			      told_all(c));
}

static void not_recorded(struct switch_self *self, struct call *c)
{
	metric_add(METRIC_recordings_not_recorded, 1);
	say_fate(self, c, EVENT_RECORDING_NOT_RECORDED, reason_of(c));
}

/*
 * Since when the recorder owes us a word. One that came back owes one about
 * each recording that it goes on with; one that was told to end, how it ended.
 */
static void wait_for_recorder(struct switch_self *self, struct call *c,
			      enum outcome_event event)
{
	enum outcome o = (enum outcome)c->outcome;
	bool owed = outcome_waits(o, recorder(self)) || o == OUTCOME_CLOSING ||
		    (o == OUTCOME_RUNNING && event == OUTCOME_EVENT_HERE);

	c->waiting_since_ms = owed ? clock_mono_ms() : 0;
}

/* The first recording of a call is over and a second one is due. */
static void again(struct switch_self *self, struct call *c)
{
	c->ask_again = 0;
	/* what is said from here on is of another one */
	memset(c->recording_id, 0, sizeof(c->recording_id));
	if (c->state == CALL_ENDING) {
		/* too short a talk for the first one to end in time */
		recorder_away(self, c);
		return;
	}
	c->outcome = OUTCOME_NONE;
	fate_answered(self, c);
}

void fate_event(struct switch_self *self, struct call *c,
		enum outcome_event event)
{
	enum outcome o = (enum outcome)c->outcome;
	unsigned actions = outcome_step(&o, event);

	c->outcome = (uint8_t)o;
	wait_for_recorder(self, c, event);
	if (actions & OUTCOME_ASK)
		ask_recorder(self, c);
	if (actions & OUTCOME_CAPTURE)
		capture(self, c, true);
	if (actions & OUTCOME_CAPTURE_STOP)
		capture(self, c, false);
	if (actions & OUTCOME_END)
		end_recording(self, c, (enum record_end)c->ended_by);
	if (actions & OUTCOME_END_AWAY)
		end_recording(self, c, RECORD_END_AWAY);
	if (actions & OUTCOME_SAY_NOT_RECORDED)
		not_recorded(self, c);
	if (actions & OUTCOME_SAY_ALARM)
		recorder_away(self, c);
	if (c->ask_again && outcome_final(o))
		again(self, c);
}

void fate_answered(struct switch_self *self, struct call *c)
{
	if (outcome_final((enum outcome)c->outcome)) {
		c->outcome = OUTCOME_NONE;
	} else if (c->outcome != OUTCOME_NONE) {
		c->ask_again = 1;
		return;
	}
	if (reason_of(c) != REASON_NONE)
		fate_event(self, c, OUTCOME_EVENT_ANSWERED_RULE);
	else
		fate_event(self, c,
			   recorder(self) ? OUTCOME_EVENT_ANSWERED
					  : OUTCOME_EVENT_ANSWERED_AWAY);
}

/*
 * The end of a recording that came before the one in hand: the recorder says
 * it again when it, or we, have just started.
 */
static bool of_an_earlier_one(const struct call *c,
			      const struct ipc_RECORD_STATE *m)
{
	bool same = m->recording == c->recording;

	if (!m->recording || !c->recording)
		return false;
	/* asked and not yet told of a handle: what we have is the earlier's */
	return c->outcome == OUTCOME_ASKED ||
			       c->outcome == OUTCOME_ASKED_CLOSING
		       ? same
		       : !same;
}

static void finished(struct switch_self *self, struct call *c,
		     const struct ipc_RECORD_STATE *m)
{
	if (of_an_earlier_one(c, m))
		return;
	/* no place even to write down that it was not recorded: we say it */
	if (!m->recording && !outcome_final((enum outcome)c->outcome))
		say_fate(self, c, EVENT_RECORDING_ALARM,
			 (enum record_reason)m->reason);
	/* ended by itself and in good order, as after a jump of the clock,
	   while they talk: it is begun anew */
	if (m->state == RECORD_SEALED && !self->draining &&
	    (c->outcome == OUTCOME_TAKEN || c->outcome == OUTCOME_RUNNING))
		c->ask_again = 1;
	fate_event(self, c, OUTCOME_EVENT_FINISHED);
}

/* A recording of a call that we do not know any more: it is to be finished. */
static void unknown_call(struct switch_self *self, uint64_t handle,
			 const struct ipc_RECORD_STATE *m)
{
	if (m->state == RECORD_STARTING || m->state == RECORD_RUNNING)
		(void)!IPC_SEND(recorder(self), RECORD_END, handle,
				.reason = RECORD_END_AWAY);
}

void fate_state(struct switch_self *self, uint64_t handle,
		const struct ipc_RECORD_STATE *m)
{
	struct call *c = call_by_handle(self, handle);

	if (!c) {
		unknown_call(self, handle, m);
		return;
	}
	switch ((enum record_state)m->state) {
	case RECORD_STARTING:
		c->recording = m->recording;
		fate_event(self, c, OUTCOME_EVENT_TAKEN);
		break;
	case RECORD_RUNNING:
		c->recording = m->recording;
		memcpy(c->recording_id, m->recording_id, ID_BYTES);
		fate_event(self, c, OUTCOME_EVENT_RUNNING);
		break;
	case RECORD_SEALED:
	case RECORD_NOT_RECORDED:
	case RECORD_ALARM:
	case RECORD_RECOVERED:
		finished(self, c, m);
		break;
	default:
		return;
	}
	call_release(self, c);
}

void fate_heard(struct switch_self *self)
{
	self->recorder_heard_ms = clock_mono_ms();
	self->recorder_alarmed = false;
}

void fate_recorder(struct switch_self *self, bool here)
{
	uint64_t now = clock_mono_ms();

	self->recorder_away_ms = here ? 0 : now;
	if (here)
		fate_heard(self);
	for (uint32_t slot = 0; slot < self->max; slot++) {
		struct call *c = call_of(self, slot);

		if (c->state == CALL_NONE)
			continue;
		if (here)
			fate_event(self, c, OUTCOME_EVENT_HERE);
		else if (outcome_waits((enum outcome)c->outcome, false) &&
			 !c->waiting_since_ms)
			c->waiting_since_ms = now;
	}
}

void fate_mark(struct switch_self *self, struct call *c, enum mark_kind kind)
{
	if (c->outcome == OUTCOME_TAKEN || c->outcome == OUTCOME_RUNNING)
		(void)!IPC_SEND(recorder(self), RECORD_MARK,
				call_handle(self, c), .kind = (uint8_t)kind,
				.at_mono_ms = clock_mono_ms());
}

/*
 * It took the recording over and hangs: what is captured waits in the ring, for
 * as long as that lasts, and nobody else would say so. What becomes of the
 * recording it will still decide, for it knows what the ring lost.
 */
static void listen_for_recorder(struct switch_self *self, const struct call *c,
				uint64_t now_ms)
{
	if ((c->outcome == OUTCOME_RUNNING || c->outcome == OUTCOME_CLOSING) &&
	    recorder(self) &&
	    now_ms - self->recorder_heard_ms >= OUTCOME_PATIENCE_MS)
		raise_alarm(self);
}

void fate_tick(struct switch_self *self, struct call *c, uint64_t now_ms)
{
	uint64_t patience = c->outcome == OUTCOME_CLOSING && recorder(self)
				    ? SEALING_PATIENCE_MS
				    : OUTCOME_PATIENCE_MS;

	listen_for_recorder(self, c, now_ms);
	if (!c->waiting_since_ms || now_ms - c->waiting_since_ms < patience)
		return;
	fate_event(self, c, OUTCOME_EVENT_PATIENCE);
	call_release(self, c);
}
