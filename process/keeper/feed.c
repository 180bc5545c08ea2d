#include "process/keeper/feed.h"

#include <jansson.h>

#include "base/encode.h"
#include "tlog/leaf.h"

static struct text string_of(const json_t *v)
{
	return json_is_string(v) ? (struct text){ json_string_value(v),
						  json_string_length(v) }
				 : (struct text){ 0 };
}

static int take_entry(struct view *v, const json_t *entry)
{
	struct text leaf = string_of(json_object_get(entry, "leaf"));
	struct text salt = string_of(json_object_get(entry, "salt"));
	struct text details = string_of(json_object_get(entry, "details"));
	uint8_t bytes[LEAF_SALT_BYTES];
	size_t len = 0;

	if (!leaf.len)
		return EBADMSG;
	if (salt.len &&
	    base64_read(salt, BASE64_PADDED, bytes, sizeof(bytes), &len))
		return EBADMSG;
	return view_append(v, leaf, (struct bytes){ bytes, len }, details);
}

static int take_all(struct view *v, const json_t *o)
{
	const json_t *from = json_object_get(o, "from");
	const json_t *entries = json_object_get(o, "entries");
	uint64_t first, had;

	if (!json_is_integer(from) || json_integer_value(from) < 0 ||
	    !json_is_array(entries))
		return EBADMSG;
	first = (uint64_t)json_integer_value(from);
	if (first > v->edge.size)
		return EPROTO;
	had = v->edge.size - first;
	for (size_t i = had; i < json_array_size(entries); i++) {
		int err = take_entry(v, json_array_get(entries, i));

		if (err)
			return err;
	}
	return 0;
}

int feed_take(struct view *v, struct bytes json)
{
	json_t *o = json_loadb((const char *)json.p, json.len,
			       JSON_REJECT_DUPLICATES, NULL);
	int err = o ? take_all(v, o) : EBADMSG;

	json_decref(o);
	return err;
}
