/*
 * Asks about recordings, and what is kept of national calls
 */
#include <string.h>

#include "process/ledger/answer.h"

json_t *answer_recording_json(const struct database_recording *r)
{
	/* one that never began has no keys, and no body */
	json_t *body = r->kc.len ? answer_id(r->body) : json_null();

	return json_pack("{s:o, s:I, s:o, s:s, s:s, s:I, s:I, s:o, s:o, s:o}",
			 "id", answer_id(r->id), "at", (json_int_t)r->at_ms,
			 "org", answer_text(r->controller), "state",
			 record_state_text(r->state), "reason",
			 record_reason_text(r->reason), "ms",
			 (json_int_t)r->length_ms, "bytes",
			 (json_int_t)r->body_bytes, "sha256",
			 answer_hex(r->body_sha256), "body", body, "entry",
			 r->has_entry ? answer_number(r->entry) : json_null());
}

static int one_recording(void *arg, const struct database_recording *r)
{
	struct answer *a = arg;
	struct database_standing standing;
	json_t *recording = answer_recording_json(r);
	json_t *o = json_pack("{s:o}", "recording", recording);

	if (database_standing(book_database(a->book), r->id, &standing) ||
	    json_object_set_new(recording, "held",
				json_boolean(standing.held))) {
		json_decref(o);
		return EIO;
	}
	if (a->ask->what == ASK_ENVELOPE) {
		json_t *more = json_pack(
			"{s:o, s:o, s:o, s:o, s:o}", "envelope",
			answer_base64(r->envelope.p, r->envelope.len),
			"card_envelope",
			answer_base64(r->card_envelope.p, r->card_envelope.len),
			"card", answer_base64(r->card.p, r->card.len), "kc",
			answer_hex(r->kc), "pn", answer_hex(r->pn));
		int err = json_object_update(o, more);

		json_decref(more);
		if (err) {
			json_decref(o);
			return ENOMEM;
		}
	}
	return answer_put(a->w, o);
}

static int each_recording(void *arg, const struct database_recording *r)
{
	struct answer *a = arg;
	int err = answer_row(a, answer_recording_json(r));

	if (!err)
		memcpy(a->last, r->id, ID_BYTES);
	return err;
}

int answer_recordings(struct answer *a)
{
	const struct ask *ask = a->ask;
	struct database_filter f = { .has_after = ask->has_id,
				     .from_ms = ask->from_ms,
				     .to_ms = ask->to_ms,
				     .state = ask->state,
				     .controller = text_of(ask->org),
				     .limit = ask->limit };
	int err;

	memcpy(f.after, ask->id, ID_BYTES);
	writer_str(a->w, "{\"recordings\":[");
	err = database_recordings(book_database(a->book), &f, each_recording,
				  a);
	if (err && !a->full)
		return err;
	writer_str(a->w, "],\"after\":");
	if (!a->count || (!a->full && a->count < ask->limit)) {
		writer_str(a->w, "null}");
	} else {
		char id[ID_CHARS + 1];

		id_text(a->last, id);
		writer_printf(a->w, "\"%s\"}", id);
	}
	return 0;
}

int answer_count(struct answer *a)
{
	struct database_counts c;
	int err = database_counts(book_database(a->book), &c);

	return err ? err
		   : answer_put(a->w,
				json_pack("{s:o, s:o, s:o}", "entries",
					  answer_number(a->size), "recordings",
					  answer_number(c.recordings),
					  "unpaired",
					  answer_number(c.unpaired)));
}

int answer_recording(struct answer *a)
{
	return database_recording(book_database(a->book), a->ask->id,
				  one_recording, a);
}

static int each_kept(void *arg, const struct database_kept *k)
{
	return answer_row(
		arg, json_pack("{s:o, s:o, s:I, s:o}", "id", answer_id(k->id),
			       "region", answer_text(k->region), "until",
			       (json_int_t)k->until_ms, "sealed",
			       answer_base64(k->sealed.p, k->sealed.len)));
}

int answer_kept(struct answer *a)
{
	int err;

	writer_str(a->w, "{\"kept\":[");
	err = database_kept_list(book_database(a->book), (int64_t)a->ask->from,
				 a->ask->id, ASK_RECORDINGS_MAX, each_kept, a);
	if (err && !a->full)
		return err;
	writer_str(a->w, "]}");
	return 0;
}
