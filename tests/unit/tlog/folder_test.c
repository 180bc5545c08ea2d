#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tlog/vectors.h"
#include "tlog/folder.h"
#include "tlog/folder_file.h"

static const char skey[] = "PRIVATE+KEY+example.com/log/testdata+33d7b496+"
			   "AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg";
static const char vkey[] = "example.com/log/testdata+33d7b496+"
			   "AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

static char dir[SCRATCH_MAX];
static struct note_signer signer;

static int set_up(void **state)
{
	(void)state;
	return scratch_make(dir) || note_signer_read(text_of(skey), &signer);
}

static int tear_down(void **state)
{
	(void)state;
	note_signer_close(&signer);
	return scratch_remove(dir);
}

static void add(struct folder *f, const char *entry)
{
	assert_int_equal(folder_append(f, entry, strlen(entry)), 0);
}

static void land(struct folder *f)
{
	assert_int_equal(folder_sync(f), 0);
	assert_int_equal(folder_publish(f, &signer), 0);
}

static struct folder *reopen(struct folder *f)
{
	struct folder *again = NULL;

	folder_close(f);
	assert_int_equal(folder_open(&again, dir, &signer.key), 0);
	return again;
}

/* ---- the published log, byte for byte */

static void assert_same_file(const char *a_dir, const char *b_dir,
			     const char *path)
{
	int a = open(a_dir, O_DIRECTORY | O_RDONLY);
	int b = open(b_dir, O_DIRECTORY | O_RDONLY);
	uint8_t p[2][8192];
	size_t n[2];

	assert_int_equal(file_read(a, path, p[0], sizeof(p[0]), &n[0]), 0);
	assert_int_equal(file_read(b, path, p[1], sizeof(p[1]), &n[1]), 0);
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(p[0], p[1], n[0]);
	(void)close(a);
	(void)close(b);
}

static void the_published_log_is_rebuilt(void **state)
{
	static const char *const entries[] = {
		"one",    "two",   "three",    "four",    "five",
		"six",    "seven", "eit",      "nain",    "ten",
		"ileven", "twelf", "threeten", "fourten", "fivten",
	};
	const char *vectors = vectors_folder("tlog");
	struct folder *f = NULL;
	char path[64], key_text[NOTE_KEY_TEXT_MAX];

	(void)state;
	if (!vectors)
		return;
	note_key_text(&signer.key, key_text);
	assert_string_equal(key_text, vkey);
	f = reopen(f);
	for (unsigned n = 0; n <= 15; n++) {
		char want[4096];
		size_t len;
		int fd;

		if (n)
			add(f, entries[n - 1]);
		land(f);
		(void)snprintf(path, sizeof(path), "checkpoint.%u", n);
		fd = open(vectors, O_DIRECTORY | O_RDONLY);
		assert_int_equal(file_read(fd, path, want, sizeof(want), &len),
				 0);
		(void)close(fd);
		assert_int_equal(folder_note(f).len, len);
		assert_memory_equal(folder_note(f).p, want, len);
		if (n % 4 == 3)
			f = reopen(f);
		if (!n)
			continue;
		(void)snprintf(path, sizeof(path), "tile/0/000.p/%u", n);
		assert_same_file(dir, vectors, path);
		(void)snprintf(path, sizeof(path), "tile/entries/000.p/%u", n);
		assert_same_file(dir, vectors, path);
	}
	assert_same_file(dir, vectors, "checkpoint");
	folder_close(f);
}

/* ---- growing past tiles, and being opened again at any size */

static void a_log_is_the_same_however_it_was_cut(void **state)
{
	struct merkle_edge plain = { 0 };
	struct folder *f = NULL;
	char entry[32];
	unsigned cut = 1;

	(void)state;
	f = reopen(f);
	for (unsigned i = 0; i < 66000; i++) {
		struct merkle_hash h, root, want;

		(void)snprintf(entry, sizeof(entry), "entry %u", i);
		add(f, entry);
		merkle_leaf(entry, strlen(entry), &h);
		merkle_edge_append(&plain, &h);
		if (i != cut && (i < 65530 || i > 65540))
			continue;
		cut = cut * 3 / 2 + 7;
		land(f);
		f = reopen(f);
		assert_int_equal(folder_size(f), i + 1);
		folder_root(f, &root);
		merkle_edge_root(&plain, &want);
		assert_true(merkle_same(&root, &want));
	}
	/* not published: gone when opened again, and no harm done */
	assert_true(folder_size(f) > folder_published(f));
	f = reopen(f);
	assert_int_equal(folder_size(f), folder_published(f));
	folder_close(f);
}

static void partial_tiles_go_when_the_full_one_is_published(void **state)
{
	struct folder *f = NULL;
	int fd = open(dir, O_DIRECTORY | O_RDONLY);

	(void)state;
	f = reopen(f);
	for (unsigned i = 0; i < 255; i++)
		add(f, "x");
	land(f);
	assert_int_equal(faccessat(fd, "tile/0/000.p/255", F_OK, 0), 0);
	add(f, "y");
	assert_int_equal(folder_sync(f), 0);
	/* the checkpoint under its name still needs it */
	assert_int_equal(faccessat(fd, "tile/0/000.p/255", F_OK, 0), 0);
	assert_int_equal(folder_publish(f, &signer), 0);
	assert_int_equal(faccessat(fd, "tile/0/000.p", F_OK, 0), -1);
	assert_int_equal(faccessat(fd, "tile/entries/000.p", F_OK, 0), -1);
	assert_int_equal(faccessat(fd, "tile/0/000", F_OK, 0), 0);
	assert_int_equal(faccessat(fd, "tile/1/000.p/1", F_OK, 0), 0);
	/* never an empty one */
	assert_int_equal(faccessat(fd, "tile/0/001.p", F_OK, 0), -1);
	folder_close(f);
	(void)close(fd);
}

static void only_one_writes(void **state)
{
	struct folder *f = NULL, *second = NULL;

	(void)state;
	f = reopen(f);
	assert_int_equal(folder_open(&second, dir, &signer.key), EAGAIN);
	folder_close(f);
	assert_int_equal(folder_open(&second, dir, &signer.key), 0);
	folder_close(second);
}

/* ---- what others did to the files */

static void overwrite(const char *path, const char *bytes)
{
	int at = open(dir, O_DIRECTORY | O_RDONLY);
	int fd = openat(at, path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
	(void)close(fd);
	(void)close(at);
}

static void a_changed_log_is_noticed_while_open(void **state)
{
	struct folder *f = NULL;
	char moved[80], path[128];

	(void)state;
	f = reopen(f);
	assert_int_equal(folder_still_ours(f), 0);
	for (int i = 0; i < 5; i++)
		add(f, "entry");
	land(f);
	assert_int_equal(folder_still_ours(f), 0);
	overwrite("tile/entries/000.p/5", "other");
	assert_int_equal(folder_still_ours(f), ESTALE);
	add(f, "entry");
	land(f);
	assert_int_equal(folder_still_ours(f), 0);
	(void)snprintf(path, sizeof(path), "%s/checkpoint", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(folder_still_ours(f), ESTALE);
	land(f);
	assert_int_equal(folder_still_ours(f), 0);
	/* the folder itself replaced by another */
	(void)snprintf(moved, sizeof(moved), "%s.moved", dir);
	assert_int_equal(rename(dir, moved), 0);
	assert_int_equal(folder_still_ours(f), ESTALE);
	assert_int_equal(mkdir(dir, 0755), 0);
	assert_int_equal(folder_still_ours(f), ESTALE);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(rename(moved, dir), 0);
	assert_int_equal(folder_still_ours(f), 0);
	folder_close(f);
}

static void a_changed_log_is_not_opened(void **state)
{
	struct folder *f = NULL;

	(void)state;
	f = reopen(f);
	for (int i = 0; i < 5; i++)
		add(f, "entry");
	land(f);
	folder_close(f);
	f = NULL;
	overwrite("tile/entries/000.p/5", "other");
	assert_int_equal(folder_open(&f, dir, &signer.key), EBADMSG);
	overwrite("tile/0/000.p/5", "other");
	assert_int_equal(folder_open(&f, dir, &signer.key), EBADMSG);
	overwrite("checkpoint", "other\n");
	assert_int_equal(folder_open(&f, dir, &signer.key), EBADMSG);
	assert_null(f);
}

/* ---- key files */

static void a_fresh_key_is_kept_private(void **state)
{
	char text[NOTE_KEY_TEXT_MAX], again[NOTE_KEY_TEXT_MAX], path[128];
	struct note_signer s;
	struct stat st;

	(void)state;
	assert_int_equal(ledger_init(dir, "example.org/log", text), 0);
	(void)snprintf(path, sizeof(path), "%s/log.key", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(ledger_key_load(path, &s), 0);
	note_key_text(&s.key, again);
	assert_string_equal(text, again);
	note_signer_close(&s);
	/* a second time would orphan every checkpoint of the first */
	assert_int_equal(ledger_init(dir, "example.org/log", text), EEXIST);
	assert_int_equal(ledger_init(dir, "has blank", text), EEXIST);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(the_published_log_is_rebuilt),
		CASE(a_log_is_the_same_however_it_was_cut),
		CASE(partial_tiles_go_when_the_full_one_is_published),
		CASE(only_one_writes),
		CASE(a_changed_log_is_noticed_while_open),
		CASE(a_changed_log_is_not_opened),
		CASE(a_fresh_key_is_kept_private),
	};

	return sodium_init() < 0 || secret_init(16384) ||
	       cmocka_run_group_tests(tests, NULL, NULL);
}
