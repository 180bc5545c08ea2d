#include "release/key_entry.h"

#include <jansson.h>
#include <sodium.h>

#include "base/encode.h"

static const char *const acts[KEY_ACTS] = { "created", "destroyed",
					    "recovery" };
static const char *const types[KEY_ACTS] = { "key.created", "key.destroyed",
					     "key.recovery" };

const char *key_act_type(enum key_act act)
{
	return (unsigned)act < KEY_ACTS ? types[act] : "";
}

/* ---- the text */

static bool is_line(const char *s)
{
	struct text t = text_of(s);

	return t.len && text_is_printable(t);
}

static bool in_range(const struct key_statement *s)
{
	if ((unsigned)s->act >= KEY_ACTS || s->month_count > KEY_MONTHS_MAX ||
	    s->recipient_count > KEY_RECIPIENTS_MAX ||
	    !(s->month_count + s->recipient_count) || !is_line(s->origin) ||
	    !is_line(s->controller) || s->at_ms > INT64_MAX)
		return false;
	if (s->act == KEY_RECOVERY &&
	    (s->month_count || s->recipient_count != 1))
		return false;
	for (unsigned i = 1; i < s->month_count; i++)
		if (s->months[i].month <= s->months[i - 1].month)
			return false;
	return (s->act == KEY_RECOVERY) == is_line(s->reason);
}

int key_statement_write(struct writer *w, const struct key_statement *s)
{
	char key[AGE_RECIPIENT_CHARS + 1], month[KEY_MONTH_CHARS + 1];

	if (!in_range(s))
		return EINVAL;
	writer_printf(w, "vaxel key 1\n%s\nlog %s\nat %llu\nfor %s\n",
		      acts[s->act], s->origin, (unsigned long long)s->at_ms,
		      s->controller);
	for (unsigned i = 0; i < s->month_count; i++) {
		key_month_text(s->months[i].month, month);
		age_recipient_text(&s->months[i].key, key);
		writer_printf(w, "month %s %s\n", month, key);
	}
	for (unsigned i = 0; i < s->recipient_count; i++) {
		age_recipient_text(&s->recipients[i], key);
		writer_printf(w, "recipient %s\n", key);
	}
	if (s->act == KEY_RECOVERY)
		writer_printf(w, "reason %s\n", s->reason);
	return writer_finish(w);
}

static int read_act(struct text word, enum key_act *ret)
{
	for (int i = 0; i < KEY_ACTS; i++)
		if (text_is(word, acts[i])) {
			*ret = (enum key_act)i;
			return 0;
		}
	return EBADMSG;
}

/* "WORD VALUE" on the next line, for exactly that word. */
static int read_line(struct reader *r, const char *word, struct text *ret)
{
	struct text line, first;

	if (reader_until(r, '\n', &line))
		return EBADMSG;
	first = text_cut(&line, ' ');
	if (!text_is(first, word))
		return EBADMSG;
	*ret = line;
	return 0;
}

static int read_head(struct reader *r, struct key_statement *s)
{
	struct text t;

	if (reader_until(r, '\n', &t) || !text_is(t, "vaxel key 1") ||
	    reader_until(r, '\n', &t) || read_act(t, &s->act) ||
	    read_line(r, "log", &t) ||
	    text_copy(s->origin, sizeof(s->origin), t) ||
	    read_line(r, "at", &t) || text_u64(t, 0, INT64_MAX, &s->at_ms) ||
	    read_line(r, "for", &t) ||
	    text_copy(s->controller, sizeof(s->controller), t))
		return EBADMSG;
	return 0;
}

static int read_rest(struct text word, struct text value,
		     struct key_statement *s)
{
	struct key_month *m = &s->months[s->month_count];

	if (text_is(word, "month") && s->month_count < KEY_MONTHS_MAX) {
		if (key_month_read(text_cut(&value, ' '), &m->month) ||
		    age_recipient_read(value, &m->key))
			return EBADMSG;
		s->month_count++;
		return 0;
	}
	if (text_is(word, "recipient") &&
	    s->recipient_count < KEY_RECIPIENTS_MAX)
		return age_recipient_read(value,
					  &s->recipients[s->recipient_count++]);
	if (text_is(word, "reason"))
		return text_copy(s->reason, sizeof(s->reason), value) ? EBADMSG
								      : 0;
	return EBADMSG;
}

/* Order and spelling are those of the writer: what it makes of it is equal. */
int key_statement_read(struct text t, struct key_statement *ret)
{
	struct reader r = reader_on(t.p, t.len);
	struct key_statement s = { 0 };
	char again[KEY_STATEMENT_MAX];
	struct writer w = writer_on(again, sizeof(again));
	struct text line, word;

	if (t.len > KEY_STATEMENT_MAX || read_head(&r, &s))
		return EBADMSG;
	while (reader_left(&r)) {
		if (reader_until(&r, '\n', &line))
			return EBADMSG;
		word = text_cut(&line, ' ');
		if (read_rest(word, line, &s))
			return EBADMSG;
	}
	if (key_statement_write(&w, &s) || w.len != t.len ||
	    memcmp(again, t.p, t.len) != 0)
		return EBADMSG;
	*ret = s;
	return 0;
}

void key_statement_digest(struct text t, uint8_t ret[REQUEST_DIGEST])
{
	static const char label[] = "vaxel/key/1";
	crypto_hash_sha256_state h;

	(void)crypto_hash_sha256_init(&h);
	(void)crypto_hash_sha256_update(&h, (const uint8_t *)label,
					sizeof(label));
	(void)crypto_hash_sha256_update(&h, (const uint8_t *)t.p, t.len);
	(void)crypto_hash_sha256_final(&h, ret);
}

/* ---- the entry */

static json_t *base64_json(const uint8_t *p, size_t len)
{
	char buf[128];
	struct writer w = writer_on(buf, sizeof(buf));

	base64_write(&w, BASE64_PADDED, p, len);
	return json_stringn(buf, w.len);
}

int key_entry_write(struct writer *w, const struct key_entry *e)
{
	json_t *by = json_array(), *signatures = json_array(), *o;
	size_t room = w->max - w->len, n;
	int err = 0;

	for (unsigned i = 0; !err && i < e->officer_count; i++)
		err = json_array_append_new(by,
					    json_string(e->officers[i].by)) ||
		      json_array_append_new(
			      signatures, base64_json(e->officers[i].signature,
						      REQUEST_SIGNATURE));
	o = json_pack("{s:s#,s:o,s:o}", "statement", e->text, (int)e->text_len,
		      "by", by, "signatures", signatures);
	if (err || !o) {
		json_decref(o);
		return ENOMEM;
	}
	n = json_dumpb(o, (char *)w->buf + w->len, room, JSON_COMPACT);
	json_decref(o);
	if (!n || n > room)
		return EMSGSIZE;
	w->len += n;
	return 0;
}

static int text_in(const json_t *v, struct text *ret)
{
	if (!json_is_string(v))
		return EBADMSG;
	*ret = (struct text){ json_string_value(v), json_string_length(v) };
	return 0;
}

static int read_officers(const json_t *o, struct key_entry *e)
{
	const json_t *by = json_object_get(o, "by");
	const json_t *signatures = json_object_get(o, "signatures");
	struct text name, signature;
	size_t len;

	if (!json_is_array(by) || !json_is_array(signatures) ||
	    json_array_size(by) > KEY_OFFICERS ||
	    json_array_size(by) != json_array_size(signatures))
		return EBADMSG;
	e->officer_count = (unsigned)json_array_size(by);
	for (unsigned i = 0; i < e->officer_count; i++)
		if (text_in(json_array_get(by, i), &name) ||
		    text_in(json_array_get(signatures, i), &signature) ||
		    user_name_check(name) ||
		    text_copy(e->officers[i].by, REQUEST_TEXT_MAX, name) ||
		    base64_read(signature, BASE64_PADDED,
				e->officers[i].signature, REQUEST_SIGNATURE,
				&len) ||
		    len != REQUEST_SIGNATURE)
			return EBADMSG;
	return 0;
}

static int read_object(const json_t *o, struct key_entry *e)
{
	struct text t;

	if (text_in(json_object_get(o, "statement"), &t) ||
	    t.len > sizeof(e->text) || key_statement_read(t, &e->statement))
		return EBADMSG;
	memcpy(e->text, t.p, t.len);
	e->text_len = t.len;
	return read_officers(o, e);
}

int key_entry_read(struct text details, struct key_entry *ret)
{
	json_t *o = json_loadb(details.p, details.len, JSON_REJECT_DUPLICATES,
			       NULL);
	struct key_entry e = { 0 };
	int err = json_is_object(o) ? read_object(o, &e) : EBADMSG;

	json_decref(o);
	if (!err)
		*ret = e;
	return err;
}
