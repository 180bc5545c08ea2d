#include "https/range.h"

int https_range_read(const char *header, uint64_t size, struct https_range *ret)
{
	static const char unit[] = "bytes=";
	const char *dash;
	uint64_t from, to = UINT64_MAX;

	if (!header || strncmp(header, unit, sizeof(unit) - 1) != 0)
		return ENOENT;
	header += sizeof(unit) - 1;
	dash = strchr(header, '-');
	if (!dash ||
	    text_u64((struct text){ header, (size_t)(dash - header) }, 0,
		     INT64_MAX, &from) ||
	    (dash[1] && text_u64(text_of(dash + 1), 0, INT64_MAX, &to)) ||
	    to < from)
		return ENOENT;
	if (from >= size)
		return ERANGE;
	ret->from = from;
	ret->len = (to < size ? to + 1 : size) - from;
	return 0;
}
