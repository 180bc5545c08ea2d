#include "tests/unit/unit.h"

#include "https/range.h"

/* RFC 9110 14.1.2, of something ten bytes long */
static void a_range_is_within_what_is_there(void **state)
{
	static const struct {
		const char *header;
		int err;
		uint64_t from, len;
	} rows[] = {
		{ NULL, ENOENT, 0, 0 },
		{ "", ENOENT, 0, 0 },
		{ "bytes=0-0", 0, 0, 1 },
		{ "bytes=0-9", 0, 0, 10 },
		{ "bytes=3-4", 0, 3, 2 },
		{ "bytes=9-", 0, 9, 1 },
		{ "bytes=0-", 0, 0, 10 },
		{ "bytes=5-9223372036854775807", 0, 5, 5 },
		{ "bytes=10-", ERANGE, 0, 0 },
		{ "bytes=10-11", ERANGE, 0, 0 },
		{ "bytes=4-3", ENOENT, 0, 0 },
		{ "bytes=-3", ENOENT, 0, 0 },
		{ "bytes=1-2,4-5", ENOENT, 0, 0 },
		{ "bytes= 1-2", ENOENT, 0, 0 },
		{ "bytes=1-18446744073709551616", ENOENT, 0, 0 },
		{ "lines=1-2", ENOENT, 0, 0 },
		{ "bytes=", ENOENT, 0, 0 },
		{ "bytes=1", ENOENT, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct https_range r = { 0, 0 };

		assert_int_equal(https_range_read(rows[i].header, 10, &r),
				 rows[i].err);
		assert_int_equal(r.from, rows[i].from);
		assert_int_equal(r.len, rows[i].len);
	}
}

static void of_nothing_there_is_no_range(void **state)
{
	struct https_range r;

	(void)state;
	assert_int_equal(https_range_read("bytes=0-", 0, &r), ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_is_within_what_is_there),
		cmocka_unit_test(of_nothing_there_is_no_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
