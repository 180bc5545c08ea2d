/* Streams cut at every byte give the same messages. */
#include "tests/unit/unit.h"

#include "sip/frame.h"
#include "sip/message.h"

#define ONE "OPTIONS sip:a SIP/2.0\r\nContent-Length: 3\r\n\r\nabc"
#define TWO "BYE sip:a SIP/2.0\nX: y\nl : 0\n\n"

static void streams_are_cut_where_they_must(void **state)
{
	static const char stream[] = ONE "\r\n\r\n" TWO "\r\n" ONE;
	static const struct frame want[] = {
		{ FRAME_MESSAGE, sizeof(ONE) - 1 }, { FRAME_PING, 4 },
		{ FRAME_MESSAGE, sizeof(TWO) - 1 }, { FRAME_BLANK, 2 },
		{ FRAME_MESSAGE, sizeof(ONE) - 1 },
	};

	(void)state;
	for (size_t piece = 1; piece < sizeof(stream); piece++) {
		size_t from = 0, to = 0, scanned = 0, n = 0;

		while (to < sizeof(stream) - 1) {
			to = to + piece < sizeof(stream) - 1
				     ? to + piece
				     : sizeof(stream) - 1;
			for (;;) {
				struct frame f;

				assert_int_equal(
					frame_next((const uint8_t *)stream +
							   from,
						   to - from, &scanned, &f),
					0);
				if (f.kind == FRAME_MORE)
					break;
				assert_true(n < 5);
				assert_int_equal(f.kind, want[n].kind);
				assert_int_equal(f.len, want[n].len);
				from += f.len;
				scanned = 0;
				n++;
			}
		}
		assert_int_equal(n, 5);
		assert_int_equal(from, sizeof(stream) - 1);
	}
}

static void lengths_must_be_clear(void **state)
{
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{ "A b SIP/2.0\r\n\r\n", EBADMSG },
		{ "A b SIP/2.0\r\nl: x\r\n\r\n", EBADMSG },
		{ "A b SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\n", EBADMSG },
		{ "A b SIP/2.0\r\nl: -1\r\n\r\n", EBADMSG },
		{ "A b SIP/2.0\r\nl: 65536\r\n\r\n", EMSGSIZE },
		{ "A b SIP/2.0\r\nContent-Length:0\r\n\r\n", 0 },
		{ "A b SIP/2.0\r\nXContent-Length: 5\r\nl:0\r\n\r\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t scanned = 0;
		struct frame f;

		assert_int_equal(frame_next((const uint8_t *)rows[i].text,
					    strlen(rows[i].text), &scanned, &f),
				 rows[i].err);
		assert_int_equal(f.len, strlen(rows[i].text));
	}
}

static void an_endless_header_is_noticed(void **state)
{
	static uint8_t buf[MESSAGE_MAX + 1];
	size_t scanned = 0;
	struct frame f;

	(void)state;
	memset(buf, 'a', sizeof(buf));
	assert_int_equal(frame_next(buf, MESSAGE_MAX, &scanned, &f), 0);
	assert_int_equal(frame_next(buf, sizeof(buf), &scanned, &f), EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_are_cut_where_they_must),
		cmocka_unit_test(lengths_must_be_clear),
		cmocka_unit_test(an_endless_header_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
