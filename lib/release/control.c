#include "release/control.h"

#include <jansson.h>
#include <sodium.h>

#include "base/encode.h"

static const struct {
	const char *type;
	enum control_kind kind;
} kinds[] = {
	{ "user.added", CONTROL_USER_ADDED },
	{ "user.removed", CONTROL_USER_REMOVED },
	{ "disclosure.requested", CONTROL_REQUESTED },
	{ "disclosure.approved", CONTROL_APPROVED },
	{ "disclosure.released", CONTROL_RELEASED },
	{ "disclosure.refused", CONTROL_REFUSED },
	{ "recording.sealed", CONTROL_SEALED },
	{ "recording.recovering", CONTROL_RECOVERING },
	{ "recording.recovered", CONTROL_SEALED },
	{ "recording.held", CONTROL_HELD },
	{ "recording.erased", CONTROL_ERASED },
	{ "key.created", CONTROL_KEY },
	{ "key.destroyed", CONTROL_KEY },
	{ "key.recovery", CONTROL_KEY },
	{ "key.rotated", CONTROL_ROTATED },
};

enum control_kind control_kind_of(struct text type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (text_is(type, kinds[i].type))
			return kinds[i].kind;
	return CONTROL_NONE;
}

static bool begins(struct text t, const char *with)
{
	size_t n = strlen(with);

	return t.len >= n && !memcmp(t.p, with, n);
}

bool control_has_details(struct text type)
{
	return begins(type, "user.") || begins(type, "key.") ||
	       begins(type, "register.") || begins(type, "disclosure.") ||
	       text_is(type, "recording.sealed") ||
	       text_is(type, "recording.recovering") ||
	       text_is(type, "recording.recovered") ||
	       text_is(type, "recording.held") ||
	       text_is(type, "recording.erased");
}

bool control_may_be_erased(struct text type)
{
	return text_is(type, "recording.started") ||
	       text_is(type, "recording.alarm") ||
	       text_is(type, "recording.not-recorded") ||
	       text_is(type, "recording.sealed") ||
	       text_is(type, "recording.recovering") ||
	       text_is(type, "recording.recovered");
}

static int get(const json_t *o, const char *key, struct text *ret)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_string(v))
		return EBADMSG;
	*ret = (struct text){ json_string_value(v), json_string_length(v) };
	return 0;
}

static int get_hex(const json_t *o, const char *key, uint8_t *to, size_t len)
{
	struct text t;
	int err = get(o, key, &t);

	return err ? err : hex_read(t, to, len);
}

static int get_id(const json_t *o, const char *key, uint8_t id[16])
{
	struct text t;
	int err = get(o, key, &t);

	return err ? err : id_read(t, id);
}

static int get_base64(const json_t *o, const char *key, uint8_t *to, size_t len)
{
	struct text t;
	size_t n;
	int err;

	if ((err = get(o, key, &t)) ||
	    (err = base64_read(t, BASE64_PADDED, to, len, &n)))
		return err ? EBADMSG : 0;
	return n == len ? 0 : EBADMSG;
}

static int get_name(const json_t *o, const char *key, char *to)
{
	struct text t;
	int err = get(o, key, &t);

	if (err)
		return err;
	if (user_name_check(t))
		return EBADMSG;
	return text_copy(to, REQUEST_TEXT_MAX, t);
}

static int read_user(const json_t *o, bool added, struct control_user *u)
{
	const json_t *at = json_object_get(o, "at");
	struct text role;
	int err;

	u->added = added;
	if (!json_is_integer(at) || json_integer_value(at) < 0)
		return EBADMSG;
	u->at_ms = (uint64_t)json_integer_value(at);
	if ((err = get_name(o, "name", u->name)) ||
	    (err = get_name(o, "by", u->by)) ||
	    (err = get_base64(o, "signature", u->signature,
			      sizeof(u->signature))))
		return err;
	if (!added)
		return 0;
	if ((err = get(o, "role", &role)) ||
	    (err = get_base64(o, "key", u->key, sizeof(u->key))))
		return err;
	return user_role_read(role, &u->role) ? EBADMSG : 0;
}

static int read_sealed(const json_t *o, struct control_sealed *s)
{
	int err;

	if ((err = get_id(o, "recording", s->recording)) ||
	    (err = get_hex(o, "kc", s->kc, sizeof(s->kc))) ||
	    (err = get_hex(o, "envelope_sha256", s->envelope_sha256, 32)))
		return err;
	s->has_card = json_object_get(o, "card_envelope_sha256") != NULL;
	return s->has_card ? get_hex(o, "card_envelope_sha256",
				     s->card_envelope_sha256, 32)
			   : 0;
}

static int read_recovering(const json_t *o, struct control *c)
{
	struct control_recovering *r = &c->u.recovering;
	int err;

	if ((err = get_id(o, "recording", c->recording)) ||
	    (err = get_hex(o, "start_sha256", r->start_sha256, 32)))
		return err;
	r->has_end = json_object_get(o, "end_sha256") != NULL;
	return r->has_end ? get_hex(o, "end_sha256", r->end_sha256, 32) : 0;
}

/* Which request it is about. */
static int read_about(const json_t *o, struct control *c)
{
	int err = get_hex(o, "d", c->d, sizeof(c->d));

	return err ? err : get_id(o, "recording", c->recording);
}

static int read_approved(const json_t *o, struct control *c)
{
	struct control_approved *a = &c->u.approved;
	int err;

	if ((err = read_about(o, c)) || (err = get_name(o, "by", a->by)))
		return err;
	return get_base64(o, "signature", a->signature, sizeof(a->signature));
}

static int read_erased(const json_t *o, struct control_erased *e)
{
	const json_t *list = json_object_get(o, "entries");
	size_t n = json_array_size(list);

	if ((list && !json_is_array(list)) || n > CONTROL_ERASED_MAX)
		return EBADMSG;
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);

		if (!json_is_integer(v) || json_integer_value(v) < 0)
			return EBADMSG;
		e->entries[e->count++] = (uint64_t)json_integer_value(v);
	}
	return 0;
}

static int read_kind(const json_t *o, struct control *c)
{
	int err;

	switch (c->kind) {
	case CONTROL_USER_ADDED:
	case CONTROL_USER_REMOVED:
		return read_user(o, c->kind == CONTROL_USER_ADDED, &c->u.user);
	case CONTROL_SEALED:
		if ((err = read_sealed(o, &c->u.sealed)))
			return err;
		memcpy(c->recording, c->u.sealed.recording,
		       sizeof(c->recording));
		return 0;
	case CONTROL_RECOVERING:
		return read_recovering(o, c);
	case CONTROL_REQUESTED:
	case CONTROL_RELEASED:
	case CONTROL_REFUSED:
		return read_about(o, c);
	case CONTROL_APPROVED:
		return read_approved(o, c);
	case CONTROL_ERASED:
		err = read_erased(o, &c->u.erased);
		return err ? err : get_id(o, "recording", c->recording);
	case CONTROL_HELD:
		return get_id(o, "recording", c->recording);
	case CONTROL_KEY:
	case CONTROL_ROTATED:
	case CONTROL_NONE:
		break;
	}
	return 0;
}

/* Whole texts of their own; the type must be that of what was signed. */
static int read_key(struct text type, struct text details, struct key_entry *e)
{
	int err = key_entry_read(details, e);

	if (!err && (e->officer_count != KEY_OFFICERS ||
		     !text_is(type, key_act_type(e->statement.act))))
		err = EBADMSG;
	return err;
}

int control_read(struct text type, struct text details, struct control *ret)
{
	struct control c = { .kind = control_kind_of(type) };
	json_t *o = NULL;
	int err = 0;

	if (c.kind == CONTROL_KEY)
		err = read_key(type, details, &c.u.key);
	else if (c.kind == CONTROL_ROTATED)
		err = rotated_read(details, &c.u.rotated);
	else if (c.kind != CONTROL_NONE) {
		o = json_loadb(details.p, details.len, JSON_REJECT_DUPLICATES,
			       NULL);
		err = json_is_object(o) ? read_kind(o, &c) : EBADMSG;
	}
	json_decref(o);
	if (!err)
		*ret = c;
	return err;
}

int control_user_digest(const struct control_user *u, const char *origin,
			uint8_t ret[32])
{
	static const uint8_t none[REQUEST_KEY];
	uint8_t buf[512];
	struct writer w = writer_on(buf, sizeof(buf));
	int err;

	if (strlen(origin) >= REQUEST_TEXT_MAX ||
	    user_name_check(text_of(u->name)) ||
	    user_name_check(text_of(u->by)))
		return EINVAL;
	writer_copy(&w, "vaxel/user/1", sizeof("vaxel/user/1"));
	writer_u8(&w, u->added);
	request_put_text(&w, origin);
	request_put_text(&w, u->name);
	request_put_text(&w, u->added ? user_role_text(u->role) : "");
	writer_copy(&w, u->added ? u->key : none, REQUEST_KEY);
	request_put_text(&w, u->by);
	writer_u64(&w, u->at_ms);
	if ((err = writer_finish(&w)))
		return err;
	(void)crypto_hash_sha256(ret, buf, w.len);
	return 0;
}

static void put_base64(struct writer *w, const char *before, const void *p,
		       size_t len)
{
	writer_str(w, before);
	base64_write(w, BASE64_PADDED, p, len);
}

/* Names are plain by user_name_check(), so nothing here needs escaping. */
int control_user_write(struct writer *w, const struct control_user *u)
{
	if (user_name_check(text_of(u->name)) ||
	    user_name_check(text_of(u->by)) || (unsigned)u->role >= USER_ROLES)
		return EINVAL;
	writer_printf(w, "{\"name\":\"%s\",", u->name);
	if (u->added) {
		writer_printf(w, "\"role\":\"%s\",", user_role_text(u->role));
		put_base64(w, "\"key\":\"", u->key, sizeof(u->key));
		writer_str(w, "\",");
	}
	writer_printf(w, "\"by\":\"%s\",\"at\":%llu,", u->by,
		      (unsigned long long)u->at_ms);
	put_base64(w, "\"signature\":\"", u->signature, sizeof(u->signature));
	writer_str(w, "\"}");
	return writer_finish(w);
}

static void put_head(struct writer *w, const uint8_t d[REQUEST_DIGEST],
		     const uint8_t recording[16])
{
	char id[ID_CHARS + 1];

	id_text(recording, id);
	writer_str(w, "{\"d\":\"");
	hex_write(w, d, REQUEST_DIGEST);
	writer_printf(w, "\",\"recording\":\"%s\",", id);
}

int control_requested_write(struct writer *w, struct bytes r,
			    const uint8_t signature[REQUEST_SIGNATURE])
{
	uint8_t d[REQUEST_DIGEST];
	struct request q;
	int err = request_decode(r, &q);

	if (err)
		return err;
	request_digest(r, d);
	put_head(w, d, q.recording);
	put_base64(w, "\"request\":\"", r.p, r.len);
	put_base64(w, "\",\"signature\":\"", signature, REQUEST_SIGNATURE);
	writer_str(w, "\"}");
	return writer_finish(w);
}

int control_approved_write(struct writer *w, const uint8_t d[REQUEST_DIGEST],
			   const uint8_t recording[16],
			   const struct control_approved *a)
{
	if (user_name_check(text_of(a->by)))
		return EINVAL;
	put_head(w, d, recording);
	writer_printf(w, "\"by\":\"%s\",", a->by);
	put_base64(w, "\"signature\":\"", a->signature, sizeof(a->signature));
	writer_str(w, "\"}");
	return writer_finish(w);
}

int control_released_write(struct writer *w, const uint8_t d[REQUEST_DIGEST],
			   const uint8_t recording[16], struct bytes receipt)
{
	put_head(w, d, recording);
	put_base64(w, "\"receipt\":\"", receipt.p, receipt.len);
	writer_str(w, "\"}");
	return writer_finish(w);
}

int control_refused_write(struct writer *w, const uint8_t d[REQUEST_DIGEST],
			  const uint8_t recording[16], const char *reason)
{
	put_head(w, d, recording);
	writer_printf(w, "\"reason\":\"%s\"}", reason);
	return writer_finish(w);
}
