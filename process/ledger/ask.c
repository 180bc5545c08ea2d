#include "process/ledger/ask.h"

#include <jansson.h>
#include <stdlib.h>

#include "release/control.h"

/* What an answer is made from. */
struct answer {
	struct book *book;
	const struct ask *ask;
	struct writer *w;
	uint64_t size;  /* of the last checkpoint: nothing beyond is said */
	uint64_t count; /* of rows written, to a list */
	uint64_t next;
	uint8_t last[ID_BYTES];
	bool full;
};

enum { NOT_FOUND = ENOENT, PAGE_RESERVE = 256 };

/* ---- JSON out */

static json_t *base64_of(const void *p, size_t len)
{
	static char buf[48 * 1024];
	struct writer w = writer_on(buf, sizeof(buf));

	base64_write(&w, BASE64_PADDED, p, len);
	return w.full ? NULL : json_stringn(buf, w.len);
}

static json_t *hex_of(struct bytes b)
{
	char buf[64];
	struct writer w = writer_on(buf, sizeof(buf));

	if (!b.len)
		return json_null();
	hex_write(&w, b.p, b.len);
	return w.full ? NULL : json_stringn(buf, w.len);
}

static json_t *id_of(const uint8_t id[ID_BYTES])
{
	char text[ID_CHARS + 1];

	id_text(id, text);
	return json_string(text);
}

static json_t *text_json(struct text t)
{
	return json_stringn(t.len ? t.p : "", t.len);
}

static json_t *number(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static json_t *note_json(struct book *b)
{
	return text_json(folder_note(book_folder(b)));
}

/* Write and let go of o. EMSGSIZE leaves w as it was. */
static int put(struct writer *w, json_t *o)
{
	size_t room = w->max - w->len, n;

	if (!o)
		return ENOMEM;
	n = json_dumpb(o, (char *)w->buf + w->len, room, JSON_COMPACT);
	json_decref(o);
	if (!n)
		return ENOMEM;
	if (n > room)
		return EMSGSIZE;
	w->len += n;
	return 0;
}

/* One more of a list, unless the page is full. */
static int put_row(struct answer *a, json_t *o)
{
	struct writer *w = a->w;
	size_t was = w->len;
	int err;

	/* room for what follows the list */
	w->max -= PAGE_RESERVE;
	if (a->count)
		writer_u8(w, ',');
	err = w->full ? EMSGSIZE : put(w, o);
	w->max += PAGE_RESERVE;
	if (err == EMSGSIZE) {
		w->len = was;
		w->full = false;
		a->full = true;
		return ECANCELED; /* ends the walk */
	}
	if (!err)
		a->count++;
	return err;
}

void ask_refuse(struct writer *ret, const char *word)
{
	ret->len = 0;
	writer_printf(ret, "{\"error\":\"%s\"}", word);
}

/* ---- recordings */

static json_t *recording_json(const struct database_recording *r)
{
	/* one that never began has no keys, and no body */
	json_t *body = r->kc.len ? id_of(r->body) : json_null();

	return json_pack(
		"{s:o, s:I, s:o, s:s, s:s, s:I, s:I, s:o, s:o, s:o}", "id",
		id_of(r->id), "at", (json_int_t)r->at_ms, "org",
		text_json(r->controller), "state", record_state_text(r->state),
		"reason", record_reason_text(r->reason), "ms",
		(json_int_t)r->length_ms, "bytes", (json_int_t)r->body_bytes,
		"sha256", hex_of(r->body_sha256), "body", body, "entry",
		r->has_entry ? number(r->entry) : json_null());
}

static int one_recording(void *arg, const struct database_recording *r)
{
	struct answer *a = arg;
	json_t *o = json_pack("{s:o}", "recording", recording_json(r));

	if (a->ask->what == ASK_ENVELOPE) {
		json_t *more = json_pack(
			"{s:o, s:o, s:o, s:o, s:o}", "envelope",
			base64_of(r->envelope.p, r->envelope.len),
			"card_envelope",
			base64_of(r->card_envelope.p, r->card_envelope.len),
			"card", base64_of(r->card.p, r->card.len), "kc",
			hex_of(r->kc), "pn", hex_of(r->pn));
		int err = json_object_update(o, more);

		json_decref(more);
		if (err) {
			json_decref(o);
			return ENOMEM;
		}
	}
	return put(a->w, o);
}

static int each_recording(void *arg, const struct database_recording *r)
{
	struct answer *a = arg;
	int err = put_row(a, recording_json(r));

	if (!err)
		memcpy(a->last, r->id, ID_BYTES);
	return err;
}

static int answer_recordings(struct answer *a)
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

static int answer_count(struct answer *a)
{
	struct database_counts c;
	int err = database_counts(book_database(a->book), &c);

	return err ? err
		   : put(a->w, json_pack("{s:o, s:o, s:o}", "entries",
					 number(a->size), "recordings",
					 number(c.recordings), "unpaired",
					 number(c.unpaired)));
}

/* ---- entries */

static json_t *details_json(const struct database_entry *e, bool with)
{
	if (!with)
		return json_pack("{s:o}", "leaf", text_json(e->leaf));
	return json_pack("{s:o, s:o, s:o}", "leaf", text_json(e->leaf), "salt",
			 base64_of(e->salt.p, e->salt.len), "details",
			 text_json(e->details));
}

static int each_entry(void *arg, const struct database_entry *e)
{
	struct answer *a = arg;
	int err = put_row(a, details_json(e, control_has_details(e->type)));

	if (!err)
		a->next = e->entry + 1;
	return err;
}

static int answer_entries(struct answer *a)
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

static int each_user(void *arg, const struct database_entry *e)
{
	struct answer *a = arg;

	a->next = e->entry;
	return put_row(a,
		       json_pack("{s:o, s:o, s:o}", "entry", number(e->entry),
				 "type", text_json(e->type), "details",
				 text_json(e->details)));
}

static int answer_users(struct answer *a)
{
	int err;

	writer_str(a->w, "{\"users\":[");
	err = database_users(book_database(a->book), a->ask->from, each_user,
			     a);
	if (err && !a->full)
		return err;
	if (a->full)
		writer_printf(a->w, "],\"next\":%llu}",
			      (unsigned long long)a->next);
	else
		writer_str(a->w, "],\"next\":null}");
	return 0;
}

static int each_event(void *arg, const struct database_entry *e)
{
	struct answer *a = arg;

	if (e->entry >= a->size)
		return 0;
	a->next = e->entry;
	return put_row(a,
		       json_pack("{s:o, s:o, s:I, s:o}", "entry",
				 number(e->entry), "type", text_json(e->type),
				 "at", (json_int_t)e->at_ms, "details",
				 text_json(e->details)));
}

static int answer_call(struct answer *a)
{
	char id[ID_CHARS + 1];
	int err;

	id_text(a->ask->id, id);
	writer_str(a->w, "{\"events\":[");
	err = database_call_entries(book_database(a->book), text_of(id),
				    a->ask->from, each_event, a);
	if (err && !a->full)
		return err;
	if (a->full)
		writer_printf(a->w, "],\"next\":%llu}",
			      (unsigned long long)a->next);
	else
		writer_str(a->w, "],\"next\":null}");
	return 0;
}

static int one_entry(void *arg, const struct database_entry *e)
{
	struct answer *a = arg;
	json_t *o = details_json(e, true);
	int err = json_object_set_new(o, "entry", number(e->entry));

	if (!err)
		err = a->ask->what == ASK_APPEND
			      ? json_object_set_new(o, "checkpoint",
						    note_json(a->book))
			      : json_object_set_new(o, "at",
						    json_integer(e->at_ms));
	if (err) {
		json_decref(o);
		return ENOMEM;
	}
	a->count++;
	return put(a->w, o);
}

static int answer_entry(struct answer *a, uint64_t entry)
{
	int err;

	if (entry >= a->size)
		return NOT_FOUND;
	err = database_entries(book_database(a->book), entry, entry + 1,
			       one_entry, a);
	return err || a->count ? err : NOT_FOUND;
}

static int answer_append(struct answer *a)
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

/* ---- what is kept of calls */

static int each_kept(void *arg, const struct database_kept *k)
{
	return put_row(arg,
		       json_pack("{s:o, s:o, s:I, s:o}", "id", id_of(k->id),
				 "region", text_json(k->region), "until",
				 (json_int_t)k->until_ms, "sealed",
				 base64_of(k->sealed.p, k->sealed.len)));
}

static int answer_kept(struct answer *a)
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

/* ---- proofs */

struct tiles {
	struct tile_reader reader;
	struct folder_source source;
};

static json_t *proof_json(const struct merkle_proof *p)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < p->count; i++)
		if (json_array_append_new(
			    list, base64_of(p->hash[i].b, MERKLE_HASH_BYTES))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static int prove(struct answer *a, struct merkle_proof *ret)
{
	struct tiles *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return ENOMEM;
	t->source.dir_fd = folder_fd(book_folder(a->book));
	tile_reader_init(&t->reader, folder_fetch, &t->source, a->size);
	err = a->ask->what == ASK_PROOF
		      ? merkle_prove_inclusion(tile_reader_hash, &t->reader,
					       a->ask->entry, a->size, ret)
		      : merkle_prove_consistency(tile_reader_hash, &t->reader,
						 a->ask->from, a->size, ret);
	free(t);
	/* a tile that is not there is no question without an answer */
	return err == ENOENT ? EIO : err;
}

static int proof_entry(void *arg, const struct database_entry *e)
{
	struct merkle_proof proof;
	struct answer *a = arg;
	int err = prove(a, &proof);

	a->count++;
	return err ? err
		   : put(a->w,
			 json_pack("{s:o, s:o, s:o, s:o, s:o}", "entry",
				   number(e->entry), "size", number(a->size),
				   "leaf", text_json(e->leaf), "proof",
				   proof_json(&proof), "checkpoint",
				   note_json(a->book)));
}

static int answer_proof(struct answer *a)
{
	uint64_t entry = a->ask->entry;
	int err;

	if (entry >= a->size)
		return NOT_FOUND;
	err = database_entries(book_database(a->book), entry, entry + 1,
			       proof_entry, a);
	return err || a->count ? err : NOT_FOUND;
}

static int answer_consistency(struct answer *a)
{
	struct merkle_proof proof;
	int err;

	if (a->ask->from > a->size)
		return NOT_FOUND;
	err = prove(a, &proof);
	return err ? err
		   : put(a->w,
			 json_pack("{s:o, s:o, s:o, s:o}", "from",
				   number(a->ask->from), "size",
				   number(a->size), "proof", proof_json(&proof),
				   "checkpoint", note_json(a->book)));
}

static int answer_checkpoint(struct answer *a)
{
	struct merkle_hash root;

	folder_root(book_folder(a->book), &root);
	return put(a->w, json_pack("{s:o, s:o, s:o}", "checkpoint",
				   note_json(a->book), "size", number(a->size),
				   "root", base64_of(root.b, sizeof(root.b))));
}

/* ---- */

static int answer(struct answer *a)
{
	switch (a->ask->what) {
	case ASK_COUNT:
		return answer_count(a);
	case ASK_RECORDINGS:
		return answer_recordings(a);
	case ASK_RECORDING:
	case ASK_ENVELOPE:
		return database_recording(book_database(a->book), a->ask->id,
					  one_recording, a);
	case ASK_APPEND:
		return answer_append(a);
	case ASK_ENTRIES:
		return answer_entries(a);
	case ASK_DETAILS:
		return answer_entry(a, a->ask->entry);
	case ASK_CHECKPOINT:
		return answer_checkpoint(a);
	case ASK_PROOF:
		return answer_proof(a);
	case ASK_CONSISTENCY:
		return answer_consistency(a);
	case ASK_USERS:
		return answer_users(a);
	case ASK_CALL:
		return answer_call(a);
	case ASK_KEPT:
		return answer_kept(a);
	case ASK_WHATS:
		break;
	}
	return EINVAL;
}

/* Lists are harmless; all else helps a release, or vouches for the log. */
static bool needs_our_log(enum ask_what what)
{
	return what != ASK_RECORDINGS && what != ASK_RECORDING &&
	       what != ASK_KEPT;
}

int ask_answer(struct book *b, const struct ask *ask, struct writer *ret)
{
	struct answer a = { .book = b, .ask = ask, .w = ret };
	int err = book_flush(b);

	if (err)
		return err;
	if (needs_our_log(ask->what) && book_check(b)) {
		ask_refuse(ret, "rolled-back");
		return 0;
	}
	if (book_folder(b))
		a.size = folder_published(book_folder(b));
	err = answer(&a);
	if (!err)
		err = writer_finish(ret);
	switch (err) {
	case 0:
		return 0;
	case ENOENT:
		ask_refuse(ret, "not-found");
		return 0;
	case EINVAL:
		ask_refuse(ret, "malformed");
		return 0;
	case EMSGSIZE:
		ret->full = false;
		ask_refuse(ret, "unavailable");
		return 0;
	default:
		return err;
	}
}
