#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdlib.h>

#include "seal/stream.h"

enum { CHUNK = 64 * 1024, MAX = 4 * CHUNK };

static const uint8_t fk[AGE_FILE_KEY_BYTES] = "YELLOW SUBMARINE";
static const uint8_t pn[AGE_NONCE_BYTES] = "ONE-TIME NONCE 1";
static uint8_t plain[MAX], sealed[MAX + 1024], back[MAX];
static struct stream *s;

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 31 + (i >> 8));
	return sodium_init() < 0 || stream_new(&s);
}

static int teardown(void **state)
{
	(void)state;
	stream_free(s);
	stream_free(NULL);
	return 0;
}

static void every_length_comes_back(void **state)
{
	static const size_t lens[] = { 0,         1,         15,
				       CHUNK - 1, CHUNK,     CHUNK + 1,
				       2 * CHUNK, 3 * CHUNK, 3 * CHUNK + 77 };

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct writer w = writer_on(sealed, sizeof(sealed));
		struct writer out = writer_on(back, sizeof(back));

		assert_int_equal(stream_seal(s, fk, pn,
					     (struct bytes){ plain, lens[i] },
					     &w),
				 0);
		assert_int_equal(w.len, stream_sealed_bytes(lens[i]));
		assert_int_equal(stream_open(s, fk,
					     (struct bytes){ sealed, w.len },
					     &out),
				 0);
		assert_int_equal(out.len, lens[i]);
		assert_memory_equal(back, plain, lens[i]);
	}
}

/* libsodium's cipher, and nonces written out, as the second opinion */
static void chunks_are_as_the_format_has_them(void **state)
{
	uint8_t key[STREAM_KEY_BYTES], nonce[12] = { 0 };
	static uint8_t buf[STREAM_SEALED_CHUNK_BYTES];
	static uint8_t want[STREAM_SEALED_CHUNK_BYTES];
	static const struct {
		uint64_t number;
		bool last;
		size_t len;
	} rows[] = {
		{ 0, false, CHUNK }, { 0, true, 0 },
		{ 0, true, CHUNK },  { 1, true, 1 },
		{ 258, true, 100 },  { 1ull << 40, false, CHUNK },
	};

	(void)state;
	stream_key(fk, pn, key);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = rows[i].len;

		for (size_t k = 0; k < 8; k++)
			nonce[3 + k] =
				(uint8_t)(rows[i].number >> (56 - 8 * k));
		nonce[11] = rows[i].last;
		assert_int_equal(crypto_aead_chacha20poly1305_ietf_encrypt(
					 want, NULL, plain, len, NULL, 0, NULL,
					 nonce, key),
				 0);
		memcpy(buf, plain, len);
		assert_int_equal(stream_seal_chunk(s, key, rows[i].number,
						   rows[i].last, buf, len),
				 0);
		assert_memory_equal(buf, want, len + STREAM_TAG_BYTES);
		assert_int_equal(stream_open_chunk(s, key, rows[i].number,
						   !rows[i].last, buf,
						   len + STREAM_TAG_BYTES),
				 EBADMSG);
		memcpy(buf, want, len + STREAM_TAG_BYTES);
		assert_int_equal(stream_open_chunk(s, key, rows[i].number + 1,
						   rows[i].last, buf,
						   len + STREAM_TAG_BYTES),
				 EBADMSG);
		memcpy(buf, want, len + STREAM_TAG_BYTES);
		assert_int_equal(stream_open_chunk(s, key, rows[i].number,
						   rows[i].last, buf,
						   len + STREAM_TAG_BYTES),
				 0);
		assert_memory_equal(buf, plain, len);
	}
}

static void wrong_lengths_are_refused(void **state)
{
	static uint8_t buf[STREAM_SEALED_CHUNK_BYTES + 16];
	uint8_t key[STREAM_KEY_BYTES] = { 0 };

	(void)state;
	assert_int_equal(stream_seal_chunk(s, key, 0, false, buf, CHUNK - 1),
			 EINVAL);
	assert_int_equal(stream_seal_chunk(s, key, 0, false, buf, 0), EINVAL);
	assert_int_equal(stream_seal_chunk(s, key, 1, true, buf, 0), EINVAL);
	assert_int_equal(stream_seal_chunk(s, key, 0, true, buf, CHUNK + 1),
			 EINVAL);
	assert_int_equal(stream_open_chunk(s, key, 0, true, buf, 15), EBADMSG);
	assert_int_equal(stream_open_chunk(s, key, 0, true, buf,
					   STREAM_SEALED_CHUNK_BYTES + 1),
			 EBADMSG);
}

/* A payload cut anywhere: whole chunks come out, then the verdict. */
static void a_cut_payload_gives_its_whole_chunks(void **state)
{
	struct writer w = writer_on(sealed, sizeof(sealed));
	size_t len;

	(void)state;
	assert_int_equal(stream_seal(s, fk, pn,
				     (struct bytes){ plain, 2 * CHUNK + 100 },
				     &w),
			 0);
	len = w.len;
	for (size_t cut = 0; cut < len; cut += cut % 997 + 500) {
		struct writer out = writer_on(back, sizeof(back));
		size_t chunks =
			cut < 16 ? 0 : (cut - 16) / STREAM_SEALED_CHUNK_BYTES;

		assert_int_equal(
			stream_open(s, fk, (struct bytes){ sealed, cut }, &out),
			EBADMSG);
		assert_int_equal(out.len, chunks * CHUNK);
		assert_memory_equal(back, plain, out.len);
	}
	/* on the border of a chunk: all are good, but none is marked last */
	for (size_t n = 1; n <= 2; n++) {
		struct writer out = writer_on(back, sizeof(back));
		struct bytes in = { sealed,
				    16 + n * STREAM_SEALED_CHUNK_BYTES };

		assert_int_equal(stream_open(s, fk, in, &out), EBADMSG);
		assert_int_equal(out.len, n * CHUNK);
	}
}

static void what_was_not_authentic_is_wiped(void **state)
{
	uint8_t key[STREAM_KEY_BYTES] = { 1 }, buf[64 + STREAM_TAG_BYTES];

	(void)state;
	memcpy(buf, plain, 64);
	assert_int_equal(stream_seal_chunk(s, key, 0, true, buf, 64), 0);
	buf[70] ^= 1;
	assert_int_equal(stream_open_chunk(s, key, 0, true, buf, sizeof(buf)),
			 EBADMSG);
	assert_true(sodium_is_zero(buf, 64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_comes_back),
		cmocka_unit_test(chunks_are_as_the_format_has_them),
		cmocka_unit_test(wrong_lengths_are_refused),
		cmocka_unit_test(a_cut_payload_gives_its_whole_chunks),
		cmocka_unit_test(what_was_not_authentic_is_wiped),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
