/*
 * Splitting and joining: a polynomial a byte over gf256, and the cipher that a
 * passphrase turns
 */
#include "shares/share.h"

#include <openssl/evp.h>
#include <sodium.h>

#include "shares/gf256.h"

/* Where on the polynomial the secret lies, and what vouches for it. */
enum { AT_SECRET = 255, AT_DIGEST = 254 };

enum {
	DIGEST_BYTES = 4,
	ROUNDS = 4,
	ITERATIONS = 10000,
	HALF_MAX = SHARE_SECRET_MAX / 2,
	PASSPHRASE_MAX_CHARS = 256,
};

/* ---- polynomials */

struct point {
	uint8_t x;
	const uint8_t *y;
};

/*
 * The value at x of the polynomial through those points (Lagrange). Where the
 * points lie is no secret; what stands there is.
 */
static void interpolate(const struct point *p, unsigned count, uint8_t x,
			uint8_t *to, size_t len)
{
	memset(to, 0, len);
	for (unsigned i = 0; i < count; i++) {
		uint8_t above = 1, below = 1, weight;

		for (unsigned k = 0; k < count; k++) {
			if (k == i)
				continue;
			above = gf256_mul(above, p[k].x ^ x);
			below = gf256_mul(below, p[k].x ^ p[i].x);
		}
		weight = gf256_mul(above, gf256_inverse(below));
		for (size_t b = 0; b < len; b++)
			to[b] ^= gf256_mul(weight, p[i].y[b]);
	}
}

/* The digest vouches that all shares were of one polynomial, and unchanged. */
static void digest_of(const uint8_t *random, size_t random_len,
		      const uint8_t *secret, size_t len,
		      uint8_t ret[DIGEST_BYTES])
{
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state h;

	(void)crypto_auth_hmacsha256_init(&h, random, random_len);
	(void)crypto_auth_hmacsha256_update(&h, secret, len);
	(void)crypto_auth_hmacsha256_final(&h, mac);
	memcpy(ret, mac, DIGEST_BYTES);
	sodium_memzero(mac, sizeof(mac));
	sodium_memzero(&h, sizeof(h));
}

/* `needed` of the points make the secret; what is beyond must agree. */
static enum share_fault combine(const struct point *p, unsigned count,
				unsigned needed, uint8_t *to, size_t len)
{
	uint8_t vouch[SHARE_SECRET_MAX], digest[DIGEST_BYTES];
	uint8_t secret[SHARE_SECRET_MAX];
	int differs = 0;

	if (needed == 1) { /* then each is the secret itself */
		for (unsigned i = 1; i < count; i++)
			differs |= sodium_memcmp(p[0].y, p[i].y, len);
		memcpy(secret, p[0].y, len);
	} else {
		interpolate(p, needed, AT_SECRET, secret, len);
		interpolate(p, needed, AT_DIGEST, vouch, len);
		digest_of(vouch + DIGEST_BYTES, len - DIGEST_BYTES, secret, len,
			  digest);
		differs = sodium_memcmp(digest, vouch, DIGEST_BYTES);
		for (unsigned i = needed; i < count; i++) {
			interpolate(p, needed, p[i].x, vouch, len);
			differs |= sodium_memcmp(vouch, p[i].y, len);
		}
	}
	if (!differs)
		memcpy(to, secret, len);
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(vouch, sizeof(vouch));
	return differs ? SHARE_NO_FIT : SHARE_GOOD;
}

/* ---- the cipher: four rounds of a Feistel network, PBKDF2 in each */

bool share_passphrase_ok(struct text passphrase)
{
	for (size_t i = 0; i < passphrase.len; i++)
		if (passphrase.p[i] < 0x20 || passphrase.p[i] > 0x7e)
			return false;
	return passphrase.len <= PASSPHRASE_MAX_CHARS;
}

static bool turn(const struct share *s, uint8_t round, struct text passphrase,
		 const uint8_t *half, size_t len, uint8_t *ret)
{
	uint8_t password[1 + PASSPHRASE_MAX_CHARS];
	uint8_t salt[8 + HALF_MAX];
	struct writer w = writer_on(password, sizeof(password));
	struct writer v = writer_on(salt, sizeof(salt));
	int ok;

	writer_u8(&w, round);
	writer_text(&w, passphrase);
	if (!s->extendable) {
		writer_str(&v, "shamir");
		writer_u16(&v, s->id);
	}
	writer_copy(&v, half, len);
	ok = PKCS5_PBKDF2_HMAC((const char *)password, (int)w.len, salt,
			       (int)v.len, (ITERATIONS / ROUNDS) << s->exponent,
			       EVP_sha256(), (int)len, ret);
	sodium_memzero(password, sizeof(password));
	sodium_memzero(salt, sizeof(salt));
	return ok == 1;
}

/* In place. Enciphering goes forward through the rounds, deciphering back. */
static bool cipher(const struct share *s, bool forward, struct text passphrase,
		   uint8_t *text, size_t len)
{
	uint8_t left[HALF_MAX], right[HALF_MAX], f[HALF_MAX];
	size_t half = len / 2;
	bool ok = true;

	memcpy(left, text, half);
	memcpy(right, text + half, half);
	for (unsigned i = 0; ok && i < ROUNDS; i++) {
		uint8_t round = (uint8_t)(forward ? i : ROUNDS - 1 - i);

		ok = turn(s, round, passphrase, right, half, f);
		for (size_t b = 0; b < half; b++)
			f[b] ^= left[b];
		memcpy(left, right, half);
		memcpy(right, f, half);
	}
	memcpy(text, right, half);
	memcpy(text + half, left, half);
	sodium_memzero(left, sizeof(left));
	sodium_memzero(right, sizeof(right));
	sodium_memzero(f, sizeof(f));
	return ok;
}

/* ---- joining */

static bool same_splitting(const struct share *a, const struct share *b)
{
	return a->id == b->id && a->extendable == b->extendable &&
	       a->exponent == b->exponent &&
	       a->groups_needed == b->groups_needed && a->groups == b->groups &&
	       a->len == b->len;
}

enum share_fault share_add(struct share_set *set, const struct share *s)
{
	for (unsigned i = 0; i < set->count; i++) {
		const struct share *o = &set->list[i];

		if (!same_splitting(o, s) ||
		    (o->group == s->group && o->needed != s->needed))
			return SHARE_OTHER_SET;
		if (o->group == s->group && o->member == s->member)
			return sodium_memcmp(o->value, s->value, s->len)
				       ? SHARE_CLASH
				       : SHARE_TWICE;
	}
	if (set->count == SHARE_SET_MAX)
		return SHARE_TOO_MANY;
	set->list[set->count++] = *s;
	return SHARE_GOOD;
}

/* The members of a group that are here; 0 when they are too few. */
static unsigned members_of(const struct share_set *set, unsigned group,
			   struct point to[SHARE_MEMBERS_MAX], unsigned *needed)
{
	unsigned count = 0;

	*needed = 1;
	for (unsigned i = 0; i < set->count; i++) {
		const struct share *s = &set->list[i];

		if (s->group != group || count == SHARE_MEMBERS_MAX)
			continue;
		to[count++] = (struct point){ s->member, s->value };
		*needed = s->needed;
	}
	return count >= *needed ? count : 0;
}

static enum share_fault
join_groups(const struct share_set *set,
	    uint8_t values[SHARE_MEMBERS_MAX][SHARE_SECRET_MAX], uint8_t *to)
{
	struct point groups[SHARE_MEMBERS_MAX], members[SHARE_MEMBERS_MAX];
	const struct share *first = &set->list[0];
	unsigned count = 0;

	for (unsigned g = 0; g < SHARE_MEMBERS_MAX; g++) {
		unsigned needed;
		unsigned n = members_of(set, g, members, &needed);
		enum share_fault f;

		if (!n)
			continue;
		f = combine(members, n, needed, values[count], first->len);
		if (f)
			return f;
		groups[count] = (struct point){ (uint8_t)g, values[count] };
		count++;
	}
	if (count < first->groups_needed)
		return SHARE_TOO_FEW;
	return combine(groups, count, first->groups_needed, to, first->len);
}

enum share_fault share_join(const struct share_set *set, struct text passphrase,
			    uint8_t ret[SHARE_SECRET_MAX], size_t *ret_len)
{
	uint8_t values[SHARE_MEMBERS_MAX][SHARE_SECRET_MAX];
	uint8_t secret[SHARE_SECRET_MAX];
	enum share_fault f;

	if (!set->count)
		return SHARE_TOO_FEW;
	f = join_groups(set, values, secret);
	if (!f &&
	    !cipher(&set->list[0], false, passphrase, secret, set->list[0].len))
		f = SHARE_NO_FIT;
	if (!f) {
		memcpy(ret, secret, set->list[0].len);
		*ret_len = set->list[0].len;
	}
	sodium_memzero(values, sizeof(values));
	sodium_memzero(secret, sizeof(secret));
	return f;
}

/* ---- splitting */

/*
 * All but two points of the polynomial are chance: the first shares. The two
 * are the secret and its digest; the other shares follow from these.
 */
static void deal(const uint8_t *secret, size_t len, struct share_set *set)
{
	struct point base[SHARE_MEMBERS_MAX];
	uint8_t vouch[SHARE_SECRET_MAX];
	unsigned free_shares = set->list[0].needed - 2u, n = 0;

	randombytes_buf(vouch + DIGEST_BYTES, len - DIGEST_BYTES);
	digest_of(vouch + DIGEST_BYTES, len - DIGEST_BYTES, secret, len, vouch);
	for (; n < free_shares; n++) {
		randombytes_buf(set->list[n].value, len);
		base[n] = (struct point){ (uint8_t)n, set->list[n].value };
	}
	base[n++] = (struct point){ AT_DIGEST, vouch };
	base[n++] = (struct point){ AT_SECRET, secret };
	for (unsigned i = free_shares; i < set->count; i++)
		interpolate(base, n, (uint8_t)i, set->list[i].value, len);
	sodium_memzero(vouch, sizeof(vouch));
}

int share_split(struct bytes secret, struct text passphrase, unsigned needed,
		unsigned count, unsigned exponent, struct share_set *ret)
{
	uint8_t text[SHARE_SECRET_MAX];
	struct share head = { .extendable = true,
			      .exponent = exponent & 15,
			      .groups = 1,
			      .groups_needed = 1 };
	bool ok;

	if (needed < 2 || needed > count || count > SHARE_MEMBERS_MAX ||
	    exponent > 15 || secret.len < SHARE_SECRET_MIN ||
	    secret.len > SHARE_SECRET_MAX || secret.len % 2 ||
	    !share_passphrase_ok(passphrase))
		return EINVAL;
	head.id = (uint16_t)randombytes_uniform(1u << 15);
	head.needed = (uint8_t)needed;
	head.len = (uint8_t)secret.len;
	memcpy(text, secret.p, secret.len);
	ok = cipher(&head, true, passphrase, text, secret.len);
	if (ok) {
		ret->count = count;
		for (unsigned i = 0; i < count; i++) {
			ret->list[i] = head;
			ret->list[i].member = (uint8_t)i;
		}
		deal(text, secret.len, ret);
	}
	sodium_memzero(text, sizeof(text));
	return ok ? 0 : ENOMEM;
}
