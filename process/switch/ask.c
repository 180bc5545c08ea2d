/*
 * ask -- what the command line may know: states and counts, nobody's number
 */
#include "process/switch/national.h"

#include <stdio.h>

#include "base/clock.h"

enum { REPLY_LINE_MAX = 512 };

static bool reply(struct switch_self *self, uint64_t request, const char *json)
{
	struct bytes line = { (const uint8_t *)json, strlen(json) };

	return !IPC_SEND(self->p->peers[ROLE_DESK], SWITCH_REPLY, request,
			 .more = line.len > 0, .json = line);
}

static const char *truth(bool b)
{
	return b ? "true" : "false";
}

static void status(struct switch_self *self, uint64_t request)
{
	char json[REPLY_LINE_MAX];

	(void)snprintf(json, sizeof(json),
		       "{\"calls\":%u,\"waiting\":%u,\"agents\":%u,"
		       "\"draining\":%s}",
		       self->count, self->queue->count,
		       registrar_count(self->registrar, clock_mono_ms()),
		       truth(self->draining));
	(void)reply(self, request, json);
}

static bool one_call(struct switch_self *self, uint64_t request,
		     const struct call *c, unsigned position)
{
	uint64_t now = clock_mono_ms();
	char call[ID_CHARS + 1];
	char place[32] = "";
	char json[REPLY_LINE_MAX];

	id_text(c->id, call);
	if (position)
		(void)snprintf(place, sizeof(place), ",\"position\":%u",
			       position);
	(void)snprintf(json, sizeof(json),
		       "{\"call\":\"%s\",\"state\":\"%s\",\"line\":\"%s\","
		       "\"trunk\":\"%s\",\"agent\":\"%s\","
		       "\"seconds\":%llu,\"recording\":\"%s\"%s}",
		       call, call_state_text((enum call_state)c->state),
		       c->number, places_trunk_of(self, c),
		       places_agent_of(self, c),
		       (unsigned long long)(now - c->received_ms) / 1000,
		       outcome_text((enum outcome)c->outcome), place);
	return reply(self, request, json);
}

/* First those who wait, in their order, then all others. */
static void calls(struct switch_self *self, uint64_t request)
{
	unsigned position = 0;
	bool ok = true;

	for (uint32_t at = self->queue->first; ok && at != QUEUE_NOBODY;
	     at = self->queue->waiters[at].next)
		ok = one_call(self, request, call_of(self, at), ++position);
	for (uint32_t slot = 0; ok && slot < self->max; slot++)
		if (call_of(self, slot)->state != CALL_NONE &&
		    !queue_has(self->queue, slot))
			ok = one_call(self, request, call_of(self, slot), 0);
}

static void queues(struct switch_self *self, uint64_t request)
{
	const struct settings *s = self->p->settings;
	uint64_t now = clock_mono_ms();
	unsigned agents = 0, free = 0;

	for (unsigned i = 0; i < s->agent_count; i++) {
		agents += self->queue->agents[i].registered;
		free += self->queue->agents[i].state == QUEUE_AGENT_IDLE;
	}
	for (unsigned i = 0; i < s->line_count; i++) {
		char json[REPLY_LINE_MAX];

		if (s->lines[i].removed && !self->queue->by_line[i])
			continue;
		(void)snprintf(
			json, sizeof(json),
			"{\"line\":\"%s\",\"waiting\":%u,"
			"\"longest_s\":%llu,\"agents\":%u,\"free\":%u}",
			s->lines[i].number, self->queue->by_line[i],
			(unsigned long long)waiting_longest_s(self, i, now),
			agents, free);
		if (!reply(self, request, json))
			return;
	}
}

static void trunks(struct switch_self *self, uint64_t request)
{
	const struct settings *s = self->p->settings;

	for (unsigned i = 0; i < s->trunk_count; i++) {
		const struct trunk_live *t = &self->trunks[i];
		char json[REPLY_LINE_MAX];

		if (s->trunks[i].removed && !t->calls)
			continue;
		(void)snprintf(json, sizeof(json),
			       "{\"trunk\":\"%s\",\"state\":\"%s\","
			       "\"calls\":%u,\"waiting\":%u}",
			       s->trunks[i].name,
			       s->trunks[i].removed ? "removed"
			       : !t->known          ? "unknown"
			       : t->up              ? "up"
						    : "down",
			       t->calls, waiting_callers(t));
		if (!reply(self, request, json))
			return;
	}
}

void ask(struct switch_self *self, uint64_t request, uint8_t what)
{
	switch (what) {
	case SWITCH_STATUS:
		status(self, request);
		break;
	case SWITCH_CALLS:
		calls(self, request);
		break;
	case SWITCH_QUEUES:
		queues(self, request);
		break;
	case SWITCH_TRUNKS:
		trunks(self, request);
		break;
	default:
		break;
	}
	(void)reply(self, request, "");
}
