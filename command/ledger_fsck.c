/*
 * fsck -- a whole log, and the database of the node that wrote it
 *
 * Goes through the log as verify does. Each bundle of entries is also held
 * against the database: the leaf that it has, and the salt and details to which
 * the leaf commits. What is wrong there is named and counted, and it goes on;
 * where the log itself is wrong it ends.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "command/ledger.h"
#include "release/control.h"
#include "tlog/folder_file.h"

enum { KEEP_EVERY_MS = 2000, NAMED_MAX = 1000 };

struct fsck {
	const struct ledger_options *options;
	void *database; /* NULL: none */
	uint64_t faults;

	/* whose details an erasure took, ascending */
	uint64_t *erased;
	size_t erased_count, erased_max;
	bool no_memory;

	/* the entries that are held against the database */
	struct reader bundle;
	uint64_t next;

	/* where to go on from, kept in memory until it is time to write */
	uint8_t halt[VERIFY_HALT_MAX];
	size_t halt_len;
	uint64_t kept_ms;
	bool cannot_keep;
};

static volatile sig_atomic_t stopped;

static void on_stop(int number)
{
	(void)number;
	stopped = 1;
}

/* ---- against the database */

static void fault(struct fsck *f, uint64_t entry, const char *reason)
{
	const struct verified v = { .entry = entry, .reason = reason };

	if (f->faults++ < NAMED_MAX)
		(void)ledger_say_bad(&v, f->options->json);
}

static int next_leaf(struct fsck *f, struct text *ret)
{
	struct bytes leaf;
	int err = bundle_next(&f->bundle, &leaf);

	f->next++;
	*ret = (struct text){ (const char *)leaf.p, leaf.len };
	return err;
}

static int pass_missing(struct fsck *f, uint64_t to)
{
	struct text leaf;
	int err = 0;

	while (!err && f->next < to) {
		fault(f, f->next, "database-missing");
		err = next_leaf(f, &leaf);
	}
	return err;
}

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void on_erased(void *arg, uint64_t entry)
{
	struct fsck *f = arg;

	if (f->erased_count == f->erased_max) {
		size_t max = f->erased_max ? 2 * f->erased_max : 1024;
		uint64_t *p = realloc(f->erased, max * sizeof(*p));

		f->no_memory |= !p;
		if (!p)
			return;
		f->erased = p;
		f->erased_max = max;
	}
	f->erased[f->erased_count++] = entry;
}

static int read_erased(struct fsck *f)
{
	int err = command_commitments->erased(f->database, on_erased, f);

	if (f->erased_count)
		qsort(f->erased, f->erased_count, sizeof(*f->erased), compare);
	if (!err && !f->no_memory)
		return EXIT_YES;
	(void)fprintf(stderr, "cannot read what was erased: %s\n",
		      strerror(err ? err : ENOMEM));
	return EXIT_NO;
}

/* Only the kinds of entries that an erasure touches. */
static bool was_erased(const struct fsck *f, uint64_t entry,
		       const struct leaf *leaf)
{
	return f->erased_count && control_may_be_erased(text_of(leaf->type)) &&
	       bsearch(&entry, f->erased, f->erased_count, sizeof(*f->erased),
		       compare);
}

static int on_commitment(void *arg, const struct commitment *c)
{
	struct fsck *f = arg;
	struct text text;
	struct leaf leaf;
	int err = pass_missing(f, c->entry);

	if (!err)
		err = next_leaf(f, &text);
	if (err)
		return err;
	if (text.len != c->leaf.len || memcmp(text.p, c->leaf.p, text.len) != 0)
		fault(f, c->entry, "database-leaf");
	else if (leaf_read(text, &leaf))
		fault(f, c->entry, "leaf-malformed");
	else if (!c->salt && !was_erased(f, c->entry, &leaf))
		fault(f, c->entry, "details-missing");
	else if (c->salt && leaf_check(&leaf, c->salt, c->details))
		fault(f, c->entry, "details");
	return 0;
}

static int on_entries(void *arg, uint64_t first, unsigned count,
		      struct bytes bundle)
{
	struct fsck *f = arg;
	int err;

	if (stopped)
		return EINTR;
	if (!f->database)
		return 0;
	f->bundle = reader_on(bundle.p, bundle.len);
	f->next = first;
	err = command_commitments->each(f->database, first, first + count,
					on_commitment, f);
	if (err == EBADMSG) {
		fault(f, f->next, "database-malformed");
		return 0;
	}
	return err ? err : pass_missing(f, first + count);
}

/* ---- where it was */

static void keep(struct fsck *f)
{
	int err;

	if (!f->options->resume || !f->halt_len || f->cannot_keep)
		return;
	err = file_write(AT_FDCWD, f->options->resume, f->halt, f->halt_len,
			 0600);
	if (err)
		(void)fprintf(stderr, "cannot write %s: %s\n",
			      f->options->resume, strerror(err));
	f->cannot_keep = err != 0;
}

static void on_halt(void *arg, const struct verify_run *run)
{
	struct fsck *f = arg;
	struct writer w = writer_on(f->halt, sizeof(f->halt));

	/* behind a fault of the database it would be forgotten */
	if (f->faults || verify_halt_write(run, &w))
		return;
	f->halt_len = w.len;
	if (clock_mono_ms() - f->kept_ms < KEEP_EVERY_MS)
		return;
	keep(f);
	f->kept_ms = clock_mono_ms();
}

/* No such file: from the first entry on. */
static int read_halt(struct fsck *f)
{
	const char *file = f->options->resume;
	uint64_t entries;
	int err = file_read(AT_FDCWD, file, f->halt, sizeof(f->halt),
			    &f->halt_len);

	if (err == ENOENT)
		return EXIT_YES;
	if (!err)
		err = verify_halt_read((struct bytes){ f->halt, f->halt_len },
				       &entries);
	if (err) {
		(void)fprintf(stderr, "cannot go on from %s: %s\n", file,
			      err == EBADMSG ? "no such place in a log"
					     : strerror(err));
		return EXIT_USAGE;
	}
	(void)fprintf(stderr, "going on from entry %llu\n",
		      (unsigned long long)entries);
	return EXIT_YES;
}

/* ---- */

static int judge(struct fsck *f, struct ledger_trust *t)
{
	struct ledger_shown shown;
	struct verified v;
	int err;

	t->verify.entries = on_entries;
	t->verify.halt = f->options->resume ? on_halt : NULL;
	t->verify.arg = f;
	t->verify.scope = f->options->database;
	/* read before the first halt is written over it */
	t->verify.resume = (struct bytes){ f->halt, f->halt_len };
	f->kept_ms = clock_mono_ms();
	ledger_show_progress(&t->verify, &shown);
	err = verify_log(&t->verify, &v);
	if (err == EBADMSG)
		fault(f, v.entry, v.reason);
	if (err || f->faults)
		keep(f);
	else if (f->options->resume)
		(void)unlink(f->options->resume);
	if (err == EINTR)
		(void)fprintf(stderr, "stopped\n");
	else if (err == EINVAL)
		(void)fprintf(stderr, "%s is not of this log and database\n",
			      f->options->resume);
	else if (err && err != EBADMSG)
		(void)fprintf(stderr, "cannot read log or database: %s\n",
			      strerror(err));
	else if (!f->faults)
		ledger_say_ok(&v, t->verify.policy, f->options->json);
	else if (!f->options->json)
		(void)printf("faults=%llu\n", (unsigned long long)f->faults);
	return err || f->faults ? EXIT_NO : EXIT_YES;
}

static int open_database(struct fsck *f)
{
	const char *file = f->options->database;
	int err = command_commitments->open(&f->database, file);

	if (!err)
		return EXIT_YES;
	(void)fprintf(stderr, "cannot open %s: %s\n", file,
		      err == EAGAIN ? "its node runs; stop it first"
				    : strerror(err));
	return EXIT_USAGE;
}

int ledger_fsck(int argc, char **argv)
{
	static struct ledger_trust trust;
	const struct sigaction stop = { .sa_handler = on_stop };
	struct fsck *f = calloc(1, sizeof(*f));
	struct ledger_options o;
	struct ledger_log log;
	int is;

	if (!f)
		return EXIT_NO;
	is = ledger_options(argc, argv,
			    LEDGER_KEY | LEDGER_POLICY | LEDGER_ORIGIN |
				    LEDGER_DATABASE | LEDGER_RESUME |
				    LEDGER_JSON,
			    1, &o);
	f->options = &o;
	if (!is)
		is = ledger_trust(&o, &trust);
	if (!is && o.resume)
		is = read_halt(f);
	if (!is && o.database)
		is = open_database(f);
	if (!is && o.database)
		is = read_erased(f);
	if (!is)
		is = ledger_log_open(&log, o.words[0]);
	if (!is) {
		trust.verify.source = log.source;
		(void)sigaction(SIGINT, &stop, NULL);
		(void)sigaction(SIGTERM, &stop, NULL);
		is = judge(f, &trust);
		ledger_log_close(&log);
	}
	if (f->database)
		command_commitments->close(f->database);
	free(f->erased);
	free(f);
	return is;
}
