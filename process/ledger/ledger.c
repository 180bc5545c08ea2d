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

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "process/ledger/ask.h"
#include "process/ledger/book.h"
#include "process/ledger/kept.h"
#include "process/ledger/node.h"

enum {
	/* a commit costs files and syncs, whatever is in it */
	BATCH_MS = 250,
	WAITING_MAX = 4096, /* senders to be told after one flush */
	STORED_AT_ONCE = 64,
	SECRET_BYTES = 8192,
	/* events that others kept through a power cut come first */
	INTERRUPTED_MS = 2000,
	PATH_BYTES = SETTINGS_PATH_MAX + 16,
};

/* Who is told what once it is durable. */
struct waiting {
	enum ipc_type type; /* EVENTS_STORED, ENVELOPE_STORED, ... */
	enum role role;
	uint64_t about;
	uint8_t id[ID_BYTES];
	uint64_t entry;
};

struct ledger {
	struct process *process;
	char dir[PATH_BYTES];
	struct note_signer signer;
	struct book *book;
	struct kept kept;
	uv_timer_t batch, interrupted;
	bool urgent; /* the batch ends with this turn of the loop */
	bool said_stale;
	bool leaving; /* once nobody is left who could say something */
	unsigned waiting_count;
	struct waiting waiting[WAITING_MAX];
};

/* ---- flushing */

/* A sender that is gone, or does not read, asks again. */
static void tell(struct ledger *l, const struct waiting *w)
{
	struct ipc_message m = { .type = w->type, .about = w->about, .fd = -1 };

	if (w->type == IPC_ENVELOPE_STORED)
		memcpy(m.u.ENVELOPE_STORED.recording_id, w->id, ID_BYTES);
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
	tell_events(l, ROLE_SWITCH);
	tell_events(l, ROLE_RECORDER);
	for (unsigned i = 0; i < l->waiting_count; i++)
		if (l->waiting[i].type != IPC_EVENTS_STORED)
			tell(l, &l->waiting[i]);
	l->waiting_count = 0;
}

/* Nothing was told: the next ledger hears it all again. */
static void give_up(const char *at, int err)
{
	log_error("cannot go on %s: %s; starting anew", at, strerror(err));
	exit(EXIT_FAILURE);
}

static void flush(struct ledger *l)
{
	int err;

	(void)uv_timer_stop(&l->batch);
	l->urgent = false;
	if (!book_waiting(l->book))
		return;
	err = book_flush(l->book);
	if (err)
		give_up("writing", err);
	metric_add(METRIC_ledger_commits, 1);
	metric_set(METRIC_ledger_entries,
		   folder_published(book_folder(l->book)));
	metric_set(METRIC_ledger_waiting, 0);
	tell_all(l);
}

static void on_batch(uv_timer_t *timer)
{
	flush(timer->data);
}

static void wait_for_flush(struct ledger *l, const struct waiting *w,
			   bool urgent)
{
	l->waiting[l->waiting_count++] = *w;
	metric_set(METRIC_ledger_waiting, l->waiting_count);
	if (l->waiting_count == WAITING_MAX) {
		flush(l);
		return;
	}
	if (urgent && !l->urgent)
		(void)uv_timer_start(&l->batch, on_batch, 0, 0);
	else if (!uv_is_active((uv_handle_t *)&l->batch))
		(void)uv_timer_start(&l->batch, on_batch, BATCH_MS, 0);
	l->urgent |= urgent;
}

/* ---- messages */

/* A person waits for these, or a release hangs on them. */
static bool is_urgent(enum event_type type)
{
	switch (type) {
	case EVENT_DISCLOSURE_REQUESTED:
	case EVENT_DISCLOSURE_APPROVED:
	case EVENT_DISCLOSURE_RELEASED:
	case EVENT_DISCLOSURE_REFUSED:
	case EVENT_USER_ADDED:
	case EVENT_USER_REMOVED:
	case EVENT_KEY_CREATED:
	case EVENT_KEY_ROTATED:
	case EVENT_REGISTER_LOADED:
	case EVENT_RECORDING_HELD:
	case EVENT_RECORDING_ERASED:
		return true;
	default:
		return false;
	}
}

static bool is_recorders(enum event_type type)
{
	switch (type) {
	case EVENT_RECORDING_STARTED:
	case EVENT_RECORDING_PAUSED:
	case EVENT_RECORDING_RESUMED:
	case EVENT_RECORDING_SEALED:
	case EVENT_RECORDING_RECOVERING:
	case EVENT_RECORDING_RECOVERED:
		return true;
	default:
		return false;
	}
}

/*
 * Each of its own alone: the switch speaks with the network, and whoever is in
 * it shall seal, erase or release nothing in the log. The recorder also brings
 * what the switch said while we were away. People's entries come by the desk's
 * questions (ask_read.c).
 */
static bool may_say(enum role role, enum event_type type)
{
	if (is_recorders(type))
		return role == ROLE_RECORDER;
	switch (type) {
	case EVENT_CALL_RECEIVED:
	case EVENT_CALL_ROUTED:
	case EVENT_CALL_REFUSED:
	case EVENT_CALL_HANDED_OVER:
	case EVENT_CALL_QUEUED:
	case EVENT_CALL_NOTICE_PLAYED:
	case EVENT_CALL_ANSWERED:
	case EVENT_CALL_HELD:
	case EVENT_CALL_TRANSFERRED:
	case EVENT_CALL_ENDED:
	case EVENT_CALL_ASKED:
	case EVENT_CALL_OBJECTED:
	case EVENT_RECORDING_NOT_RECORDED:
	case EVENT_RECORDING_ALARM:
	case EVENT_REGISTER_LOADED:
		return role == ROLE_SWITCH || role == ROLE_RECORDER;
	default:
		return false;
	}
}

/*
 * What is entered once by its id. The ids of the recorder's events follow from
 * the recording's, which others know: with an id of their choice they must not
 * make one of these seem told already.
 */
static void event_id(const struct ipc_EVENT *in, uint8_t to[ID_BYTES])
{
	uint8_t digest[crypto_hash_sha256_BYTES];

	memcpy(to, in->id, ID_BYTES);
	if (!is_recorders((enum event_type)in->type))
		return;
	(void)crypto_hash_sha256(digest, in->id, ID_BYTES);
	memcpy(to, digest, ID_BYTES);
}

static void on_event(struct ledger *l, struct ipc *from,
		     const struct ipc_message *m)
{
	const struct ipc_EVENT *in = &m->u.EVENT;
	struct book_event e = { .type = (enum event_type)in->type,
				.at_ms = (int64_t)in->at_ms,
				.organisation = in->organisation,
				.details = in->details };
	struct waiting w = { .type = IPC_EVENTS_STORED,
			     .role = ipc_peer(from),
			     .about = m->about };
	int err;

	if (!may_say(ipc_peer(from), e.type)) {
		metric_add(METRIC_ipc_refused, 1);
		log_error("an event was dropped: not the sender's to say");
		return;
	}
	event_id(in, e.id);
	memcpy(w.id, in->id, ID_BYTES);
	err = book_enter(l->book, &e, &w.entry);
	if (err == EPERM)
		return; /* rolled back: said already; the sender keeps it */
	if (err == EINVAL) {
		log_error("an event that cannot be a leaf was dropped");
		return;
	}
	if (err)
		give_up("entering an event", err);
	wait_for_flush(l, &w, is_urgent(e.type));
}

static void on_envelope(struct ledger *l, struct ipc *from,
			const struct ipc_message *m)
{
	const struct ipc_ENVELOPE_PUT *in = &m->u.ENVELOPE_PUT;
	struct database_recording r = { .at_ms = (int64_t)in->at_ms,
					.controller = in->controller,
					.kc = { in->kc, sizeof(in->kc) },
					.pn = { in->pn, sizeof(in->pn) },
					.envelope = in->envelope,
					.card_envelope = in->card_envelope };
	struct waiting w = { .type = IPC_ENVELOPE_STORED,
			     .role = ipc_peer(from),
			     .about = m->about };
	int err;

	memcpy(r.id, in->recording_id, ID_BYTES);
	memcpy(r.body, in->body_name, ID_BYTES);
	memcpy(w.id, in->recording_id, ID_BYTES);
	err = book_recording_put(l->book, &r);
	if (err == EPERM)
		return;
	if (err)
		give_up("keeping an envelope", err);
	wait_for_flush(l, &w, false);
}

static void on_recording_end(struct ledger *l, struct ipc *from,
			     const struct ipc_message *m)
{
	const struct ipc_RECORDING_END *in = &m->u.RECORDING_END;
	struct database_recording r = {
		.state = (enum record_state)in->state,
		.reason = (enum record_reason)in->reason,
		.length_ms = in->length_ms,
		.body_bytes = in->body_bytes,
		.body_sha256 = { in->body_sha256, sizeof(in->body_sha256) },
		.card = in->card,
	};
	struct waiting w = { .type = IPC_RECORDING_END_STORED,
			     .role = ipc_peer(from),
			     .about = m->about };
	int err;

	memcpy(r.id, in->recording_id, ID_BYTES);
	memcpy(w.id, in->recording_id, ID_BYTES);
	err = book_recording_end(l->book, &r);
	if (err == EPERM)
		return;
	if (err == ENOENT) {
		/* its envelope comes again, and then so does this */
		log_error("the end of a recording without an envelope");
		return;
	}
	if (err)
		give_up("keeping the end of a recording", err);
	wait_for_flush(l, &w, false);
}

/* To the sender it is as an event: told of, once it is durable. */
static void on_keep(struct ledger *l, struct ipc *from,
		    const struct ipc_message *m)
{
	struct waiting w = { .type = IPC_EVENTS_STORED,
			     .role = ipc_peer(from),
			     .about = m->about };
	int err = kept_put(&l->kept, &m->u.KEEP_CALL);

	if (err == EPERM)
		return;
	if (err)
		give_up("keeping a call", err);
	memcpy(w.id, m->u.KEEP_CALL.id, ID_BYTES);
	wait_for_flush(l, &w, false);
}

static void say_stale(struct ledger *l)
{
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

	if (err) {
		ask_refuse(&w, err == EPERM ? "not-permitted" : "malformed");
	} else {
		flush(l);
		err = ask_answer(l->book, &ask, &w);
		if (err)
			give_up("answering", err);
		if (book_check(l->book))
			say_stale(l);
		metric_set(METRIC_ledger_entries,
			   book_folder(l->book)
				   ? folder_published(book_folder(l->book))
				   : 0);
	}
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
		on_event(l, from, m);
		break;
	case IPC_ENVELOPE_PUT:
		on_envelope(l, from, m);
		break;
	case IPC_RECORDING_END:
		on_recording_end(l, from, m);
		break;
	case IPC_KEEP_CALL:
		on_keep(l, from, m);
		break;
	case IPC_LEDGER_ASK:
		on_ask(l, from, m);
		break;
	default:
		break;
	}
}

/* ---- the life of the process */

static int ledger_prepare(struct process *p, void **ret_self)
{
	char path[PATH_BYTES + sizeof("/log.key")];
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
	return 0;
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
		give_up("looking for interrupted recordings", err);
	flush(l);
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
		give_up("entering the node's start or end", err);
	flush(l);
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
	if (rolled_back) {
		say_stale(l);
		return 0;
	}
	metric_set(METRIC_ledger_entries,
		   folder_published(book_folder(l->book)));
	say_node(l, EVENT_NODE_STARTED);
	(void)uv_timer_start(&l->interrupted, on_interrupted, INTERRUPTED_MS,
			     0);
	return 0;
}

static bool anybody_here(const struct process *p)
{
	return p->peers[ROLE_SWITCH] || p->peers[ROLE_RECORDER] ||
	       p->peers[ROLE_DESK];
}

/*
 * The parent drains the ledger last, when those who speak to it have ended.
 * When the parent died nobody keeps that order: wait for them.
 */
static void ledger_drain(struct process *p, void *self, bool now)
{
	struct ledger *l = self;

	flush(l);
	l->leaving = true;
	if (now || p->parent || !anybody_here(p))
		leave(l);
}

static void ledger_peer(struct process *p, void *self, enum role role,
			unsigned index, bool here)
{
	struct ledger *l = self;

	(void)role;
	(void)index;
	if (!here && l->leaving && !anybody_here(p)) {
		flush(l);
		leave(l);
	}
}

const struct process_ops ledger_ops = {
	.role = ROLE_LEDGER,
	.secret_bytes = SECRET_BYTES,
	.prepare = ledger_prepare,
	.confinement = ledger_confinement,
	.start = ledger_start,
	.message = ledger_message,
	.peer = ledger_peer,
	.drain = ledger_drain,
};
