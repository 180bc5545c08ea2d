#include <stdlib.h>

#include "tlog/verify_run.h"

static int bad(struct verify_run *r, uint64_t entry, const char *reason)
{
	r->result->entry = entry;
	r->result->reason = reason;
	return EBADMSG;
}

/* What the log itself is to blame for has a word; the rest passes through. */
static int blame(struct verify_run *r, int err, uint64_t entry,
		 const char *missing, const char *malformed)
{
	if (err == ENOENT)
		return bad(r, entry, missing);
	if (err == EMSGSIZE || err == EBADMSG)
		return bad(r, entry, malformed);
	return err;
}

/* The first entry below a tile. */
static uint64_t first_entry(const struct tile_name *t)
{
	unsigned level = t->level == TILE_ENTRIES ? 0 : t->level;

	return (t->index * TILE_WIDTH) << (8 * level);
}

/* ---- the narrower ones that lie beside a tile */

static int check_partial(struct verify_run *r, struct tile_name name,
			 const uint8_t *whole, size_t prefix)
{
	const struct log_source *s = &r->v->source;
	size_t len;
	int err = s->tile(s->arg, &name, r->partial, r->room, &len);

	if (err)
		return blame(r, err, first_entry(&name), "tile-missing",
			     "tile-malformed");
	if (len != prefix || memcmp(r->partial, whole, len) != 0)
		return bad(r, first_entry(&name), "partial-tile");
	return 0;
}

/* Where the first n entries of a bundle end. */
static size_t bundle_prefix(const uint8_t *p, size_t len, unsigned n)
{
	struct reader r = reader_on(p, len);
	struct bytes entry;

	while (n-- && !bundle_next(&r, &entry))
		;
	return (size_t)(r.at - p);
}

static int check_partials(struct verify_run *r, const struct tile_name *tile,
			  const uint8_t *whole, size_t len)
{
	const struct log_source *s = &r->v->source;
	bool present[TILE_WIDTH] = { false };
	int err;

	if (!s->partials)
		return 0;
	err = s->partials(s->arg, tile, present);
	for (unsigned w = 1; !err && w < TILE_WIDTH; w++) {
		struct tile_name name = { tile->level, tile->index, w };
		size_t prefix = (size_t)w * MERKLE_HASH_BYTES;

		/* wider ones are of entries that no checkpoint speaks of yet */
		if (!present[w] || w >= tile->width)
			continue;
		if (tile->level == TILE_ENTRIES)
			prefix = bundle_prefix(whole, len, w);
		err = check_partial(r, name, whole, prefix);
	}
	return err;
}

/* ---- tiles */

/* Hold the tile that was built against the one in the log. */
static int check_tile(struct verify_run *r, unsigned level)
{
	const struct log_source *s = &r->v->source;
	struct tile_name name = { level, r->built[level].index,
				  r->built[level].width };
	const size_t want = (size_t)name.width * MERKLE_HASH_BYTES;
	size_t len;
	int err = s->tile(s->arg, &name, r->fetched, TILE_BYTES, &len);

	if (err)
		return blame(r, err, first_entry(&name), "tile-missing",
			     "tile-malformed");
	if (len != want && len != TILE_BYTES)
		return bad(r, first_entry(&name), "tile-malformed");
	for (unsigned i = 0; i < name.width; i++) {
		size_t at = (size_t)i * MERKLE_HASH_BYTES;

		if (!memcmp(r->fetched + at, r->built[level].bytes + at,
			    MERKLE_HASH_BYTES))
			continue;
		return bad(r, first_entry(&name) + ((uint64_t)i << (8 * level)),
			   level ? "tile-hash" : "entry-hash");
	}
	return check_partials(r, &name, r->built[level].bytes, want);
}

static int build(struct verify_run *r, struct merkle_hash h)
{
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		int err;

		memcpy(r->built[level].bytes + (size_t)r->built[level].width *
						       MERKLE_HASH_BYTES,
		       h.b, MERKLE_HASH_BYTES);
		if (++r->built[level].width < TILE_WIDTH)
			return 0;
		err = check_tile(r, level);
		if (!err)
			err = tile_hash(r->built[level].bytes, TILE_WIDTH, 8, 0,
					&h);
		if (err)
			return err;
		r->built[level].width = 0;
		r->built[level].index++;
	}
	return 0;
}

/* ---- entries */

static int make_room(struct verify_run *r, size_t room)
{
	free(r->bundle);
	free(r->partial);
	r->bundle = malloc(room);
	r->partial = malloc(room);
	r->room = room;
	return r->bundle && r->partial ? 0 : ENOMEM;
}

/* A bundle may have 16 MiB and mostly has less than 100 kB. */
static int fetch_bundle(struct verify_run *r, const struct tile_name *name)
{
	const struct log_source *s = &r->v->source;

	for (;;) {
		int err = s->tile(s->arg, name, r->bundle, r->room,
				  &r->bundle_len);

		if (err != EMSGSIZE || r->room >= TILE_BUNDLE_MAX)
			return err;
		err = make_room(r, 8 * r->room);
		if (err)
			return err;
	}
}

static int check_bundle(struct verify_run *r, uint64_t index)
{
	struct tile_name name = { TILE_ENTRIES, index,
				  tile_width(TILE_ENTRIES, index, r->size) };
	uint64_t entry = index * TILE_WIDTH;
	struct reader in;
	struct bytes e;
	int err = fetch_bundle(r, &name);

	if (err)
		return blame(r, err, entry, "entry-missing", "entry-malformed");
	in = reader_on(r->bundle, r->bundle_len);
	for (unsigned i = 0; i < name.width; i++, entry++) {
		struct merkle_hash h;

		if (bundle_next(&in, &e))
			return bad(r, entry, "entry-malformed");
		merkle_leaf(e.p, e.len, &h);
		merkle_edge_append(&r->edge, &h);
		err = build(r, h);
		if (err)
			return err;
	}
	/* more than that only where the full bundle stands for a partial one */
	for (unsigned i = name.width; i < TILE_WIDTH && reader_left(&in); i++)
		if (bundle_next(&in, &e) ||
		    (i + 1 < TILE_WIDTH && !reader_left(&in)))
			return bad(r, entry - 1, "entry-malformed");
	if (reader_left(&in))
		return bad(r, entry - 1, "entry-malformed");
	if (r->v->entries)
		err = r->v->entries(r->v->arg, index * TILE_WIDTH, name.width,
				    (struct bytes){ r->bundle, r->bundle_len });
	if (err)
		return err;
	return check_partials(r, &name, r->bundle, r->bundle_len);
}

static int check_all(struct verify_run *r)
{
	struct merkle_hash root;
	int err = 0;

	for (uint64_t at = r->edge.size; !err && at < r->size;
	     at += TILE_WIDTH) {
		err = check_bundle(r, at / TILE_WIDTH);
		if (!err && r->v->halt && r->edge.size % TILE_WIDTH == 0)
			r->v->halt(r->v->arg, r);
		if (!err && r->v->progress)
			r->v->progress(r->v->progress_arg, r->edge.size,
				       r->size);
	}
	for (unsigned level = 0; !err && level < TILE_LEVELS; level++)
		if (r->built[level].width)
			err = check_tile(r, level);
	if (err)
		return err;
	merkle_edge_root(&r->edge, &root);
	return merkle_same(&root, &r->result->root) ? 0 : bad(r, 0, "root");
}

/* ---- the checkpoint */

static int fail(struct verified *ret, const char *reason)
{
	ret->entry = 0;
	ret->reason = reason;
	return EBADMSG;
}

static int check_quorum(const struct verify *v, struct text whole,
			struct verified *ret)
{
	uint64_t signed_s[POLICY_WITNESSES];
	const struct policy *p = v->policy;
	struct note note;

	if (!p)
		return 0;
	if (note_read(whole, &note) ||
	    note_verify(&note, p->witnesses, p->witness_count, signed_s))
		return fail(ret, "bad-cosignature");
	for (unsigned i = 0; i < p->witness_count; i++)
		ret->cosigned += signed_s[i] != 0;
	return policy_satisfied(p, signed_s) ? 0 : fail(ret, "no-quorum");
}

static int check_note(const struct verify *v, struct text whole,
		      struct verified *ret)
{
	struct checkpoint c;
	struct note note;
	int err;

	if (note_read(whole, &note) || checkpoint_read(note.text, &c))
		return fail(ret, "checkpoint-malformed");
	if (v->origin && !text_is(c.origin, v->origin))
		return fail(ret, "checkpoint-origin");
	err = checkpoint_open(whole, NULL, v->key, NULL, 0, &c, NULL);
	if (err)
		return fail(ret,
			    err == ENOKEY ? "not-signed" : "bad-signature");
	err = check_quorum(v, whole, ret);
	if (err)
		return err;
	ret->size = c.size;
	ret->root = c.root;
	return 0;
}

int verify_checkpoint(const struct verify *v, struct verified *ret)
{
	char *buf = malloc(NOTE_MAX);
	size_t len = 0;
	int err;

	memset(ret, 0, sizeof(*ret));
	if (!buf)
		return ENOMEM;
	err = v->source.note(v->source.arg, buf, NOTE_MAX, &len);
	if (!err)
		err = check_note(v, (struct text){ buf, len }, ret);
	else if (err == ENOENT)
		err = fail(ret, "checkpoint-missing");
	else if (err == EMSGSIZE)
		err = fail(ret, "checkpoint-malformed");
	free(buf);
	return err;
}

int verify_log(const struct verify *v, struct verified *ret)
{
	int err = verify_checkpoint(v, ret);
	struct verify_run *r;

	if (err)
		return err;
	r = calloc(1, sizeof(*r));
	if (!r)
		return ENOMEM;
	r->v = v;
	r->result = ret;
	r->size = ret->size;
	err = v->resume.len ? verify_run_resume(r, v->resume) : 0;
	if (!err)
		err = make_room(r, 256 * 1024);
	if (!err)
		err = check_all(r);
	free(r->bundle);
	free(r->partial);
	free(r);
	return err;
}
