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
#include "ipc/pace.h"

enum { PARENT_FD = 3, CONFIG_MAX = (1 + COMPANIONS) * 1024 * 1024 };

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

struct memory *process_memory(struct process *p, enum memory_kind kind,
			      unsigned index)
{
	for (unsigned i = 0; i < p->memory_count; i++)
		if (p->memories[i].kind == kind &&
		    p->memories[i].index == index)
			return &p->memories[i];
	return NULL;
}

void process_give_back(struct process *p, enum memory_kind kind, unsigned index)
{
	struct memory *m = process_memory(p, kind, index);

	if (!m)
		return;
	if (m->at)
		(void)munmap(m->at, m->len);
	(void)close(m->fd);
	*m = p->memories[--p->memory_count];
}

int process_socket(struct process *p, enum socket_kind kind, unsigned index)
{
	for (unsigned i = 0; i < p->socket_count; i++)
		if (p->sockets[i].kind == kind && p->sockets[i].index == index)
			return p->sockets[i].fd;
	return -1;
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

static int take_memory(struct process *p, struct ipc_message *m)
{
	struct memory *mem = &p->memories[p->memory_count];
	struct stat st;

	if (p->memory_count == PROCESS_MEMORIES ||
	    m->u.GIVE_MEMORY.kind >= MEMORY_KINDS)
		return EBADMSG;
	*mem = (struct memory){ .kind = (enum memory_kind)m->u.GIVE_MEMORY.kind,
				.index = m->u.GIVE_MEMORY.index,
				.fd = m->fd };
	/* an eventfd has no bytes to map; an empty prompts file none yet */
	if (mem->kind != MEMORY_RING_EVENT) {
		if (fstat(m->fd, &st))
			return errno;
		mem->len = (size_t)st.st_size;
	}
	if (mem->len) {
		mem->at = mmap(NULL, mem->len,
			       mem->kind == MEMORY_PROMPTS
				       ? PROT_READ
				       : PROT_READ | PROT_WRITE,
			       MAP_SHARED, m->fd, 0);
		if (mem->at == MAP_FAILED)
			return errno;
		if (mlock(mem->at, mem->len) && geteuid() == 0)
			return errno;
		(void)madvise(mem->at, mem->len, MADV_DONTDUMP);
	}
	if (mem->kind == MEMORY_METRICS) {
		if (mem->len < sizeof(struct metric_page))
			return EBADMSG;
		metric_attach(mem->at);
	}
	p->memory_count++;
	m->fd = -1;
	return 0;
}

/*
 * Passwords and keys are there while somebody takes them over, and are then
 * wiped for all: the parent has kept no other copy.
 */
static void show_files(struct process *p)
{
	const struct memory *m = process_memory(p, MEMORY_FILES, 0);

	if (m)
		p->settings->files = (struct bytes){ m->at, m->len };
}

static void wipe_files(struct process *p)
{
	struct memory *m = process_memory(p, MEMORY_FILES, 0);

	p->settings->files = (struct bytes){ NULL, 0 };
	if (m && m->at)
		sodium_memzero(m->at, m->len);
	process_give_back(p, MEMORY_FILES, 0);
}

/* While it runs a process is given no other memory than these two. */
static int take_more(struct process *p, struct ipc_message *m)
{
	unsigned index = m->u.GIVE_MEMORY.index;
	int err;

	switch (m->u.GIVE_MEMORY.kind) {
	case MEMORY_FILES:
		wipe_files(p); /* of a reload that came to nothing */
		return take_memory(p, m);
	case MEMORY_PROMPTS:
		if (process_memory(p, MEMORY_PROMPTS, index))
			return EPROTO;
		err = take_memory(p, m);
		if (!err && p->ops->prompts)
			p->ops->prompts(p, p->self, index);
		return err;
	default:
		return EPROTO;
	}
}

/* A second one of that index takes its place: the first has long been used. */
static int take_socket(struct process *p, struct ipc_message *m)
{
	unsigned i = 0;

	while (i < p->socket_count &&
	       (p->sockets[i].kind != m->u.GIVE_SOCKET.kind ||
		p->sockets[i].index != m->u.GIVE_SOCKET.index))
		i++;
	if (i == PROCESS_SOCKETS || m->u.GIVE_SOCKET.kind >= SOCKET_KINDS)
		return EBADMSG;
	p->sockets[i].kind = (enum socket_kind)m->u.GIVE_SOCKET.kind;
	p->sockets[i].index = m->u.GIVE_SOCKET.index;
	p->sockets[i].fd = m->fd;
	if (i == p->socket_count)
		p->socket_count++;
	m->fd = -1;
	return 0;
}

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
			err = take_memory(p, &m);
			break;
		case IPC_GIVE_SOCKET:
			err = take_socket(p, &m);
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

static void log_fault(void *arg, const struct settings_fault *f)
{
	(void)arg;
	log_error("line %u: %s: %s", f->line, f->rule, f->fault);
}

/* Behind the configuration, each after a zero, in their order. */
static void find_companions(struct settings *s, const char *p, const char *end)
{
	for (int i = 0; i < COMPANIONS; i++) {
		p += strlen(p);
		if (p < end)
			p++;
		s->companion_texts[i] = text_of(p);
	}
}

static void forget_companions(struct settings *s, char *text)
{
	for (int i = 0; i < COMPANIONS; i++)
		s->companion_texts[i] = TEXT("");
	free(text);
}

/*
 * The parent has checked these bytes: a fault here is a fault of ours. *ret's
 * companion texts lie in *ret_text.
 */
static int read_config(int fd, struct settings **ret, char **ret_text)
{
	struct stat st;
	char *text, *nl;
	void *mapped;
	int err;

	if (fd < 0 || fstat(fd, &st) || st.st_size <= 0 ||
	    st.st_size > CONFIG_MAX)
		return EBADMSG;
	/* mapped, not read: all hold the same descriptor, so none may move its
	   offset, and once confined not every process has pread() */
	mapped = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (mapped == MAP_FAILED)
		return errno;
	text = calloc(1, (size_t)st.st_size + 1);
	if (text)
		memcpy(text, mapped, (size_t)st.st_size);
	(void)munmap(mapped, (size_t)st.st_size);
	if (!text)
		return ENOMEM;
	/* the first line is the file's name, the rest its text */
	nl = strchr(text, '\n');
	if (nl)
		*nl = '\0';
	err = nl ? settings_parse(ret, text, nl + 1, log_fault, NULL) : EBADMSG;
	if (err) {
		free(text);
		return err;
	}
	find_companions(*ret, nl + 1, text + st.st_size);
	*ret_text = text;
	return 0;
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

	if (read_config(m->fd, &fresh, &text)) {
		log_error("a new configuration could not be read");
		return;
	}
	p->settings = fresh;
	p->prompts = m->u.GIVE_CONFIG.prompts;
	show_files(p);
	if (p->ops->reload)
		p->ops->reload(p, p->self, old);
	wipe_files(p);
	forget_companions(fresh, text);
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
		if (take_more(p, m))
			log_error("memory that was given cannot be used");
		return;
	case IPC_GIVE_SOCKET:
		if (take_socket(p, m))
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
		err = read_config(s->config_fd, &p->settings, &text);
	if (err)
		return err;
	(void)close(s->config_fd);
	log_open(role_name(p->ops->role),
		 (enum log_level)p->settings->log_level);
	show_files(p);
	err = p->ops->prepare(p, &p->self);
	wipe_files(p);
	forget_companions(p->settings, text);
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
