#include "seal/age.h"

#include <sodium.h>

#include "base/encode.h"
#include "seal/age_wrap.h"

/* An age line ends with LF alone; a CR is caught as a foreign character. */
static int take_line(struct reader *r, struct text *ret)
{
	return reader_until(r, '\n', ret);
}

/* Space-separated, none empty, visible ASCII (the format's "arbitrary
 * string"). */
static int read_args(struct text line, struct age_stanza *s)
{
	size_t from = 0;

	s->arg_count = 0;
	for (size_t i = 0; i <= line.len; i++) {
		if (i < line.len && line.p[i] != ' ') {
			if (line.p[i] < 33 || line.p[i] > 126)
				return EBADMSG;
			continue;
		}
		if (i == from)
			return EBADMSG;
		if (s->arg_count < AGE_ARGS_MAX)
			s->args[s->arg_count] =
				(struct text){ line.p + from, i - from };
		s->arg_count++;
		from = i + 1;
	}
	return 0;
}

/* Lines of 64 characters of base64, the last one shorter, perhaps empty. */
static int read_body(struct reader *r, struct age_stanza *s)
{
	struct text line;

	s->body_len = 0;
	do {
		uint8_t part[48];
		size_t len, keep;

		if (take_line(r, &line) || line.len > 64 ||
		    base64_read(line, BASE64_UNPADDED, part, sizeof(part),
				&len))
			return EBADMSG;
		keep = s->body_len < AGE_BODY_KEPT ? AGE_BODY_KEPT - s->body_len
						   : 0;
		memcpy(s->body + (AGE_BODY_KEPT - keep), part,
		       len < keep ? len : keep);
		s->body_len += len;
	} while (line.len == 64);
	return 0;
}

static int read_mac(struct reader *r, uint8_t mac[AGE_MAC_BYTES])
{
	struct text line;
	size_t len;

	if (take_line(r, &line) ||
	    base64_read(line, BASE64_UNPADDED, mac, AGE_MAC_BYTES, &len) ||
	    len != AGE_MAC_BYTES)
		return EBADMSG;
	return 0;
}

static bool skip(struct reader *r, const char *words)
{
	size_t n = strlen(words);

	if (reader_left(r) < n || memcmp(r->at, words, n) != 0)
		return false;
	r->at += n;
	return true;
}

static int read_all(struct reader *r, const uint8_t *start,
		    struct age_header *h)
{
	struct text line;
	int err;

	if (!skip(r, "age-encryption.org/v1\n"))
		return EBADMSG;
	h->stanza_count = 0;
	while (skip(r, "-> ")) {
		struct age_stanza *s = &h->stanzas[h->stanza_count];

		if (h->stanza_count == AGE_STANZAS_MAX)
			return EMSGSIZE;
		if (take_line(r, &line))
			return EBADMSG;
		err = read_args(line, s);
		if (!err)
			err = read_body(r, s);
		if (err)
			return err;
		h->stanza_count++;
	}
	if (!h->stanza_count || !skip(r, "---"))
		return EBADMSG;
	h->covered = (struct bytes){ start, (size_t)(r->at - start) };
	if (!skip(r, " "))
		return EBADMSG;
	return read_mac(r, h->mac);
}

int age_header_read(struct bytes in, struct age_header *ret)
{
	size_t len = in.len < AGE_HEADER_MAX ? in.len : AGE_HEADER_MAX;
	struct reader r = reader_on(in.p, len);
	struct age_header h;
	int err = read_all(&r, in.p, &h);

	/* cut by our limit, not by its writer */
	if (err == EBADMSG && len < in.len &&
	    (!reader_left(&r) || !memchr(r.at, '\n', reader_left(&r))))
		return EMSGSIZE;
	if (err)
		return err;
	h.len = (size_t)(r.at - in.p);
	*ret = h;
	return 0;
}

static int check_mac(const struct age_header *h,
		     const uint8_t fk[AGE_FILE_KEY_BYTES])
{
	uint8_t mac[AGE_MAC_BYTES];

	age_mac(fk, h->covered, mac);
	return sodium_memcmp(mac, h->mac, sizeof(mac)) ? EBADMSG : 0;
}

/* ENOKEY: not for this identity. */
static int unwrap_x25519(const struct age_stanza *s,
			 const struct age_identity *id,
			 uint8_t fk[AGE_FILE_KEY_BYTES])
{
	uint8_t share[AGE_KEY_BYTES], shared[AGE_KEY_BYTES];
	uint8_t wrap[AGE_KEY_BYTES];
	size_t len;
	int err = 0;

	if (s->arg_count != 2 ||
	    base64_read(s->args[1], BASE64_UNPADDED, share, sizeof(share),
			&len) ||
	    len != AGE_KEY_BYTES || s->body_len != AGE_WRAPPED_BYTES)
		return EBADMSG;
	/* refuses a share of low order, as the format demands */
	if (crypto_scalarmult(shared, id->scalar->bytes, share))
		return EBADMSG;
	age_wrap_key(shared, share, &id->recipient, wrap);
	if (age_unwrap(wrap, s->body, fk))
		err = ENOKEY;
	sodium_memzero(shared, sizeof(shared));
	sodium_memzero(wrap, sizeof(wrap));
	return err;
}

/* A passphrase stanza beside others would let its owner forge for them. */
static int check_scrypt_alone(const struct age_header *h)
{
	for (size_t i = 0; i < h->stanza_count; i++)
		if (text_is(h->stanzas[i].args[0], "scrypt") &&
		    h->stanza_count != 1)
			return EBADMSG;
	return 0;
}

int age_header_unwrap(const struct age_header *h,
		      const struct age_identity *identities, size_t count,
		      uint8_t ret_fk[AGE_FILE_KEY_BYTES])
{
	uint8_t fk[AGE_FILE_KEY_BYTES];
	int err = check_scrypt_alone(h);

	if (err)
		return err;
	err = ENOKEY;
	for (size_t k = 0; k < count && err == ENOKEY; k++)
		for (size_t i = 0; i < h->stanza_count && err == ENOKEY; i++)
			if (text_is(h->stanzas[i].args[0], "X25519"))
				err = unwrap_x25519(&h->stanzas[i],
						    &identities[k], fk);
	if (!err)
		err = check_mac(h, fk);
	if (!err)
		memcpy(ret_fk, fk, sizeof(fk));
	sodium_memzero(fk, sizeof(fk));
	return err;
}

int age_header_unwrap_passphrase(const struct age_header *h,
				 struct text passphrase, unsigned max_work,
				 uint8_t ret_fk[AGE_FILE_KEY_BYTES])
{
	const struct age_stanza *s = &h->stanzas[0];
	uint8_t salt[AGE_SALT_BYTES], wrap[AGE_KEY_BYTES];
	uint8_t fk[AGE_FILE_KEY_BYTES];
	uint64_t work;
	size_t len;
	int err = check_scrypt_alone(h);

	if (err)
		return err;
	if (!text_is(s->args[0], "scrypt"))
		return ENOKEY;
	if (s->arg_count != 3 ||
	    base64_read(s->args[1], BASE64_UNPADDED, salt, sizeof(salt),
			&len) ||
	    len != AGE_SALT_BYTES || s->body_len != AGE_WRAPPED_BYTES ||
	    s->args[2].len > 2 || s->args[2].p[0] == '0' ||
	    text_u64(s->args[2], 1, 64, &work))
		return EBADMSG;
	if (work > max_work || work > AGE_WORK_MAX)
		return EMSGSIZE;
	err = age_scrypt_key(passphrase, salt, (unsigned)work, wrap);
	if (!err && age_unwrap(wrap, s->body, fk))
		err = ENOKEY;
	if (!err)
		err = check_mac(h, fk);
	if (!err)
		memcpy(ret_fk, fk, sizeof(fk));
	sodium_memzero(fk, sizeof(fk));
	sodium_memzero(wrap, sizeof(wrap));
	return err;
}
