#include "tests/unit/unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "tests/unit/scratch.h"
#include "tlog/folder.h"

static char dir[SCRATCH_MAX];
static struct note_signer signer;
static struct folder_source source;
static struct verify verify;
static struct verified result;

enum { ENTRIES = 300 };

/* A log of 300 entries with a checkpoint now and then: tiles of all kinds. */
static int set_up(void **state)
{
	struct folder *f = NULL;
	char entry[64];
	int err;

	(void)state;
	if (scratch_make(dir) ||
	    note_signer_new(&signer, NOTE_ED25519, "example.org/log"))
		return 1;
	err = folder_open(&f, dir, &signer.key);
	for (int i = 0; !err && i < ENTRIES; i++) {
		(void)snprintf(entry, sizeof(entry), "entry number %d", i);
		err = folder_append(f, entry, strlen(entry));
		if (!err && (i == 270 || i == ENTRIES - 1))
			err = folder_sync(f) || folder_publish(f, &signer);
	}
	folder_close(f);
	if (err || folder_source_open(&source, dir))
		return 1;
	verify = (struct verify){ .origin = "example.org/log",
				  .key = &signer.key };
	folder_log_source(&source, &verify.source);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	folder_source_close(&source);
	note_signer_close(&signer);
	return scratch_remove(dir);
}

static void a_whole_log_is_whole(void **state)
{
	(void)state;
	assert_int_equal(verify_log(&verify, &result), 0);
	assert_int_equal(result.size, ENTRIES);
}

/* ---- in two parts */

static uint8_t halt[VERIFY_HALT_MAX];
static size_t halt_len;
static unsigned entries_seen;

static void on_halt(void *arg, const struct verify_run *run)
{
	struct writer w = writer_on(halt, sizeof(halt));

	(void)arg;
	assert_int_equal(verify_halt_write(run, &w), 0);
	halt_len = w.len;
}

static int on_entries(void *arg, uint64_t first, unsigned count,
		      struct bytes bundle)
{
	struct reader r = reader_on(bundle.p, bundle.len);
	struct bytes entry;

	(void)arg;
	for (unsigned i = 0; i < count; i++) {
		char want[64];

		(void)snprintf(want, sizeof(want), "entry number %u",
			       (unsigned)first + i);
		assert_int_equal(bundle_next(&r, &entry), 0);
		assert_int_equal(entry.len, strlen(want));
		assert_memory_equal(entry.p, want, entry.len);
	}
	entries_seen += count;
	return 0;
}

static void grow(unsigned from, unsigned to)
{
	struct folder *f = NULL;
	char entry[64];

	assert_int_equal(folder_open(&f, dir, &signer.key), 0);
	for (unsigned i = from; i < to; i++) {
		(void)snprintf(entry, sizeof(entry), "entry number %u", i);
		assert_int_equal(folder_append(f, entry, strlen(entry)), 0);
	}
	assert_int_equal(folder_sync(f), 0);
	assert_int_equal(folder_publish(f, &signer), 0);
	folder_close(f);
}

static void it_goes_on_where_it_was(void **state)
{
	char path[128], moved[160];
	uint64_t entries;

	(void)state;
	verify.halt = on_halt;
	verify.entries = on_entries;
	entries_seen = 0;
	a_whole_log_is_whole(state);
	assert_int_equal(entries_seen, ENTRIES);
	assert_int_equal(
		verify_halt_read((struct bytes){ halt, halt_len }, &entries),
		0);
	assert_int_equal(entries, 256);
	/* the log has grown past a tile of level 1 and more */
	grow(ENTRIES, 66000);
	verify.resume = (struct bytes){ halt, halt_len };
	verify.halt = NULL;
	entries_seen = 0;
	assert_int_equal(verify_log(&verify, &result), 0);
	assert_int_equal(entries_seen, 66000 - 256);
	/* what lies before is not read again */
	(void)snprintf(path, sizeof(path), "%s/tile/entries/000", dir);
	(void)snprintf(moved, sizeof(moved), "%s.away", path);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(verify_log(&verify, &result), 0);
	verify.resume.len = 0;
	assert_int_equal(verify_log(&verify, &result), EBADMSG);
	assert_string_equal(result.reason, "entry-missing");
	assert_int_equal(rename(moved, path), 0);
	/* from each bundle's end to the end: the same root */
	verify.halt = on_halt;
	verify.entries = NULL;
	assert_int_equal(verify_log(&verify, &result), 0);
	assert_int_equal(
		verify_halt_read((struct bytes){ halt, halt_len }, &entries),
		0);
	assert_int_equal(entries, 65792);
	verify.resume = (struct bytes){ halt, halt_len };
	assert_int_equal(verify_log(&verify, &result), 0);
}

static void another_place_is_refused(void **state)
{
	uint64_t entries;

	verify.halt = on_halt;
	a_whole_log_is_whole(state);
	verify.halt = NULL;
	verify.resume = (struct bytes){ halt, halt_len };
	verify.scope = "something else";
	assert_int_equal(verify_log(&verify, &result), EINVAL);
	verify.scope = NULL;
	verify.origin = NULL;
	assert_int_equal(verify_log(&verify, &result), EINVAL);
	verify.origin = "example.org/log";
	assert_int_equal(verify_log(&verify, &result), 0);
	for (size_t i = 0; i < halt_len; i++) {
		halt[i] ^= 0x10;
		assert_int_equal(verify_log(&verify, &result), EINVAL);
		halt[i] ^= 0x10;
	}
	for (size_t i = 0; i < halt_len; i++)
		assert_int_equal(
			verify_halt_read((struct bytes){ halt, i }, &entries),
			EBADMSG);
}

/* ---- any byte */

static unsigned flips, files;

static void flip_one(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	uint8_t was, is;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &was, 1, at), 1);
	is = was ^ (uint8_t)(1u << (flips % 8));
	assert_int_equal(pwrite(fd, &is, 1, at), 1);
	if (verify_log(&verify, &result) != EBADMSG) {
		print_error("%s at %ld\n", path, (long)at);
		fail();
	}
	assert_non_null(result.reason);
	assert_true(result.entry < ENTRIES);
	assert_int_equal(pwrite(fd, &was, 1, at), 1);
	(void)close(fd);
	flips++;
}

static int flip_file(const char *path, const struct stat *st, int kind)
{
	/* every byte of the note; of the rest a sample, both ends included */
	off_t step = st->st_size < 300 ? 1 : st->st_size / 97;

	if (kind != FTW_F)
		return 0;
	files++;
	for (off_t at = 0; at < st->st_size; at += step)
		flip_one(path, at);
	flip_one(path, st->st_size - 1);
	return 0;
}

static void a_flipped_bit_anywhere_is_found(void **state)
{
	(void)state;
	assert_int_equal(ftw(dir, flip_file, 16), 0);
	/* checkpoint; full and two partial tiles of both kinds; level 1 */
	assert_int_equal(files, 8);
	assert_true(flips > 700);
	a_whole_log_is_whole(state);
}

static int drop_file(const char *path, const struct stat *st, int kind)
{
	char aside[256];

	(void)st;
	/* a partial tile of an older checkpoint may be gone */
	if (kind != FTW_F || strstr(path, ".p/15"))
		return 0;
	(void)snprintf(aside, sizeof(aside), "%s.moved", dir);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(verify_log(&verify, &result), EBADMSG);
	assert_int_equal(rename(aside, path), 0);
	files++;
	return 0;
}

static void a_missing_file_is_found(void **state)
{
	(void)state;
	files = 0;
	assert_int_equal(ftw(dir, drop_file, 16), 0);
	assert_int_equal(files, 6);
}

static void another_key_or_origin_is_refused(void **state)
{
	struct note_signer other;

	(void)state;
	assert_int_equal(
		note_signer_new(&other, NOTE_ED25519, "example.org/log"), 0);
	verify.key = &other.key;
	assert_int_equal(verify_log(&verify, &result), EBADMSG);
	assert_string_equal(result.reason, "not-signed");
	verify.key = &signer.key;
	verify.origin = "example.org/other";
	assert_int_equal(verify_log(&verify, &result), EBADMSG);
	assert_string_equal(result.reason, "checkpoint-origin");
	verify.origin = NULL;
	assert_int_equal(verify_log(&verify, &result), 0);
	note_signer_close(&other);
}

/* The right entry is blamed. */
static void the_changed_entry_is_named(void **state)
{
	char path[128];
	uint8_t buf[8192];
	ssize_t len;
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/tile/entries/000", dir);
	fd = open(path, O_RDWR);
	len = read(fd, buf, sizeof(buf));
	for (ssize_t i = 0; i + 16 < len; i++)
		if (!memcmp(buf + i, "entry number 123", 16))
			assert_int_equal(pwrite(fd, "x", 1, i + 15), 1);
	(void)close(fd);
	assert_int_equal(verify_log(&verify, &result), EBADMSG);
	assert_int_equal(result.entry, 123);
	assert_string_equal(result.reason, "entry-hash");
}

/* ---- policies */

static void cosign(const struct note_signer *w, uint64_t at_s)
{
	char buf[NOTE_TEXT_MAX], path[128];
	struct writer out = writer_on(buf, sizeof(buf));
	struct note n;
	size_t len;
	FILE *f;

	assert_int_equal(
		folder_read_note(source.dir_fd, buf, sizeof(buf), &len), 0);
	assert_int_equal(note_read((struct text){ buf, len }, &n), 0);
	out.len = len;
	assert_int_equal(note_sign(&out, n.text, w, at_s), 0);
	(void)snprintf(path, sizeof(path), "%s/checkpoint", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(buf, 1, out.len, f), out.len);
	assert_int_equal(fclose(f), 0);
}

static void a_quorum_is_held_to_its_policy(void **state)
{
	static const char *const names[] = { "w1.example", "w2.example",
					     "w3.example" };
	char text[2048], vkey[NOTE_KEY_TEXT_MAX];
	struct writer w = writer_on(text, sizeof(text));
	static struct policy policy;
	struct note_signer witness[3];
	unsigned line;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(note_signer_new(&witness[i], NOTE_COSIGNATURE,
						 names[i]),
				 0);
		note_key_text(&witness[i].key, vkey);
		writer_printf(&w, "witness W%d %s https://w.example/%d\n", i,
			      vkey, i);
	}
	writer_str(&w, "# two of them\n\tgroup  G 2 W0 W1 W2\nquorum G");
	assert_int_equal(
		policy_read((struct text){ text, w.len }, &policy, &line), 0);
	verify.policy = &policy;
	assert_int_equal(verify_log(&verify, &result), EBADMSG);
	assert_string_equal(result.reason, "no-quorum");
	cosign(&witness[2], 1700000000);
	assert_int_equal(verify_log(&verify, &result), EBADMSG);
	assert_int_equal(result.cosigned, 1);
	/* the same witness again does not make two */
	cosign(&witness[2], 1700000009);
	assert_int_equal(verify_log(&verify, &result), EBADMSG);
	assert_int_equal(result.cosigned, 1);
	cosign(&witness[0], 1700000000);
	assert_int_equal(verify_log(&verify, &result), 0);
	assert_int_equal(result.cosigned, 2);
	for (int i = 0; i < 3; i++)
		note_signer_close(&witness[i]);
}

static void faulty_policies_are_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} rows[] = {
		{ "", 0 },
		{ "# nothing\n", 0 },
		{ "quorum nobody\n", 1 },
		{ "quorum none\nquorum none\n", 2 },
		{ "quorum none # none\n", 1 },
		{ "group g any\nquorum none\n", 1 },
		{ "group g any x\nquorum none\n", 1 },
		{ "witness none x\nquorum none\n", 1 },
		{ "log example.org\nquorum none\n", 1 },
		{ "what is this\nquorum none\n", 1 },
		{ "quorum\rnone\n", 1 },
	};
	static struct policy p;
	unsigned line;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(policy_read(text_of(rows[i].text), &p, &line),
				 EBADMSG);
		assert_int_equal(line, rows[i].line);
	}
	assert_int_equal(policy_read(TEXT(" quorum\tnone"), &p, &line), 0);
	assert_true(policy_satisfied(&p, NULL));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_whole_log_is_whole),
		CASE(it_goes_on_where_it_was),
		CASE(another_place_is_refused),
		CASE(a_flipped_bit_anywhere_is_found),
		CASE(a_missing_file_is_found),
		CASE(another_key_or_origin_is_refused),
		CASE(the_changed_entry_is_named),
		CASE(a_quorum_is_held_to_its_policy),
		CASE(faulty_policies_are_refused),
	};

	return sodium_init() < 0 || secret_init(16384) ||
	       cmocka_run_group_tests(tests, NULL, NULL);
}
