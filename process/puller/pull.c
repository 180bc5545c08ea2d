/*
 * pull -- one feed, item by item
 *
 * The happy path: the ledger says how far it was pulled; the list from there
 * is fetched; of each item the ledger says whether it is new; its body is made
 * durable; then the ledger commits the item and the place behind it in one
 * transaction. When the list is at its end, the other side is told how far we
 * have it, and we wait.
 *
 * The failures: whatever is cut off, anywhere, leaves what was committed and
 * perhaps a body that nobody knows of yet. So a failure is always the same:
 * wait, ask the ledger where we are, go on from there.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "process/puller/self.h"

enum {
	LEDGER_MS = 15000,
	FAILURES_ALARM = 3,
	FAILURES_SLOWEST = 6, /* times as slow it gets, no slower */
	ALARM_EVERY_MS = 5 * 60 * 1000,
	CLOCK_AHEAD_MS = 5 * 60 * 1000,
	FETCH_MS = 60 * 1000,
};

static void begin(struct pull *p);
static void list(struct pull *p);
static void next_item(struct pull *p);

static const struct feed *feed_of(const struct pull *p)
{
	return &p->self->process->settings->feeds[p->index];
}

/* ---- waiting, and failing */

static void on_timer(uv_timer_t *timer)
{
	struct pull *p = timer->data;

	if (p->step == PULL_IDLE)
		begin(p);
	else
		pull_fail(p, "the ledger does not answer");
}

static void wait_for(struct pull *p, enum pull_step step, uint64_t ms)
{
	p->step = step;
	if (ms)
		(void)uv_timer_start(&p->timer, on_timer, ms, 0);
	else
		(void)uv_timer_stop(&p->timer);
}

void pull_alarm(struct pull *p, enum alarm_code code)
{
	uint64_t now = clock_mono_ms();

	if (p->alarm_ms && now - p->alarm_ms < ALARM_EVERY_MS)
		return;
	p->alarm_ms = now;
	process_alarm(p->self->process, code);
}

static void again_later(struct pull *p)
{
	unsigned times =
		p->failures < FAILURES_SLOWEST ? p->failures : FAILURES_SLOWEST;

	if (p->step == PULL_LIST || p->step == PULL_BODY ||
	    p->step == PULL_TELLING)
		(void)!IPC_SEND(p->self->process->peers[ROLE_COURIER],
				FETCH_STOP, p->fetch, .reserved = 0);
	pull_body_drop(p);
	wait_for(p, PULL_IDLE, (uint64_t)feed_of(p)->every_s * 1000 * times);
}

/* Said once, until something else is wrong, or it went well again. */
static bool is_news(struct pull *p, const char *why)
{
	bool is = !p->failures++ || strcmp(why, p->said) != 0;

	p->said = why;
	return is;
}

void pull_fail(struct pull *p, const char *why)
{
	if (is_news(p, why))
		log_notice("feed %s: %s; it is tried again", feed_of(p)->name,
			   why);
	if (p->failures >= FAILURES_ALARM)
		pull_alarm(p, ALARM_FEED_AWAY);
	again_later(p);
}

void pull_wrong(struct pull *p, const char *why)
{
	if (is_news(p, why))
		log_error("feed %s: %s; nothing more is pulled from it until "
			  "that is mended there",
			  feed_of(p)->name, why);
	pull_alarm(p, ALARM_FEED_WRONG);
	again_later(p);
}

bool pull_fetch(struct pull *p, enum pull_step step, bool post,
		const char *path, uint64_t from, uint64_t max)
{
	struct ipc_message m = { .type = IPC_FETCH,
				 .about = ++p->self->fetch,
				 .fd = -1 };

	m.u.FETCH.target = FETCH_FEED;
	m.u.FETCH.index = (uint16_t)p->index;
	m.u.FETCH.method = post ? FETCH_POST : FETCH_GET;
	m.u.FETCH.path = text_of(path);
	m.u.FETCH.from = from;
	m.u.FETCH.max = max;
	m.u.FETCH.credit = PULL_CREDIT;
	/* a body may take its time, as long as something comes */
	m.u.FETCH.timeout_ms = step == PULL_BODY ? 0 : FETCH_MS;
	p->fetch = m.about;
	wait_for(p, step, 0);
	if (!ipc_send(p->self->process->peers[ROLE_COURIER], &m))
		return true;
	p->step = PULL_IDLE; /* there is nothing to stop */
	pull_fail(p, "the courier is away");
	return false;
}

/* ---- where we are, and from there */

static int ask_ledger(struct pull *p, enum pull_step step,
		      struct ipc_message *m)
{
	m->about = p->index + 1;
	m->fd = -1;
	wait_for(p, step, LEDGER_MS);
	if (!ipc_send(p->self->process->peers[ROLE_LEDGER], m))
		return 0;
	pull_fail(p, "the ledger is away");
	return ENOTCONN;
}

static void begin(struct pull *p)
{
	struct ipc_message m = { .type = IPC_PULL_WHERE };

	m.u.PULL_WHERE.feed = text_of(feed_of(p)->name);
	(void)!ask_ledger(p, PULL_WHERE, &m);
}

static void on_where(struct pull *p, const struct ipc_PULL_AT *m)
{
	if (text_copy(p->cursor, sizeof(p->cursor), m->cursor))
		pull_fail(p, "the ledger's answer makes no sense");
	else
		list(p);
}

/* ---- the list */

static void list(struct pull *p)
{
	char path[ITEM_CURSOR_MAX + 16];
	struct writer w = writer_on(path, sizeof(path) - 1);

	writer_printf(&w, "/feed?after=%s", p->cursor);
	path[w.len] = '\0';
	p->list_len = p->list_at = 0;
	(void)pull_fetch(p, PULL_LIST, false, path, 0, sizeof(p->list));
}

/* They have another database than when we were there: what is here is known. */
static void start_anew(struct pull *p)
{
	if (!p->cursor[0]) {
		pull_wrong(p, "it has no beginning");
		return;
	}
	log_notice("feed %s: our place in it is gone, as after a database was "
		   "put back; it is read from its beginning",
		   feed_of(p)->name);
	p->cursor[0] = p->told[0] = '\0';
	list(p);
}

static void list_fetched(struct pull *p, const struct ipc_FETCHED *m)
{
	struct bytes b = m->bytes;

	if (m->outcome == FETCH_MORE) {
		if (m->status != 200 || b.len > sizeof(p->list) - p->list_len)
			return;
		memcpy(p->list + p->list_len, b.p, b.len);
		p->list_len += b.len;
	} else if (m->outcome != FETCH_DONE) {
		pull_fail(p,
			  fetch_outcome_text((enum fetch_outcome)m->outcome));
	} else if (m->status == 410) {
		start_anew(p);
	} else if (m->status == 403) {
		pull_wrong(p, "it does not know our certificate as a peer's");
	} else if (m->status != 200) {
		pull_fail(p, "it answers, but not with a list");
	} else {
		next_item(p);
	}
}

/* ---- the end of the list: they are told, once */

static void rest(struct pull *p)
{
	p->failures = 0;
	p->alarm_ms = 0;
	wait_for(p, PULL_IDLE, (uint64_t)feed_of(p)->every_s * 1000);
}

static void list_ended(struct pull *p)
{
	char path[ITEM_CURSOR_MAX + 32];
	struct writer w = writer_on(path, sizeof(path) - 1);

	if (!strcmp(p->told, p->cursor)) {
		rest(p);
		return;
	}
	writer_printf(&w, "/feed/taken?cursor=%s", p->cursor);
	path[w.len] = '\0';
	(void)pull_fetch(p, PULL_TELLING, true, path, 0, 4096);
}

static void told_fetched(struct pull *p, const struct ipc_FETCHED *m)
{
	if (m->outcome == FETCH_MORE)
		return;
	if (m->outcome != FETCH_DONE || m->status != 200) {
		pull_fail(p, "it does not hear how far we are");
		return;
	}
	memcpy(p->told, p->cursor, sizeof(p->told));
	rest(p);
}

/* ---- an item */

static void ask_wanted(struct pull *p)
{
	struct ipc_message m = { .type = IPC_PULL_ASK };

	memcpy(m.u.PULL_ASK.recording_id, p->item.id, ID_BYTES);
	memcpy(m.u.PULL_ASK.kc, p->item.kc, sizeof(p->item.kc));
	m.u.PULL_ASK.state = (uint8_t)p->item.state;
	(void)!ask_ledger(p, PULL_ASKED, &m);
}

static void say_clock(struct pull *p)
{
	if (p->item.at_ms < clock_wall_ms() + CLOCK_AHEAD_MS || p->said_clock)
		return;
	p->said_clock = true;
	log_error("feed %s: its clock is ahead of ours; times of its "
		  "recordings are wrong, nothing else is",
		  feed_of(p)->name);
	process_alarm(p->self->process, ALARM_FEED_CLOCK);
}

static void next_item(struct pull *p)
{
	const char *at = p->list + p->list_at;
	const char *end = memchr(at, '\n', p->list_len - p->list_at);
	int err;

	if (!p->list_len) {
		list_ended(p);
		return;
	}
	if (p->list_at == p->list_len) {
		list(p);
		return;
	}
	if (!end) {
		pull_fail(p, "its list was cut off");
		return;
	}
	p->list_at += (size_t)(end - at) + 1;
	err = item_read((struct text){ at, (size_t)(end - at) },
			feed_of(p)->controller, &p->item);
	p->is_let_go = err == ENODATA;
	if (err && !p->is_let_go) {
		pull_wrong(p, err == EPERM
				      ? "it gives another controller's"
				      : "an item is malformed, or not what its "
					"log says");
		return;
	}
	say_clock(p);
	ask_wanted(p);
}

static void store(struct pull *p)
{
	const struct item *i = &p->item;
	struct ipc_message m = { .type = IPC_PULL_ITEM };
	struct ipc_PULL_ITEM *to = &m.u.PULL_ITEM;

	to->feed = text_of(feed_of(p)->name);
	to->cursor = text_of(i->cursor);
	to->origin = text_of(i->origin);
	to->entry = i->entry;
	to->controller = text_of(i->controller);
	to->at_ms = (uint64_t)i->at_ms;
	to->state = (uint8_t)i->state;
	to->reason = (uint8_t)i->reason;
	to->length_ms = i->length_ms;
	to->body_bytes = i->body_bytes;
	memcpy(to->recording_id, i->id, sizeof(i->id));
	memcpy(to->body_name, i->body, sizeof(i->body));
	memcpy(to->kc, i->kc, sizeof(i->kc));
	memcpy(to->pn, i->pn, sizeof(i->pn));
	memcpy(to->body_sha256, i->body_sha256, sizeof(i->body_sha256));
	to->envelope = (struct bytes){ i->envelope, i->envelope_len };
	to->card_envelope =
		(struct bytes){ i->card_envelope, i->card_envelope_len };
	to->card = (struct bytes){ i->card, i->card_len };
	(void)!ask_ledger(p, PULL_STORING, &m);
}

static void on_wanted(struct pull *p, const struct ipc_PULL_WANTED *m)
{
	if (m->wanted == PULL_DIFFERS)
		pull_wrong(p,
			   "of a recording that is here it gives other keys");
	else if (m->wanted == PULL_KNOWN || !item_has_body(&p->item))
		store(p);
	else if (p->is_let_go)
		pull_wrong(p, "it let an envelope go that never came here");
	else
		pull_body_begin(p);
}

void pull_has_body(struct pull *p)
{
	store(p);
}

static void on_stored(struct pull *p)
{
	memcpy(p->cursor, p->item.cursor, sizeof(p->cursor));
	p->failures = 0;
	next_item(p);
}

/* ---- messages */

static void on_fetched(struct pull *p, const struct ipc_message *m)
{
	const struct ipc_FETCHED *f = &m->u.FETCHED;

	if (m->about != p->fetch)
		return;
	if (p->step == PULL_LIST)
		list_fetched(p, f);
	else if (p->step == PULL_BODY)
		pull_body_fetched(p, f);
	else if (p->step == PULL_TELLING)
		told_fetched(p, f);
}

void pull_message(struct pull *p, const struct ipc_message *m)
{
	if (m->type == IPC_FETCHED)
		on_fetched(p, m);
	else if (m->type == IPC_PULL_AT && p->step == PULL_WHERE)
		on_where(p, &m->u.PULL_AT);
	else if (m->type == IPC_PULL_WANTED && p->step == PULL_ASKED &&
		 !memcmp(m->u.PULL_WANTED.recording_id, p->item.id, ID_BYTES))
		on_wanted(p, &m->u.PULL_WANTED);
	else if (m->type == IPC_PULL_STORED && p->step == PULL_STORING &&
		 !memcmp(m->u.PULL_STORED.recording_id, p->item.id, ID_BYTES))
		on_stored(p);
}

void pull_peer_gone(struct pull *p, enum role role)
{
	bool fetches = p->step == PULL_LIST || p->step == PULL_BODY ||
		       p->step == PULL_TELLING;

	if (p->step != PULL_IDLE && (role == ROLE_COURIER ? fetches : !fetches))
		pull_fail(p, role == ROLE_COURIER ? "the courier is away"
						  : "the ledger is away");
}

int pull_start(struct pull *p)
{
	if (uv_timer_init(p->self->process->loop, &p->timer))
		return ENOMEM;
	p->timer.data = p;
	wait_for(p, PULL_IDLE, 1);
	return 0;
}
