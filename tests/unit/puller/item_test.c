#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "process/puller/item.h"

enum { LINE_MAX_BYTES = 16 * 1024 };

/* One that a real node gave. */
static char line[LINE_MAX_BYTES];
static struct item item;

static int set_up(void **state)
{
	const char *source = getenv("SOURCE");
	char path[512];
	ssize_t n;
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/fuzz/seeds/pull_item/sealed",
		       source ? source : ".");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 1;
	n = read(fd, line, sizeof(line) - 1);
	(void)close(fd);
	if (n <= 0)
		return 1;
	line[n] = '\0';
	return 0;
}

static void a_whole_one_is_read(void **state)
{
	char id[ID_CHARS + 1];

	(void)state;
	assert_int_equal(item_read(text_of(line), "Region Test", &item), 0);
	assert_int_equal(item.state, RECORD_SEALED);
	assert_string_equal(item.origin, "vaxel.example/supplier");
	assert_string_equal(item.cursor, "1.nwb6muwpvgjeeeq5orebrwheba");
	id_text(item.id, id);
	assert_string_equal(id, "nwb6muwpvgjeeeq5orebrwheba");
	assert_int_equal(item.body_bytes, 14122);
	assert_true(item.envelope_len && item.card_len &&
		    item.card_envelope_len);
}

static int with(const char *what, const char *by)
{
	static char changed[2 * LINE_MAX_BYTES];
	const char *at = strstr(line, what);

	assert_non_null(at);
	(void)snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - line),
		       line, by, at + strlen(what));
	return item_read(text_of(changed), "Region Test", &item);
}

static void what_the_entry_does_not_commit_to_is_refused(void **state)
{
	static const struct {
		const char *what, *by;
	} rows[] = {
		{ "\"id\":\"nwb6", "\"id\":\"mwb6" },
		{ "\"kc\":\"6f37", "\"kc\":\"6f38" },
		{ "\"sha256\":\"5e9e", "\"sha256\":\"5e9f" },
		{ "\"envelope\":\"YWdl", "\"envelope\":\"YWdm" },
		{ "\"card\":\"YWdl", "\"card\":\"YWdm" },
		{ "\"state\":\"sealed\"", "\"state\":\"recovered\"" },
		{ "\"state\":\"sealed\"", "\"state\":\"alarm\"" },
		{ "\"state\":\"sealed\"", "\"state\":\"running\"" },
		{ "commitment\\\":\\\"g", "commitment\\\":\\\"h" },
		{ "\"salt\":\"w", "\"salt\":\"x" },
		{ "\\\"call\\\":\\\"k", "\\\"call\\\":\\\"l" },
		{ "recording.sealed", "recording.erased" },
		{ "\\\"organisation\\\":\\\"Region Test",
		  "\\\"organisation\\\":\\\"Region Fest" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(with(rows[i].what, rows[i].by), EBADMSG);
}

static void what_is_malformed_is_refused(void **state)
{
	static const struct {
		const char *what, *by;
	} rows[] = {
		{ "\"bytes\":14122", "\"bytes\":0" },
		{ "\"bytes\":14122", "\"bytes\":-1" },
		{ "\"bytes\":14122", "\"bytes\":17179869185" },
		{ "\"bytes\":14122", "\"bytes\":\"many\"" },
		{ "\"at\":", "\"at\":99" },
		{ "\"cursor\":\"1.", "\"cursor\":\"1/" },
		{ "\"cursor\":\"1.", "\"cursor\":\"1&x=" },
		{ "\"cursor\":\"1.nwb6muwpvgjeeeq5orebrwheba\"",
		  "\"cursor\":\"\"" },
		{ "\"body\":\"", "\"body\":\"1" },
		{ "\"reason\":\"none\"", "\"reason\":\"mood\"" },
		{ "\"ms\":882", "\"ms\":882,\"ms\":882" },
		{ "{\"id\"", "[\"id\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(with(rows[i].what, rows[i].by), EBADMSG);
	assert_int_equal(item_read(TEXT(""), "Region Test", &item), EBADMSG);
	for (size_t len = 0; len < strlen(line) - 1; len += 97)
		assert_int_equal(item_read((struct text){ line, len },
					   "Region Test", &item),
				 EBADMSG);
}

static void anothers_is_not_taken(void **state)
{
	(void)state;
	assert_int_equal(item_read(text_of(line), "Region X", &item), EPERM);
	assert_int_equal(
		with("\"org\":\"Region Test\"", "\"org\":\"Region Fest\""),
		EPERM);
}

static void one_that_was_let_go_says_so(void **state)
{
	char *begin, *end;

	(void)state;
	begin = strstr(line, "\"envelope\":\"");
	end = strstr(line, ",\"card_envelope\"");
	assert_true(begin && end);
	memmove(begin + sizeof("\"envelope\":null") - 1, end, strlen(end) + 1);
	memcpy(begin, "\"envelope\":null", sizeof("\"envelope\":null") - 1);
	assert_int_equal(item_read(text_of(line), "Region Test", &item),
			 ENODATA);
	assert_int_equal(with("\"kc\":\"6f37", "\"kc\":\"6f38"), EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_whole_one_is_read, set_up),
		cmocka_unit_test_setup(
			what_the_entry_does_not_commit_to_is_refused, set_up),
		cmocka_unit_test_setup(what_is_malformed_is_refused, set_up),
		cmocka_unit_test_setup(anothers_is_not_taken, set_up),
		cmocka_unit_test_setup(one_that_was_let_go_says_so, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
