/*
 * tail -- the last entries of a log, each held against the signed root
 *
 * The right edge of the tree before the first entry shown comes from the tiles
 * and need not be believed: with the entries appended it must give the root
 * that was signed.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/ledger.h"

enum { LINES = 10, FOLLOW_US = 500 * 1000 };

struct tail {
	const struct verify *verify;
	struct log_source source;
	struct tile_reader tiles;
	uint8_t *bundle;
	struct merkle_edge edge; /* up to the last entry shown */
	bool begun;
	FILE *text; /* entries that are not checked yet */
	char *text_bytes;
	size_t text_len;
};

/* Entries [from, to) of one bundle. */
static int walk_bundle(struct tail *t, uint64_t from, uint64_t to)
{
	const struct log_source *s = &t->verify->source;
	uint64_t first = from / TILE_WIDTH * TILE_WIDTH;
	struct tile_name name = { TILE_ENTRIES, from / TILE_WIDTH,
				  (unsigned)(to - first) };
	struct reader r;
	size_t len;
	int err = s->tile(s->arg, &name, t->bundle, TILE_BUNDLE_MAX, &len);

	if (err)
		return err;
	r = reader_on(t->bundle, len);
	for (uint64_t i = first; i < to; i++) {
		struct merkle_hash h;
		struct bytes entry;

		if (bundle_next(&r, &entry))
			return EBADMSG;
		if (i < from)
			continue;
		merkle_leaf(entry.p, entry.len, &h);
		merkle_edge_append(&t->edge, &h);
		if (fwrite(entry.p, 1, entry.len, t->text) != entry.len ||
		    fputc('\n', t->text) == EOF)
			return ENOMEM;
	}
	return 0;
}

static int walk(struct tail *t, uint64_t from, uint64_t to)
{
	int err = 0;

	while (!err && from < to) {
		uint64_t end = (from / TILE_WIDTH + 1) * TILE_WIDTH;

		if (end > to)
			end = to;
		err = walk_bundle(t, from, end);
		from = end;
	}
	return err;
}

static int begin(struct tail *t, uint64_t size, uint64_t from)
{
	int err;

	t->source = t->verify->source;
	tile_reader_init(&t->tiles, ledger_fetch, &t->source, size);
	err = merkle_edge_read(tile_reader_hash, &t->tiles, from, &t->edge);
	t->begun = !err;
	return err;
}

/* Check, and only then print, what came since. */
static int advance(struct tail *t, const struct verified *v, uint64_t from)
{
	struct merkle_hash root;
	int err = t->begun ? 0 : begin(t, v->size, from);

	if (err)
		return err;
	t->text = open_memstream(&t->text_bytes, &t->text_len);
	if (!t->text)
		return ENOMEM;
	err = walk(t, from, v->size);
	if (fclose(t->text) && !err)
		err = ENOMEM;
	merkle_edge_root(&t->edge, &root);
	if (!err && !merkle_same(&root, &v->root))
		err = EBADMSG;
	if (!err)
		(void)fwrite(t->text_bytes, 1, t->text_len, stdout);
	free(t->text_bytes);
	return err;
}

static int step(struct tail *t, uint64_t lines)
{
	uint64_t from = t->edge.size;
	struct verified v;
	int err = verify_checkpoint(t->verify, &v);

	if (err == EBADMSG)
		return ledger_say_bad(&v, false);
	if (!err && t->begun && v.size < from) {
		(void)fprintf(stderr, "the log has become shorter: %llu\n",
			      (unsigned long long)v.size);
		return EXIT_NO;
	}
	if (!t->begun)
		from = v.size > lines ? v.size - lines : 0;
	if (!err)
		err = advance(t, &v, from);
	if (err == ENOENT || err == EBADMSG) {
		v = (struct verified){ .entry = from, .reason = "root" };
		return ledger_say_bad(&v, false);
	}
	if (err)
		(void)fprintf(stderr, "cannot read the log: %s\n",
			      strerror(err));
	return err ? EXIT_NO : EXIT_YES;
}

int ledger_tail(int argc, char **argv)
{
	static struct ledger_trust trust;
	uint64_t lines = LINES;
	struct ledger_options o;
	struct ledger_log log;
	struct tail *t;
	int is;

	is = ledger_options(argc, argv,
			    LEDGER_KEY | LEDGER_POLICY | LEDGER_ORIGIN |
				    LEDGER_LINES | LEDGER_FOLLOW,
			    1, &o);
	if (!is && o.lines &&
	    text_u64(text_of(o.lines), 0, UINT64_MAX, &lines)) {
		(void)fprintf(stderr, "--lines: not a number\n");
		is = EXIT_USAGE;
	}
	if (!is)
		is = ledger_trust(&o, &trust);
	if (!is)
		is = ledger_log_open(&log, o.words[0]);
	if (is)
		return is;
	trust.verify.source = log.source;
	t = calloc(1, sizeof(*t));
	if (t)
		t->bundle = malloc(TILE_BUNDLE_MAX);
	is = t && t->bundle ? EXIT_YES : EXIT_NO;
	if (t)
		t->verify = &trust.verify;
	while (!is) {
		is = step(t, lines);
		(void)fflush(stdout);
		if (is || !o.follow)
			break;
		(void)usleep(FOLLOW_US);
	}
	if (t)
		free(t->bundle);
	free(t);
	ledger_log_close(&log);
	return is;
}
