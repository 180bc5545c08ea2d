/*
 * queue -- who is next, which nurse, and how long somebody has waited
 *
 * First come, first served, over all lines: the caller who waited longest is
 * offered to the nurse who was idle longest. A nurse who does not answer goes
 * to the end of the nurses; the caller keeps his place. Anybody may leave at
 * any moment.
 *
 * Pure: no clock, no socket, no allocation. The queue is one plain struct in
 * memory that the caller gives, so that it can outlive its process. Waiters are
 * named by the slot of their call (0 .. max-1), nurses by their index in the
 * settings. What a waiter's ticket says is the truth; the links between waiters
 * are derived from it and can be rebuilt by queue_mend() whatever a dying
 * process left behind.
 *
 * Times are milliseconds of one monotonic clock.
 */
#ifndef VAXEL_QUEUE_QUEUE_H
#define VAXEL_QUEUE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define QUEUE_AGENTS 1024
#define QUEUE_LINES 8
#define QUEUE_NOBODY UINT32_MAX

/* A nurse who did not answer is left in peace for so long. */
#define QUEUE_REST_MS 3000

enum queue_agent_state {
	QUEUE_AGENT_AWAY, /* not registered */
	QUEUE_AGENT_IDLE,
	QUEUE_AGENT_RINGING,
	QUEUE_AGENT_BUSY,
};

enum queue_waiter_state {
	QUEUE_WAITER_NONE, /* the slot is free */
	QUEUE_WAITER_WAITING,
	QUEUE_WAITER_OFFERED, /* a nurse's phone rings for him */
};

struct queue_waiter {
	uint64_t ticket; /* 0: not here; else smaller came earlier */
	uint64_t since_ms;
	uint64_t told_ms; /* when his position was told last, or he came */
	uint32_t prev, next;
	uint32_t agent; /* while offered */
	uint8_t line;
	uint8_t state; /* enum queue_waiter_state */
};

struct queue_agent {
	uint64_t turn; /* smaller is idle for longer */
	uint64_t not_before_ms;
	uint32_t waiter; /* while ringing */
	uint8_t state;   /* enum queue_agent_state */
	/* registration came or went while the phone rang or she talked */
	uint8_t registered; /* what a dead process left may be no bool */
};

struct queue {
	uint32_t max; /* waiters that fit */
	uint32_t first, last;
	uint32_t count;
	uint32_t by_line[QUEUE_LINES];
	uint64_t next_ticket;
	uint64_t next_turn;
	struct queue_agent agents[QUEUE_AGENTS];
	struct queue_waiter waiters[];
};

/* Bytes for a queue of at most max waiters. */
size_t queue_bytes(uint32_t max);

/* Lay out fresh memory of queue_bytes(max). */
void queue_format(struct queue *q, uint32_t max);

/*
 * After the process that used it died: links and counts anew from the tickets.
 * Every offer is taken back (the phone that rang belongs to nobody now) and
 * every nurse is idle or away until said otherwise by queue_agent_busy().
 * EBADMSG when the memory is not a queue of max waiters.
 */
int queue_mend(struct queue *q, uint32_t max) CHECK_RESULT;

/*
 * At the end of the queue.
 *
 * line_max    at most so many may wait for this line
 * ret_ahead   how many are before him
 *
 * EMSGSIZE  the line has so many waiting already
 * EINVAL    no such slot or line
 * EPROTO    the slot is waiting already
 */
int queue_join(struct queue *q, uint32_t slot, unsigned line, uint32_t line_max,
	       uint64_t now_ms, uint32_t *ret_ahead) CHECK_RESULT;

/* Gone; a nurse whose phone rang for him is idle and keeps her turn. Any slot.
 */
void queue_leave(struct queue *q, uint32_t slot);

bool queue_has(const struct queue *q, uint32_t slot);

/*
 * The next pair, and mark both: the waiter is offered, the nurse rings.
 * ENOENT when nobody waits or nobody is free.
 */
int queue_next(struct queue *q, uint64_t now_ms, uint32_t *ret_slot,
	       uint32_t *ret_agent) CHECK_RESULT;

/* She answered: he leaves the queue, she is busy until queue_agent_free(). */
int queue_answered(struct queue *q, uint32_t slot) CHECK_RESULT;

/* She did not, for whatever reason: he waits on in his place, she goes last. */
int queue_unanswered(struct queue *q, uint32_t slot,
		     uint64_t now_ms) CHECK_RESULT;

/* Whom to tell his position now, because nobody did for every_ms. */
typedef void queue_tell_h(void *arg, uint32_t slot, uint32_t ahead);

/*
 * Walk the queue once and call tell for each waiter of this line whose turn to
 * be told has come (offered ones are not disturbed). tell may not change the
 * queue. every_ms 0: nobody is told.
 */
void queue_tell(struct queue *q, unsigned line, uint64_t every_ms,
		uint64_t now_ms, queue_tell_h *tell, void *arg);

/*
 * A phone registered, or is gone. A ringing or busy one stays so until its
 * call ends. Going away and coming back puts a nurse last.
 */
void queue_agent_registered(struct queue *q, uint32_t agent, bool here);

/* She talks, or not any more (then she is idle, or away, and last). */
void queue_agent_busy(struct queue *q, uint32_t agent);
void queue_agent_free(struct queue *q, uint32_t agent);

/* Is any phone registered at all? */
bool queue_attended(const struct queue *q);

#endif
