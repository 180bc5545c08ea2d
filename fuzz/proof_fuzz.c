/* A proof that is read is written again as it was; then it is checked. */
#include <assert.h>
#include <stdlib.h>

#include "tlog/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { (const char *)data, size };
	struct merkle_hash leaf = { { 1 } }, root = { { 2 } };
	char *again = malloc(size + 1);
	struct writer w = writer_on(again, size + 1);
	struct tlog_proof p;

	if (again && !tlog_proof_read(t, &p)) {
		uint64_t end = p.index + 1 + p.extra.len;

		assert(!tlog_proof_write(&w, &p));
		assert(w.len == size && !memcmp(again, data, size));
		(void)!merkle_check_inclusion(p.index, end, &leaf, &p.path,
					      &root);
		(void)!merkle_check_consistency(p.index, end, &leaf, &p.path,
						&root);
		(void)!merkle_check_subtree(p.index, end, UINT64_MAX, &leaf,
					    &p.path, &root);
	}
	free(again);
	return 0;
}
