#include "routing/location_table.h"

#include <stdlib.h>
#include <strings.h>

#include "routing/municipality.h"

struct row {
	char key[LOCATION_KEY_MAX];
	int16_t municipality;
};

struct location_table {
	unsigned count;
	struct row rows[];
};

struct location_place location_place_of(int municipality)
{
	if (municipality < 0 || municipality >= MUNICIPALITIES)
		return (struct location_place){ LOCATION_UNKNOWN,
						LOCATION_UNKNOWN };
	return (struct location_place){
		(int16_t)municipality, municipality_table[municipality].region
	};
}

static int read_row(struct text line, struct row *ret)
{
	const char *tab = memchr(line.p, '\t', line.len);
	struct text key, place;
	const struct municipality *m;

	if (!tab || tab == line.p)
		return EBADMSG;
	key = (struct text){ line.p, (size_t)(tab - line.p) };
	place = (struct text){ tab + 1, line.len - key.len - 1 };
	m = municipality_find(place);
	if (m)
		ret->municipality = (int16_t)municipality_index(m);
	else if (text_is(place, "unknown"))
		ret->municipality = LOCATION_UNKNOWN;
	else if (text_is(place, "nomadic"))
		ret->municipality = LOCATION_NOMADIC;
	else
		return EBADMSG;
	return !text_is_printable(key) ||
			       text_copy(ret->key, sizeof(ret->key), key)
		       ? EBADMSG
		       : 0;
}

static int compare(const void *a, const void *b)
{
	return strcasecmp(((const struct row *)a)->key,
			  ((const struct row *)b)->key);
}

static unsigned count_lines(struct text tsv)
{
	unsigned n = 1;

	for (size_t i = 0; i < tsv.len; i++)
		n += tsv.p[i] == '\n';
	return n;
}

int location_table_read(struct location_table **ret, struct text tsv,
			unsigned *ret_line)
{
	struct reader r = reader_on(tsv.p, tsv.len);
	unsigned room = count_lines(tsv);
	struct location_table *t;
	int err = 0;

	*ret_line = 0;
	if (room > LOCATION_ROWS_MAX)
		return EMSGSIZE;
	t = calloc(1, sizeof(*t) + room * sizeof(t->rows[0]));
	if (!t)
		return ENOMEM;
	while (!err && reader_left(&r)) {
		struct text line;

		++*ret_line;
		if (reader_until(&r, '\n', &line))
			err = reader_text(&r, reader_left(&r), &line);
		if (err || !line.len || *line.p == '#')
			continue;
		err = read_row(line, &t->rows[t->count++]);
	}
	qsort(t->rows, t->count, sizeof(t->rows[0]), compare);
	for (unsigned i = 1; !err && i < t->count; i++)
		if (!compare(&t->rows[i - 1], &t->rows[i]))
			err = EBADMSG;
	if (err) {
		free(t);
		return err;
	}
	*ret = t;
	return 0;
}

void location_table_free(struct location_table *t)
{
	free(t);
}

static const struct row *find(const struct location_table *t, struct text key)
{
	struct row wanted = { .municipality = 0 };

	if (!t || text_copy(wanted.key, sizeof(wanted.key), key))
		return NULL;
	return bsearch(&wanted, t->rows, t->count, sizeof(t->rows[0]), compare);
}

int location_table_exact(const struct location_table *t, struct text key)
{
	const struct row *row = find(t, key);

	return row ? row->municipality : LOCATION_UNKNOWN;
}

int location_table_prefix(const struct location_table *t, struct text key)
{
	if (key.len >= LOCATION_KEY_MAX)
		key.len = LOCATION_KEY_MAX - 1;
	for (; key.len; key.len--) {
		const struct row *row = find(t, key);

		if (row)
			return row->municipality;
	}
	return LOCATION_UNKNOWN;
}
