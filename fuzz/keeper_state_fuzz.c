/* The keeper's own files: what reads writes the same again. */
#include <stdlib.h>
#include <string.h>

#include "process/keeper/generations.h"
#include "process/keeper/used.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t again[USED_FILE_MAX];
	static struct used used;
	struct writer w = writer_on(again, sizeof(again));
	struct text file = { (const char *)data, size };
	struct generations g;

	if (!used_read(file, &used) && used_write(&w, &used))
		abort();
	(void)!generations_read(file, &g);
	return 0;
}
