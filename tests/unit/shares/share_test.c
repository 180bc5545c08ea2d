/* Shares of a secret: the published vectors, each mistake, every pair of k, n.
 */
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "shares/gf256.h"
#include "shares/share.h"

static const struct vector {
	const char *name;
	const char *shares[8];
	const char *secret;
	enum share_fault fault;
} vectors[] = {
#include "tests/unit/shares/vectors.def"
};

static enum share_fault join_texts(const struct vector *v, uint8_t *to,
				   size_t *len)
{
	struct share_set set = { 0 };
	enum share_fault f = SHARE_GOOD;
	struct share s;
	unsigned word;

	for (unsigned i = 0; !f && v->shares[i]; i++) {
		f = share_read(text_of(v->shares[i]), &s, &word);
		if (!f)
			f = share_add(&set, &s);
	}
	return f ? f : share_join(&set, TEXT("TREZOR"), to, len);
}

static void test_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		uint8_t got[SHARE_SECRET_MAX], want[SHARE_SECRET_MAX];
		const struct vector *v = &vectors[i];
		size_t len = 0;
		enum share_fault f = join_texts(v, got, &len);

		if (f != v->fault)
			fail_msg("%s: fault %d, not %d", v->name, f, v->fault);
		if (f)
			continue;
		assert_int_equal(strlen(v->secret), len * 2);
		assert_int_equal(hex_read(text_of(v->secret), want, len), 0);
		if (memcmp(got, want, len) != 0)
			fail_msg("%s: another secret", v->name);
	}
}

/* What is read is written the same, so an encoder meets the vectors too. */
static void test_written_as_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		for (unsigned k = 0; vectors[i].shares[k]; k++) {
			char text[SHARE_TEXT_MAX];
			struct writer w = writer_on(text, sizeof(text));
			struct share s;
			unsigned word;

			if (share_read(text_of(vectors[i].shares[k]), &s,
				       &word))
				continue;
			share_write(&s, &w);
			assert_int_equal(w.len, strlen(vectors[i].shares[k]));
			assert_memory_equal(text, vectors[i].shares[k], w.len);
		}
}

static void test_field(void **state)
{
	(void)state;
	assert_int_equal(gf256_mul(0x57, 0x83), 0xc1); /* FIPS 197, 4.2 */
	assert_int_equal(gf256_mul(0x57, 0x13), 0xfe);
	assert_int_equal(gf256_inverse(0), 0);
	for (unsigned a = 1; a < 256; a++)
		assert_int_equal(
			gf256_mul((uint8_t)a, gf256_inverse((uint8_t)a)), 1);
}

/* ---- mistakes of a person with paper */

static const char one[] =
	"shadow pistol academic always adequate wildlife fancy gross oasis "
	"cylinder mustang wrist rescue view short owner flip making coding "
	"armed";
static const char two[] =
	"shadow pistol academic acid actress prayer class unknown daughter "
	"sweater depict flip twice unkind craft early superior advocate guest "
	"smoking";

static void test_words(void **state)
{
	char text[512];
	struct share s;
	unsigned word = 0;

	(void)state;
	(void)snprintf(text, sizeof(text), "  SHADOW\tPistol  %s\r", one + 14);
	assert_int_equal(share_read(text_of(text), &s, &word), SHARE_GOOD);
	(void)snprintf(text, sizeof(text), "shadow pistole %s", one + 14);
	assert_int_equal(share_read(text_of(text), &s, &word), SHARE_WORD);
	assert_int_equal(word, 2);
	/* the first letters of a word of the list, and too long for any */
	(void)snprintf(text, sizeof(text), "%.*s arme", (int)sizeof(one) - 7,
		       one);
	assert_int_equal(share_read(text_of(text), &s, &word), SHARE_WORD);
	assert_int_equal(word, 20);
	assert_int_equal(share_read(TEXT("shadowpistol"), &s, &word),
			 SHARE_WORD);
	assert_int_equal(share_read(TEXT(""), &s, &word), SHARE_LENGTH);
	(void)snprintf(text, sizeof(text), "%s %s", one, two);
	assert_int_equal(share_read(text_of(text), &s, &word), SHARE_LENGTH);
}

/* Any one word mistaken for any other is found, and so are two that changed
 * places. */
static void test_checksum(void **state)
{
	struct share s;
	unsigned word, tried = 0;
	char text[512];

	(void)state;
	for (const char *p = one; p; p = strchr(p, ' ')) {
		const char *end;

		p += *p == ' ';
		end = strchr(p, ' ');
		(void)snprintf(text, sizeof(text), "%.*szero%s", (int)(p - one),
			       one, end ? end : "");
		assert_int_equal(share_read(text_of(text), &s, &word),
				 SHARE_CHECKSUM);
		tried++;
	}
	assert_int_equal(tried, 20);
	(void)snprintf(text, sizeof(text), "pistol shadow%s", one + 13);
	assert_int_equal(share_read(text_of(text), &s, &word), SHARE_CHECKSUM);
}

static void test_sets(void **state)
{
	struct share_set set = { 0 };
	uint8_t out[SHARE_SECRET_MAX];
	struct share a, b, other;
	unsigned word;
	size_t len;

	(void)state;
	assert_int_equal(share_join(&set, TEXT(""), out, &len), SHARE_TOO_FEW);
	assert_int_equal(share_read(text_of(one), &a, &word), SHARE_GOOD);
	assert_int_equal(share_read(text_of(two), &b, &word), SHARE_GOOD);
	assert_int_equal(share_add(&set, &a), SHARE_GOOD);
	assert_int_equal(share_add(&set, &a), SHARE_TWICE);
	assert_int_equal(share_join(&set, TEXT(""), out, &len), SHARE_TOO_FEW);
	other = b;
	other.id ^= 1;
	assert_int_equal(share_add(&set, &other), SHARE_OTHER_SET);
	other = b;
	other.needed++;
	assert_int_equal(share_add(&set, &other), SHARE_OTHER_SET);
	other = a;
	other.value[3] ^= 1;
	assert_int_equal(share_add(&set, &other), SHARE_CLASH);
	/* whole by its checksum, and yet not what was dealt */
	other = b;
	other.value[3] ^= 1;
	assert_int_equal(share_add(&set, &other), SHARE_GOOD);
	assert_int_equal(share_join(&set, TEXT(""), out, &len), SHARE_NO_FIT);
}

/* ---- splitting */

static void join_some(const struct share_set *all, unsigned from, unsigned n,
		      enum share_fault want, const uint8_t secret[32])
{
	struct share_set some = { 0 };
	uint8_t out[SHARE_SECRET_MAX] = { 0 };
	size_t len = 0;

	for (unsigned i = 0; i < n; i++)
		assert_int_equal(
			share_add(&some, &all->list[(from + i) % all->count]),
			SHARE_GOOD);
	assert_int_equal(share_join(&some, TEXT(""), out, &len), want);
	if (want)
		return;
	assert_int_equal(len, 32);
	assert_memory_equal(out, secret, 32);
}

static void test_every_k_of_n(void **state)
{
	uint8_t secret[32];

	(void)state;
	randombytes_buf(secret, sizeof(secret));
	for (unsigned n = 2; n <= SHARE_MEMBERS_MAX; n += n < 6 ? 1 : 5)
		for (unsigned k = 2; k <= n; k += k < 4 ? 1 : 4) {
			struct share_set set = { 0 };

			assert_int_equal(
				share_split((struct bytes){ secret, 32 },
					    TEXT(""), k, n, 0, &set),
				0);
			assert_int_equal(set.count, n);
			for (unsigned from = 0; from < n; from += 3) {
				join_some(&set, from, k, SHARE_GOOD, secret);
				join_some(&set, from, k - 1, SHARE_TOO_FEW,
					  secret);
			}
			/* one that is beyond what is needed, and wrong */
			if (k == n)
				continue;
			set.list[n - 1].value[0] ^= 0x80;
			join_some(&set, 0, n, SHARE_NO_FIT, secret);
		}
}

static void test_passphrase(void **state)
{
	uint8_t secret[32] = "an identity has 32 bytes of it.", out[32];
	struct share_set set = { 0 };
	struct text pass = TEXT("vinter 2026 ~");
	size_t len;

	(void)state;
	assert_int_equal(
		share_split((struct bytes){ secret, 32 }, pass, 2, 3, 1, &set),
		0);
	assert_int_equal(share_join(&set, pass, out, &len), SHARE_GOOD);
	assert_memory_equal(out, secret, 32);
	assert_int_equal(share_join(&set, TEXT("vinter"), out, &len),
			 SHARE_GOOD);
	assert_memory_not_equal(out, secret, 32);
}

static void test_bounds(void **state)
{
	static const struct {
		unsigned needed, count;
		size_t len;
		const char *passphrase;
	} wrong[] = {
		{ 1, 1, 32, "" },  { 1, 3, 32, "" },   { 4, 3, 32, "" },
		{ 2, 17, 32, "" }, { 2, 3, 14, "" },   { 2, 3, 31, "" },
		{ 2, 3, 34, "" },  { 2, 3, 32, "\n" }, { 2, 3, 32, "\xc3\xa5" },
	};
	uint8_t secret[34] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct share_set set = { 0 };

		assert_int_equal(
			share_split((struct bytes){ secret, wrong[i].len },
				    text_of(wrong[i].passphrase),
				    wrong[i].needed, wrong[i].count, 0, &set),
			EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_field),
		cmocka_unit_test(test_published_vectors),
		cmocka_unit_test(test_written_as_read),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_every_k_of_n),
		cmocka_unit_test(test_passphrase),
		cmocka_unit_test(test_bounds),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
