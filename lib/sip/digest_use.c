/*
 * Which nonces were used, and how often: so that a request that was copied
 * from the wire is good once.
 *
 * Only who knows a password gets into the table, so strangers cannot fill it.
 * It is cut into buckets by the nonce's own MAC; where one is full its oldest
 * nonce is forgotten, and with it every other that is as old and unknown.
 */
#include "base/encode.h"
#include "sip/digest.h"

static int read_count(struct text nc, uint32_t *ret)
{
	uint8_t bytes[4];
	struct reader r = reader_on(bytes, sizeof(bytes));

	if (nc.len != 8 || hex_read(nc, bytes, sizeof(bytes)))
		return EBADMSG;
	return reader_u32(&r, ret);
}

static struct digest_use *find(struct digest_use_bucket *b,
			       const uint8_t mac[DIGEST_NONCE_MAC])
{
	for (unsigned i = 0; i < DIGEST_USE_WAYS; i++)
		if (b->uses[i].count &&
		    !memcmp(b->uses[i].mac, mac, DIGEST_NONCE_MAC))
			return &b->uses[i];
	return NULL;
}

/* A place for one that was made at made_ms. NULL: it is too old to be told
 * from those that were forgotten. */
static struct digest_use *place(struct digest_use_bucket *b, uint64_t made_ms,
				uint64_t now_ms)
{
	struct digest_use *oldest = &b->uses[0];

	if (made_ms <= b->forgotten_ms)
		return NULL;
	for (unsigned i = 0; i < DIGEST_USE_WAYS; i++) {
		struct digest_use *u = &b->uses[i];

		/* what digest_check() refuses by its age need not be known */
		if (!u->count || now_ms - u->made_ms > DIGEST_NONCE_LIFE_MS)
			return u;
		if (u->made_ms < oldest->made_ms)
			oldest = u;
	}
	if (oldest->made_ms >= made_ms)
		return NULL;
	b->forgotten_ms = oldest->made_ms;
	return oldest;
}

int digest_use(struct digest_uses *all, const struct digest_answer *a,
	       uint64_t now_ms)
{
	uint8_t nonce[DIGEST_NONCE_BYTES];
	const uint8_t *mac = nonce + DIGEST_NONCE_BYTES - DIGEST_NONCE_MAC;
	struct reader r = reader_on(nonce, sizeof(nonce));
	struct digest_use_bucket *b;
	struct digest_use *u;
	uint64_t made_ms;
	uint32_t count;

	if (a->nonce.len != 2 * sizeof(nonce) ||
	    hex_read(a->nonce, nonce, sizeof(nonce)) ||
	    reader_u64(&r, &made_ms) || read_count(a->nc, &count))
		return EPERM;
	b = &all->buckets[(mac[0] | mac[1] << 8) % DIGEST_USE_BUCKETS];
	u = find(b, mac);
	if (u && count <= u->count)
		return EAGAIN;
	if (!u && count)
		u = place(b, made_ms, now_ms);
	if (!u || !count)
		return EAGAIN;
	*u = (struct digest_use){ .made_ms = made_ms, .count = count };
	memcpy(u->mac, mac, DIGEST_NONCE_MAC);
	return 0;
}
