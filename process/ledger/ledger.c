/*
 * ledger -- what came is entered at once, made durable together, then answered
 *
 * The happy path: a message is entered into the open transaction and its
 * sender noted; after BATCH_MS, or at the end of this turn of the loop for what
 * a person waits for, book_flush() makes all of it last, and every sender is
 * told. The failures: anything that goes wrong while entering or flushing ends
 * the process. Nobody was told, so everybody says it again to the next one,
 * which begins from what is durable; what was durable already is known by its
 * event id. A log that is not ours (rolled back, replaced) ends nothing: the
 * process stays, refuses what would rely on the log, and says so.
 */
#include "process/ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "process/ledger/ask.h"
#include "process/ledger/node.h"
#include "process/ledger/self.h"

enum {
	SECRET_BYTES = 8192,
	/* events that others kept through a power cut come first */
	INTERRUPTED_MS = 2000,
};

static void say_stale(void *arg)
{
	struct ledger *l = arg;

	if (l->said_stale)
		return;
	l->said_stale = true;
	process_alarm(l->process, ALARM_LOG_ROLLED_BACK);
}

static void on_ask(struct ledger *l, struct ipc *from,
		   const struct ipc_message *m)
{
	static uint8_t buf[ASK_REPLY_MAX];
	static struct ask ask;
	struct writer w = writer_on(buf, sizeof(buf));
	struct text json = { (const char *)m->u.LEDGER_ASK.json.p,
			     m->u.LEDGER_ASK.json.len };
	int err = ask_read(json, &ask);

	ledger_flush(l);
	if (!err && ask.what == ASK_COSIGNED && l->cosigner &&
	    !book_check(l->book)) {
		cosigner_wait(l->cosigner, m->about, ask.from);
		return;
	}
	if (err) {
		ask_refuse(&w, err == EPERM ? "not-permitted" : "malformed");
	} else {
		ask.now_ms = clock_wall_ms();
		err = ask_answer(l->book, &ask, &w);
		if (err)
			ledger_give_up("answering", err);
		if (ask.what == ASK_APPEND || ask.what == ASK_ACT)
			cosigner_soon(l->cosigner);
		if (book_check(l->book))
			say_stale(l);
		metric_set(METRIC_ledger_entries,
			   book_folder(l->book)
				   ? folder_published(book_folder(l->book))
				   : 0);
	}
	if (!err && ask.what == ASK_ACT)
		ledger_tell_bodies(l);
	(void)!IPC_SEND(from, LEDGER_REPLY, m->about, .more = 0,
			.json = { buf, w.len });
}

static void ledger_message(struct process *p, void *self, struct ipc *from,
			   struct ipc_message *m)
{
	struct ledger *l = self;

	(void)p;
	switch (m->type) {
	case IPC_EVENT:
		ledger_on_event(l, from, m);
		break;
	case IPC_ENVELOPE_PUT:
		ledger_on_envelope(l, from, m);
		break;
	case IPC_RECORDING_END:
		ledger_on_recording_end(l, from, m);
		break;
	case IPC_KEEP_CALL:
		ledger_on_keep(l, from, m);
		break;
	case IPC_PULL_WHERE:
	case IPC_PULL_ASK:
	case IPC_PULL_ITEM:
		ledger_on_pull(l, from, m);
		break;
	case IPC_BODY_ERASED:
		ledger_on_body_erased(l, m);
		break;
	case IPC_LEDGER_ASK:
		on_ask(l, from, m);
		break;
	case IPC_FETCHED:
		cosigner_fetched(l->cosigner, m);
		break;
	default:
		break;
	}
}

/* ---- the life of the process */

static int ledger_prepare(struct process *p, void **ret_self)
{
	char path[LEDGER_PATH_BYTES + sizeof("/log.key")];
	struct ledger *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return ENOMEM;
	l->process = p;
	(void)snprintf(l->dir, sizeof(l->dir), "%s/ledger", p->settings->state);
	(void)snprintf(path, sizeof(path), "%s/log.key", l->dir);
	err = ledger_key_load(path, &l->signer);
	if (err) {
		log_error("cannot load the log's signing key (ledger/log.key "
			  "below state): %s",
			  strerror(err));
		free(l);
		return err;
	}
	*ret_self = l;
	return cosigner_new(&l->cosigner, p);
}

static void ledger_confinement(struct process *p, void *self, struct confine *c)
{
	const struct ledger *l = self;

	(void)p;
	c->files = true;
	c->paths[c->path_count].path = l->dir;
	c->paths[c->path_count++].write = true;
}

/*
 * An answered call from before this start whose recording has not ended was
 * cut off with everything else. (A ledger that alone was restarted finds calls
 * that were answered after the parent started: they are left alone.)
 */
static void on_interrupted(uv_timer_t *timer)
{
	struct ledger *l = timer->data;
	unsigned count = 0;
	int err;

	err = book_interrupted(l->book, (int64_t)l->process->started_ms,
			       clock_wall_ms(), &count);
	if (err)
		ledger_give_up("looking for interrupted recordings", err);
	ledger_flush(l);
	if (!count)
		return;
	log_notice("%u recordings were interrupted", count);
	process_alarm(l->process, ALARM_RECORDING_INTERRUPTED);
}

static void say_node(struct ledger *l, enum event_type type)
{
	const struct settings *s = l->process->settings;
	const char *name = *s->organisation ? s->organisation : s->log_origin;
	int err = node_say(l->book, type, name, l->process->started_ms,
			   clock_wall_ms());

	if (err == EPERM)
		return; /* rolled back: said already */
	if (err)
		ledger_give_up("entering the node's start or end", err);
	ledger_flush(l);
}

/* Nobody says anything any more. */
static void leave(struct ledger *l)
{
	say_node(l, EVENT_NODE_STOPPED);
	process_drained(l->process, true);
}

/* The book is opened confined, so that its files are the ledger's own. */
static int ledger_start(struct process *p, void *self)
{
	struct ledger *l = self;
	bool rolled_back = false;
	int err = book_open(&l->book, l->dir, &l->signer, &rolled_back);

	if (err) {
		log_error("cannot open the log: %s", strerror(err));
		return err;
	}
	l->batch.data = l->interrupted.data = l;
	err = uv_timer_init(p->loop, &l->batch);
	if (!err)
		err = uv_timer_init(p->loop, &l->interrupted);
	if (err)
		return ENOMEM;
	err = kept_start(&l->kept, p, l->book);
	if (err) {
		log_error("cannot forget what was kept of calls: %s",
			  strerror(err));
		return err;
	}
	err = ledger_start_bodies(l);
	if (err) {
		log_error("cannot clean up after an erasure: %s",
			  strerror(err));
		return err;
	}
	if (rolled_back) {
		say_stale(l);
		return 0;
	}
	metric_set(METRIC_ledger_entries,
		   folder_published(book_folder(l->book)));
	say_node(l, EVENT_NODE_STARTED);
	(void)uv_timer_start(&l->interrupted, on_interrupted, INTERRUPTED_MS,
			     0);
	return l->cosigner ? cosigner_start(l->cosigner, l->book,
					    &l->signer.key, say_stale, l)
			   : 0;
}

static bool anybody_here(const struct process *p)
{
	return p->peers[ROLE_SWITCH] || p->peers[ROLE_RECORDER] ||
	       p->peers[ROLE_DESK] || p->peers[ROLE_PULLER];
}

/*
 * The parent drains the ledger last, when those who speak to it have ended.
 * When the parent died nobody keeps that order: wait for them.
 */
static void ledger_drain(struct process *p, void *self, bool now)
{
	struct ledger *l = self;

	ledger_flush(l);
	l->leaving = true;
	if (now || p->parent || !anybody_here(p))
		leave(l);
}

static void ledger_peer(struct process *p, void *self, enum role role,
			unsigned index, bool here)
{
	struct ledger *l = self;

	(void)index;
	if (here && (role == ROLE_RECORDER || role == ROLE_PULLER) && l->book)
		ledger_tell_bodies(l);
	if (role == ROLE_COURIER)
		cosigner_courier(l->cosigner, here);
	if (role == ROLE_DESK && !here)
		cosigner_desk_gone(l->cosigner);
	if (!here && l->leaving && !anybody_here(p)) {
		ledger_flush(l);
		leave(l);
	}
}

static void ledger_reload(struct process *p, void *self,
			  const struct settings *old_settings)
{
	struct ledger *l = self;

	(void)old_settings;
	cosigner_reload(l->cosigner, p->settings);
}

const struct process_ops ledger_ops = {
	.role = ROLE_LEDGER,
	.secret_bytes = SECRET_BYTES,
	.prepare = ledger_prepare,
	.confinement = ledger_confinement,
	.start = ledger_start,
	.message = ledger_message,
	.peer = ledger_peer,
	.reload = ledger_reload,
	.drain = ledger_drain,
};
