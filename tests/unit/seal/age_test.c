#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/secret.h"
#include "seal/age.h"
#include "seal/bech32.h"
#include "seal/passphrase.h"
#include "seal/stream.h"

/* From the age test vectors: identity and recipient that belong together */
static const char identity_text[] =
	"AGE-SECRET-KEY-"
	"1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2"
	"LM0";

static int setup(void **state)
{
	(void)state;
	return sodium_init() < 0 || secret_init(16 * 1024);
}

static void keys_go_both_ways_as_text(void **state)
{
	char identity[AGE_IDENTITY_CHARS + 1],
		recipient[AGE_RECIPIENT_CHARS + 1];
	struct writer w = writer_on(identity, AGE_IDENTITY_CHARS);
	struct age_recipient back;
	struct age_identity id;

	(void)state;
	assert_int_equal(age_identity_read(text_of(identity_text), &id), 0);
	age_identity_write(&id, &w);
	identity[w.len] = '\0';
	assert_string_equal(identity, identity_text);
	age_recipient_text(&id.recipient, recipient);
	assert_int_equal(strlen(recipient), AGE_RECIPIENT_CHARS);
	assert_int_equal(age_recipient_read(text_of(recipient), &back), 0);
	assert_memory_equal(&back, &id.recipient, sizeof(back));
	age_identity_close(&id);
	assert_null(id.scalar);
	age_identity_close(&id);
}

static void mistyped_keys_are_refused(void **state)
{
	struct age_recipient r;
	struct age_identity id;
	char t[128];

	(void)state;
	/* each single character replaced */
	for (size_t i = 0; i < AGE_IDENTITY_CHARS; i++) {
		memcpy(t, identity_text, sizeof(identity_text));
		t[i] = t[i] == 'Q' ? 'P' : 'Q';
		assert_int_equal(age_identity_read(text_of(t), &id), EBADMSG);
	}
	/* lower case is another thing than age writes */
	for (size_t i = 0; i < sizeof(identity_text); i++)
		t[i] = (char)(identity_text[i] >= 'A' ? identity_text[i] | 0x20
						      : identity_text[i]);
	assert_int_equal(age_identity_read(text_of(t), &id), EBADMSG);
	t[0] = 'A';
	assert_int_equal(age_identity_read(text_of(t), &id), EBADMSG);
	/* an identity is no recipient */
	assert_int_equal(age_recipient_read(text_of(identity_text), &r),
			 EBADMSG);
	assert_int_equal(age_recipient_read(TEXT(""), &r), EBADMSG);
	assert_int_equal(age_recipient_read(TEXT("age1"), &r), EBADMSG);
}

/* BIP 173, its own lists of valid and invalid strings */
static void bech32_is_bip_173(void **state)
{
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{ "A12UEL5L", 0 },
		{ "a12uel5l", 0 },
		{ "an83characterlonghumanreadablepartthatcontainsthenumber1and"
		  "theexcludedcharactersbio1tt5tgs",
		  0 },
		{ "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", 0 },
		{ "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3"
		  "w",
		  0 },
		{ "\x20"
		  "1nwldj5",
		  EBADMSG },
		{ "\x7f"
		  "1axkwrx",
		  EBADMSG },
		{ "pzry9x0s0muk", EBADMSG },
		{ "1pzry9x0s0muk", EBADMSG },
		{ "x1b4n0q5v", EBADMSG },
		{ "li1dgmt3", EBADMSG },
		{ "de1lg7wt\xff", EBADMSG },
		{ "A1G7SGD8", EBADMSG },
		{ "10a06t8", EBADMSG },
		{ "1qzzfhee", EBADMSG },
		{ "A12uEL5L", EBADMSG },
	};
	uint8_t out[64];
	struct text hrp;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(bech32_read(text_of(rows[i].text), &hrp, out,
					     sizeof(out), &len),
				 rows[i].err);
}

static void bech32_goes_both_ways(void **state)
{
	uint8_t in[32], out[32];
	char text[128];
	struct text hrp;
	size_t len;

	(void)state;
	for (size_t n = 0; n <= sizeof(in); n++) {
		struct writer w = writer_on(text, sizeof(text));

		randombytes_buf(in, n);
		bech32_write(&w, "some-1-part", n & 1, in, n);
		assert_int_equal(bech32_read((struct text){ text, w.len }, &hrp,
					     out, sizeof(out), &len),
				 0);
		assert_int_equal(len, n);
		assert_memory_equal(in, out, n);
		assert_true(
			text_is(hrp, n & 1 ? "SOME-1-PART" : "some-1-part"));
		if (n)
			assert_int_equal(
				bech32_read((struct text){ text, w.len }, &hrp,
					    out, n - 1, &len),
				EMSGSIZE);
	}
}

static void key_files_hold_one_identity(void **state)
{
	struct age_identity id;
	char file[512];

	(void)state;
	(void)snprintf(file, sizeof(file), "# created: today\r\n\n%s\n# end",
		       identity_text);
	assert_int_equal(age_identity_file_read(text_of(file), &id), 0);
	age_identity_close(&id);
	(void)snprintf(file, sizeof(file), "%s\n%s\n", identity_text,
		       identity_text);
	assert_int_equal(age_identity_file_read(text_of(file), &id), EBADMSG);
	assert_int_equal(age_identity_file_read(TEXT("# nothing\n"), &id),
			 ENOKEY);
	assert_int_equal(age_identity_file_read(TEXT(""), &id), ENOKEY);
	assert_int_equal(age_identity_file_read(TEXT("hello\n"), &id), EBADMSG);
}

static size_t make_header(uint8_t *buf, size_t max, unsigned recipients)
{
	static const uint8_t fk[AGE_FILE_KEY_BYTES] = "YELLOW SUBMARINE";
	struct writer w = writer_on(buf, max);
	struct age_recipient to[20];

	for (unsigned i = 0; i < recipients; i++) {
		uint8_t k[32] = { (uint8_t)(i + 1) };

		assert_int_equal(crypto_scalarmult_base(to[i].key, k), 0);
	}
	assert_int_equal(age_header_write(fk, to, recipients, &w), 0);
	return w.len;
}

/* The parser's input ends where readable memory ends. */
static void a_cut_header_is_refused_without_overrun(void **state)
{
	long page = 4096;
	uint8_t *map = mmap(NULL, (size_t)(2 * page), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t whole[1024];
	struct age_header h;
	size_t len = make_header(whole, sizeof(whole), 2);

	(void)state;
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(mprotect(map + page, (size_t)page, PROT_NONE), 0);
	for (size_t n = 0; n <= len; n++) {
		uint8_t *at = map + page - n;

		memcpy(at, whole, n);
		assert_int_equal(age_header_read((struct bytes){ at, n }, &h),
				 n == len ? 0 : EBADMSG);
	}
	assert_int_equal(h.stanza_count, 2);
	assert_int_equal(h.len, len);
	(void)munmap(map, (size_t)(2 * page));
}

static void every_flipped_bit_of_a_header_is_seen(void **state)
{
	uint8_t buf[1024], fk[AGE_FILE_KEY_BYTES], k[32] = { 1 };
	size_t len = make_header(buf, sizeof(buf), 2);
	struct age_identity id = { .scalar = secret_new(32) };
	struct age_header h;

	(void)state;
	memcpy(id.scalar->bytes, k, 32);
	assert_int_equal(crypto_scalarmult_base(id.recipient.key, k), 0);
	assert_int_equal(age_header_read((struct bytes){ buf, len }, &h), 0);
	assert_int_equal(age_header_unwrap(&h, &id, 1, fk), 0);
	assert_memory_equal(fk, "YELLOW SUBMARINE", sizeof(fk));
	for (size_t bit = 0; bit < len * 8; bit++) {
		int err;

		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		err = age_header_read((struct bytes){ buf, len }, &h);
		if (!err)
			err = age_header_unwrap(&h, &id, 1, fk);
		assert_int_not_equal(err, 0);
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	age_identity_close(&id);
}

static void headers_are_bounded(void **state)
{
	static uint8_t buf[AGE_HEADER_MAX + 4096];
	struct writer w = writer_on(buf, sizeof(buf));
	struct age_header h;

	(void)state;
	writer_str(&w, "age-encryption.org/v1\n");
	for (int i = 0; i <= AGE_STANZAS_MAX; i++)
		writer_str(&w, "-> grease\n\n");
	assert_int_equal(age_header_read((struct bytes){ buf, w.len }, &h),
			 EMSGSIZE);
	w = writer_on(buf, sizeof(buf));
	writer_str(&w, "age-encryption.org/v1\n-> grease\n");
	while (!w.full)
		writer_str(&w,
			   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			   "AAAAAAAAAAAAAAAA\n");
	assert_true(w.len > AGE_HEADER_MAX);
	assert_int_equal(age_header_read((struct bytes){ buf, w.len }, &h),
			 EMSGSIZE);
}

static void passphrases_open_what_they_sealed(void **state)
{
	uint8_t fk[AGE_FILE_KEY_BYTES] = "sixteen bytes fk", back[16];
	char words[PASSPHRASE_MAX], other[PASSPHRASE_MAX];
	uint8_t buf[512];
	struct writer w = writer_on(buf, sizeof(buf));
	struct age_header h;

	(void)state;
	passphrase_new(words);
	passphrase_new(other);
	assert_string_not_equal(words, other);
	assert_int_equal(
		age_header_write_passphrase(fk, text_of(words), 10, &w), 0);
	assert_int_equal(age_header_read((struct bytes){ buf, w.len }, &h), 0);
	assert_int_equal(
		age_header_unwrap_passphrase(&h, text_of(words), 10, back), 0);
	assert_memory_equal(fk, back, sizeof(fk));
	assert_int_equal(
		age_header_unwrap_passphrase(&h, text_of(other), 10, back),
		ENOKEY);
	assert_int_equal(
		age_header_unwrap_passphrase(&h, text_of(words), 9, back),
		EMSGSIZE);
	assert_int_equal(
		age_header_write_passphrase(fk, text_of(words), 23, &w),
		EINVAL);
}

static void passphrases_have_eight_words(void **state)
{
	char words[PASSPHRASE_MAX];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		unsigned hyphens = 0;

		passphrase_new(words);
		for (const char *c = words; *c; c++) {
			assert_true(*c == '-' || (*c >= 'a' && *c <= 'z'));
			hyphens += *c == '-';
		}
		assert_int_equal(hyphens, PASSPHRASE_WORDS - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_go_both_ways_as_text),
		cmocka_unit_test(mistyped_keys_are_refused),
		cmocka_unit_test(bech32_is_bip_173),
		cmocka_unit_test(bech32_goes_both_ways),
		cmocka_unit_test(key_files_hold_one_identity),
		cmocka_unit_test(a_cut_header_is_refused_without_overrun),
		cmocka_unit_test(every_flipped_bit_of_a_header_is_seen),
		cmocka_unit_test(headers_are_bounded),
		cmocka_unit_test(passphrases_open_what_they_sealed),
		cmocka_unit_test(passphrases_have_eight_words),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
