/* Known answers of RFC 7616 3.9.1, and our two sides against each other. */
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdlib.h>

#include "sip/digest.h"

static struct secret *secret_of(const char *text)
{
	struct secret *s = secret_new(strlen(text));

	assert_non_null(s);
	memcpy(s->bytes, text, s->len);
	return s;
}

#define RFC_7616                                                               \
	"Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "        \
	"uri=\"/dir/index.html\", "                                            \
	"nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "             \
	"nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\"" \
	", qop=auth, "                                                         \
	"opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", "

static void known_answers_come_out(void **state)
{
	static const struct {
		const char *value, *response;
	} rows[] = {
		{ RFC_7616 "algorithm=MD5, "
			   "response=\"8ca523f5e9506fed4657c9700eebdbec\"",
		  "8ca523f5e9506fed4657c9700eebdbec" },
		{ RFC_7616
		  "algorithm=SHA-256, response=\"753927fa0e85d155564e2e272a28d1"
		  "802ca10daf4496794697cf8db5856cb6c1\"",
		  "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856c"
		  "b6c1" },
		/* without qop: RFC 2069, from RFC 2617's erratum 749 */
		{ "Digest username=\"Mufasa\",realm=\"testrealm@host.com\","
		  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\","
		  "uri=\"/dir/index.html\","
		  "response=\"1949323746fe6a43ef61f9606e7febea\"",
		  "1949323746fe6a43ef61f9606e7febea" },
	};
	struct secret *circle = secret_of("Circle of Life");
	struct secret *old = secret_of("CircleOfLife");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct digest_answer a;
		char got[DIGEST_HEX_MAX + 1];

		assert_int_equal(
			digest_answer_decode(text_of(rows[i].value), &a), 0);
		digest_response(got, &a, TEXT("GET"), i < 2 ? circle : old);
		assert_string_equal(got, rows[i].response);
		assert_true(text_is(a.response, rows[i].response));
	}
	secret_free(circle);
	secret_free(old);
}

static void malformed_values_are_refused(void **state)
{
	static const struct {
		const char *value;
		int challenge, answer;
	} rows[] = {
		{ "Basic Zm9v", ENOENT, ENOENT },
		{ "", ENOENT, ENOENT },
		{ "Digest ", EBADMSG, EBADMSG },
		{ "Digest realm=\"a\", nonce=\"b\"", 0, EBADMSG },
		{ "Digest realm=\"a, nonce=\"b\"", EBADMSG, EBADMSG },
		{ "Digest realm=\"a\", nonce=\"b", EBADMSG, EBADMSG },
		{ "Digest realm=\"a\", realm=\"b\", nonce=\"c\"", EBADMSG,
		  EBADMSG },
		{ "Digest realm=\"a\", nonce=\"b\", algorithm=SHA-512-256",
		  ENOENT, EBADMSG },
		{ "Digest realm=\"a\", nonce=\"b\", qop=\"auth-int\"", ENOENT,
		  EBADMSG },
		{ "Digest realm=\"a\", nonce=\"b\", qop=\"auth-int , auth\"", 0,
		  EBADMSG },
		{ "digest realm=a,nonce=b,x,y=z", EBADMSG, EBADMSG },
		{ "Digest username=u,realm=r,nonce=n,uri=u,response=r,qop=auth",
		  0, EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct digest_challenge c;
		struct digest_answer a;

		assert_int_equal(
			digest_challenge_decode(text_of(rows[i].value), &c),
			rows[i].challenge);
		assert_int_equal(
			digest_answer_decode(text_of(rows[i].value), &a),
			rows[i].answer);
	}
}

static const uint8_t key[DIGEST_NONCE_KEY_BYTES] = { 1, 2, 3 };

/* The value of challenge line i that the server writes. */
static struct text challenge_line(char *buf, size_t max, unsigned line,
				  uint64_t now)
{
	static const char name[] = "WWW-Authenticate: ";
	struct writer w = writer_on(buf, max);
	char *at = buf, *end;

	digest_challenge_write(
		&w, "WWW-Authenticate",
		&(struct digest_asker){ .realm = TEXT("vaxel.test"),
					.key = key,
					.source = TEXT("192.0.2.1"),
					.now_ms = now },
		false, false);
	assert_int_equal(writer_finish(&w), 0);
	buf[w.len] = '\0';
	for (unsigned i = 0; i < line; i++)
		at = strstr(at, "\r\n") + 2;
	end = strstr(at, "\r\n");
	assert_memory_equal(at, name, sizeof(name) - 1);
	at += sizeof(name) - 1;
	return (struct text){ at, (size_t)(end - at) };
}

static void both_sides_agree(void **state)
{
	struct secret *right = secret_of("s3cret"), *wrong = secret_of("guess");

	(void)state;
	for (unsigned line = 0; line < 2; line++) {
		char buf[1024], out[1024];
		struct writer w = writer_on(out, sizeof(out));
		struct text value =
			challenge_line(buf, sizeof(buf) - 1, line, 1000);
		struct digest_challenge c;
		struct digest_answer a;

		assert_int_equal(digest_challenge_decode(value, &c), 0);
		assert_int_equal(c.algorithm,
				 line ? DIGEST_MD5 : DIGEST_SHA256);
		assert_int_equal(digest_answer_write(&w, &c, TEXT("nurse1"),
						     right, TEXT("REGISTER"),
						     TEXT("sip:vaxel.test"), 1,
						     TEXT("abc")),
				 0);
		assert_int_equal(
			digest_answer_decode((struct text){ out, w.len }, &a),
			0);
#define CHECK(method, realm, password, now)                                    \
	digest_check(&a,                                                       \
		     &(struct digest_asker){ TEXT(realm), key,                 \
					     TEXT("192.0.2.1"), now },         \
		     TEXT(method), TEXT("sip:vaxel.test"), password)
		assert_int_equal(CHECK("REGISTER", "vaxel.test", right, 2000),
				 0);
		assert_int_equal(CHECK("REGISTER", "vaxel.test", wrong, 2000),
				 EPERM);
		assert_int_equal(CHECK("INVITE", "vaxel.test", right, 2000),
				 EPERM);
		assert_int_equal(CHECK("REGISTER", "other.test", right, 2000),
				 EPERM);
		assert_int_equal(CHECK("REGISTER", "vaxel.test", right,
				       1001 + DIGEST_NONCE_LIFE_MS),
				 EAGAIN);
		/* old and wrong is wrong: stale would be an oracle */
		assert_int_equal(CHECK("REGISTER", "vaxel.test", wrong,
				       1001 + DIGEST_NONCE_LIFE_MS),
				 EPERM);
		a.nonce = TEXT("00000000000003e800000000000000000000000000"
			       "000000");
		assert_int_equal(CHECK("REGISTER", "vaxel.test", right, 2000),
				 EPERM);
		a.has_qop = false;
		assert_int_equal(CHECK("REGISTER", "vaxel.test", right, 2000),
				 EPERM);
	}
	secret_free(right);
	secret_free(wrong);
}

/* A nonce of that time with this MAC, answered for the count-th time. */
static int use(struct digest_uses *all, uint64_t made_ms, uint64_t mac,
	       const char *nc, uint64_t now_ms)
{
	struct digest_answer a = { .nc = text_of(nc) };
	char nonce[2 * DIGEST_NONCE_BYTES + 1];

	/* its first two bytes choose the bucket: all in the same here */
	(void)snprintf(nonce, sizeof(nonce), "%016llx%016x%016x%016llx",
		       (unsigned long long)made_ms, 0, 0,
		       (unsigned long long)mac);
	a.nonce = text_of(nonce);
	return digest_use(all, &a, now_ms);
}

/* RFC 7616 3.4 */
static void a_count_is_good_once(void **state)
{
	struct digest_uses *all = calloc(1, sizeof(*all));

	(void)state;
	assert_non_null(all);
	assert_int_equal(use(all, 1000, 1, "00000001", 2000), 0);
	assert_int_equal(use(all, 1000, 1, "00000001", 2000), EAGAIN);
	assert_int_equal(use(all, 1000, 1, "00000002", 2000), 0);
	assert_int_equal(use(all, 1000, 1, "00000001", 2000), EAGAIN);
	assert_int_equal(use(all, 1000, 1, "000000Ff", 2000), 0);
	assert_int_equal(use(all, 1000, 1, "00000003", 2000), EAGAIN);
	assert_int_equal(use(all, 1000, 2, "00000001", 2000), 0);
	assert_int_equal(use(all, 1000, 3, "00000000", 2000), EAGAIN);
	assert_int_equal(use(all, 1000, 3, "0000000x", 2000), EPERM);
	assert_int_equal(use(all, 1000, 3, "1", 2000), EPERM);
	free(all);
}

/* However many come, none is good twice, and those of today are served. */
static void a_flood_of_nonces_is_bounded(void **state)
{
	struct digest_uses *all = calloc(1, sizeof(*all));
	uint64_t many = 20ull * DIGEST_USE_WAYS;
	uint64_t later = many + DIGEST_NONCE_LIFE_MS + 1;

	(void)state;
	assert_non_null(all);
	for (uint64_t i = 1; i <= many; i++)
		assert_int_equal(use(all, i, i, "00000001", many), 0);
	for (uint64_t i = 1; i <= many; i++)
		assert_int_equal(use(all, i, i, "00000001", many), EAGAIN);
	/* one that is older than all that is known may have been used */
	assert_int_equal(use(all, 5, 777, "00000001", many), EAGAIN);
	/* a dead one leaves its place, and nothing else is forgotten */
	assert_int_equal(use(all, later, 9, "00000001", later), 0);
	assert_int_equal(use(all, many, many, "00000002", later), 0);
	free(all);
}

/* An answer to a challenge that 192.0.2.1 was given, made for `uri`. */
static int judge(const char *uri, const char *asked, const char *source)
{
	struct secret *password = secret_of("s3cret");
	struct digest_asker asker = { TEXT("vaxel.test"), key, text_of(source),
				      2000 };
	char buf[1024], out[1024];
	struct writer w = writer_on(out, sizeof(out));
	struct digest_challenge c;
	struct digest_answer a;
	int err;

	assert_int_equal(
		digest_challenge_decode(
			challenge_line(buf, sizeof(buf) - 1, 0, 1000), &c),
		0);
	assert_int_equal(digest_answer_write(&w, &c, TEXT("nurse1"), password,
					     TEXT("REGISTER"), text_of(uri), 1,
					     TEXT("abc")),
			 0);
	assert_int_equal(digest_answer_decode((struct text){ out, w.len }, &a),
			 0);
	err = digest_check(&a, &asker, TEXT("REGISTER"), text_of(asked),
			   password);
	secret_free(password);
	return err;
}

static void an_answer_is_good_at_one_place(void **state)
{
	static const struct {
		const char *uri, *asked;
		int err;
	} rows[] = {
		{ "sip:vaxel.test", "sip:vaxel.test", 0 },
		{ "SIP:Vaxel.Test", "sip:vaxel.test", 0 },
		{ "sip:vaxel.test:5060", "sip:vaxel.test", 0 },
		{ "sip:vaxel.test", "sip:vaxel.test:5060;transport=tcp", 0 },
		{ "sips:vaxel.test", "sips:vaxel.test:5061", 0 },
		{ "sip:nurse1@vaxel.test", "sip:vaxel.test", 0 },
		{ "sip:[2001:db8::1]", "sip:[2001:DB8::1]:5060", 0 },
		{ "sip:vaxel.test", "sip:other.test", EPERM },
		{ "sip:vaxel.test", "sip:vaxel.test:5070", EPERM },
		{ "sips:vaxel.test:5060", "sip:vaxel.test", EPERM },
		{ "vaxel.test", "sip:vaxel.test", EPERM },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(judge(rows[i].uri, rows[i].asked, "192.0.2.1"),
				 rows[i].err);
	/* the same bytes from somebody else's address */
	assert_int_equal(judge("sip:vaxel.test", "sip:vaxel.test", "192.0.2.2"),
			 EAGAIN);
	assert_int_equal(judge("sip:vaxel.test", "sip:other.test", "192.0.2.2"),
			 EPERM);
}

static void names_cannot_leave_their_quotes(void **state)
{
	struct secret *p = secret_of("x");
	struct digest_challenge c = { .realm = TEXT("r"), .nonce = TEXT("n") };
	char out[512];
	struct writer w = writer_on(out, sizeof(out));

	(void)state;
	assert_int_equal(digest_answer_write(&w, &c, TEXT("a\", evil=\"b"), p,
					     TEXT("BYE"), TEXT("sip:x"), 1,
					     TEXT("c")),
			 EINVAL);
	assert_int_equal(w.len, 0);
	secret_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers_come_out),
		cmocka_unit_test(malformed_values_are_refused),
		cmocka_unit_test(both_sides_agree),
		cmocka_unit_test(an_answer_is_good_at_one_place),
		cmocka_unit_test(a_count_is_good_once),
		cmocka_unit_test(a_flood_of_nonces_is_bounded),
		cmocka_unit_test(names_cannot_leave_their_quotes),
	};

	return sodium_init() < 0 || secret_init(4096) ||
	       cmocka_run_group_tests(tests, NULL, NULL);
}
