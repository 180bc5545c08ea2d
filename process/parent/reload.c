/*
 * reload -- SIGHUP: a new configuration comes into force whole, or not at all
 *
 * reload_begin() reads and judges it, with all the files that it names. Where
 * it makes other prompts the renderer makes them, into memory of their own,
 * while callers go on hearing the old ones. Media takes them beside the old;
 * only when every worker holds them does anybody learn of the configuration,
 * so that what the switch says was played is what was played. Whatever fails
 * before leaves everything as it was, and an alarm says so.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "process/parent/house.h"
#include "prompts/prompts.h"

enum {
	/* longer than the switch keeps an address that nobody needs */
	BIND_MOST_MS = 8000,
	RENDER_MOST_MS = 120000,
	/* media holds two renderings: whoever still hears the first of them
	   may be in a long notice, but not for ever */
	HAND_MOST_MS = 120000,
};

static void step(struct house *h, enum reload_step to)
{
	h->reload.step = to;
	h->reload.since_ms = clock_mono_ms();
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* Nothing of it is left; a SIGHUP that came meanwhile has its turn. */
static void over(struct house *h)
{
	bool again = h->reload.again;

	settings_free(h->reload.fresh);
	h->reload.fresh = NULL;
	h->reload.again = false;
	close_one(&h->reload.config_fd);
	close_one(&h->reload.files_fd);
	h->reload.prompts = h->prompts;
	step(h, RELOAD_NONE);
	if (again)
		reload_begin(h);
}

static void give_up(struct house *h, enum alarm_code code)
{
	parent_alarm(h, code);
	house_close_added(h);
	if (h->reload.prompts != h->prompts)
		house_drop_prompts(h, h->reload.prompts);
	over(h);
}

/* ---- into force */

static int give_new(struct house *h, struct child *c, bool other_prompts)
{
	struct ipc_message m = { .type = IPC_GIVE_CONFIG, .fd = h->config_fd };
	int err = 0;

	if (c->role == ROLE_SWITCH)
		err = child_give(c, IPC_GIVE_MEMORY, MEMORY_FILES, 0,
				 h->reload.files_fd);
	if (!err && c->role == ROLE_SWITCH && other_prompts)
		err = child_give(c, IPC_GIVE_MEMORY, MEMORY_PROMPTS, h->prompts,
				 house_prompts_fd(h, h->prompts));
	for (unsigned i = 0;
	     !err && c->role == ROLE_SWITCH && i < h->reload.opened_count; i++)
		err = child_give(c, IPC_GIVE_SOCKET, h->reload.opened[i].kind,
				 h->reload.opened[i].index,
				 h->reload.opened[i].fd);
	m.u.GIVE_CONFIG.reload = 1;
	m.u.GIVE_CONFIG.prompts = h->prompts;
	return err ? err : ipc_send(c->channel, &m);
}

/* One that does not take it would go on by the old one: it begins anew. */
static void give_one(struct house *h, struct child *c, bool other_prompts)
{
	int err = c->channel ? give_new(h, c, other_prompts) : 0;

	if (!err || err == ENOTCONN || !c->pid)
		return;
	log_error("%s %u does not take the configuration: %s",
		  role_name(c->role), c->index, strerror(err));
	(void)kill(c->pid, SIGKILL);
}

static void into_force(struct house *h)
{
	uint16_t old = h->prompts;

	h->alarm_ms[ALARM_RELOAD_FAILED] = 0;
	h->alarm_ms[ALARM_PROMPTS_FAILED] = 0;
	h->alarm_ms[ALARM_PROMPTS_HELD] = 0;
	settings_free(h->settings);
	h->settings = h->reload.fresh;
	h->reload.fresh = NULL;
	(void)close(h->config_fd);
	h->config_fd = h->reload.config_fd;
	h->reload.config_fd = -1;
	h->prompts = h->reload.prompts;
	if (old != h->prompts)
		house_drop_prompts(h, old);
	house_move_sockets(h);
	for (unsigned i = 0; i < h->child_count; i++)
		give_one(h, &h->children[i], old != h->prompts);
	h->reload.opened_count = 0;
	log_notice("the configuration was loaded again");
	over(h);
}

/* ---- prompts */

static bool all_hold(const struct house *h)
{
	for (unsigned i = 0; i < h->child_count; i++) {
		const struct child *c = &h->children[i];

		if (c->role == ROLE_MEDIA && (c->state != CHILD_RUNNING ||
					      c->prompts != h->reload.prompts))
			return false;
	}
	return true;
}

static void hand_over(struct house *h)
{
	int fd = house_prompts_fd(h, h->reload.prompts);

	step(h, RELOAD_HANDING);
	for (unsigned i = 0; i < h->child_count; i++) {
		struct child *c = &h->children[i];

		/* one that starts was given the old ones alone: it is asked
		   again by the tick */
		if (c->role == ROLE_MEDIA && c->channel &&
		    child_give(c, IPC_GIVE_MEMORY, MEMORY_PROMPTS,
			       h->reload.prompts, fd))
			log_error("media %u does not take the new prompts",
				  c->index);
	}
}

void reload_rendered(struct house *h, bool good)
{
	if (h->reload.step != RELOAD_RENDERING)
		return;
	if (!good || house_seal_prompts(h, h->reload.prompts))
		give_up(h, ALARM_PROMPTS_FAILED);
	else
		hand_over(h);
}

void reload_taken(struct house *h, struct child *c, uint16_t prompts, bool good)
{
	if (h->reload.step != RELOAD_HANDING || prompts != h->reload.prompts)
		return;
	if (!good) {
		give_up(h, ALARM_PROMPTS_FAILED);
		return;
	}
	c->prompts = prompts;
	reload_tick(h);
}

static void render(struct house *h, struct child *renderer)
{
	uint16_t next = (uint16_t)(h->prompts + 1);

	h->reload.prompts = next ? next : 1;
	step(h, RELOAD_RENDERING);
	if (house_add_prompts(h, h->reload.prompts) ||
	    child_start(h, renderer)) {
		if (renderer->pid)
			(void)kill(renderer->pid, SIGKILL);
		else
			give_up(h, ALARM_PROMPTS_FAILED);
	}
}

/* An address that was just removed is free a little later. */
static void bind_added(struct house *h)
{
	struct child *renderer = child_of(h, ROLE_RENDERER, 0);
	bool last = clock_mono_ms() - h->reload.since_ms > BIND_MOST_MS;
	int err = house_add_sockets(h, last);

	if (err == EADDRINUSE && !last)
		return;
	if (err && !last)
		err = house_add_sockets(h, true);
	if (err)
		give_up(h, ALARM_RELOAD_FAILED);
	else if (renderer && !prompts_same(h->settings, h->reload.fresh))
		render(h, renderer);
	else
		into_force(h);
}

void reload_tick(struct house *h)
{
	uint64_t waited = clock_mono_ms() - h->reload.since_ms;
	const struct child *renderer = child_of(h, ROLE_RENDERER, 0);

	if (h->reload.step != RELOAD_NONE && h->stage != STAGE_NONE) {
		house_close_added(h);
		if (h->reload.prompts != h->prompts)
			house_drop_prompts(h, h->reload.prompts);
		h->reload.again = false;
		over(h);
	}
	if (h->reload.step == RELOAD_BINDING)
		bind_added(h);
	if (h->reload.step == RELOAD_RENDERING && waited > RENDER_MOST_MS &&
	    renderer && renderer->pid)
		(void)kill(renderer->pid, SIGKILL); /* it is told as ended */
	if (h->reload.step != RELOAD_HANDING)
		return;
	if (all_hold(h))
		into_force(h);
	else if (waited > HAND_MOST_MS)
		give_up(h, ALARM_PROMPTS_HELD);
}

/* ---- the beginning */

void reload_begin(struct house *h)
{
	struct reload *r = &h->reload;

	if (h->stage != STAGE_NONE || !h->said_ready) {
		log_notice("starting or draining: the configuration stays");
		return;
	}
	if (r->step != RELOAD_NONE) {
		r->again = true;
		return;
	}
	if (settings_load(&r->fresh, h->config_file, h->settings, parent_fault,
			  NULL) ||
	    house_judge(r->fresh, parent_fault, NULL) ||
	    house_files_fd(r->fresh, parent_fault, NULL, &r->files_fd) ||
	    house_config_fd(r->fresh, &r->config_fd)) {
		give_up(h, ALARM_RELOAD_FAILED);
		return;
	}
	step(h, RELOAD_BINDING);
	bind_added(h);
}
