/* Paths have one spelling; bundles are read to their end and no further. */
#include <assert.h>

#include "tlog/tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { (const char *)data, size };
	struct reader r = reader_on(data, size);
	char again[TILE_PATH_MAX];
	struct tile_name name;
	struct merkle_hash h;
	struct bytes entry;
	size_t sum = 0;

	if (!tile_path_read(t, &name)) {
		tile_path(&name, again);
		assert(text_is(t, again));
	}
	while (!bundle_next(&r, &entry))
		sum += entry.len + 2;
	assert(sum + reader_left(&r) == size);
	if (size >= 2) {
		unsigned width = (unsigned)((size - 2) / MERKLE_HASH_BYTES);

		if (width > TILE_WIDTH)
			width = TILE_WIDTH;
		(void)!tile_hash(data + 2, width, data[0], data[1], &h);
	}
	return 0;
}
