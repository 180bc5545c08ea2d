/*
 * switch -- start, messages of the others, the tick, drain
 */
#include "process/switch/switch.h"
#include "process/switch/national.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"

/* Passwords of agents and trunks. */
enum { SECRET_BYTES = 512 * 1024, EVENTS_MEMORY_BYTES = 8 * 1024 * 1024 };

static const struct stack_options stack_options = {
	.supported = "100rel, timer, replaces",
	.allow = "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, "
		 "REFER, NOTIFY, REGISTER",
	.agent = "vaxel/" VAXEL_VERSION,
	.trunks_only = true,
};

static size_t memory_bytes(const struct settings *s, enum memory_kind kind)
{
	switch (kind) {
	case MEMORY_SWITCH:
		return restore_bytes(s);
	case MEMORY_EVENTS:
		return EVENTS_MEMORY_BYTES;
	default:
		return 0;
	}
}

/* ---- what SIP has for us that belongs to no call */

static void on_request(void *arg, struct stack_server *t,
		       const struct sip_msg *msg, const struct flow *flow)
{
	struct switch_self *self = arg;

	if (message_method_of(msg) == METHOD_REGISTER)
		registrar_request(self->registrar, t, msg, flow,
				  clock_mono_ms());
	else if (!sessions_request(self->sessions, t, msg, flow) && t &&
		 stack_answer(t, 481))
		log_debug("a stray request was not answered");
}

static void on_closed(void *arg, uint64_t connection)
{
	struct switch_self *self = arg;

	registrar_closed(self->registrar, connection, clock_mono_ms());
}

static void on_options(void *arg, const struct flow *flow,
		       struct writer *headers)
{
	waiting_tell(arg, flow, headers);
}

static const struct stack_handlers stack_handlers = { .request = on_request,
						      .closed = on_closed,
						      .options = on_options };

/* ---- the start */

/* Lengths and indexes are kept; the sound is media's. */
static void take_prompts(struct switch_self *self)
{
	struct process *p = self->p;
	struct memory *m = process_memory(p, MEMORY_PROMPTS, p->prompts);

	memset(&self->prompts, 0, sizeof(self->prompts));
	self->rendering = p->prompts;
	if (m && m->len && prompts_read(&self->prompts, m->at, m->len))
		log_error("the prompts make no sense: calls go without them");
	told_prepare(self);
}

static int take_memory(struct switch_self *self)
{
	struct memory *events = process_memory(self->p, MEMORY_EVENTS, 0);
	int err;

	if (!events || !events->at)
		return ENOMEM;
	err = outbox_open(&self->outbox, events->at, events->len);
	if (err)
		return err;
	take_prompts(self);
	return restore_layout(self);
}

static int prepare(struct process *p, void **ret_self)
{
	struct switch_self *self = calloc(1, sizeof(*self));
	int err;

	if (!self)
		return ENOMEM;
	self->p = p;
	for (unsigned i = 0; i < SETTINGS_TRUNKS; i++)
		self->trunks[i].self = self;
	err = take_memory(self);
	if (!err)
		err = places_take(self, NULL);
	if (!err)
		err = route_take_law(self);
	location_prepare();
	if (!err)
		err = registrar_prepare(&self->registrar, p->settings);
	if (!err)
		err = token_take_keys(self);
	if (!err)
		err = keep_take_keys(self);
	if (!err)
		trunk_prepare(self);
	if (!err)
		err = stack_prepare(&self->stack, p->settings, &stack_options);
	if (err) {
		free(self);
		return err;
	}
	*ret_self = self;
	return 0;
}

static void confinement(struct process *p, void *self, struct confine *c)
{
	(void)p;
	(void)self;
	c->inet_sockets = true;
	c->accept = true;
}

static void on_tick(uv_timer_t *timer)
{
	struct switch_self *self = timer->data;
	uint64_t now = clock_mono_ms();

	for (uint32_t slot = 0; slot < self->max; slot++)
		call_tick(self, call_of(self, slot), now);
	(void)registrar_tick(self->registrar, now);
	line_tick(self, now);
	nurse_pump(self); /* somebody's rest may be over */
	trunk_tick(self, now);
	places_tick(self, now);
	say_tick(self, now);
	kept_tick(self->kept, now);
}

static int start_tick(struct switch_self *self)
{
	int err = uv_timer_init(self->p->loop, &self->tick);

	self->tick.data = self;
	if (!err)
		err = uv_timer_start(&self->tick, on_tick, SWITCH_TICK_MS,
				     SWITCH_TICK_MS);
	return err ? -err : 0;
}

static int start(struct process *p, void *arg)
{
	struct switch_self *self = arg;
	struct sessions_options options = { .relays = p->settings->role ==
						      NODE_NATIONAL };
	uint64_t now = clock_mono_ms();
	int fds[SETTINGS_LISTENERS];
	int err;

	places_sockets(self, fds);
	err = stack_start(self->stack, p->loop, fds, &stack_handlers, self);
	if (!err)
		err = sessions_new(&self->sessions, self->stack, p->loop,
				   &options, &switch_session_handlers, self);
	if (!err)
		err = registrar_start(self->registrar, self->stack,
				      &self->memory->bindings, now,
				      nurse_registered, self);
	if (!err)
		err = start_tick(self);
	if (err)
		return err;
	self->ledger_away_ms = p->peers[ROLE_LEDGER] ? 0 : now;
	trunk_start(self);
	restore_calls(self);
	say_pump(self);
	return 0;
}

/* ---- the others */

static void message(struct process *p, void *arg, struct ipc *from,
		    struct ipc_message *m)
{
	struct switch_self *self = arg;

	(void)p;
	(void)from;
	switch (m->type) {
	case IPC_MEDIA_LOST:
		legs_worker_lost(self, m->u.MEDIA_LOST.worker);
		break;
	case IPC_RECORD_STATE:
		fate_state(self, m->about, &m->u.RECORD_STATE);
		break;
	case IPC_EVENTS_STORED:
		say_stored(self, m->u.EVENTS_STORED.events);
		break;
	case IPC_RECORDER_ALIVE:
		fate_heard(self);
		break;
	case IPC_EVENT_KEPT:
		say_kept(self, m->u.EVENT_KEPT.id);
		break;
	case IPC_SWITCH_ASK:
		ask(self, m->about, m->u.SWITCH_ASK.what);
		break;
	default:
		legs_message(self, m);
	}
}

static enum ipc_state state(void *arg, enum ipc_type type, uint64_t about)
{
	struct switch_self *self = arg;
	const struct call *c = call_by_handle(self, about);

	(void)type;
	if (!c)
		return IPC_IDLE;
	if (c->state == CALL_ENDING)
		return IPC_ENDING;
	return c->captured ? IPC_TALKING : IPC_OPEN;
}

static void peer(struct process *p, void *arg, enum role role, unsigned index,
		 bool here)
{
	struct switch_self *self = arg;

	(void)p;
	(void)index;
	if (role == ROLE_RECORDER)
		fate_recorder(self, here);
	else if (role == ROLE_LEDGER)
		say_ledger(self, here);
}

/* Running calls remember what they were told; their indexes stay. */
static void reload(struct process *p, void *arg,
		   const struct settings *old_settings)
{
	struct switch_self *self = arg;
	int fds[SETTINGS_LISTENERS];

	if (places_take(self, old_settings)) {
		/* calls must not go on with other names; a new one takes
		   them up */
		log_error("no memory for the new configuration");
		exit(EXIT_FAILURE);
	}
	if (p->prompts != self->rendering) {
		uint16_t before = self->rendering;

		take_prompts(self);
		process_give_back(p, MEMORY_PROMPTS, before);
		line_reload(self);
	}
	if (route_take_law(self)) {
		log_error("register and routes stay as they were");
		process_alarm(p, ALARM_RELOAD_FAILED);
	}
	if (token_take_keys(self))
		process_alarm(p, ALARM_RELOAD_FAILED);
	if (keep_take_keys(self))
		process_alarm(p, ALARM_RELOAD_FAILED);
	places_sockets(self, fds);
	if (stack_reload(self->stack, p->settings, fds))
		process_alarm(p, ALARM_TLS_UNCHANGED);
	registrar_reload(self->registrar, p->settings, clock_mono_ms());
	trunk_reload(self, old_settings);
	places_agents(self);
}

static void drain(struct process *p, void *arg, bool now)
{
	struct switch_self *self = arg;

	self->draining = true;
	stack_drain(self->stack);
	for (uint32_t slot = 0; now && slot < self->max; slot++)
		call_end(self, call_of(self, slot), RECORD_END_HANGUP);
	if (!self->count)
		process_drained(p, true);
}

const struct process_ops switch_ops = {
	.role = ROLE_SWITCH,
	.secret_bytes = SECRET_BYTES,
	.memory_bytes = memory_bytes,
	.prepare = prepare,
	.confinement = confinement,
	.start = start,
	.message = message,
	.state = state,
	.peer = peer,
	.reload = reload,
	.drain = drain,
};
