/*
 * probing -- when the node looks at itself as a stranger would
 *
 * The prober lives for one look. It is started when one is due or asked for,
 * and everybody else runs: one that starts is not confined yet.
 */
#include "base/clock.h"
#include "base/log.h"
#include "process/parent/house.h"

enum { PROBE_FIRST_MS = 5 * 60 * 1000 };

static bool all_run(const struct house *h)
{
	for (unsigned i = 0; i < h->child_count; i++)
		if (!house_for_a_while(h->children[i].role) &&
		    h->children[i].state != CHILD_RUNNING)
			return false;
	return true;
}

void probing_tick(struct house *h)
{
	struct child *c = child_of(h, ROLE_PROBER, 0);
	uint64_t now = clock_mono_ms();
	uint64_t every = (uint64_t)h->settings->probe_every_s * 1000;
	uint64_t first = every < PROBE_FIRST_MS ? every : PROBE_FIRST_MS;

	if (!c || h->stage != STAGE_NONE || !h->said_ready)
		return;
	if (!h->probe_ms)
		h->probe_ms = now + first;
	if (c->pid || !all_run(h) ||
	    (!h->probe_asked && (!every || now < h->probe_ms)))
		return;
	h->probe_asked = false;
	h->probe_ms = now + every;
	if (child_start(h, c))
		log_error("cannot start the prober");
}

void probing_asked(struct house *h)
{
	h->probe_asked = true;
}

void probing_ended(struct house *h, int status)
{
	if (!status || h->stage != STAGE_NONE)
		return;
	log_error("the prober did not come to its end");
	parent_alarm(h, ALARM_PROBE_FAILED);
}
