#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/encode.h"
#include "release/control.h"
#include "release/door.h"
#include "release/receipt.h"
#include "release/talk.h"

/* Bytes that end where a page without rights begins. */
static uint8_t *against_guard(const void *p, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(two != MAP_FAILED && len <= page);
	assert_int_equal(0, mprotect(two + page, page, PROT_NONE));
	if (len)
		memcpy(two + page - len, p, len);
	return two + page - len;
}

static struct request sample(void)
{
	struct request q = { .origin = "log.example/1",
			     .controller = "Region Södra",
			     .scope = SCOPE_AUDIO,
			     .purpose = PURPOSE_COMPLAINT,
			     .asker = "rut",
			     .not_after_ms = 1770000000000 };

	memset(q.id, 1, sizeof(q.id));
	memset(q.recording, 2, sizeof(q.recording));
	memset(q.kc, 3, sizeof(q.kc));
	memset(q.credential, 4, sizeof(q.credential));
	memset(q.recipient, 5, sizeof(q.recipient));
	request_purpose_digest(q.purpose, q.purpose_digest);
	return q;
}

/* The bytes that were agreed on: whoever changes them breaks signatures. */
static void test_request_golden(void **state)
{
	static const char golden[] = "01"
				     "0d6c6f672e6578616d706c652f31"
				     "0d526567696f6e2053c3b6647261"
				     "01010101010101010101010101010101"
				     "02020202020202020202020202020202"
				     "03030303030303030303030303030303"
				     "00"
				     "09636f6d706c61696e74";
	uint8_t r[REQUEST_MAX], d[32], by_hand[32];
	char hex[sizeof(golden)] = { 0 };
	struct writer w = writer_on(r, sizeof(r));
	struct writer h = writer_on(hex, sizeof(hex) - 1);
	struct request q = sample();
	uint8_t domain[16 + REQUEST_MAX] = "vaxel/request/1";

	(void)state;
	assert_int_equal(0, request_encode(&w, &q));
	assert_int_equal(sizeof(golden) / 2 + 32 + 4 + 32 + 32 + 8, w.len);
	hex_write(&h, r, sizeof(golden) / 2);
	assert_string_equal(golden, hex);
	request_digest((struct bytes){ r, w.len }, d);
	memcpy(domain + 16, r, w.len);
	(void)crypto_hash_sha256(by_hand, domain, 16 + w.len);
	assert_memory_equal(by_hand, d, 32);
}

static void test_request_round_trip(void **state)
{
	uint8_t r[REQUEST_MAX], again[REQUEST_MAX];
	struct request q = sample(), back;

	(void)state;
	for (int purpose = 0; purpose < PURPOSES; purpose++)
		for (int scope = 0; scope < REQUEST_SCOPES; scope++) {
			struct writer w = writer_on(r, sizeof(r));
			struct writer v = writer_on(again, sizeof(again));

			q.purpose = (enum purpose)purpose;
			q.scope = (enum request_scope)scope;
			assert_int_equal(0, request_encode(&w, &q));
			assert_int_equal(
				0, request_decode((struct bytes){ r, w.len },
						  &back));
			assert_int_equal(0, request_encode(&v, &back));
			assert_int_equal(w.len, v.len);
			assert_memory_equal(r, again, w.len);
		}
}

/* Every cut is refused, and so is a byte too many. */
static void test_request_cut(void **state)
{
	uint8_t r[REQUEST_MAX] = { 0 };
	struct writer w = writer_on(r, sizeof(r));
	struct request q = sample(), back;

	(void)state;
	assert_int_equal(0, request_encode(&w, &q));
	for (size_t n = 0; n < w.len; n++)
		assert_int_equal(
			EBADMSG,
			request_decode((struct bytes){ against_guard(r, n), n },
				       &back));
	assert_int_equal(EBADMSG,
			 request_decode((struct bytes){ r, w.len + 1 }, &back));
}

static void test_request_words(void **state)
{
	static const struct {
		const char *origin, *controller, *asker;
	} bad[] = {
		{ "", "c", "a" },    { "o", "", "a" },    { "o", "c", "" },
		{ "o\n", "c", "a" }, { "o", "c\"", "a" }, { "o", "c", "A" },
		{ "o", "c", "-a" },  { "o", "c", "a b" }, { "o", "c", "../a" },
		{ "o", "c", "a/b" },
	};
	uint8_t r[REQUEST_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct writer w = writer_on(r, sizeof(r));
		struct request q = sample();

		(void)snprintf(q.origin, sizeof(q.origin), "%s", bad[i].origin);
		(void)snprintf(q.controller, sizeof(q.controller), "%s",
			       bad[i].controller);
		(void)snprintf(q.asker, sizeof(q.asker), "%s", bad[i].asker);
		assert_int_equal(EINVAL, request_encode(&w, &q));
	}
}

static void test_receipt(void **state)
{
	uint8_t pk[32], sk[64], b[RECEIPT_BYTES + 1];
	struct writer w = writer_on(b, sizeof(b));
	struct receipt r = { .entry = 7,
			     .size = 9,
			     .at_ms = 11,
			     .cosigned = 2,
			     .witnesses = 3 },
		       back;

	(void)state;
	memset(r.d, 6, sizeof(r.d));
	(void)crypto_sign_keypair(pk, sk);
	assert_int_equal(0, receipt_sign(&w, &r, sk));
	assert_int_equal(RECEIPT_BYTES, w.len);
	assert_int_equal(0, receipt_read((struct bytes){ b, w.len }, &back));
	assert_int_equal(9, back.size);
	assert_memory_equal(pk, back.key, 32);
	for (size_t i = 0; i < w.len; i++) {
		b[i] ^= 1;
		assert_int_equal(
			EBADMSG,
			receipt_read((struct bytes){ b, w.len }, &back));
		b[i] ^= 1;
	}
	assert_int_equal(EBADMSG,
			 receipt_read((struct bytes){ b, w.len - 1 }, &back));
}

static void test_control_refuses(void **state)
{
	static const struct {
		const char *type, *details;
	} bad[] = {
		{ "user.added", "" },
		{ "user.added", "[]" },
		{ "user.added", "{\"name\":\"a\"}" },
		{ "user.removed", "{\"name\":\"a\",\"by\":\"b\",\"at\":-1,"
				  "\"signature\":\"\"}" },
		{ "disclosure.requested", "{\"d\":\"00\"}" },
		{ "recording.sealed", "{\"recording\":1}" },
		{ "recording.erased", "{\"recording\":\"short\"}" },
		{ "recording.erased",
		  "{\"recording\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\","
		  "\"entries\":[-1]}" },
		{ "recording.erased",
		  "{\"recording\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\","
		  "\"entries\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}" },
		{ "recording.erased",
		  "{\"recording\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\",\"recording\":"
		  "\"aaaaaaaaaaaaaaaaaaaaaaaaae\"}" },
	};
	struct control c;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(EBADMSG,
				 control_read(text_of(bad[i].type),
					      text_of(bad[i].details), &c));
	assert_int_equal(0, control_read(TEXT("call.ended"), TEXT("junk"), &c));
	assert_int_equal(CONTROL_NONE, c.kind);
	assert_int_equal(0, control_read(TEXT("recording.erased"),
					 TEXT("{\"recording\":"
					      "\"aaaaaaaaaaaaaaaaaaaaaaaaaa\","
					      "\"more\":1}"),
					 &c));
	assert_int_equal(CONTROL_ERASED, c.kind);
}

static void test_control_has_details(void **state)
{
	(void)state;
	assert_true(control_has_details(TEXT("user.added")));
	assert_true(control_has_details(TEXT("key.rotated")));
	assert_true(control_has_details(TEXT("recording.recovered")));
	assert_false(control_has_details(TEXT("recording.started")));
	assert_false(control_has_details(TEXT("call.answered")));
	assert_false(control_has_details(TEXT("user")));
}

static size_t frame(uint8_t *to, const char *json)
{
	struct writer w = writer_on(to, 4 + TALK_REQUEST_MAX);

	writer_u32(&w, (uint32_t)strlen(json));
	writer_str(&w, json);
	assert_int_equal(0, writer_finish(&w));
	return w.len;
}

static void test_talk_requests(void **state)
{
	static const struct {
		const char *json;
		int err;
	} rows[] = {
		{ "{\"ask\":\"status\"}", 0 },
		{ "{\"ask\":\"users\",\"more\":[1,{}]}", 0 },
		{ "{\"ask\":\"recording\",\"id\":"
		  "\"aaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
		  0 },
		{ "{\"ask\":\"recording\",\"id\":\"../../etc/passwd\"}",
		  EBADMSG },
		{ "{\"ask\":\"recording\"}", EBADMSG },
		{ "{\"ask\":\"recording\",\"id\":7}", EBADMSG },
		{ "{\"ask\":\"format\"}", EBADMSG },
		{ "{\"ask\":\"status\",\"ask\":\"users\"}", EBADMSG },
		{ "{\"ask\":\"open\",\"request\":\"AAAA\",\"signature\":\"\","
		  "\"entry\":true}",
		  EBADMSG },
		{ "{\"ask\":\"user\",\"type\":\"recording.erased\","
		  "\"details\":\"{\\\"recording\\\":"
		  "\\\"aaaaaaaaaaaaaaaaaaaaaaaaaa\\\"}\"}",
		  EBADMSG },
		{ "{\"ask\":\"disclosure\",\"entry\":17}", 0 },
		{ "{\"ask\":\"disclosure\",\"entry\":-1}", EBADMSG },
		{ "{\"ask\":\"disclosure\",\"entry\":\"17\"}", EBADMSG },
		{ "{\"ask\":\"disclosure\"}", EBADMSG },
		{ "{\"ask\":\"approve\"}", EBADMSG },
		{ "{\"ask\":\"approve\",\"details\":\"{}\"}", EBADMSG },
		{ "[]", EBADMSG },
		{ "", EBADMSG },
		{ "[[[[[[[[[[[[[[", EBADMSG },
		{ "{\"ask\":\"stat\\u0000us\"}", EBADMSG },
	};
	uint8_t in[4 + TALK_REQUEST_MAX];
	struct talk_request q;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = frame(in, rows[i].json);
		uint8_t *at = against_guard(in, len);

		assert_int_equal(
			rows[i].err,
			talk_request_read((struct bytes){ at, len }, &q));
		/* any part of it is not whole yet */
		for (size_t n = 0; n < len; n++)
			assert_int_equal(
				EAGAIN,
				talk_request_read((struct bytes){ in, n }, &q));
	}
	in[0] = 1;
	assert_int_equal(EMSGSIZE,
			 talk_request_read((struct bytes){ in, 8 }, &q));
}

static void test_approval(void **state)
{
	static const char golden[] = "eb08d9d78620a2da205b2b6ca16b7360"
				     "2e847d94435defaf187a94acca0c7a03";
	struct control_approved a = { .by = "olga", .signature = { 7 } };
	uint8_t d[32], hash[32], want[32], recording[16] = { 1 };
	char details[CONTROL_DETAILS_MAX] = { 0 };
	struct writer w = writer_on(details, sizeof(details) - 1);
	struct control c;

	(void)state;
	for (size_t i = 0; i < sizeof(d); i++)
		d[i] = (uint8_t)i;
	request_approval_digest(d, hash);
	assert_int_equal(0, hex_read(text_of(golden), want, sizeof(want)));
	assert_memory_equal(want, hash, sizeof(want));
	assert_int_equal(0, control_approved_write(&w, d, recording, &a));
	assert_int_equal(0, control_read(TEXT("disclosure.approved"),
					 text_of(details), &c));
	assert_int_equal(CONTROL_APPROVED, c.kind);
	assert_memory_equal(d, c.d, sizeof(d));
	assert_memory_equal(recording, c.recording, sizeof(recording));
	assert_string_equal("olga", c.u.approved.by);
	assert_memory_equal(a.signature, c.u.approved.signature, 64);
	a.by[0] = '"';
	assert_int_equal(EINVAL, control_approved_write(&w, d, recording, &a));
	assert_int_equal(EBADMSG, control_read(TEXT("disclosure.approved"),
					       TEXT("{\"by\":\"olga\"}"), &c));
}

static void test_talk_head(void **state)
{
	uint8_t head[TALK_HEAD];
	enum talk_type type;
	size_t len;

	(void)state;
	talk_head_write(head, TALK_DATA, 65536);
	assert_int_equal(0, talk_head_read(head, &type, &len));
	assert_int_equal(TALK_DATA, type);
	assert_int_equal(65536, len);
	head[4] = 'X';
	assert_int_equal(EBADMSG, talk_head_read(head, &type, &len));
	talk_head_write(head, TALK_DATA, TALK_FRAME_MAX);
	assert_int_equal(EMSGSIZE, talk_head_read(head, &type, &len));
}

static void test_door(void **state)
{
	uint8_t q[DOOR_QUESTION_MAX + 1] = { 0 }, a[DOOR_ANSWER];
	struct writer w = writer_on(q, sizeof(q));
	struct door_answer answer = { .error = ENOKEY,
				      .locked = true,
				      .wait_s = 4 },
			   back;
	struct door_question said = { .word = DOOR_UNLOCK,
				      .passphrase = TEXT("a-b") },
			     heard;

	(void)state;
	assert_int_equal(0, door_ask_write(&w, &said));
	for (size_t n = 0; n < w.len; n++)
		assert_int_equal(
			EAGAIN,
			door_ask_read((struct bytes){ against_guard(q, n), n },
				      &heard));
	assert_int_equal(0, door_ask_read((struct bytes){ q, w.len }, &heard));
	assert_true(text_is(heard.passphrase, "a-b"));
	assert_int_equal(EBADMSG,
			 door_ask_read((struct bytes){ q, w.len + 1 }, &heard));
	/* unlocking wants a passphrase, locking none */
	assert_int_equal(
		EBADMSG,
		door_ask_read((struct bytes){ (const uint8_t *)"\0\1\1", 3 },
			      &heard));
	assert_int_equal(
		EBADMSG,
		door_ask_read((struct bytes){ (const uint8_t *)"\0\2\2x", 4 },
			      &heard));
	/* with an identity that was brought along */
	w = writer_on(q, sizeof(q));
	said.word = DOOR_UNLOCK_FILE;
	said.file = (struct bytes){ (const uint8_t *)"age", 3 };
	assert_int_equal(0, door_ask_write(&w, &said));
	assert_int_equal(0, door_ask_read((struct bytes){ q, w.len }, &heard));
	assert_true(text_is(heard.passphrase, "a-b"));
	assert_int_equal(3, heard.file.len);
	assert_int_equal(
		EBADMSG,
		door_ask_read(
			(struct bytes){ (const uint8_t *)"\0\4\4\0\1x", 6 },
			&heard));
	door_answer_write(&answer, a);
	assert_int_equal(0, door_answer_read(a, &back));
	assert_int_equal(ENOKEY, back.error);
	assert_int_equal(4, back.wait_s);
	assert_true(back.locked);
}

/* The table, spelled out once more by hand. */
static void test_rules(void **state)
{
	(void)state;
	for (int p = 0; p < PURPOSES; p++) {
		enum purpose purpose = (enum purpose)p;

		assert_true(purpose_allows(purpose, USER_OFFICER, SCOPE_AUDIO));
		assert_true(purpose_allows(purpose, USER_OFFICER, SCOPE_CARD));
		assert_false(
			purpose_allows(purpose, USER_OFFICER, SCOPE_SEARCH));
		assert_false(
			purpose_allows(purpose, USER_OPERATOR, SCOPE_AUDIO));
		assert_int_equal(
			p <= PURPOSE_INCIDENT,
			purpose_allows(purpose, USER_REVIEWER, SCOPE_AUDIO));
	}
	assert_false(purpose_allows(PURPOSES, USER_OFFICER, SCOPE_AUDIO));
	assert_true(role_may_enrol(USER_OFFICER));
	assert_false(role_may_enrol(USER_REVIEWER));
	assert_false(role_may_open(USER_OPERATOR));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_golden),
		cmocka_unit_test(test_request_round_trip),
		cmocka_unit_test(test_request_cut),
		cmocka_unit_test(test_request_words),
		cmocka_unit_test(test_receipt),
		cmocka_unit_test(test_control_refuses),
		cmocka_unit_test(test_control_has_details),
		cmocka_unit_test(test_talk_requests),
		cmocka_unit_test(test_approval),
		cmocka_unit_test(test_talk_head),
		cmocka_unit_test(test_door),
		cmocka_unit_test(test_rules),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
