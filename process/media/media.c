#include "process/media/media.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/log.h"
#include "process/media/worker.h"

/* channels, ring, epoll sets, standard descriptors, and some in reserve */
#define OTHER_DESCRIPTORS 64

/* OpenSSL reads its configuration at the first cipher: let that be now. */
static int warm_up(void)
{
	static const uint8_t nothing[SDES_KEY_BYTES];
	struct sdes *s;
	int err = sdes_new(&s, nothing);

	if (!err)
		sdes_free(s);
	return err;
}

/* As many as the parent's hard limit gives; what is past it is refused. */
static unsigned descriptor_pairs(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) ||
	    limit.rlim_cur <= OTHER_DESCRIPTORS)
		return 0;
	if (limit.rlim_cur > 1000000)
		return 500000;
	return (unsigned)(limit.rlim_cur - OTHER_DESCRIPTORS) / 2;
}

static struct ring *attach_ring(struct process *p)
{
	struct memory *m = process_memory(p, MEMORY_RING, p->index);
	struct ring *ring;
	int err;

	if (!m)
		return NULL;
	err = ring_attach(&ring, m->at, m->len);
	if (err) {
		log_error("the ring makes no sense: nothing will be captured");
		return NULL;
	}
	return ring;
}

/* Those in force, and those that a reload may be about to bring. */
static int take_prompts(struct process *p, struct worker *w)
{
	int err = 0;

	for (unsigned i = 0; !err && i < p->memory_count; i++) {
		const struct memory *m = &p->memories[i];

		if (m->kind == MEMORY_PROMPTS && m->len)
			err = rendered_add(w, (uint16_t)m->index, m->at,
					   m->len);
	}
	rendered_in_force(w, p->prompts);
	return err;
}

static int media_prepare(struct process *p, void **ret_self)
{
	const struct settings *s = p->settings;
	unsigned workers = p->media_workers ? p->media_workers : 1;
	struct worker_config c = {
		.loop = p->loop,
		.index = p->index,
		.workers = workers,
		.calls_max = s->calls_max,
		.silence_s = s->silence_s,
		.ports = {
			.worker = p->index,
			.workers = workers,
			.low = s->rtp_port_low,
			.high = s->rtp_port_high,
			.address = s->media_address,
			.address6 = s->media_address6,
			.max_pairs = descriptor_pairs(),
		},
	};
	struct worker *w;
	int err = warm_up();

	if (err)
		return err;
	c.ring = attach_ring(p);
	if (c.ports.max_pairs < 2 * s->calls_max / workers)
		log_notice("descriptors for %u legs only: raise the limit of "
			   "open files; calls past that are refused",
			   c.ports.max_pairs);
	err = worker_new(&w, &c);
	if (err) {
		ring_detach(c.ring);
		return err;
	}
	err = take_prompts(p, w);
	if (err) {
		worker_free(w);
		ring_detach(c.ring);
		return err;
	}
	*ret_self = w;
	return 0;
}

static void media_confinement(struct process *p, void *self, struct confine *c)
{
	(void)p;
	(void)self;
	c->inet_sockets = true;
}

static void media_message(struct process *p, void *self, struct ipc *from,
			  struct ipc_message *m)
{
	(void)p;
	worker_message(self, from, m);
}

static enum ipc_state media_state(void *self, enum ipc_type type,
				  uint64_t about)
{
	(void)type;
	return worker_state(self, about);
}

static void media_peer(struct process *p, void *self, enum role role,
		       unsigned index, bool here)
{
	(void)index;
	(void)here;
	if (role == ROLE_SWITCH)
		worker_switch(self, p->peers[ROLE_SWITCH]);
}

/* Those that found no place, but for the last of them. */
static void forget_waiting(struct process *p, unsigned but)
{
	for (unsigned i = p->memory_count; i-- > 0;) {
		const struct memory *m = &p->memories[i];

		if (m->kind == MEMORY_PROMPTS && m->index != but &&
		    !rendered_find(p->self, (uint16_t)m->index))
			process_give_back(p, MEMORY_PROMPTS, m->index);
	}
}

/* Two renderings are held; a third waits until the first is heard no more. */
static void media_prompts(struct process *p, void *self, unsigned index)
{
	const struct memory *m;
	int err;

	forget_waiting(p, index);
	m = process_memory(p, MEMORY_PROMPTS, index);
	err = m ? rendered_add(self, (uint16_t)index, m->at, m->len) : ENOENT;
	if (err == EBUSY)
		return;
	if (err)
		log_error("the new prompts make no sense");
	(void)!IPC_SEND(p->parent, PROMPTS_TAKEN, 0, .prompts = (uint16_t)index,
			.good = !err);
}

static void media_unheard(void *arg, uint16_t number, bool room)
{
	struct process *p = arg;

	process_give_back(p, MEMORY_PROMPTS, number);
	for (unsigned i = 0; room && i < p->memory_count; i++) {
		unsigned index = p->memories[i].index;

		if (p->memories[i].kind == MEMORY_PROMPTS &&
		    !rendered_find(p->self, (uint16_t)index)) {
			media_prompts(p, p->self, index);
			return;
		}
	}
}

static int media_start(struct process *p, void *self)
{
	struct worker *w = self;

	w->unheard = media_unheard;
	w->unheard_arg = p;
	worker_switch(w, p->peers[ROLE_SWITCH]);
	return worker_start(w);
}

/* Ports, addresses and slots stay what they were at the start. */
static void media_reload(struct process *p, void *self,
			 const struct settings *old_settings)
{
	struct worker *w = self;

	(void)old_settings;
	w->silence_s = p->settings->silence_s;
	w->now_ms = clock_mono_ms();
	rendered_in_force(w, p->prompts);
}

static void all_ended(void *arg)
{
	process_drained(arg, true);
}

static void media_drain(struct process *p, void *self, bool now)
{
	worker_drain(self, now, all_ended, p);
}

const struct process_ops media_ops = {
	.role = ROLE_MEDIA,
	.prepare = media_prepare,
	.confinement = media_confinement,
	.start = media_start,
	.message = media_message,
	.state = media_state,
	.peer = media_peer,
	.prompts = media_prompts,
	.reload = media_reload,
	.drain = media_drain,
};
