/*
 * Asks about entries and their details; and people's entries, appended
 */
#include <string.h>

#include "process/ledger/answer.h"
#include "release/control.h"

static json_t *details_json(const struct database_entry *e, bool with)
{
	if (!with)
		return json_pack("{s:o}", "leaf", answer_text(e->leaf));
	return json_pack("{s:o, s:o, s:o}", "leaf", answer_text(e->leaf),
			 "salt", answer_base64(e->salt.p, e->salt.len),
			 "details", answer_text(e->details));
}

static int each_entry(void *arg, const struct database_entry *e)
{
	struct answer *a = arg;
	int err = answer_row(a, details_json(e, control_has_details(e->type)));

	if (!err)
		a->next = e->entry + 1;
	return err;
}

int answer_entries(struct answer *a)
{
	uint64_t to = a->ask->to < a->size ? a->ask->to : a->size;
	int err = 0;

	a->next = a->ask->from;
	writer_printf(a->w, "{\"from\":%llu,\"entries\":[",
		      (unsigned long long)a->ask->from);
	if (a->ask->from < to)
		err = database_entries(book_database(a->book), a->ask->from, to,
				       each_entry, a);
	if (err && !a->full)
		return err;
	writer_printf(a->w, "],\"next\":%llu,\"size\":%llu}",
		      (unsigned long long)a->next, (unsigned long long)a->size);
	return 0;
}

/* err is that of the walk; a page that is full ended it too. */
static int end_list(struct answer *a, int err)
{
	if (err && !a->full)
		return err;
	if (a->full)
		writer_printf(a->w, "],\"next\":%llu}",
			      (unsigned long long)a->next);
	else
		writer_str(a->w, "],\"next\":null}");
	return 0;
}

static int each_user(void *arg, const struct database_entry *e)
{
	struct answer *a = arg;

	a->next = e->entry;
	return answer_row(a, json_pack("{s:o, s:o, s:o}", "entry",
				       answer_number(e->entry), "type",
				       answer_text(e->type), "details",
				       answer_text(e->details)));
}

int answer_users(struct answer *a)
{
	int err;

	writer_str(a->w, "{\"users\":[");
	err = database_users(book_database(a->book), a->ask->from, each_user,
			     a);
	return end_list(a, err);
}

static int each_event(void *arg, const struct database_entry *e)
{
	struct answer *a = arg;

	if (e->entry >= a->size)
		return 0;
	a->next = e->entry;
	return answer_row(a, json_pack("{s:o, s:o, s:I, s:o}", "entry",
				       answer_number(e->entry), "type",
				       answer_text(e->type), "at",
				       (json_int_t)e->at_ms, "details",
				       answer_text(e->details)));
}

int answer_call(struct answer *a)
{
	char id[ID_CHARS + 1];
	int err;

	id_text(a->ask->id, id);
	writer_str(a->w, "{\"events\":[");
	err = database_call_entries(book_database(a->book), text_of(id),
				    a->ask->from, each_event, a);
	return end_list(a, err);
}

int answer_accesses(struct answer *a)
{
	char id[ID_CHARS + 1];
	int err;

	id_text(a->ask->id, id);
	writer_str(a->w, "{\"accesses\":[");
	err = database_accesses(book_database(a->book), text_of(id),
				a->ask->from, each_event, a);
	return end_list(a, err);
}

static int one_entry(void *arg, const struct database_entry *e)
{
	struct answer *a = arg;
	json_t *o = details_json(e, true);
	int err = json_object_set_new(o, "entry", answer_number(e->entry));

	if (!err)
		err = a->ask->what == ASK_APPEND
			      ? json_object_set_new(o, "checkpoint",
						    answer_note(a->book))
			      : json_object_set_new(o, "at",
						    json_integer(e->at_ms));
	if (err) {
		json_decref(o);
		return ENOMEM;
	}
	a->count++;
	return answer_put(a->w, o);
}

static int answer_entry(struct answer *a, uint64_t entry)
{
	int err;

	if (entry >= a->size)
		return ENOENT;
	err = database_entries(book_database(a->book), entry, entry + 1,
			       one_entry, a);
	return err || a->count ? err : ENOENT;
}

int answer_append(struct answer *a)
{
	const struct ask *ask = a->ask;
	struct book_event e = { .type = ask->type,
				.at_ms = ask->at_ms,
				.organisation = text_of(ask->org),
				.details = { ask->details, ask->details_len } };
	uint64_t entry;
	int err;

	memcpy(e.id, ask->id, ID_BYTES);
	if (!ask->has_id)
		id_new(e.id);
	err = book_enter(a->book, &e, &entry);
	if (!err)
		err = book_flush(a->book);
	if (err)
		return err;
	a->size = folder_published(book_folder(a->book));
	return answer_entry(a, entry);
}

int answer_details(struct answer *a)
{
	return answer_entry(a, a->ask->entry);
}
