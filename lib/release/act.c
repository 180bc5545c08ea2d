#include "release/act.h"

#include <sodium.h>

static const char *const types[ACTS] = {
	[ACT_HOLD] = "recording.held",
	[ACT_HOLD_END] = "recording.hold-ended",
	[ACT_ERASE] = "recording.erased",
};

const char *act_type_text(enum act_kind kind)
{
	return (unsigned)kind < ACTS ? types[kind] : "unknown";
}

int act_type_read(struct text t, enum act_kind *ret)
{
	for (unsigned i = 0; i < ACTS; i++)
		if (text_is(t, types[i])) {
			*ret = (enum act_kind)i;
			return 0;
		}
	return ENOENT;
}

int act_reason_check(struct text reason)
{
	return reason.len && reason.len < ACT_REASON_MAX &&
			       text_is_printable(reason)
		       ? 0
		       : EINVAL;
}

static struct text get(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_string(v))
		return TEXT("");
	return (struct text){ json_string_value(v), json_string_length(v) };
}

static int read_all(const json_t *o, struct act *a)
{
	const json_t *at = json_object_get(o, "at");
	struct text by = get(o, "by"), reason = get(o, "reason");
	size_t len;

	if (!json_is_integer(at) || json_integer_value(at) < 0 ||
	    id_read(get(o, "recording"), a->recording) || user_name_check(by) ||
	    text_copy(a->by, sizeof(a->by), by) || act_reason_check(reason) ||
	    text_copy(a->reason, sizeof(a->reason), reason) ||
	    base64_read(get(o, "signature"), BASE64_PADDED, a->signature,
			sizeof(a->signature), &len) ||
	    len != sizeof(a->signature))
		return EBADMSG;
	a->at_ms = (uint64_t)json_integer_value(at);
	return 0;
}

int act_read(enum act_kind kind, struct text details, struct act *ret)
{
	json_t *o = json_loadb(details.p, details.len, JSON_REJECT_DUPLICATES,
			       NULL);
	struct act a = { .kind = kind };
	int err = (unsigned)kind < ACTS && json_is_object(o) ? read_all(o, &a)
							     : EBADMSG;

	json_decref(o);
	if (!err)
		*ret = a;
	return err;
}

int act_digest(const struct act *a, const char *origin,
	       uint8_t ret[REQUEST_DIGEST])
{
	uint8_t buf[512], reason[crypto_hash_sha256_BYTES];
	struct writer w = writer_on(buf, sizeof(buf));

	if ((unsigned)a->kind >= ACTS || strlen(origin) >= REQUEST_TEXT_MAX ||
	    user_name_check(text_of(a->by)) ||
	    act_reason_check(text_of(a->reason)))
		return EINVAL;
	(void)crypto_hash_sha256(reason, (const uint8_t *)a->reason,
				 strlen(a->reason));
	writer_copy(&w, "vaxel/act/1", sizeof("vaxel/act/1"));
	request_put_text(&w, act_type_text(a->kind));
	request_put_text(&w, origin);
	writer_copy(&w, a->recording, ID_BYTES);
	request_put_text(&w, a->by);
	writer_u64(&w, a->at_ms);
	writer_copy(&w, reason, sizeof(reason));
	(void)crypto_hash_sha256(ret, buf, w.len);
	return writer_finish(&w);
}

json_t *act_json(const struct act *a)
{
	char id[ID_CHARS + 1], signature[128] = { 0 };
	struct writer w = writer_on(signature, sizeof(signature) - 1);

	id_text(a->recording, id);
	base64_write(&w, BASE64_PADDED, a->signature, sizeof(a->signature));
	return json_pack("{s:s,s:s,s:I,s:s,s:s}", "recording", id, "by", a->by,
			 "at", (json_int_t)a->at_ms, "reason", a->reason,
			 "signature", signature);
}

int act_verify(const struct act *a, const char *origin,
	       const struct people *people)
{
	const struct people_user *by = people_find(people, a->by);
	uint8_t d[REQUEST_DIGEST];

	return by && role_may_enrol(by->role) && !act_digest(a, origin, d) &&
			       !request_verify(d, a->signature, by->key)
		       ? 0
		       : EPERM;
}
