#include "process/ledger/outcome.h"

#include <jansson.h>
#include <sodium.h>
#include <string.h>

struct said {
	struct text call, recording;
	enum record_reason reason;
};

static struct text text_in(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_string(v))
		return TEXT("");
	return (struct text){ json_string_value(v), json_string_length(v) };
}

static void read_said(const json_t *o, struct said *ret)
{
	struct text reason = text_in(o, "reason");

	ret->call = text_in(o, "call");
	ret->recording = text_in(o, "recording");
	ret->reason = REASON_NONE;
	for (int i = 0; i < RECORD_REASONS; i++)
		if (text_is(reason, record_reason_text((enum record_reason)i)))
			ret->reason = (enum record_reason)i;
}

static enum record_state state_of(enum event_type type)
{
	switch (type) {
	case EVENT_RECORDING_SEALED:
		return RECORD_SEALED;
	case EVENT_RECORDING_NOT_RECORDED:
		return RECORD_NOT_RECORDED;
	case EVENT_RECORDING_ALARM:
		return RECORD_ALARM;
	case EVENT_RECORDING_RECOVERED:
		return RECORD_RECOVERED;
	default:
		return RECORD_NONE;
	}
}

/* Ours have only such characters, so they stand in JSON as they are. */
static bool is_plain(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if ((t.p[i] < 'a' || t.p[i] > 'z') &&
		    (t.p[i] < 'A' || t.p[i] > 'Z') &&
		    (t.p[i] < '0' || t.p[i] > '9') && t.p[i] != '-')
			return false;
	return t.len && t.len <= 64;
}

static int note_call(struct database *db, const struct book_event *e,
		     const struct said *said)
{
	struct database_call c = {
		said->call, e->at_ms, e->organisation, { NULL, 0 }
	};

	if (!is_plain(said->call))
		return 0;
	if (e->type == EVENT_CALL_ANSWERED)
		return database_call_open(db, &c, true);
	if (e->type == EVENT_RECORDING_STARTED) {
		if (is_plain(said->recording))
			c.recording = said->recording;
		return database_call_open(db, &c, false);
	}
	if (state_of(e->type) == RECORD_NONE)
		return 0;
	return database_call_close(db, said->call, e->at_ms,
				   e->type == EVENT_RECORDING_RECOVERED);
}

/*
 * What the switch says of a recording that it never saw: it has no id of its
 * own, so it is listed under one that follows from the call's.
 */
static void id_of_none(struct text call, uint8_t to[ID_BYTES])
{
	static const char label[] = "vaxel/never-began/1";
	uint8_t digest[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state h;

	(void)crypto_hash_sha256_init(&h);
	(void)crypto_hash_sha256_update(&h, (const uint8_t *)label,
					sizeof(label));
	(void)crypto_hash_sha256_update(&h, (const uint8_t *)call.p, call.len);
	(void)crypto_hash_sha256_final(&h, digest);
	memcpy(to, digest, ID_BYTES);
}

static int note_recording(struct database *db, const struct book_event *e,
			  const struct said *said, uint64_t entry)
{
	struct database_recording r = { .state = state_of(e->type),
					.reason = said->reason,
					.at_ms = e->at_ms,
					.controller = e->organisation,
					.entry = entry };
	bool has_id = !id_read(said->recording, r.id);
	bool has_call = is_plain(said->call);
	uint8_t none[ID_BYTES];
	int err = 0;

	if (r.state == RECORD_NONE || (!has_id && !has_call))
		return 0;
	if (has_call)
		id_of_none(said->call, none);
	if (!has_id)
		memcpy(r.id, none, ID_BYTES);
	else if (has_call && r.state == RECORD_RECOVERED)
		/* it was taken after all, when the switch had given up */
		err = database_recording_forget(db, none);
	return err ? err : database_recording_said(db, &r);
}

/* Keep the tables of calls and recordings in step with the entries. */
int outcome_note(struct database *db, const struct book_event *e,
		 uint64_t entry)
{
	enum record_state state = state_of(e->type);
	struct said said;
	json_t *o;
	int err;

	if (state == RECORD_NONE && e->type != EVENT_CALL_ANSWERED &&
	    e->type != EVENT_RECORDING_STARTED &&
	    e->type != EVENT_RECORDING_RECOVERING)
		return 0;
	o = json_loadb(e->details.p, e->details.len, 0, NULL);
	read_said(o, &said);
	err = note_call(db, e, &said);
	if (!err && e->type != EVENT_CALL_ANSWERED && said.recording.len)
		err = database_about_put(db, said.recording, entry);
	if (!err)
		err = note_recording(db, e, &said, entry);
	json_decref(o);
	return err;
}
