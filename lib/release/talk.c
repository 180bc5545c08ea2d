#include "release/talk.h"

#include <jansson.h>

#include "base/encode.h"

static const char *const asks[TALK_ASKS] = {
	[TALK_STATUS] = "status",
	[TALK_CALLS] = "calls",
	[TALK_QUEUES] = "queues",
	[TALK_TRUNKS] = "trunks",
	[TALK_RECORDINGS] = "recordings",
	[TALK_RECORDING] = "recording",
	[TALK_BODY] = "body",
	[TALK_EXPORT] = "export",
	[TALK_OPEN] = "open",
	[TALK_DISCLOSURE] = "disclosure",
	[TALK_APPROVE] = "approve",
	[TALK_USERS] = "users",
	[TALK_USER] = "user",
	[TALK_RECOVER] = "recover",
	[TALK_CALL] = "call",
	[TALK_KEPT] = "kept",
	[TALK_KEY] = "key",
	[TALK_ROTATE] = "rotate",
	[TALK_FIND] = "find",
	[TALK_PROBE] = "probe",
	[TALK_ACT] = "act",
	[TALK_ACCESSES] = "accesses",
};

static int get(const json_t *o, const char *key, struct text *ret)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_string(v))
		return EBADMSG;
	*ret = (struct text){ json_string_value(v), json_string_length(v) };
	return 0;
}

static int read_ask(const json_t *o, enum talk_ask *ret)
{
	struct text ask;
	int err = get(o, "ask", &ask);

	if (err)
		return err;
	for (size_t i = 0; i < TALK_ASKS; i++)
		if (text_is(ask, asks[i])) {
			*ret = (enum talk_ask)i;
			return 0;
		}
	return EBADMSG;
}

static int read_open(const json_t *o, struct talk_request *q)
{
	const json_t *entry = json_object_get(o, "entry");
	struct request request;
	struct text t;
	size_t len;

	if (!json_is_boolean(entry) || get(o, "request", &t) ||
	    base64_read(t, BASE64_PADDED, q->r, sizeof(q->r), &q->r_len) ||
	    request_decode((struct bytes){ q->r, q->r_len }, &request))
		return EBADMSG;
	q->entry = json_is_true(entry);
	memcpy(q->id, request.recording, sizeof(q->id));
	if (get(o, "signature", &t) ||
	    base64_read(t, BASE64_PADDED, q->signature, sizeof(q->signature),
			&len) ||
	    len != sizeof(q->signature))
		return EBADMSG;
	return 0;
}

/* Held to what the keeper will make of it, so that no nonsense is logged. */
static int read_user(const json_t *o, struct talk_request *q)
{
	struct text type, details;
	struct control c;

	if (get(o, "type", &type) || get(o, "details", &details) ||
	    control_read(type, details, &c))
		return EBADMSG;
	if (c.kind != CONTROL_USER_ADDED && c.kind != CONTROL_USER_REMOVED)
		return EBADMSG;
	q->added = c.kind == CONTROL_USER_ADDED;
	return text_copy(q->details, sizeof(q->details), details) ? EBADMSG : 0;
}

static int read_key(const json_t *o, struct talk_request *q)
{
	struct text type, details;
	struct control c;

	if (get(o, "type", &type) || get(o, "details", &details) ||
	    control_read(type, details, &c) || c.kind != CONTROL_KEY)
		return EBADMSG;
	q->act = c.u.key.statement.act;
	return text_copy(q->details, sizeof(q->details), details) ? EBADMSG : 0;
}

static int read_find(const json_t *o, struct talk_request *q)
{
	struct text share;
	uint8_t bytes[32];
	size_t len;

	if (get(o, "share", &share) || share.len != TALK_SHARE_CHARS ||
	    base64_read(share, BASE64_UNPADDED, bytes, sizeof(bytes), &len))
		return EBADMSG;
	return text_copy(q->share, sizeof(q->share), share);
}

static int read_approve(const json_t *o, struct talk_request *q)
{
	struct text details;
	struct control c;

	if (get(o, "details", &details) ||
	    control_read(TEXT("disclosure.approved"), details, &c))
		return EBADMSG;
	return text_copy(q->details, sizeof(q->details), details) ? EBADMSG : 0;
}

static int read_act(const json_t *o, struct talk_request *q)
{
	struct text type, details;
	struct act a;

	if (get(o, "type", &type) || get(o, "details", &details) ||
	    act_type_read(type, &q->kind) || act_read(q->kind, details, &a))
		return EBADMSG;
	return text_copy(q->details, sizeof(q->details), details) ? EBADMSG : 0;
}

static int read_entry(const json_t *o, struct talk_request *q)
{
	const json_t *v = json_object_get(o, "entry");

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return EBADMSG;
	q->number = (uint64_t)json_integer_value(v);
	return 0;
}

static int read_object(const json_t *o, struct talk_request *q)
{
	struct text id;
	int err = read_ask(o, &q->ask);

	if (err)
		return err;
	switch (q->ask) {
	case TALK_RECORDING:
	case TALK_BODY:
	case TALK_EXPORT:
	case TALK_CALL:
	case TALK_ACCESSES:
		err = get(o, "id", &id);
		return err ? err : id_read(id, q->id);
	case TALK_OPEN:
		return read_open(o, q);
	case TALK_DISCLOSURE:
		return read_entry(o, q);
	case TALK_APPROVE:
		return read_approve(o, q);
	case TALK_ACT:
		return read_act(o, q);
	case TALK_USER:
		return read_user(o, q);
	case TALK_KEY:
		return read_key(o, q);
	case TALK_FIND:
		return read_find(o, q);
	default:
		return 0;
	}
}

int talk_request_read(struct bytes in, struct talk_request *ret)
{
	struct reader r = reader_on(in.p, in.len);
	struct talk_request q = { 0 };
	json_t *o;
	uint32_t len;
	int err;

	if (reader_u32(&r, &len))
		return EAGAIN;
	if (len > TALK_REQUEST_MAX)
		return EMSGSIZE;
	if (reader_left(&r) < len)
		return EAGAIN;
	if (reader_left(&r) > len)
		return EBADMSG;
	o = json_loadb((const char *)r.at, len, JSON_REJECT_DUPLICATES, NULL);
	err = json_is_object(o) ? read_object(o, &q) : EBADMSG;
	json_decref(o);
	if (!err)
		*ret = q;
	return err;
}

void talk_head_write(uint8_t to[TALK_HEAD], enum talk_type type, size_t len)
{
	struct writer w = writer_on(to, TALK_HEAD);

	writer_u32(&w, (uint32_t)(len + 1));
	writer_u8(&w, (uint8_t)type);
}

int talk_head_read(const uint8_t in[TALK_HEAD], enum talk_type *ret_type,
		   size_t *ret_len)
{
	struct reader r = reader_on(in, TALK_HEAD);
	uint32_t len;
	uint8_t type;

	if (reader_u32(&r, &len) || reader_u8(&r, &type) || !len)
		return EBADMSG;
	if (len > TALK_FRAME_MAX)
		return EMSGSIZE;
	if (type != TALK_JSON && type != TALK_DATA && type != TALK_END)
		return EBADMSG;
	*ret_type = (enum talk_type)type;
	*ret_len = len - 1;
	return 0;
}
