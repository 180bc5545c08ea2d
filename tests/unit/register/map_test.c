/*
 * map -- faults of the whole, one by one, and the two registers of examples/
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "tests/unit/register/world.h"

static void test_none(void **state)
{
	struct register_book *b = world_read(world_text());

	(void)state;
	assert_int_equal(world_faults(b, NULL), 0);
	register_free(b);
}

static const struct {
	const char *section, *fact, *instead, *rule;
} cases[] = {
	{ "agreement switchboard", "next-audit", NULL, "GDPR-28-AUDIT" },
	{ "agreement switchboard", "next-audit", "next-audit = 2026-05-31\n",
	  "GDPR-28-AUDIT" },
	{ "organisation supplier", "restore", NULL, "GDPR-32-RESTORE" },
	{ "organisation supplier", "restore", "restore-tested = 2025-05-31\n",
	  "GDPR-32-RESTORE" },
	{ "organisation supplier", "restore", "restore-tested = 2027-01-01\n",
	  "GDPR-32-RESTORE" },
	{ "organisation provider", "kind",
	  "kind = provider\nnotifier = supplier\n", "GDPR-33-NOTIFIER" },
	{ "organisation region", "contact", NULL, "GDPR-30" },
	{ "organisation region", "officer", NULL, "GDPR-30" },
	{ "organisation region", "purpose", NULL, "GDPR-30" },
	{ "organisation region", "data =", NULL, "GDPR-30" },
	{ "organisation region", "data-subjects", NULL, "GDPR-30" },
	{ "organisation provider", "recipients", NULL, "GDPR-30" },
	{ "organisation provider", "security", NULL, "GDPR-30" },
	{ "organisation supplier", "security", NULL, "GDPR-30" },
	{ "organisation hall", "contact", NULL, "GDPR-30" },
	{ "retention of-region", "organisation =", "organisation = provider\n",
	  "GDPR-30" },
	{ "organisation provider", "legal-basis", NULL, "GDPR-6-9" },
	{ "organisation provider", "duty health", NULL, "SE-HSL" },
	{ "organisation provider", "duty health", NULL, "ROUTE-GAP" },
	{ "organisation provider", "duty secrecy", NULL, "SE-SECRECY" },
	{ "agreement care", "until", "until = 2026-05-31\n", "ROUTE-GAP" },
	{ "agreement care", "until", "until = 2026-05-31\n", "GDPR-28-3" },
	{ "agreement storage", "deletion", NULL, "GDPR-28-3" },
	{ "agreement switchboard", "sub-processors", NULL, "GDPR-28-2" },
	{ "agreement switchboard", "makes", "makes = joint\n", "GDPR-26" },
	{ "agreement storage", "makes", "makes = controller\n",
	  "ROLE-CONFLICT" },
	{ "place copy", "safeguard", NULL, "GDPR-44" },
	{ "place copy", "encrypted", "encrypted = no\n", "GDPR-32-PLAIN" },
	{ "place copy", "reachable", "reachable = open\n", "GDPR-32-OPEN" },
	{ "place copy", "encrypted", "encrypted = yes\nkeys = yes\n",
	  "GDPR-32-KEY" },
	{ "retention of-provider", "years", "years = 3\n", "PDL-3-17" },
	{ "notice of-provider", "tells", "tells = {recording}\n", "GDPR-13" },
	{ "agreement route", "for =", "for = provider\n", "ROLE-HINGE" },
	{ "agreement storage", "agreement storage",
	  "agreement back {\nfor = hall\nby = provider\nmakes = processor\n"
	  "activities = {storing}\n}\nagreement storage {\n",
	  "REGISTER-CYCLE" },
	{ "organisation supplier", "kind",
	  "kind = supplier\nrole storing { is = controller }\n",
	  "ROLE-CONFLICT" },
	{ "organisation hall", "kind",
	  "kind = supplier\nrole storing { is = processor }\n",
	  "ROLE-CONFLICT" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = world_without(world_text(), cases[i].section,
					   cases[i].fact, cases[i].instead);
		struct register_book *b = world_read(text);

		if (!world_faults(b, cases[i].rule))
			fail_msg("%s, %s: no %s", cases[i].section,
				 cases[i].fact, cases[i].rule);
		register_free(b);
		free(text);
	}
}

/* Roles that are what the agreements make of them are no fault. */
static void test_roles_stated_right(void **state)
{
	static const char *const right[][2] = {
		{ "organisation hall",
		  "kind = supplier\nrole storing { is = sub-processor towards "
		  "= supplier }\n" },
		{ "organisation supplier",
		  "kind = supplier\nrole storing { is = processor }\n"
		  "role answering { is = none }\n" },
		{ "organisation provider",
		  "kind = provider\nrole storing { is = controller }\n" },
		{ "organisation region",
		  "kind = region\nrole answering { is = controller }\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		char *text = world_without(world_text(), right[i][0], "kind",
					   right[i][1]);
		struct register_book *b = world_read(text);

		assert_int_equal(world_faults(b, NULL), 0);
		register_free(b);
		free(text);
	}
}

/* Two regions that answer each other's nights are no circle. */
static void test_pooled_nights(void **state)
{
	char *text = world_file("examples/1177/register.conf");
	struct register_book *b = world_read(text);
	struct register_question q = {
		.activity = ACT_ANSWERING,
		.by = register_region_find(b, TEXT("23")),
		.whom = register_region_find(b, TEXT("22")),
		.minute = b->as_of,
	};
	struct register_verdict v;

	(void)state;
	q.place = register_place_of(b, q.by, ACT_ANSWERING, q.minute);
	assert_true(register_lawful(b, &q, &v));
	assert_int_equal(v.who.controller, q.by);
	assert_int_equal(register_faults(b, b->as_of, NULL, NULL), 0);
	register_free(b);
	free(text);
}

struct named {
	const char *rule;
	bool seen;
};

static void note(void *arg, const struct register_fault *f)
{
	for (struct named *n = arg; n->rule; n++)
		n->seen |= !strcmp(n->rule, f->rule);
}

static void test_incident(void **state)
{
	struct named must[] = {
		{ "SE-HSL", false },           { "SE-SECRECY", false },
		{ "GDPR-13", false },          { "GDPR-28-2", false },
		{ "GDPR-28-3", false },        { "GDPR-32-OPEN", false },
		{ "GDPR-32-PLAIN", false },    { "GDPR-32-RESTORE", false },
		{ "GDPR-33-NOTIFIER", false }, { "GDPR-44", false },
		{ "HSLF-3-15", false },        { "PDL-3-17", false },
		{ "ROLE-CONFLICT", false },    { NULL, false },
	};
	char *text = world_file("examples/1177/incident-2019-register.conf");
	struct register_book *b = world_read(text);

	(void)state;
	(void)register_faults(b, b->as_of, note, must);
	for (struct named *n = must; n->rule; n++)
		if (!n->seen)
			fail_msg("not named: %s", n->rule);
	register_free(b);
	free(text);
}

static void test_what_if(void **state)
{
	struct register_book *b = world_read(world_text()), *c = NULL;
	struct register_question q =
		world_ask(b, ACT_RECORDING, "supplier", "region");
	struct register_verdict v;

	(void)state;
	assert_int_equal(
		register_what_if_end(
			&c, b, register_agreement_find(b, TEXT("switchboard")),
			WORLD_NOON),
		0);
	assert_true(register_lawful(b, &q, &v));
	assert_false(register_lawful(c, &q, &v));
	assert_true(world_broke(&v, RULE_GDPR_28_3));
	q.minute--;
	assert_true(register_lawful(c, &q, &v));
	register_free(b);
	register_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_roles_stated_right),
		cmocka_unit_test(test_pooled_nights),
		cmocka_unit_test(test_incident),
		cmocka_unit_test(test_what_if),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
