#include "tests/unit/unit.h"

#include <sodium.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/secret.h"

static void reader_never_passes_the_end(void **state)
{
	static const uint8_t raw[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct reader r = reader_on(raw, sizeof(raw));
	uint64_t u64 = 0;
	uint16_t u16 = 7;
	uint8_t u8;

	(void)state;
	assert_int_equal(reader_u64(&r, &u64), 0);
	assert_int_equal(u64, 0x0102030405060708);
	assert_int_equal(reader_u16(&r, &u16), EBADMSG);
	assert_int_equal(u16, 7);
	assert_int_equal(reader_end(&r), EBADMSG);
	assert_int_equal(reader_u8(&r, &u8), 0);
	assert_int_equal(u8, 9);
	assert_int_equal(reader_end(&r), 0);
}

static void writer_stays_full(void **state)
{
	uint8_t buf[4];
	struct writer w = writer_on(buf, sizeof(buf));

	(void)state;
	writer_u16(&w, 0x0102);
	assert_int_equal(writer_finish(&w), 0);
	writer_u32(&w, 1);
	writer_u8(&w, 3);
	assert_int_equal(w.len, 2);
	assert_int_equal(writer_finish(&w), EMSGSIZE);
}

static void base64_is_strict(void **state)
{
	static const struct {
		const char *in;
		enum base64_form form;
		int err;
	} rows[] = {
		{ "QUI=", BASE64_PADDED, 0 },
		{ "QUI", BASE64_PADDED, EBADMSG },
		{ "QUI", BASE64_UNPADDED, 0 },
		{ "QUI=", BASE64_UNPADDED, EBADMSG },
		{ "QUJ", BASE64_UNPADDED, EBADMSG }, /* trailing bits */
		{ "Q", BASE64_UNPADDED, EBADMSG },
		{ "QU I", BASE64_UNPADDED, EBADMSG },
		{ "", BASE64_PADDED, 0 },
		{ "====", BASE64_PADDED, EBADMSG },
		{ "-_-_", BASE64_URL, 0 },
		{ "+/+/", BASE64_URL, EBADMSG },
		{ "-_-_", BASE64_UNPADDED, EBADMSG },
		{ "QUI=", BASE64_URL, EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t out[8];
		size_t len;

		assert_int_equal(base64_read(text_of(rows[i].in), rows[i].form,
					     out, sizeof(out), &len),
				 rows[i].err);
	}
}

static void ids_go_both_ways(void **state)
{
	uint8_t id[ID_BYTES], back[ID_BYTES];
	char text[ID_CHARS + 1];

	(void)state;
	for (int i = 0; i < 100; i++) {
		id_new(id);
		id_text(id, text);
		assert_int_equal(id_read(text_of(text), back), 0);
		assert_memory_equal(id, back, ID_BYTES);
	}
	assert_int_equal(id_read(TEXT("aaaaaaaaaaaaaaaaaaaaaaaaab"), back),
			 EBADMSG);
	assert_int_equal(id_read(TEXT("aaaaaaaaaaaaaaaaaaaaaaaaa1"), back),
			 EBADMSG);
}

static void times_are_read_back(void **state)
{
	char text[CLOCK_TEXT_MAX];
	int64_t ms;

	(void)state;
	assert_int_equal(clock_read(TEXT("2026-11-21T22:05:00.125+01:00"), &ms),
			 0);
	assert_int_equal(ms, 1795295100125);
	clock_text(ms, text);
	assert_int_equal(clock_read(text_of(text), &ms), 0);
	assert_int_equal(ms, 1795295100125);
	assert_int_equal(clock_read(TEXT("2026-11-21T22:05:00"), &ms), EBADMSG);
	assert_int_equal(clock_read(TEXT("2026-13-21T22:05:00Z"), &ms),
			 EBADMSG);
	assert_int_equal(clock_read(TEXT("2026-11-21 22:05:00Z"), &ms),
			 EBADMSG);
}

static void secrets_are_wiped_and_bounded(void **state)
{
	struct secret *a, *b;

	(void)state;
	assert_int_equal(secret_init(4096), 0);
	a = secret_new(32);
	assert_non_null(a);
	memset(a->bytes, 0xaa, 32);
	secret_free(a);
	for (int i = 0; i < 64; i++) {
		b = secret_new(32);
		assert_non_null(b);
		assert_true(sodium_is_zero(b->bytes, 32));
		secret_free(b);
	}
	assert_null(secret_new(5000));
	secret_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_never_passes_the_end),
		cmocka_unit_test(writer_stays_full),
		cmocka_unit_test(base64_is_strict),
		cmocka_unit_test(ids_go_both_ways),
		cmocka_unit_test(times_are_read_back),
		cmocka_unit_test(secrets_are_wiped_and_bounded),
	};

	return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
