#include "seal/key.h"

#include <sodium.h>

#include "seal/bech32.h"

int age_recipient_read(struct text t, struct age_recipient *ret)
{
	uint8_t key[AGE_KEY_BYTES];
	struct text hrp;
	size_t len;

	if (bech32_read(t, &hrp, key, sizeof(key), &len) ||
	    len != AGE_KEY_BYTES || !text_is(hrp, "age"))
		return EBADMSG;
	memcpy(ret->key, key, sizeof(key));
	return 0;
}

void age_recipient_text(const struct age_recipient *r,
			char to[AGE_RECIPIENT_CHARS + 1])
{
	struct writer w = writer_on(to, AGE_RECIPIENT_CHARS);

	bech32_write(&w, "age", false, r->key, sizeof(r->key));
	to[w.len] = '\0';
}

int age_identity_make(const uint8_t scalar[AGE_KEY_BYTES],
		      struct age_identity *ret)
{
	struct secret *s = secret_new(AGE_KEY_BYTES);

	if (!s)
		return ENOMEM;
	memcpy(s->bytes, scalar, AGE_KEY_BYTES);
	ret->scalar = s;
	/* never fails: the base point has no low order */
	(void)crypto_scalarmult_base(ret->recipient.key, s->bytes);
	return 0;
}

int age_identity_new(struct age_identity *ret)
{
	uint8_t scalar[AGE_KEY_BYTES];
	int err;

	randombytes_buf(scalar, sizeof(scalar));
	err = age_identity_make(scalar, ret);
	sodium_memzero(scalar, sizeof(scalar));
	return err;
}

int age_identity_read(struct text t, struct age_identity *ret)
{
	uint8_t scalar[AGE_KEY_BYTES];
	struct text hrp;
	size_t len;
	int err = EBADMSG;

	if (!bech32_read(t, &hrp, scalar, sizeof(scalar), &len) &&
	    len == AGE_KEY_BYTES && text_is(hrp, "AGE-SECRET-KEY-"))
		err = age_identity_make(scalar, ret);
	sodium_memzero(scalar, sizeof(scalar));
	return err;
}

int age_identity_file_read(struct text file, struct age_identity *ret)
{
	struct text found = { NULL, 0 };

	while (file.len) {
		const char *nl = memchr(file.p, '\n', file.len);
		size_t len = nl ? (size_t)(nl - file.p) : file.len;
		struct text line = { file.p, len };

		file.p += nl ? len + 1 : len;
		file.len -= nl ? len + 1 : len;
		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		if (!line.len || line.p[0] == '#')
			continue;
		if (found.p) /* a second one: which is meant? */
			return EBADMSG;
		found = line;
	}
	return found.p ? age_identity_read(found, ret) : ENOKEY;
}

void age_identity_write(const struct age_identity *i, struct writer *w)
{
	bech32_write(w, "age-secret-key-", true, i->scalar->bytes,
		     AGE_KEY_BYTES);
}

void age_identity_close(struct age_identity *i)
{
	secret_free(i->scalar);
	i->scalar = NULL;
}
