/*
 * outbox -- no event is lost unseen, whoever dies
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "process/switch/outbox.h"

#define SLOTS 4

static struct outbox_event memory[SLOTS];

static void fresh(struct outbox *o)
{
	memset(memory, 0, sizeof(memory));
	assert_int_equal(outbox_open(o, memory, sizeof(memory)), 0);
}

static int add(struct outbox *o, uint8_t n)
{
	uint8_t id[ID_BYTES] = { n };

	return outbox_add(o, n, id, n, TEXT("org"), TEXT("{}"));
}

static int done(struct outbox *o, uint8_t n)
{
	uint8_t id[ID_BYTES] = { n };

	return outbox_done(o, id);
}

static void next_is(struct outbox *o, uint8_t n)
{
	const struct outbox_event *e = outbox_next(o);

	if (!n) {
		assert_null(e);
		return;
	}
	assert_non_null(e);
	assert_int_equal(e->type, n);
	assert_int_equal(e->id[0], n);
	assert_int_equal(e->at_ms, n);
	assert_int_equal(e->organisation_len, 3);
	assert_memory_equal(e->details, "{}", 2);
}

static void test_in_order(void **state)
{
	struct outbox o;

	(void)state;
	fresh(&o);
	next_is(&o, 0);
	assert_int_equal(add(&o, 1), 0);
	assert_int_equal(add(&o, 2), 0);
	next_is(&o, 1);
	next_is(&o, 1); /* could not be handed over: again */
	outbox_sent(&o);
	next_is(&o, 2);
	outbox_sent(&o);
	next_is(&o, 0);
	outbox_sent(&o); /* nothing to skip */
	assert_int_equal(outbox_in_flight(&o), 2);
	assert_int_equal(done(&o, 1), 0);
	assert_int_equal(done(&o, 1), ENOENT);
	assert_int_equal(done(&o, 9), ENOENT);
	assert_int_equal(outbox_in_flight(&o), 1);
	assert_int_equal(o.waiting, 1);
	assert_int_equal(done(&o, 2), 0);
	assert_int_equal(o.waiting, 0);
}

static void test_out_of_order_and_rewind(void **state)
{
	struct outbox o;

	(void)state;
	fresh(&o);
	for (uint8_t i = 1; i <= 3; i++) {
		assert_int_equal(add(&o, i), 0);
		outbox_sent(&o);
	}
	assert_int_equal(done(&o, 2), 0);
	outbox_rewind(&o);
	next_is(&o, 1);
	outbox_sent(&o);
	next_is(&o, 3);
	assert_int_equal(done(&o, 1), 0);
	next_is(&o, 3);
	assert_int_equal(done(&o, 3), 0);
	next_is(&o, 0);
}

static void test_full_is_counted(void **state)
{
	static char wide[OUTBOX_DETAILS + 1];
	uint8_t id[ID_BYTES] = { 77 };
	struct outbox o;

	(void)state;
	fresh(&o);
	for (uint8_t i = 1; i <= SLOTS; i++)
		assert_int_equal(add(&o, i), 0);
	assert_int_equal(add(&o, 5), EMSGSIZE);
	assert_int_equal(o.lost, 1);
	assert_int_equal(done(&o, 2), 0); /* a hole does not help: order */
	assert_int_equal(add(&o, 5), EMSGSIZE);
	assert_int_equal(done(&o, 1), 0);
	assert_int_equal(add(&o, 5), 0);
	assert_int_equal(o.lost, 2);
	assert_int_equal(outbox_add(&o, 1, id, 0, TEXT(""),
				    (struct text){ wide, sizeof(wide) }),
			 EMSGSIZE);
	assert_int_equal(
		outbox_add(&o, 1, id, 0, (struct text){ wide, 65 }, TEXT("")),
		EMSGSIZE);
	assert_int_equal(o.lost, 4);
}

static void test_taken_up_by_the_next(void **state)
{
	struct outbox o;

	(void)state;
	fresh(&o);
	for (uint8_t i = 1; i <= SLOTS; i++)
		assert_int_equal(add(&o, i), 0);
	assert_int_equal(done(&o, 1), 0);
	assert_int_equal(done(&o, 2), 0);
	assert_int_equal(add(&o, 5), 0); /* numbers 3, 4, 5 */
	/* it died while it wrote number 6 */
	memory[6 % SLOTS].type = 6;
	memory[6 % SLOTS].details_len = 65535;
	assert_int_equal(outbox_open(&o, memory, sizeof(memory)), 0);
	assert_int_equal(o.waiting, 3);
	for (uint8_t i = 3; i <= 5; i++) {
		next_is(&o, i);
		outbox_sent(&o);
	}
	next_is(&o, 0);
	assert_int_equal(add(&o, 6), 0);
	next_is(&o, 6);
	assert_int_equal(done(&o, 3), 0);
}

static void test_nonsense_is_emptied(void **state)
{
	struct outbox o;

	(void)state;
	fresh(&o);
	assert_int_equal(outbox_open(&o, memory, sizeof(memory[0]) - 1),
			 EMSGSIZE);
	assert_int_equal(add(&o, 1), 0);
	memory[2].number = 7; /* belongs into slot 3 */
	memory[3].number = 3;
	memory[3].organisation_len = 65;
	assert_int_equal(outbox_open(&o, memory, sizeof(memory)), 0);
	assert_int_equal(o.waiting, 1);
	next_is(&o, 1);
	memory[2].number = 4000002;
	assert_int_equal(outbox_open(&o, memory, sizeof(memory)), 0);
	assert_int_equal(o.waiting, 0);
	next_is(&o, 0);
	assert_int_equal(add(&o, 1), 0);
	next_is(&o, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_out_of_order_and_rewind),
		cmocka_unit_test(test_full_is_counted),
		cmocka_unit_test(test_taken_up_by_the_next),
		cmocka_unit_test(test_nonsense_is_emptied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
