#include "tlog/note.h"

#include <sodium.h>

#include "base/encode.h"

static const char dash[] = "\xe2\x80\x94 "; /* em dash and a blank */

/* Lines, each with its newline; no other control characters below U+0020. */
static bool is_note_text(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if ((uint8_t)t.p[i] < 0x20 && t.p[i] != '\n')
			return false;
	return t.len && t.p[t.len - 1] == '\n' && text_is_utf8(t);
}

/* A key's name: not empty, no blank (ASCII ones suffice here), no plus. */
static bool is_key_name(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if ((uint8_t)t.p[i] <= 0x20 || t.p[i] == '+')
			return false;
	return t.len && t.len < NOTE_NAME_MAX && text_is_printable(t);
}

static int hash_id(struct text name, enum note_type type,
		   const uint8_t public_key[32], uint32_t *ret)
{
	const uint8_t middle[2] = { '\n', (uint8_t)type };
	uint8_t digest[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state st;
	struct reader r = reader_on(digest, sizeof(digest));

	(void)crypto_hash_sha256_init(&st);
	(void)crypto_hash_sha256_update(&st, (const uint8_t *)name.p, name.len);
	(void)crypto_hash_sha256_update(&st, middle, sizeof(middle));
	(void)crypto_hash_sha256_update(&st, public_key, 32);
	(void)crypto_hash_sha256_final(&st, digest);
	return reader_u32(&r, ret);
}

/*
 * "name+hash+base64" to its parts; the 33 bytes are type and key or seed.
 * They are secret for a signing key: the caller wipes them.
 */
static int read_key_text(struct text t, struct text *ret_name, uint32_t *ret_id,
			 uint8_t ret_raw[33])
{
	struct reader r = reader_on(t.p, t.len);
	struct text name, id;
	uint8_t id_bytes[4];
	struct reader id_reader = reader_on(id_bytes, sizeof(id_bytes));
	size_t len;

	if (reader_until(&r, '+', &name) || !is_key_name(name) ||
	    reader_until(&r, '+', &id) || hex_read(id, id_bytes, 4) ||
	    reader_u32(&id_reader, ret_id))
		return EBADMSG;
	t = (struct text){ (const char *)r.at, reader_left(&r) };
	if (base64_read(t, BASE64_PADDED, ret_raw, 33, &len) || len != 33)
		return EBADMSG;
	if (ret_raw[0] != NOTE_ED25519 && ret_raw[0] != NOTE_COSIGNATURE)
		return EBADMSG;
	*ret_name = name;
	return 0;
}

/* The key of that name, with its id; EBADMSG when that is not `id`. */
static int fill_key(struct text name, uint8_t type, const uint8_t *public_key,
		    uint32_t id, struct note_key *ret)
{
	struct note_key k = { .type = (enum note_type)type };

	if (text_copy(k.name, sizeof(k.name), name) ||
	    hash_id(name, k.type, public_key, &k.id) || k.id != id)
		return EBADMSG;
	memcpy(k.public_key, public_key, sizeof(k.public_key));
	*ret = k;
	return 0;
}

int note_key_read(struct text vkey, struct note_key *ret)
{
	struct text name;
	uint8_t raw[33];
	uint32_t id;
	int err = read_key_text(vkey, &name, &id, raw);

	return err ? err : fill_key(name, raw[0], raw + 1, id, ret);
}

static void write_key_text(struct writer *w, const struct note_key *key,
			   const uint8_t *bytes)
{
	uint8_t raw[33];

	raw[0] = (uint8_t)key->type;
	memcpy(raw + 1, bytes, 32);
	writer_printf(w, "%s+%08x+", key->name, key->id);
	base64_write(w, BASE64_PADDED, raw, sizeof(raw));
	sodium_memzero(raw, sizeof(raw));
}

void note_key_text(const struct note_key *key, char to[NOTE_KEY_TEXT_MAX])
{
	struct writer w = writer_on(to, NOTE_KEY_TEXT_MAX - 1);

	write_key_text(&w, key, key->public_key);
	to[w.len] = '\0';
}

/* Seed to key pair, in locked memory. */
static int signer_fill(struct note_signer *ret, uint8_t type, struct text name,
		       const uint8_t seed[NOTE_SEED_BYTES])
{
	struct note_signer s = { .key.type = (enum note_type)type };

	s.secret = secret_new(crypto_sign_ed25519_SECRETKEYBYTES);
	if (!s.secret)
		return ENOMEM;
	(void)crypto_sign_ed25519_seed_keypair(s.key.public_key,
					       s.secret->bytes, seed);
	if (text_copy(s.key.name, sizeof(s.key.name), name) ||
	    hash_id(name, s.key.type, s.key.public_key, &s.key.id)) {
		secret_free(s.secret);
		return EINVAL;
	}
	*ret = s;
	return 0;
}

int note_signer_new(struct note_signer *ret, enum note_type type,
		    const char *name)
{
	uint8_t seed[NOTE_SEED_BYTES];
	int err;

	if (!is_key_name(text_of(name)))
		return EINVAL;
	randombytes_buf(seed, sizeof(seed));
	err = signer_fill(ret, (uint8_t)type, text_of(name), seed);
	sodium_memzero(seed, sizeof(seed));
	return err;
}

int note_signer_read(struct text skey, struct note_signer *ret)
{
	static const char prefix[] = "PRIVATE+KEY+";
	const size_t n = sizeof(prefix) - 1;
	struct note_signer s;
	struct text name;
	uint8_t raw[33];
	uint32_t id;
	int err;

	if (skey.len < n || memcmp(skey.p, prefix, n) != 0)
		return EBADMSG;
	err = read_key_text((struct text){ skey.p + n, skey.len - n }, &name,
			    &id, raw);
	if (!err)
		err = signer_fill(&s, raw[0], name, raw + 1);
	sodium_memzero(raw, sizeof(raw));
	if (!err && s.key.id != id) {
		note_signer_close(&s);
		err = EBADMSG;
	}
	if (!err)
		*ret = s;
	return err;
}

int note_signer_text(const struct note_signer *s, char *to, size_t max)
{
	struct writer w = writer_on(to, max ? max - 1 : 0);

	writer_str(&w, "PRIVATE+KEY+");
	/* libsodium's secret key begins with the seed */
	write_key_text(&w, &s->key, s->secret->bytes);
	if (writer_finish(&w) || !max)
		return EMSGSIZE;
	to[w.len] = '\0';
	return 0;
}

void note_signer_close(struct note_signer *s)
{
	secret_free(s->secret);
	s->secret = NULL;
}

/* One line, without its newline: dash, name, blank, base64. */
static int read_signature(struct text line, struct note_signature *ret)
{
	struct reader r = reader_on(line.p, line.len);
	uint8_t raw[NOTE_SIGNATURE_MAX];
	struct reader in;
	struct text mark;
	size_t len;
	int err;

	if (reader_text(&r, sizeof(dash) - 1, &mark) || !text_is(mark, dash) ||
	    reader_until(&r, ' ', &ret->name) || !is_key_name(ret->name))
		return EBADMSG;
	ret->raw = (struct text){ (const char *)r.at, reader_left(&r) };
	err = base64_read(ret->raw, BASE64_PADDED, raw, sizeof(raw), &len);
	if (err)
		return err;
	in = reader_on(raw, len);
	/* an id alone signs nothing */
	return len < 5 ? EBADMSG : reader_u32(&in, &ret->id);
}

/* Where the last empty line is: the end of the text. */
static int find_text(struct text whole, size_t *ret)
{
	for (size_t i = whole.len; i >= 2; i--)
		if (whole.p[i - 1] == '\n' && whole.p[i - 2] == '\n') {
			*ret = i - 1;
			return 0;
		}
	return EBADMSG;
}

int note_text(struct text whole, struct text *ret)
{
	size_t end;

	if (whole.len > NOTE_MAX)
		return EMSGSIZE;
	if (find_text(whole, &end) || !is_note_text(whole))
		return EBADMSG;
	if (end > NOTE_TEXT_MAX)
		return EMSGSIZE;
	*ret = (struct text){ whole.p, end };
	return 0;
}

int note_read(struct text whole, struct note *ret)
{
	struct note n = { .count = 0 };
	struct reader r;
	int bad = note_text(whole, &n.text);

	if (bad)
		return bad;
	r = reader_on(n.text.p + n.text.len + 1, whole.len - n.text.len - 1);
	while (reader_left(&r)) {
		struct text line;
		int err;

		if (n.count == NOTE_SIGNATURES)
			return EMSGSIZE;
		if (reader_until(&r, '\n', &line))
			return EBADMSG;
		err = read_signature(line, &n.signatures[n.count]);
		if (err)
			return err;
		n.count++;
	}
	if (!n.count)
		return EBADMSG;
	*ret = n;
	return 0;
}

void note_signature_write(struct writer *w, const struct note_signature *s)
{
	writer_str(w, dash);
	writer_text(w, s->name);
	writer_u8(w, ' ');
	writer_text(w, s->raw);
	writer_u8(w, '\n');
}

/* What a cosignature of that time signs (tlog-cosignature). */
static int cosigned_text(struct writer *w, struct text text, uint64_t time_s)
{
	writer_printf(w, "cosignature/v1\ntime %llu\n",
		      (unsigned long long)time_s);
	writer_text(w, text);
	return writer_finish(w);
}

/* Does this signature, of this key, hold? */
static int verify_one(struct text text, const struct note_signature *s,
		      const struct note_key *key, uint64_t *ret_signed_s)
{
	uint8_t raw[4 + 8 + crypto_sign_ed25519_BYTES];
	uint8_t message[NOTE_TEXT_MAX + 64];
	struct writer w = writer_on(message, sizeof(message));
	struct reader r;
	struct bytes sig;
	uint64_t signed_s = 1;
	uint32_t id;
	size_t len;

	if (base64_read(s->raw, BASE64_PADDED, raw, sizeof(raw), &len))
		return EBADMSG;
	r = reader_on(raw, len);
	if (reader_u32(&r, &id))
		return EBADMSG;
	if (key->type == NOTE_COSIGNATURE) {
		/* a time of 0 would read as "has not signed" */
		if (reader_u64(&r, &signed_s) || !signed_s ||
		    signed_s > INT64_MAX || cosigned_text(&w, text, signed_s))
			return EBADMSG;
	} else {
		writer_text(&w, text);
	}
	if (reader_bytes(&r, crypto_sign_ed25519_BYTES, &sig) ||
	    reader_end(&r) || writer_finish(&w) ||
	    crypto_sign_ed25519_verify_detached(sig.p, message, w.len,
						key->public_key))
		return EBADMSG;
	*ret_signed_s = signed_s;
	return 0;
}

int note_verify(const struct note *n, const struct note_key *keys,
		unsigned count, uint64_t *ret_signed_s)
{
	uint64_t latest[NOTE_KEYS_MAX] = { 0 };

	if (count > NOTE_KEYS_MAX)
		return EMSGSIZE;
	for (unsigned i = 0; i < n->count; i++) {
		const struct note_signature *s = &n->signatures[i];

		for (unsigned k = 0; k < count; k++) {
			uint64_t signed_s;

			if (s->id != keys[k].id ||
			    !text_is(s->name, keys[k].name))
				continue;
			if (verify_one(n->text, s, &keys[k], &signed_s))
				return EBADMSG;
			if (signed_s > latest[k])
				latest[k] = signed_s;
		}
	}
	memcpy(ret_signed_s, latest, count * sizeof(latest[0]));
	return 0;
}

int note_sign(struct writer *w, struct text text, const struct note_signer *s,
	      uint64_t now_s)
{
	uint8_t message[NOTE_TEXT_MAX + 64];
	uint8_t raw[4 + 8 + crypto_sign_ed25519_BYTES];
	struct writer m = writer_on(message, sizeof(message));
	struct writer r = writer_on(raw, sizeof(raw));
	uint8_t *sig;

	if (!is_note_text(text) || text.len > NOTE_TEXT_MAX)
		return EINVAL;
	writer_u32(&r, s->key.id);
	if (s->key.type == NOTE_COSIGNATURE) {
		writer_u64(&r, now_s);
		if (cosigned_text(&m, text, now_s))
			return EMSGSIZE;
	} else {
		writer_text(&m, text);
	}
	sig = writer_room(&r, crypto_sign_ed25519_BYTES);
	if (!sig || writer_finish(&m))
		return EMSGSIZE;
	(void)crypto_sign_ed25519_detached(sig, NULL, message, m.len,
					   s->secret->bytes);
	writer_str(w, dash);
	writer_printf(w, "%s ", s->key.name);
	base64_write(w, BASE64_PADDED, raw, r.len);
	writer_u8(w, '\n');
	return writer_finish(w);
}
