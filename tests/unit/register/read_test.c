/*
 * read -- what is taken, and each fault of form on its line
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "register/reading.h"
#include "tests/unit/register/world.h"

static void test_whole(void **state)
{
	struct register_book *b = world_read(world_text());
	const struct register_agreement *a;
	uint8_t digest[REGISTER_DIGEST];

	(void)state;
	assert_int_equal(b->organisation_count, 5);
	assert_int_equal(b->agreement_count, 4);
	assert_int_equal(register_region_find(b, TEXT("04")), 0);
	assert_int_equal(register_region_find(b, TEXT("4")), REGISTER_NONE);
	assert_int_equal(register_region_find(b, TEXT("05")), REGISTER_NONE);
	a = &b->agreements[register_agreement_find(b, TEXT("switchboard"))];
	assert_string_equal(register_text(b, b->organisations[a->to].name),
			    "The supplier");
	assert_int_equal(a->sub_count, 1);
	assert_int_equal(a->parts, (1U << PART_ARRANGEMENT) - 1);
	/* kept once */
	assert_int_equal(a->part[PART_PURPOSE], b->organisations[0].purpose);
	register_digest(b, digest);
	/* sha256sum of nothing else than the text */
	assert_memory_equal(digest, b->digest, sizeof(digest));
	register_free(b);
}

struct expected {
	const char *section, *fact, *instead;
	const char *fault; /* a part of it */
};

struct seen {
	const char *part;
	unsigned line;
	bool found;
};

static void look(void *arg, const struct register_fault *f)
{
	struct seen *s = arg;

	assert_string_equal(f->rule, "CONFIG");
	assert_true(f->line > 0 && f->mend[0]);
	if (!strstr(f->fault, s->part) || s->found)
		return;
	s->found = true;
	s->line = f->line;
}

static unsigned line_of(const char *text, const char *part)
{
	const char *hit = strstr(text, part);
	unsigned line = 1;

	assert_non_null(hit);
	for (const char *p = text; p < hit; p++)
		line += *p == '\n';
	return line;
}

static const struct expected faults[] = {
	{ "organisation region", "number", "number = 232100-0033\n",
	  "check digit" },
	{ "organisation region", "number", NULL, "check digit" },
	{ "organisation region", "name =", NULL, "no name" },
	{ "organisation region", "country", "country = XQ\n", "country" },
	{ "organisation region", "county", NULL, "county" },
	{ "organisation region", "board", NULL, "board" },
	{ "organisation provider", "kind", "kind = hospital\n", "kind" },
	{ "organisation provider", "kind", "kind = provider\ncounty = 01\n",
	  "no region" },
	{ "organisation provider", "duty sec", "duty secrecy { }\n", "ground" },
	{ "organisation provider", "duty sec", "duty silence { ground = x }\n",
	  "duty" },
	{ "organisation provider", "kind",
	  "kind = provider\nhsa-id = SE2321000031-X\n", "HSA" },
	{ "organisation provider", "kind",
	  "kind = provider\nnotifier = nobody\n", "notifier" },
	{ "organisation provider", "kind",
	  "kind = provider\nrole answering { is = boss }\n", "is has" },
	{ "place nurses", "organisation =", "organisation = nobody\n",
	  "organisation" },
	{ "place recorder", "reachable", "reachable = sometimes\n",
	  "reachable" },
	{ "place copy", "safeguard", "safeguard = none\n", "safeguard" },
	{ "agreement care", "by =", "by = region\n", "with itself" },
	{ "agreement care", "makes", "makes = friends\n", "makes" },
	{ "agreement care", "until", "until = 2024-12-31\n", "ends before" },
	{ "agreement care", "until", "until = 2026-02-30\n", "no day" },
	{ "agreement care", "until", "until = 2026-06-30\nuntil = 2027-01-01\n",
	  "until is said twice" },
	{ "place recorder", "reachable",
	  "reachable = open\nreachable = closed\n", "said twice" },
	{ "agreement care", "activities", NULL, "covers no activity" },
	{ "agreement care", "activities", "activities = {dancing}\n",
	  "activities" },
	{ "agreement switchboard", "sub-processors", "sub-processors = {x}\n",
	  "sub-processors" },
	{ "notice of-region", "version", NULL, "version" },
	{ "notice of-region", "tells", "tells = {jokes}\n", "tells" },
	{ "retention of-region", "ground", NULL, "ground" },
	{ "retention of-region", "days", "days = -1\n", "days" },
	{ "safeguard clauses", "instrument", NULL, "instrument" },
	{ "safeguard clauses", "instrument", "instrument = \"${HOME}\"\n",
	  "${" },
	{ "safeguard clauses", "safeguard", "safeguard Ä {\n", "no id" },
	{ "notice of-region", "notice", "notice of-provider {\n", "duplicate" },
	{ "notice of-region", "version", "version = 1\ncolour = red\n",
	  "colour" },
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const struct expected *e = &faults[i];
		char *text = world_without(world_text(), e->section, e->fact,
					   e->instead);
		struct register_book *b = NULL;
		struct seen s = { e->fault, 0, false };

		assert_int_equal(
			register_read(&b, text, strlen(text), look, &s),
			EINVAL);
		if (!s.found)
			fail_msg("%zu: no fault with %s", i, e->fault);
		assert_null(b);
		free(text);
	}
}

/* Where an option is wrong the fault names its line, not the section's. */
static void test_lines(void **state)
{
	char *text = world_without(world_text(), "agreement care", "until",
				   "until = 2026-02-30\n");
	struct seen s = { "no day", 0, false };
	struct register_book *b = NULL;

	(void)state;
	assert_int_equal(register_read(&b, text, strlen(text), look, &s),
			 EINVAL);
	assert_int_equal(s.line, line_of(text, "until = 2026-02-30"));
	free(text);
}

static void test_bounds(void **state)
{
	struct register_book *b = NULL;
	char *big = calloc(1, REGISTER_TEXT_MAX + 1);
	struct seen s = { "more than", 0, false };
	size_t n = 0;

	(void)state;
	assert_non_null(big);
	memset(big, ' ', REGISTER_TEXT_MAX + 1);
	assert_int_equal(
		register_read(&b, big, REGISTER_TEXT_MAX + 1, NULL, NULL),
		EMSGSIZE);
	memset(big, 0, REGISTER_TEXT_MAX + 1);
	for (unsigned i = 0; i <= REGISTER_SAFEGUARDS; i++)
		n += (size_t)snprintf(big + n, 100,
				      "safeguard s%u { instrument = x }\n", i);
	assert_int_equal(register_read(&b, big, n, look, &s), EINVAL);
	assert_true(s.found);
	free(big);
	s = (struct seen){ "zero byte", 0, false };
	assert_int_equal(register_read(&b, "a\0b", 3, look, &s), EINVAL);
	assert_true(s.found);
	s = (struct seen){ "no end", 0, false };
	assert_int_equal(register_read(&b, "\nplace x {\n", 11, look, &s),
			 EINVAL);
	assert_true(s.found);
	assert_int_equal(s.line, 2);
	assert_null(b);
}

static void test_empty(void **state)
{
	struct register_book *b = world_read("");
	struct register_question q = { .by = 0, .whom = 0 };
	struct register_verdict v;

	(void)state;
	assert_false(register_lawful(b, &q, &v));
	assert_int_equal(world_faults(b, NULL), 0);
	register_free(b);
}

static void test_numbers(void **state)
{
	(void)state;
	assert_true(check_organisation_number(TEXT("202100-0050")));
	assert_true(check_organisation_number(TEXT("556559-4230")));
	assert_false(check_organisation_number(TEXT("556559-4231")));
	assert_false(check_organisation_number(TEXT("5565594230")));
	assert_false(check_organisation_number(TEXT("")));
	/* a person's number has a month where a company has 20 or more */
	assert_false(check_organisation_number(TEXT("811218-9876")));
	assert_true(check_hsa_id(TEXT("SE2321000016-1003")));
	assert_true(check_hsa_id(TEXT("SE165565594230-10AB")));
	assert_false(check_hsa_id(TEXT("SE2321000016-")));
	assert_false(check_hsa_id(TEXT("SE2321000016-ab")));
	assert_false(check_hsa_id(TEXT("NO2321000016-1")));
	assert_false(check_hsa_id(TEXT("SE2321000017-1")));
}

/* Every id of the closed list that is a rule of the register's, and no other.
 */
static void test_rules(void **state)
{
	char *list = world_file("data/rules.tsv"), *save = NULL;
	unsigned n = 0;

	(void)state;
	for (char *l = strtok_r(list, "\n", &save); l;
	     l = strtok_r(NULL, "\n", &save)) {
		char id[32] = "";

		if (sscanf(l, "rule\t%31[^\t]", id) != 1)
			continue;
		assert_true(n < RULES);
		assert_string_equal(register_rule_id((enum register_rule)n++),
				    id);
	}
	assert_int_equal(n, RULES);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole), cmocka_unit_test(test_faults),
		cmocka_unit_test(test_lines), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_empty), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
