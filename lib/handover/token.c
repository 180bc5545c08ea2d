#include "handover/token.h"

#include <sodium.h>

enum {
	VERSION = 1,
	FLAG_RECORD = 1,
	FACTS_BYTES = 8,
	SIGNED_BYTES = HANDOVER_TOKEN_BYTES - crypto_sign_BYTES,
	MESSAGE_MAX = 256,
};

static const char sign_domain[] = "vaxel/handover/1";
static const char route_domain[] = "vaxel/handover/route/1";

_Static_assert(1 + 1 + 4 + 4 + ID_BYTES + HANDOVER_ROUTE_BYTES + FACTS_BYTES +
			       crypto_box_SEALBYTES ==
		       SIGNED_BYTES,
	       "the token's form");
_Static_assert(FACTS_BYTES + crypto_box_SEALBYTES ==
		       sizeof(((struct handover_token *)0)->sealed),
	       "the sealed facts");

/* ---- what is signed, and what a route is */

/* The terminating zero of the domain is part of it. */
static void signed_message(const uint8_t *token, uint8_t to[MESSAGE_MAX],
			   size_t *ret_len)
{
	memcpy(to, sign_domain, sizeof(sign_domain));
	memcpy(to + sizeof(sign_domain), token, SIGNED_BYTES);
	*ret_len = sizeof(sign_domain) + SIGNED_BYTES;
}

static void hash_text(crypto_hash_sha256_state *h, struct text t)
{
	static const uint8_t zero;

	(void)crypto_hash_sha256_update(h, (const uint8_t *)t.p, t.len);
	(void)crypto_hash_sha256_update(h, &zero, 1);
}

static void route_digest(const struct handover_route *r,
			 uint8_t to[HANDOVER_ROUTE_BYTES])
{
	uint8_t digest[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state h;

	(void)crypto_hash_sha256_init(&h);
	hash_text(&h, text_of(route_domain));
	hash_text(&h, r->line);
	hash_text(&h, r->organisation);
	hash_text(&h, r->route);
	(void)crypto_hash_sha256_final(&h, digest);
	memcpy(to, digest, HANDOVER_ROUTE_BYTES);
}

/* ---- facts */

static int write_facts(const struct handover_facts *f, uint8_t to[FACTS_BYTES])
{
	struct writer w = writer_on(to, FACTS_BYTES);
	struct location_place at = f->place;

	if (at.municipality >= MUNICIPALITIES || at.region >= REGIONS ||
	    (at.municipality >= 0 &&
	     at.region != municipality_table[at.municipality].region) ||
	    (unsigned)f->method > LOCATION_METHODS ||
	    (unsigned)f->confidence > CONFIDENCE_HIGH)
		return EINVAL;
	writer_u16(&w, f->place.municipality < 0
			       ? UINT16_MAX
			       : (uint16_t)f->place.municipality);
	writer_u8(&w,
		  f->place.region < 0 ? UINT8_MAX : (uint8_t)f->place.region);
	writer_u8(&w, (uint8_t)f->method);
	writer_u8(&w, (uint8_t)f->confidence);
	writer_u8(&w, f->conflicts);
	writer_u16(&w, 0);
	return writer_finish(&w);
}

static int read_facts(const uint8_t from[FACTS_BYTES],
		      struct handover_facts *ret)
{
	struct reader r = reader_on(from, FACTS_BYTES);
	struct location_place place = { LOCATION_UNKNOWN, LOCATION_UNKNOWN };
	uint16_t municipality, zero;
	uint8_t region, method, confidence, conflicts;
	int region_of;

	if (reader_u16(&r, &municipality) || reader_u8(&r, &region) ||
	    reader_u8(&r, &method) || reader_u8(&r, &confidence) ||
	    reader_u8(&r, &conflicts) || reader_u16(&r, &zero))
		return EBADMSG;
	if ((municipality != UINT16_MAX && municipality >= MUNICIPALITIES) ||
	    (region != UINT8_MAX && region >= REGIONS) ||
	    method > LOCATION_METHODS || confidence > CONFIDENCE_HIGH || zero)
		return EBADMSG;
	region_of = municipality == UINT16_MAX
			    ? region
			    : municipality_table[municipality].region;
	if (region != region_of)
		return EBADMSG;
	if (municipality != UINT16_MAX)
		place.municipality = (int16_t)municipality;
	if (region != UINT8_MAX)
		place.region = (int16_t)region;
	*ret = (struct handover_facts){
		.place = place,
		.method = (enum location_method)method,
		.confidence = (enum location_confidence)confidence,
		.conflicts = conflicts,
	};
	return 0;
}

int handover_open(const struct handover_token *t,
		  const struct age_identity *provider,
		  struct handover_facts *ret)
{
	uint8_t facts[FACTS_BYTES];

	if (crypto_box_seal_open(facts, t->sealed, sizeof(t->sealed),
				 provider->recipient.key,
				 provider->scalar->bytes))
		return EBADMSG;
	return read_facts(facts, ret);
}

/* ---- issuing */

int handover_issue(const struct note_signer *node,
		   const struct handover_sealer *provider,
		   const struct handover_route *route, bool record,
		   const struct handover_facts *facts,
		   const uint8_t id[ID_BYTES], int64_t now_s,
		   char to[HANDOVER_TOKEN_CHARS + 1])
{
	uint8_t token[HANDOVER_TOKEN_BYTES], message[MESSAGE_MAX];
	struct writer w = writer_on(token, sizeof(token));
	struct writer text = writer_on(to, HANDOVER_TOKEN_CHARS);
	uint8_t plain[FACTS_BYTES], sealed[FACTS_BYTES + crypto_box_SEALBYTES];
	uint8_t digest[HANDOVER_ROUTE_BYTES];
	size_t len;

	if (now_s < 0 || now_s > UINT32_MAX || write_facts(facts, plain))
		return EINVAL;
	if (handover_seal(provider, plain, sizeof(plain), sealed))
		return EINVAL; /* no such public key */
	route_digest(route, digest);
	writer_u8(&w, VERSION);
	writer_u8(&w, record ? FLAG_RECORD : 0);
	writer_u32(&w, node->key.id);
	writer_u32(&w, (uint32_t)now_s);
	writer_copy(&w, id, ID_BYTES);
	writer_copy(&w, digest, sizeof(digest));
	writer_copy(&w, sealed, sizeof(sealed));
	signed_message(token, message, &len);
	(void)crypto_sign_detached(token + SIGNED_BYTES, NULL, message, len,
				   node->secret->bytes);
	base64_write(&text, BASE64_URL, token, sizeof(token));
	to[text.len] = '\0';
	return writer_finish(&text);
}

/* ---- verifying */

struct parts {
	uint8_t bytes[HANDOVER_TOKEN_BYTES];
	uint32_t key_id;
	uint8_t route[HANDOVER_ROUTE_BYTES];
	struct handover_token token;
};

static int read_parts(struct text text, struct parts *p)
{
	struct reader r = reader_on(p->bytes, sizeof(p->bytes));
	uint8_t version, flags;
	uint32_t issued;
	size_t len;

	if (text.len != HANDOVER_TOKEN_CHARS ||
	    base64_read(text, BASE64_URL, p->bytes, sizeof(p->bytes), &len) ||
	    len != sizeof(p->bytes))
		return EBADMSG;
	if (reader_u8(&r, &version) || reader_u8(&r, &flags) ||
	    reader_u32(&r, &p->key_id) || reader_u32(&r, &issued) ||
	    reader_copy(&r, p->token.id, ID_BYTES) ||
	    reader_copy(&r, p->route, sizeof(p->route)) ||
	    reader_copy(&r, p->token.sealed, sizeof(p->token.sealed)))
		return EBADMSG;
	p->token.issued_s = issued;
	p->token.record = flags & FLAG_RECORD;
	return version != VERSION || flags > FLAG_RECORD ? EBADMSG : 0;
}

static enum handover_result check_signature(const struct handover_verifier *v,
					    const struct parts *p)
{
	enum handover_result result = HANDOVER_UNKNOWN_KEY;
	uint8_t message[MESSAGE_MAX];
	size_t len;

	signed_message(p->bytes, message, &len);
	/* two keys may share an id */
	for (unsigned i = 0; i < v->node_count; i++) {
		if (v->nodes[i].id != p->key_id)
			continue;
		result = HANDOVER_BAD_SIGNATURE;
		if (!crypto_sign_verify_detached(p->bytes + SIGNED_BYTES,
						 message, len,
						 v->nodes[i].public_key))
			return HANDOVER_GOOD;
	}
	return result;
}

static enum handover_result check_time(const struct parts *p, int64_t now_s)
{
	if (p->token.issued_s > now_s + HANDOVER_SKEW_S)
		return HANDOVER_EARLY;
	if (now_s > p->token.issued_s + HANDOVER_LIFE_S + HANDOVER_SKEW_S)
		return HANDOVER_EXPIRED;
	return HANDOVER_GOOD;
}

static enum handover_result check_route(const struct handover_verifier *v,
					struct parts *p)
{
	for (unsigned i = 0; i < v->route_count; i++) {
		uint8_t digest[HANDOVER_ROUTE_BYTES];

		route_digest(&v->routes[i], digest);
		if (memcmp(digest, p->route, sizeof(digest)) != 0)
			continue;
		p->token.route = i;
		return HANDOVER_GOOD;
	}
	return HANDOVER_WRONG_ROUTE;
}

static enum handover_result use_up(struct handover_replay *replay,
				   const struct parts *p, int64_t now_s)
{
	switch (handover_replay_use(
		replay, p->token.id,
		p->token.issued_s + HANDOVER_LIFE_S + HANDOVER_SKEW_S, now_s)) {
	case 0:
		return HANDOVER_GOOD;
	case EPROTO:
		return HANDOVER_REPLAYED;
	default:
		return HANDOVER_FULL;
	}
}

enum handover_result handover_verify(const struct handover_verifier *v,
				     struct text token, int64_t now_s,
				     struct handover_token *ret)
{
	enum handover_result result;
	struct parts p;

	if (read_parts(token, &p))
		return HANDOVER_MALFORMED;
	result = check_signature(v, &p);
	if (result == HANDOVER_GOOD)
		result = check_time(&p, now_s);
	if (result == HANDOVER_GOOD)
		result = check_route(v, &p);
	if (result == HANDOVER_GOOD && v->replay)
		result = use_up(v->replay, &p, now_s);
	if (result == HANDOVER_GOOD)
		*ret = p.token;
	return result;
}

const char *handover_result_name(enum handover_result r)
{
	static const char *const names[HANDOVER_RESULTS] = {
		[HANDOVER_GOOD] = "good",
		[HANDOVER_MALFORMED] = "malformed",
		[HANDOVER_UNKNOWN_KEY] = "unknown-key",
		[HANDOVER_BAD_SIGNATURE] = "bad-signature",
		[HANDOVER_EARLY] = "early",
		[HANDOVER_EXPIRED] = "expired",
		[HANDOVER_WRONG_ROUTE] = "wrong-route",
		[HANDOVER_REPLAYED] = "replayed",
		[HANDOVER_FULL] = "full",
	};

	return (unsigned)r < HANDOVER_RESULTS ? names[r] : "unknown";
}
