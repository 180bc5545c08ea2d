/*
 * process -- from exec to the loop, and what the parent says afterwards
 *
 * process_main() reads from top to bottom as the life of a process.
 */
#include "ipc/process.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metric.h"
#include "base/secret.h"
#include "ipc/given.h"
#include "ipc/pace.h"

enum { PARENT_FD = 3 };

/* Peers that were given before there was a loop. */
struct given_peer {
	enum role role;
	unsigned index;
	int fd;
};

struct start {
	struct given_peer peers[PROCESS_MEDIA_MAX + ROLE_COUNT];
	unsigned peer_count;
	int config_fd;
};

static const struct {
	const char *name, *text;
} alarms[ALARM_CODES] = {
	[ALARM_NONE] = { "none", "none" },
#define ALARM(code, name, text) [ALARM_##code] = { name, text },
#include "ipc/alarms.def"
#undef ALARM
};

const char *alarm_name(enum alarm_code code)
{
	return (unsigned)code < ALARM_CODES ? alarms[code].name : "unknown";
}

const char *alarm_text(enum alarm_code code)
{
	return (unsigned)code < ALARM_CODES ? alarms[code].text : "unknown";
}

void process_alarm(struct process *p, enum alarm_code code)
{
	log_alarm("%s", alarm_text(code));
	metric_add(METRIC_alarms, 1);
	/* the parent may be dead: the line above has said it */
	(void)!IPC_SEND(p->parent, ALARM, 0, .code = (uint8_t)code);
	ipc_flush(p->parent); /* who raises an alarm may be about to end */
}

void process_drained(struct process *p, bool clean)
{
	(void)!IPC_SEND(p->parent, DRAINED, 0, .clean = clean);
	uv_stop(p->loop);
}

/* ---- the start: what the parent gives, before there is a loop */

static int take_first_peer(struct start *s, struct ipc_message *m)
{
	if (s->peer_count == PROCESS_MEDIA_MAX + ROLE_COUNT ||
	    m->u.GIVE_PEER.role >= ROLE_COUNT ||
	    m->u.GIVE_PEER.index >= PROCESS_MEDIA_MAX)
		return EBADMSG;
	s->peers[s->peer_count++] =
		(struct given_peer){ (enum role)m->u.GIVE_PEER.role,
				     m->u.GIVE_PEER.index, m->fd };
	m->fd = -1;
	return 0;
}

static int receive_start(struct process *p, struct start *s)
{
	static uint8_t buf[IPC_MESSAGE_MAX];
	struct ipc_message m;
	int err;

	for (;;) {
		err = ipc_receive(PARENT_FD, p->ops->role, ROLE_PARENT,
				  IPC_STARTING, buf, &m);
		if (err)
			return err;
		switch (m.type) {
		case IPC_GIVE_MEMORY:
			err = given_memory(p, &m);
			break;
		case IPC_GIVE_SOCKET:
			err = given_socket(p, &m);
			break;
		case IPC_GIVE_PEER:
			err = take_first_peer(s, &m);
			break;
		case IPC_GIVE_CONFIG:
			s->config_fd = m.fd;
			p->prompts = m.u.GIVE_CONFIG.prompts;
			m.fd = -1;
			break;
		case IPC_START:
			p->index = m.u.START.index;
			p->media_workers = m.u.START.media_workers;
			p->started_ms = m.u.START.started_ms;
			return p->index < PROCESS_MEDIA_MAX ? 0 : EBADMSG;
		case IPC_DRAIN:
			return ECANCELED;
		default:
			err = EPROTO;
		}
		if (m.fd >= 0)
			(void)close(m.fd);
		if (err)
			return err;
	}
}

/* ---- the loop */

static void on_message(void *arg, struct ipc *from, struct ipc_message *m);

static enum ipc_state on_state(void *arg, enum ipc_type type, uint64_t about)
{
	struct process *p = arg;

	/* a rule that names only states of the process is about the process */
	if (!(ipc_rules[type].when &
	      (IPC_IDLE | IPC_OPEN | IPC_TALKING | IPC_ENDING)))
		return p->draining ? IPC_DRAINING : IPC_RUNNING;
	return p->ops->state ? p->ops->state(p->self, type, about) : IPC_IDLE;
}

static struct ipc **peer_place(struct process *p, enum role role,
			       unsigned index)
{
	if (role == ROLE_PARENT)
		return &p->parent;
	if (role == ROLE_MEDIA)
		return &p->media[index];
	return &p->peers[role];
}

static void on_gone(void *arg, struct ipc *channel)
{
	struct process *p = arg;
	enum role role = ipc_peer(channel);
	unsigned index = ipc_peer_index(channel);
	struct ipc **place = peer_place(p, role, index);

	if (*place == channel)
		*place = NULL;
	ipc_close(channel);
	if (role == ROLE_PARENT) {
		log_notice("the parent is gone: finishing what runs");
		p->draining = true;
		p->ops->drain(p, p->self, false);
		return;
	}
	if (p->ops->peer)
		p->ops->peer(p, p->self, role, index, false);
}

static int add_peer(struct process *p, enum role role, unsigned index, int fd)
{
	static const struct ipc_handlers handlers = { on_message, on_state,
						      on_gone };
	struct ipc **place = peer_place(p, role, index);
	struct ipc *channel;
	int err;

	err = ipc_open(&channel, p->loop, fd, p->ops->role, role, index,
		       &handlers, p);
	if (err)
		return err;
	/* both tell it what has been, and keep it until it is stored */
	if (role == ROLE_LEDGER &&
	    (p->ops->role == ROLE_SWITCH || p->ops->role == ROLE_RECORDER))
		ipc_unhurried(channel);
	ipc_close(*place);
	*place = channel;
	return 0;
}

static void reload(struct process *p, struct ipc_message *m)
{
	struct settings *fresh, *old = p->settings;
	char *text;

	if (given_config(m->fd, &fresh, &text)) {
		log_error("a new configuration could not be read");
		return;
	}
	p->settings = fresh;
	p->prompts = m->u.GIVE_CONFIG.prompts;
	given_show_files(p);
	if (p->ops->reload)
		p->ops->reload(p, p->self, old);
	given_wipe_files(p);
	given_forget_companions(fresh, text);
	settings_free(old);
}

static void on_message(void *arg, struct ipc *from, struct ipc_message *m)
{
	struct process *p = arg;
	enum role role;

	switch (m->type) {
	case IPC_GIVE_PEER:
		role = (enum role)m->u.GIVE_PEER.role;
		if (role == ROLE_PARENT || role >= ROLE_COUNT ||
		    m->u.GIVE_PEER.index >= PROCESS_MEDIA_MAX)
			return;
		if (add_peer(p, role, m->u.GIVE_PEER.index, m->fd))
			return;
		m->fd = -1;
		if (p->ops->peer)
			p->ops->peer(p, p->self, role, m->u.GIVE_PEER.index,
				     true);
		return;
	case IPC_GIVE_MEMORY:
		if (given_more_memory(p, m))
			log_error("memory that was given cannot be used");
		return;
	case IPC_GIVE_SOCKET:
		if (given_socket(p, m))
			log_error("a socket that was given cannot be used");
		return;
	case IPC_GIVE_CONFIG:
		reload(p, m);
		return;
	case IPC_DRAIN:
		p->draining = true;
		p->ops->drain(p, p->self, m->u.DRAIN.now);
		return;
	default:
		p->ops->message(p, p->self, from, m);
	}
}

static int open_channels(struct process *p, const struct start *s)
{
	int err = add_peer(p, ROLE_PARENT, 0, PARENT_FD);

	for (unsigned i = 0; !err && i < s->peer_count; i++)
		err = add_peer(p, s->peers[i].role, s->peers[i].index,
			       s->peers[i].fd);
	return err;
}

/*
 * Audio or keys in ordinary memory must not reach a swap device either. Root
 * can always lock; anybody else as far as the limit goes, and where it is too
 * small for a process, only the slab of secrets is locked.
 */
static int lock_memory(enum role role)
{
	struct rlimit limit;

	if (geteuid() != 0 && (getrlimit(RLIMIT_MEMLOCK, &limit) ||
			       limit.rlim_cur != RLIM_INFINITY)) {
		if (role == ROLE_RECORDER)
			log_notice("audio in memory is not locked: raise the "
				   "limit of locked memory "
				   "(LimitMEMLOCK=infinity), or use no plain "
				   "swap");
		return 0;
	}
	switch (role) {
	case ROLE_SWITCH:
	case ROLE_MEDIA:
	case ROLE_RECORDER:
	case ROLE_KEEPER:
	case ROLE_LEDGER:
	case ROLE_COURIER:
		return mlockall(MCL_CURRENT | MCL_FUTURE) ? errno : 0;
	default:
		return 0;
	}
}

static int enter(struct process *p, struct start *s)
{
	struct confine c = { .role = p->ops->role };
	char *text;
	int err;

	err = receive_start(p, s);
	if (!err)
		err = given_config(s->config_fd, &p->settings, &text);
	if (err)
		return err;
	(void)close(s->config_fd);
	log_open(role_name(p->ops->role),
		 (enum log_level)p->settings->log_level);
	given_show_files(p);
	err = p->ops->prepare(p, &p->self);
	given_wipe_files(p);
	given_forget_companions(p->settings, text);
	if (err) {
		log_error("cannot prepare: %s", strerror(err));
		return err;
	}
	if (p->ops->confinement)
		p->ops->confinement(p, p->self, &c);
	err = confine_enter(&c);
	if (err)
		log_error("cannot confine itself: %s", strerror(err));
	return err;
}

/* The loop was stopped in a turn whose messages have not left. */
static void last_words(struct process *p)
{
	for (unsigned i = 0; i < PROCESS_MEDIA_MAX; i++)
		ipc_flush(p->media[i]);
	for (unsigned i = 0; i < ROLE_COUNT; i++)
		ipc_flush(p->peers[i]);
	ipc_flush(p->parent);
}

int process_main(const struct process_ops *ops)
{
	static struct process process; /* one a program */
	struct process *p = &process;
	struct start s = { .config_fd = -1 };
	static uv_loop_t loop;
	static struct pace pace;
	int err;

	assert(ops->prepare && ops->start && ops->message && ops->drain);
	err = confine_first();
	log_open(role_name(ops->role), LOG_NOTICE);
	if (err)
		return 1;
	p->ops = ops;
	p->loop = &loop;
	tzset();
	if (sodium_init() < 0)
		return 1;
	err = ops->secret_bytes ? secret_init(ops->secret_bytes) : 0;
	if (!err)
		err = lock_memory(ops->role);
	if (err) {
		log_error("cannot lock memory: raise the limit of locked "
			  "memory (ulimit -l, LimitMEMLOCK=infinity)");
		return 1;
	}
	if (uv_loop_init(&loop))
		return 1;
	err = enter(p, &s);
	if (err == ECANCELED)
		return 0;
	if (!err)
		err = pace_start(&pace, &loop);
	if (!err)
		err = open_channels(p, &s);
	if (!err)
		err = ops->start(p, p->self);
	if (!err)
		err = IPC_SEND(p->parent, READY, 0, .port = 0);
	if (err) {
		log_error("cannot start: %s", strerror(err));
		return 1;
	}
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	last_words(p);
	return 0;
}
