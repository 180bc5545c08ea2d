#include "tests/power/house.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "recording/recover.h"
#include "tests/power/must.h"

#define RING_BYTES ((size_t)1024 * 1024)
#define MEMORY_BYTES ((size_t)4 * 1024 * 1024)
#define ALL_STATES UINT32_MAX

static uint64_t random_state;

void house_seed(uint64_t seed)
{
	random_state = seed * 2862933555777941757u + 3037000493u;
}

uint64_t house_draw(uint64_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state * 2685821657736338717u >> 11) % below;
}

/* ---- packets that can be told from each other */

size_t house_packet(const struct call *c, unsigned track, unsigned n,
		    uint8_t to[RING_PAYLOAD_MAX])
{
	uint64_t s = c->seed + track * 1000003u + n * 7919u + 1;
	size_t len;

	s = s * 6364136223846793005u + 1442695040888963407u;
	len = 200 + (s >> 33) % 1200;
	for (size_t i = 0; i < len; i++) {
		s = s * 6364136223846793005u + 1442695040888963407u;
		to[i] = (uint8_t)(s >> 56);
	}
	to[0] = 0x78; /* Opus: one frame of 20 ms */
	return len;
}

static void put_packet(struct house *h, struct call *c, unsigned track)
{
	struct ring_frame f = { .recording = c->recording,
				.kind = RING_AUDIO,
				.track = (uint8_t)track,
				.rtp_time =
					4000000000u + c->packets[track] * 960,
				.at_ns = clock_mono_ns() };

	if (c->packets[track] == PACKETS_MAX)
		return;
	f.len = (uint16_t)house_packet(c, track, c->packets[track], f.payload);
	must(!ring_put(h->ring, &f));
	c->at_ns[track][c->packets[track]++] = f.at_ns;
}

/* ---- the switch */

static struct call *call_of(struct house *h, uint64_t handle)
{
	for (unsigned i = 0; i < h->call_count; i++)
		if (h->calls[i].handle == handle)
			return &h->calls[i];
	return NULL;
}

static void begin_call(struct house *h)
{
	struct call *c = &h->calls[h->call_count];
	struct ipc_message m = { .type = IPC_RECORD_ASK, .fd = -1 };

	if (h->call_count == CALLS_MAX)
		return;
	*c = (struct call){ .handle = (uint64_t)(h->life + 1) << 32 |
				      h->call_count,
			    .begun_ms = clock_mono_ms(),
			    .lasts_ms = 100 + house_draw(2500),
			    .life = h->life,
			    .seed = house_draw(UINT32_MAX) };
	id_new(c->call_id);
	memcpy(m.u.RECORD_ASK.call_id, c->call_id, ID_BYTES);
	m.u.RECORD_ASK.caller_codec = CODEC_OPUS;
	m.u.RECORD_ASK.nurse_codec = CODEC_OPUS;
	m.u.RECORD_ASK.controller = TEXT("Region Test");
	m.about = c->handle;
	if (!ipc_send(h->switch_, &m))
		h->call_count++;
}

static void end_call(struct house *h, struct call *c)
{
	struct ring_frame f = { .recording = c->recording, .kind = RING_STOP };

	if (c->talking && house_draw(8))
		must(!ring_put(h->ring, &f));
	c->talking = false;
	c->ended = true;
	(void)!IPC_SEND(h->switch_, RECORD_END, c->handle,
			.reason = RECORD_END_HANGUP);
}

static void tell_facts(struct house *h, struct call *c)
{
	c->facts = true;
	(void)!IPC_SEND(h->switch_, RECORD_FACT, c->handle, .kind = FACT_CALLER,
			.value = TEXT("+46700123456"));
	(void)!IPC_SEND(h->switch_, RECORD_MARK, c->handle, .kind = MARK_HOLD,
			.at_mono_ms = clock_mono_ms());
}

static void keep_event(struct house *h)
{
	struct ipc_message m = { .type = IPC_EVENT_KEEP, .fd = -1 };

	if (h->kept_asked == KEPT_MAX_TEST)
		return;
	id_new(h->kept[h->kept_asked]);
	memcpy(m.u.EVENT_KEEP.id, h->kept[h->kept_asked], ID_BYTES);
	m.u.EVENT_KEEP.type = EVENT_CALL_ENDED;
	m.u.EVENT_KEEP.organisation = TEXT("Region Test");
	m.u.EVENT_KEEP.details = TEXT("{\"test\":true}");
	if (!ipc_send(h->switch_, &m))
		h->kept_asked++;
}

static void on_switch(struct house *h, struct ipc_message *m)
{
	struct call *c;

	if (m->type == IPC_EVENT_KEPT) {
		for (unsigned i = 0; i < h->kept_asked; i++)
			if (!memcmp(h->kept[i], m->u.EVENT_KEPT.id, ID_BYTES))
				h->kept_safe[i] = true;
		return;
	}
	if (m->type != IPC_RECORD_STATE || !(c = call_of(h, m->about)))
		return;
	c->heard = (enum record_state)m->u.RECORD_STATE.state;
	c->recording = m->u.RECORD_STATE.recording;
	memcpy(c->recording_id, m->u.RECORD_STATE.recording_id, ID_BYTES);
	if (c->heard == RECORD_RUNNING && !c->ended) {
		c->talking = true;
		c->facts = false; /* what was on its way may be lost: again */
	}
	if (c->heard == RECORD_RUNNING && c->ended && c->facts)
		tell_facts(h, c);
	if (c->heard == RECORD_RUNNING && c->ended)
		(void)!IPC_SEND(h->switch_, RECORD_END, c->handle,
				.reason = RECORD_END_HANGUP);
	if (c->heard >= RECORD_SEALED) {
		c->talking = false;
		c->whole = c->heard == RECORD_SEALED;
	}
}

/* ---- channels */

static void on_message(void *arg, struct ipc *from, struct ipc_message *m)
{
	struct house *h = arg;

	if (from == h->parent) {
		h->ready = h->ready || m->type == IPC_READY;
		h->recorder_alarms += m->type == IPC_ALARM;
	} else if (from == h->switch_) {
		on_switch(h, m);
	} else if (from == h->ledger) {
		answer_ledger(h, m);
	} else {
		answer_desk(h, m);
	}
}

static enum ipc_state on_state(void *arg, enum ipc_type type, uint64_t about)
{
	(void)arg;
	(void)type;
	(void)about;
	return (enum ipc_state)ALL_STATES;
}

static void on_gone(void *arg, struct ipc *channel)
{
	(void)arg;
	(void)channel;
}

static const struct ipc_handlers handlers = { on_message, on_state, on_gone };

static void give(struct house *h, enum ipc_type type, int fd, uint8_t kind)
{
	struct ipc_message m = { .type = type, .fd = fd };

	if (type == IPC_GIVE_MEMORY)
		m.u.GIVE_MEMORY.kind = kind;
	else if (type == IPC_GIVE_PEER)
		m.u.GIVE_PEER.role = kind;
	must(!ipc_send(h->parent, &m));
}

static struct ipc *give_peer(struct house *h, enum role role)
{
	struct ipc *channel;
	int pair[2];

	must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	must(!ipc_open(&channel, &h->loop, pair[0], role, ROLE_RECORDER, 0,
		       &handlers, h));
	give(h, IPC_GIVE_PEER, pair[1], (uint8_t)role);
	close(pair[1]);
	return channel;
}

static int memory(size_t len, void **ret_at)
{
	int fd = memfd_create("power", MFD_CLOEXEC);

	must(fd >= 0 && !ftruncate(fd, (off_t)len));
	if (ret_at) {
		*ret_at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED,
			       fd, 0);
		must(*ret_at != MAP_FAILED);
	}
	return fd;
}

static pid_t spawn(struct house *h, int fd)
{
	pid_t pid = fork();

	must(pid >= 0);
	if (pid)
		return pid;
	setenv("LD_PRELOAD", h->shim, 1);
	setenv("POWER_TAPE", h->tape_file, 1);
	if (!getenv("POWER_LOUD"))
		(void)!freopen("/dev/null", "w", stderr);
	dup2(fd, 3);
	execl(h->program, "vaxel", "process", "recorder", (char *)NULL);
	_exit(127);
}

static void fresh_memory(struct house *h)
{
	if (h->memory_fd >= 0) {
		close(h->memory_fd);
		close(h->ring_fd);
		ring_detach(h->ring);
		munmap(h->ring_memory, ring_memory_bytes(RING_BYTES));
	}
	h->memory_fd = memory(MEMORY_BYTES, NULL);
	h->ring_fd = memory(ring_memory_bytes(RING_BYTES), &h->ring_memory);
	must(!ring_format(h->ring_memory, ring_memory_bytes(RING_BYTES)));
	must(!ring_attach(&h->ring, h->ring_memory,
			  ring_memory_bytes(RING_BYTES)));
}

void house_start(struct house *h, bool fresh)
{
	int pair[2];

	if (fresh)
		fresh_memory(h);
	must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	h->pid = spawn(h, pair[1]);
	h->samples = 0;
	close(pair[1]);
	h->ready = false;
	must(!ipc_open(&h->parent, &h->loop, pair[0], ROLE_PARENT,
		       ROLE_RECORDER, 0, &handlers, h));
	give(h, IPC_GIVE_MEMORY, h->metrics_fd, MEMORY_METRICS);
	give(h, IPC_GIVE_MEMORY, h->ring_fd, MEMORY_RING);
	give(h, IPC_GIVE_MEMORY, h->memory_fd, MEMORY_RECORDER);
	give(h, IPC_GIVE_CONFIG, h->config_fd, 0);
	h->switch_ = give_peer(h, ROLE_SWITCH);
	h->ledger = give_peer(h, ROLE_LEDGER);
	h->desk = give_peer(h, ROLE_DESK);
	must(!IPC_SEND(h->parent, START, 0, .media_workers = 1));
}

/* ---- time passes */

static void step_calls(struct house *h)
{
	uint64_t now = clock_mono_ms();
	unsigned running = 0;

	for (unsigned i = 0; i < h->call_count; i++) {
		struct call *c = &h->calls[i];

		if (c->ended || c->cut || c->life != h->life)
			continue;
		running++;
		if (c->talking)
			for (unsigned t = 0; t < CALL_TRACKS; t++)
				put_packet(h, c, t);
		if (c->talking && !c->facts)
			tell_facts(h, c);
		if (now - c->begun_ms > c->lasts_ms)
			end_call(h, c);
	}
	if (running < h->calls_wanted && h->ready && !house_draw(5))
		begin_call(h);
	if (h->calls_wanted && h->ready && !house_draw(20))
		keep_event(h);
}

static uint64_t waited_ns(const struct house *h)
{
	unsigned long long ran, waited = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)h->pid);
	f = h->pid > 0 ? fopen(path, "r") : NULL;
	if (!f)
		return 0;
	if (fscanf(f, "%llu %llu", &ran, &waited) != 2)
		waited = 0;
	fclose(f);
	return waited;
}

uint64_t house_starved_ns(const struct house *h)
{
	uint64_t now = waited_ns(h);
	uint64_t then = h->samples < STARVED_SAMPLES
				? 0
				: h->waited_ns[h->samples % STARVED_SAMPLES];

	return now > then ? now - then : 0;
}

static void on_frames(uv_timer_t *t)
{
	struct house *h = t->data;
	uint64_t now = clock_mono_ns();
	uint64_t late = h->last_tick_ns ? now - h->last_tick_ns - 20000000 : 0;

	if (h->last_tick_ns && now - h->last_tick_ns > 25000000 &&
	    late > h->late_ns)
		h->late_ns = late;
	h->last_tick_ns = now;
	h->waited_ns[h->samples++ % STARVED_SAMPLES] = waited_ns(h);
	step_calls(h);
}

static void on_watch(uv_timer_t *t)
{
	struct house *h = t->data;
	int status;

	if (h->tape->cut_ns)
		uv_stop(&h->loop);
	if (h->pid > 0 && waitpid(h->pid, &status, WNOHANG) == h->pid) {
		fprintf(stderr, "the recorder died by itself: status %x\n",
			(unsigned)status);
		h->pid = 0;
		_exit(1);
	}
}

static void on_time(uv_timer_t *t)
{
	uv_stop(t->loop);
}

void house_run(struct house *h, uint64_t ms)
{
	uv_timer_t end;

	uv_timer_init(&h->loop, &end);
	uv_timer_start(&end, on_time, ms, 0);
	h->last_tick_ns = 0;
	uv_run(&h->loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&end, NULL);
	uv_run(&h->loop, UV_RUN_NOWAIT);
}

static void close_channels(struct house *h)
{
	struct ipc **all[] = { &h->parent, &h->switch_, &h->ledger, &h->desk };

	/* what was sent before the end still counts */
	uv_run(&h->loop, UV_RUN_NOWAIT);
	for (size_t i = 0; i < 4; i++) {
		ipc_close(*all[i]);
		*all[i] = NULL;
	}
	uv_run(&h->loop, UV_RUN_NOWAIT);
	recover_free(h->recover);
	h->recover = NULL;
}

static void note_what_is_over(struct house *h)
{
	uint64_t now = h->tape->cut_ns ? h->tape->cut_ns : clock_mono_ns();

	for (unsigned i = 0; i < h->known_count; i++) {
		struct known *k = &h->known[i];

		k->long_over |= k->told_life == h->life && k->started &&
				k->outcome && k->card_len &&
				k->state != RECORD_ALARM &&
				now > k->told_ns + 1500000000u;
	}
}

void house_kill(struct house *h)
{
	int status;

	note_what_is_over(h);

	must(h->pid > 0 && !kill(h->pid, SIGKILL));
	must(waitpid(h->pid, &status, 0) == h->pid);
	h->pid = 0;
	close_channels(h);
}

static int write_config(struct house *h, unsigned spool_megabytes)
{
	char text[2048], one[AGE_RECIPIENT_CHARS + 1],
		two[AGE_RECIPIENT_CHARS + 1];
	int fd = memory(0, NULL), n;

	age_recipient_text(&h->identity.recipient, one);
	age_recipient_text(&h->second, two);
	n = snprintf(text, sizeof(text),
		     "%s/vaxel.conf\n"
		     "role = one-machine\n"
		     "state = \"%s\"\n"
		     "log-origin = \"test.example/one\"\n"
		     "log-level = info\n"
		     "sip { listen = { \"udp:127.0.0.1:0\" } calls-max = 32 }\n"
		     "line 1177 {\n"
		     " controller = \"Region Test\"\n"
		     " notice sv { version = \"1\" text = \"Inspelat.\" }\n"
		     "}\n"
		     "recipient a { key = \"%s\" }\n"
		     "recipient b { key = \"%s\" }\n"
		     "recorder { spool-megabytes = %u }\n",
		     h->folder, h->state, one, two, spool_megabytes);
	must(write(fd, text, (size_t)n) == n);
	return fd;
}

static void make_folder(const char *path)
{
	must(!mkdir(path, 0777) && !chmod(path, 0777));
}

void house_open(struct house *h, unsigned spool_megabytes,
		disk_write_h *on_write, void *arg)
{
	struct age_identity other;
	char path[300];
	int fd;

	snprintf(h->folder, sizeof(h->folder), "%s/vaxel-power-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	must(mkdtemp(h->folder) && !chmod(h->folder, 0777));
	snprintf(h->state, sizeof(h->state), "%s/state", h->folder);
	make_folder(h->state);
	snprintf(path, sizeof(path), "%s/spool", h->state);
	make_folder(path);
	snprintf(path, sizeof(path), "%s/store", h->state);
	make_folder(path);
	must(!age_identity_new(&h->identity) && !age_identity_new(&other));
	h->second = other.recipient;
	age_identity_close(&other);
	must(!uv_loop_init(&h->loop));
	snprintf(h->tape_file, sizeof(h->tape_file), "%s/tape", h->folder);
	fd = open(h->tape_file, O_RDWR | O_CREAT, 0666);
	must(fd >= 0 && !ftruncate(fd, (off_t)TAPE_BYTES));
	h->tape = mmap(NULL, TAPE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		       0);
	must(h->tape != MAP_FAILED);
	close(fd);
	h->disk = disk_new(h->state, on_write, arg);
	disk_begin(h->disk);
	h->config_fd = write_config(h, spool_megabytes);
	h->metrics_fd = memory(1 << 16, NULL);
	h->memory_fd = -1;
	uv_timer_init(&h->loop, &h->frames);
	uv_timer_init(&h->loop, &h->watch);
	h->frames.data = h->watch.data = h;
	uv_timer_start(&h->frames, on_frames, 20, 20);
	uv_timer_start(&h->watch, on_watch, 2, 2);
}

void house_close(struct house *h)
{
	char command[300];

	disk_free(h->disk);
	munmap(h->tape, TAPE_BYTES);
	if (getenv("POWER_KEEP"))
		return;
	snprintf(command, sizeof(command), "rm -rf '%s'", h->folder);
	(void)!system(command);
}
