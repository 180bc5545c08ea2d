/*
 * One look: everything on this side of the network in prepare(), then a socket
 * a turn of the loop, then one entry for the log: probe.passed or
 * probe.failed. It ends once that is durable.
 */
#include "process/prober/prober.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "ipc/values.h"
#include "probe/files.h"
#include "probe/machine.h"
#include "probe/processes.h"
#include "probe/sockets.h"

enum {
	DETAILS_MAX = 1900, /* of 2,048 that an event may have */
	LEDGER_MS = 60000,  /* so long for the entry to be durable */
};

struct prober {
	struct process *process;
	struct probe probe;
	struct sockets sockets;
	unsigned next;  /* socket */
	json_t *faults; /* as many as fit into an entry */
	size_t faults_len;
	unsigned left_out;
	uint8_t id[ID_BYTES];
	char *details; /* once all was looked at */
	uv_timer_t turn;
	uint64_t until_ms;
};

static void on_found(void *arg, const struct probe_finding *f)
{
	struct prober *self = arg;
	char *text;
	json_t *o;

	if (f->weakness) {
		log_info("probe: weakness: %s %s: %s; mend: %s", f->rule,
			 f->target, f->found, f->mend);
		return;
	}
	log_error("probe: %s %s: %s; mend: %s", f->rule, f->target, f->found,
		  f->mend);
	o = json_pack("{s:s,s:s,s:s}", "rule", f->rule, "target", f->target,
		      "found", f->found);
	text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	if (text && self->faults_len + strlen(text) + 1 < DETAILS_MAX - 128 &&
	    !json_array_append(self->faults, o))
		self->faults_len += strlen(text) + 1;
	else
		self->left_out++;
	free(text);
	json_decref(o);
}

static int prober_prepare(struct process *p, void **ret_self)
{
	struct prober *self = calloc(1, sizeof(*self));
	int err;

	if (!self)
		return ENOMEM;
	self->process = p;
	self->faults = json_array();
	id_new(self->id);
	err = self->faults ? probe_init(&self->probe, p->settings->tls_ca,
					on_found, NULL, self)
			   : ENOMEM;
	if (!err)
		err = sockets_read(&self->sockets);
	if (err)
		return err;
	(void)signal(SIGPIPE, SIG_IGN);
	probe_files_of(&self->probe, p->settings);
	err = probe_processes_of(&self->probe, getppid());
	if (err && err != ENOENT)
		return err;
	probe_machine(&self->probe, p->settings->state);
	*ret_self = self;
	return 0;
}

static void prober_confinement(struct process *p, void *self, struct confine *c)
{
	(void)p;
	(void)self;
	c->inet_sockets = true;
}

/* ---- the entry */

static void tell(struct prober *self)
{
	const struct settings *s = self->process->settings;
	const char *name = *s->organisation ? s->organisation : s->log_origin;
	struct ipc_message m = { .type = IPC_EVENT, .fd = -1 };

	m.u.EVENT.type =
		self->probe.faults ? EVENT_PROBE_FAILED : EVENT_PROBE_PASSED;
	memcpy(m.u.EVENT.id, self->id, ID_BYTES);
	m.u.EVENT.at_ms = (uint64_t)clock_wall_ms();
	m.u.EVENT.organisation = text_of(name);
	m.u.EVENT.details = text_of(self->details);
	/* one that is away hears it when it comes */
	(void)!ipc_send(self->process->peers[ROLE_LEDGER], &m);
}

static void end(struct prober *self, bool clean)
{
	(void)uv_timer_stop(&self->turn);
	process_drained(self->process, clean);
}

static void finish(struct prober *self)
{
	json_t *o = json_pack("{s:i,s:i,s:i,s:O,s:i}", "looked",
			      self->probe.looked, "faults", self->probe.faults,
			      "weaknesses", self->probe.weaknesses, "found",
			      self->faults, "left-out", self->left_out);

	self->details = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (!self->details) {
		log_error("what the probe found cannot be told: out of memory");
		end(self, false);
		return;
	}
	if (self->probe.faults)
		process_alarm(self->process, ALARM_PROBE_FAILED);
	else
		log_notice("probe: %u looked at, no fault", self->probe.looked);
	self->until_ms = clock_mono_ms() + LEDGER_MS;
	tell(self);
}

static void on_turn(uv_timer_t *timer)
{
	struct prober *self = timer->data;

	if (self->details) {
		if (clock_mono_ms() > self->until_ms) {
			log_error("the ledger did not take what the probe "
				  "found");
			end(self, false);
		}
		return;
	}
	if (!probe_next_socket(&self->probe, &self->sockets, &self->next))
		finish(self);
}

/* ---- life */

static int prober_start(struct process *p, void *arg)
{
	struct prober *self = arg;

	self->turn.data = self;
	if (uv_timer_init(p->loop, &self->turn) ||
	    uv_timer_start(&self->turn, on_turn, 1, 1))
		return ENOMEM;
	return 0;
}

static void prober_message(struct process *p, void *arg, struct ipc *from,
			   struct ipc_message *m)
{
	struct prober *self = arg;

	(void)p;
	(void)from;
	if (m->type == IPC_EVENTS_STORED && self->details)
		end(self, true);
}

static void prober_peer(struct process *p, void *arg, enum role role,
			unsigned index, bool here)
{
	struct prober *self = arg;

	(void)p;
	(void)index;
	if (role == ROLE_LEDGER && here && self->details)
		tell(self);
}

static void prober_drain(struct process *p, void *self, bool now)
{
	(void)p;
	(void)now;
	end(self, true);
}

const struct process_ops prober_ops = {
	.role = ROLE_PROBER,
	.prepare = prober_prepare,
	.confinement = prober_confinement,
	.start = prober_start,
	.message = prober_message,
	.peer = prober_peer,
	.drain = prober_drain,
};
