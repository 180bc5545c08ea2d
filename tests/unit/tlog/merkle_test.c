#include "tests/unit/unit.h"

#include <ftw.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/encode.h"
#include "tests/unit/tlog/vectors.h"
#include "tlog/merkle.h"

/* ---- the published proofs, good and bad */

static unsigned judged, wrong, refused, by_fault[MERKLE_FAULTS + 1];

/* Sizes go past what jansson holds as integers: read them from the text. */
static char raw[16384];

static uint64_t number(const char *name)
{
	char key[32];
	const char *at;

	(void)snprintf(key, sizeof(key), "\"%s\":", name);
	at = strstr(raw, key);
	assert_non_null(at);
	return strtoull(at + strlen(key), NULL, 10);
}

/*
 * Some vectors have words in place of hashes; they stay distinct when padded.
 * Nothing at all, or more than a hash, can be no hash.
 */
static int hash_of(const json_t *v, struct merkle_hash *ret)
{
	const char *s = json_string_value(v);
	size_t len = 0;

	memset(ret, 0, sizeof(*ret));
	if (!s || base64_read(text_of(s), BASE64_PADDED, ret->b, sizeof(ret->b),
			      &len))
		return EBADMSG;
	return len ? 0 : EBADMSG;
}

static int proof_of(const json_t *o, struct merkle_proof *ret)
{
	const json_t *list = json_object_get(o, "proof");

	ret->count = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (i == MERKLE_PROOF_MAX ||
		    hash_of(json_array_get(list, i), &ret->hash[i]))
			return EBADMSG;
		ret->count++;
	}
	return 0;
}

/* Not of the tree: what should be a hash is none. */
enum { NO_HASH = MERKLE_FAULTS };

#define BIT(fault) (1U << (fault))

static unsigned judge(const char *path, const json_t *o)
{
	struct merkle_proof p;
	struct merkle_hash a, b;
	bool leaf = json_object_get(o, "leafIdx") != NULL;

	if (proof_of(o, &p) ||
	    hash_of(json_object_get(o, leaf ? "leafHash" : "root1"), &a) ||
	    hash_of(json_object_get(o, leaf ? "root" : "root2"), &b))
		return NO_HASH;
	if (strstr(path, "/subtreeinclusion/"))
		return merkle_check_subtree_inclusion(
			number("leafIdx"), number("start"), number("end"), &a,
			&p, &b);
	if (strstr(path, "/subtreeconsistency/"))
		return merkle_check_subtree(number("start"), number("end"),
					    number("size"), &a, &p, &b);
	if (leaf)
		return merkle_check_inclusion(number("leafIdx"),
					      number("treeSize"), &a, &p, &b);
	return merkle_check_consistency(number("size1"), number("size2"), &a,
					&p, &b);
}

/* ---- why each should be refused */

static uint64_t below(uint64_t n)
{
	uint64_t k = 1;

	while (k < n - k)
		k *= 2;
	return k;
}

/* How many hashes: RFC 6962, 2.1.1 and 2.1.2, as they are written. */
static unsigned path_length(uint64_t m, uint64_t n)
{
	uint64_t k;

	if (n < 2)
		return 0;
	k = below(n);
	return 1 + (m < k ? path_length(m, k) : path_length(m - k, n - k));
}

static unsigned subproof_length(uint64_t start, uint64_t end, uint64_t n,
				bool known)
{
	uint64_t k;

	if (!start && end == n)
		return known ? 0 : 1;
	k = below(n);
	if (end <= k)
		return 1 + subproof_length(start, end, k, known);
	if (start >= k)
		return 1 + subproof_length(start - k, end - k, n - k, known);
	return 1 + subproof_length(0, end - k, n - k, false);
}

static unsigned by_length(size_t is, unsigned want, unsigned otherwise)
{
	return is < want   ? BIT(MERKLE_SHORT)
	       : is > want ? BIT(MERKLE_LONG)
			   : otherwise;
}

/* What the numbers alone say; else one of the roots is not what it should. */
static unsigned by_numbers(const char *path, const json_t *o)
{
	size_t count = json_array_size(json_object_get(o, "proof"));
	bool sub = strstr(path, "/subtree") != NULL;
	uint64_t start = sub ? number("start") : 0, end, size;

	if (json_object_get(o, "leafIdx")) {
		uint64_t leaf = number("leafIdx");

		end = number(sub ? "end" : "treeSize");
		if (start >= end)
			return sub ? BIT(MERKLE_NO_SUBTREE)
				   : BIT(MERKLE_BEYOND);
		if (leaf < start || leaf >= end)
			/* where both are wrong, either is a reason */
			return BIT(MERKLE_BEYOND) |
			       (sub ? BIT(MERKLE_NO_SUBTREE) : 0);
		if (!merkle_is_subtree(start, end))
			return BIT(MERKLE_NO_SUBTREE);
		return by_length(count, path_length(leaf - start, end - start),
				 BIT(MERKLE_ROOT));
	}
	end = number(sub ? "end" : "size1");
	size = number(sub ? "size" : "size2");
	if (!sub && !end)
		return BIT(MERKLE_NOTHING);
	if (start == end && end <= size)
		return by_length(count, 0, BIT(MERKLE_OLD_ROOT));
	if (start > end || (end <= size && !merkle_is_subtree(start, end)))
		return BIT(MERKLE_NO_SUBTREE);
	if (end > size)
		return BIT(MERKLE_BEYOND);
	return by_length(count, subproof_length(start, end, size, true),
			 BIT(MERKLE_OLD_ROOT) | BIT(MERKLE_ROOT));
}

/* What those who wrote a vector say that they did to it. */
static unsigned by_words(const char *words)
{
	static const struct {
		const char *words;
		unsigned faults;
	} rows[] = {
		/* of a hash that is none, other faults may come first */
		{ "empty root", ~0U },
		{ "truncated", BIT(MERKLE_SHORT) },
		{ "removed component", BIT(MERKLE_SHORT) },
		{ "inserted component", BIT(MERKLE_LONG) },
		{ "preceding", BIT(MERKLE_LONG) | BIT(NO_HASH) },
		{ "trailing", BIT(MERKLE_LONG) | BIT(NO_HASH) },
		{ "proof is not empty",
		  BIT(MERKLE_LONG) | BIT(MERKLE_NOTHING) },
		{ "modified proof", BIT(MERKLE_ROOT) | BIT(MERKLE_OLD_ROOT) },
		/* a complete subtree's root is where the proof begins: that
		   it is wrong shows in the root alone */
		{ "wrong root1", BIT(MERKLE_ROOT) | BIT(MERKLE_OLD_ROOT) },
		{ "wrong root2", BIT(MERKLE_ROOT) },
		{ "swapped roots", BIT(MERKLE_ROOT) | BIT(MERKLE_OLD_ROOT) },
		{ "wrong leaf", BIT(MERKLE_ROOT) },
		{ "random leaf", BIT(MERKLE_ROOT) | BIT(NO_HASH) },
		{ "random root", BIT(MERKLE_ROOT) },
		{ "greater than", BIT(MERKLE_BEYOND) },
		{ "size1 is zero", BIT(MERKLE_NOTHING) | BIT(MERKLE_LONG) |
					   BIT(MERKLE_OLD_ROOT) },
		{ "invalid subtree", BIT(MERKLE_NO_SUBTREE) },
		{ "oob", BIT(MERKLE_BEYOND) },
		{ "roots match but not valid", BIT(MERKLE_OLD_ROOT) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strstr(words, rows[i].words))
			return rows[i].faults;
	return ~0U;
}

static unsigned reasons(const char *path, const json_t *o)
{
	unsigned of_words =
		by_words(json_string_value(json_object_get(o, "desc")));
	unsigned of_numbers = by_numbers(path, o);

	return of_words & (of_numbers | BIT(NO_HASH));
}

static int judge_file(const char *path, const struct stat *st, int kind)
{
	unsigned is, want = BIT(MERKLE_HOLDS);
	FILE *f;
	json_t *o;

	(void)st;
	if (kind != FTW_F)
		return 0;
	f = fopen(path, "re");
	assert_non_null(f);
	raw[fread(raw, 1, sizeof(raw) - 1, f)] = '\0';
	(void)fclose(f);
	o = json_loads(raw, JSON_DECODE_INT_AS_REAL, NULL);
	assert_non_null(o);
	if (json_is_true(json_object_get(o, "wantErr")))
		want = reasons(path, o);
	is = judge(path, o);
	json_decref(o);
	judged++;
	refused += is != MERKLE_HOLDS;
	by_fault[is]++;
	if (!(BIT(is) & want)) {
		wrong++;
		print_error("%s: %u, not of %#x\n", path, is, want);
	}
	return 0;
}

static void published_proofs_are_judged_right(void **state)
{
	const char *dir = vectors_folder("merkle");

	(void)state;
	if (!dir)
		return;
	assert_int_equal(ftw(dir, judge_file, 16), 0);
	for (unsigned i = 0; i <= MERKLE_FAULTS; i++)
		print_message("%4u %s\n", by_fault[i],
			      i < MERKLE_FAULTS ? merkle_fault_text(i)
						: "what should be a hash is "
						  "none");
	assert_int_equal(judged, 518);
	assert_int_equal(wrong, 0);
	/* far more bad ones than good: judging all the same would not do */
	assert_int_equal(refused, 482);
}

/* ---- every proof of every small tree, made and checked */

enum { SMALL = 40 };

static struct merkle_hash leaves[SMALL];

/* RFC 6962, 2.1, as it is written: slow and plain. */
static struct merkle_hash plain_root(unsigned from, unsigned to)
{
	struct merkle_hash l, r;
	unsigned k = 1;

	if (to - from == 1)
		return leaves[from];
	while (2 * k < to - from)
		k *= 2;
	l = plain_root(from, from + k);
	r = plain_root(from + k, to);
	merkle_node(&l, &r, &l);
	return l;
}

static int read_leaves(void *arg, unsigned level, uint64_t index,
		       struct merkle_hash *ret)
{
	unsigned size = *(unsigned *)arg;
	uint64_t end = (index + 1) << level;

	/* a proof may only ask for what is complete in the tree */
	assert_true(end <= size);
	*ret = plain_root((unsigned)(index << level), (unsigned)end);
	return 0;
}

static void make_leaves(void)
{
	for (unsigned i = 0; i < SMALL; i++)
		merkle_leaf(&i, sizeof(i), &leaves[i]);
}

static void edge_gives_the_root_of_every_size(void **state)
{
	struct merkle_edge e = { 0 }, again;
	struct merkle_hash root, want;

	(void)state;
	make_leaves();
	merkle_edge_root(&e, &root);
	(void)crypto_hash_sha256(want.b, NULL, 0);
	assert_true(merkle_same(&root, &want));
	for (unsigned n = 1; n <= SMALL; n++) {
		merkle_edge_append(&e, &leaves[n - 1]);
		merkle_edge_root(&e, &root);
		want = plain_root(0, n);
		assert_true(merkle_same(&root, &want));
		assert_int_equal(merkle_edge_read(read_leaves, &n, n, &again),
				 0);
		merkle_edge_root(&again, &root);
		assert_true(merkle_same(&root, &want));
	}
}

static void every_inclusion_proof_holds_and_no_other(void **state)
{
	(void)state;
	make_leaves();
	for (unsigned n = 1; n <= SMALL; n++) {
		struct merkle_hash root = plain_root(0, n);

		for (unsigned i = 0; i < n; i++) {
			struct merkle_proof p;

			assert_int_equal(merkle_prove_inclusion(read_leaves, &n,
								i, n, &p),
					 0);
			assert_int_equal(merkle_check_inclusion(
						 i, n, &leaves[i], &p, &root),
					 0);
			assert_int_equal(merkle_check_inclusion(
						 i, n, &leaves[(i + 1) % SMALL],
						 &p, &root),
					 MERKLE_ROOT);
			if (!p.count)
				continue;
			p.hash[p.count / 2].b[7] ^= 1;
			assert_int_equal(merkle_check_inclusion(
						 i, n, &leaves[i], &p, &root),
					 MERKLE_ROOT);
		}
	}
}

static void every_subtree_proof_holds_and_no_other(void **state)
{
	unsigned count = 0;

	(void)state;
	make_leaves();
	for (unsigned n = 1; n <= SMALL; n++)
		for (unsigned from = 0; from < n; from++)
			for (unsigned to = from + 1; to <= n; to++) {
				struct merkle_hash root = plain_root(0, n);
				struct merkle_hash sub = plain_root(from, to);
				struct merkle_proof p;

				if (merkle_prove_subtree(read_leaves, &n, from,
							 to, n, &p))
					continue;
				count++;
				assert_int_equal(
					merkle_check_subtree(from, to, n, &sub,
							     &p, &root),
					0);
				sub.b[0] ^= 1;
				assert_int_not_equal(
					merkle_check_subtree(from, to, n, &sub,
							     &p, &root),
					MERKLE_HOLDS);
				sub.b[0] ^= 1;
				if (!p.count)
					continue;
				p.count--;
				assert_int_equal(
					merkle_check_subtree(from, to, n, &sub,
							     &p, &root),
					MERKLE_SHORT);
			}
	/* all starts at 0 alone are more than this */
	assert_true(count > SMALL * SMALL / 2);
}

static void what_is_no_subtree_is_refused(void **state)
{
	static const struct {
		uint64_t start, end, size;
		enum merkle_fault fault;
	} rows[] = {
		{ 0, 0, 0, MERKLE_OLD_ROOT },   { 0, 0, 5, MERKLE_OLD_ROOT },
		{ 3, 3, 5, MERKLE_OLD_ROOT },   { 4, 3, 5, MERKLE_NO_SUBTREE },
		{ 0, 6, 5, MERKLE_BEYOND },     { 1, 3, 8, MERKLE_NO_SUBTREE },
		{ 2, 5, 8, MERKLE_NO_SUBTREE }, { 2, 6, 8, MERKLE_NO_SUBTREE },
		{ 5, 7, 8, MERKLE_NO_SUBTREE },
	};
	struct merkle_hash h = { { 0 } };
	struct merkle_proof p = { .count = 0 };
	unsigned n = 8;

	(void)state;
	make_leaves();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
			merkle_prove_subtree(read_leaves, &n, rows[i].start,
					     rows[i].end, rows[i].size, &p),
			EINVAL);
		assert_int_equal(merkle_check_subtree(rows[i].start,
						      rows[i].end, rows[i].size,
						      &h, &p, &h),
				 rows[i].fault);
	}
	assert_int_equal(merkle_prove_inclusion(read_leaves, &n, 8, 8, &p),
			 EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_gives_the_root_of_every_size),
		cmocka_unit_test(every_inclusion_proof_holds_and_no_other),
		cmocka_unit_test(every_subtree_proof_holds_and_no_other),
		cmocka_unit_test(what_is_no_subtree_is_refused),
		cmocka_unit_test(published_proofs_are_judged_right),
	};

	return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
