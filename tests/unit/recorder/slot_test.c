#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdlib.h>

#include "process/recorder/slot.h"

#define MAX 5

static void *memory;
static struct slots *slots;
static struct slot_table table;

static int set_up(void **state)
{
	(void)state;
	memory = calloc(1, slots_bytes(MAX));
	assert_int_equal(slots_attach(memory, slots_bytes(MAX), MAX, &slots),
			 0);
	assert_int_equal(slot_table_new(&table, slots), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	slot_table_free(&table);
	free(memory);
	return 0;
}

static struct slot *take(uint64_t call)
{
	struct slot *slot = slot_new(&table);
	uint8_t id[ID_BYTES];

	if (!slot)
		return NULL;
	id_new(id);
	assert_int_equal(slot_take(&table, slot, call, id, SLOT_RUNNING), 0);
	return slot;
}

static void found_by_call_handle_and_id(void **state)
{
	struct slot *all[MAX];

	(void)state;
	for (uint64_t i = 0; i < MAX; i++) {
		all[i] = take((7ull << 32) + i);
		assert_non_null(all[i]);
	}
	assert_null(take(99));
	for (uint64_t i = 0; i < MAX; i++) {
		assert_ptr_equal(slot_of_call(&table, (7ull << 32) + i),
				 all[i]);
		assert_null(slot_of_call(&table, (8ull << 32) + i));
		assert_ptr_equal(
			slot_of_handle(slots, slot_handle(slots, all[i])),
			all[i]);
		assert_ptr_equal(slot_of_id(&table, all[i]->dossier.id),
				 all[i]);
	}
}

static void an_old_handle_names_nothing(void **state)
{
	struct slot *slot = take(1);
	uint32_t handle = slot_handle(slots, slot);
	uint8_t id[ID_BYTES];

	(void)state;
	memcpy(id, slot->dossier.id, ID_BYTES);
	slot->keys.fk[0] = 1;
	slot_free(&table, slot);
	assert_int_equal(slot->keys.fk[0], 0);
	assert_null(slot_of_handle(slots, handle));
	assert_null(slot_of_call(&table, 1));
	assert_null(slot_of_id(&table, id));
	assert_ptr_equal(take(2), slot);
	assert_null(slot_of_handle(slots, handle));
	assert_null(slot_of_handle(slots, 0));
	assert_null(slot_of_handle(slots, UINT32_MAX));
}

static void a_recording_that_is_over_takes_no_messages(void **state)
{
	struct slot *slot = take(1);

	(void)state;
	slot->state = SLOT_OVER;
	assert_null(slot_of_call(&table, 1));
	assert_ptr_equal(slot_of_id(&table, slot->dossier.id), slot);
}

static void the_next_recorder_finds_all_of_it(void **state)
{
	struct slot *slot = take(42);
	struct slots *again;
	struct slot_table other;

	(void)state;
	slot->durable = 1234;
	assert_int_equal(slots_attach(memory, slots_bytes(MAX), MAX, &again),
			 0);
	assert_int_equal(slot_table_new(&other, again), 0);
	assert_ptr_equal(slot_of_call(&other, 42), slot);
	assert_ptr_equal(slot_of_id(&other, slot->dossier.id), slot);
	assert_int_equal(slot->durable, 1234);
	slot_table_free(&other);
	/* memory of another size is begun anew */
	assert_int_equal(
		slots_attach(memory, slots_bytes(MAX), MAX - 1, &again), 0);
	assert_int_equal(again->slot[0].state, SLOT_FREE);
	assert_int_equal(
		slots_attach(memory, slots_bytes(MAX) - 1, MAX, &again),
		EINVAL);
}

/* A recorder may die anywhere between begin and commit. */
static void progress_turns_at_once(void **state)
{
	struct slot *slot = take(1);
	struct progress *next;

	(void)state;
	for (uint64_t i = 1; i < 5; i++) {
		next = slot_progress_begin(slot);
		assert_int_equal(next->body_len, i - 1);
		next->body_len = i;
		assert_int_equal(slot_progress(slot)->body_len, i - 1);
		slot_progress_commit(slot);
		assert_int_equal(slot_progress(slot)->body_len, i);
	}
	next = slot_progress_begin(slot);
	next->body_len = 99;
	assert_int_equal(slot_progress_begin(slot)->body_len, 4);
}

/* The body's tail is a circle: it must come out as it went in, at any place. */
static void the_tail_goes_round(void **state)
{
	struct slot *slot = take(1);
	uint8_t in[1500], out[1500];
	uint64_t len = 0;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		size_t n = 1 + randombytes_uniform(sizeof(in));
		struct progress *next;

		if (slot_room(slot) < n) {
			struct sealed *s = slot_sealed_begin(slot);

			s->chunks++;
			slot_sealed_commit(slot);
		}
		assert_true(slot_room(slot) >= n);
		randombytes_buf(in, n);
		slot_body_write(slot, len, in, n);
		next = slot_progress_begin(slot);
		len += n;
		next->body_len = len;
		slot_progress_commit(slot);
		slot_body_read(slot, len - n, out, n);
		assert_memory_equal(in, out, n);
	}
	assert_true(len > 10 * SLOT_BODY_BYTES);
}

/* Over: card and records stay, and nothing that could be read. */
static void what_is_over_is_wiped(void **state)
{
	struct slot *slot = take(1);
	size_t bytes = 0;

	(void)state;
	memset(&slot->facts, 1, sizeof(slot->facts));
	memset(slot->body, 1, sizeof(slot->body));
	memset(&slot->keys, 1, sizeof(slot->keys));
	slot->dossier.card_len = 700;
	slot->records_len = 1024;
	slot_wipe_keys(slot);
	assert_true(sodium_is_zero((const uint8_t *)&slot->keys,
				   sizeof(slot->keys)));
	assert_true(sodium_is_zero((const uint8_t *)&slot->facts,
				   sizeof(slot->facts)));
	for (size_t i = 0; i < sizeof(slot->body); i++)
		bytes += slot->body[i];
	assert_int_equal(bytes, 1724);
	assert_int_equal(slot->body[699], 1);
	assert_int_equal(slot_records(slot).len, 1024);
	assert_int_equal(slot_records(slot).p[0], 1);
	assert_int_equal(slot_records(slot).p[1023], 1);
}

static void when_a_chunk_may_be_sealed(void **state)
{
	static const struct {
		uint64_t chunks, durable;
		bool ready;
	} rows[] = {
		{ 0, 0, false },      { 0, 65535, false },
		{ 0, 65536, false }, /* it might be the last */
		{ 0, 65537, true },   { 1, 65537, false },
		{ 1, 131072, false }, { 1, 131073, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			slot_chunk_ready(rows[i].chunks, rows[i].durable),
			rows[i].ready);
}

static void ids_are_found_after_others_left(void **state)
{
	static uint8_t ids[3000][ID_BYTES];
	struct id_map *m;
	uint32_t v;

	(void)state;
	assert_int_equal(id_map_new(&m, 1), 0);
	for (uint32_t i = 0; i < 3000; i++) {
		id_new(ids[i]);
		ids[i][0] &= 3; /* crowd them */
		ids[i][1] = 0;
		assert_int_equal(id_map_put(m, ids[i], i), 0);
	}
	for (uint32_t i = 0; i < 3000; i += 3)
		id_map_remove(m, ids[i]);
	for (uint32_t i = 0; i < 3000; i++) {
		assert_int_equal(id_map_get(m, ids[i], &v), i % 3 ? 0 : ENOENT);
		if (i % 3)
			assert_int_equal(v, i);
	}
	assert_int_equal(id_map_put(m, ids[1], 7), 0);
	assert_int_equal(id_map_get(m, ids[1], &v), 0);
	assert_int_equal(v, 7);
	id_map_free(m);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(found_by_call_handle_and_id),
		T(an_old_handle_names_nothing),
		T(a_recording_that_is_over_takes_no_messages),
		T(the_next_recorder_finds_all_of_it),
		T(progress_turns_at_once),
		T(the_tail_goes_round),
		T(what_is_over_is_wiped),
		cmocka_unit_test(when_a_chunk_may_be_sealed),
		cmocka_unit_test(ids_are_found_after_others_left),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
