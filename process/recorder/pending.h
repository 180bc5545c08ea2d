/*
 * pending -- recordings that wait for the keeper: pending.c finds them and
 * tells of them, pending_ask.c talks with the keeper
 */
#ifndef VAXEL_RECORDER_PENDING_H
#define VAXEL_RECORDER_PENDING_H

#include "process/recorder/self.h"
#include "recording/recover.h"

#define NO_CURRENT UINT32_MAX
#define RETRY_FIRST_MS 2000

enum pending_state {
	PENDING_WAITING,
	PENDING_ASKING,
	PENDING_ENDING,
	PENDING_OVER,
	PENDING_LEAVING,
};

struct pending {
	enum pending_state state;
	struct dossier d;
	struct journal_place *places; /* DATA and FACT, in their order */
	size_t count, room;
	struct journal_place start, end; /* len 0: none */
	uint64_t done_segment;           /* where DONE is; 0: there is none */
	uint64_t lowest;                 /* segment of its first record */
	uint8_t done_state, done_reason;

	/* the END that the keeper made */
	uint8_t end_record[SPOOL_ALIGN];
	size_t end_len;
	bool end_spooled;
	bool done_spooled;

	uint64_t retry_ms, wait_ms;
	bool ruined;      /* a START of it could not be read */
	unsigned refused; /* times in a row that the records were no good */
	struct store_part *part;
	struct recover_summary summary;
	bool summed, end_came;
	uint8_t *card;
};

struct pendings {
	struct pending **all; /* an index is never used twice */
	uint32_t count, room;
	uint32_t live;
	struct id_map *by_id;
	/* the one that is being asked for */
	uint32_t current;
	uint64_t request;
	uint64_t heard_ms;
	uint64_t base;
	size_t next;   /* 0 START, 1 END, then places */
	size_t offset; /* in that record */
	size_t loaded; /* bytes of it in `record`; 0: not yet read */
	bool all_sent;
	uint8_t record[SPOOL_RECORD_MAX];
};

/* Is it its turn: known to the ledger, and not tried just now? */
bool pending_may_ask(struct recorder *self, struct pending *p);

void pending_ask(struct recorder *self, uint32_t index);

/* Send some more of the current one's records. */
void pending_ask_step(struct recorder *self);

#endif
