/*
 * What was entered is made durable together, and then its senders are told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "process/ledger/self.h"

enum {
	/* a commit costs files and syncs, whatever is in it */
	BATCH_MS = 100,
	STORED_AT_ONCE = 64,
};

/* A sender that is gone, or does not read, asks again. */
static void tell(struct ledger *l, const struct waiting *w)
{
	struct ipc_message m = { .type = w->type, .about = w->about, .fd = -1 };

	if (w->type == IPC_ENVELOPE_STORED)
		memcpy(m.u.ENVELOPE_STORED.recording_id, w->id, ID_BYTES);
	else if (w->type == IPC_PULL_STORED)
		memcpy(m.u.PULL_STORED.recording_id, w->id, ID_BYTES);
	else
		memcpy(m.u.RECORDING_END_STORED.recording_id, w->id, ID_BYTES);
	(void)!ipc_send(l->process->peers[w->role], &m);
}

/* Of events there are many: one message for as many as it can carry. */
static void tell_events(struct ledger *l, enum role role)
{
	struct ipc *to = l->process->peers[role];
	uint8_t events[STORED_AT_ONCE * STORED_BYTES];
	size_t len = 0;

	for (unsigned i = 0; i < l->waiting_count; i++) {
		const struct waiting *w = &l->waiting[i];
		struct writer e;

		if (w->type != IPC_EVENTS_STORED || w->role != role)
			continue;
		memcpy(events + len, w->id, ID_BYTES);
		e = writer_on(events + len + ID_BYTES, sizeof(w->entry));
		writer_u64(&e, w->entry);
		len += STORED_BYTES;
		if (len < sizeof(events))
			continue;
		(void)!IPC_SEND(to, EVENTS_STORED, 0,
				.events = { events, len });
		len = 0;
	}
	if (len)
		(void)!IPC_SEND(to, EVENTS_STORED, 0,
				.events = { events, len });
}

static void tell_all(struct ledger *l)
{
	/* whoever said something, not only those who often do */
	for (int role = 0; role < ROLE_COUNT; role++)
		tell_events(l, (enum role)role);
	for (unsigned i = 0; i < l->waiting_count; i++)
		if (l->waiting[i].type != IPC_EVENTS_STORED)
			tell(l, &l->waiting[i]);
	l->waiting_count = 0;
}

void ledger_give_up(const char *at, int err)
{
	log_error("cannot go on %s: %s; starting anew", at, strerror(err));
	exit(EXIT_FAILURE);
}

void ledger_flush(struct ledger *l)
{
	int err;

	(void)uv_timer_stop(&l->batch);
	l->urgent = false;
	if (!book_waiting(l->book))
		return;
	err = book_flush(l->book);
	if (err)
		ledger_give_up("writing", err);
	metric_add(METRIC_ledger_commits, 1);
	metric_set(METRIC_ledger_entries,
		   folder_published(book_folder(l->book)));
	metric_set(METRIC_ledger_waiting, 0);
	tell_all(l);
}

static void on_batch(uv_timer_t *timer)
{
	ledger_flush(timer->data);
}

void ledger_tell_later(struct ledger *l, const struct waiting *w, bool urgent)
{
	l->waiting[l->waiting_count++] = *w;
	metric_set(METRIC_ledger_waiting, l->waiting_count);
	if (l->waiting_count == LEDGER_WAITING_MAX) {
		ledger_flush(l);
		return;
	}
	if (urgent && !l->urgent)
		(void)uv_timer_start(&l->batch, on_batch, 0, 0);
	else if (!uv_is_active((uv_handle_t *)&l->batch))
		(void)uv_timer_start(&l->batch, on_batch, BATCH_MS, 0);
	l->urgent |= urgent;
}
