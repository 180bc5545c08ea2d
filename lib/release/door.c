#include "release/door.h"

int door_ask_write(struct writer *w, enum door_word word,
		   struct text passphrase)
{
	if (passphrase.len > DOOR_PASSPHRASE_MAX)
		return EMSGSIZE;
	writer_u16(w, (uint16_t)(1 + passphrase.len));
	writer_u8(w, (uint8_t)word);
	writer_text(w, passphrase);
	return writer_finish(w);
}

int door_ask_read(struct bytes in, enum door_word *ret_word,
		  struct text *ret_passphrase)
{
	struct reader r = reader_on(in.p, in.len);
	struct text rest;
	uint16_t len;
	uint8_t word;

	if (reader_u16(&r, &len))
		return EAGAIN;
	if (!len || len > 1 + DOOR_PASSPHRASE_MAX)
		return EBADMSG;
	if (reader_left(&r) < len)
		return EAGAIN;
	if (reader_left(&r) > len || reader_u8(&r, &word) ||
	    reader_text(&r, len - 1u, &rest))
		return EBADMSG;
	if (word < DOOR_UNLOCK || word > DOOR_STATE ||
	    (word == DOOR_UNLOCK) != (rest.len > 0))
		return EBADMSG;
	*ret_word = (enum door_word)word;
	*ret_passphrase = rest;
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
