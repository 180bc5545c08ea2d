/*
 * merkle -- hashes, roots and proofs of a Merkle tree (RFC 6962, RFC 9162)
 *
 * A leaf is hashed as SHA-256(0 || leaf), a node as SHA-256(1 || left ||
 * right). Sizes and indices are 64 bits. Pure: hashes of complete subtrees
 * come through a callback.
 *
 * A subtree [start, end) is a run of leaves whose start is a multiple of the
 * power of two that covers its length (draft-ietf-plants-merkle-tree-certs,
 * section 4). A tree is the subtree that starts at 0, so consistency of two
 * trees is the case start = 0, and one algorithm serves both.
 */
#ifndef VAXEL_TLOG_MERKLE_H
#define VAXEL_TLOG_MERKLE_H

#include <stdbool.h>

#include "base/bytes.h"

#define MERKLE_HASH_BYTES 32
#define MERKLE_LEVELS 64

/* No proof is longer: a hash a level, and one to begin with. */
#define MERKLE_PROOF_MAX 65

struct merkle_hash {
	uint8_t b[MERKLE_HASH_BYTES];
};

void merkle_leaf(const void *leaf, size_t len, struct merkle_hash *ret);
void merkle_node(const struct merkle_hash *left,
		 const struct merkle_hash *right, struct merkle_hash *ret);

/* As notes and proofs spell it: padded base64. EBADMSG. */
int merkle_hash_read(struct text t, struct merkle_hash *ret) CHECK_RESULT;
void merkle_hash_write(struct writer *w, const struct merkle_hash *h);

/* A size or an index, in the one spelling: no leading zero. EBADMSG. */
int merkle_size_read(struct text t, uint64_t *ret) CHECK_RESULT;

bool merkle_same(const struct merkle_hash *a, const struct merkle_hash *b);

/*
 * The right edge of a growing tree: one hash for each complete subtree, the
 * largest first. Enough to append and to give the root.
 */
struct merkle_edge {
	uint64_t size;
	struct merkle_hash top[MERKLE_LEVELS];
};

void merkle_edge_append(struct merkle_edge *e, const struct merkle_hash *leaf);

/* The root; of an empty tree SHA-256 of nothing. */
void merkle_edge_root(const struct merkle_edge *e, struct merkle_hash *ret);

/*
 * Give the hash of the complete subtree of 2^level leaves that starts at leaf
 * index << level. Errors pass through whoever called.
 */
typedef int merkle_read_h(void *arg, unsigned level, uint64_t index,
			  struct merkle_hash *ret);

struct merkle_proof {
	unsigned count;
	struct merkle_hash hash[MERKLE_PROOF_MAX];
};

/*
 * As C2SP writes proofs: a line for each hash, and an empty one behind the
 * last. max is at most MERKLE_PROOF_MAX. EBADMSG.
 */
int merkle_proof_read(struct reader *r, unsigned max,
		      struct merkle_proof *ret) CHECK_RESULT;
void merkle_proof_write(struct writer *w, const struct merkle_proof *proof);

/* The right edge, and so the root, of the tree of `size` leaves. */
int merkle_edge_read(merkle_read_h *read, void *arg, uint64_t size,
		     struct merkle_edge *ret) CHECK_RESULT;

/* Can [start, end) be a subtree, of a tree that is large enough? */
bool merkle_is_subtree(uint64_t start, uint64_t end);

/* EINVAL when start and end are no subtree of a tree of that size. */
int merkle_prove_inclusion(merkle_read_h *read, void *arg, uint64_t leaf,
			   uint64_t size,
			   struct merkle_proof *ret) CHECK_RESULT;
int merkle_prove_subtree(merkle_read_h *read, void *arg, uint64_t start,
			 uint64_t end, uint64_t size,
			 struct merkle_proof *ret) CHECK_RESULT;
/* From an empty tree: the empty proof. */
int merkle_prove_consistency(merkle_read_h *read, void *arg, uint64_t old_size,
			     uint64_t size,
			     struct merkle_proof *ret) CHECK_RESULT;

/* Why a proof does not hold: the first of these that is true of it. */
enum merkle_fault {
	MERKLE_HOLDS,
	MERKLE_NOTHING, /* consistency from an empty tree would say nothing */
	MERKLE_BEYOND, /* the leaf, or the older tree, is not within the tree */
	MERKLE_NO_SUBTREE,
	MERKLE_SHORT,    /* a tree of that size needs more hashes */
	MERKLE_LONG,     /* it needs fewer */
	MERKLE_OLD_ROOT, /* the hashes do not give the older or subtree's root
			  */
	MERKLE_ROOT,     /* the hashes do not give the root */
	MERKLE_FAULTS
};

/* A word for programs, and words for people. */
const char *merkle_fault_word(enum merkle_fault f);
const char *merkle_fault_text(enum merkle_fault f);

/*
 * Each: MERKLE_HOLDS (0), or why not. An empty subtree passes with an empty
 * proof, whatever the root.
 */
enum merkle_fault
merkle_check_inclusion(uint64_t leaf, uint64_t size,
		       const struct merkle_hash *leaf_hash,
		       const struct merkle_proof *proof,
		       const struct merkle_hash *root) CHECK_RESULT;
enum merkle_fault
merkle_check_subtree_inclusion(uint64_t leaf, uint64_t start, uint64_t end,
			       const struct merkle_hash *leaf_hash,
			       const struct merkle_proof *proof,
			       const struct merkle_hash *root) CHECK_RESULT;
enum merkle_fault
merkle_check_consistency(uint64_t old_size, uint64_t size,
			 const struct merkle_hash *old_root,
			 const struct merkle_proof *proof,
			 const struct merkle_hash *root) CHECK_RESULT;
enum merkle_fault
merkle_check_subtree(uint64_t start, uint64_t end, uint64_t size,
		     const struct merkle_hash *subtree_root,
		     const struct merkle_proof *proof,
		     const struct merkle_hash *root) CHECK_RESULT;

#endif
