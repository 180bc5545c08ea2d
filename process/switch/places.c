/*
 * places -- an index of a trunk, line or agent means the same after a reload
 *
 * The names by place lie in MEMORY_SWITCH, so that a switch that is started
 * again gives the sections of its file the places that calls know them by.
 */
#include "process/switch/self.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

/* For answers that were lost and are asked for again. */
enum { LINGER_MS = 5000 };

static void mark(bool *used, unsigned max, int64_t place)
{
	if (place >= 0 && place < max)
		used[place] = true;
}

/* Of calls that may not have been looked at yet: nothing is believed. */
static void mark_call(const struct call *c, struct settings_used *used)
{
	if (c->state == CALL_NONE)
		return;
	mark(used->lines, SETTINGS_LINES, c->line);
	for (unsigned i = 0; i < SIDES; i++) {
		const struct leg *leg = &c->legs[i];
		const struct flow *flow = &leg->state.d.dialog.flow;

		mark(used->trunks, SETTINGS_TRUNKS, leg->trunk);
		mark(used->agents, SETTINGS_AGENTS, leg->agent);
		if (leg->state.magic)
			mark(used->listeners, SETTINGS_LISTENERS,
			     flow->listener);
	}
}

/* An open socket keeps its place, too, until it is closed. */
static void mark_all(struct switch_self *self, struct settings_used *used)
{
	for (uint32_t slot = 0; slot < self->max; slot++)
		mark_call(call_of(self, slot), used);
	for (unsigned i = 0; self->stack && i < SETTINGS_LISTENERS; i++)
		used->listeners[i] |= stack_listens(self->stack, i);
}

void places_sockets(const struct switch_self *self,
		    int ret_fds[SETTINGS_LISTENERS])
{
	static const enum socket_kind kinds[] = {
		[SIP_UDP] = SOCKET_SIP_UDP,
		[SIP_TCP] = SOCKET_SIP_TCP,
		[SIP_TLS] = SOCKET_SIP_TLS,
	};
	const struct settings *s = self->p->settings;

	for (unsigned i = 0; i < SETTINGS_LISTENERS; i++) {
		const struct listener *l = &s->listeners[i];

		ret_fds[i] =
			i < s->listener_count && !l->removed
				? process_socket(self->p, kinds[l->transport],
						 l->order)
				: -1;
	}
}

static bool needed(struct switch_self *self, unsigned listener)
{
	for (uint32_t slot = 0; slot < self->max; slot++) {
		const struct call *c = call_of(self, slot);

		for (unsigned i = 0; c->state != CALL_NONE && i < SIDES; i++)
			if (c->legs[i].state.magic &&
			    c->legs[i].state.d.dialog.flow.listener ==
				    (int)listener)
				return true;
	}
	return false;
}

void places_tick(struct switch_self *self, uint64_t now_ms)
{
	const struct settings *s = self->p->settings;

	for (unsigned i = 0; i < s->listener_count; i++) {
		if (!s->listeners[i].removed ||
		    !stack_listens(self->stack, i)) {
			self->needed_ms[i] = 0;
			continue;
		}
		if (!self->needed_ms[i] || needed(self, i))
			self->needed_ms[i] = now_ms;
		if (now_ms - self->needed_ms[i] >= LINGER_MS)
			stack_leave(self->stack, i);
	}
}

int places_take(struct switch_self *self, const struct settings *before)
{
	struct settings_used *used = calloc(1, sizeof(*used));
	int err;

	if (!used)
		return ENOMEM;
	mark_all(self, used);
	err = settings_place(self->p->settings, before, &self->memory->places,
			     used);
	free(used);
	if (err != ENOBUFS)
		return err;
	log_error("some sections are left out until calls of those that were "
		  "removed have ended; mend: reload again then");
	process_alarm(self->p, ALARM_RELOAD_FAILED);
	return 0;
}

const char *places_trunk_of(const struct switch_self *self,
			    const struct call *c)
{
	const struct settings *s = self->p->settings;
	int16_t trunk = c->legs[SIDE_CALLER].trunk;

	return trunk >= 0 && (unsigned)trunk < s->trunk_count
		       ? s->trunks[trunk].name
		       : "";
}

const char *places_agent_of(const struct switch_self *self,
			    const struct call *c)
{
	const struct settings *s = self->p->settings;
	uint32_t agent = c->legs[c->with].agent;

	return agent < s->agent_count ? s->agents[agent].name : "";
}

/* Who left the file is not to be rung, who came into it has still to come. */
void places_agents(struct switch_self *self)
{
	uint64_t now = clock_mono_ms();

	for (uint32_t i = 0; i < SETTINGS_AGENTS; i++)
		queue_agent_registered(self->queue, i,
				       registrar_here(self->registrar, i, now));
	nurse_pump(self);
}
