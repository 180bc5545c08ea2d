/*
 * What the desk feeds the keeper. Salts and digests guard most of what lies
 * behind, so the details are also read by themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "process/keeper/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {
		"user.added",           "user.removed",
		"disclosure.requested", "disclosure.released",
		"recording.sealed",     "recording.erased",
		"key.created",          "key.rotated"
	};
	struct control c;
	struct view v;

	if (view_init(&v, "log.example/fuzz"))
		return 0;
	(void)!feed_take(&v, (struct bytes){ data, size });
	view_free(&v);
	if (size)
		(void)!control_read(
			text_of(types[data[0] % 8]),
			(struct text){ (const char *)data + 1, size - 1 }, &c);
	return 0;
}
