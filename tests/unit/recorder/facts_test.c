#include "tests/unit/unit.h"

#include <sodium.h>

#include "ipc/values.h"
#include "process/recorder/facts.h"

static struct facts facts;
static struct spool_seal seal;
static struct spool_nonce nonce;

static int set_up(void **state)
{
	(void)state;
	memset(&facts, 0, sizeof(facts));
	randombytes_buf(&seal, sizeof(seal));
	seal.seq = 7;
	spool_nonce_init(&nonce);
	return 0;
}

static int say(uint8_t kind, size_t len)
{
	static char value[SPOOL_FACT_MAX + 1];
	struct spool_fact fact = { kind, 1000 + kind, { value, len } };

	memset(value, 'a' + kind, sizeof(value));
	return facts_add(&facts, &seal, &nonce, &fact);
}

/* The facts of a call that says as much as a switch can. */
static void say_all(void)
{
	static const struct {
		uint8_t kind;
		size_t len;
	} rows[] = {
		{ FACT_CALL_ID, 32 },   { FACT_CALLER, 16 },
		{ FACT_CALLED, 31 },    { FACT_AGENT, 64 },
		{ FACT_NOTICE, 250 },   { FACT_NOTICE, 251 },
		{ FACT_HANDOVER, 256 }, { FACT_MUNICIPALITY, 8 },
		{ FACT_ANSWERED, 24 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(say(rows[i].kind, rows[i].len), 0);
}

static void come_out_as_they_were_said(void **state)
{
	struct spool_fact fact;
	uint16_t at = 0;

	(void)state;
	assert_int_equal(say(FACT_CALLER, 12), 0);
	assert_int_equal(say(FACT_AGENT, 0), 0);
	assert_int_equal(facts_read(&facts, &at, &fact), 0);
	assert_int_equal(fact.kind, FACT_CALLER);
	assert_int_equal(fact.at_ms, 1000 + FACT_CALLER);
	assert_true(text_is(fact.value, "bbbbbbbbbbbb"));
	assert_int_equal(facts_read(&facts, &at, &fact), 0);
	assert_int_equal(fact.kind, FACT_AGENT);
	assert_int_equal(fact.value.len, 0);
	assert_int_equal(facts_read(&facts, &at, &fact), ENOENT);
	assert_int_equal(at, facts.len);
}

/* A record is written again after a crash, and when an old segment goes. */
static void their_records_are_always_the_same(void **state)
{
	static uint8_t first[FACTS_RECORDS_MAX], second[FACTS_RECORDS_MAX];
	static uint8_t plain[SPOOL_RECORD_MAX];
	struct writer a = writer_on(first, sizeof(first));
	struct writer b = writer_on(second, sizeof(second));
	uint16_t at = 0, again = 0;
	struct reader r;
	struct spool_record rec;
	unsigned n = 0;

	(void)state;
	say_all();
	assert_int_equal(seal.seq, 16);
	assert_int_equal(nonce.next, 9);
	while (!facts_record(&facts, &at, &seal, &a))
		;
	spool_nonce_init(&nonce); /* another process */
	assert_int_equal(say(FACT_ENDED, 24), 0);
	while (again < at)
		assert_int_equal(facts_record(&facts, &again, &seal, &b), 0);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(first, second, a.len);
	r = reader_on(first, a.len);
	while (!spool_next(&r, &rec)) {
		struct spool_seal own = seal;
		struct spool_content content;

		own.seq = 7 + n++;
		assert_int_equal(
			spool_open(&rec, &own, plain, sizeof(plain), &content),
			0);
		assert_int_equal(content.type, SPOOL_FACT);
	}
	assert_int_equal(n, 9);
}

static void said_again_they_stand_once(void **state)
{
	(void)state;
	assert_int_equal(say(FACT_CALLER, 12), 0);
	assert_int_equal(say(FACT_CALLER, 12), EEXIST);
	assert_int_equal(say(FACT_CALLER, 13), 0);
	assert_int_equal(say(FACT_MARK, 12), 0);
	assert_int_equal(say(FACT_MARK, 12), 0);
	assert_int_equal(facts.count, 4);
	assert_int_equal(seal.seq, 11);
}

/* However much is marked: the end of the call finds its place. */
static void what_repeats_leaves_room_for_the_end(void **state)
{
	unsigned marks = 0;

	(void)state;
	say_all();
	while (!say(FACT_MARK, 39))
		marks++;
	assert_int_equal(9 + marks, FACTS_MOST - 4);
	assert_int_equal(say(FACT_ENDED, 24), 0);
	set_up(NULL);
	while (!say(FACT_TRANSFER, SPOOL_FACT_MAX))
		;
	assert_int_equal(say(FACT_ENDED, 24), 0);
}

static void a_switch_that_says_too_much_is_not_heard(void **state)
{
	static uint8_t records[FACTS_RECORDS_MAX];
	struct writer w = writer_on(records, sizeof(records));
	uint16_t at = 0;
	uint64_t seq;
	size_t len = SPOOL_FACT_MAX;

	(void)state;
	assert_int_equal(say(FACT_CALLER, SPOOL_FACT_MAX + 1), EMSGSIZE);
	while (!say(FACT_CALLER, len))
		len--;
	assert_true(facts.len <= FACTS_MAX);
	assert_true(facts.len + len > FACTS_MAX - 48);
	seq = seal.seq;
	assert_int_equal(say(FACT_NOTICE, SPOOL_FACT_MAX), EMSGSIZE);
	assert_int_equal(seal.seq, seq);
	while (!facts_record(&facts, &at, &seal, &w))
		;
	assert_int_equal(at, facts.len);
}

/* One that its writer did not live to finish is not there. */
static void nothing_is_read_past_the_end(void **state)
{
	struct spool_fact fact;
	uint16_t at = 0;

	(void)state;
	assert_int_equal(say(FACT_CALLER, 100), 0);
	for (uint16_t len = 0; len < 148; len++) {
		facts.len = len;
		assert_int_equal(facts_read(&facts, &at, &fact), ENOENT);
		assert_int_equal(at, 0);
	}
	facts.len = 148;
	assert_int_equal(facts_read(&facts, &at, &fact), 0);
	facts.len = UINT16_MAX;
	while (!facts_read(&facts, &at, &fact))
		assert_true(at <= FACTS_MAX);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, set_up)
	const struct CMUnitTest tests[] = {
		T(come_out_as_they_were_said),
		T(their_records_are_always_the_same),
		T(said_again_they_stand_once),
		T(what_repeats_leaves_room_for_the_end),
		T(a_switch_that_says_too_much_is_not_heard),
		T(nothing_is_read_past_the_end),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
