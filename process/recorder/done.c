/*
 * done -- DONE records, for as long as the START may be found
 *
 * Segments that are pinned stay while younger ones leave. A START in a pinned
 * one must not outlive its DONE: after a power cut the recording would seem
 * unfinished, and be recovered from half of its records. So a DONE that would
 * leave with the oldest segment is written again, until no segment is left
 * that may hold the START.
 */
#include <stdlib.h>

#include "base/log.h"
#include "process/recorder/self.h"

struct dones {
	struct done *all;
	size_t count, room;
};

int done_open(struct recorder *self)
{
	self->dones = calloc(1, sizeof(*self->dones));
	return self->dones ? 0 : ENOMEM;
}

void done_close(struct recorder *self)
{
	if (self->dones)
		free(self->dones->all);
	free(self->dones);
	self->dones = NULL;
}

void done_add(struct recorder *self, const struct done *done)
{
	struct dones *d = self->dones;

	if (d->count == d->room) {
		size_t room = d->room ? 2 * d->room : 64;
		struct done *more = realloc(d->all, room * sizeof(*more));

		if (!more) {
			log_error("no memory to remember a recording's end");
			return;
		}
		d->all = more;
		d->room = room;
	}
	d->all[d->count++] = *done;
}

static bool needed(const struct recorder *self, const struct done *done)
{
	return journal_has(self->journal, done->lowest, done->segment);
}

int done_spool(struct recorder *self)
{
	uint64_t oldest = journal_oldest(self->journal);
	struct dones *d = self->dones;

	if (oldest == journal_segment(self->journal))
		return 0;
	for (size_t i = 0; i < d->count; i++) {
		struct done *done = &d->all[i];
		struct spool_done record = { done->state, done->reason };
		struct writer *w;
		int err;

		if (done->segment > oldest || !needed(self, done))
			continue;
		err = journal_room(self->journal, true, &w);
		if (!err)
			err = spool_write_done(w, done->id, 0, &record);
		if (err)
			return err;
		journal_added(self->journal);
		done->carried = true;
	}
	return 0;
}

void done_spool_again(struct recorder *self)
{
	for (size_t i = 0; i < self->dones->count; i++)
		self->dones->all[i].carried = false;
}

void done_committed(struct recorder *self, uint64_t segment)
{
	struct dones *d = self->dones;
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++) {
		struct done *done = &d->all[i];

		if (done->carried)
			done->segment = segment;
		done->carried = false;
		if (needed(self, done))
			d->all[n++] = *done;
	}
	d->count = n;
}

uint64_t done_lowest_segment(const struct recorder *self)
{
	uint64_t lowest = UINT64_MAX;

	for (size_t i = 0; i < self->dones->count; i++)
		if (self->dones->all[i].segment < lowest &&
		    needed(self, &self->dones->all[i]))
			lowest = self->dones->all[i].segment;
	return lowest;
}
