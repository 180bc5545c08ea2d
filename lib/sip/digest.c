#include "sip/digest.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <strings.h>

#include "base/encode.h"
#include "sip/lex.h"
#include "sip/message.h"

static const struct {
	const char *name;
	size_t hex;
} algorithms[DIGEST_ALGORITHMS] = {
	[DIGEST_SHA256] = { "SHA-256", 64 },
	[DIGEST_MD5] = { "MD5", 32 },
};

#define NONCE_HEX (2 * DIGEST_NONCE_BYTES)
#define NONCE_HEAD (DIGEST_NONCE_BYTES - DIGEST_NONCE_MAC)

/* ---- decoding */

static bool digest_scheme(struct text *value)
{
	while (value->len && *value->p == ' ') {
		value->p++;
		value->len--;
	}
	if (value->len < 7 || strncasecmp(value->p, "Digest", 6) != 0 ||
	    !strchr(" \t\r\n", value->p[6]))
		return false;
	value->p += 7;
	value->len -= 7;
	return true;
}

static struct text trim(struct text t)
{
	while (t.len && strchr(" \t\r\n", *t.p)) {
		t.p++;
		t.len--;
	}
	while (t.len && strchr(" \t\r\n", t.p[t.len - 1]))
		t.len--;
	return t;
}

/* Nothing that would end the quotes that it stands in, or is put into. */
static bool is_whole(struct text t, bool quoted)
{
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.p[i];

		if (c < ' ' || c == 127 || c == '"' || (!quoted && c == '\\') ||
		    (c == '\\' && ++i == t.len))
			return false;
	}
	return true;
}

/*
 * name=value or name="value", up to the next comma outside quotes. Quoted
 * pairs stay as they are: both sides hash what was sent.
 */
static int next_pair(struct text *rest, struct text *name, struct text *value)
{
	const char *eq;
	bool quoted = false;
	size_t n = 0;

	while (n < rest->len && (quoted || rest->p[n] != ',')) {
		if (quoted && rest->p[n] == '\\' && n + 1 < rest->len)
			n++;
		else if (rest->p[n] == '"')
			quoted = !quoted;
		n++;
	}
	if (quoted)
		return EBADMSG;
	eq = n ? memchr(rest->p, '=', n) : NULL;
	if (!eq)
		return EBADMSG;
	*name = trim((struct text){ rest->p, (size_t)(eq - rest->p) });
	*value = trim((struct text){ eq + 1, n - (size_t)(eq + 1 - rest->p) });
	quoted = value->len && *value->p == '"';
	if (quoted) {
		if (value->len < 2 || value->p[value->len - 1] != '"')
			return EBADMSG;
		value->p++;
		value->len -= 2;
	}
	if (!is_whole(*value, quoted))
		return EBADMSG;
	rest->p += n;
	rest->len -= n;
	if (rest->len) {
		rest->p++;
		rest->len--;
	}
	return 0;
}

static bool same(struct text t, const char *word)
{
	return t.len == strlen(word) && !strncasecmp(t.p, word, t.len);
}

static bool list_has(struct text list, const char *word)
{
	while (list.len) {
		size_t n = 0;

		while (n < list.len && list.p[n] != ',')
			n++;
		if (same(trim((struct text){ list.p, n }), word))
			return true;
		n += n < list.len;
		list.p += n;
		list.len -= n;
	}
	return false;
}

static int algorithm_of(struct text name, enum digest_algorithm *ret)
{
	for (unsigned i = 0; i < DIGEST_ALGORITHMS; i++) {
		if (same(name, algorithms[i].name)) {
			*ret = (enum digest_algorithm)i;
			return 0;
		}
	}
	return ENOENT;
}

struct pairs {
	struct text realm, nonce, opaque, algorithm, qop, stale;
	struct text username, uri, response, cnonce, nc;
};

static int read_pairs(struct text value, struct pairs *p)
{
	const struct {
		const char *name;
		struct text *to;
	} known[] = {
		{ "realm", &p->realm },
		{ "nonce", &p->nonce },
		{ "opaque", &p->opaque },
		{ "algorithm", &p->algorithm },
		{ "qop", &p->qop },
		{ "stale", &p->stale },
		{ "username", &p->username },
		{ "uri", &p->uri },
		{ "response", &p->response },
		{ "cnonce", &p->cnonce },
		{ "nc", &p->nc },
	};
	struct text name, v;

	memset(p, 0, sizeof(*p));
	if (!digest_scheme(&value))
		return ENOENT;
	while (trim(value).len) {
		if (next_pair(&value, &name, &v))
			return EBADMSG;
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			if (!same(name, known[i].name))
				continue;
			/* which of two would be meant? */
			if (known[i].to->p)
				return EBADMSG;
			*known[i].to = v;
		}
	}
	return 0;
}

int digest_challenge_decode(struct text value, struct digest_challenge *ret)
{
	struct digest_challenge c = { .algorithm = DIGEST_MD5 };
	struct pairs p;
	int err = read_pairs(value, &p);

	if (err)
		return err;
	if (!p.realm.p || !p.nonce.len)
		return EBADMSG;
	if (p.algorithm.p && algorithm_of(p.algorithm, &c.algorithm))
		return ENOENT;
	c.has_qop = p.qop.p && list_has(p.qop, "auth");
	if (p.qop.p && !c.has_qop)
		return ENOENT; /* auth-int alone */
	c.realm = p.realm;
	c.nonce = p.nonce;
	c.opaque = p.opaque;
	c.stale = p.stale.p && same(p.stale, "true");
	*ret = c;
	return 0;
}

int digest_answer_decode(struct text value, struct digest_answer *ret)
{
	struct digest_answer a = { .algorithm = DIGEST_MD5 };
	struct pairs p;
	int err = read_pairs(value, &p);

	if (err)
		return err;
	if (!p.username.p || !p.realm.p || !p.nonce.len || !p.uri.len ||
	    !p.response.len)
		return EBADMSG;
	if (p.algorithm.p && algorithm_of(p.algorithm, &a.algorithm))
		return ENOENT;
	if (p.qop.p && !same(p.qop, "auth"))
		return ENOENT;
	a.has_qop = p.qop.p != NULL;
	if (a.has_qop && (!p.cnonce.len || p.nc.len != 8))
		return EBADMSG;
	a.username = p.username;
	a.realm = p.realm;
	a.nonce = p.nonce;
	a.uri = p.uri;
	a.response = p.response;
	a.cnonce = p.cnonce;
	a.nc = p.nc;
	*ret = a;
	return 0;
}

/* ---- hashing */

/* The parts with colons between, as lower-case hex. */
static void hash_parts(enum digest_algorithm algorithm,
		       const struct text *parts, size_t count,
		       char to[DIGEST_HEX_MAX + 1])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t raw[EVP_MAX_MD_SIZE];
	struct writer w = writer_on(to, DIGEST_HEX_MAX);
	unsigned len = 0;
	bool ok =
		ctx && EVP_DigestInit_ex(ctx,
					 algorithm == DIGEST_MD5 ? EVP_md5()
								 : EVP_sha256(),
					 NULL) == 1;

	for (size_t i = 0; ok && i < count; i++) {
		if (i)
			ok = EVP_DigestUpdate(ctx, ":", 1) == 1;
		if (ok && parts[i].len)
			ok = EVP_DigestUpdate(ctx, parts[i].p, parts[i].len) ==
			     1;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, raw, &len) == 1;
	/* an empty response never equals a decoded one */
	if (ok)
		hex_write(&w, raw, len);
	to[w.len] = '\0';
	EVP_MD_CTX_free(ctx);
	sodium_memzero(raw, sizeof(raw));
}

void digest_response(char to[DIGEST_HEX_MAX + 1], const struct digest_answer *a,
		     struct text method, const struct secret *password)
{
	char ha1[DIGEST_HEX_MAX + 1], ha2[DIGEST_HEX_MAX + 1];
	struct text a1[] = { a->username,
			     a->realm,
			     { (const char *)password->bytes, password->len } };
	struct text a2[] = { method, a->uri };

	hash_parts(a->algorithm, a1, 3, ha1);
	hash_parts(a->algorithm, a2, 2, ha2);
	if (a->has_qop) {
		struct text all[] = {
			text_of(ha1), a->nonce,     a->nc,
			a->cnonce,    TEXT("auth"), text_of(ha2)
		};

		hash_parts(a->algorithm, all, 6, to);
	} else {
		struct text all[] = { text_of(ha1), a->nonce, text_of(ha2) };

		hash_parts(a->algorithm, all, 3, to);
	}
	sodium_memzero(ha1, sizeof(ha1));
}

/* ---- server */

static void nonce_mac(const struct digest_asker *asker,
		      const uint8_t head[NONCE_HEAD],
		      uint8_t to[DIGEST_NONCE_MAC])
{
	crypto_generichash_state h;

	(void)crypto_generichash_init(&h, asker->key, DIGEST_NONCE_KEY_BYTES,
				      DIGEST_NONCE_MAC);
	(void)crypto_generichash_update(&h, head, NONCE_HEAD);
	(void)crypto_generichash_update(&h, (const uint8_t *)asker->source.p,
					asker->source.len);
	(void)crypto_generichash_final(&h, to, DIGEST_NONCE_MAC);
}

void digest_challenge_write(struct writer *w, const char *header,
			    const struct digest_asker *asker, bool stale,
			    bool md5_alone)
{
	uint8_t nonce[DIGEST_NONCE_BYTES];
	struct writer head = writer_on(nonce, NONCE_HEAD);

	writer_u64(&head, asker->now_ms);
	/* two phones of one address each have their own count */
	randombytes_buf(nonce + head.len, NONCE_HEAD - head.len);
	nonce_mac(asker, nonce, nonce + NONCE_HEAD);
	/* the topmost that the phone knows is taken (RFC 8760 2.3) */
	for (unsigned i = 0; i < DIGEST_ALGORITHMS; i++) {
		if (md5_alone && i != DIGEST_MD5)
			continue;
		writer_str(w, header);
		writer_text(w, TEXT(": Digest realm=\""));
		writer_text(w, asker->realm);
		writer_text(w, TEXT("\", nonce=\""));
		hex_write(w, nonce, sizeof(nonce));
		writer_text(w, TEXT("\", algorithm="));
		writer_str(w, algorithms[i].name);
		writer_text(w, TEXT(", qop=\"auth\""));
		if (stale)
			writer_text(w, TEXT(", stale=true"));
		writer_copy(w, "\r\n", 2);
	}
}

/* Ours, for this source, and young enough? */
static bool nonce_is_good(struct text nonce, const struct digest_asker *asker)
{
	uint8_t got[DIGEST_NONCE_BYTES], ours[DIGEST_NONCE_MAC];
	struct reader r = reader_on(got, sizeof(got));
	uint64_t made;

	if (nonce.len != NONCE_HEX || hex_read(nonce, got, sizeof(got)) ||
	    reader_u64(&r, &made))
		return false;
	nonce_mac(asker, got, ours);
	return sodium_memcmp(got + NONCE_HEAD, ours, sizeof(ours)) == 0 &&
	       made <= asker->now_ms &&
	       asker->now_ms - made <= DIGEST_NONCE_LIFE_MS;
}

static unsigned port_of(const struct uri *u)
{
	if (u->port)
		return u->port;
	return pl_strcasecmp(&u->scheme, "sips") ? 5060 : 5061;
}

/* RFC 7616 3.4.6: an answer made for one place is none for another. */
static bool same_place(struct text a, struct text b)
{
	struct uri x, y;

	return !lex_uri(&x, a) && !lex_uri(&y, b) &&
	       !pl_casecmp(&x.scheme, &y.scheme) &&
	       !pl_casecmp(&x.host, &y.host) && port_of(&x) == port_of(&y);
}

int digest_check(const struct digest_answer *a,
		 const struct digest_asker *asker, struct text method,
		 struct text uri, const struct secret *password)
{
	char want[DIGEST_HEX_MAX + 1], got[DIGEST_HEX_MAX];
	size_t len = algorithms[a->algorithm].hex;

	/* we always ask for qop=auth, so an answer without it is no answer */
	if (!a->has_qop || a->response.len != len ||
	    a->realm.len != asker->realm.len ||
	    memcmp(a->realm.p, asker->realm.p, a->realm.len) != 0 ||
	    !same_place(a->uri, uri))
		return EPERM;
	digest_response(want, a, method, password);
	for (size_t i = 0; i < len; i++) {
		char c = a->response.p[i];

		got[i] = (char)(c >= 'A' && c <= 'F' ? c | 32 : c);
	}
	if (strlen(want) != len || sodium_memcmp(want, got, len) != 0)
		return EPERM;
	return nonce_is_good(a->nonce, asker) ? 0 : EAGAIN;
}

/* ---- client */

static bool fits_quotes(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.p[i];

		if (c < ' ' || c == '"' || c == '\\' || c == 127)
			return false;
	}
	return true;
}

static void write_pair(struct writer *w, const char *name, struct text value)
{
	writer_str(w, name);
	writer_copy(w, "=\"", 2);
	writer_text(w, value);
	writer_copy(w, "\"", 1);
}

int digest_answer_write(struct writer *w, const struct digest_challenge *c,
			struct text username, const struct secret *password,
			struct text method, struct text uri, uint32_t nc,
			struct text cnonce)
{
	char response[DIGEST_HEX_MAX + 1], count[9];
	struct digest_answer a = { .username = username,
				   .realm = c->realm,
				   .nonce = c->nonce,
				   .uri = uri,
				   .cnonce = cnonce,
				   .algorithm = c->algorithm,
				   .has_qop = c->has_qop };

	if (!fits_quotes(username) || !fits_quotes(uri) || !fits_quotes(cnonce))
		return EINVAL;
	(void)snprintf(count, sizeof(count), "%08x", nc);
	a.nc = text_of(count);
	digest_response(response, &a, method, password);
	write_pair(w, "Digest username", username);
	write_pair(w, ", realm", c->realm);
	write_pair(w, ", nonce", c->nonce);
	write_pair(w, ", uri", uri);
	write_pair(w, ", response", text_of(response));
	writer_text(w, TEXT(", algorithm="));
	writer_str(w, algorithms[c->algorithm].name);
	if (c->has_qop) {
		writer_text(w, TEXT(", qop=auth, nc="));
		writer_str(w, count);
		write_pair(w, ", cnonce", cnonce);
	}
	if (c->opaque.p)
		write_pair(w, ", opaque", c->opaque);
	return 0;
}
