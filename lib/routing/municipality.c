#include "routing/municipality.h"

#define HEADING                                                                \
	"code\tmunicipality\tcounty_code\tcounty_name\tregion_name\tiso3166_2"

static bool digits(struct text t, size_t len)
{
	if (t.len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (t.p[i] < '0' || t.p[i] > '9')
			return false;
	return true;
}

static int read_row(struct text line, struct municipality *ret)
{
	struct reader r = reader_on(line.p, line.len);
	struct municipality m = { 0 };
	struct text code, name, county, county_name, region;
	int err;

	if ((err = reader_until(&r, '\t', &code)) ||
	    (err = reader_until(&r, '\t', &name)) ||
	    (err = reader_until(&r, '\t', &county)) ||
	    (err = reader_until(&r, '\t', &county_name)) ||
	    (err = reader_until(&r, '\t', &region)))
		return err;
	if (!digits(code, 4) || !digits(county, 2) ||
	    memcmp(code.p, county.p, 2) != 0 || !name.len || !region.len)
		return EBADMSG;
	if (text_copy(m.code, sizeof(m.code), code) ||
	    text_copy(m.county, sizeof(m.county), county) ||
	    text_copy(m.name, sizeof(m.name), name) ||
	    text_copy(m.region, sizeof(m.region), region))
		return EBADMSG;
	*ret = m;
	return 0;
}

int municipality_read(struct text tsv, struct municipality_table *ret,
		      unsigned *ret_line)
{
	struct reader r = reader_on(tsv.p, tsv.len);
	struct text line;
	unsigned count = 0;

	*ret_line = 1;
	if (reader_until(&r, '\n', &line) || !text_is(line, HEADING))
		return EBADMSG;
	while (reader_left(&r)) {
		struct municipality *m = &ret->rows[count];

		++*ret_line;
		if (count == MUNICIPALITIES_MAX)
			return EMSGSIZE;
		if (reader_until(&r, '\n', &line) || read_row(line, m))
			return EBADMSG;
		/* sorted, so that it can be searched, and each code once */
		if (count && strcmp(m[-1].code, m->code) >= 0)
			return EBADMSG;
		count++;
	}
	if (!count)
		return EBADMSG;
	ret->count = count;
	return 0;
}

const struct municipality *municipality_find(const struct municipality_table *t,
					     struct text code)
{
	unsigned low = 0;
	unsigned high = t->count;

	if (!digits(code, 4))
		return NULL;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		int order = memcmp(code.p, t->rows[middle].code, 4);

		if (!order)
			return &t->rows[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
