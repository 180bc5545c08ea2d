/*
 * keeper -- the one process that can open a recording
 *
 * What it guards is the identity: the private key to which every recording of
 * this organisation is sealed. Whoever has it and the store and the ledger's
 * envelopes can listen to everything that was ever said, unseen. So it is the
 * smallest process of the house. It creates no socket, runs no program, reads
 * and writes one small folder of its own and knows some forty system calls. It
 * talks to the desk, which may be broken into, and to whoever unlocks it over
 * a local socket that was made before. It hands out no key: only a header,
 * made for one recipient, for one recording, for a request that
 *
 *   - its asker signed, who was enrolled by an officer's signature,
 *   - stands in the log, whose every entry the keeper has seen,
 *   - was never served before;
 *
 * and, after a power cut, ciphertext that completes a body (recovery.c). What
 * must hold is written in judge.h and decided there; this file and its
 * neighbours only carry questions to it and answers back.
 *
 * The identity lies on disk as an age passphrase file. Its bytes are loaded at
 * the start; opened is it by a passphrase over the local socket (door.h), or
 * from a file where the operator chose so, a weakness that `vaxel check`
 * names. Opened, it lies in one slab of locked memory, never in a core file,
 * and goes when the process goes, somebody locks, or its time is over.
 *
 * On disk in STATE/keeper: log.vkey (which log to believe), state (requests
 * served, ENDs settled, the last root that was proven), recipients (to whom
 * recordings were sealed). What the log says is followed from its first entry
 * after each start; the root that was proven before must be met again on the
 * way.
 */
#include "process/keeper/keeper.h"

#include <fcntl.h>
#include <seccomp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "process/keeper/internal.h"
#include "process/keeper/keepfile.h"
#include "release/pin.h"
#include "release/witnesses.h"

enum { SECRET_BYTES = 512 * 1024 };

#define RECIPIENTS_FILE "recipients"
#define RECIPIENTS_FILE_MAX (JUDGE_GENERATIONS_MAX * JUDGE_RECIPIENTS_MAX * 64)

/* Everything that it may ask of the kernel, but for memory and accept. */
static const int keeper_calls[] = {
	SCMP_SYS(read),           SCMP_SYS(write),
	SCMP_SYS(writev),         SCMP_SYS(close),
	SCMP_SYS(fstat),          SCMP_SYS(newfstatat),
	SCMP_SYS(lseek),          SCMP_SYS(openat),
	SCMP_SYS(fsync),          SCMP_SYS(renameat),
	SCMP_SYS(renameat2),      SCMP_SYS(munmap),
	SCMP_SYS(mremap),         SCMP_SYS(brk),
	SCMP_SYS(madvise),        SCMP_SYS(mlock),
	SCMP_SYS(munlock),        SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(epoll_ctl),      SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),    SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),   SCMP_SYS(getpid),
	SCMP_SYS(gettid),         SCMP_SYS(getrandom),
	SCMP_SYS(futex),          SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg),        SCMP_SYS(sendto),
	SCMP_SYS(recvfrom),       SCMP_SYS(getsockopt),
	SCMP_SYS(fcntl),          SCMP_SYS(exit),
	SCMP_SYS(exit_group),     SCMP_SYS(restart_syscall),
	SCMP_SYS(tgkill),         SCMP_SYS(sched_yield),
};

/* ---- before confinement: the folder, the files */

/* The folder is the keeper's own user's; files that root made, too. */
static int give_away(int fd)
{
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return 0;
	confine_user(ROLE_KEEPER, &uid, &gid);
	return fchown(fd, uid, gid) ? errno : 0;
}

static int give_away_file(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int err;

	if (fd < 0)
		return errno == ENOENT ? 0 : errno;
	err = give_away(fd);
	(void)close(fd);
	return err;
}

static int open_folder(struct keeper *k)
{
	(void)snprintf(k->folder, sizeof(k->folder), "%s/" PIN_FOLDER,
		       k->process->settings->state);
	if (mkdir(k->folder, 0700) && errno != EEXIST)
		return errno;
	k->folder_fd = open(k->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (k->folder_fd < 0)
		return errno;
	return give_away(k->folder_fd);
}

/* Whose the house is: besides root only they may unlock. */
static int find_owner(struct keeper *k)
{
	struct stat st;

	if (stat(k->process->settings->runtime, &st))
		return errno;
	k->owner = st.st_uid;
	return 0;
}

static int load_log_key(struct keeper *k)
{
	uint8_t buf[NOTE_KEY_TEXT_MAX + 1];
	size_t len;
	int err = keepfile_read(k->folder_fd, PIN_FILE, buf, sizeof(buf), &len);

	if (!err && len && buf[len - 1] == '\n')
		len--;
	if (!err)
		err = note_key_read((struct text){ (const char *)buf, len },
				    &k->log_key);
	if (err)
		log_error("no verifier key of the log in keeper/" PIN_FILE
			  " below the state folder; write it there");
	return err ? err : give_away_file(k->folder_fd, PIN_FILE);
}

static int load_policy(struct keeper *k, const struct settings *s)
{
	struct policy *fresh = malloc(sizeof(*fresh));
	int err = fresh ? witnesses_read(s, fresh) : ENOMEM;

	if (!err)
		k->policy = *fresh;
	else
		log_error("the policy of witnesses cannot be used: %s",
			  strerror(err));
	free(fresh);
	return err;
}

/* An identity that is missing leaves a keeper that stays locked, and says so.
 */
static int load_identity(struct keeper *k)
{
	const char *path = k->process->settings->identity;
	int err;

	if (!*path)
		return 0;
	err = keepfile_read(AT_FDCWD, path, k->vault.file,
			    sizeof(k->vault.file), &k->vault.file_len);
	if (err) {
		k->vault.file_len = 0;
		log_error("the identity file cannot be read: %s",
			  strerror(err));
	}
	return 0;
}

static void unlock_from_file(struct keeper *k)
{
	const char *path = k->process->settings->passphrase_file;
	struct secret *s;
	size_t len = 0;
	int err;

	if (!*path || !k->vault.file_len)
		return;
	s = secret_new(DOOR_PASSPHRASE_MAX);
	if (!s)
		return;
	err = keepfile_read(AT_FDCWD, path, s->bytes, s->len, &len);
	while (!err && len &&
	       (s->bytes[len - 1] == '\n' || s->bytes[len - 1] == '\r'))
		len--;
	if (!err)
		err = vault_unlock(&k->vault,
				   (struct text){ (char *)s->bytes, len },
				   clock_mono_ms());
	secret_free(s);
	if (err)
		log_error("the passphrase file does not unlock: %s",
			  strerror(err));
}

static int load_used(struct keeper *k)
{
	int err = used_load(k->folder_fd, &k->used);

	if (err == ENOENT)
		return 0;
	if (err)
		log_error("what was released before cannot be read; without "
			  "it nothing may be released");
	else
		view_anchor(&k->view, k->used.log_size, &k->used.log_root);
	return err;
}

/* The list in force, beside those that were before. */
static int learn_recipients(struct keeper *k, const struct settings *s)
{
	uint8_t buf[RECIPIENTS_FILE_MAX];
	struct writer w = writer_on(buf, sizeof(buf));
	bool fresh;
	int err = generations_add(&k->generations, s, &fresh);

	if (err == ENOKEY) /* no recipients here: nothing is recorded either */
		return 0;
	if (!err && fresh)
		err = generations_write(&w, &k->generations);
	if (!err && fresh)
		err = keepfile_replace(k->folder_fd, RECIPIENTS_FILE, buf,
				       w.len);
	return err;
}

static int load_recipients(struct keeper *k)
{
	uint8_t buf[RECIPIENTS_FILE_MAX];
	size_t len = 0;
	int err = keepfile_read(k->folder_fd, RECIPIENTS_FILE, buf, sizeof(buf),
				&len);

	if (err == ENOENT)
		err = 0;
	if (!err)
		err = generations_read((struct text){ (char *)buf, len },
				       &k->generations);
	if (!err)
		err = learn_recipients(k, k->process->settings);
	return err ? err : give_away_file(k->folder_fd, RECIPIENTS_FILE);
}

static int prepare(struct process *p, void **ret_self)
{
	struct keeper *k = calloc(1, sizeof(*k));
	int err;

	if (!k)
		return ENOMEM;
	k->process = p;
	k->door.fd = k->door.listen_fd = -1;
	if ((err = open_folder(k)) || (err = find_owner(k)) ||
	    (err = load_log_key(k)) || (err = load_policy(k, p->settings)) ||
	    (err = view_init(&k->view, p->settings->log_origin)) ||
	    (err = load_used(k)) || (err = load_recipients(k)) ||
	    (err = load_identity(k)))
		return err; /* and the process ends */
	unlock_from_file(k);
	*ret_self = k;
	return 0;
}

static void confinement(struct process *p, void *self, struct confine *c)
{
	struct keeper *k = self;

	(void)p;
	c->accept = true;
	c->files = true;
	c->paths[0].path = k->folder;
	c->paths[0].write = true;
	c->path_count = 1;
	c->only = keeper_calls;
	c->only_count = sizeof(keeper_calls) / sizeof(keeper_calls[0]);
}

/* ---- after it */

static void show_lock(struct keeper *k)
{
	metric_set(METRIC_keeper_unlocked, k->vault.unlocked);
	log_notice("%s", k->vault.unlocked ? "unlocked" : "locked");
	keeper_send_state(k, 0, 0);
}

static void lock(struct keeper *k)
{
	keeper_end_recovery(k, ENOKEY);
	vault_lock(&k->vault);
}

static void on_relock(uv_timer_t *timer);

/* Locks when its time is over, else waits for that; not set: not at all. */
static void wait_to_lock(struct keeper *k)
{
	uint64_t ms = vault_until_lock(
		&k->vault, k->process->settings->lock_after_s, clock_mono_ms());

	(void)uv_timer_stop(&k->relock);
	if (ms == UINT64_MAX)
		return;
	if (ms) {
		(void)uv_timer_start(&k->relock, on_relock, ms, 0);
		return;
	}
	keeper_end_recovery(k, ENOKEY); /* it may go by one of them */
	vault_lock_months(&k->vault, k->process->settings->lock_after_s,
			  clock_mono_ms());
	if (vault_until_lock(&k->vault, k->process->settings->lock_after_s,
			     clock_mono_ms())) {
		log_notice("a month's identity is locked, its time being over");
		wait_to_lock(k);
		return;
	}
	lock(k);
	process_alarm(k->process, ALARM_KEEPER_LOCKED);
	show_lock(k);
}

static void on_relock(uv_timer_t *timer)
{
	wait_to_lock(timer->data);
}

static int unlock_file(struct keeper *k, const struct door_question *q,
		       struct door_answer *a)
{
	struct age_recipient r;
	int err = vault_unlock_file(&k->vault, q->file, q->passphrase,
				    clock_mono_ms(), &r);

	if (!err) {
		age_recipient_text(&r, a->recipient);
		log_notice("an identity more is unlocked: %u in all",
			   k->vault.count);
	}
	return err;
}

static void on_door(void *arg, const struct door_question *q,
		    struct door_answer *a)
{
	struct keeper *k = arg;
	bool was = k->vault.unlocked;
	int err = 0;

	if (q->word == DOOR_UNLOCK)
		err = vault_unlock(&k->vault, q->passphrase, clock_mono_ms());
	if (q->word == DOOR_LOCK)
		lock(k);
	if (was != k->vault.unlocked)
		show_lock(k);
	if (k->vault.unlocked)
		age_recipient_text(&k->vault.identities[0].recipient,
				   a->recipient);
	if (q->word == DOOR_UNLOCK_FILE)
		err = unlock_file(k, q, a);
	if (q->word != DOOR_STATE)
		wait_to_lock(k);
	if (err == ENOKEY)
		log_notice("a wrong passphrase");
	a->error = (uint16_t)err;
	a->locked = !k->vault.unlocked;
	a->wait_s = (uint16_t)vault_wait_s(&k->vault, clock_mono_ms());
}

static int start(struct process *p, void *self)
{
	struct keeper *k = self;
	int fd = process_socket(p, SOCKET_KEEPER, 0);
	int err = uv_timer_init(p->loop, &k->relock);

	if (err)
		return -err;
	k->relock.data = k;
	show_lock(k);
	wait_to_lock(k);
	if (fd < 0)
		return 0;
	return door_open(&k->door, p->loop, fd, k->owner, on_door, k);
}

static void message(struct process *p, void *self, struct ipc *from,
		    struct ipc_message *m)
{
	struct keeper *k = self;

	(void)p;
	(void)from;
	switch (m->type) {
	case IPC_KEEPER_ASK:
		keeper_send_state(k, m->about, 0);
		break;
	case IPC_KEEPER_LOG:
		keeper_on_log(k, m);
		break;
	case IPC_KEEPER_PROVE:
		keeper_on_checkpoint(k, m);
		break;
	case IPC_RELEASE_ASK:
		keeper_on_release(k, m);
		break;
	case IPC_REWRAP_ASK:
		keeper_on_rewrap(k, m);
		break;
	case IPC_RECOVER_PASS:
		keeper_on_recover(k, m);
		break;
	default:
		break;
	}
}

static void peer(struct process *p, void *self, enum role role, unsigned index,
		 bool here)
{
	struct keeper *k = self;

	(void)p;
	(void)index;
	if (role != ROLE_DESK)
		return;
	if (here)
		keeper_send_state(k, 0, 0);
	else
		keeper_end_recovery(k, ECANCELED);
}

static void reload(struct process *p, void *self,
		   const struct settings *old_settings)
{
	(void)old_settings;
	if (learn_recipients(self, p->settings))
		log_error("the new recipients could not be taken over: what "
			  "is sealed to them stays closed");
	if (load_policy(self, p->settings))
		log_error("the policy of before stays in force");
	wait_to_lock(self);
}

static void drain(struct process *p, void *self, bool now)
{
	struct keeper *k = self;

	(void)now;
	(void)uv_timer_stop(&k->relock);
	door_shut(&k->door);
	keeper_end_recovery(k, ECANCELED);
	if (used_save(k->folder_fd, &k->used))
		log_error("the last proven root could not be written");
	vault_lock(&k->vault);
	process_drained(p, true);
}

const struct process_ops keeper_ops = {
	.role = ROLE_KEEPER,
	.secret_bytes = SECRET_BYTES,
	.prepare = prepare,
	.confinement = confinement,
	.start = start,
	.message = message,
	.peer = peer,
	.reload = reload,
	.drain = drain,
};
