#include "release/door.h"

int door_ask_write(struct writer *w, const struct door_question *q)
{
	bool with_file = q->word == DOOR_UNLOCK_FILE;
	size_t len = q->passphrase.len + (with_file ? 2 + q->file.len : 0);

	if (q->passphrase.len > DOOR_PASSPHRASE_MAX ||
	    q->file.len > DOOR_FILE_MAX)
		return EMSGSIZE;
	writer_u16(w, (uint16_t)(1 + len));
	writer_u8(w, (uint8_t)q->word);
	if (with_file)
		writer_u16(w, (uint16_t)q->passphrase.len);
	writer_text(w, q->passphrase);
	if (with_file)
		writer_copy(w, q->file.p, q->file.len);
	return writer_finish(w);
}

static int read_rest(struct reader *r, struct door_question *q)
{
	uint16_t len;

	if (q->word != DOOR_UNLOCK_FILE)
		return reader_text(r, reader_left(r), &q->passphrase) ||
				       q->passphrase.len > DOOR_PASSPHRASE_MAX
			       ? EBADMSG
			       : 0;
	if (reader_u16(r, &len) || !len || len > DOOR_PASSPHRASE_MAX ||
	    reader_text(r, len, &q->passphrase) || !reader_left(r) ||
	    reader_left(r) > DOOR_FILE_MAX)
		return EBADMSG;
	return reader_bytes(r, reader_left(r), &q->file);
}

int door_ask_read(struct bytes in, struct door_question *ret)
{
	struct reader r = reader_on(in.p, in.len);
	struct door_question q = { 0 };
	uint16_t len;
	uint8_t word;

	if (reader_u16(&r, &len))
		return EAGAIN;
	if (!len || len > DOOR_QUESTION_MAX - 2)
		return EBADMSG;
	if (reader_left(&r) < len)
		return EAGAIN;
	if (reader_left(&r) > len || reader_u8(&r, &word) ||
	    word < DOOR_UNLOCK || word > DOOR_UNLOCK_FILE)
		return EBADMSG;
	q.word = (enum door_word)word;
	if (read_rest(&r, &q))
		return EBADMSG;
	if ((q.word == DOOR_LOCK || q.word == DOOR_STATE) !=
	    (q.passphrase.len == 0))
		return EBADMSG;
	*ret = q;
	return 0;
}

void door_answer_write(const struct door_answer *a, uint8_t to[DOOR_ANSWER])
{
	struct writer w = writer_on(to, DOOR_ANSWER);

	writer_u16(&w, a->error);
	writer_u8(&w, a->locked);
	writer_u16(&w, a->wait_s);
	writer_copy(&w, a->recipient, DOOR_RECIPIENT);
}

int door_answer_read(const uint8_t in[DOOR_ANSWER], struct door_answer *ret)
{
	struct reader r = reader_on(in, DOOR_ANSWER);
	struct door_answer a = { 0 };
	uint8_t locked;
	int err;

	if ((err = reader_u16(&r, &a.error)) ||
	    (err = reader_u8(&r, &locked)) ||
	    (err = reader_u16(&r, &a.wait_s)) ||
	    (err = reader_copy(&r, a.recipient, DOOR_RECIPIENT)))
		return err;
	if (locked > 1)
		return EBADMSG;
	a.locked = locked;
	*ret = a;
	return 0;
}
