/* Whatever a policy says, judging by it ends. */
#include <assert.h>

#include "tlog/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { (const char *)data, size };
	static const uint64_t all[POLICY_WITNESSES] = { 1, 1, 1 };
	static const uint64_t none[POLICY_WITNESSES];
	static struct policy p;
	unsigned line;

	if (policy_read(t, &p, &line))
		return 0;
	(void)policy_satisfied(&p, all);
	/* what no cosignature satisfies no policy but "none" does */
	assert(policy_satisfied(&p, none) == !p.has_quorum);
	assert(p.has_quorum || !policy_quorums_meet(&p));
	return 0;
}
