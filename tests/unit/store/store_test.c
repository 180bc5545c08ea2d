#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"

struct here {
	char folder[64];
	struct store *store;
	uint8_t name[ID_BYTES];
};

static int set_up(void **state)
{
	struct here *h = calloc(1, sizeof(*h));

	memcpy(h->folder, "/tmp/vaxel-store-XXXXXX",
	       sizeof("/tmp/vaxel-store-XXXXXX"));
	assert_non_null(mkdtemp(h->folder));
	assert_int_equal(store_open(&h->store, h->folder), 0);
	id_new(h->name);
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	struct here *h = *state;

	store_close(h->store);
	assert_int_equal(rmdir(h->folder), 0);
	free(h);
	return 0;
}

static void body_appears_whole(void **state)
{
	struct here *h = *state;
	struct store_part *p;
	uint64_t size;
	uint8_t got[32];
	size_t len;

	assert_int_equal(store_part_open(h->store, h->name, &p), 0);
	assert_int_equal(store_part_write(p, 5, "world!", 6), 0);
	assert_int_equal(store_part_write(p, 0, "hello", 5), 0);
	assert_int_equal(store_size(h->store, h->name, &size), ENOENT);
	assert_int_equal(store_part_finish(p, 10), EBADMSG);
	assert_int_equal(store_size(h->store, h->name, &size), ENOENT);
	assert_int_equal(store_part_finish(p, 11), 0);
	store_part_close(p);

	assert_int_equal(store_size(h->store, h->name, &size), 0);
	assert_int_equal(size, 11);
	assert_int_equal(store_part_delete(h->store, h->name), ENOENT);
	assert_int_equal(
		store_read(h->store, h->name, 3, got, sizeof(got), &len), 0);
	assert_int_equal(len, 8);
	assert_memory_equal(got, "loworld!", 8);
	assert_int_equal(store_delete(h->store, h->name), 0);
	assert_int_equal(store_delete(h->store, h->name), ENOENT);
}

static void part_goes_on_after_a_crash(void **state)
{
	struct here *h = *state;
	struct store_part *p;
	uint64_t size;

	assert_int_equal(store_part_open(h->store, h->name, &p), 0);
	assert_int_equal(store_part_write(p, 0, "abcd", 4), 0);
	store_part_close(p);
	assert_int_equal(store_part_open(h->store, h->name, &p), 0);
	assert_int_equal(store_part_size(p, &size), 0);
	assert_int_equal(size, 4);
	assert_int_equal(store_sync(h->store), 0);
	store_part_close(p);
	assert_int_equal(store_part_delete(h->store, h->name), 0);
}

struct count {
	int parts, bodies;
	const uint8_t *part;
};

static void count_one(void *arg, const uint8_t name[ID_BYTES], bool part)
{
	struct count *c = arg;

	if (part)
		assert_memory_equal(name, c->part, ID_BYTES);
	c->parts += part;
	c->bodies += !part;
}

static void list_tells_parts_from_bodies(void **state)
{
	struct here *h = *state;
	struct store_part *p;
	uint8_t other[ID_BYTES];
	struct count c = { 0, 0, h->name };

	id_new(other);
	assert_int_equal(store_part_open(h->store, other, &p), 0);
	assert_int_equal(store_part_finish(p, 0), 0);
	store_part_close(p);
	assert_int_equal(store_part_open(h->store, h->name, &p), 0);
	store_part_close(p);
	assert_int_equal(store_list(h->store, count_one, &c), 0);
	assert_int_equal(c.parts, 1);
	assert_int_equal(c.bodies, 1);
	assert_int_equal(store_delete(h->store, other), 0);
	assert_int_equal(store_part_delete(h->store, h->name), 0);
}

static void folder_that_cannot_be(void **state)
{
	struct store *s = NULL;

	(void)state;
	assert_int_not_equal(store_open(&s, "/proc/no-such/place"), 0);
	assert_null(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(body_appears_whole, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(part_goes_on_after_a_crash,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(list_tells_parts_from_bodies,
						set_up, tear_down),
		cmocka_unit_test(folder_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
