/*
 * child -- one process of ours: who exists, how it starts, whom it may talk to
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "process/parent/house.h"

/* Who may talk to whom; a test holds ARCHITECTURE.md's table to this one. */
static const struct {
	enum role a, b;
} pairs[] = {
	{ ROLE_SWITCH, ROLE_MEDIA },    { ROLE_SWITCH, ROLE_RECORDER },
	{ ROLE_SWITCH, ROLE_LEDGER },   { ROLE_SWITCH, ROLE_DESK },
	{ ROLE_RECORDER, ROLE_LEDGER }, { ROLE_RECORDER, ROLE_DESK },
	{ ROLE_LEDGER, ROLE_DESK },     { ROLE_DESK, ROLE_KEEPER },
	{ ROLE_LEDGER, ROLE_COURIER },  { ROLE_PROBER, ROLE_LEDGER },
	{ ROLE_PULLER, ROLE_COURIER },  { ROLE_PULLER, ROLE_LEDGER },
};

static void list_one(struct house *h, enum role role, unsigned index)
{
	if (h->ops[role])
		h->children[h->child_count++] =
			(struct child){ .role = role, .index = index };
}

/* The order is that of starting: a log first, the phones last. */
void house_list_children(struct house *h)
{
	enum node_role role = h->settings->role;
	bool records = role == NODE_ONE_MACHINE || role == NODE_SUPPLIER;
	/* a national node that asks callers hears them, and records nothing */
	bool calls = records || settings_asks(h->settings);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	h->media_workers = 0;
	if (calls)
		h->media_workers = h->settings->media_workers
					   ? h->settings->media_workers
					   : (unsigned)(cores > 0 ? cores : 1);
	if (h->media_workers > PROCESS_MEDIA_MAX)
		h->media_workers = PROCESS_MEDIA_MAX;
	if (calls)
		list_one(h, ROLE_RENDERER, 0);
	list_one(h, ROLE_LEDGER, 0);
	if (settings_reaches_out(h->settings))
		list_one(h, ROLE_COURIER, 0);
	if (h->settings->feed_count)
		list_one(h, ROLE_PULLER, 0);
	if (h->settings->identity[0])
		list_one(h, ROLE_KEEPER, 0);
	list_one(h, ROLE_DESK, 0);
	if (records)
		list_one(h, ROLE_RECORDER, 0);
	for (unsigned i = 0; i < h->media_workers; i++)
		list_one(h, ROLE_MEDIA, i);
	if (role != NODE_PROVIDER)
		list_one(h, ROLE_SWITCH, 0);
	list_one(h, ROLE_PROBER, 0);
}

struct child *child_of(struct house *h, enum role role, unsigned index)
{
	for (unsigned i = 0; i < h->child_count; i++)
		if (h->children[i].role == role &&
		    h->children[i].index == index)
			return &h->children[i];
	return NULL;
}

static bool may_talk(enum role a, enum role b)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if ((pairs[i].a == a && pairs[i].b == b) ||
		    (pairs[i].a == b && pairs[i].b == a))
			return true;
	return false;
}

int child_give(struct child *c, enum ipc_type type, unsigned what,
	       unsigned index, int fd)
{
	struct ipc_message m = { .type = type, .fd = fd };

	if (type == IPC_GIVE_MEMORY) {
		m.u.GIVE_MEMORY.kind = (uint8_t)what;
		m.u.GIVE_MEMORY.index = (uint16_t)index;
	} else if (type == IPC_GIVE_SOCKET) {
		m.u.GIVE_SOCKET.kind = (uint8_t)what;
		m.u.GIVE_SOCKET.index = (uint16_t)index;
	} else {
		m.u.GIVE_PEER.role = (uint8_t)what;
		m.u.GIVE_PEER.index = (uint16_t)index;
	}
	return ipc_send(c->channel, &m);
}

/* The renderer fills the new ones; media may have to play both. */
static bool prompts_are_for(const struct house *h, const struct house_memory *m,
			    const struct child *c)
{
	if (c->role == ROLE_RENDERER)
		return m->index == h->reload.prompts;
	if (c->role == ROLE_MEDIA && h->reload.step == RELOAD_HANDING)
		return true;
	return (c->role == ROLE_MEDIA || c->role == ROLE_SWITCH) &&
	       m->index == h->prompts;
}

static bool memory_is_for(const struct house *h, const struct house_memory *m,
			  const struct child *c)
{
	switch (m->kind) {
	case MEMORY_RING:
		return c->role == ROLE_RECORDER ||
		       (c->role == ROLE_MEDIA && c->index == m->index);
	case MEMORY_PROMPTS:
		return prompts_are_for(h, m, c);
	default:
		return m->for_role == c->role && m->for_index == c->index;
	}
}

/* A fresh pair of sockets for two processes, one end to each. */
static int introduce(struct child *fresh, struct child *other)
{
	int fds[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return errno;
	err = child_give(fresh, IPC_GIVE_PEER, other->role, other->index,
			 fds[0]);
	if (!err)
		err = child_give(other, IPC_GIVE_PEER, fresh->role,
				 fresh->index, fds[1]);
	(void)close(fds[0]);
	(void)close(fds[1]);
	return err;
}

/*
 * One that is started again gets what the files say now. What cannot be read
 * any more has been said; the others shall be able to call all the same.
 */
static int give_files(struct house *h, struct child *c)
{
	int fd = h->files_fd;
	int err = 0;

	h->files_fd = -1;
	if (fd < 0)
		err = house_files_fd(h->settings, parent_fault, NULL, &fd);
	if (err && err != EINVAL)
		return err;
	err = child_give(c, IPC_GIVE_MEMORY, MEMORY_FILES, 0, fd);
	(void)close(fd);
	return err;
}

/* The renderer works for what is to come. */
static int give_config(struct house *h, struct child *c)
{
	bool next = c->role == ROLE_RENDERER && h->reload.step != RELOAD_NONE;
	struct ipc_message m = { .type = IPC_GIVE_CONFIG,
				 .fd = next ? h->reload.config_fd
					    : h->config_fd };

	m.u.GIVE_CONFIG.prompts =
		c->role == ROLE_RENDERER ? h->reload.prompts : h->prompts;
	c->prompts = h->reload.step == RELOAD_HANDING ? h->reload.prompts
						      : h->prompts;
	return ipc_send(c->channel, &m);
}

static int give_all(struct house *h, struct child *c)
{
	int err = 0;

	for (unsigned i = 0; !err && i < h->memory_count; i++)
		if (memory_is_for(h, &h->memories[i], c))
			err = child_give(
				c, IPC_GIVE_MEMORY, h->memories[i].kind,
				h->memories[i].index, h->memories[i].fd);
	for (unsigned i = 0; !err && i < h->socket_count; i++)
		if (h->sockets[i].for_role == c->role)
			err = child_give(c, IPC_GIVE_SOCKET, h->sockets[i].kind,
					 h->sockets[i].index, h->sockets[i].fd);
	for (unsigned i = 0; !err && i < h->child_count; i++) {
		struct child *other = &h->children[i];

		if (other == c || !other->channel ||
		    !may_talk(c->role, other->role))
			continue;
		/* one that is about to die must not keep this one from living
		 */
		if (introduce(c, other) == ENOMEM)
			err = ENOMEM;
	}
	if (!err && c->role == ROLE_SWITCH)
		err = give_files(h, c);
	if (!err)
		err = give_config(h, c);
	if (!err)
		err = IPC_SEND(c->channel, START, 0,
			       .index = (uint16_t)c->index,
			       .media_workers = (uint16_t)h->media_workers,
			       .started_ms = (uint64_t)h->started_ms);
	return err;
}

/*
 * Sound goes before what is written down of it: on a core that both want, a
 * media worker gets three quarters, and it gets them at once. Where we may not
 * ask for that it is as everybody else. A session is a group of its own to the
 * scheduler, where it makes such groups.
 */
static void prefer(void)
{
	int fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);

	(void)!nice(-5);
	if (fd < 0)
		return;
	(void)!write(fd, "-5", 2);
	(void)close(fd);
}

/* In the child, between fork and exec: async-signal-safe calls alone. */
static void become_process(enum role role, int fd)
{
	const char *name = role_name(role);
	char *const argv[] = { (char[]){ "vaxel" }, (char[]){ "process" },
			       (char *)(uintptr_t)name, NULL };
	char *const envp[] = { NULL };
	int null = open("/dev/null", O_RDWR);

	/* a session of its own: Ctrl-C is for the parent, who drains */
	(void)setsid();
	if (role == ROLE_MEDIA)
		prefer();
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		_exit(127);
	if (fd == 3) {
		if (fcntl(3, F_SETFD, 0))
			_exit(127);
	} else if (dup2(fd, 3) < 0) {
		_exit(127);
	}
	(void)execve("/proc/self/exe", argv, envp);
	_exit(127);
}

int child_start(struct house *h, struct child *c)
{
	static const struct ipc_handlers handlers = { parent_message,
						      parent_state,
						      parent_gone };
	int fds[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return errno;
	c->retry_ms = 0;
	c->started_ms = clock_mono_ms();
	c->pid = fork();
	if (c->pid < 0) {
		err = errno;
		(void)close(fds[0]);
		(void)close(fds[1]);
		return err;
	}
	if (!c->pid)
		become_process(c->role, fds[1]);
	(void)close(fds[1]);
	c->state = CHILD_STARTING;
	c->drained = false;
	err = ipc_open(&c->channel, &h->loop, fds[0], ROLE_PARENT, c->role,
		       c->index, &handlers, h);
	return err ? err : give_all(h, c);
}
