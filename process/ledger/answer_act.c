/*
 * Acts: what an officer signed about a recording, done and durable
 */
#include "process/ledger/answer.h"
#include "process/ledger/law.h"

static json_t *entry_json(struct answer *a, const struct database_entry *e)
{
	return json_pack(
		"{s:o, s:s#, s:o, s:s#, s:o}", "entry", answer_number(e->entry),
		"leaf", e->leaf.p, (int)e->leaf.len, "salt",
		answer_base64(e->salt.p, e->salt.len), "details", e->details.p,
		(int)e->details.len, "checkpoint", answer_note(a->book));
}

static int take_entry(void *arg, const struct database_entry *e)
{
	struct answer *a = arg;

	a->count++;
	return answer_put(a->w, entry_json(a, e));
}

static int tell_entry(struct answer *a, uint64_t entry)
{
	int err = database_entries(book_database(a->book), entry, entry + 1,
				   take_entry, a);

	return err || a->count ? err : EIO;
}

static int tell_refused(struct answer *a, const struct law_outcome *o)
{
	return answer_put(a->w, json_pack("{s:s, s:o}", "refused", o->refused,
					  "entry",
					  o->has_entry ? answer_number(o->entry)
						       : json_null()));
}

/* The order is the point: durable and logged, then gone from the files too. */
int answer_act(struct answer *a)
{
	struct law_outcome o;
	struct act act;
	int err = act_read(
		a->ask->act,
		(struct text){ a->ask->details, a->ask->details_len }, &act);

	if (err)
		return EINVAL;
	err = law_act(a->book, &act, a->ask->now_ms, &o);
	if (!err)
		err = book_flush(a->book);
	if (!err && !o.refused && act.kind == ACT_ERASE)
		err = database_scrub(book_database(a->book));
	if (err)
		return err;
	return o.refused ? tell_refused(a, &o) : tell_entry(a, o.entry);
}
