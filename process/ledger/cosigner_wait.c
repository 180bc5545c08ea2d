/*
 * Who waits for a quorum: a release, by the desk. It hears every two seconds
 * what is waited for, so that a person can be told.
 */
#include <jansson.h>

#include "base/clock.h"
#include "process/ledger/ask.h"
#include "process/ledger/cosigner.h"

enum {
	TELL_MS = 2000,
	/*
	 * The keeper takes none older than a minute, by its own clock; what a
	 * witness signed was kept for KEEP_MS perhaps, and a round took
	 * ROUND_MOST_MS, before it was a quorum (cosigner.c).
	 */
	FRESH_MS = 30000,
	WHY_MAX = 512,
};

static bool is_fresh(const struct cosigner *c)
{
	return c->cosigned_size && clock_mono_ms() - c->cosigned_ms <= FRESH_MS;
}

/* False: it did not leave, and the asker gives up by himself. */
static void reply(struct cosigner *c, uint64_t about, bool more, json_t *o)
{
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	if (text)
		(void)!IPC_SEND(c->process->peers[ROLE_DESK], LEDGER_REPLY,
				about, .more = more,
				.json = { (uint8_t *)text, strlen(text) });
	free(text);
}

static void reply_note(struct cosigner *c, uint64_t about, struct text note,
		       uint64_t size)
{
	reply(c, about, false,
	      json_pack("{s:s%,s:I}", "checkpoint", note.p, note.len, "size",
			(json_int_t)size));
}

/* What there is: of the round, if it is about enough; else the log's word. */
static void reply_short(struct cosigner *c, const struct cosigner_wait *w)
{
	char note[COSIGNER_NOTE_MAX];
	struct writer to = writer_on(note, sizeof(note));
	struct folder *folder = book_folder(c->book);

	if (c->size >= w->size && !cosigner_note(c, &to))
		reply_note(c, w->about, (struct text){ note, to.len }, c->size);
	else
		reply_note(c, w->about, folder_note(folder),
			   folder_published(folder));
}

static void tell_waiting(struct cosigner *c, const struct cosigner_wait *w)
{
	char why[WHY_MAX];
	struct writer to = writer_on(why, sizeof(why) - 1);
	unsigned signed_count = 0;

	for (unsigned i = 0; i < c->policy.witness_count; i++) {
		const struct cosigner_one *one = &c->all[i];
		size_t before = to.len;

		signed_count += one->signed_s != 0;
		if (one->signed_s)
			continue;
		writer_printf(&to, "%s%s: %s", to.len ? "; " : "",
			      c->policy.names[i],
			      one->why ? one->why : "no answer yet");
		if (to.full) {
			to.full = false;
			to.len = before;
		}
	}
	why[to.len] = '\0';
	reply(c, w->about, true,
	      json_pack("{s:i,s:i,s:s}", "cosigned", (int)signed_count,
			"witnesses", (int)c->policy.witness_count, "waiting",
			why));
}

void cosigner_tell(struct cosigner *c)
{
	uint64_t most_ms = c->process->settings->witness_wait_s * 1000ull;
	uint64_t now_ms = clock_mono_ms();
	unsigned kept = 0;

	for (unsigned i = 0; i < c->waiting_count; i++) {
		struct cosigner_wait w = c->waiting[i];

		if (is_fresh(c) && c->cosigned_size >= w.size) {
			reply_note(
				c, w.about,
				(struct text){ c->cosigned, c->cosigned_len },
				c->cosigned_size);
			continue;
		}
		if (now_ms - w.since_ms > most_ms) {
			reply_short(c, &w);
			continue;
		}
		if (now_ms - w.told_ms >= TELL_MS) {
			w.told_ms = now_ms;
			tell_waiting(c, &w);
		}
		c->waiting[kept++] = w;
	}
	c->waiting_count = kept;
}

void cosigner_tell_stale(struct cosigner *c)
{
	for (unsigned i = 0; i < c->waiting_count; i++)
		reply(c, c->waiting[i].about, false,
		      json_pack("{s:s}", "error", "rolled-back"));
	c->waiting_count = 0;
}

void cosigner_desk_gone(struct cosigner *c)
{
	if (c)
		c->waiting_count = 0;
}

void cosigner_wait(struct cosigner *c, uint64_t about, uint64_t size)
{
	uint64_t now_ms = clock_mono_ms();

	if (c->waiting_count == COSIGNER_WAITING) {
		reply(c, about, false,
		      json_pack("{s:s}", "error", "unavailable"));
		return;
	}
	c->waiting[c->waiting_count++] =
		(struct cosigner_wait){ about, size, now_ms, now_ms };
	cosigner_tell(c);
	if (c->waiting_count)
		cosigner_round(c);
}
