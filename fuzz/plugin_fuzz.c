/* What age says to its plugin. */
#include <stdlib.h>

#include "seal/plugin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plugin_stanza s;

	if (!plugin_read((struct bytes){ data, size }, &s))
		if (s.len > size || !s.arg_count ||
		    s.body_len > PLUGIN_BODY_MAX)
			abort();
	return 0;
}
