/*
 * parent -- the life of a node: load, check, open, start, watch, drain
 *
 * parent_run() at the end reads in that order; above it stands what happens
 * meanwhile: a child is ready, dies, is started again; a signal comes.
 */
#include "process/parent/parent.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "process/parent/house.h"

enum {
	TICK_MS = 50,
	RETRY_FIRST_MS = 50,
	RETRY_MOST_MS = 5000,
	QUIET_MS = 10000, /* alive so long: its failures are forgotten */
	RENDER_MOST_MS = 120000,
	DRAIN_NOW_MS = 5000, /* a stage that was told not to wait */
};

static void raise_alarm(struct house *h, enum alarm_code code)
{
	h->alarm_ms[code] = clock_mono_ms();
}

void parent_alarm(struct house *h, enum alarm_code code)
{
	log_alarm("%s", alarm_text(code));
	raise_alarm(h, code);
}

/* ---- draining: one kind of process after the other */

static enum role stage_role(enum drain_stage stage)
{
	static const enum role roles[] = {
		[STAGE_SWITCH] = ROLE_SWITCH,     [STAGE_MEDIA] = ROLE_MEDIA,
		[STAGE_RECORDER] = ROLE_RECORDER, [STAGE_DESK] = ROLE_DESK,
		[STAGE_KEEPER] = ROLE_KEEPER,     [STAGE_LEDGER] = ROLE_LEDGER,
		[STAGE_COURIER] = ROLE_COURIER,   [STAGE_PULLER] = ROLE_PULLER
	};

	return roles[stage];
}

static bool stage_ended(const struct house *h)
{
	for (unsigned i = 0; i < h->child_count; i++) {
		const struct child *c = &h->children[i];

		if (c->role == stage_role(h->stage) &&
		    (c->state == CHILD_STARTING || c->state == CHILD_RUNNING ||
		     (c->retry_ms && !c->drained)))
			return false;
	}
	return true;
}

static void tell_stage(struct house *h)
{
	for (unsigned i = 0; i < h->child_count; i++)
		if (h->children[i].role == stage_role(h->stage))
			(void)!IPC_SEND(h->children[i].channel, DRAIN, 0,
					.now = h->now);
}

static void drain_on(struct house *h)
{
	while (h->stage != STAGE_NONE && h->stage != STAGE_DONE &&
	       stage_ended(h)) {
		h->stage++;
		if (h->stage == STAGE_DONE)
			uv_stop(&h->loop);
		else
			tell_stage(h);
	}
}

static void begin_drain(struct house *h)
{
	if (h->stage != STAGE_NONE) {
		log_notice("not waiting for calls any longer");
		h->now = true;
		tell_stage(h);
		return;
	}
	log_notice("draining: no new calls, running ones end");
	(void)sd_notify(0, "STOPPING=1");
	h->stage = STAGE_SWITCH;
	tell_stage(h);
	drain_on(h);
}

/* ---- children: ready, talking, dead */

enum ipc_state parent_state(void *arg, enum ipc_type type, uint64_t about)
{
	(void)arg;
	(void)type;
	(void)about;
	return IPC_RUNNING;
}

void parent_gone(void *arg, struct ipc *channel)
{
	struct house *h = arg;
	struct child *c =
		child_of(h, ipc_peer(channel), ipc_peer_index(channel));

	if (c && c->channel == channel)
		c->channel = NULL;
	ipc_close(channel); /* its death comes by SIGCHLD */
}

static bool all_ready(const struct house *h)
{
	for (unsigned i = 0; i < h->child_count; i++)
		if (!house_for_a_while(h->children[i].role) &&
		    h->children[i].state != CHILD_RUNNING)
			return false;
	return true;
}

/* The calls of a media worker that died; a switch that was away hears it later.
 */
static void tell_lost(struct house *h)
{
	struct child *phones = child_of(h, ROLE_SWITCH, 0);

	if (!phones || phones->state != CHILD_RUNNING)
		return;
	for (unsigned i = 0; i < h->child_count; i++) {
		struct child *c = &h->children[i];

		if (c->lost_untold && !IPC_SEND(phones->channel, MEDIA_LOST, 0,
						.worker = (uint16_t)c->index))
			c->lost_untold = false;
	}
}

static void child_ready(struct house *h, struct child *c)
{
	c->state = CHILD_RUNNING;
	if (c->restarts)
		log_notice("%s %u runs again", role_name(c->role), c->index);
	if (c->role == ROLE_SWITCH)
		tell_lost(h);
	if (h->stage != STAGE_NONE && stage_role(h->stage) == c->role)
		(void)!IPC_SEND(c->channel, DRAIN, 0, .now = h->now);
	if (h->said_ready || !all_ready(h))
		return;
	h->said_ready = true;
	house_print_ready(h);
	(void)sd_notify(0, "READY=1");
}

void parent_message(void *arg, struct ipc *from, struct ipc_message *m)
{
	struct house *h = arg;
	struct child *c = child_of(h, ipc_peer(from), ipc_peer_index(from));

	if (!c)
		return;
	switch (m->type) {
	case IPC_READY:
		child_ready(h, c);
		break;
	case IPC_DRAINED:
		c->drained = true;
		break;
	case IPC_PROMPTS_TAKEN:
		reload_taken(h, c, m->u.PROMPTS_TAKEN.prompts,
			     m->u.PROMPTS_TAKEN.good);
		break;
	case IPC_PROBE_NOW:
		probing_asked(h);
		break;
	case IPC_ALARM:
		if (m->u.ALARM.code < ALARM_CODES)
			raise_alarm(h, (enum alarm_code)m->u.ALARM.code);
		break;
	default:
		break;
	}
}

static void plan_restart(struct house *h, struct child *c)
{
	uint64_t now = clock_mono_ms(), wait = RETRY_FIRST_MS;

	if (now - c->started_ms >= QUIET_MS)
		c->failures = 0;
	for (unsigned i = 0; i < c->failures && wait < RETRY_MOST_MS; i++)
		wait *= 2;
	if (wait > RETRY_MOST_MS)
		wait = RETRY_MOST_MS;
	/* the first restart of a process that ran well is at once: it holds
	   calls */
	if (!c->failures)
		wait = 0;
	c->failures++;
	c->retry_ms = now + wait + 1;
	raise_alarm(h, ALARM_PROCESS_DIED);
}

static void child_ended(struct house *h, struct child *c, int status)
{
	ipc_close(c->channel);
	c->channel = NULL;
	c->pid = 0;
	c->state = CHILD_ENDED;
	if (c->role == ROLE_PROBER) {
		probing_ended(h, status);
		return;
	}
	if (c->role == ROLE_RENDERER) {
		c->drained = true;
		if (h->said_ready) {
			reload_rendered(h, !status);
		} else if (status) {
			log_error("the prompts could not be rendered");
			h->failed = true;
		}
		return;
	}
	if (c->drained || h->stage == STAGE_DONE)
		return;
	if (WIFSIGNALED(status))
		log_alarm("%s %u was killed by signal %d", role_name(c->role),
			  c->index, WTERMSIG(status));
	else
		log_alarm("%s %u ended with status %d", role_name(c->role),
			  c->index, WEXITSTATUS(status));
	if (c->role == ROLE_MEDIA) {
		c->lost_untold = true;
		tell_lost(h);
	}
	if (!h->said_ready && c->failures >= 3) {
		log_error("%s does not start: giving up", role_name(c->role));
		h->failed = true;
		uv_stop(&h->loop);
		return;
	}
	plan_restart(h, c);
}

static void reap(struct house *h)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (unsigned i = 0; i < h->child_count; i++)
			if (h->children[i].pid == pid)
				child_ended(h, &h->children[i], status);
	drain_on(h);
}

static void start_child(struct house *h, struct child *c)
{
	int err = child_start(h, c);

	if (err)
		log_error("cannot start %s: %s", role_name(c->role),
			  strerror(err));
	if (err && !c->pid)
		plan_restart(h, c);
}

static void on_tick(uv_timer_t *timer)
{
	struct house *h = timer->data;
	uint64_t now = clock_mono_ms();

	for (unsigned i = 0; i < h->child_count; i++) {
		struct child *c = &h->children[i];

		if (c->retry_ms && now >= c->retry_ms) {
			c->restarts++;
			start_child(h, c);
		}
	}
	reload_tick(h);
	probing_tick(h);
}

/* ---- signals */

void parent_fault(void *arg, const struct settings_fault *f)
{
	(void)arg;
	settings_fault_print(stderr, f);
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct house *h = signal->data;

	if (number == SIGCHLD)
		reap(h);
	else if (number == SIGHUP)
		reload_begin(h);
	else
		begin_drain(h);
}

static int watch_signals(struct house *h)
{
	static const int numbers[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (uv_signal_init(&h->loop, &h->signals[i]) ||
		    uv_signal_start(&h->signals[i], on_signal, numbers[i]))
			return ENOMEM;
		h->signals[i].data = h;
	}
	if (uv_timer_init(&h->loop, &h->tick) ||
	    uv_timer_start(&h->tick, on_tick, TICK_MS, TICK_MS))
		return ENOMEM;
	h->tick.data = h;
	return 0;
}

/* ---- the start */

static void raise_limits(void)
{
	struct rlimit r;

	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	r = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	if (!setrlimit(RLIMIT_MEMLOCK, &r))
		return;
	if (!getrlimit(RLIMIT_MEMLOCK, &r)) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_MEMLOCK, &r);
	}
}

static int load(struct house *h, const char *file)
{
	int err = settings_load(&h->settings, file, NULL, parent_fault, NULL);

	if (!err)
		err = house_judge(h->settings, parent_fault, NULL);
	if (!err)
		err = house_files_fd(h->settings, parent_fault, NULL,
				     &h->files_fd);
	if (err) {
		(void)fprintf(stderr,
			      "vaxel: not started: mend the faults above\n");
		return err;
	}
	err = text_copy(h->config_file, sizeof(h->config_file),
			text_of(h->settings->file));
	if (!err)
		err = house_config_fd(h->settings, &h->config_fd);
	log_open("parent", (enum log_level)h->settings->log_level);
	return err;
}

/* The prompts first: media and switch get them sealed. */
static int render(struct house *h)
{
	struct child *c = child_of(h, ROLE_RENDERER, 0);
	uint64_t started = clock_mono_ms();

	if (!c)
		return 0;
	start_child(h, c);
	while (!h->failed && c->pid && h->stage == STAGE_NONE) {
		(void)uv_run(&h->loop, UV_RUN_ONCE);
		if (clock_mono_ms() - started > RENDER_MOST_MS) {
			log_error("rendering the prompts took too long");
			(void)kill(c->pid, SIGKILL);
			h->failed = true;
		}
	}
	return h->failed ? EINVAL : house_seal_prompts(h, h->prompts);
}

static int open_house(struct house *h, const char *file)
{
	int err = load(h, file);

	if (err)
		return err;
	house_list_children(h);
	if (!err)
		err = house_make_folders(h);
	if (!err)
		err = house_open_sockets(h);
	if (!err)
		err = house_make_memory(h);
	if (!err)
		err = watch_signals(h);
	if (!err)
		err = house_serve_metrics(h);
	return err;
}

int parent_run(const char *config_file,
	       const struct process_ops *const ops[ROLE_COUNT])
{
	struct house *h = calloc(1, sizeof(*h));
	int err;

	if (!h)
		return 1;
	h->ops = ops;
	h->config_fd = h->files_fd = h->runtime_fd = -1;
	h->prompts = h->reload.prompts = 1;
	h->reload.config_fd = h->reload.files_fd = -1;
	h->started_ms = clock_wall_ms();
	log_open("parent", LOG_NOTICE);
	/* through /proc our user could open the memory that we keep for others:
	   keys and dialogs of running calls */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return 1;
	raise_limits();
	(void)signal(SIGPIPE, SIG_IGN);
	if (uv_loop_init(&h->loop))
		return 1;
	err = open_house(h, config_file);
	if (!err)
		err = render(h);
	if (!err && h->stage == STAGE_NONE) {
		for (unsigned i = 0; i < h->child_count; i++)
			if (!house_for_a_while(h->children[i].role))
				start_child(h, &h->children[i]);
		(void)uv_run(&h->loop, UV_RUN_DEFAULT);
	}
	for (unsigned i = 0; i < h->child_count; i++)
		if (h->children[i].pid)
			(void)kill(h->children[i].pid, SIGTERM);
	house_remove_sockets(h);
	return err || h->failed ? 1 : 0;
}
