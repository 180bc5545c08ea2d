/*
 * rendered -- which rendering of the prompts is heard
 *
 * Everybody hears a prompt from the rendering that the switch named, to its
 * end. After a reload the one before is kept until its last listener is done,
 * and a little longer, for what the switch said just before it knew.
 */
#include "process/media/worker.h"

enum { GRACE_MS = 3000 };

struct rendering *rendered_find(struct worker *w, uint16_t number)
{
	for (unsigned i = 0; i < 2; i++)
		if (w->renderings[i].here && w->renderings[i].number == number)
			return &w->renderings[i];
	return NULL;
}

static void drop(struct worker *w, struct rendering *r, bool room)
{
	r->here = false;
	if (w->unheard)
		w->unheard(w->unheard_arg, r->number, room);
}

/* A free place, or that of one which came to nothing. */
static struct rendering *place(struct worker *w)
{
	for (unsigned i = 0; i < 2; i++)
		if (!w->renderings[i].here)
			return &w->renderings[i];
	for (unsigned i = 0; i < 2; i++)
		if (!w->renderings[i].was_in_force) {
			drop(w, &w->renderings[i], false);
			return &w->renderings[i];
		}
	return NULL;
}

int rendered_add(struct worker *w, uint16_t number, const void *memory,
		 size_t len)
{
	struct rendering *r = place(w);
	int err;

	if (!r)
		return EBUSY;
	*r = (struct rendering){ .number = number };
	err = prompts_read(&r->prompts, memory, len);
	r->here = !err;
	return err;
}

void rendered_in_force(struct worker *w, uint16_t number)
{
	struct rendering *r = rendered_find(w, number);

	w->in_force = number;
	if (r)
		r->was_in_force = true;
	for (unsigned i = 0; i < 2; i++)
		if (&w->renderings[i] != r)
			w->renderings[i].idle_ms = w->now_ms;
}

void rendered_tick(struct worker *w)
{
	for (unsigned i = 0; i < 2; i++) {
		struct rendering *r = &w->renderings[i];

		if (r->here && r->was_in_force && r->number != w->in_force &&
		    !r->players && w->now_ms - r->idle_ms >= GRACE_MS)
			drop(w, r, true);
	}
}
