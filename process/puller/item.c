#include "process/puller/item.h"

#include <jansson.h>
#include <sodium.h>

#include "tlog/leaf.h"

static struct text text_in(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_string(v))
		return TEXT("");
	return (struct text){ json_string_value(v), json_string_length(v) };
}

static int take_text(const json_t *o, const char *name, char *to, size_t max)
{
	struct text t = text_in(o, name);

	return t.len && text_is_printable(t) && !text_copy(to, max, t)
		       ? 0
		       : EBADMSG;
}

static int take_number(const json_t *o, const char *name, uint64_t *ret)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return EBADMSG;
	*ret = (uint64_t)json_integer_value(v);
	return 0;
}

/* null is nothing. */
static int take_base64(const json_t *o, const char *name, uint8_t *to,
		       size_t max, size_t *ret_len)
{
	*ret_len = 0;
	if (!json_is_string(json_object_get(o, name)))
		return json_is_null(json_object_get(o, name)) ? 0 : EBADMSG;
	return base64_read(text_in(o, name), BASE64_PADDED, to, max, ret_len)
		       ? EBADMSG
		       : 0;
}

static int take_state(const json_t *o, struct item *i)
{
	struct text state = text_in(o, "state"), reason = text_in(o, "reason");
	int k = RECORD_SEALED;

	while (k <= RECORD_RECOVERED &&
	       !text_is(state, record_state_text((enum record_state)k)))
		k++;
	i->state = (enum record_state)k;
	for (k = REASON_NONE; k < RECORD_REASONS; k++)
		if (text_is(reason, record_reason_text((enum record_reason)k)))
			break;
	i->reason = (enum record_reason)k;
	return i->state > RECORD_RECOVERED || k == RECORD_REASONS ? EBADMSG : 0;
}

/* It is opaque, but has to stand in a URL. */
static bool is_cursor(const char *cursor)
{
	static const char may[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ-._~";

	return strspn(cursor, may) == strlen(cursor);
}

static int take_facts(const json_t *o, struct item *i)
{
	const uint64_t latest_ms = 253402300799999; /* the year 9999 */
	uint64_t at_ms = 0;
	int err = take_text(o, "cursor", i->cursor, sizeof(i->cursor));

	if (!err)
		err = take_text(o, "origin", i->origin, sizeof(i->origin));
	if (!err)
		err = take_text(o, "org", i->controller, sizeof(i->controller));
	if (!err)
		err = take_number(o, "entry", &i->entry);
	if (!err)
		err = take_number(o, "at", &at_ms);
	if (!err)
		err = take_state(o, i);
	if (err || at_ms > latest_ms || !is_cursor(i->cursor) ||
	    id_read(text_in(o, "id"), i->id))
		return EBADMSG;
	i->at_ms = (int64_t)at_ms;
	return 0;
}

/* The card begins with its envelope. */
static int take_keys(const json_t *o, struct item *i)
{
	struct bytes envelope, payload;

	if (take_number(o, "ms", &i->length_ms) ||
	    take_number(o, "bytes", &i->body_bytes) || !i->body_bytes ||
	    i->body_bytes > ITEM_BODY_MAX ||
	    id_read(text_in(o, "body"), i->body) ||
	    hex_read(text_in(o, "kc"), i->kc, sizeof(i->kc)) ||
	    hex_read(text_in(o, "pn"), i->pn, sizeof(i->pn)) ||
	    hex_read(text_in(o, "sha256"), i->body_sha256,
		     sizeof(i->body_sha256)) ||
	    take_base64(o, "envelope", i->envelope, sizeof(i->envelope),
			&i->envelope_len) ||
	    take_base64(o, "card", i->card, sizeof(i->card), &i->card_len))
		return EBADMSG;
	if (!i->envelope_len)
		return ENODATA;
	if (!i->card_len ||
	    card_split((struct bytes){ i->card, i->card_len }, &envelope,
		       &payload) ||
	    envelope.len > sizeof(i->card_envelope))
		return EBADMSG;
	memcpy(i->card_envelope, envelope.p, envelope.len);
	i->card_envelope_len = envelope.len;
	return 0;
}

/* ---- what the other log says of it */

static bool is_digest(const json_t *details, const char *name, const void *p,
		      size_t len)
{
	uint8_t want[32], is[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(is, p, len);
	return !hex_read(text_in(details, name), want, sizeof(want)) &&
	       !memcmp(want, is, sizeof(want));
}

static bool says_body(const json_t *details, const struct item *i)
{
	uint8_t id[ID_BYTES], kc[sizeof(i->kc)], sha256[32];

	if (id_read(text_in(details, "recording"), id) ||
	    hex_read(text_in(details, "kc"), kc, sizeof(kc)) ||
	    hex_read(text_in(details, "body_sha256"), sha256, sizeof(sha256)))
		return false;
	return !memcmp(id, i->id, sizeof(id)) &&
	       !memcmp(kc, i->kc, sizeof(kc)) &&
	       !memcmp(sha256, i->body_sha256, sizeof(sha256)) &&
	       (!i->envelope_len ||
		(is_digest(details, "envelope_sha256", i->envelope,
			   i->envelope_len) &&
		 is_digest(details, "card_envelope_sha256", i->card_envelope,
			   i->card_envelope_len)));
}

static int check_entry(const json_t *o, const struct item *i)
{
	struct text details = text_in(o, "details");
	static const char kind[] = "recording.";
	uint8_t salt[LEAF_SALT_BYTES];
	struct leaf leaf;
	size_t len;
	json_t *said;
	bool holds;

	if (leaf_read(text_in(o, "leaf"), &leaf) ||
	    base64_read(text_in(o, "salt"), BASE64_PADDED, salt, sizeof(salt),
			&len) ||
	    len != sizeof(salt) || leaf_check(&leaf, salt, details) ||
	    strcmp(leaf.organisation, i->controller) != 0 ||
	    strncmp(leaf.type, kind, sizeof(kind) - 1) != 0 ||
	    strcmp(leaf.type + sizeof(kind) - 1, record_state_text(i->state)) !=
		    0)
		return EBADMSG;
	said = json_loadb(details.p, details.len, JSON_REJECT_DUPLICATES, NULL);
	holds = json_is_object(said) &&
		(!item_has_body(i) || says_body(said, i));
	json_decref(said);
	return holds ? 0 : EBADMSG;
}

static int take_all(const json_t *o, const char *controller, struct item *i)
{
	int gone = 0, err = take_facts(o, i);

	if (err)
		return err;
	if (strcmp(i->controller, controller) != 0)
		return EPERM;
	if (item_has_body(i)) {
		gone = take_keys(o, i);
		if (gone && gone != ENODATA)
			return gone;
	}
	err = check_entry(o, i);
	return err ? err : gone;
}

int item_read(struct text line, const char *controller, struct item *ret)
{
	json_t *o = json_loadb(line.p, line.len, JSON_REJECT_DUPLICATES, NULL);
	int err;

	*ret = (struct item){ .cursor = "" };
	err = json_is_object(o) ? take_all(o, controller, ret) : EBADMSG;
	json_decref(o);
	return err;
}
