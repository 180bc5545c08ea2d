#include "process/ledger/cosigner.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "ipc/values.h"
#include "release/witnesses.h"
#include "tlog/folder_file.h"

enum {
	EVERY_MS = 60000,
	FIRST_MS = 200,
	SOON_MS = 1000,  /* with what else comes of it */
	RETRY_MS = 1000, /* while somebody waits */
	KEEP_MS = 20000, /* who signed the same lately need not again */
	TICK_MS = 250,   /* the same */
	FETCH_MS = 5000,
	ROUND_MOST_MS = 8000,
	ALARM_EVERY_MS = 5 * 60000,
};

/* ---- what was signed */

int cosigner_note(const struct cosigner *c, struct writer *w)
{
	unsigned lines = 0;

	writer_copy(w, c->note, c->note_len);
	for (unsigned i = 0; i < c->policy.witness_count; i++)
		if (c->all[i].signed_s && lines++ < COSIGNER_LINES)
			writer_copy(w, c->all[i].line, c->all[i].line_len);
	return writer_finish(w);
}

static bool is_quorum(const struct cosigner *c)
{
	uint64_t signed_s[POLICY_WITNESSES] = { 0 };

	for (unsigned i = 0; i < c->policy.witness_count; i++)
		signed_s[i] = c->all[i].signed_s;
	return policy_satisfied(&c->policy, signed_s);
}

/* It stays the newest only as long as nothing was entered since. */
static void publish(struct cosigner *c)
{
	struct text note = { c->cosigned, c->cosigned_len };
	int err = folder_cosigned(book_folder(c->book), note);

	if (err && err != EPROTO)
		log_error("the cosigned checkpoint cannot be written: %s",
			  strerror(err));
}

static void take_quorum(struct cosigner *c)
{
	struct writer w = writer_on(c->cosigned, sizeof(c->cosigned));

	if (!is_quorum(c) || cosigner_note(c, &w))
		return;
	c->cosigned_len = w.len;
	c->cosigned_size = c->size;
	c->cosigned_ms = clock_mono_ms();
	c->alarm_ms = 0;
	metric_set(METRIC_ledger_cosigned, c->size);
	publish(c);
}

/* ---- a round */

static bool is_over(const struct cosigner *c)
{
	for (unsigned i = 0; i < c->policy.witness_count; i++)
		if (c->all[i].about)
			return false;
	return true;
}

static void arm(struct cosigner *c);

static void say_no_quorum(struct cosigner *c)
{
	uint64_t now_ms = clock_mono_ms();

	if (is_quorum(c) || c->disowned ||
	    (c->alarm_ms && now_ms - c->alarm_ms < ALARM_EVERY_MS))
		return;
	c->alarm_ms = now_ms;
	process_alarm(c->process, ALARM_WITNESSES_AWAY);
}

/* Whoever has not answered yet is not waited for any longer. */
static void end_round(struct cosigner *c)
{
	uint64_t now_ms = clock_mono_ms();

	for (unsigned i = 0; i < c->policy.witness_count; i++) {
		struct cosigner_one *one = &c->all[i];

		if (!one->about)
			continue;
		(void)!IPC_SEND(c->process->peers[ROLE_COURIER], FETCH_STOP,
				one->about, .reserved = 0);
		one->about = 0;
	}
	c->running = false;
	if (c->disowned)
		return;
	say_no_quorum(c);
	c->next_ms = now_ms + (c->waiting_count ? RETRY_MS : EVERY_MS);
	cosigner_tell(c);
	/* what was entered while it ran is the next one's, at once */
	if (c->waiting_count &&
	    folder_published(book_folder(c->book)) > c->size)
		cosigner_round(c);
	arm(c);
}

static void step(struct cosigner *c)
{
	bool more = false;

	if (c->disowned)
		return;
	take_quorum(c);
	cosigner_tell(c);
	for (unsigned i = 0; i < c->waiting_count; i++)
		more |= c->waiting[i].size > c->size;
	if (c->running && (is_over(c) || (more && is_quorum(c))))
		end_round(c);
}

/* From the tiles as they are now: a tree that grew has the same inside. */
static int write_request(struct cosigner *c, struct cosigner_one *one,
			 struct writer *w)
{
	struct folder *folder = book_folder(c->book);
	struct folder_source source = { .dir_fd = folder_fd(folder) };
	struct tile_reader *tiles = malloc(sizeof(*tiles));
	int err;

	if (!tiles)
		return ENOMEM;
	tile_reader_init(tiles, folder_fetch, &source,
			 folder_published(folder));
	err = cosign_request(&one->cosign, tile_reader_hash, tiles, w);
	free(tiles);
	return err;
}

static void ask(struct cosigner *c, unsigned i)
{
	static uint8_t body[FETCH_BODY_MAX];
	struct writer w = writer_on(body, sizeof(body));
	struct cosigner_one *one = &c->all[i];
	int err = write_request(c, one, &w);

	one->answer_len = 0;
	if (err) {
		one->why = "no proof for it can be made";
		log_error("witness %s: %s: %s", c->policy.names[i], one->why,
			  strerror(err));
		return;
	}
	metric_add(METRIC_witnesses_asked, 1);
	one->about = ++c->about;
	if (!IPC_SEND(c->process->peers[ROLE_COURIER], FETCH, one->about,
		      .target = FETCH_WITNESS, .index = (uint16_t)i,
		      .method = FETCH_POST, .path = TEXT("/add-checkpoint"),
		      .max = COSIGNER_ANSWER_MAX,
		      .credit = 2 * COSIGNER_ANSWER_MAX, .timeout_ms = FETCH_MS,
		      .body = { body, w.len }))
		return;
	one->about = 0;
	one->why = "the courier is away";
}

/* The log's own signature alone: others may stand there already. */
static int take_note(struct cosigner *c, bool *ret_same)
{
	char before[sizeof(c->note)];
	size_t before_len = c->note_len;
	struct text whole = folder_note(book_folder(c->book));
	struct writer w = writer_on(c->note, sizeof(c->note));
	struct note n;
	int err = note_read(whole, &n);

	if (err)
		return err;
	memcpy(before, c->note, before_len);
	writer_text(&w, n.text);
	writer_u8(&w, '\n');
	for (unsigned i = 0; i < n.count; i++)
		if (n.signatures[i].id == c->log_key->id)
			note_signature_write(&w, &n.signatures[i]);
	c->note_len = w.len;
	*ret_same = w.len == before_len && !memcmp(before, c->note, w.len);
	c->size = folder_published(book_folder(c->book));
	return writer_finish(&w);
}

void cosigner_round(struct cosigner *c)
{
	bool same;
	int err;

	if (c->running || c->disowned)
		return;
	c->next_ms = clock_mono_ms() + EVERY_MS;
	if (book_check(c->book)) {
		c->on_stale(c->arg);
		cosigner_tell_stale(c);
		return;
	}
	err = take_note(c, &same);
	if (err) {
		log_error("the checkpoint cannot be shown to witnesses: %s",
			  strerror(err));
		return;
	}
	c->running = true;
	c->began_ms = clock_mono_ms();
	for (unsigned i = 0; i < c->policy.witness_count; i++) {
		struct cosigner_one *one = &c->all[i];

		if (same && one->signed_s &&
		    c->began_ms - one->signed_ms < KEEP_MS)
			continue;
		one->signed_s = 0;
		if (!c->policy.urls[i][0] ||
		    cosign_begin(&one->cosign, &c->policy.witnesses[i],
				 (struct text){ c->note, c->note_len })) {
			one->why = "it has no address";
			continue;
		}
		if (one->old_size <= c->size)
			one->cosign.old_size = one->old_size;
		ask(c, i);
	}
	if (is_over(c))
		end_round(c);
	arm(c);
}

/* ---- what they answer */

/* Both can be shown to others: what we signed, and what it said to that. */
static void keep_evidence(struct cosigner *c, unsigned i)
{
	const struct cosigner_one *one = &c->all[i];
	char text[NOTE_TEXT_MAX + COSIGNER_ANSWER_MAX + 512];
	struct writer w = writer_on(text, sizeof(text));
	int err;

	writer_copy(&w, c->note, c->note_len);
	writer_printf(&w, "\nwitness %s, shown a proof from size %llu: ",
		      c->policy.names[i],
		      (unsigned long long)one->cosign.old_size);
	writer_copy(&w, one->answer, one->answer_len);
	err = file_write(folder_fd(book_folder(c->book)), "fork", text, w.len,
			 0644);
	if (err)
		log_error("what witness %s said cannot be kept: %s",
			  c->policy.names[i], strerror(err));
}

static void disown(struct cosigner *c, unsigned i, enum cosign_outcome is)
{
	log_alarm("witness %s %s", c->policy.names[i],
		  is == COSIGN_BEHIND
			  ? "has cosigned more of this log than there is"
			  : "has cosigned another past of this log");
	keep_evidence(c, i);
	book_disown(c->book);
	c->disowned = true;
	process_alarm(c->process, ALARM_LOG_FORKED);
	cosigner_tell_stale(c);
	end_round(c);
}

static void take_outcome(struct cosigner *c, unsigned i, enum cosign_outcome is,
			 const char *why)
{
	struct cosigner_one *one = &c->all[i];

	switch (is) {
	case COSIGN_DONE:
		one->old_size = c->size;
		one->signed_ms = clock_mono_ms();
		one->why = NULL;
		break;
	case COSIGN_AGAIN:
		one->old_size = one->cosign.old_size;
		ask(c, i);
		return;
	case COSIGN_REFUSED:
		one->why = "it refuses";
		break;
	case COSIGN_AWAY:
		one->why = why;
		break;
	case COSIGN_BEHIND:
	case COSIGN_FORKED:
		one->why = "it has seen another past of this log";
		disown(c, i, is);
		break;
	}
	if (is == COSIGN_DONE)
		return;
	metric_add(METRIC_witnesses_failed, 1);
	log_info("witness %s: %s", c->policy.names[i], one->why);
}

static void take_answer(struct cosigner *c, unsigned i,
			const struct ipc_FETCHED *m)
{
	struct cosigner_one *one = &c->all[i];
	struct writer line = writer_on(one->line, sizeof(one->line));
	enum fetch_outcome outcome = (enum fetch_outcome)m->outcome;
	enum cosign_outcome is;

	one->about = 0;
	is = cosign_answer(&one->cosign, outcome == FETCH_DONE ? m->status : 0,
			   (struct text){ one->answer, one->answer_len }, &line,
			   &one->signed_s);
	one->line_len = (unsigned)line.len;
	if (is != COSIGN_DONE)
		one->signed_s = 0;
	take_outcome(c, i, is,
		     outcome == FETCH_DONE ? "it cannot answer now"
					   : fetch_outcome_text(outcome));
}

void cosigner_fetched(struct cosigner *c, const struct ipc_message *m)
{
	const struct ipc_FETCHED *in = &m->u.FETCHED;
	unsigned i = 0;

	if (!c || !m->about)
		return;
	while (i < c->policy.witness_count && c->all[i].about != m->about)
		i++;
	if (i == c->policy.witness_count)
		return; /* of a round that has ended */
	if (in->outcome == FETCH_MORE) {
		struct cosigner_one *one = &c->all[i];

		if (in->bytes.len > sizeof(one->answer) - one->answer_len)
			return; /* the courier was told how much we take */
		memcpy(one->answer + one->answer_len, in->bytes.p,
		       in->bytes.len);
		one->answer_len += (unsigned)in->bytes.len;
		return;
	}
	take_answer(c, i, in);
	step(c);
}

void cosigner_courier(struct cosigner *c, bool here)
{
	if (!c)
		return;
	for (unsigned i = 0; !here && i < c->policy.witness_count; i++)
		if (c->all[i].about) {
			c->all[i].about = 0;
			c->all[i].why = "the courier is away";
		}
	if (!here && c->running)
		end_round(c);
	if (here)
		c->next_ms = clock_mono_ms();
	arm(c);
}

/* ---- time */

static void on_timer(uv_timer_t *timer)
{
	struct cosigner *c = timer->data;
	uint64_t now_ms = clock_mono_ms();

	if (c->running && now_ms - c->began_ms > ROUND_MOST_MS)
		end_round(c);
	if (!c->running && now_ms >= c->next_ms)
		cosigner_round(c);
	cosigner_tell(c);
	arm(c);
}

static void arm(struct cosigner *c)
{
	uint64_t now_ms = clock_mono_ms(), wait_ms = TICK_MS;

	if (c->disowned)
		return;
	if (!c->running && !c->waiting_count)
		wait_ms = c->next_ms > now_ms ? c->next_ms - now_ms : 1;
	(void)uv_timer_start(&c->timer, on_timer, wait_ms, 0);
}

void cosigner_soon(struct cosigner *c)
{
	uint64_t soon_ms = clock_mono_ms() + SOON_MS;

	if (!c || c->next_ms <= soon_ms)
		return;
	c->next_ms = soon_ms;
	arm(c);
}

/* ---- its life */

int cosigner_new(struct cosigner **ret, struct process *p)
{
	struct cosigner *c = NULL;
	int err = 0;

	if (p->settings->companions[COMPANION_WITNESSES][0]) {
		c = calloc(1, sizeof(*c));
		err = c ? witnesses_read(p->settings, &c->policy) : ENOMEM;
	}
	if (err) {
		log_error("the policy of witnesses cannot be used: %s",
			  strerror(err));
		free(c);
		return err;
	}
	if (c)
		c->process = p;
	*ret = c;
	return 0;
}

int cosigner_start(struct cosigner *c, struct book *book,
		   const struct note_key *log_key, void (*on_stale)(void *arg),
		   void *arg)
{
	c->book = book;
	c->log_key = log_key;
	c->on_stale = on_stale;
	c->arg = arg;
	c->timer.data = c;
	c->next_ms = clock_mono_ms() + FIRST_MS;
	if (uv_timer_init(c->process->loop, &c->timer))
		return ENOMEM;
	arm(c);
	return 0;
}

void cosigner_reload(struct cosigner *c, const struct settings *s)
{
	struct policy *fresh = c ? malloc(sizeof(*fresh)) : NULL;

	if (!fresh)
		return;
	if (witnesses_read(s, fresh)) {
		log_error("the new policy of witnesses cannot be used");
	} else {
		if (c->running)
			end_round(c);
		c->policy = *fresh;
		memset(c->all, 0, sizeof(c->all));
		c->running = false; /* one may have begun as the last ended */
		c->cosigned_size = 0;
		c->next_ms = clock_mono_ms() + FIRST_MS;
		arm(c);
	}
	free(fresh);
}
