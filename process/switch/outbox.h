/*
 * outbox -- ledger events that nobody has acknowledged yet
 *
 * In memory that outlives the process (MEMORY_EVENTS). An event stays until
 * the ledger has stored it, or, while the ledger is away, until the recorder
 * has put it into the spool. A full outbox loses the newest event and counts
 * it: a call is never delayed for the ledger's sake.
 *
 * Pure: bytes in given memory, no clock, no sending. A slot is valid once its
 * number is written, which is the last thing that is written.
 */
#ifndef VAXEL_SWITCH_OUTBOX_H
#define VAXEL_SWITCH_OUTBOX_H

#include "base/bytes.h"
#include "base/encode.h"

#define OUTBOX_ORGANISATION 64
#define OUTBOX_DETAILS 960
/* A type beside those of events: what is kept of a call, sealed, in details;
   its region in organisation; at_ms is when it is to be forgotten. */
#define OUTBOX_KEEP 255

struct outbox_event {
	uint64_t number; /* 0: free; else its place in the order, from 1 */
	uint64_t at_ms;
	uint8_t id[ID_BYTES];
	uint16_t details_len;
	uint8_t organisation_len;
	uint8_t type; /* enum event_type, OUTBOX_KEEP */
	char organisation[OUTBOX_ORGANISATION];
	char details[OUTBOX_DETAILS];
};

struct outbox {
	struct outbox_event *slots;
	uint32_t max;
	uint32_t waiting;
	uint64_t oldest; /* number of the oldest that may wait still */
	uint64_t next;   /* number of the next to come */
	uint64_t unsent; /* the first that was not handed over since rewind */
	uint64_t lost;
};

/*
 * Take up the memory and what lies in it. EMSGSIZE if not one event fits;
 * slots that make no sense are emptied.
 */
int outbox_open(struct outbox *o, void *memory, size_t len) CHECK_RESULT;

/* EMSGSIZE: full, or too long; counted as lost. */
int outbox_add(struct outbox *o, uint8_t type, const uint8_t id[ID_BYTES],
	       uint64_t at_ms, struct text organisation,
	       struct text details) CHECK_RESULT;

/* The next one to hand over; NULL when all were. It stays until _done(). */
const struct outbox_event *outbox_next(struct outbox *o);

/* It could be handed over: go on to the one after it. */
void outbox_sent(struct outbox *o);

/* Begin again with the oldest: the other side died, or is another now. */
void outbox_rewind(struct outbox *o);

/* Acknowledged. ENOENT: no such event here (any more). */
int outbox_done(struct outbox *o, const uint8_t id[ID_BYTES]) CHECK_RESULT;

/* How many were handed over and not acknowledged. */
uint64_t outbox_in_flight(const struct outbox *o);

#endif
