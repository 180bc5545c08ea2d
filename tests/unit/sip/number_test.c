/* Numbers as people and trunks write them. Fictitious ones: PTS's 08-465 004.
 */
#include "tests/unit/unit.h"

#include "sip/number.h"

static void numbers_take_one_form(void **state)
{
	static const struct {
		const char *uri;
		int err;
		enum number_kind kind;
		const char *digits;
	} rows[] = {
		{ "sip:+4684650041@a.example", 0, NUMBER_E164, "+4684650041" },
		{ "sip:084650041@a.example", 0, NUMBER_E164, "+4684650041" },
		{ "sip:004684650041@a", 0, NUMBER_E164, "+4684650041" },
		{ "sip:08-465%200041@a", 0, NUMBER_E164, "+4684650041" },
		{ "sip:%2B4684650041@a", 0, NUMBER_E164, "+4684650041" },
		{ "sips:+4684650041;npdi=yes:pw@a:5061;user=phone", 0,
		  NUMBER_E164, "+4684650041" },
		{ "tel:+46-8-465.0041;ext=1", 0, NUMBER_E164, "+4684650041" },
		{ "tel:(08)4650041", 0, NUMBER_E164, "+4684650041" },
		{ "tel:1177;phone-context=+46", 0, NUMBER_SHORT, "1177" },
		{ "sip:1177@node.example", 0, NUMBER_SHORT, "1177" },
		{ "sip:112@a", 0, NUMBER_SHORT, "112" },
		{ "SIP:+15555550123@a", 0, NUMBER_E164, "+15555550123" },
		{ "sip:alice@a", 0, NUMBER_NONE, "" },
		{ "sip:alice1177@a", 0, NUMBER_NONE, "" },
		{ "sip:node.example", 0, NUMBER_NONE, "" },
		{ "sip:84650041@a", 0, NUMBER_NONE, "" },
		{ "sip:11+77@a", 0, NUMBER_NONE, "" },
		{ "sip:anonymous@anonymous.invalid", 0, NUMBER_ANONYMOUS, "" },
		{ "sip:Anonymous@192.0.2.1", 0, NUMBER_ANONYMOUS, "" },
		{ "sip:x@anonymous.invalid:5060;a=b", 0, NUMBER_ANONYMOUS, "" },
		{ "sip:+0684650041@a", EBADMSG, NUMBER_NONE, "" },
		{ "sip:+12345@a", EBADMSG, NUMBER_NONE, "" },
		{ "sip:+1234567890123456@a", EBADMSG, NUMBER_NONE, "" },
		{ "sip:%zz@a", EBADMSG, NUMBER_NONE, "" },
		{ "sip:%2@a", EBADMSG, NUMBER_NONE, "" },
		{ "http://a", EBADMSG, NUMBER_NONE, "" },
		{ "", EBADMSG, NUMBER_NONE, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct number n = { .kind = NUMBER_NONE };
		int err = number_from_uri(text_of(rows[i].uri), &n);

		if (err != rows[i].err || n.kind != rows[i].kind ||
		    strcmp(n.digits, rows[i].digits) != 0)
			fail_msg("%s: %d, kind %d, %s", rows[i].uri, err,
				 (int)n.kind, n.digits);
	}
}

#define REQUEST(from, extra)                                                   \
	"INVITE sip:1177@n SIP/2.0\r\n"                                        \
	"Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n"                       \
	"From: " from ";tag=f\r\nTo: <sip:1177@n>\r\nCall-ID: c\r\n"           \
	"CSeq: 1 INVITE\r\n" extra "\r\n"

#define PAI "P-Asserted-Identity: "

static void callers_are_known_by_whom_we_trust(void **state)
{
	static const struct {
		const char *text;
		bool trusted;
		const char *digits;
		bool asserted, restricted;
	} rows[] = {
		{ REQUEST("<sip:084650041@a>", ""), false, "+4684650041", false,
		  false },
		{ REQUEST("<sip:084650041@a>", PAI "<sip:+4684650042@a>\r\n"),
		  true, "+4684650042", true, false },
		/* a stranger's assertion is worth nothing */
		{ REQUEST("<sip:084650041@a>", PAI "<sip:+4684650042@a>\r\n"),
		  false, "+4684650041", false, false },
		{ REQUEST("<sip:anonymous@anonymous.invalid>",
			  PAI "<tel:+4684650042>\r\nPrivacy: id\r\n"),
		  true, "+4684650042", true, true },
		{ REQUEST("<sip:anonymous@anonymous.invalid>",
			  PAI "<tel:+4684650042>\r\n"),
		  false, "", false, true },
		{ REQUEST("<sip:a@a>",
			  PAI "<sip:bob@a>, <tel:+4684650042>\r\n"),
		  true, "+4684650042", true, false },
		{ REQUEST("<sip:084650041@a>", "Privacy: critical;user\r\n"),
		  false, "+4684650041", false, true },
		{ REQUEST("<sip:084650041@a>", "Privacy: none\r\n"), true,
		  "+4684650041", false, false },
		{ REQUEST("<sip:084650041@a>", PAI "rubbish\r\n"), true,
		  "+4684650041", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct message_fault f;
		struct number_caller c;
		struct sip_msg *msg = NULL;

		assert_int_equal(message_decode(&msg, rows[i].text,
						strlen(rows[i].text), false,
						&f),
				 0);
		number_caller(msg, rows[i].trusted, &c);
		message_drop(msg);
		if (strcmp(c.number.digits, rows[i].digits) != 0 ||
		    c.asserted != rows[i].asserted ||
		    c.restricted != rows[i].restricted)
			fail_msg("row %zu: \"%s\" %d %d", i, c.number.digits,
				 c.asserted, c.restricted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_take_one_form),
		cmocka_unit_test(callers_are_known_by_whom_we_trust),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
