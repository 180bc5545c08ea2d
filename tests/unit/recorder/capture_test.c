#include "tests/unit/unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/metric.h"
#include "process/recorder/self.h"

#define RING_BYTES ((size_t)8 * 1024 * 1024)
#define WORKERS 2
#define A_TURN 16384

/* Two media workers' rings, and a recording of each worker's. */
static struct recorder *self;
static struct process *process;
static void *memory[WORKERS];
static struct ring *media[WORKERS];
static struct slot *slots[WORKERS];
static uint32_t rtp_time;
static uint16_t payload_len;
static unsigned flushes;

/* ---- the recorder's other parts */

/* Everything is durable, and chunks are sealed. */
void flush_all(struct recorder *r)
{
	flushes++;
	for (struct slot *s = slot_next(r, NULL); s; s = slot_next(r, s)) {
		struct sealed *next = slot_sealed_begin(s);

		next->chunks = slot_progress(s)->body_len / STREAM_CHUNK_BYTES;
		slot_sealed_commit(s);
	}
}

void flush_fact(struct recorder *r, struct slot *slot, uint8_t kind,
		struct text value)
{
	(void)r;
	(void)slot;
	(void)kind;
	(void)value;
}

void begin_ending(struct slot *slot)
{
	slot->state = SLOT_ENDING;
}

/* ---- */

static void give_ring(unsigned i)
{
	struct memory *m = process->memories;
	size_t len = ring_memory_bytes(RING_BYTES);

	memory[i] = calloc(1, len);
	assert_non_null(memory[i]);
	assert_int_equal(0, ring_format(memory[i], len));
	assert_int_equal(0, ring_attach(&media[i], memory[i], len));
	m[process->memory_count++] = (struct memory){
		.kind = MEMORY_RING, .index = i, .at = memory[i], .len = len
	};
}

static struct slot *begin_slot(unsigned worker)
{
	const enum codec codecs[MKV_AUDIO_TRACKS] = { CODEC_PCMA, CODEC_PCMA,
						      CODEC_PCMA };
	struct slot *slot = slot_new(&self->table);
	uint8_t head[MKV_HEAD_MAX], id[ID_BYTES];
	struct writer w = writer_on(head, sizeof(head));
	struct progress *next;

	id_new(id);
	assert_int_equal(
		0, slot_take(&self->table, slot, worker + 1, id, SLOT_RUNNING));
	slot->worker = (uint16_t)worker;
	slot->base_ns = clock_mono_ns();
	next = slot_progress_begin(slot);
	assert_int_equal(0, mkv_begin(&next->mkv, codecs, 0, &w));
	for (unsigned t = 0; t < SLOT_TRACKS; t++) {
		slot->codecs[t] = CODEC_PCMA;
		timeline_init(&next->lines[t], CODEC_PCMA);
	}
	slot_body_write(slot, 0, head, w.len);
	next->body_len = w.len;
	slot_progress_commit(slot);
	return slot;
}

static int set_up(void **state)
{
	(void)state;
	self = calloc(1, sizeof(*self));
	process = calloc(1, sizeof(*process));
	self->p = process;
	self->slots = calloc(1, slots_bytes(WORKERS));
	assert_int_equal(0, slots_attach(self->slots, slots_bytes(WORKERS),
					 WORKERS, &self->slots));
	assert_int_equal(0, slot_table_new(&self->table, self->slots));
	for (unsigned i = 0; i < WORKERS; i++) {
		give_ring(i);
		slots[i] = begin_slot(i);
	}
	flushes = 0;
	payload_len = 160;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	capture_close(self);
	for (unsigned i = 0; i < WORKERS; i++) {
		ring_detach(media[i]);
		free(memory[i]);
		(void)close(process->memories[2 * i + 1].fd);
	}
	slot_table_free(&self->table);
	free(self->slots);
	free(process);
	free(self);
	return 0;
}

static void put(unsigned worker, uint32_t recording, uint8_t kind,
		uint32_t lost, uint32_t dropped)
{
	struct ring_frame f = { .recording = recording,
				.kind = kind,
				.len = kind == RING_AUDIO ? payload_len : 0,
				.rtp_time = rtp_time += 160,
				.lost = lost,
				.dropped = dropped,
				.at_ns = clock_mono_ns() };

	assert_int_equal(0, ring_put(media[worker], &f));
}

static void put_of(unsigned worker, uint32_t lost, uint32_t dropped)
{
	put(worker, slot_handle(self->slots, slots[worker]), RING_AUDIO, lost,
	    dropped);
}

static uint64_t heard(unsigned worker)
{
	return slot_progress(slots[worker])->packets[0];
}

/* ---- */

/* What one worker puts does not keep us from the other's, nor for ever. */
static void a_turn_takes_so_much(void **state)
{
	(void)state;
	assert_int_equal(0, capture_open(self));
	for (unsigned i = 0; i < A_TURN + 5; i++)
		put(0, 0xffff, RING_AUDIO, 0, 0); /* nobody's */
	put_of(0, 0, 0);
	put_of(1, 0, 0);
	capture_drain(self);
	assert_true(self->behind);
	assert_int_equal(0, heard(0));
	assert_int_equal(1, heard(1));
	capture_drain(self);
	assert_false(self->behind);
	assert_int_equal(1, heard(0));
}

/* A recording that fills its room again and again costs syncs: not all. */
static void a_turn_syncs_so_often(void **state)
{
	unsigned turns = 0;

	(void)state;
	assert_int_equal(0, capture_open(self));
	payload_len = 1400;
	for (unsigned i = 0; i < 5000; i++)
		put_of(0, 0, 0);
	do {
		flushes = 0;
		capture_drain(self);
		assert_true(flushes <= 64);
		turns++;
	} while (self->behind && turns < 100);
	assert_true(turns > 1);
	assert_int_equal(5000, heard(0));
}

/* Lost on the network is no alarm; lost in a full ring is, past 40 ms. */
static void what_the_ring_dropped_is_an_alarm(void **state)
{
	static const struct {
		uint32_t lost, dropped;
		bool cut;
	} rows[] = { { 500, 0, false },
		     { 2, 2, false },
		     { 500, 2, false },
		     { 3, 3, true } };

	(void)state;
	assert_int_equal(0, capture_open(self));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		slots[0]->cut = 0;
		put_of(0, rows[i].lost, rows[i].dropped);
		capture_drain(self);
		assert_int_equal(rows[i].cut, slots[0]->cut);
		slots[0]->cut = 0;
		/* no packet came after it */
		put(0, slot_handle(self->slots, slots[0]), RING_STOP,
		    rows[i].dropped, rows[i].dropped);
		capture_drain(self);
		assert_int_equal(rows[i].cut, slots[0]->cut);
	}
	assert_int_equal(0, slots[1]->cut);
}

/* A ring whose header was overwritten: the others go on, its calls do not. */
static void a_ruined_ring_is_lost_alone(void **state)
{
	(void)state;
	put_of(1, 0, 0);
	memset(memory[0], 0x5a, 64);
	assert_int_equal(0, capture_open(self));
	assert_false(capture_has_ring(self, 0));
	assert_true(capture_has_ring(self, 1));
	assert_false(capture_has_ring(self, WORKERS));
	capture_cut_lost(self);
	assert_int_equal(1, slots[0]->cut);
	assert_int_equal(0, slots[1]->cut);
	capture_drain(self);
	assert_int_equal(1, heard(1));
}

/* Nonsense between the frames: what else was there nobody knows. */
static void nonsense_in_a_ring_is_an_alarm(void **state)
{
	(void)state;
	assert_int_equal(0, capture_open(self));
	put_of(0, 0, 0);
	put_of(1, 0, 0);
	/* the length of the first frame */
	memset((uint8_t *)memory[0] + ring_memory_bytes(RING_BYTES) -
		       RING_BYTES,
	       0xff, 4);
	capture_drain(self);
	assert_int_equal(1, slots[0]->cut);
	assert_int_equal(0, slots[1]->cut);
	put_of(0, 0, 0);
	capture_drain(self);
	assert_int_equal(1, heard(0));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_turn_takes_so_much),
		T(a_turn_syncs_so_often),
		T(what_the_ring_dropped_is_an_alarm),
		T(a_ruined_ring_is_lost_alone),
		T(nonsense_in_a_ring_is_an_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
