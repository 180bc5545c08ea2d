/*
 * Sealed bodies, from the store to whoever asked: a block at a time, as fast
 * as it is taken.
 */
#include <stdlib.h>

#include "base/encode.h"
#include "process/desk/job.h"

enum { BLOCK_BYTES = 64 * 1024 };

struct stream_state {
	uint8_t name[ID_BYTES];
	uint64_t offset;
	void (*done)(struct job *j);
	void *under; /* what was the job's own before */
	void (*free_under)(void *own);
};

static void stream_free_state(void *own)
{
	struct stream_state *s = own;

	if (s->free_under)
		s->free_under(s->under);
	free(s);
}

static void stream_pump(struct job *j)
{
	static uint8_t block[BLOCK_BYTES];
	struct stream_state *s = j->own;
	size_t len;
	int err;

	while (client_waiting(j->client) < 4 * (size_t)BLOCK_BYTES) {
		err = store_read(j->desk->store, s->name, s->offset, block,
				 sizeof(block), &len);
		if (err) {
			job_fail(j, err == ENOENT
					    ? "the body is not in the store"
					    : "the store cannot be read");
			return;
		}
		if (!len) {
			j->pump = NULL;
			j->own = s->under;
			j->free_own = s->free_under;
			s->free_under = NULL;
			s->done(j);
			free(s);
			return;
		}
		s->offset += len;
		if (!job_send(j, TALK_DATA, block, len))
			return;
	}
}

void body_stream(struct job *j, const uint8_t name[ID_BYTES],
		 void (*done)(struct job *j))
{
	struct stream_state *s = calloc(1, sizeof(*s));

	if (!s || !j->client || !j->desk->store) {
		free(s);
		job_fail(j, "there is no store of bodies on this machine");
		return;
	}
	memcpy(s->name, name, ID_BYTES);
	s->done = done;
	s->under = j->own;
	s->free_under = j->free_own;
	j->own = s;
	j->free_own = stream_free_state;
	j->pump = stream_pump;
	stream_pump(j);
}

int recording_body(const json_t *recording, uint8_t ret_name[ID_BYTES])
{
	const char *body =
		json_string_value(json_object_get(recording, "body"));

	return body ? id_read(text_of(body), ret_name) : ENOENT;
}

static const char *no_body(const json_t *recording)
{
	const char *s = json_string_value(json_object_get(recording, "state"));

	return s && !strcmp(s, record_state_text(RECORD_ERASED))
		       ? "it was erased: nothing of it is left"
		       : "the recording has no body";
}

/* ---- body: the recording, then its bytes */

static void finish(struct job *j)
{
	job_end(j, 0, NULL, NULL);
}

static void body_found(struct job *j, const struct ipc_message *m)
{
	json_t *o = job_ledger_reply(j, m);
	const json_t *recording = json_object_get(o, "recording");
	uint8_t name[ID_BYTES];
	bool sent;
	int err;

	if (!o)
		return;
	err = recording_body(recording, name);
	sent = !err && job_send_json(j, recording);
	if (err)
		job_fail(j, no_body(recording));
	json_decref(o);
	if (!err && sent)
		body_stream(j, name, finish);
}

/* ---- export: envelope, body, card */

struct export
{
	uint8_t body[ID_BYTES];
	json_t *reply;
};

static void export_free(void *own)
{
	struct export *e = own;

	json_decref(e->reply);
	free(e);
}

static bool send_part(struct job *j, const char *part)
{
	json_t *o = json_pack("{s:s}", "part", part);
	bool sent = o && job_send_json(j, o);

	json_decref(o);
	return sent;
}

static bool send_base64(struct job *j, const json_t *reply, const char *key)
{
	const char *text = json_string_value(json_object_get(reply, key));
	static uint8_t bytes[48 * 1024];
	size_t len = 0;

	if (text && base64_read(text_of(text), BASE64_PADDED, bytes,
				sizeof(bytes), &len)) {
		job_fail(j, "the ledger's answer makes no sense");
		return false;
	}
	return !len || job_send(j, TALK_DATA, bytes, len);
}

static void export_card(struct job *j)
{
	struct export *e = j->own;

	if (send_part(j, "card") && send_base64(j, e->reply, "card"))
		job_end(j, 0, NULL, NULL);
}

static void export_found(struct job *j, const struct ipc_message *m)
{
	json_t *o = job_ledger_reply(j, m);
	struct export *e = o ? calloc(1, sizeof(*e)) : NULL;

	if (!o)
		return;
	if (!e) {
		json_decref(o);
		job_fail(j, "out of memory");
		return;
	}
	e->reply = o;
	j->own = e;
	j->free_own = export_free;
	if (recording_body(json_object_get(o, "recording"), e->body)) {
		job_fail(j, no_body(json_object_get(o, "recording")));
		return;
	}
	if (!json_string_length(json_object_get(o, "envelope"))) {
		job_fail(j, "its envelope has left for its controller's node: "
			    "export it there");
		return;
	}
	if (send_part(j, "envelope") && send_base64(j, o, "envelope") &&
	    send_part(j, "body"))
		body_stream(j, e->body, export_card);
}

void body_begin(struct job *j)
{
	bool whole = j->request.ask == TALK_EXPORT;
	char id[ID_CHARS + 1];

	id_text(j->request.id, id);
	job_ask_ledger(j,
		       json_pack("{s:s,s:s}", "ask",
				 whole ? "envelope" : "recording", "id", id),
		       whole ? export_found : body_found);
}
