/*
 * location_ask -- keys and silence in, prompts out
 */
#include "tests/unit/unit.h"

#include "routing/location_ask.h"
#include "routing/municipality.h"

static struct location_table *postcodes;

static int setup(void **state)
{
	unsigned line;

	(void)state;
	return location_table_read(
		&postcodes,
		TEXT("# made up\n611\t0480\n981\t2584\n00\tunknown\n"), &line);
}

static int teardown(void **state)
{
	(void)state;
	location_table_free(postcodes);
	return 0;
}

/* Keys one after the other; the last prompt. */
static enum ask_prompt keyed(struct ask *a, const char *keys)
{
	enum ask_prompt last = ASK_PLAY_NOTHING;

	for (; *keys; keys++)
		last = ask_key(a, *keys, 1000);
	return last;
}

static void test_postcode(void **state)
{
	struct ask a;

	(void)state;
	assert_int_equal(ask_first(&a, postcodes), ASK_PLAY_POSTCODE);
	assert_int_equal(keyed(&a, "6113"), ASK_PLAY_NOTHING);
	assert_int_equal(keyed(&a, "0"), ASK_PLAY_THANKS);
	assert_int_equal(a.state, ASK_OVER);
	assert_string_equal(municipality_table[a.place.municipality].code,
			    "0480");
	assert_int_equal(keyed(&a, "9"), ASK_PLAY_NOTHING);
	/* a hash ends it early */
	(void)ask_first(&a, postcodes);
	assert_int_equal(keyed(&a, "981#"), ASK_PLAY_THANKS);
	assert_string_equal(municipality_table[a.place.municipality].code,
			    "2584");
}

static void test_region(void **state)
{
	struct ask a;

	(void)state;
	assert_int_equal(ask_first(&a, NULL), ASK_PLAY_REGIONS);
	assert_int_equal(keyed(&a, "A0#"), ASK_PLAY_REGIONS_AGAIN);
	assert_int_equal(keyed(&a, "04"), ASK_PLAY_THANKS);
	assert_string_equal(region_table[a.place.region].county, "04");
	assert_int_equal(a.place.municipality, LOCATION_UNKNOWN);
	/* a star leaves the postcode for the menu */
	(void)ask_first(&a, postcodes);
	assert_int_equal(keyed(&a, "61*"), ASK_PLAY_REGIONS);
	assert_int_equal(keyed(&a, "25"), ASK_PLAY_THANKS);
	assert_string_equal(region_table[a.place.region].county, "25");
}

static void test_wrong(void **state)
{
	struct ask a;

	(void)state;
	(void)ask_first(&a, postcodes);
	assert_int_equal(keyed(&a, "99999"), ASK_PLAY_POSTCODE_AGAIN);
	assert_int_equal(keyed(&a, "00000"), ASK_PLAY_REGIONS_AGAIN);
	assert_int_equal(keyed(&a, "02"), ASK_PLAY_QUEUE);
	assert_int_equal(a.state, ASK_OVER);
	assert_int_equal(a.place.region, LOCATION_UNKNOWN);
	/* a key that is stuck does not ask for ever */
	(void)ask_first(&a, postcodes);
	assert_int_equal(keyed(&a, "****"), ASK_PLAY_QUEUE);
}

static void test_silence(void **state)
{
	struct ask a;

	(void)state;
	(void)ask_first(&a, NULL);
	assert_int_equal(ask_late(&a, 99999), ASK_PLAY_NOTHING); /* plays */
	ask_played(&a, 100000);
	assert_int_equal(a.due_ms, 100000 + ASK_FIRST_KEY_MS);
	assert_int_equal(ask_late(&a, a.due_ms - 1), ASK_PLAY_NOTHING);
	assert_int_equal(ask_late(&a, a.due_ms), ASK_PLAY_REGIONS_AGAIN);
	assert_int_equal(ask_key(&a, '0', 200000), ASK_PLAY_NOTHING);
	assert_int_equal(a.due_ms, 200000 + ASK_NEXT_KEY_MS);
	assert_int_equal(ask_late(&a, a.due_ms), ASK_PLAY_REGIONS_AGAIN);
	ask_played(&a, 300000);
	assert_int_equal(ask_late(&a, a.due_ms), ASK_PLAY_QUEUE);
	assert_int_equal(a.due_ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_postcode),
		cmocka_unit_test(test_region),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_silence),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
