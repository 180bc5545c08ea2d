#include "process/ledger/law.h"

#include <stdlib.h>

/* ---- who may: the people of this log */

struct enrolled {
	struct people people;
	const char *origin;
};

/* What cannot be read, or was not signed, enrols nobody: as for the keeper. */
static int take_user(void *arg, const struct database_entry *e)
{
	struct enrolled *to = arg;
	struct control c;
	int err;

	if (control_read(e->type, e->details, &c))
		return 0;
	err = people_apply(&to->people, to->origin, &c.u.user);
	return err == EPERM || err == EMSGSIZE ? 0 : err;
}

static int verify(struct book *b, const struct act *a)
{
	struct enrolled e = { .origin = book_origin(b) };
	int err = people_init(&e.people);

	if (!err)
		err = database_users(book_database(b), 0, take_user, &e);
	if (!err)
		err = act_verify(a, e.origin, &e.people);
	people_free(&e.people);
	return err;
}

/* ---- what it is about */

struct about {
	uint8_t id[ID_BYTES];
	uint8_t body[ID_BYTES];
	bool has_body;
	char controller[LEAF_ORGANISATION_MAX];
	enum record_state state;
	struct database_standing standing;
	uint64_t entries[DATABASE_ABOUT_MAX];
	unsigned entry_count;
};

static int take_recording(void *arg, const struct database_recording *r)
{
	struct about *to = arg;

	memcpy(to->body, r->body, ID_BYTES);
	to->has_body = r->kc.len != 0;
	to->state = r->state;
	return text_copy(to->controller, sizeof(to->controller), r->controller)
		       ? EIO
		       : 0;
}

static int look_up(struct database *db, const uint8_t id[ID_BYTES],
		   struct about *ret)
{
	int err;

	*ret = (struct about){ 0 };
	memcpy(ret->id, id, ID_BYTES);
	err = database_recording(db, id, take_recording, ret);
	if (!err)
		err = database_standing(db, id, &ret->standing);
	if (!err)
		err = database_about(db, id, ret->entries, &ret->entry_count);
	return err;
}

/* ---- the entry */

static int enter(struct book *b, const struct about *r, enum event_type type,
		 json_t *details, int64_t now_ms, uint64_t *ret_entry)
{
	char *text = details ? json_dumps(details, JSON_COMPACT) : NULL;
	struct book_event e = { .type = type,
				.at_ms = now_ms,
				.organisation = text_of(r->controller) };
	int err;

	json_decref(details);
	if (!text)
		return ENOMEM;
	e.details = text_of(text);
	id_new(e.id);
	err = book_enter(b, &e, ret_entry);
	free(text);
	return err;
}

/* ---- erasing */

/*
 * One that waits to be recovered still has its envelope in the spool, and more
 * of it may come: it is erased once it has ended.
 */
static bool has_ended(const struct about *r)
{
	return r->state == RECORD_SEALED || r->state == RECORD_RECOVERED ||
	       r->state == RECORD_NOT_RECORDED ||
	       (r->state == RECORD_ALARM && !r->has_body);
}

static int erase(struct book *b, const struct about *r, json_t *details,
		 int64_t now_ms, uint64_t *ret_entry)
{
	struct database_recording row = { .kc = { r->body, r->has_body } };
	json_t *list = json_array();
	int err = list ? 0 : ENOMEM;

	for (unsigned i = 0; !err && i < r->entry_count; i++)
		if (json_array_append_new(
			    list, json_integer((json_int_t)r->entries[i])))
			err = ENOMEM;
	if (err || json_object_set_new(details, "entries", list)) {
		json_decref(details);
		return ENOMEM;
	}
	memcpy(row.id, r->id, ID_BYTES);
	memcpy(row.body, r->body, ID_BYTES);
	err = enter(b, r, EVENT_RECORDING_ERASED, details, now_ms, ret_entry);
	return err ? err
		   : database_erase(book_database(b), &row, r->entries,
				    r->entry_count, *ret_entry);
}

/* ---- acts */

static const char *refusal_of(const struct act *a, const struct about *r)
{
	if (r->state == RECORD_ERASED)
		return "erased";
	switch (a->kind) {
	case ACT_HOLD_END:
		return r->standing.held ? NULL : "not-held";
	case ACT_ERASE:
		if (r->standing.held)
			return "held";
		return has_ended(r) ? NULL : "not-ended";
	default:
		return NULL;
	}
}

/* What is refused for a reason of the recording's is kept, with the reason. */
static int refuse(struct book *b, const struct act *a, const struct about *r,
		  int64_t now_ms, struct law_outcome *ret)
{
	json_t *details;

	if (a->kind != ACT_ERASE || r->state == RECORD_ERASED)
		return 0;
	details = act_json(a);
	if (json_object_set_new(details, "refused",
				json_string(ret->refused))) {
		json_decref(details);
		return ENOMEM;
	}
	ret->has_entry = true;
	return enter(b, r, EVENT_RECORDING_ERASE_REFUSED, details, now_ms,
		     &ret->entry);
}

static enum event_type type_of(const struct act *a)
{
	return a->kind == ACT_HOLD ? EVENT_RECORDING_HELD
				   : EVENT_RECORDING_HOLD_ENDED;
}

static int carry_out(struct book *b, const struct act *a, const struct about *r,
		     int64_t now_ms, struct law_outcome *ret)
{
	ret->has_entry = true;
	if (a->kind == ACT_ERASE)
		return erase(b, r, act_json(a), now_ms, &ret->entry);
	return enter(b, r, type_of(a), act_json(a), now_ms, &ret->entry);
}

static bool is_fresh(const struct act *a, int64_t now_ms)
{
	int64_t off = now_ms - (int64_t)a->at_ms;

	return off <= ACT_FRESH_MS && off >= -ACT_FRESH_MS;
}

int law_act(struct book *b, const struct act *a, int64_t now_ms,
	    struct law_outcome *ret)
{
	struct about r;
	int err = verify(b, a);

	*ret = (struct law_outcome){ 0 };
	if (err == EPERM) {
		ret->refused = "not-signed";
		return 0;
	}
	if (!err)
		err = look_up(book_database(b), a->recording, &r);
	if (err)
		return err;
	if (!is_fresh(a, now_ms) || (int64_t)a->at_ms <= r.standing.acted_ms) {
		ret->refused = "stale";
		return 0;
	}
	ret->refused = refusal_of(a, &r);
	if (!ret->refused && a->kind != ACT_ERASE)
		r.standing.held = a->kind == ACT_HOLD;
	r.standing.acted_ms = (int64_t)a->at_ms;
	err = book_begin(b);
	if (!err)
		err = ret->refused ? refuse(b, a, &r, now_ms, ret)
				   : carry_out(b, a, &r, now_ms, ret);
	return err ? err
		   : database_standing_put(book_database(b), r.id, &r.standing);
}
