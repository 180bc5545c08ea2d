/*
 * Envelopes for the recipients that two officers named, all of them:
 *
 *   1  the keeper is brought to the log's end, and shown that it is
 *   2  a page of envelopes from the ledger; the keeper is asked about each
 *   3  those that it made anew go back as a batch: envelopes and key.rotated
 *      in one transaction
 *   4  the next page, until there is none
 *
 * Nothing is kept of how far it came. Whoever begins again goes through all of
 * them once more, and the keeper says of each that it is done already: so it
 * may be killed at any point.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/encode.h"
#include "process/desk/job.h"
#include "release/rotated.h"

enum { PAGE = 24 };

_Static_assert(PAGE <= ROTATED_ROWS_MAX, "a page is a batch");

struct rotate {
	json_t *page; /* envelopes, as the ledger has them */
	size_t at;    /* of the page */
	json_t *rows; /* made anew, for the ledger */
	struct rotated batch;
	char after[ID_CHARS + 1];
	json_int_t made, right;
	json_int_t refused[REFUSALS];
	uint8_t envelope[4096], card_envelope[4096];
};

static void free_rotate(void *own)
{
	struct rotate *r = own;

	json_decref(r->page);
	json_decref(r->rows);
	free(r);
}

static void nonsense(struct job *j, const char *whose)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "the %s's answer makes no sense",
		       whose);
	job_fail(j, text);
}

/* ---- what the client hears */

static bool tell(struct job *j)
{
	const struct rotate *r = j->own;
	json_t *refused = json_object();
	json_t *o;
	bool sent;

	for (int i = 1; i < REFUSALS; i++)
		if (r->refused[i])
			(void)json_object_set_new(refused,
						  refusal_text((enum refusal)i),
						  json_integer(r->refused[i]));
	o = json_pack("{s:I,s:I,s:o}", "rotated", r->made, "right", r->right,
		      "refused", refused);
	sent = o && job_send_json(j, o);
	json_decref(o);
	return sent;
}

static void finish(struct job *j)
{
	const struct rotate *r = j->own;
	bool all = true;

	for (int i = 1; i < REFUSALS; i++)
		all = all && !r->refused[i];
	if (!tell(j))
		return;
	if (all)
		job_end(j, 0, NULL, NULL);
	else
		job_fail(j, "some keep their old envelopes");
}

/* ---- a page, one by one */

static void next_page(struct job *j);
static void next_row(struct job *j);

static void on_logged(struct job *j, const struct ipc_message *m)
{
	struct rotate *r = j->own;
	json_t *o = job_ledger_reply(j, m);

	if (!o)
		return;
	json_decref(o);
	r->made += r->batch.count;
	r->batch.count = 0;
	json_decref(r->rows);
	r->rows = NULL;
	if (tell(j))
		next_page(j);
}

static void log_batch(struct job *j)
{
	char details[ROTATED_DETAILS_MAX] = { 0 };
	struct writer w = writer_on(details, sizeof(details) - 1);
	struct rotate *r = j->own;

	if (rotated_write(&w, &r->batch)) {
		job_fail(j, "the entry is too long");
		return;
	}
	job_ask_ledger(j,
		       json_pack("{s:s,s:s,s:s,s:I,s:s,s:O}", "ask", "rotate",
				 "type", "key.rotated", "org",
				 j->desk->process->settings->organisation, "at",
				 (json_int_t)clock_wall_ms(), "details",
				 details, "rows", r->rows),
		       on_logged);
}

static json_t *base64_json(struct bytes b)
{
	char text[4096 / 3 * 4 + 8];
	struct writer w = writer_on(text, sizeof(text));

	base64_write(&w, BASE64_PADDED, b.p, b.len);
	return json_stringn(text, w.len);
}

static void put_digest(uint8_t to[32], struct bytes b)
{
	static const uint8_t none[32];

	if (b.len)
		(void)crypto_hash_sha256(to, b.p, b.len);
	else
		memcpy(to, none, sizeof(none));
}

static int take_made(struct rotate *r, const struct ipc_REWRAPPED *m)
{
	const char *id = json_string_value(
		json_object_get(json_array_get(r->page, r->at), "id"));
	struct rotated_row *row = &r->batch.rows[r->batch.count];
	json_t *o;

	if (!id || id_read(text_of(id), row->recording))
		return EBADMSG;
	put_digest(row->envelope_sha256, m->envelope);
	put_digest(row->card_envelope_sha256, m->card_envelope);
	memcpy(row->bond, m->bond, ROTATED_BOND);
	if (!r->rows)
		r->rows = json_array();
	o = json_pack("{s:s,s:o,s:o}", "id", id, "envelope",
		      base64_json(m->envelope), "card_envelope",
		      base64_json(m->card_envelope));
	if (!o || json_array_append_new(r->rows, o))
		return ENOMEM;
	r->batch.count++;
	return 0;
}

static void on_rewrapped(struct job *j, const struct ipc_message *m)
{
	struct rotate *r = j->own;
	int err = 0;

	if (!m) {
		job_fail_away(j);
		return;
	}
	if (m->type != IPC_REWRAPPED || m->u.REWRAPPED.reason >= REFUSALS) {
		nonsense(j, "keeper");
		return;
	}
	if (m->u.REWRAPPED.reason != REFUSAL_NONE)
		r->refused[m->u.REWRAPPED.reason]++;
	else if (!m->u.REWRAPPED.envelope.len)
		r->right++;
	else
		err = take_made(r, &m->u.REWRAPPED);
	if (err) {
		nonsense(j, "ledger");
		return;
	}
	r->at++;
	next_row(j);
}

static int take_base64(const json_t *o, const char *key, uint8_t *to,
		       size_t max, struct bytes *ret)
{
	const json_t *v = json_object_get(o, key);
	size_t len;
	int err;

	if (!json_is_string(v))
		return EBADMSG;
	err = base64_read(
		(struct text){ json_string_value(v), json_string_length(v) },
		BASE64_PADDED, to, max, &len);
	*ret = (struct bytes){ to, err ? 0 : len };
	return err;
}

static void next_row(struct job *j)
{
	struct rotate *r = j->own;
	const json_t *o = json_array_get(r->page, r->at);
	const char *id = json_string_value(json_object_get(o, "id"));
	struct ipc_message m = { .type = IPC_REWRAP_ASK };

	if (!o) {
		if (r->batch.count)
			log_batch(j);
		else
			next_page(j);
		return;
	}
	if (!id || id_read(text_of(id), m.u.REWRAP_ASK.recording_id) ||
	    text_copy(r->after, sizeof(r->after), text_of(id)) ||
	    take_base64(o, "envelope", r->envelope, sizeof(r->envelope),
			&m.u.REWRAP_ASK.envelope) ||
	    take_base64(o, "card_envelope", r->card_envelope,
			sizeof(r->card_envelope),
			&m.u.REWRAP_ASK.card_envelope)) {
		nonsense(j, "ledger");
		return;
	}
	job_ask_keeper(j, &m, on_rewrapped);
}

static void on_page(struct job *j, const struct ipc_message *m)
{
	json_t *o = job_ledger_reply(j, m);
	struct rotate *r = j->own;

	if (!o)
		return;
	json_decref(r->page);
	r->page = json_incref(json_object_get(o, "envelopes"));
	r->at = 0;
	json_decref(o);
	/* more than was asked for would not fit into a batch */
	if (!json_is_array(r->page) || json_array_size(r->page) > PAGE)
		nonsense(j, "ledger");
	else if (json_array_size(r->page))
		next_row(j);
	else
		finish(j);
}

static void next_page(struct job *j)
{
	const struct rotate *r = j->own;

	if (!j->client) { /* nobody is there any more: another time */
		job_free(j);
		return;
	}
	job_ask_ledger(j,
		       json_pack("{s:s,s:i,s:s*}", "ask", "envelopes", "limit",
				 PAGE, "after", *r->after ? r->after : NULL),
		       on_page);
}

/* ---- 1 */

static void followed(struct job *j, int error)
{
	if (error == ENOTCONN)
		job_fail_away(j);
	else if (error)
		job_fail(j, "the keeper does not take this log for its own; "
			    "see the node's log");
	else
		next_page(j);
}

void rotate_begin(struct job *j)
{
	j->own = calloc(1, sizeof(struct rotate));
	j->free_own = free_rotate;
	if (j->own)
		follow_prove(j, followed);
	else
		job_fail(j, "out of memory");
}
