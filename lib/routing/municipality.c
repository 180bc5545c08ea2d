#include "routing/municipality.h"

const struct municipality *municipality_find(struct text code)
{
	unsigned low = 0;
	unsigned high = MUNICIPALITIES;

	if (code.len != 4)
		return NULL;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		int order = memcmp(code.p, municipality_table[middle].code, 4);

		if (!order)
			return &municipality_table[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

unsigned municipality_index(const struct municipality *m)
{
	return (unsigned)(m - municipality_table);
}

const struct region *region_find(struct text county)
{
	for (unsigned i = 0; i < REGIONS; i++)
		if (text_is(county, region_table[i].county))
			return &region_table[i];
	return NULL;
}

unsigned region_index(const struct region *r)
{
	return (unsigned)(r - region_table);
}

const struct region *municipality_region(const struct municipality *m)
{
	return &region_table[m->region];
}

/* No area code begins another (tools/make-tables), so at most one fits: the
 * last that is not greater. */
const struct area_code *area_code_of(struct text national)
{
	unsigned low = 0;
	unsigned high = area_code_count;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		const char *code = area_code_table[middle].digits;
		size_t len = strlen(code);
		size_t n = national.len < len ? national.len : len;
		int order = memcmp(national.p, code, n);

		if (!order && n == len)
			return &area_code_table[middle];
		if (order <= 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
