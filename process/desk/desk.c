#include "process/desk/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "process/desk/web.h"

enum { TICK_MS = 250 };

/* ---- clients */

static void on_request(void *arg, struct client *c,
		       const struct talk_request *q)
{
	struct job *j = job_new(arg, c, q);

	if (!j) {
		client_end(c, 1, "out of memory", NULL);
		return;
	}
	switch (q->ask) {
	case TALK_OPEN:
		release_begin(j);
		break;
	case TALK_DISCLOSURE:
	case TALK_APPROVE:
		disclosure_begin(j);
		break;
	case TALK_ROTATE:
		rotate_begin(j);
		break;
	case TALK_BODY:
	case TALK_EXPORT:
		body_begin(j);
		break;
	default:
		ask_begin(j);
	}
}

static void on_writable(void *arg, struct client *c)
{
	struct job *j = client_data(c);

	(void)arg;
	if (j && j->pump)
		j->pump(j);
}

/* What waits for an answer goes on to its end: a release is still logged. */
static void on_gone(void *arg, struct client *c)
{
	struct job *j = client_data(c);

	(void)arg;
	if (!j)
		return;
	j->client = NULL;
	if (!j->step && !j->wants_lane)
		job_free(j);
}

/* ---- recovery: passed on, both ways, unread */

static void pass_recover(struct process *p, const struct ipc_message *m)
{
	const struct ipc_RECOVER_ASK *a = &m->u.RECOVER_ASK;
	struct ipc_message to = { .type = IPC_RECOVER_PASS,
				  .about = m->about,
				  .fd = -1 };
	struct ipc_message back = { .type = IPC_RECOVERED_PASS,
				    .about = m->about,
				    .fd = -1 };

	memcpy(to.u.RECOVER_PASS.recording_id, a->recording_id, 16);
	to.u.RECOVER_PASS.base = a->base;
	to.u.RECOVER_PASS.last = a->last;
	to.u.RECOVER_PASS.records = a->records;
	if (!ipc_send(p->peers[ROLE_KEEPER], &to))
		return;
	/* no keeper here, or it is away: pending, as if it were locked */
	memcpy(back.u.RECOVERED_PASS.recording_id, a->recording_id, 16);
	back.u.RECOVERED_PASS.error = ENOTCONN;
	back.u.RECOVERED_PASS.last = 1;
	(void)!ipc_send(p->peers[ROLE_RECORDER], &back);
}

static void pass_recovered(struct desk *d, const struct ipc_message *m)
{
	struct process *p = d->process;
	const struct ipc_RECOVERED *a = &m->u.RECOVERED;
	struct ipc_message to = { .type = IPC_RECOVERED_PASS,
				  .about = m->about,
				  .fd = -1 };

	if (a->error == EAGAIN) /* it has not followed the log so far */
		d->follow_ms = 0;
	memcpy(to.u.RECOVERED_PASS.recording_id, a->recording_id, 16);
	to.u.RECOVERED_PASS.error = a->error;
	to.u.RECOVERED_PASS.last = a->last;
	to.u.RECOVERED_PASS.offset = a->offset;
	to.u.RECOVERED_PASS.sealed = a->sealed;
	if (ipc_send(p->peers[ROLE_RECORDER], &to))
		log_error("the recorder does not take what was recovered; it "
			  "will ask again");
}

/* The keeper says by itself that its lock has turned. */
static void lock_turned(struct desk *d, const struct ipc_message *m)
{
	struct process *p = d->process;

	if (!m->u.KEEPER_STATE.locked)
		(void)!IPC_SEND(p->peers[ROLE_RECORDER], RECOVER_NOW, 0,
				.reserved = 0);
}

static void message(struct process *p, void *self, struct ipc *from,
		    struct ipc_message *m)
{
	struct desk *d = self;

	switch (m->type) {
	case IPC_RECOVER_ASK:
		pass_recover(p, m);
		break;
	case IPC_RECOVERED:
		pass_recovered(d, m);
		break;
	case IPC_KEEPER_STATE:
		if (!m->about)
			lock_turned(d, m);
		else
			(void)jobs_reply(d, ipc_peer(from), m);
		break;
	default:
		/* one that comes after its time is nobody's */
		(void)jobs_reply(d, ipc_peer(from), m);
	}
}

/* ---- life */

static void on_tick(uv_timer_t *timer)
{
	struct desk *d = timer->data;

	jobs_tick(d);
	if (!d->draining)
		follow_begin(d);
}

static int prepare(struct process *p, void **ret_self)
{
	struct desk *d = calloc(1, sizeof(*d));
	struct stat st;
	int err;

	if (!d)
		return ENOMEM;
	d->process = p;
	(void)snprintf(d->store_folder, sizeof(d->store_folder), "%s/store",
		       p->settings->state);
	err = stat(p->settings->runtime, &st) ? errno : 0;
	d->owner = err ? 0 : st.st_uid;
	if (!err && !stat(d->store_folder, &st))
		err = store_open(&d->store, d->store_folder);
	if (!err)
		err = web_open(d);
	if (err) {
		free(d);
		return err;
	}
	*ret_self = d;
	return 0;
}

static void confinement(struct process *p, void *self, struct confine *c)
{
	struct desk *d = self;

	(void)p;
	c->accept = true;
	c->files = d->store != NULL;
	if (!d->store)
		return;
	c->paths[0].path = d->store_folder;
	c->path_count = 1;
}

static int start(struct process *p, void *self)
{
	static const struct client_handlers handlers = { on_request,
							 on_writable, on_gone };
	struct desk *d = self;
	int fd = process_socket(p, SOCKET_CONTROL, 0);
	int err;

	if (fd < 0)
		return ENOENT;
	err = -uv_timer_init(p->loop, &d->tick);
	d->tick.data = d;
	if (!err)
		err = -uv_timer_start(&d->tick, on_tick, TICK_MS, TICK_MS);
	if (!err && d->web)
		err = https_server_serve(d->web, p->loop);
	return err ? err
		   : clients_open(&d->clients, p->loop, fd, d->owner, &handlers,
				  d);
}

static void peer(struct process *p, void *self, enum role role, unsigned index,
		 bool here)
{
	(void)p;
	(void)index;
	if (!here)
		jobs_peer_gone(self, role);
}

static void drain(struct process *p, void *self, bool now)
{
	struct desk *d = self;

	(void)now;
	d->draining = true;
	clients_shut(d->clients);
	https_server_shut(d->web);
	process_drained(p, true);
}

const struct process_ops desk_ops = {
	.role = ROLE_DESK,
	.prepare = prepare,
	.confinement = confinement,
	.start = start,
	.message = message,
	.peer = peer,
	.drain = drain,
};
