#include "process/ledger/answer.h"

enum { PAGE_RESERVE = 256 };

json_t *answer_base64(const void *p, size_t len)
{
	static char buf[48 * 1024];
	struct writer w = writer_on(buf, sizeof(buf));

	base64_write(&w, BASE64_PADDED, p, len);
	return w.full ? NULL : json_stringn(buf, w.len);
}

json_t *answer_hex(struct bytes b)
{
	char buf[64];
	struct writer w = writer_on(buf, sizeof(buf));

	if (!b.len)
		return json_null();
	hex_write(&w, b.p, b.len);
	return w.full ? NULL : json_stringn(buf, w.len);
}

json_t *answer_id(const uint8_t id[ID_BYTES])
{
	char text[ID_CHARS + 1];

	id_text(id, text);
	return json_string(text);
}

json_t *answer_text(struct text t)
{
	return json_stringn(t.len ? t.p : "", t.len);
}

json_t *answer_number(uint64_t v)
{
	return json_integer((json_int_t)v);
}

json_t *answer_note(struct book *b)
{
	return answer_text(folder_note(book_folder(b)));
}

/* Write and let go of o. EMSGSIZE leaves w as it was. */
int answer_put(struct writer *w, json_t *o)
{
	size_t room = w->max - w->len, n;

	if (!o)
		return ENOMEM;
	n = json_dumpb(o, (char *)w->buf + w->len, room, JSON_COMPACT);
	json_decref(o);
	if (!n)
		return ENOMEM;
	if (n > room)
		return EMSGSIZE;
	w->len += n;
	return 0;
}

/* One more of a list, unless the page is full. */
int answer_row(struct answer *a, json_t *o)
{
	struct writer *w = a->w;
	size_t was = w->len;
	int err;

	/* room for what follows the list */
	w->max -= PAGE_RESERVE;
	if (a->count)
		writer_u8(w, ',');
	err = w->full ? EMSGSIZE : answer_put(w, o);
	w->max += PAGE_RESERVE;
	if (err == EMSGSIZE) {
		w->len = was;
		w->full = false;
		a->full = true;
		return ECANCELED; /* ends the walk */
	}
	if (!err)
		a->count++;
	return err;
}
