/*
 * journal -- the spool's files
 *
 * Segments, numbered upwards, each a file of records that only grows. What is
 * appended waits in a buffer until journal_commit(), which makes all of it
 * durable with one fdatasync, or with none when nothing is new. A segment
 * whose write or sync failed once is never touched again: the kernel may have
 * dropped the bytes and call the next sync a success. The next commit goes to
 * a new segment, and what was not durable has to be appended again.
 *
 * Segments leave in two ways. Those with records of recordings that wait for
 * recovery are pinned, all up to the pin. Above it they leave oldest first,
 * each gone durably before the next: so where an old START is found again
 * after a power cut, so is what came later of the same recording.
 */
#ifndef VAXEL_RECORDER_JOURNAL_H
#define VAXEL_RECORDER_JOURNAL_H

#include <stdbool.h>

#include "seal/spool.h"

#define JOURNAL_BUFFER_BYTES ((size_t)1024 * 1024)

struct journal;

/* Where a record lies. */
struct journal_place {
	uint64_t segment;
	uint64_t offset;
	uint32_t len;
};

/*
 * The folder must be there, and durable. Locks it: EAGAIN when another
 * recorder still has it. No segment is opened for writing yet.
 */
int journal_open(struct journal **ret, const char *folder,
		 uint64_t max_bytes) CHECK_RESULT;

/* NULL is fine. What was not committed is lost. */
void journal_close(struct journal *j);

/*
 * Every record of all segments, in order, each segment up to its first bad
 * one. Before reading, all of it is made durable: a recorder that was killed
 * may have left what a power cut would still take away.
 */
typedef int journal_record_h(void *arg, const struct spool_record *rec,
			     const struct journal_place *place);
int journal_scan(struct journal *j, journal_record_h *h,
		 void *arg) CHECK_RESULT;

/* One record again. buf has place->len bytes. ENOENT when it is not there. */
int journal_read(struct journal *j, const struct journal_place *place,
		 uint8_t *buf) CHECK_RESULT;

/*
 * Room for one record of at most SPOOL_RECORD_MAX: append to *ret_w, then call
 * journal_added(). EIO or what the system said: the segment is given up; the
 * caller appends everything again that is not durable. ENOSPC also when
 * max_bytes is reached; not for records that make the spool smaller in the end
 * (`closing`: END, DONE, and what is carried out of old segments).
 */
int journal_room(struct journal *j, bool closing,
		 struct writer **ret_w) CHECK_RESULT;
void journal_added(struct journal *j);

/* The segment that takes what is appended now; and where in it. */
uint64_t journal_segment(const struct journal *j);
uint64_t journal_offset(const struct journal *j);

/* Is there anything that a commit would make durable? */
bool journal_dirty(const struct journal *j);

/* Durable, or the segment is given up. */
int journal_commit(struct journal *j) CHECK_RESULT;

/* Forget what was appended since the last commit, and begin a new segment. */
void journal_give_up(struct journal *j);

/*
 * End the segment that is written, if nothing in it waits to be durable: what
 * is in it can then go with trimming. EAGAIN.
 */
int journal_turn(struct journal *j) CHECK_RESULT;

/* Segments up to this one stay; 0: none is pinned. */
void journal_pin(struct journal *j, uint64_t segment);

/*
 * Remove the oldest segment, if it is below `needed` and not pinned. One a
 * call: the sync that it takes delays the next commit.
 */
int journal_trim(struct journal *j, uint64_t needed) CHECK_RESULT;

/* The oldest segment that is not pinned; the current one when it is alone. */
uint64_t journal_oldest(const struct journal *j);

/* Is there still a segment of number from to below `to`? */
bool journal_has(const struct journal *j, uint64_t from, uint64_t to);

uint64_t journal_bytes(const struct journal *j);

/* So much lies in segments that old ones should be emptied. */
bool journal_crowded(const struct journal *j);

#endif
