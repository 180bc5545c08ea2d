/*
 * location -- each way to a place, each forged, and ways that contradict
 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "routing/geolocation.h"
#include "routing/location.h"

static struct location_table *kommun, *cells;

static const char kommun_text[] = "# Kommun-ID of a made-up carrier\n"
				  "4101\t0480\n"
				  "A7\t2584\n"
				  "0180\t1280\n"
				  "9990\tnomadic\n"
				  "9991\tunknown\n";
static const char cells_text[] = "utran-cell-id-3gpp=24001\t0180\n"
				 "utran-cell-id-3gpp=24001AB\t0480\n"
				 "dsl-location=x y\t1280\n";

#define PIDF(a2)                                                               \
	"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\""                      \
	" xmlns:ca=\"urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr\">"       \
	"<ca:civicAddress><ca:country>SE</ca:country><ca:A2>" a2 "</ca:A2>"    \
	"</ca:civicAddress></presence>"
#define MULTIPART(type, a2)                                                    \
	"--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n"                 \
	"--b1\r\nContent-ID: <there@example.com>\r\nContent-Type: " type       \
	"\r\n\r\n" PIDF(a2) "\r\n--b1--\r\n"

static int setup(void **state)
{
	unsigned line;

	(void)state;
	return location_table_read(&kommun, text_of(kommun_text), &line) ||
	       location_table_read(&cells, text_of(cells_text), &line);
}

static int teardown(void **state)
{
	(void)state;
	location_table_free(kommun);
	location_table_free(cells);
	return 0;
}

static struct location find(const struct location_signals *s)
{
	const struct location_tables t = { kommun, cells, NULL };
	struct location l;

	location_find(s, &t, &l);
	return l;
}

static const char *code_of(const struct location *l)
{
	return l->place.municipality < 0
		       ? ""
		       : municipality_table[l->place.municipality].code;
}

static const char *county_of(const struct location *l)
{
	return l->place.region < 0 ? "" : region_table[l->place.region].county;
}

static const struct location_signals kiruna_by_pidf = {
	.trusted = true,
	.geolocation = { "<cid:there@example.com>", 23 },
	.geolocation_routing = { "yes", 3 },
	.content_type = { "multipart/mixed;boundary=\"b1\"", 29 },
	.body = { MULTIPART("application/pidf+xml", "Kiruna"),
		  sizeof(MULTIPART("application/pidf+xml", "Kiruna")) - 1 },
};

static void test_kommun_id(void **state)
{
	static const struct {
		const char *id, *municipality;
		enum location_finding finding;
	} cases[] = {
		{ "4101", "0480", FINDING_PLACE },
		{ "a7", "2584", FINDING_PLACE },
		/* the same digits as Stockholm's statistical code */
		{ "0180", "1280", FINDING_PLACE },
		{ "0480", "", FINDING_UNKNOWN },
		{ "9990", "", FINDING_NOMADIC },
		{ "9991", "", FINDING_UNKNOWN },
		{ "", "", FINDING_ABSENT },
		{ "410", "", FINDING_UNKNOWN },
		{ "41011", "", FINDING_UNKNOWN },
		{ "4101 and very much longer than any key of any table", "",
		  FINDING_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct location_signals s = {
			.trusted = true, .kommun_id = text_of(cases[i].id)
		};
		struct location l = find(&s);

		assert_int_equal(l.claims[LOCATION_KOMMUN_ID].finding,
				 cases[i].finding);
		assert_string_equal(code_of(&l), cases[i].municipality);
		assert_int_equal(l.method, *cases[i].municipality
						   ? LOCATION_KOMMUN_ID
						   : LOCATION_NOWHERE);
	}
}

static void test_without_table(void **state)
{
	const struct location_signals s = { .trusted = true,
					    .kommun_id = TEXT("0480") };
	struct location l;

	(void)state;
	location_find(&s, &(struct location_tables){ NULL, NULL, NULL }, &l);
	assert_string_equal(code_of(&l), "0480");
	assert_int_equal(l.confidence, CONFIDENCE_HIGH);
}

static void test_geolocation(void **state)
{
	struct location_signals s = kiruna_by_pidf;
	struct location l = find(&s);
	char value[LOCATION_ERROR_MAX];

	(void)state;
	assert_int_equal(l.method, LOCATION_GEOLOCATION);
	assert_int_equal(l.geolocation_error, 0);
	assert_string_equal(code_of(&l), "2584");

	s.geolocation_routing = TEXT("no");
	l = find(&s);
	assert_int_equal(l.method, LOCATION_NOWHERE);
	assert_int_equal(l.geolocation_error, 202);
	s.geolocation_routing.len = 0; /* absent means no */
	assert_int_equal(find(&s).geolocation_error, 202);

	s = kiruna_by_pidf;
	s.geolocation = TEXT("<https://lis.example.com/x>");
	l = find(&s);
	assert_int_equal(l.claims[LOCATION_GEOLOCATION].finding,
			 FINDING_REFERENCE);
	assert_int_equal(l.geolocation_error, 300);

	s.geolocation = TEXT("<cid:elsewhere@example.com>");
	assert_int_equal(find(&s).geolocation_error, 100);
	s.geolocation = TEXT("cid:there@example.com");
	assert_int_equal(find(&s).geolocation_error, 100);

	s = kiruna_by_pidf;
	s.body = TEXT(MULTIPART("text/plain", "Kiruna"));
	l = find(&s);
	assert_int_equal(l.claims[LOCATION_GEOLOCATION].finding,
			 FINDING_MALFORMED);
	s.body = TEXT(MULTIPART("application/pidf+xml", "Atlantis"));
	assert_int_equal(find(&s).claims[LOCATION_GEOLOCATION].finding,
			 FINDING_UNKNOWN);
	s.body.len -= 20; /* without its end */
	assert_int_equal(find(&s).claims[LOCATION_GEOLOCATION].finding,
			 FINDING_MALFORMED);

	/* a body without parts */
	s = kiruna_by_pidf;
	s.content_type = TEXT("application/pidf+xml");
	s.content_id = TEXT("<there@example.com>");
	s.body = TEXT(PIDF("Kiruna"));
	l = find(&s);
	assert_string_equal(code_of(&l), "2584");

	assert_int_equal(location_error_value(100, value), 0);
	assert_string_equal(value, "100;code=\"Cannot Process Location\"");
	assert_int_equal(location_error_value(202, value), 0);
	assert_int_equal(location_error_value(1, value), EINVAL);
}

static void test_access_network(void **state)
{
	static const struct {
		const char *value, *municipality;
		enum location_finding finding;
	} cases[] = {
		{ "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=24001CD0001;"
		  "network-provided",
		  "0180", FINDING_PLACE },
		{ "3GPP-E-UTRAN-FDD; utran-cell-id-3gpp = \"24001ab0001\" ;"
		  " network-provided",
		  "0480", FINDING_PLACE },
		{ "DSL;dsl-location=\"xy;,z\";network-provided", "",
		  FINDING_UNKNOWN },
		/* what the phone says of itself is not read */
		{ "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=24001AB0001", "",
		  FINDING_ABSENT },
		{ "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=24001AB0001;"
		  "x=\"network-provided\"",
		  "", FINDING_ABSENT },
		{ "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=24001AB0001, "
		  "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=24001CD;"
		  "network-provided",
		  "0180", FINDING_PLACE },
		{ "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=24002;network-provided",
		  "", FINDING_UNKNOWN },
		{ ";;;,,;\"", "", FINDING_ABSENT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct location_signals s = { .trusted = true,
						    .access_network = text_of(
							    cases[i].value) };
		struct location l = find(&s);

		if (l.claims[LOCATION_ACCESS_NETWORK].finding !=
			    cases[i].finding ||
		    strcmp(code_of(&l), cases[i].municipality) != 0)
			fail_msg("%s: %s", cases[i].value, code_of(&l));
	}
}

static void test_area_code(void **state)
{
	static const struct {
		const char *number, *county;
		enum location_finding finding;
	} cases[] = {
		{ "+46155123456", "04", FINDING_PLACE },
		{ "+468123456", "01", FINDING_PLACE },
		{ "+4698012345", "25", FINDING_PLACE },
		{ "+46224123456", "", FINDING_AMBIGUOUS },
		{ "+46456123456", "", FINDING_AMBIGUOUS },
		{ "+46701740605", "", FINDING_ABSENT }, /* mobile */
		{ "+47155123456", "", FINDING_ABSENT },
		{ "+46", "", FINDING_ABSENT },
		{ "1177", "", FINDING_ABSENT },
		{ "", "", FINDING_ABSENT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct location_signals s = {
			.trusted = true, .asserted = text_of(cases[i].number)
		};
		struct location l = find(&s);

		assert_int_equal(l.claims[LOCATION_AREA_CODE].finding,
				 cases[i].finding);
		assert_string_equal(county_of(&l), cases[i].county);
		assert_string_equal(code_of(&l), ""); /* a county, no more */
	}
}

/* The order, and what is kept of those that lost. */
static void test_conflicts(void **state)
{
	struct location_signals s = kiruna_by_pidf;
	struct location l;

	(void)state;
	s.kommun_id = TEXT("4101"); /* Nyköping */
	s.asserted = TEXT("+46155123456");
	l = find(&s);
	assert_int_equal(l.method, LOCATION_KOMMUN_ID);
	assert_string_equal(code_of(&l), "0480");
	assert_int_equal(l.conflicts, 1);
	assert_int_equal(l.confidence, CONFIDENCE_MEDIUM);
	assert_int_equal(l.claims[LOCATION_GEOLOCATION].finding, FINDING_PLACE);
	assert_int_equal(l.claims[LOCATION_GEOLOCATION].place.region, 20);

	s.asserted = TEXT("+468123456");
	assert_int_equal(find(&s).conflicts, 2);
	s.kommun_id = TEXT("9990"); /* nomadic: on to the next way */
	l = find(&s);
	assert_int_equal(l.method, LOCATION_GEOLOCATION);
	assert_int_equal(l.conflicts, 1);

	s = (struct location_signals){ .trusted = true,
				       .asserted = TEXT("+46224123456") };
	l = find(&s);
	assert_int_equal(l.method, LOCATION_NOWHERE);
	location_answered(&l, location_place_of(0));
	assert_int_equal(l.method, LOCATION_ASKED);
	assert_string_equal(code_of(&l), "0114");
	assert_int_equal(l.confidence, CONFIDENCE_MEDIUM);
	location_answered(&l, location_place_of(LOCATION_UNKNOWN));
	assert_int_equal(l.method, LOCATION_ASKED);
}

/* Each way, from a trunk that is not trusted: ignored and counted. */
static void test_forged(void **state)
{
	struct location_signals all = kiruna_by_pidf;
	struct location_signals forged[4] = { { .trusted = false } };
	struct location l;

	(void)state;
	forged[0].kommun_id = TEXT("4101");
	forged[1] = kiruna_by_pidf;
	forged[1].trusted = false;
	forged[2].access_network =
		TEXT("X;utran-cell-id-3gpp=24001;network-provided");
	forged[3].asserted = TEXT("+46155123456");
	for (unsigned i = 0; i < 4; i++) {
		l = find(&forged[i]);
		assert_int_equal(l.method, LOCATION_NOWHERE);
		assert_int_equal(l.place.region, LOCATION_UNKNOWN);
		assert_int_equal(l.ignored, 1);
		assert_int_equal(l.geolocation_error, 0);
		assert_int_equal(l.claims[i].finding, FINDING_UNTRUSTED);
		forged[i].trusted = true;
		assert_int_equal(find(&forged[i]).method, i);
	}
	all.trusted = false;
	all.kommun_id = TEXT("4101");
	all.asserted = TEXT("+46155123456");
	all.access_network = TEXT("X;network-provided");
	l = find(&all);
	assert_int_equal(l.ignored, 4);
	assert_int_equal(l.conflicts, 0);
}

static void test_called(void **state)
{
	static const struct {
		const char *user;
		bool before;
		unsigned from, to;
		const char *digits; /* NULL: not this line */
	} cases[] = {
		{ "1177", false, 0, 0, "" },
		{ "1177", true, 0, 0, "" },
		{ "04801177", true, 0, 0, "0480" },
		{ "04801177", false, 0, 0, NULL },
		{ "117", true, 0, 0, NULL },
		{ "11780", true, 0, 0, NULL },
		{ "11770480", false, 5, 8, "0480" },
		{ "04801177", false, 1, 4, "0480" },
		{ "11048077", false, 3, 6, "0480" },
		{ "1177048", false, 5, 8, NULL },
		{ "1178"
		  "0480",
		  false, 5, 8, NULL },
		{ "1177", false, 5, 8, NULL },
		{ "1177"
		  "0480",
		  false, 6, 9, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text digits;
		int err = location_called(text_of(cases[i].user),
					  cases[i].before, cases[i].from,
					  cases[i].to, TEXT("1177"), &digits);

		if (err != (cases[i].digits ? 0 : ENOENT) ||
		    (!err && !text_is(digits, cases[i].digits)))
			fail_msg("case %zu: %s", i, cases[i].user);
	}
}

static void test_faulty_tables(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} cases[] = {
		{ "1\t0480\n2 0480\n", 2 },
		{ "\t0480\n", 1 },
		{ "1\t9999\n", 1 },
		{ "1\t0480\textra\n", 1 },
		{ "1\t0480\nA\t0480\na\t0180\n", 3 },
		{ "a key that is longer than the place that is there for it"
		  "\t0480\n",
		  1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct location_table *t = NULL;
		unsigned line = 0;

		assert_int_equal(
			location_table_read(&t, text_of(cases[i].text), &line),
			EBADMSG);
		assert_int_equal(line, cases[i].line);
		assert_null(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kommun_id),
		cmocka_unit_test(test_without_table),
		cmocka_unit_test(test_geolocation),
		cmocka_unit_test(test_access_network),
		cmocka_unit_test(test_area_code),
		cmocka_unit_test(test_conflicts),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_called),
		cmocka_unit_test(test_faulty_tables),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
