#include <jansson.h>

#include "process/ledger/ask.h"

static const char *const names[ASK_WHATS] = {
	[ASK_COUNT] = "count",         [ASK_RECORDINGS] = "recordings",
	[ASK_RECORDING] = "recording", [ASK_ENVELOPE] = "envelope",
	[ASK_APPEND] = "append",       [ASK_ENTRIES] = "entries",
	[ASK_DETAILS] = "details",     [ASK_CHECKPOINT] = "checkpoint",
	[ASK_PROOF] = "proof",         [ASK_CONSISTENCY] = "consistency",
	[ASK_USERS] = "users",         [ASK_CALL] = "call",
	[ASK_KEPT] = "kept",           [ASK_FEED] = "feed",
	[ASK_TAKEN] = "taken",         [ASK_ENVELOPES] = "envelopes",
	[ASK_ROTATE] = "rotate",       [ASK_ACT] = "act",
	[ASK_COSIGNED] = "cosigned",   [ASK_ACCESSES] = "accesses",
	[ASK_FIND] = "find",
};

/* Absent: *has is false and nothing is written. */
static int take_text(const json_t *o, const char *name, struct text *ret,
		     bool *has)
{
	const json_t *v = json_object_get(o, name);

	*has = v != NULL;
	if (!v)
		return 0;
	if (!json_is_string(v))
		return EBADMSG;
	*ret = (struct text){ json_string_value(v), json_string_length(v) };
	return 0;
}

static int take_number(const json_t *o, const char *name, int64_t most,
		       int64_t *ret)
{
	const json_t *v = json_object_get(o, name);

	if (!v)
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    json_integer_value(v) > most)
		return EBADMSG;
	*ret = json_integer_value(v);
	return 0;
}

static int take_entry(const json_t *o, const char *name, uint64_t *ret)
{
	int64_t v = (int64_t)*ret;
	int err = take_number(o, name, INT64_MAX, &v);

	if (!err)
		*ret = (uint64_t)v;
	return err;
}

static int take_id(const json_t *o, const char *name, struct ask *a)
{
	struct text t;
	bool has;

	if (take_text(o, name, &t, &has))
		return EBADMSG;
	if (!has || a->has_id)
		return has ? EBADMSG : 0;
	a->has_id = true;
	return id_read(t, a->id);
}

static int take_state(const json_t *o, struct ask *a)
{
	struct text t;
	bool has;

	if (take_text(o, "state", &t, &has))
		return EBADMSG;
	for (int i = RECORD_RUNNING; has && i < RECORD_STATES; i++)
		if (text_is(t, record_state_text((enum record_state)i))) {
			a->state = (enum record_state)i;
			return 0;
		}
	return has ? EBADMSG : 0;
}

static int take_org(const json_t *o, struct ask *a)
{
	struct text t;
	bool has;

	if (take_text(o, "org", &t, &has))
		return EBADMSG;
	if (!has)
		return 0;
	return text_is_printable(t) && !text_copy(a->org, sizeof(a->org), t)
		       ? 0
		       : EBADMSG;
}

static int take_place(const json_t *o, struct ask *a)
{
	const json_t *go = json_object_get(o, "let-go");
	struct text t;
	bool has;

	if (take_text(o, "cursor", &t, &has) || (go && !json_is_boolean(go)))
		return EBADMSG;
	a->let_go = json_is_true(go);
	if (!has)
		return 0;
	return text_is_printable(t) &&
			       !text_copy(a->cursor, sizeof(a->cursor), t)
		       ? 0
		       : EBADMSG;
}

/* Calls and recordings speak for themselves: the desk cannot make them up. */
static bool may_append(enum event_type type)
{
	switch (type) {
	case EVENT_DISCLOSURE_REQUESTED:
	case EVENT_DISCLOSURE_APPROVED:
	case EVENT_DISCLOSURE_RELEASED:
	case EVENT_DISCLOSURE_REFUSED:
	case EVENT_REGISTER_LOADED:
	case EVENT_KEY_CREATED:
	case EVENT_KEY_ROTATED:
	case EVENT_KEY_DESTROYED:
	case EVENT_KEY_RECOVERY:
	case EVENT_USER_ADDED:
	case EVENT_USER_REMOVED:
	case EVENT_INCIDENT_OPENED:
	case EVENT_INCIDENT_REPORTED:
	case EVENT_INCIDENT_CLOSED:
		return true;
	default:
		return false;
	}
}

static int take_append(const json_t *o, struct ask *a)
{
	struct text type, details;
	bool has_type, has_details;

	if (take_text(o, "type", &type, &has_type) || !has_type ||
	    take_text(o, "details", &details, &has_details) || !has_details ||
	    event_type_read(type, &a->type) || details.len > sizeof(a->details))
		return EBADMSG;
	if (a->what == ASK_ACT ? act_type_read(type, &a->act) != 0
			       : !may_append(a->type))
		return EPERM;
	if (a->what != ASK_ACT && !json_object_get(o, "at"))
		return EBADMSG;
	memcpy(a->details, details.p, details.len);
	a->details_len = details.len;
	return 0;
}

static int take_bytes(const json_t *o, const char *name, uint8_t *to,
		      size_t *ret_len)
{
	struct text t;
	bool has;

	if (take_text(o, name, &t, &has) || !has)
		return EBADMSG;
	return base64_read(t, BASE64_PADDED, to, ASK_ENVELOPE_MAX, ret_len);
}

static int take_row(const json_t *o, struct ask_row *row)
{
	struct text id;
	bool has;

	if (take_text(o, "id", &id, &has) || !has || id_read(id, row->id) ||
	    take_bytes(o, "envelope", row->envelope, &row->envelope_len) ||
	    !row->envelope_len)
		return EBADMSG;
	return take_bytes(o, "card_envelope", row->card_envelope,
			  &row->card_len)
		       ? EBADMSG
		       : 0;
}

static int take_share(const json_t *o, struct ask *a)
{
	struct text t;
	bool has;

	if (take_text(o, "share", &t, &has) || !has || t.len != ASK_SHARE_CHARS)
		return EBADMSG;
	return text_copy(a->share, sizeof(a->share), t) ? EBADMSG : 0;
}

static int take_rotate(const json_t *o, struct ask *a)
{
	const json_t *rows = json_object_get(o, "rows");
	int err = take_append(o, a);

	if (err || a->type != EVENT_KEY_ROTATED || !json_array_size(rows) ||
	    json_array_size(rows) > ASK_ROWS_MAX)
		return err ? err : EBADMSG;
	for (size_t i = 0; !err && i < json_array_size(rows); i++)
		err = take_row(json_array_get(rows, i),
			       &a->rows[a->row_count++]);
	return err;
}

static int take_all(const json_t *o, struct ask *a)
{
	const int64_t latest_ms = 253402300799999; /* the year 9999 */
	int64_t limit = ASK_RECORDINGS_MAX;
	struct text what;
	bool has;
	int err = 0;

	if (take_text(o, "ask", &what, &has) || !has)
		return EBADMSG;
	for (a->what = 0; a->what < ASK_WHATS; a->what++)
		if (text_is(what, names[a->what]))
			break;
	if (a->what == ASK_WHATS || take_id(o, "id", a) ||
	    take_id(o, "after", a) || take_state(o, a) || take_org(o, a) ||
	    take_number(o, "limit", ASK_RECORDINGS_MAX, &limit) ||
	    take_number(o, "at", latest_ms, &a->at_ms) ||
	    take_entry(o, "entry", &a->entry))
		return EBADMSG;
	a->limit = (uint64_t)limit;
	if (a->what == ASK_RECORDINGS)
		err = take_number(o, "from", latest_ms, &a->from_ms) ||
		      take_number(o, "to", INT64_MAX, &a->to_ms);
	else
		err = take_entry(o, "from", &a->from) ||
		      take_entry(o, "to", &a->to);
	if (err)
		return EBADMSG;
	switch (a->what) {
	case ASK_RECORDING:
	case ASK_ENVELOPE:
	case ASK_CALL:
		return a->has_id ? 0 : EBADMSG;
	case ASK_PROOF:
	case ASK_DETAILS:
		return json_object_get(o, "entry") ? 0 : EBADMSG;
	case ASK_ACT:
	case ASK_APPEND:
		return take_append(o, a);
	case ASK_FEED:
	case ASK_TAKEN:
		return a->org[0] ? take_place(o, a) : EBADMSG;
	case ASK_ROTATE:
		return take_rotate(o, a);
	case ASK_FIND:
		return take_share(o, a);
	default:
		return 0;
	}
}

int ask_read(struct text json, struct ask *ret)
{
	json_t *o = json_loadb(json.p, json.len, JSON_REJECT_DUPLICATES, NULL);
	int err;

	*ret = (struct ask){ .to = INT64_MAX, .to_ms = INT64_MAX };
	err = json_is_object(o) ? take_all(o, ret) : EBADMSG;
	json_decref(o);
	return err;
}
