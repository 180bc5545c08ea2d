#include "settings/place.h"

#include <stddef.h>
#include <stdlib.h>

#define NOWHERE UINT32_MAX

/* Arrays of one kind of section, whatever their struct: a name comes first. */
struct kind {
	uint8_t *to; /* the sections of s, by place */
	unsigned *count;
	const uint8_t *file; /* the same, as the file has them */
	unsigned file_count;
	const uint8_t *before;
	unsigned before_count;
	size_t bytes, name_max, removed; /* of one, of its name, offset */
	char (*names)[SETTINGS_PLACE_NAME];
	const bool *used;
	unsigned places;
	bool *filled; /* by place: a section of the file stands there */
};

static const char *name_of(const struct kind *k, const uint8_t *all, unsigned i)
{
	return (const char *)all + i * k->bytes;
}

static uint32_t place_named(const struct kind *k, const char *name)
{
	for (uint32_t i = 0; *name && i < k->places; i++)
		if (!k->filled[i] && !strcmp(k->names[i], name))
			return i;
	return NOWHERE;
}

static void put(struct kind *k, uint32_t place, unsigned i)
{
	memcpy(k->to + place * k->bytes, k->file + i * k->bytes, k->bytes);
	k->filled[place] = true;
}

/* What is not in the file: an empty place, or a name that calls need. */
static void put_removed(struct kind *k, uint32_t place)
{
	uint8_t *to = k->to + place * k->bytes;

	memset(to, 0, k->bytes);
	if (!k->used[place])
		memset(k->names[place], 0, sizeof(k->names[place]));
	else if (place < k->before_count &&
		 !strcmp(name_of(k, k->before, place), k->names[place]))
		memcpy(to, k->before + place * k->bytes, k->bytes);
	else /* of its section nothing is left but the name */
		(void)!text_copy((char *)to, k->name_max,
				 text_of(k->names[place]));
	memcpy(to + k->removed, &(bool){ true }, sizeof(bool));
}

/* New ones into what is free, and into places after the last. */
static int put_new(struct kind *k, const bool *known)
{
	uint32_t at = 0;
	int err = 0;

	for (unsigned i = 0; i < k->file_count; i++) {
		if (known[i])
			continue;
		while (at < k->places && (k->filled[at] || k->used[at]))
			at++;
		if (at == k->places) {
			err = ENOBUFS;
			continue;
		}
		(void)!text_copy(k->names[at], sizeof(k->names[at]),
				 text_of(name_of(k, k->file, i)));
		put(k, at, i);
	}
	return err;
}

static int place_kind(struct kind *k)
{
	bool filled[SETTINGS_AGENTS] = { false };
	bool known[SETTINGS_AGENTS] = { false };
	int err;

	k->filled = filled;
	for (uint32_t i = 0; i < k->places; i++)
		k->names[i][sizeof(k->names[i]) - 1] = '\0';
	for (unsigned i = 0; i < k->file_count; i++) {
		uint32_t at = place_named(k, name_of(k, k->file, i));

		known[i] = at != NOWHERE;
		if (known[i])
			put(k, at, i);
	}
	err = put_new(k, known);
	*k->count = 0;
	for (uint32_t i = 0; i < k->places; i++) {
		if (!filled[i])
			put_removed(k, i);
		if (filled[i] || k->names[i][0])
			*k->count = i + 1;
	}
	return err;
}

/* Calls go on by it to their end, but nobody is recognised by it any more. */
static void part_with(struct trunk *t)
{
	t->from_count = 0;
	t->trusted = false;
	t->client_certificate = false;
	t->options_s = 0;
	t->user[0] = '\0';
}

#define KIND(which, struct_name, name_field)                                   \
	{                                                                      \
		(uint8_t *)s->which##s, &s->which##_count,                     \
			(const uint8_t *)file->which##s, file->which##_count,  \
			before ? (const uint8_t *)before->which##s : NULL,     \
			before ? before->which##_count : 0,                    \
			sizeof(struct struct_name),                            \
			sizeof(s->which##s[0].name_field),                     \
			offsetof(struct struct_name, removed),                 \
			places->which##s, used->which##s,                      \
			sizeof(s->which##s) / sizeof(s->which##s[0]), NULL,    \
	}

int settings_place(struct settings *s, const struct settings *before,
		   struct settings_places *places,
		   const struct settings_used *used)
{
	struct settings *file = malloc(sizeof(*file));
	int err = 0;

	if (!file)
		return ENOMEM;
	*file = *s;
	struct kind kinds[] = {
		KIND(listener, listener, name),
		KIND(trunk, trunk, name),
		KIND(line, line, number),
		KIND(agent, agent, name),
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (place_kind(&kinds[i]))
			err = ENOBUFS;
	for (unsigned i = 0; i < s->trunk_count; i++)
		if (s->trunks[i].removed)
			part_with(&s->trunks[i]);
	free(file);
	return err;
}
