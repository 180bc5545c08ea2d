/*
 * notices -- what a line tells its callers, held against the register
 */
#include "tests/unit/routing/world.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "routing/notices.h"

#define ALL                                                                    \
	"{controller, purpose, recording, recipients, third-country, rights, " \
	"more}"

static const char organisations[] =
	"organisation \"region-04\" { name = \"Region S\" number = "
	"\"232100-0032\" country = \"SE\" kind = \"region\" county = \"04\" "
	"board = \"The board\" }\n"
	"organisation \"carer\" { name = \"Carer AB\" number = "
	"\"556677-8899\" country = \"SE\" kind = \"provider\" }\n"
	"agreement \"service\" { for = \"region-04\" by = \"carer\" makes = "
	"\"controller\" activities = {answering, recording} "
	"from = \"2026-01-01\" }\n";

static struct settings *settings;
static char told[4096];

static void on_fault(void *arg, const struct settings_fault *f)
{
	size_t len = strlen(told);

	(void)arg;
	assert_false(f->weakness);
	(void)snprintf(told + len, sizeof(told) - len, "%s:%u %s\n", f->rule,
		       f->line, f->fault);
}

static void on_register_fault(void *arg, const struct register_fault *f)
{
	(void)arg;
	fail_msg("line %u: %s", f->line, f->fault);
}

/* The faults of the line with that register, at noon of 2026-11-21. */
static const char *faults(const char *notices)
{
	struct register_book *book;
	char text[4096];
	int n = snprintf(text, sizeof(text), "%s%s", organisations, notices);

	assert_int_equal(
		register_read(&book, text, (size_t)n, on_register_fault, NULL),
		0);
	told[0] = '\0';
	notices_check(book, settings, world_minute("2026-11-21T12:00:00+01:00"),
		      on_fault, NULL);
	register_free(book);
	return told;
}

static int up(void **state)
{
	struct line *l;

	(void)state;
	settings = calloc(1, sizeof(*settings));
	assert_non_null(settings);
	settings->line_count = 1;
	l = &settings->lines[0];
	l->line = 9;
	l->record = true;
	strcpy(l->number, "1177");
	strcpy(l->controller, "Carer AB");
	l->notice_count = 1;
	strcpy(l->notices[0].language, "sv");
	strcpy(l->notices[0].version, "3");
	strcpy(l->notices[0].registered[0], "of-region");
	strcpy(l->notices[0].registered[1], "of-carer");
	l->notices[0].registered_count = 2;
	return 0;
}

static int down(void **state)
{
	(void)state;
	free(settings);
	return 0;
}

#define REGION(more)                                                           \
	"notice \"of-region\" { organisation = \"region-04\" language = "      \
	"\"sv\" version = \"3\" " more " }\n"
#define CARER(more)                                                            \
	"notice \"of-carer\" { organisation = \"carer\" language = \"sv\" "    \
	"version = \"3\" " more " }\n"

static void test_everything_is_told(void **state)
{
	(void)state;
	assert_string_equal(
		faults(REGION("tells = " ALL) CARER("tells = " ALL)), "");
}

static void test_each_thing_that_is_left_out_is_named(void **state)
{
	static const char *const words[] = {
		"controller",    "purpose", "recording", "recipients",
		"third-country", "rights",  "more",
	};

	(void)state;
	for (unsigned i = 0; i < TELLS; i++) {
		char notices[1024], want[256];
		size_t len = (size_t)snprintf(
			notices, sizeof(notices),
			CARER("tells = " ALL) "notice \"of-region\" { "
					      "organisation = \"region-04\" "
					      "language = \"sv\" version = "
					      "\"3\" tells = {");
		bool first = true;

		for (unsigned k = 0; k < TELLS; k++)
			if (k != i) {
				len += (size_t)snprintf(
					notices + len, sizeof(notices) - len,
					"%s%s", first ? "" : ", ", words[k]);
				first = false;
			}
		(void)snprintf(notices + len, sizeof(notices) - len, "} }\n");
		(void)snprintf(want, sizeof(want),
			       "GDPR-13:9 the notice in sv of line 1177 "
			       "(of-region) does not tell: %s\n",
			       words[i]);
		assert_string_equal(faults(notices), want);
	}
}

static void test_another_version_or_language(void **state)
{
	(void)state;
	strcpy(settings->lines[0].notices[0].version, "4");
	settings->lines[0].notices[0].registered_count = 1;
	strcpy(settings->lines[0].controller, "region-04");
	assert_string_equal(faults(REGION("tells = " ALL)),
			    "GDPR-13:9 line 1177 plays version 4 in sv; "
			    "registered as of-region is version 3 in sv\n");
	strcpy(settings->lines[0].notices[0].version, "3");
	strcpy(settings->lines[0].notices[0].language, "en");
	assert_string_equal(faults(REGION("tells = " ALL)),
			    "GDPR-13:9 line 1177 plays version 3 in en; "
			    "registered as of-region is version 3 in sv\n");
}

static void test_region_and_provider_apart(void **state)
{
	struct notice *n = &settings->lines[0].notices[0];

	(void)state;
	n->registered_count = 1;
	assert_string_equal(
		faults(REGION("tells = " ALL) CARER("tells = " ALL)),
		"GDPR-13:9 callers of line 1177 are not told of "
		"Carer AB, which decides about the recording\n");
	strcpy(n->registered[0], "of-carer");
	assert_string_equal(
		faults(REGION("tells = " ALL) CARER("tells = " ALL)),
		"GDPR-13:9 callers of line 1177 are not told of "
		"Region S, which decides about the recording\n");
}

static void test_named_but_not_there(void **state)
{
	(void)state;
	assert_string_equal(
		faults(CARER("tells = " ALL)),
		"GDPR-13:9 the notice in sv of line 1177 says of-region, "
		"which the register does not have\n"
		"GDPR-13:9 callers of line 1177 are not told of Region S, "
		"which decides about the recording\n");
	assert_string_equal(
		faults(REGION("tells = " ALL " until = \"2026-11-20\"")
			       CARER("tells = " ALL)),
		"GDPR-13:9 line 1177 says of-region, which is not in force\n");
	settings->lines[0].notices[0].registered_count = 0;
	strcpy(settings->lines[0].controller, "nobody");
	assert_string_equal(
		faults(""),
		"GDPR-13:9 the notice in sv of line 1177 is not in the "
		"register\n"
		"GDPR-13:9 the controller of line 1177 is not in the "
		"register\n");
}

static void test_a_line_that_does_not_record(void **state)
{
	(void)state;
	settings->lines[0].record = false;
	assert_string_equal(faults(""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_everything_is_told, up,
						down),
		cmocka_unit_test_setup_teardown(
			test_each_thing_that_is_left_out_is_named, up, down),
		cmocka_unit_test_setup_teardown(
			test_another_version_or_language, up, down),
		cmocka_unit_test_setup_teardown(test_region_and_provider_apart,
						up, down),
		cmocka_unit_test_setup_teardown(test_named_but_not_there, up,
						down),
		cmocka_unit_test_setup_teardown(
			test_a_line_that_does_not_record, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
