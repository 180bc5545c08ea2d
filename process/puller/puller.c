#include "process/puller/puller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "process/puller/self.h"

static int prepare(struct process *p, void **ret_self)
{
	struct puller *self = calloc(1, sizeof(*self));
	int err;

	if (!self)
		return ENOMEM;
	self->process = p;
	self->count = p->settings->feed_count;
	self->pulls =
		calloc(self->count ? self->count : 1, sizeof(*self->pulls));
	(void)snprintf(self->store_folder, sizeof(self->store_folder),
		       "%s/store", p->settings->state);
	err = self->pulls ? store_open(&self->store, self->store_folder)
			  : ENOMEM;
	if (err) {
		free(self->pulls);
		free(self);
		return err;
	}
	*ret_self = self;
	return 0;
}

static void confinement(struct process *p, void *of, struct confine *c)
{
	const struct puller *self = of;

	(void)p;
	c->files = true;
	c->paths[0].path = self->store_folder;
	c->paths[0].write = true;
	c->path_count = 1;
}

static int start(struct process *p, void *of)
{
	struct puller *self = of;
	int err = 0;

	(void)p;
	for (unsigned i = 0; !err && i < self->count; i++) {
		self->pulls[i].self = self;
		self->pulls[i].index = i;
		err = pull_start(&self->pulls[i]);
	}
	return err;
}

/* Asked until it is gone, so of one that is gone already too. */
static void erase_body(struct puller *self, const uint8_t name[ID_BYTES])
{
	struct ipc_message m = { .type = IPC_BODY_ERASED, .fd = -1 };
	int err = store_delete(self->store, name);

	if (err && err != ENOENT) {
		log_error("the body of an erased recording stays, and is tried "
			  "again: %s",
			  strerror(err));
		return;
	}
	memcpy(m.u.BODY_ERASED.body_name, name, ID_BYTES);
	(void)!ipc_send(self->process->peers[ROLE_LEDGER], &m);
}

/* The ledger's say which feed, the courier's which fetch. */
static void message(struct process *p, void *of, struct ipc *from,
		    struct ipc_message *m)
{
	struct puller *self = of;

	(void)p;
	(void)from;
	if (m->type == IPC_BODY_ERASE) {
		erase_body(self, m->u.BODY_ERASE.body_name);
		return;
	}
	for (unsigned i = 0; i < self->count; i++)
		if (m->type == IPC_FETCHED || m->about == i + 1)
			pull_message(&self->pulls[i], m);
}

static void peer(struct process *p, void *of, enum role role, unsigned index,
		 bool here)
{
	struct puller *self = of;

	(void)p;
	(void)index;
	for (unsigned i = 0; !here && i < self->count; i++)
		pull_peer_gone(&self->pulls[i], role);
}

/* Whatever is under way is begun again by the next one. */
static void drain(struct process *p, void *of, bool now)
{
	(void)of;
	(void)now;
	process_drained(p, true);
}

const struct process_ops puller_ops = {
	.role = ROLE_PULLER,
	.prepare = prepare,
	.confinement = confinement,
	.start = start,
	.message = message,
	.peer = peer,
	.drain = drain,
};
