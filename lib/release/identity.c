#include "release/identity.h"

#include <sodium.h>
#include <string.h>

#include "base/fd.h"
#include "seal/stream.h"

enum { TEXT_MAX = AGE_IDENTITY_CHARS + 1, WORK_MOST = 20 };

static int seal_text(struct bytes text, struct text passphrase,
		     struct writer *w)
{
	uint8_t fk[AGE_FILE_KEY_BYTES], pn[AGE_NONCE_BYTES];
	struct stream *s;
	int err = stream_new(&s);

	if (err)
		return err;
	randombytes_buf(fk, sizeof(fk));
	randombytes_buf(pn, sizeof(pn));
	err = age_header_write_passphrase(fk, passphrase, IDENTITY_WORK, w);
	if (!err)
		err = stream_seal(s, fk, pn, text, w);
	sodium_memzero(fk, sizeof(fk));
	stream_free(s);
	return err;
}

int identity_seal(const struct age_identity *i, struct text passphrase,
		  struct writer *w)
{
	struct secret *text = secret_new(TEXT_MAX);
	struct writer t;
	int err;

	if (!text)
		return ENOMEM;
	t = writer_on(text->bytes, TEXT_MAX);
	age_identity_write(i, &t);
	writer_u8(&t, '\n');
	err = writer_finish(&t);
	if (!err)
		err = seal_text((struct bytes){ text->bytes, t.len },
				passphrase, w);
	secret_free(text);
	return err;
}

static int open_payload(struct bytes payload,
			const uint8_t fk[AGE_FILE_KEY_BYTES],
			struct age_identity *ret)
{
	struct secret *text = secret_new(IDENTITY_FILE_MAX);
	struct stream *s = NULL;
	struct writer w;
	int err;

	if (!text)
		return ENOMEM;
	w = writer_on(text->bytes, IDENTITY_FILE_MAX);
	err = stream_new(&s);
	if (!err)
		err = stream_open(s, fk, payload, &w);
	if (!err)
		err = writer_finish(&w);
	if (!err)
		err = age_identity_file_read(
			(struct text){ (const char *)text->bytes, w.len }, ret);
	stream_free(s);
	secret_free(text);
	return err == ENOKEY ? EBADMSG : err;
}

int identity_open(struct bytes file, struct text passphrase,
		  struct age_identity *ret)
{
	uint8_t binary[IDENTITY_FILE_MAX], fk[AGE_FILE_KEY_BYTES];
	struct writer w = writer_on(binary, sizeof(binary));
	struct age_header h;
	int err = 0;

	if (age_is_armor(file)) {
		err = age_armor_read(file, &w);
		file = (struct bytes){ binary, w.len };
	}
	if (!err)
		err = age_header_read(file, &h);
	if (!err)
		err = age_header_unwrap_passphrase(&h, passphrase, WORK_MOST,
						   fk);
	if (!err)
		err = open_payload(
			(struct bytes){ file.p + h.len, file.len - h.len }, fk,
			ret);
	sodium_memzero(fk, sizeof(fk));
	return err;
}

int key_make_identity(const char *path, char ret_passphrase[PASSPHRASE_MAX],
		      char ret_recipient[AGE_RECIPIENT_CHARS + 1])
{
	uint8_t file[IDENTITY_FILE_MAX];
	struct writer w = writer_on(file, sizeof(file));
	char passphrase[PASSPHRASE_MAX];
	struct age_identity i;
	int err = age_identity_new(&i);

	if (err)
		return err;
	passphrase_new(passphrase);
	err = identity_seal(&i, text_of(passphrase), &w);
	if (!err)
		err = fd_write_new(path, file, w.len);
	if (!err) {
		memcpy(ret_passphrase, passphrase, sizeof(passphrase));
		age_recipient_text(&i.recipient, ret_recipient);
	}
	sodium_memzero(passphrase, sizeof(passphrase));
	age_identity_close(&i);
	return err;
}
