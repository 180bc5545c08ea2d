/*
 * The real process, confined, over real channels: killed at random times it
 * loses nothing that it acknowledged and enters nothing twice.
 */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/secret.h"
#include "ipc/confine.h"
#include "ipc/values.h"
#include "process/ledger/ledger.h"
#include "tests/unit/scratch.h"
#include "tlog/folder.h"

enum { EVENTS = 3000 };

static char dir[SCRATCH_MAX];
static char vkey[NOTE_KEY_TEXT_MAX];
static uv_loop_t loop;

static struct {
	pid_t pid;
	struct ipc *parent, *speaker; /* our ends: as parent, as switch */
	bool ready, drained;
	unsigned alarm;
} child;

static struct {
	uint8_t id[ID_BYTES];
	bool stored;
	uint64_t entry;
} events[EVENTS];
static unsigned stored;

/* ---- files */

static int own_one(const char *path, const struct stat *st, int kind,
		   struct FTW *ftw)
{
	uid_t uid;
	gid_t gid;

	(void)st;
	(void)kind;
	(void)ftw;
	confine_user(ROLE_LEDGER, &uid, &gid);
	return chown(path, uid, gid);
}

/* In a child: locked memory is made once a process, later by the ledger's. */
static int make_key(const char *path)
{
	int pipe_fd[2], status = 1;
	pid_t pid;

	if (pipe(pipe_fd))
		return 1;
	pid = fork();
	if (!pid) {
		if (secret_init(4096) ||
		    ledger_init(path, "example.org/log", vkey) ||
		    write(pipe_fd[1], vkey, sizeof(vkey)) != sizeof(vkey))
			_exit(1);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status ||
	    read(pipe_fd[0], vkey, sizeof(vkey)) != sizeof(vkey))
		return 1;
	(void)close(pipe_fd[0]);
	(void)close(pipe_fd[1]);
	return 0;
}

static int set_up(void **state)
{
	char path[128];

	(void)state;
	if (scratch_make(dir) || chmod(dir, 0755) || uv_loop_init(&loop))
		return 1;
	(void)snprintf(path, sizeof(path), "%s/ledger", dir);
	return make_key(path) ||
	       (!geteuid() && nftw(path, own_one, 16, FTW_PHYS));
}

static int tear_down(void **state)
{
	(void)state;
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	(void)uv_loop_close(&loop);
	return scratch_remove(dir);
}

/* ---- channels */

static void on_stored(const uint8_t *id, uint64_t entry)
{
	for (unsigned i = 0; i < EVENTS; i++) {
		if (memcmp(events[i].id, id, ID_BYTES) != 0)
			continue;
		/* told twice it must be the same */
		if (events[i].stored)
			assert_int_equal(events[i].entry, entry);
		else
			stored++;
		events[i].stored = true;
		events[i].entry = entry;
		return;
	}
	fail_msg("an event that we never sent");
}

static void on_events_stored(struct bytes all)
{
	assert_int_equal(all.len % STORED_BYTES, 0);
	for (size_t i = 0; i < all.len; i += STORED_BYTES) {
		struct reader r = reader_on(all.p + i + ID_BYTES, 8);
		uint64_t entry = 0;

		assert_int_equal(reader_u64(&r, &entry), 0);
		on_stored(all.p + i, entry);
	}
}

static void on_message(void *arg, struct ipc *from, struct ipc_message *m)
{
	(void)arg;
	(void)from;
	if (m->type == IPC_EVENTS_STORED)
		on_events_stored(m->u.EVENTS_STORED.events);
	child.ready |= m->type == IPC_READY;
	child.drained |= m->type == IPC_DRAINED;
	if (m->type == IPC_ALARM)
		child.alarm = m->u.ALARM.code;
}

static enum ipc_state on_state(void *arg, enum ipc_type type, uint64_t about)
{
	(void)arg;
	(void)type;
	(void)about;
	return IPC_RUNNING;
}

static void on_gone(void *arg, struct ipc *channel)
{
	(void)arg;
	if (channel == child.parent)
		child.parent = NULL;
	if (channel == child.speaker)
		child.speaker = NULL;
	ipc_close(channel);
}

static struct ipc *open_end(int fd, enum role self)
{
	static const struct ipc_handlers handlers = { on_message, on_state,
						      on_gone };
	struct ipc *c = NULL;

	assert_int_equal(
		ipc_open(&c, &loop, fd, self, ROLE_LEDGER, 0, &handlers, NULL),
		0);
	return c;
}

static int make_config(void)
{
	char text[512];
	int fd = memfd_create("config", MFD_CLOEXEC);
	int n = snprintf(text, sizeof(text),
			 "%s/vaxel.conf\n"
			 "role = national\n"
			 "state = \"%s\"\n"
			 "log-origin = \"example.org/log\"\n"
			 "log-level = \"alarm\"\n",
			 dir, dir);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, (size_t)n), n);
	return fd;
}

static enum role speaker = ROLE_SWITCH;

static void give(enum ipc_type type, int fd)
{
	struct ipc_message m = { .type = type, .fd = fd };

	if (type == IPC_GIVE_PEER)
		m.u.GIVE_PEER.role = (uint8_t)speaker;
	if (type == IPC_START)
		m.u.START.started_ms = 1;
	assert_int_equal(ipc_send(child.parent, &m), 0);
	if (fd >= 0)
		(void)close(fd);
}

static void start(void)
{
	int up[2], peer[2];

	memset(&child, 0, sizeof(child));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, up), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, peer), 0);
	child.pid = fork();
	assert_true(child.pid >= 0);
	if (!child.pid) {
		if (dup2(up[1], 3) < 0)
			_exit(9);
		_exit(process_main(&ledger_ops));
	}
	(void)close(up[1]);
	child.parent = open_end(up[0], ROLE_PARENT);
	child.speaker = open_end(peer[0], speaker);
	give(IPC_GIVE_CONFIG, make_config());
	give(IPC_GIVE_PEER, peer[1]);
	give(IPC_START, -1);
}

static void run_until(const bool *flag, unsigned ms)
{
	for (unsigned i = 0; !(flag && *flag) && i < ms; i++) {
		(void)uv_run(&loop, UV_RUN_NOWAIT);
		(void)usleep(1000);
	}
}

static int stop(int signal)
{
	int status = 0;

	if (signal)
		(void)kill(child.pid, signal);
	assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
	/* what it still said before it died */
	run_until(NULL, 3);
	ipc_close(child.parent);
	ipc_close(child.speaker);
	child.parent = child.speaker = NULL;
	run_until(NULL, 2);
	return status;
}

static void send_event_of(enum event_type type, unsigned i)
{
	struct ipc_message m = { .type = IPC_EVENT, .fd = -1 };

	m.u.EVENT.type = (uint8_t)type;
	memcpy(m.u.EVENT.id, events[i].id, ID_BYTES);
	m.u.EVENT.at_ms = 1795295100125;
	m.u.EVENT.organisation = TEXT("Region X");
	m.u.EVENT.details = TEXT("{\"call\":\"x\"}");
	(void)!ipc_send(child.speaker, &m);
}

static void send_event(unsigned i)
{
	send_event_of(EVENT_CALL_RECEIVED, i);
}

/* As an outbox does: those that were not acknowledged, oldest first. */
static void send_waiting(unsigned most)
{
	for (unsigned i = 0; i < EVENTS && most; i++)
		if (!events[i].stored) {
			send_event(i);
			most--;
		}
}

static void assert_log(uint64_t size)
{
	struct folder_source source;
	struct note_key key;
	struct verify v = { .origin = "example.org/log", .key = &key };
	struct verified is;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/ledger/log", dir);
	assert_int_equal(note_key_read(text_of(vkey), &key), 0);
	assert_int_equal(folder_source_open(&source, path), 0);
	folder_log_source(&source, &v.source);
	assert_int_equal(verify_log(&v, &is), 0);
	assert_true(is.size >= size);
	/* and the node's own: it started, and perhaps it has stopped */
	if (stored == EVENTS)
		assert_true(is.size >= EVENTS + 1 && is.size <= EVENTS + 2);
	folder_source_close(&source);
}

static void begin_events(void)
{
	memset(events, 0, sizeof(events));
	stored = 0;
	for (unsigned i = 0; i < EVENTS; i++)
		id_new(events[i].id);
}

/* ---- */

static void what_was_acknowledged_survives_kills(void **state)
{
	bool seen[EVENTS] = { false };

	(void)state;
	begin_events();
	for (int round = 0; round < 12; round++) {
		start();
		run_until(&child.ready, 5000);
		assert_true(child.ready);
		send_waiting(400);
		run_until(NULL, 20 + randombytes_uniform(400));
		assert_true(WIFSIGNALED(stop(SIGKILL)));
		assert_log(stored);
	}
	assert_true(stored > 0);
	start();
	run_until(&child.ready, 5000);
	for (int i = 0; i < 100 && stored < EVENTS; i++) {
		send_waiting(400);
		run_until(NULL, 300);
	}
	assert_int_equal(stored, EVENTS);
	give(IPC_DRAIN, -1);
	run_until(&child.drained, 5000);
	assert_true(child.drained);
	assert_int_equal(stop(0), 0);
	assert_log(EVENTS);
	/* each at a place of its own */
	for (unsigned i = 0; i < EVENTS; i++) {
		uint64_t at = events[i].entry - 1; /* the node has started */

		assert_true(at < EVENTS);
		assert_false(seen[at]);
		seen[at] = true;
	}
}

static void nobody_takes_the_id_of_a_seal(void **state)
{
	static const struct {
		enum role role;
		enum event_type type;
	} said[] = {
		{ ROLE_SWITCH, EVENT_CALL_RECEIVED },
		{ ROLE_RECORDER, EVENT_RECORDING_SEALED },
		{ ROLE_RECORDER, EVENT_RECORDING_SEALED }, /* once more */
	};

	(void)state;
	begin_events();
	for (unsigned i = 0; i < 3; i++) {
		speaker = said[i].role;
		events[0].stored = false;
		start();
		run_until(&child.ready, 5000);
		send_event_of(said[i].type, 0);
		run_until(&events[0].stored, 5000);
		assert_true(events[0].stored);
		/* beside the node's start and stop */
		assert_int_equal(events[0].entry, i ? 3 : 1);
		give(IPC_DRAIN, -1);
		run_until(&child.drained, 5000);
		assert_int_equal(stop(0), 0);
	}
	speaker = ROLE_SWITCH;
	assert_log(2);
}

static void a_rolled_back_database_stops_entries_not_the_process(void **state)
{
	char from[96], to[96], command[800];

	(void)state;
	begin_events();
	(void)snprintf(from, sizeof(from), "%s/ledger/db.sqlite", dir);
	(void)snprintf(to, sizeof(to), "%s/old.sqlite", dir);
	for (int round = 0; round < 2; round++) {
		start();
		run_until(&child.ready, 5000);
		send_event((unsigned)round);
		run_until(&events[round].stored, 5000);
		assert_true(events[round].stored);
		give(IPC_DRAIN, -1);
		run_until(&child.drained, 5000);
		assert_int_equal(stop(0), 0);
		/* without a crash there is nothing beside the database */
		(void)snprintf(command, sizeof(command),
			       "cp -p %s-wal %s-wal 2>/dev/null; cp -p %s %s",
			       from, to, from, to);
		if (!round)
			assert_int_equal(system(command), 0);
	}
	(void)snprintf(command, sizeof(command),
		       "rm -f %s-wal %s-shm; mv %s %s; "
		       "if [ -e %s-wal ]; then mv %s-wal %s-wal; fi",
		       from, from, to, from, to, to, from);
	assert_int_equal(system(command), 0);
	start();
	run_until(&child.ready, 5000);
	assert_true(child.ready);
	run_until(NULL, 50);
	assert_int_equal(child.alarm, ALARM_LOG_ROLLED_BACK);
	send_event(2);
	run_until(&events[2].stored, 400);
	assert_false(events[2].stored);
	/* alive, and it ends as it should */
	give(IPC_DRAIN, -1);
	run_until(&child.drained, 5000);
	assert_int_equal(stop(0), 0);
	assert_log(2);
}

static void the_switch_speaks_of_calls_alone(void **state)
{
	static const enum event_type others[] = {
		EVENT_RECORDING_SEALED,
		EVENT_RECORDING_ERASED,
		EVENT_DISCLOSURE_RELEASED,
		EVENT_USER_ADDED,
		EVENT_TYPES,
	};
	const unsigned n = sizeof(others) / sizeof(others[0]);

	(void)state;
	begin_events();
	start();
	run_until(&child.ready, 5000);
	for (unsigned i = 0; i < n; i++)
		send_event_of(others[i], i);
	send_event(n);
	run_until(&events[n].stored, 5000);
	assert_true(events[n].stored);
	assert_int_equal(stored, 1);
	assert_int_equal(events[n].entry, 1);
	give(IPC_DRAIN, -1);
	run_until(&child.drained, 5000);
	assert_int_equal(stop(0), 0);
	assert_log(1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(what_was_acknowledged_survives_kills),
		CASE(the_switch_speaks_of_calls_alone),
		CASE(nobody_takes_the_id_of_a_seal),
		CASE(a_rolled_back_database_stops_entries_not_the_process),
	};

	return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
