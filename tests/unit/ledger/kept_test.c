/*
 * kept -- in the database until its time is over, and then in none of its files
 */
#include "tests/unit/unit.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "process/ledger/ask.h"
#include "process/ledger/book.h"
#include "tests/unit/ledger/books.h"
#include "tlog/folder.h"

enum { SEALED_BYTES = 520, CALLS = 700, MANY_MS = 1000 };

static char dir[SCRATCH_MAX];
static struct note_signer signer;
static struct book *book;

static void open_book(void)
{
	bool rolled_back;

	assert_int_equal(book_open(&book, dir, &signer, &rolled_back), 0);
	assert_false(rolled_back);
}

static int set_up(void **state)
{
	(void)state;
	if (books_make(dir, &signer))
		return 1;
	open_book();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return books_remove(dir, &signer, book);
}

/* What cannot be mistaken for anything else: the number in each 16 bytes. */
static void fill(uint8_t sealed[SEALED_BYTES], unsigned n)
{
	for (unsigned i = 0; i + 16 <= SEALED_BYTES; i += 16)
		(void)snprintf((char *)sealed + i, 16, "sealed-%07u", n);
}

static void id_for(uint8_t id[ID_BYTES], unsigned n)
{
	uint8_t digest[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(digest, (const uint8_t *)&n, sizeof(n));
	memcpy(id, digest, ID_BYTES);
}

static void keep(unsigned n, int64_t until_ms)
{
	uint8_t sealed[SEALED_BYTES] = { 0 };
	struct database_kept k = { .until_ms = until_ms,
				   .region = TEXT("region-04"),
				   .sealed = { sealed, sizeof(sealed) } };

	fill(sealed, n);
	id_for(k.id, n);
	assert_int_equal(book_keep(book, &k), 0);
}

/* How often the text, or the id, stands in the files. */
static unsigned in_file(const char *name, const void *what, size_t len)
{
	char path[128];
	unsigned found = 0;
	uint8_t *bytes;
	FILE *f;
	long size;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	if (!f)
		return 0;
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	bytes = malloc((size_t)size + 1);
	assert_non_null(bytes);
	rewind(f);
	assert_int_equal(fread(bytes, 1, (size_t)size, f), size);
	for (const uint8_t *p = bytes, *end = bytes + size;
	     (p = memmem(p, (size_t)(end - p), what, len)); p += len)
		found++;
	free(bytes);
	(void)fclose(f);
	return found;
}

static unsigned in_files(const void *what, size_t len)
{
	return in_file("db.sqlite", what, len) +
	       in_file("db.sqlite-wal", what, len);
}

static unsigned forget(int64_t now_ms)
{
	unsigned count = 0;

	assert_int_equal(book_forget(book, now_ms, &count), 0);
	return count;
}

static bool is_there(unsigned n)
{
	uint8_t id[ID_BYTES];
	char text[17];

	(void)snprintf(text, sizeof(text), "sealed-%07u", n);
	id_for(id, n);
	return in_files(text, 14) || in_files(id, sizeof(id));
}

static void what_is_over_is_gone_from_the_files(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CALLS; i++) {
		keep(i, MANY_MS + i);
		if (i % 50 == 49)
			assert_int_equal(book_flush(book), 0);
	}
	assert_int_equal(book_flush(book), 0);
	for (unsigned i = 0; i < CALLS; i += 100)
		assert_true(is_there(i));
	assert_int_equal(forget(MANY_MS + CALLS / 2), CALLS / 2 + 1);
	for (unsigned i = 0; i <= CALLS / 2; i++)
		assert_false(is_there(i));
	assert_true(is_there(CALLS / 2 + 1));
	assert_int_equal(forget(MANY_MS + 2 * CALLS), CALLS / 2 - 1);
	assert_int_equal(in_files("sealed-", 7), 0);
	assert_int_equal(in_files("region-04", 9), 0);
}

/* It died between the deletion and the cutting of the log. */
static void what_the_one_before_left_in_its_log_is_gone(void **state)
{
	(void)state;
	keep(1, MANY_MS);
	assert_int_equal(book_flush(book), 0);
	assert_true(in_file("db.sqlite-wal", "sealed-", 7) > 0);
	book_close(book);
	open_book();
	assert_int_equal(forget(MANY_MS), 1);
	assert_int_equal(in_files("sealed-", 7), 0);
}

static void the_same_twice_is_kept_once(void **state)
{
	(void)state;
	keep(1, MANY_MS);
	keep(1, MANY_MS);
	assert_int_equal(forget(MANY_MS - 1), 0);
	assert_int_equal(forget(MANY_MS), 1);
}

/* Pages, as the desk asks for them: until one is empty. */
static void all_are_listed_in_order(void **state)
{
	static uint8_t buf[ASK_REPLY_MAX];
	char text[128] = "{\"ask\":\"kept\"}";
	unsigned seen = 0;
	json_t *o = NULL;
	size_t rows;

	(void)state;
	for (unsigned i = 0; i < 250; i++)
		keep(i, MANY_MS + i / 2);
	do {
		struct writer w = writer_on(buf, sizeof(buf));
		struct ask ask;
		json_t *list, *last;

		assert_int_equal(ask_read(text_of(text), &ask), 0);
		assert_int_equal(ask_answer(book, &ask, &w), 0);
		json_decref(o);
		o = json_loadb((const char *)buf, w.len, 0, NULL);
		list = json_object_get(o, "kept");
		assert_true(json_is_array(list));
		rows = json_array_size(list);
		seen += (unsigned)rows;
		if (!rows)
			break;
		last = json_array_get(list, rows - 1);
		assert_int_equal(
			json_integer_value(json_object_get(last, "until")),
			MANY_MS + (seen - 1) / 2);
		(void)snprintf(text, sizeof(text),
			       "{\"ask\":\"kept\",\"from\":%lld,\"id\":\"%s\"}",
			       (long long)json_integer_value(
				       json_object_get(last, "until")),
			       json_string_value(json_object_get(last, "id")));
	} while (seen < 1000);
	json_decref(o);
	assert_int_equal(seen, 250);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(what_is_over_is_gone_from_the_files),
		CASE(what_the_one_before_left_in_its_log_is_gone),
		CASE(the_same_twice_is_kept_once),
		CASE(all_are_listed_in_order),
	};

	return sodium_init() < 0 || secret_init(16384) ||
	       cmocka_run_group_tests(tests, NULL, NULL);
}
