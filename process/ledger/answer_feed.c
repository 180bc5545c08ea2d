/*
 * Asks of other nodes: what ended since they last asked, and what they have
 */
#include <string.h>

#include "process/ledger/answer.h"

/* SEQ.RECORDING: the recording makes sure that it is a place of this feed. */
static int read_cursor(const struct ask *ask, struct database_place *ret)
{
	const char *dot = strchr(ask->cursor, '.');

	*ret = (struct database_place){ 0 };
	if (!ask->cursor[0])
		return 0;
	return dot &&
			       !text_u64((struct text){ ask->cursor,
							(size_t)(dot -
								 ask->cursor) },
					 1, INT64_MAX, &ret->seq) &&
			       !id_read(text_of(dot + 1), ret->recording)
		       ? 0
		       : EINVAL;
}

static json_t *cursor_json(uint64_t seq, const uint8_t recording[ID_BYTES])
{
	char text[64], id[ID_CHARS + 1];
	struct writer w = writer_on(text, sizeof(text));

	id_text(recording, id);
	writer_printf(&w, "%llu.%s", (unsigned long long)seq, id);
	return json_stringn(text, w.len);
}

/* Empty ones have been let go, or never were. */
static json_t *base64_or_null(struct bytes b)
{
	return b.len ? answer_base64(b.p, b.len) : json_null();
}

static int add_entry(void *arg, const struct database_entry *e)
{
	json_t *o = arg;
	int err = json_object_set_new(o, "leaf", answer_text(e->leaf));

	if (!err)
		err = json_object_set_new(
			o, "salt", answer_base64(e->salt.p, e->salt.len));
	if (!err)
		err = json_object_set_new(o, "details",
					  answer_text(e->details));
	return err ? ENOMEM : 0;
}

/* A card begins with its own envelope: that travels alone only without it. */
static json_t *keys_json(uint64_t seq, const struct database_recording *r)
{
	bool has_card = r->card.len > 0;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "cursor",
			 cursor_json(seq, r->id), "kc", answer_hex(r->kc), "pn",
			 answer_hex(r->pn), "envelope",
			 base64_or_null(r->envelope), "card_envelope",
			 has_card ? json_null()
				  : base64_or_null(r->card_envelope),
			 "card", base64_or_null(r->card));
}

static int each_item(void *arg, uint64_t seq,
		     const struct database_recording *r)
{
	struct answer *a = arg;
	json_t *o = answer_recording_json(r), *keys = keys_json(seq, r);
	int err = json_object_update(o, keys) ? ENOMEM : 0;

	json_decref(keys);
	if (!err)
		err = database_entries(book_database(a->book), r->entry,
				       r->entry + 1, add_entry, o);
	if (!err)
		return answer_row(a, o);
	json_decref(o);
	return err;
}

int answer_feed(struct answer *a)
{
	struct database_place after;
	int err = read_cursor(a->ask, &after);

	if (err)
		return err;
	writer_str(a->w, "{\"items\":[");
	err = database_feed(book_database(a->book), text_of(a->ask->org),
			    &after, each_item, a);
	/* one that finds no room on a page of its own would stop all others */
	if (a->full && !a->count)
		return EMSGSIZE;
	if (err && !a->full)
		return err;
	writer_str(a->w, "]}");
	return 0;
}

int answer_taken(struct answer *a)
{
	struct database_place to;
	int err = read_cursor(a->ask, &to);

	if (!err)
		err = database_feed_taken(book_database(a->book),
					  text_of(a->ask->org), &to,
					  a->ask->let_go);
	if (!err)
		writer_str(a->w, "{}");
	return err;
}
