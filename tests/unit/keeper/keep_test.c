#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "process/keeper/generations.h"
#include "process/keeper/used.h"
#include "process/keeper/vault.h"

static char dir[] = "/tmp/keeper-test-XXXXXX";
static int dir_fd;
static struct used *used;

static int setup(void **state)
{
	(void)state;
	if (sodium_init() < 0 || secret_init(512 * 1024) || !mkdtemp(dir))
		return 1;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	used = calloc(1, sizeof(*used));
	return dir_fd < 0 || !used;
}

static int teardown(void **state)
{
	static const char *const names[] = { "state", "state.new", "id.age" };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		(void)unlinkat(dir_fd, names[i], 0);
	(void)close(dir_fd);
	free(used);
	return rmdir(dir);
}

static struct used_request request_of(uint8_t first, uint64_t not_after_ms)
{
	struct used_request q = { .not_after_ms = not_after_ms,
				  .released_ms = not_after_ms,
				  .asker = "rut" };

	q.d[0] = first;
	return q;
}

/* Written, read by another life, still used. */
static void test_used_survives(void **state)
{
	struct used *again = calloc(1, sizeof(*again));
	struct used_request q = request_of(7, 1000);

	(void)state;
	assert_non_null(again);
	assert_int_equal(ENOENT, used_load(dir_fd, again));
	memset(used, 0, sizeof(*used));
	used->log_size = 42;
	memset(used->log_root.b, 9, 32);
	assert_int_equal(0, used_add(used, &q, 1000));
	assert_int_equal(0, used_save(dir_fd, used));
	assert_int_equal(0, used_load(dir_fd, again));
	assert_true(used_has(again, q.d));
	assert_int_equal(42, again->log_size);
	assert_memory_equal(used->log_root.b, again->log_root.b, 32);
	assert_int_equal(1, used_since(again, "rut", 1000));
	assert_int_equal(0, used_since(again, "olga", 0));
	free(again);
}

/* A file that was cut anywhere is refused, never half believed. */
static void test_used_cut(void **state)
{
	static uint8_t file[USED_FILE_MAX];
	struct writer w = writer_on(file, sizeof(file));
	struct used *again = calloc(1, sizeof(*again));
	struct used_request q = request_of(7, 1000);

	(void)state;
	memset(used, 0, sizeof(*used));
	assert_int_equal(0, used_add(used, &q, 1000));
	assert_int_equal(0, used_write(&w, used));
	for (size_t n = 0; n < w.len; n++)
		assert_int_equal(
			EBADMSG,
			used_read((struct text){ (char *)file, n }, again));
	assert_int_equal(
		0, used_read((struct text){ (char *)file, w.len }, again));
	free(again);
}

/* What stands in the way of the new file leaves the old one whole. */
static void test_used_save_fails(void **state)
{
	struct used *again = calloc(1, sizeof(*again));
	struct used_request first = request_of(1, 1000), second;

	(void)state;
	second = request_of(2, 1000);
	memset(used, 0, sizeof(*used));
	assert_int_equal(0, used_add(used, &first, 1000));
	assert_int_equal(0, used_save(dir_fd, used));
	assert_int_equal(0, mkdirat(dir_fd, "state.new", 0700));
	assert_int_equal(0, used_add(used, &second, 1000));
	assert_int_equal(EISDIR, used_save(dir_fd, used));
	assert_int_equal(0, used_load(dir_fd, again));
	assert_true(used_has(again, first.d));
	assert_false(used_has(again, second.d));
	assert_int_equal(0, unlinkat(dir_fd, "state.new", AT_REMOVEDIR));
	free(again);
}

/* Kept a day past its end; when all are young, there is no room. */
static void test_used_room(void **state)
{
	struct used_request q = request_of(0, 1000);

	(void)state;
	memset(used, 0, sizeof(*used));
	for (unsigned i = 0; i < USED_MAX; i++) {
		randombytes_buf(q.d, sizeof(q.d));
		assert_int_equal(0, used_add(used, &q, 1000));
	}
	assert_int_equal(EMSGSIZE, used_add(used, &q, 1000 + USED_KEPT_MS - 1));
	assert_int_equal(0, used_add(used, &q, 1000 + USED_KEPT_MS));
	assert_int_equal(1, used->count);
}

static void test_generations(void **state)
{
	struct generations g = { 0 }, back;
	struct settings *s = calloc(1, sizeof(*s));
	char text[4096], one[AGE_RECIPIENT_CHARS + 1];
	struct writer w = writer_on(text, sizeof(text));
	bool fresh;

	(void)state;
	assert_non_null(s);
	assert_int_equal(ENOKEY, generations_add(&g, s, &fresh));
	for (unsigned i = 0; i < JUDGE_GENERATIONS_MAX + 3; i++) {
		struct age_recipient r;

		randombytes_buf(r.key, sizeof(r.key));
		age_recipient_text(&r, one);
		s->recipient_count = 1;
		memcpy(s->recipients[0].key, one, sizeof(one));
		assert_int_equal(0, generations_add(&g, s, &fresh));
		assert_true(fresh);
		assert_int_equal(0, generations_add(&g, s, &fresh));
		assert_false(fresh);
	}
	assert_int_equal(JUDGE_GENERATIONS_MAX, g.count);
	assert_int_equal(0, generations_write(&w, &g));
	assert_int_equal(0,
			 generations_read((struct text){ text, w.len }, &back));
	assert_memory_equal(&g, &back, sizeof(g));
	assert_int_equal(EBADMSG, generations_read(TEXT("age1junk\n"), &back));
	assert_int_equal(EBADMSG, generations_read(TEXT("\n"), &back));
	free(s);
}

static void load(struct vault *v, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY);
	ssize_t n = read(fd, v->file, sizeof(v->file));

	assert_true(n > 0);
	v->file_len = (size_t)n;
	(void)close(fd);
}

static void test_vault(void **state)
{
	char path[64], passphrase[PASSPHRASE_MAX];
	char recipient[AGE_RECIPIENT_CHARS + 1];
	char opened[AGE_RECIPIENT_CHARS + 1];
	struct vault *v = calloc(1, sizeof(*v));
	struct stat st;

	(void)state;
	assert_non_null(v);
	assert_int_equal(ENOENT, vault_unlock(v, TEXT("x"), 0));
	(void)snprintf(path, sizeof(path), "%s/id.age", dir);
	assert_int_equal(0, key_make_identity(path, passphrase, recipient));
	assert_int_equal(EEXIST,
			 key_make_identity(path, passphrase, recipient));
	assert_int_equal(0, stat(path, &st));
	assert_int_equal(0600, st.st_mode & 0777);
	load(v, "id.age");

	/* wrong: wait 1 s, then 2 s, even for the right one */
	assert_int_equal(ENOKEY, vault_unlock(v, TEXT("wrong"), 0));
	assert_int_equal(EAGAIN, vault_unlock(v, text_of(passphrase), 999));
	assert_int_equal(ENOKEY, vault_unlock(v, TEXT("wrong"), 1000));
	assert_int_equal(2, vault_wait_s(v, 1000));
	assert_int_equal(EAGAIN, vault_unlock(v, text_of(passphrase), 2999));
	assert_false(v->unlocked);
	assert_int_equal(0, vault_unlock(v, text_of(passphrase), 3000));
	assert_true(v->unlocked);
	age_recipient_text(&v->identities[0].recipient, opened);
	assert_string_equal(recipient, opened);
	vault_lock(v);
	assert_false(v->unlocked);
	assert_null(v->identities[0].scalar);
	assert_null(v->signer);

	/* damaged: no guess is counted */
	v->file[v->file_len - 1] ^= 1;
	assert_int_equal(EBADMSG, vault_unlock(v, text_of(passphrase), 9000));
	free(v);
}

/* What we write, stock age's header reader takes as its own. */
static void test_identity_form(void **state)
{
	struct vault *v = calloc(1, sizeof(*v));
	struct age_header h;

	(void)state;
	assert_non_null(v);
	load(v, "id.age");
	assert_int_equal(
		0, age_header_read((struct bytes){ v->file, v->file_len }, &h));
	assert_int_equal(1, h.stanza_count);
	assert_true(text_is(h.stanzas[0].args[0], "scrypt"));
	free(v);
}

/* Counted from the unlocking, by the clock that nobody sets. */
static void test_locks_by_time(void **state)
{
	struct vault v = { 0 };

	(void)state;
	assert_true(vault_until_lock(&v, 60, 5000) == UINT64_MAX);
	v.unlocked = true;
	v.count = 1;
	v.unlocked_ms[0] = 5000;
	assert_true(vault_until_lock(&v, 0, 900000) == UINT64_MAX);
	assert_int_equal(60000, vault_until_lock(&v, 60, 5000));
	assert_int_equal(1, vault_until_lock(&v, 60, 64999));
	assert_int_equal(0, vault_until_lock(&v, 60, 65000));
	assert_int_equal(0, vault_until_lock(&v, 1, 900000));
}

/* Months beside the keeper's own: each for its time, none without it. */
static void test_months(void **state)
{
	char passphrase[3][PASSPHRASE_MAX];
	struct age_recipient r[3];
	uint8_t file[3][IDENTITY_FILE_MAX];
	size_t len[3];
	struct vault *v = calloc(1, sizeof(*v));

	(void)state;
	assert_non_null(v);
	for (unsigned i = 0; i < 3; i++) {
		struct writer w = writer_on(file[i], sizeof(file[i]));
		struct age_identity id;

		assert_int_equal(0, age_identity_new(&id));
		passphrase_new(passphrase[i]);
		assert_int_equal(
			0, identity_seal(&id, text_of(passphrase[i]), &w));
		len[i] = w.len;
		age_identity_close(&id);
	}
	memcpy(v->file, file[0], len[0]);
	v->file_len = len[0];
	assert_int_equal(
		0, vault_unlock_file(v, (struct bytes){ file[1], len[1] },
				     text_of(passphrase[1]), 1000, &r[1]));
	assert_int_equal(0, vault_in_use(v)); /* its own is locked */
	assert_int_equal(0, vault_unlock(v, text_of(passphrase[0]), 9000));
	assert_int_equal(2, vault_in_use(v));
	assert_int_equal(
		0, vault_unlock_file(v, (struct bytes){ file[2], len[2] },
				     text_of(passphrase[2]), 5000, &r[2]));
	assert_int_equal(3, vault_in_use(v));
	/* again is the same, and counts from then */
	assert_int_equal(
		0, vault_unlock_file(v, (struct bytes){ file[2], len[2] },
				     text_of(passphrase[2]), 6000, &r[2]));
	assert_int_equal(3, vault_in_use(v));
	assert_int_equal(
		ENOKEY, vault_unlock_file(v, (struct bytes){ file[1], len[1] },
					  text_of(passphrase[2]), 6000, &r[0]));
	assert_int_equal(1000, vault_until_lock(v, 10, 10000));
	vault_lock_months(v, 10, 11000);
	assert_int_equal(2, vault_in_use(v));
	assert_memory_equal(r[2].key, v->identities[1].recipient.key, 32);
	vault_lock(v);
	assert_int_equal(0, vault_in_use(v));
	assert_null(v->identities[1].scalar);
	free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_used_survives),
		cmocka_unit_test(test_used_cut),
		cmocka_unit_test(test_used_save_fails),
		cmocka_unit_test(test_used_room),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_vault),
		cmocka_unit_test(test_identity_form),
		cmocka_unit_test(test_locks_by_time),
		cmocka_unit_test(test_months),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
