#include "tlog/merkle.h"

/* not EVP, which looks the algorithm up for each of these short inputs */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <assert.h>
#include <openssl/sha.h>

#include "base/encode.h"

void merkle_leaf(const void *leaf, size_t len, struct merkle_hash *ret)
{
	static const uint8_t prefix = 0;
	SHA256_CTX st;

	SHA256_Init(&st);
	SHA256_Update(&st, &prefix, 1);
	SHA256_Update(&st, leaf, len);
	SHA256_Final(ret->b, &st);
}

void merkle_node(const struct merkle_hash *left,
		 const struct merkle_hash *right, struct merkle_hash *ret)
{
	static const uint8_t prefix = 1;
	SHA256_CTX st;

	SHA256_Init(&st);
	SHA256_Update(&st, &prefix, 1);
	SHA256_Update(&st, left->b, MERKLE_HASH_BYTES);
	SHA256_Update(&st, right->b, MERKLE_HASH_BYTES);
	SHA256_Final(ret->b, &st);
}

int merkle_hash_read(struct text t, struct merkle_hash *ret)
{
	struct merkle_hash h;
	size_t len;

	if (base64_read(t, BASE64_PADDED, h.b, sizeof(h.b), &len) ||
	    len != sizeof(h.b))
		return EBADMSG;
	*ret = h;
	return 0;
}

void merkle_hash_write(struct writer *w, const struct merkle_hash *h)
{
	base64_write(w, BASE64_PADDED, h->b, sizeof(h->b));
}

int merkle_proof_read(struct reader *r, unsigned max, struct merkle_proof *ret)
{
	struct text line;

	ret->count = 0;
	for (;;) {
		if (reader_until(r, '\n', &line))
			return EBADMSG;
		if (!line.len)
			return 0;
		if (ret->count == max ||
		    merkle_hash_read(line, &ret->hash[ret->count++]))
			return EBADMSG;
	}
}

void merkle_proof_write(struct writer *w, const struct merkle_proof *proof)
{
	for (unsigned i = 0; i < proof->count; i++) {
		merkle_hash_write(w, &proof->hash[i]);
		writer_u8(w, '\n');
	}
	writer_u8(w, '\n');
}

int merkle_size_read(struct text t, uint64_t *ret)
{
	if (t.len > 1 && t.p[0] == '0')
		return EBADMSG;
	return text_u64(t, 0, UINT64_MAX, ret) ? EBADMSG : 0;
}

bool merkle_same(const struct merkle_hash *a, const struct merkle_hash *b)
{
	return !memcmp(a->b, b->b, MERKLE_HASH_BYTES);
}

static unsigned edge_count(uint64_t size)
{
	return (unsigned)__builtin_popcountll(size);
}

void merkle_edge_append(struct merkle_edge *e, const struct merkle_hash *leaf)
{
	struct merkle_hash h = *leaf;
	unsigned n = edge_count(e->size);

	assert(e->size < UINT64_MAX);
	/* each one bit at the end of the size is a subtree that completes */
	for (uint64_t bits = e->size; bits & 1; bits >>= 1) {
		n--;
		merkle_node(&e->top[n], &h, &h);
	}
	e->top[n] = h;
	e->size++;
}

static void empty_root(struct merkle_hash *ret)
{
	SHA256_CTX st;

	SHA256_Init(&st);
	SHA256_Final(ret->b, &st);
}

void merkle_edge_root(const struct merkle_edge *e, struct merkle_hash *ret)
{
	unsigned n = edge_count(e->size);
	struct merkle_hash h;

	if (!n) {
		empty_root(ret);
		return;
	}
	h = e->top[--n];
	while (n)
		merkle_node(&e->top[--n], &h, &h);
	*ret = h;
}

int merkle_edge_read(merkle_read_h *read, void *arg, uint64_t size,
		     struct merkle_edge *ret)
{
	struct merkle_edge e = { .size = size };
	uint64_t at = 0;
	unsigned n = 0;

	for (unsigned level = MERKLE_LEVELS; level-- > 0;) {
		int err;

		if (!(size >> level & 1))
			continue;
		err = read(arg, level, at >> level, &e.top[n]);
		if (err)
			return err;
		n++;
		at += (uint64_t)1 << level;
	}
	*ret = e;
	return 0;
}

/* The largest power of two below n; n is at least 2. */
static uint64_t split(uint64_t n)
{
	return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

/*
 * The hash of leaves [start, end), where start is a multiple of the largest
 * power of two in the length: complete subtrees, folded from the right.
 */
static int read_run(merkle_read_h *read, void *arg, uint64_t start,
		    uint64_t end, struct merkle_hash *ret)
{
	uint64_t len = end - start;
	struct merkle_hash h, acc;
	bool first = true;

	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		int err;

		if (!(len >> level & 1))
			continue;
		end -= (uint64_t)1 << level;
		err = read(arg, level, end >> level, &h);
		if (err)
			return err;
		if (first)
			acc = h;
		else
			merkle_node(&h, &acc, &acc);
		first = false;
	}
	assert(!first);
	*ret = acc;
	return 0;
}

/* The runs of leaves whose hashes are a proof, from the root downward. */
struct walk {
	unsigned count;
	struct {
		uint64_t start, end;
	} run[MERKLE_PROOF_MAX];
};

static void walk_put(struct walk *w, uint64_t start, uint64_t end)
{
	assert(w->count < MERKLE_PROOF_MAX);
	w->run[w->count].start = start;
	w->run[w->count].end = end;
	w->count++;
}

/* Hash the runs; a proof goes from the leaves upward. */
static int walk_prove(const struct walk *w, merkle_read_h *read, void *arg,
		      struct merkle_proof *ret)
{
	struct merkle_proof p = { .count = w->count };

	for (unsigned i = 0; i < w->count; i++) {
		unsigned k = w->count - 1 - i;
		int err = read_run(read, arg, w->run[k].start, w->run[k].end,
				   &p.hash[i]);

		if (err)
			return err;
	}
	*ret = p;
	return 0;
}

/* RFC 9162, 2.1.3.1 */
int merkle_prove_inclusion(merkle_read_h *read, void *arg, uint64_t leaf,
			   uint64_t size, struct merkle_proof *ret)
{
	struct walk w = { 0 };
	uint64_t lo = 0, hi = size;

	if (leaf >= size)
		return EINVAL;
	while (hi - lo > 1) {
		uint64_t mid = lo + split(hi - lo);

		if (leaf < mid) {
			walk_put(&w, mid, hi);
			hi = mid;
		} else {
			walk_put(&w, lo, mid);
			lo = mid;
		}
	}
	return walk_prove(&w, read, arg, ret);
}

bool merkle_is_subtree(uint64_t start, uint64_t end)
{
	uint64_t len = end - start;

	if (start >= end)
		return false;
	if (!start)
		return true;
	if (len == 1)
		return true;
	/* past 2^63 the covering power of two does not fit, only 0 is aligned
	 */
	if (len > (uint64_t)1 << 63)
		return false;
	return !(start & (2 * split(len) - 1));
}

/* draft-ietf-plants-merkle-tree-certs, 4.4.1; RFC 9162, 2.1.4.1 */
int merkle_prove_subtree(merkle_read_h *read, void *arg, uint64_t start,
			 uint64_t end, uint64_t size, struct merkle_proof *ret)
{
	struct walk w = { 0 };
	uint64_t lo = 0, hi = size;
	bool known = true; /* the verifier has the hash of what is left */

	if (!merkle_is_subtree(start, end) || end > size)
		return EINVAL;
	while (start != lo || end != hi) {
		uint64_t mid = lo + split(hi - lo);

		if (end <= mid) {
			walk_put(&w, mid, hi);
			hi = mid;
			continue;
		}
		walk_put(&w, lo, mid);
		if (start < mid) {
			start = mid;
			known = false;
		}
		lo = mid;
	}
	if (!known)
		walk_put(&w, lo, hi);
	return walk_prove(&w, read, arg, ret);
}

int merkle_prove_consistency(merkle_read_h *read, void *arg, uint64_t old_size,
			     uint64_t size, struct merkle_proof *ret)
{
	if (!old_size) {
		ret->count = 0;
		return 0;
	}
	return merkle_prove_subtree(read, arg, 0, old_size, size, ret);
}
