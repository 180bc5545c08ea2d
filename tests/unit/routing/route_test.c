/*
 * route -- all 290 municipalities reach their region, and the rest somewhere
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "routing/route.h"

static char *read_file(const char *name)
{
	const char *source = getenv("SOURCE");
	char path[512];
	char *text = calloc(1, 1 << 16);
	FILE *f;
	size_t n;

	assert_non_null(text);
	snprintf(path, sizeof(path), "%s/data/%s", source ? source : ".", name);
	f = fopen(path, "re");
	assert_non_null(f);
	n = fread(text, 1, (1 << 16) - 1, f);
	assert_true(n > 0);
	fclose(f);
	return text;
}

static struct settings settings;

static void name(char *to, size_t max, const char *before, const char *after)
{
	int n = snprintf(to, max, "%s%s", before, after);

	assert_true(n > 0 && (size_t)n < max);
}

/* One trunk and one route a county of regions.tsv, and a national trunk. */
static int setup(void **state)
{
	char *regions = read_file("regions.tsv");
	char *save = NULL;

	(void)state;
	strtok_r(regions, "\n", &save); /* the heading */
	for (char *r; (r = strtok_r(NULL, "\n", &save));) {
		struct region_route *to =
			&settings.routes[settings.route_count++];

		assert_true(settings.route_count <= SETTINGS_ROUTES);
		r[2] = '\0';
		name(to->county, sizeof(to->county), "", r);
		/* more regions than trunks: odd and even share two */
		name(to->trunk, sizeof(to->trunk), "trunk-",
		     (r[1] - '0') % 2 ? "odd" : "even");
		name(to->organisation, sizeof(to->organisation), "region-", r);
	}
	assert_int_equal(settings.route_count, 21);
	name(settings.trunks[0].name, SETTINGS_NAME_MAX, "", "trunk-even");
	name(settings.trunks[1].name, SETTINGS_NAME_MAX, "", "trunk-odd");
	name(settings.trunks[2].name, SETTINGS_NAME_MAX, "", "national");
	settings.trunk_count = 3;
	name(settings.national_trunk, SETTINGS_NAME_MAX, "", "national");
	name(settings.organisation, SETTINGS_NAME_MAX, "", "centre");
	free(regions);
	return 0;
}

static void test_all_290(void **state)
{
	char *text = read_file("municipalities.tsv");
	char *save = NULL;
	unsigned seen = 0;

	(void)state;
	strtok_r(text, "\n", &save);
	for (char *row; (row = strtok_r(NULL, "\n", &save)); seen++) {
		struct text code = { row, 4 };
		const char *county = strchr(strchr(row, '\t') + 1, '\t') + 1;
		char organisation[32];
		struct route r;

		assert_int_equal(route_find(&settings, code, &r), 0);
		assert_int_equal(r.reason, ROUTE_REGION);
		snprintf(organisation, sizeof(organisation), "region-%.2s",
			 county);
		assert_string_equal(r.organisation, organisation);
		assert_int_equal(r.trunk, (county[1] - '0') % 2);
		assert_memory_equal(r.municipality->code, row, 4);
	}
	assert_int_equal(seen, 290);
	free(text);
}

static void test_unknown(void **state)
{
	static const struct {
		const char *code;
		enum route_reason reason;
	} cases[] = {
		{ "", ROUTE_MUNICIPALITY_MISSING },
		{ "0000", ROUTE_MUNICIPALITY_UNKNOWN },
		{ "9999", ROUTE_MUNICIPALITY_UNKNOWN },
		{ "048", ROUTE_MUNICIPALITY_UNKNOWN },
		{ "04800", ROUTE_MUNICIPALITY_UNKNOWN },
		{ "048\t", ROUTE_MUNICIPALITY_UNKNOWN },
		{ "0481x", ROUTE_MUNICIPALITY_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct route r;

		assert_int_equal(
			route_find(&settings, text_of(cases[i].code), &r), 0);
		assert_int_equal(r.reason, cases[i].reason);
		assert_int_equal(r.trunk, 2);
		assert_string_equal(r.organisation, "centre");
		assert_null(r.municipality);
	}
}

static void test_county_without_route(void **state)
{
	struct settings few = settings;
	struct route r;
	struct route next;

	(void)state;
	few.route_count = 1; /* Stockholm alone */
	assert_int_equal(route_find(&few, TEXT("0480"), &r), 0);
	assert_int_equal(r.reason, ROUTE_COUNTY_UNROUTED);
	assert_int_equal(r.trunk, 2);
	assert_string_equal(r.municipality->name, "Nyköping");
	assert_string_equal(municipality_region(r.municipality)->name,
			    "Region Sörmland");
	assert_int_equal(route_fallback(&few, &r, &next), ENOENT);
	assert_int_equal(route_find(&few, TEXT("0180"), &r), 0);
	assert_int_equal(route_fallback(&few, &r, &next), 0);
	assert_int_equal(next.trunk, 2);
	assert_string_equal(next.organisation, "centre");
	few.national_trunk[0] = '\0';
	assert_int_equal(route_find(&few, TEXT("0480"), &r), ENOENT);
	assert_int_equal(route_fallback(&few, &r, &next), ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_290),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_county_without_route),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
