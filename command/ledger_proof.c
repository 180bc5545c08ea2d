/*
 * Proofs on the command line: make one, check one, compare with an older log.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "command/ledger.h"
#include "tlog/folder_file.h"
#include "tlog/proof.h"

enum { PROOF_MAX = NOTE_MAX + 64 * 1024 };

/* A log, its note as it stands, and what that says. */
struct opened {
	struct ledger_log log;
	struct ledger_trust trust;
	struct verified verified;
	struct tile_reader tiles;
	char note[NOTE_MAX];
	size_t note_len;
	char text[PROOF_MAX];
};

/* The note that was read once is the one that is judged. */
static int kept_note(void *arg, char *buf, size_t max, size_t *ret_len)
{
	const struct opened *o = arg;

	if (o->note_len > max)
		return EMSGSIZE;
	memcpy(buf, o->note, o->note_len);
	*ret_len = o->note_len;
	return 0;
}

static int judge_note(struct opened *o, bool json)
{
	struct verify v = o->trust.verify;
	int err;

	v.source = (struct log_source){ .arg = o, .note = kept_note };
	err = verify_checkpoint(&v, &o->verified);
	if (err == EBADMSG)
		return ledger_say_bad(&o->verified, json);
	return err ? EXIT_NO : EXIT_YES;
}

static int open_log(struct opened *o, const struct ledger_options *options)
{
	int err, is = ledger_trust(options, &o->trust);

	if (!is)
		is = ledger_log_open(&o->log, options->words[0]);
	if (is)
		return is;
	err = o->log.source.note(o->log.source.arg, o->note, sizeof(o->note),
				 &o->note_len);
	if (!err)
		is = judge_note(o, options->json);
	else
		(void)fprintf(stderr, "cannot read the checkpoint: %s\n",
			      strerror(err));
	if (err)
		is = EXIT_NO;
	if (is)
		ledger_log_close(&o->log);
	else
		tile_reader_init(&o->tiles, ledger_fetch, &o->log.source,
				 o->verified.size);
	return is;
}

static int say(bool yes, const char *reason, bool json)
{
	if (json)
		(void)printf("{\"ok\":%s,\"reason\":\"%s\"}\n",
			     yes ? "true" : "false", reason);
	else
		(void)printf("%s%s%s\n", yes ? "ok" : "bad", *reason ? " " : "",
			     reason);
	return yes ? EXIT_YES : EXIT_NO;
}

/* The same with what is wrong with the proof, as a word and in words. */
static int say_fault(const char *reason, enum merkle_fault f, bool json)
{
	if (json)
		(void)printf("{\"ok\":false,\"reason\":\"%s\",\"proof\":"
			     "\"%s\"}\n",
			     reason, merkle_fault_word(f));
	else
		(void)printf("bad %s %s\n", reason, merkle_fault_word(f));
	(void)fprintf(stderr, "%s\n", merkle_fault_text(f));
	return EXIT_NO;
}

/* ---- prove */

/* Is the hash that the tiles have for the entry bound to the signed root? */
static int prove_entry(struct opened *o, uint64_t entry, struct tlog_proof *ret)
{
	struct merkle_hash leaf;
	int err = merkle_prove_inclusion(tile_reader_hash, &o->tiles, entry,
					 o->verified.size, &ret->path);

	if (!err)
		err = tile_reader_hash(&o->tiles, 0, entry, &leaf);
	if (!err && merkle_check_inclusion(entry, o->verified.size, &leaf,
					   &ret->path, &o->verified.root))
		err = EBADMSG;
	return err;
}

static int prove(struct opened *o, uint64_t entry)
{
	struct writer w = writer_on(o->text, sizeof(o->text));
	struct tlog_proof p = { .index = entry,
				.checkpoint = { o->note, o->note_len } };
	int err = prove_entry(o, entry, &p);

	if (!err)
		err = tlog_proof_write(&w, &p);
	if (!err)
		(void)fwrite(w.buf, 1, w.len, stdout);
	else if (err == EINVAL)
		(void)fprintf(stderr, "the log has only %llu entries\n",
			      (unsigned long long)o->verified.size);
	else
		(void)fprintf(stderr, "the log's tiles do not bear it out\n");
	return err ? EXIT_NO : EXIT_YES;
}

int ledger_prove(int argc, char **argv)
{
	struct ledger_options options;
	struct opened *o = calloc(1, sizeof(*o));
	uint64_t entry;
	int is = ledger_options(argc, argv, LEDGER_KEY | LEDGER_ORIGIN, 2,
				&options);

	if (!is && text_u64(text_of(options.words[1]), 0, UINT64_MAX, &entry)) {
		(void)fprintf(stderr, "ENTRY: not a number\n");
		is = EXIT_USAGE;
	}
	if (!is)
		is = o ? open_log(o, &options) : EXIT_NO;
	if (!is) {
		is = prove(o, entry);
		ledger_log_close(&o->log);
	}
	free(o);
	return is;
}

/* ---- check-proof */

/* An entry from stdin, exactly its bytes. */
static int read_entry(uint8_t *buf, size_t max, size_t *ret_len)
{
	*ret_len = fread(buf, 1, max, stdin);
	if (ferror(stdin))
		return EIO;
	return *ret_len == max ? EMSGSIZE : 0;
}

static int check_proof(struct opened *o, const struct ledger_options *options,
		       size_t len)
{
	static uint8_t entry[TILE_ENTRY_MAX + 1];
	enum merkle_fault fault;
	struct merkle_hash leaf;
	struct tlog_proof p;
	size_t entry_len;
	int is;

	if (tlog_proof_read((struct text){ o->text, len }, &p) ||
	    p.checkpoint.len > sizeof(o->note))
		return say(false, "malformed", options->json);
	memcpy(o->note, p.checkpoint.p, p.checkpoint.len);
	o->note_len = p.checkpoint.len;
	is = judge_note(o, options->json);
	if (is)
		return is;
	if (read_entry(entry, sizeof(entry), &entry_len)) {
		(void)fprintf(stderr, "no entry on stdin\n");
		return EXIT_USAGE;
	}
	merkle_leaf(entry, entry_len, &leaf);
	fault = merkle_check_inclusion(p.index, o->verified.size, &leaf,
				       &p.path, &o->verified.root);
	return fault ? say_fault("not-included", fault, options->json)
		     : say(true, "", options->json);
}

int ledger_check_proof(int argc, char **argv)
{
	struct ledger_options options;
	struct opened *o = calloc(1, sizeof(*o));
	size_t len = 0;
	int err, is;

	is = ledger_options(argc, argv,
			    LEDGER_KEY | LEDGER_POLICY | LEDGER_ORIGIN |
				    LEDGER_JSON,
			    1, &options);
	if (!is)
		is = o ? ledger_trust(&options, &o->trust) : EXIT_NO;
	if (!is) {
		err = file_read(AT_FDCWD, options.words[0], o->text,
				sizeof(o->text), &len);
		if (err) {
			(void)fprintf(stderr, "cannot read %s: %s\n",
				      options.words[0], strerror(err));
			is = EXIT_USAGE;
		}
	}
	if (!is)
		is = check_proof(o, &options, len);
	free(o);
	return is;
}

/* ---- consistency */

static int compare(struct opened *o, const struct verified *old, bool json)
{
	enum merkle_fault fault = MERKLE_HOLDS;
	struct merkle_proof p;
	int err;

	if (old->size > o->verified.size)
		return say(false, "shorter", json);
	if (!old->size)
		return say(true, "", json);
	err = merkle_prove_consistency(tile_reader_hash, &o->tiles, old->size,
				       o->verified.size, &p);
	if (err == EBADMSG || err == ENOENT)
		return say(false, "no-proof", json);
	if (err) {
		(void)fprintf(stderr, "cannot read the log: %s\n",
			      strerror(err));
		return EXIT_NO;
	}
	fault = merkle_check_consistency(old->size, o->verified.size,
					 &old->root, &p, &o->verified.root);
	return fault ? say_fault("forked", fault, json) : say(true, "", json);
}

/* The old checkpoint must be signed like the new one. */
int ledger_consistency(int argc, char **argv)
{
	struct ledger_options options;
	struct opened *o = calloc(1, sizeof(*o));
	struct opened *old = calloc(1, sizeof(*old));
	int err, is = ledger_options(argc, argv,
				     LEDGER_KEY | LEDGER_ORIGIN | LEDGER_JSON,
				     2, &options);

	if (!is)
		is = o && old ? ledger_trust(&options, &old->trust) : EXIT_NO;
	if (!is) {
		err = file_read(AT_FDCWD, options.words[1], old->note,
				sizeof(old->note), &old->note_len);
		if (err) {
			(void)fprintf(stderr, "cannot read %s: %s\n",
				      options.words[1], strerror(err));
			is = EXIT_USAGE;
		}
	}
	if (!is)
		is = judge_note(old, options.json);
	if (!is)
		is = open_log(o, &options);
	if (!is) {
		is = compare(o, &old->verified, options.json);
		ledger_log_close(&o->log);
	}
	free(o);
	free(old);
	return is;
}
