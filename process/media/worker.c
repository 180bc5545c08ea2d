#include "process/media/worker.h"

#include <stdlib.h>

#include "base/clock.h"

int worker_new(struct worker **ret, const struct worker_config *c)
{
	struct worker *w = calloc(1, sizeof(*w));
	int err = ENOMEM;

	if (!w)
		return ENOMEM;
	w->loop = c->loop;
	w->index = c->index;
	w->workers = c->workers;
	w->slots = (c->calls_max + c->workers - 1) / c->workers;
	w->silence_s = c->silence_s;
	w->ring = c->ring;
	w->calls = calloc(w->slots, sizeof(*w->calls));
	w->stops = calloc(w->slots, sizeof(*w->stops));
	if (w->calls && w->stops)
		err = ports_new(&w->ports, &c->ports);
	if (err) {
		worker_free(w);
		return err;
	}
	*ret = w;
	return 0;
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	for (unsigned i = 0; w->calls && i < w->slots; i++)
		for (unsigned k = 0; k < LEGS; k++) {
			sdes_free(w->calls[i].legs[k].rx);
			sdes_free(w->calls[i].legs[k].tx);
		}
	ports_free(w->ports);
	free(w->calls);
	free(w->stops);
	free(w);
}

static void on_sockets(uv_poll_t *poll, int status, int events)
{
	(void)events;
	if (status >= 0)
		relay_ready(poll->data);
}

static void on_housekeeping(uv_timer_t *timer)
{
	struct worker *w = timer->data;

	w->now_ns = clock_mono_ns();
	w->now_ms = w->now_ns / 1000000;
	reports_tick(w);
	rendered_tick(w);
}

int worker_start(struct worker *w)
{
	w->poll.data = w;
	w->play_timer.data = w;
	w->housekeeping.data = w;
	if (uv_timer_init(w->loop, &w->play_timer) ||
	    uv_timer_init(w->loop, &w->housekeeping) ||
	    uv_poll_init(w->loop, &w->poll, ports_fd(w->ports)) ||
	    uv_poll_start(&w->poll, UV_READABLE, on_sockets) ||
	    uv_timer_start(&w->housekeeping, on_housekeeping, HOUSEKEEPING_MS,
			   HOUSEKEEPING_MS))
		return ENOMEM;
	return 0;
}

void worker_stop(struct worker *w)
{
	uv_close((uv_handle_t *)&w->poll, NULL);
	uv_close((uv_handle_t *)&w->play_timer, NULL);
	uv_close((uv_handle_t *)&w->housekeeping, NULL);
}

void worker_switch(struct worker *w, struct ipc *to_switch)
{
	w->to_switch = to_switch;
	if (to_switch)
		w->switch_epoch++;
}

void worker_drain(struct worker *w, bool now, worker_empty_h *empty, void *arg)
{
	w->draining = true;
	w->empty = empty;
	w->arg = arg;
	w->now_ns = clock_mono_ns();
	w->now_ms = w->now_ns / 1000000;
	if (!w->open_calls) {
		empty(arg);
		return;
	}
	for (unsigned i = 0; now && i < w->slots; i++)
		if (w->calls[i].handle)
			call_close(w, &w->calls[i], true);
}
