/*
 * Asks about envelopes: a page of them, whose one is, and those made anew
 */
#include <stdlib.h>

#include "process/ledger/answer.h"
#include "seal/card.h"

static int each_envelope(void *arg, const struct database_recording *r)
{
	struct answer *a = arg;
	int err = answer_row(
		a,
		json_pack("{s:o, s:o, s:o}", "id", answer_id(r->id), "envelope",
			  answer_base64(r->envelope.p, r->envelope.len),
			  "card_envelope",
			  answer_base64(r->card_envelope.p,
					r->card_envelope.len)));

	return err;
}

int answer_envelopes(struct answer *a)
{
	const struct ask *ask = a->ask;
	int err;

	writer_str(a->w, "{\"envelopes\":[");
	err = database_envelopes(book_database(a->book),
				 ask->has_id ? ask->id : NULL,
				 (unsigned)ask->limit, each_envelope, a);
	if (err && !a->full)
		return err;
	writer_str(a->w, "]}");
	return 0;
}

/* A card under its new envelope: the payload behind it is what it was. */
struct turned {
	const struct ask_row *row;
	uint8_t card[CARD_MAX + ASK_ENVELOPE_MAX];
	size_t card_len;
};

static int turn(void *arg, const struct database_recording *r)
{
	struct turned *t = arg;
	const struct ask_row *row = t->row;
	struct writer w = writer_on(t->card, sizeof(t->card));
	size_t old = r->card_envelope.len;

	t->card_len = 0;
	if (!r->envelope.len || (row->card_len && !old))
		return ENOENT; /* erased meanwhile */
	if (!row->card_len || !r->card.len)
		return 0;
	if (r->card.len < old || memcmp(r->card.p, r->card_envelope.p, old))
		return EINVAL;
	writer_copy(&w, row->card_envelope, row->card_len);
	writer_copy(&w, r->card.p + old, r->card.len - old);
	t->card_len = w.len;
	return writer_finish(&w);
}

/* Each is looked at before the first is changed: all of them, or none. */
static int look(struct answer *a, struct turned *t)
{
	int err = 0;

	for (unsigned i = 0; !err && i < a->ask->row_count; i++) {
		t->row = &a->ask->rows[i];
		err = database_recording(book_database(a->book), t->row->id,
					 turn, t);
	}
	return err;
}

static int change(struct answer *a, struct turned *t)
{
	struct database *db = book_database(a->book);
	int err = 0;

	for (unsigned i = 0; !err && i < a->ask->row_count; i++) {
		const struct ask_row *row = &a->ask->rows[i];
		struct database_recording r = {
			.envelope = { row->envelope, row->envelope_len },
			.card_envelope = { row->card_envelope, row->card_len },
		};

		t->row = row;
		memcpy(r.id, row->id, ID_BYTES);
		err = database_recording(db, row->id, turn, t);
		r.card = (struct bytes){ t->card, t->card_len };
		if (!err)
			err = database_rotate(db, &r);
	}
	/* half of it in the transaction: it must not be committed */
	return err ? EIO : 0;
}

int answer_rotate(struct answer *a)
{
	struct turned *t = calloc(1, sizeof(*t));
	int err = t ? look(a, t) : ENOMEM;

	if (!err)
		err = book_begin(a->book);
	if (!err)
		err = change(a, t);
	free(t);
	if (err)
		return err;
	/* envelopes without their entry must not be committed either */
	return answer_append(a) ? EIO : 0;
}

int answer_find(struct answer *a)
{
	uint8_t id[ID_BYTES];
	bool card;
	int err =
		database_find(book_database(a->book), a->ask->share, id, &card);

	return err ? err
		   : answer_put(a->w,
				json_pack("{s:o, s:s}", "id", answer_id(id),
					  "scope", card ? "card" : "audio"));
}
