#include "release/request.h"

#include <sodium.h>

#define REQUEST_VERSION 1

/* each with its 0 */
static const char request_domain[] = "vaxel/request/1";
static const char approval_domain[] = "vaxel/approve/1";

int user_name_check(struct text name)
{
	if (!name.len || name.len >= REQUEST_TEXT_MAX)
		return EINVAL;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!plain && (!i || (c != '.' && c != '_' && c != '-')))
			return EINVAL;
	}
	return 0;
}

void request_purpose_digest(enum purpose purpose, uint8_t ret[32])
{
	const char *meaning = purpose_meaning(purpose);

	(void)crypto_hash_sha256(ret, (const unsigned char *)meaning,
				 strlen(meaning));
}

/* Origins and controllers: no control characters, no quotes of any kind. */
static bool word_ok(struct text t)
{
	if (!t.len || t.len >= REQUEST_TEXT_MAX)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.p[i];

		if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
			return false;
	}
	return true;
}

void request_put_text(struct writer *w, const char *s)
{
	size_t n = strlen(s);

	writer_u8(w, (uint8_t)n);
	writer_copy(w, s, n);
}

int request_encode(struct writer *w, const struct request *q)
{
	if (!word_ok(text_of(q->origin)) || !word_ok(text_of(q->controller)) ||
	    user_name_check(text_of(q->asker)) ||
	    (unsigned)q->scope >= REQUEST_SCOPES ||
	    (unsigned)q->purpose >= PURPOSES)
		return EINVAL;

	writer_u8(w, REQUEST_VERSION);
	request_put_text(w, q->origin);
	request_put_text(w, q->controller);
	writer_copy(w, q->id, sizeof(q->id));
	writer_copy(w, q->recording, sizeof(q->recording));
	writer_copy(w, q->kc, sizeof(q->kc));
	writer_u8(w, (uint8_t)q->scope);
	request_put_text(w, purpose_text(q->purpose));
	writer_copy(w, q->purpose_digest, sizeof(q->purpose_digest));
	request_put_text(w, q->asker);
	writer_copy(w, q->credential, sizeof(q->credential));
	writer_copy(w, q->recipient, sizeof(q->recipient));
	writer_u64(w, q->not_after_ms);
	return writer_finish(w);
}

static int get_text(struct reader *r, struct text *ret)
{
	uint8_t n;
	int err = reader_u8(r, &n);

	return err ? err : reader_text(r, n, ret);
}

static int get_word(struct reader *r, char to[REQUEST_TEXT_MAX])
{
	struct text t;
	int err = get_text(r, &t);

	if (err)
		return err;
	if (!word_ok(t))
		return EBADMSG;
	return text_copy(to, REQUEST_TEXT_MAX, t);
}

/* What is asked for: ids, key check, scope and purpose. */
static int get_subject(struct reader *r, struct request *q)
{
	struct text t;
	uint8_t scope;
	int err;

	if ((err = reader_copy(r, q->id, sizeof(q->id))) ||
	    (err = reader_copy(r, q->recording, sizeof(q->recording))) ||
	    (err = reader_copy(r, q->kc, sizeof(q->kc))) ||
	    (err = reader_u8(r, &scope)) || (err = get_text(r, &t)))
		return err;
	if (scope >= REQUEST_SCOPES || purpose_read(t, &q->purpose))
		return EBADMSG;
	q->scope = (enum request_scope)scope;
	return reader_copy(r, q->purpose_digest, sizeof(q->purpose_digest));
}

/* Who asks, and for whom alone it is. */
static int get_asker(struct reader *r, struct request *q)
{
	int err;

	if ((err = get_word(r, q->asker)))
		return err;
	if (user_name_check(text_of(q->asker)))
		return EBADMSG;
	if ((err = reader_copy(r, q->credential, sizeof(q->credential))) ||
	    (err = reader_copy(r, q->recipient, sizeof(q->recipient))))
		return err;
	return reader_u64(r, &q->not_after_ms);
}

int request_decode(struct bytes bytes, struct request *ret)
{
	struct reader r = reader_on(bytes.p, bytes.len);
	struct request q = { 0 };
	uint8_t version;
	int err;

	if (bytes.len > REQUEST_MAX)
		return EBADMSG;
	if ((err = reader_u8(&r, &version)))
		return err;
	if (version != REQUEST_VERSION)
		return EBADMSG;
	if ((err = get_word(&r, q.origin)) ||
	    (err = get_word(&r, q.controller)) || (err = get_subject(&r, &q)) ||
	    (err = get_asker(&r, &q)) || (err = reader_end(&r)))
		return err;
	*ret = q;
	return 0;
}

static void digest(const char *domain, size_t domain_len, struct bytes b,
		   uint8_t ret[REQUEST_DIGEST])
{
	crypto_hash_sha256_state h;

	(void)crypto_hash_sha256_init(&h);
	(void)crypto_hash_sha256_update(&h, (const unsigned char *)domain,
					domain_len);
	(void)crypto_hash_sha256_update(&h, b.p, b.len);
	(void)crypto_hash_sha256_final(&h, ret);
}

void request_digest(struct bytes r, uint8_t ret_d[REQUEST_DIGEST])
{
	digest(request_domain, sizeof(request_domain), r, ret_d);
}

void request_approval_digest(const uint8_t d[REQUEST_DIGEST],
			     uint8_t ret[REQUEST_DIGEST])
{
	digest(approval_domain, sizeof(approval_domain),
	       (struct bytes){ d, REQUEST_DIGEST }, ret);
}

int request_verify(const uint8_t d[REQUEST_DIGEST],
		   const uint8_t signature[REQUEST_SIGNATURE],
		   const uint8_t key[REQUEST_KEY])
{
	return crypto_sign_verify_detached(signature, d, REQUEST_DIGEST, key)
		       ? EBADMSG
		       : 0;
}
