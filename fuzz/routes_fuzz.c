/* The routes come from an operator, but must never crash a node; nor may what
 * was read be decided by wrongly. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "routing/gap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct routes *r = NULL;

	if (len > 4096 ||
	    routes_read(&r, (const char *)data, len, NULL, NULL, NULL))
		return 0;
	for (int m = -1; m < MUNICIPALITIES; m += 29) {
		struct decide_ask ask = { .line = TEXT("1177"),
					  .place = location_place_of(m),
					  .minute = 29900000 + m * 1000 };
		struct decision d;

		if (decide(r, NULL, &ask, &d))
			continue;
		assert(d.route < r->count);
		assert(d.count && d.count <= ROUTES_OFFERED + 1);
		assert(d.steps[d.count - 1].route == d.route);
	}
	routes_free(r);
	return 0;
}
