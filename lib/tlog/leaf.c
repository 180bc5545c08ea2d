#include "tlog/leaf.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/encode.h"

enum { HOUR_MS = 3600 * 1000 };

void leaf_commit(const uint8_t salt[LEAF_SALT_BYTES], struct text details,
		 uint8_t ret[LEAF_COMMITMENT_BYTES])
{
	crypto_auth_hmacsha256_state st;

	(void)crypto_auth_hmacsha256_init(&st, salt, LEAF_SALT_BYTES);
	(void)crypto_auth_hmacsha256_update(&st, (const uint8_t *)details.p,
					    details.len);
	(void)crypto_auth_hmacsha256_final(&st, ret);
}

static void write_string(struct writer *w, struct text t)
{
	writer_u8(w, '"');
	for (size_t i = 0; i < t.len; i++) {
		if (t.p[i] == '"' || t.p[i] == '\\')
			writer_u8(w, '\\');
		writer_u8(w, (uint8_t)t.p[i]);
	}
	writer_u8(w, '"');
}

static void write_two(struct writer *w, int n, char after)
{
	writer_u8(w, (uint8_t)('0' + n / 10));
	writer_u8(w, (uint8_t)('0' + n % 10));
	writer_u8(w, (uint8_t)after);
}

static int write_hour(struct writer *w, int64_t at_ms)
{
	time_t s = (time_t)(at_ms / HOUR_MS * 3600);
	struct tm tm;

	if (at_ms < 0 || !gmtime_r(&s, &tm) || tm.tm_year + 1900 > 9999)
		return EINVAL;
	writer_u8(w, '"');
	writer_u8(w, (uint8_t)('0' + (tm.tm_year + 1900) / 1000));
	writer_u8(w, (uint8_t)('0' + (tm.tm_year + 1900) / 100 % 10));
	write_two(w, tm.tm_year % 100, '-');
	write_two(w, tm.tm_mon + 1, '-');
	write_two(w, tm.tm_mday, 'T');
	write_two(w, tm.tm_hour, ':');
	writer_str(w, "00:00Z\"");
	return 0;
}

int leaf_write(struct writer *w, struct text type, struct text organisation,
	       int64_t at_ms, const uint8_t commitment[LEAF_COMMITMENT_BYTES])
{
	if (!type.len || type.len >= LEAF_TYPE_MAX ||
	    organisation.len >= LEAF_ORGANISATION_MAX ||
	    !text_is_printable(type) || !text_is_printable(organisation))
		return EINVAL;
	writer_str(w, "{\"type\":");
	write_string(w, type);
	writer_str(w, ",\"organisation\":");
	write_string(w, organisation);
	writer_str(w, ",\"hour\":");
	if (write_hour(w, at_ms))
		return EINVAL;
	writer_str(w, ",\"commitment\":\"");
	base64_write(w, BASE64_PADDED, commitment, LEAF_COMMITMENT_BYTES);
	writer_str(w, "\"}");
	return writer_finish(w);
}

static int take_text(const json_t *o, const char *name, struct text *ret)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_string(v))
		return EBADMSG;
	*ret = (struct text){ json_string_value(v), json_string_length(v) };
	return 0;
}

static int read_object(const json_t *o, struct leaf *ret)
{
	struct text type, organisation, hour, commitment;
	size_t len;

	if (take_text(o, "type", &type) ||
	    take_text(o, "organisation", &organisation) ||
	    take_text(o, "hour", &hour) ||
	    take_text(o, "commitment", &commitment) ||
	    text_copy(ret->type, sizeof(ret->type), type) ||
	    text_copy(ret->organisation, sizeof(ret->organisation),
		      organisation) ||
	    clock_read(hour, &ret->hour_ms) ||
	    base64_read(commitment, BASE64_PADDED, ret->commitment,
			sizeof(ret->commitment), &len) ||
	    len != sizeof(ret->commitment))
		return EBADMSG;
	return 0;
}

int leaf_read(struct text t, struct leaf *ret)
{
	uint8_t again[LEAF_MAX];
	struct writer w = writer_on(again, sizeof(again));
	struct leaf leaf;
	json_t *o;
	int err;

	if (t.len > LEAF_MAX)
		return EBADMSG;
	o = json_loadb(t.p, t.len, 0, NULL);
	err = o ? read_object(o, &leaf) : EBADMSG;
	json_decref(o);
	if (err)
		return err;
	/* written again it must be the same bytes: one spelling a leaf */
	if (leaf_write(&w, text_of(leaf.type), text_of(leaf.organisation),
		       leaf.hour_ms, leaf.commitment) ||
	    w.len != t.len || memcmp(again, t.p, t.len) != 0)
		return EBADMSG;
	*ret = leaf;
	return 0;
}

int leaf_check(const struct leaf *leaf, const uint8_t salt[LEAF_SALT_BYTES],
	       struct text details)
{
	uint8_t is[LEAF_COMMITMENT_BYTES];

	leaf_commit(salt, details, is);
	return sodium_memcmp(is, leaf->commitment, sizeof(is)) ? EBADMSG : 0;
}
