#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/encode.h"
#include "process/recorder/journal.h"

#define MAX_BYTES ((uint64_t)4 * 1024 * 1024)

struct here {
	char folder[64];
	struct journal *j;
};

static void open_it(struct here *h)
{
	assert_int_equal(journal_open(&h->j, h->folder, MAX_BYTES), 0);
}

static int set_up(void **state)
{
	struct here *h = calloc(1, sizeof(*h));

	memcpy(h->folder, "/tmp/vaxel-journal-XXXXXX", 26);
	assert_non_null(mkdtemp(h->folder));
	open_it(h);
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	struct here *h = *state;
	char command[128];

	journal_close(h->j);
	(void)snprintf(command, sizeof(command), "rm -r %s", h->folder);
	assert_int_equal(system(command), 0);
	free(h);
	return 0;
}

/* Events are records without keys; what they say numbers them. */
static int append(struct journal *j, unsigned n)
{
	char words[1500];
	struct spool_event e = { .at_ms = n,
				 .details = { words, sizeof(words) } };
	struct writer *w;
	int err = journal_room(j, false, &w);

	memset(words, 'x', sizeof(words));
	if (!err) {
		assert_int_equal(spool_write_event(w, &e), 0);
		journal_added(j);
	}
	return err;
}

struct seen {
	unsigned next, count;
	struct journal_place last;
};

static int see(void *arg, const struct spool_record *rec,
	       const struct journal_place *place)
{
	struct seen *s = arg;
	struct spool_event e;

	assert_int_equal(spool_read_event(rec, &e), 0);
	assert_int_equal(e.at_ms, s->next);
	s->next++;
	s->count++;
	s->last = *place;
	return 0;
}

static void what_was_committed_is_found(void **state)
{
	struct here *h = *state;
	struct seen s = { 0 };
	uint8_t record[SPOOL_RECORD_MAX];
	unsigned n = 0;

	/* several segments: each takes MAX_BYTES / 16 */
	for (unsigned commit = 0; commit < 10; commit++) {
		for (unsigned i = 0; i < 40; i++)
			assert_int_equal(append(h->j, n++), 0);
		assert_true(journal_dirty(h->j));
		assert_int_equal(journal_commit(h->j), 0);
		assert_false(journal_dirty(h->j));
	}
	assert_true(journal_segment(h->j) > 2);
	assert_int_equal(append(h->j, n), 0); /* and never committed */
	journal_close(h->j);
	open_it(h);
	assert_int_equal(journal_scan(h->j, see, &s), 0);
	assert_int_equal(s.count, 400);
	assert_int_equal(journal_read(h->j, &s.last, record), 0);
	assert_memory_equal(record, "VXS1", 4);
	s.last.offset += 1 << 24;
	assert_int_equal(journal_read(h->j, &s.last, record), ENOENT);
}

static void a_segment_ends_at_its_first_bad_record(void **state)
{
	struct here *h = *state;
	struct seen s = { 0 };
	char path[128];
	int fd;

	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(append(h->j, i), 0);
	assert_int_equal(journal_commit(h->j), 0);
	(void)snprintf(path, sizeof(path), "%s/%016x.spool", h->folder, 1);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "?", 1, 4 * 2048 + 700), 1);
	(void)close(fd);
	journal_close(h->j);
	open_it(h);
	assert_int_equal(journal_scan(h->j, see, &s), 0);
	assert_int_equal(s.count, 4);
	/* what comes now goes to a segment of its own */
	assert_int_equal(journal_segment(h->j), 2);
	assert_int_equal(append(h->j, 4), 0);
	assert_int_equal(journal_commit(h->j), 0);
	journal_close(h->j);
	open_it(h);
	s = (struct seen){ 0 };
	assert_int_equal(journal_scan(h->j, see, &s), 0);
	assert_int_equal(s.count, 5);
}

static void given_up_means_not_there(void **state)
{
	struct here *h = *state;
	struct seen s = { 0 };

	assert_int_equal(append(h->j, 0), 0);
	assert_int_equal(journal_commit(h->j), 0);
	for (unsigned i = 1; i < 700; i++) /* enough to be written out */
		assert_int_equal(append(h->j, i), 0);
	journal_give_up(h->j);
	assert_int_equal(append(h->j, 1), 0);
	assert_int_equal(journal_segment(h->j), 2);
	assert_int_equal(journal_commit(h->j), 0);
	journal_close(h->j);
	open_it(h);
	assert_int_equal(journal_scan(h->j, see, &s), 0);
	assert_int_equal(s.count, 2);
}

static void full_is_full_but_for_what_closes(void **state)
{
	struct here *h = *state;
	struct writer *w;
	unsigned n = 0;
	int err;

	while (!(err = append(h->j, n++)))
		assert_int_equal(journal_commit(h->j), 0);
	assert_int_equal(err, ENOSPC);
	assert_true(journal_crowded(h->j));
	assert_true(journal_bytes(h->j) <= MAX_BYTES);
	assert_int_equal(journal_room(h->j, true, &w), 0);
}

static void old_segments_leave_from_the_pin_on(void **state)
{
	struct here *h = *state;
	uint64_t bytes;

	for (unsigned i = 0; i < 600; i++) {
		assert_int_equal(append(h->j, i), 0);
		assert_int_equal(journal_commit(h->j), 0);
	}
	assert_true(journal_segment(h->j) >= 4);
	bytes = journal_bytes(h->j);
	assert_int_equal(journal_trim(h->j, 1), 0);
	assert_int_equal(journal_bytes(h->j), bytes);
	journal_pin(h->j, 1);
	assert_int_equal(journal_oldest(h->j), 2);
	assert_int_equal(journal_trim(h->j, 3), 0);
	assert_true(journal_bytes(h->j) < bytes);
	assert_int_equal(journal_oldest(h->j), 3);
	bytes = journal_bytes(h->j);
	assert_int_equal(journal_trim(h->j, 3), 0);
	assert_int_equal(journal_bytes(h->j), bytes);
	journal_pin(h->j, 0);
	assert_int_equal(journal_oldest(h->j), 1);
	/* numbers are never given twice: the last one stays */
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(journal_trim(h->j, UINT64_MAX), 0);
	assert_true(journal_bytes(h->j) > 0);
}

static void one_recorder_at_a_time(void **state)
{
	struct here *h = *state;
	struct journal *other = NULL;

	assert_int_equal(journal_open(&other, h->folder, MAX_BYTES), EAGAIN);
	assert_null(other);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(what_was_committed_is_found),
		T(a_segment_ends_at_its_first_bad_record),
		T(given_up_means_not_there),
		T(full_is_full_but_for_what_closes),
		T(old_segments_leave_from_the_pin_on),
		T(one_recorder_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
