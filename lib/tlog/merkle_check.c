/*
 * Proofs, judged: whether each holds, and if not, why
 */
#include "tlog/merkle.h"

static const struct {
	const char *word, *text;
} faults[MERKLE_FAULTS] = {
	[MERKLE_HOLDS] = { "holds", "the proof holds" },
	[MERKLE_NOTHING] = { "nothing",
			     "an empty tree is part of every other: that "
			     "proves nothing" },
	[MERKLE_BEYOND] = { "beyond", "it lies beyond the size of the tree" },
	[MERKLE_NO_SUBTREE] = { "no-subtree", "such leaves are no subtree" },
	[MERKLE_SHORT] = { "too-short",
			   "a tree of that size needs more hashes than the "
			   "proof has" },
	[MERKLE_LONG] = { "too-long",
			  "the proof has more hashes than a tree of that size "
			  "needs" },
	[MERKLE_OLD_ROOT] = { "other-old-root",
			      "the proof's hashes do not give the older root" },
	[MERKLE_ROOT] = { "other-root",
			  "the proof's hashes do not give the root that was "
			  "signed" },
};

const char *merkle_fault_word(enum merkle_fault f)
{
	return faults[f].word;
}

const char *merkle_fault_text(enum merkle_fault f)
{
	return faults[f].text;
}

/* RFC 9162, 2.1.3.2 */
enum merkle_fault merkle_check_inclusion(uint64_t leaf, uint64_t size,
					 const struct merkle_hash *leaf_hash,
					 const struct merkle_proof *proof,
					 const struct merkle_hash *root)
{
	struct merkle_hash r = *leaf_hash;
	uint64_t fn = leaf, sn = size - 1;
	unsigned i = 0;

	if (leaf >= size)
		return MERKLE_BEYOND;
	for (; sn; fn >>= 1, sn >>= 1) {
		const struct merkle_hash *p = &proof->hash[i];

		if (i++ == proof->count)
			return MERKLE_SHORT;
		if (!(fn & 1) && fn != sn) {
			merkle_node(&r, p, &r);
			continue;
		}
		merkle_node(p, &r, &r);
		while (fn && !(fn & 1)) {
			fn >>= 1;
			sn >>= 1;
		}
	}
	if (i < proof->count)
		return MERKLE_LONG;
	return merkle_same(&r, root) ? MERKLE_HOLDS : MERKLE_ROOT;
}

enum merkle_fault
merkle_check_subtree_inclusion(uint64_t leaf, uint64_t start, uint64_t end,
			       const struct merkle_hash *leaf_hash,
			       const struct merkle_proof *proof,
			       const struct merkle_hash *root)
{
	if (!merkle_is_subtree(start, end))
		return MERKLE_NO_SUBTREE;
	if (leaf < start || leaf >= end)
		return MERKLE_BEYOND;
	return merkle_check_inclusion(leaf - start, end - start, leaf_hash,
				      proof, root);
}

/* An empty subtree is part of every tree, and so of no weight. */
static enum merkle_fault check_empty(const struct merkle_hash *subtree_root,
				     const struct merkle_proof *proof)
{
	static const struct merkle_edge none;
	struct merkle_hash empty;

	if (proof->count)
		return MERKLE_LONG;
	merkle_edge_root(&none, &empty);
	return merkle_same(subtree_root, &empty) ? MERKLE_HOLDS
						 : MERKLE_OLD_ROOT;
}

/* draft-ietf-plants-merkle-tree-certs, 4.4.3; RFC 9162, 2.1.4.2 */
enum merkle_fault merkle_check_subtree(uint64_t start, uint64_t end,
				       uint64_t size,
				       const struct merkle_hash *subtree_root,
				       const struct merkle_proof *proof,
				       const struct merkle_hash *root)
{
	uint64_t fn = start, sn = end - 1, tn = size - 1;
	struct merkle_hash fr = *subtree_root, sr;
	unsigned i = 0;

	if (start <= end && end > size)
		return MERKLE_BEYOND;
	if (start == end)
		return check_empty(subtree_root, proof);
	if (!merkle_is_subtree(start, end))
		return MERKLE_NO_SUBTREE;
	/* climb to where the proof begins */
	while (fn != sn && (sn == tn || (sn & 1))) {
		fn >>= 1;
		sn >>= 1;
		tn >>= 1;
	}
	if (fn != sn) {
		if (!proof->count)
			return MERKLE_SHORT;
		fr = proof->hash[i++];
	}
	sr = fr;
	for (; tn; fn >>= 1, sn >>= 1, tn >>= 1) {
		const struct merkle_hash *p = &proof->hash[i];

		if (i++ == proof->count)
			return MERKLE_SHORT;
		if (!(sn & 1) && sn != tn) {
			merkle_node(&sr, p, &sr);
			continue;
		}
		if (fn < sn)
			merkle_node(p, &fr, &fr);
		merkle_node(p, &sr, &sr);
		while (sn && !(sn & 1)) {
			fn >>= 1;
			sn >>= 1;
			tn >>= 1;
		}
	}
	if (i < proof->count)
		return MERKLE_LONG;
	if (!merkle_same(&fr, subtree_root))
		return MERKLE_OLD_ROOT;
	return merkle_same(&sr, root) ? MERKLE_HOLDS : MERKLE_ROOT;
}

enum merkle_fault merkle_check_consistency(uint64_t old_size, uint64_t size,
					   const struct merkle_hash *old_root,
					   const struct merkle_proof *proof,
					   const struct merkle_hash *root)
{
	if (!old_size)
		return MERKLE_NOTHING;
	return merkle_check_subtree(0, old_size, size, old_root, proof, root);
}
