#include "tests/unit/unit.h"

#include <sodium.h>

#include "tlog/tile.h"

static void paths_go_both_ways(void **state)
{
	static const struct {
		struct tile_name name;
		const char *path;
	} rows[] = {
		{ { 0, 0, 256 }, "tile/0/000" },
		{ { 0, 5, 1 }, "tile/0/005.p/1" },
		{ { 7, 999, 255 }, "tile/7/999.p/255" },
		{ { 3, 1000, 256 }, "tile/3/x001/000" },
		{ { TILE_ENTRIES, 1234067, 256 },
		  "tile/entries/x001/x234/067" },
		{ { TILE_ENTRIES, 1234067, 17 },
		  "tile/entries/x001/x234/067.p/17" },
		{ { 0, UINT64_MAX, 256 },
		  "tile/0/x018/x446/x744/x073/x709/x551/615" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[TILE_PATH_MAX];
		struct tile_name name;

		tile_path(&rows[i].name, path);
		assert_string_equal(path, rows[i].path);
		assert_int_equal(tile_path_read(text_of(path), &name), 0);
		assert_int_equal(name.level, rows[i].name.level);
		assert_int_equal(name.index, rows[i].name.index);
		assert_int_equal(name.width, rows[i].name.width);
	}
}

static void other_spellings_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"tile",
		"tile/",
		"tile/0",
		"tile/0/",
		"tile/0/0",
		"tile/0/0000",
		"tile/8/000",
		"tile/00/000",
		"tile/-1/000",
		"tile/0/x000/000",
		"tile/0/x000/x001/000",
		"tile/0/001/000",
		"tile/0/x001",
		"tile/0/x001/",
		"tile/0/000.p/0",
		"tile/0/000.p/256",
		"tile/0/000.p/01",
		"tile/0/000.p/",
		"tile/0/000.p",
		"tile/0/000/",
		"/tile/0/000",
		"tile/0/../000",
		"tile/data/000",
		"tile/0/x018/x446/x744/x073/x709/x551/616",
		"tile/0/x001/x018/x446/x744/x073/x709/x551/615",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tile_name name;

		assert_int_equal(tile_path_read(text_of(rows[i]), &name),
				 EBADMSG);
	}
}

static void tiles_are_as_wide_as_the_tree(void **state)
{
	static const struct {
		unsigned level;
		uint64_t index, size;
		unsigned width;
	} rows[] = {
		{ 0, 0, 0, 0 },
		{ 0, 0, 1, 1 },
		{ 0, 0, 255, 255 },
		{ 0, 0, 256, 256 },
		{ 0, 1, 256, 0 },
		{ 1, 0, 255, 0 },
		{ 1, 0, 256, 1 },
		{ 1, 0, 65536, 256 },
		{ 2, 0, 65536, 1 },
		{ TILE_ENTRIES, 1, 257, 1 },
		{ 7, 0, UINT64_MAX, 255 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			tile_width(rows[i].level, rows[i].index, rows[i].size),
			rows[i].width);
}

static void bundles_are_not_read_past_their_end(void **state)
{
	uint8_t buf[16];
	struct writer w = writer_on(buf, sizeof(buf));
	struct bytes entry;

	(void)state;
	assert_int_equal(bundle_put(&w, "one", 3), 0);
	assert_int_equal(bundle_put(&w, "", 0), 0);
	assert_int_equal(bundle_put(&w, buf, TILE_ENTRY_MAX + 1), EMSGSIZE);
	for (size_t len = 0; len < w.len; len++) {
		/* on the heap, so that the sanitizer sees a byte too many */
		uint8_t *copy = malloc(len ? len : 1);
		struct reader r;
		unsigned n = 0;

		assert_non_null(copy);
		memcpy(copy, buf, len);
		r = reader_on(copy, len);
		while (!bundle_next(&r, &entry))
			n++;
		assert_int_equal(n, len < 5 ? 0 : 1);
		free(copy);
	}
}

static void a_hash_is_of_a_complete_subtree(void **state)
{
	static const struct {
		unsigned width, height, at;
		int err;
	} rows[] = {
		{ 256, 8, 0, 0 },        { 256, 0, 255, 0 },
		{ 256, 7, 128, 0 },      { 256, 9, 0, EINVAL },
		{ 256, 40, 0, EINVAL },  { 256, 0, 256, EINVAL },
		{ 255, 8, 0, EINVAL },   { 255, 1, 254, EINVAL },
		{ 256, 1, 255, EINVAL }, { 257, 0, 256, EINVAL },
		{ 0, 0, 0, EINVAL },
	};
	static uint8_t tile[TILE_BYTES];
	struct merkle_hash h;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(tile_hash(tile, rows[i].width, rows[i].height,
					   rows[i].at, &h),
				 rows[i].err);
}

static int no_tile(void *arg, const struct tile_name *name, uint8_t *ret,
		   size_t *ret_len)
{
	(void)name;
	memset(ret, 0, TILE_BYTES);
	*ret_len = *(size_t *)arg;
	return 0;
}

static void a_tile_of_another_length_is_refused(void **state)
{
	struct tile_reader t;
	struct merkle_hash h;
	size_t len;

	(void)state;
	tile_reader_init(&t, no_tile, &len, 10);
	len = 320;
	assert_int_equal(tile_reader_hash(&t, 0, 9, &h), 0);
	assert_int_equal(tile_reader_hash(&t, 0, 10, &h), EINVAL);
	assert_int_equal(tile_reader_hash(&t, 3, 0, &h), 0);
	assert_int_equal(tile_reader_hash(&t, 3, 1, &h), EINVAL);
	assert_int_equal(tile_reader_hash(&t, 63, 1, &h), EINVAL);
	assert_int_equal(tile_reader_hash(&t, 60, UINT64_MAX, &h), EINVAL);
	tile_reader_init(&t, no_tile, &len, 10);
	len = 319;
	assert_int_equal(tile_reader_hash(&t, 0, 9, &h), EBADMSG);
	len = 352;
	assert_int_equal(tile_reader_hash(&t, 0, 9, &h), EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_go_both_ways),
		cmocka_unit_test(other_spellings_are_refused),
		cmocka_unit_test(tiles_are_as_wide_as_the_tree),
		cmocka_unit_test(bundles_are_not_read_past_their_end),
		cmocka_unit_test(a_hash_is_of_a_complete_subtree),
		cmocka_unit_test(a_tile_of_another_length_is_refused),
	};

	return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
