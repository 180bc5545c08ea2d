#include "process/courier/courier.h"

#include <stdlib.h>

#include "base/log.h"
#include "process/courier/self.h"

/* Whatever libraries read, open or make for themselves, they do now. */
static int prepare(struct process *p, void **ret_self)
{
	struct courier *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return ENOMEM;
	c->process = p;
	err = targets_open(&c->targets, p->settings);
	if (!err)
		err = loop_prepare(&c->loop);
	if (!err)
		err = resolve_prepare(&c->resolve, p->settings);
	*ret_self = c;
	return err; /* and the process ends */
}

static void confinement(struct process *p, void *self, struct confine *c)
{
	(void)p;
	(void)self;
	c->inet_sockets = true;
}

static int start(struct process *p, void *self)
{
	struct courier *c = self;
	int err = resolve_start(c->resolve, p->loop);

	if (!err)
		err = fetch_start(c);
	return err ? err : loop_start(&c->loop, p->loop, c);
}

static void message(struct process *p, void *self, struct ipc *from,
		    struct ipc_message *m)
{
	struct courier *c = self;
	enum role asker = ipc_peer(from);

	(void)p;
	switch (m->type) {
	case IPC_FETCH:
		fetch_begin(c, asker, m->about, &m->u.FETCH);
		break;
	case IPC_FETCH_CREDIT:
		fetch_credit(c, asker, m->about, m->u.FETCH_CREDIT.bytes);
		break;
	case IPC_FETCH_STOP:
		fetch_stop(c, asker, m->about);
		break;
	default:
		break;
	}
}

static void peer(struct process *p, void *self, enum role role, unsigned index,
		 bool here)
{
	(void)p;
	(void)index;
	(void)here; /* a new one knows nothing of what the last one asked */
	fetch_stop_all(self, role);
}

static void reload(struct process *p, void *self,
		   const struct settings *old_settings)
{
	struct courier *c = self;

	(void)old_settings;
	targets_reload(&c->targets, p->settings);
}

/* Those who send it have ended before. */
static void drain(struct process *p, void *self, bool now)
{
	struct courier *c = self;

	(void)now;
	for (int role = 0; role < ROLE_COUNT; role++)
		fetch_stop_all(c, (enum role)role);
	loop_close(&c->loop);
	targets_close(&c->targets);
	process_drained(p, true);
}

const struct process_ops courier_ops = {
	.role = ROLE_COURIER,
	.prepare = prepare,
	.confinement = confinement,
	.start = start,
	.message = message,
	.peer = peer,
	.reload = reload,
	.drain = drain,
};
