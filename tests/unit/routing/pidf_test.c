/*
 * pidf -- the place in a document, and documents that are weapons
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "routing/municipality.h"
#include "routing/pidf.h"

#define BEGIN                                                                  \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>"                           \
	"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\""                      \
	" xmlns:gp=\"urn:ietf:params:xml:ns:pidf:geopriv10\""                  \
	" xmlns:ca=\"urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr\""        \
	" entity=\"pres:caller@example.com\"><tuple id=\"a\"><status>"         \
	"<gp:geopriv><gp:location-info>"
#define END "</gp:location-info></gp:geopriv></status></tuple></presence>"
#define CIVIC(inside) BEGIN "<ca:civicAddress>" inside "</ca:civicAddress>" END
#define SE "<ca:country>SE</ca:country>"

static int place(const char *xml, struct location_place *ret)
{
	struct pidf p;
	int err = pidf_read(text_of(xml), &p);

	return err ? err : pidf_place(&p, ret);
}

static void test_places(void **state)
{
	static const struct {
		const char *xml, *county, *municipality;
	} cases[] = {
		{ CIVIC(SE "<ca:A1>D</ca:A1><ca:A2>Nyköping</ca:A2>"), "04",
		  "0480" },
		{ CIVIC(SE "<ca:A1>SE-D</ca:A1><ca:A2>Nyköpings kommun"
			   "</ca:A2><ca:A3>Stigtomta</ca:A3>"),
		  "04", "0480" },
		{ CIVIC(SE "<ca:A1>Södermanland</ca:A1>"), "04", NULL },
		{ CIVIC(SE "<ca:A1>Södermanlands län</ca:A1>"), "04", NULL },
		{ CIVIC(SE "<ca:A1>Uppsala</ca:A1>"), "03", NULL },
		{ CIVIC(SE "<ca:A1>Region Skåne</ca:A1>"), "12", NULL },
		{ CIVIC(SE "<ca:A1>25</ca:A1>"), "25", NULL },
		{ CIVIC(SE "<ca:A2>0480</ca:A2>"), "04", "0480" },
		{ CIVIC(SE "<ca:A3> Borås stad\n </ca:A3>"), "14", "1490" },
		{ CIVIC("<ca:country>se</ca:country><ca:A3><![CDATA[Kiruna]]>"
			"</ca:A3>"),
		  "25", "2584" },
		/* the first of two is meant to be used */
		{ BEGIN "<ca:civicAddress>" SE
			"<ca:A2>Malmö</ca:A2></ca:civicAddress>"
			"<ca:civicAddress>" SE
			"<ca:A2>Lund</ca:A2></ca:civicAddress>" END,
		  "12", "1280" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct location_place p = { -7, -7 };

		if (place(cases[i].xml, &p))
			fail_msg("not read: %s", cases[i].xml);
		assert_string_equal(region_table[p.region].county,
				    cases[i].county);
		if (!cases[i].municipality)
			assert_int_equal(p.municipality, LOCATION_UNKNOWN);
		else
			assert_string_equal(
				municipality_table[p.municipality].code,
				cases[i].municipality);
	}
}

static void test_useless(void **state)
{
	static const struct {
		const char *xml;
		int err;
	} cases[] = {
		{ CIVIC("<ca:country>NO</ca:country><ca:A1>03</ca:A1>"),
		  EXDEV },
		{ CIVIC("<ca:A2>Nyköping</ca:A2>"), ENOENT },
		{ CIVIC(SE), ENOENT },
		{ CIVIC(SE "<ca:A2>Atlantis</ca:A2>"), ENOENT },
		{ CIVIC(SE "<ca:A1>AB</ca:A1><ca:A2>Nyköping</ca:A2>"),
		  EBADMSG },
		{ BEGIN "<Point xmlns=\"http://www.opengis.net/gml\">"
			"<pos>58.75 17.00</pos></Point>" END,
		  ENOENT },
		/* another name space is another thing */
		{ BEGIN "<civicAddress><country>SE</country>"
			"<A2>Nyköping</A2></civicAddress>" END,
		  ENOENT },
		{ "", EBADMSG },
		{ "not XML", EBADMSG },
		{ "<presence>", EBADMSG },
		{ BEGIN, EBADMSG },
		{ CIVIC(SE "<ca:A2>Lund</ca:A2><ca:A2>Malmö</ca:A2>"),
		  EBADMSG },
		{ CIVIC(SE "<ca:A2>Lu<ca:A3>nd</ca:A3></ca:A2>"), EBADMSG },
		{ CIVIC(SE "<ca:A2>Lu<!-- -->nd</ca:A2>"), EBADMSG },
		{ CIVIC("<ca:country>SWEDEN</ca:country>"), EMSGSIZE },
		{ CIVIC(SE "<ca:A2>Nyk\xf6ping</ca:A2>"), EBADMSG },
		{ "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>", ENOENT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct location_place p = { -7, -7 };

		if (place(cases[i].xml, &p) != cases[i].err)
			fail_msg("case %zu: %s", i, cases[i].xml);
		assert_int_equal(p.region, -7); /* untouched */
	}
}

#define A10 "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"

static void test_weapons(void **state)
{
	static const char *const documents[] = {
		/* a thousand million laughs */
		"<!DOCTYPE p [<!ENTITY a \"ha\"><!ENTITY b \"" A10
		"\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">]>"
		"<p>&c;</p>",
		"<!DOCTYPE p [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>"
		"<p>&a;</p>",
		"<!DOCTYPE p SYSTEM \"http://127.0.0.1:9/x.dtd\"><p/>",
		"<!DOCTYPE p [<!ENTITY % a SYSTEM \"file:///etc/hosts\"> %a;]>"
		"<p/>",
		"<p>&undefined;</p>",
	};
	char *deep = calloc(1, PIDF_MAX + 2);
	struct pidf p;
	size_t n = 0;

	(void)state;
	assert_non_null(deep);
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
		if (pidf_read(text_of(documents[i]), &p) != EBADMSG)
			fail_msg("taken: %s", documents[i]);
	while (n + 3 < PIDF_MAX) {
		memcpy(deep + n, "<a>", 3);
		n += 3;
	}
	assert_int_equal(pidf_read((struct text){ deep, n }, &p), EMSGSIZE);
	memcpy(deep, "<b>", 3);
	for (n = 3; n + 4 < PIDF_MAX; n += 4)
		memcpy(deep + n, "<a/>", 4);
	assert_int_equal(pidf_read((struct text){ deep, n }, &p), EMSGSIZE);
	memset(deep, ' ', PIDF_MAX + 1);
	assert_int_equal(pidf_read((struct text){ deep, PIDF_MAX + 1 }, &p),
			 EMSGSIZE);
	free(deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_useless),
		cmocka_unit_test(test_weapons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
