/*
 * self -- what the recorder holds, and its parts
 *
 *   recorder.c  start, messages, the tick, drain
 *   begin.c     what the switch asks: keys and START, facts, marks, the end
 *   capture.c   frames out of the rings, into the container
 *   flush.c     what is new into the spool, one sync for all
 *   finish.c    chunks into the store, the end of a recording, faults
 *   report.c    what the ledger is told, until it has stored it
 *   kept.c      the switch's events, while the ledger is away
 *   pending.c   recordings that wait for the keeper, after a power cut
 *               (and pending_ask.c)
 *   done.c      DONE records, for as long as the START may be found
 *   slot.c      a recording in progress: memory that survives us
 *   journal.c   the spool's files
 *
 * One tick every settings->fsync_ms does, in this order: take the frames out
 * of the rings, spool what is new, one fdatasync, and only then whatever rests
 * on it: capture may begin, chunks enter bodies, bodies get their names.
 */
#ifndef VAXEL_RECORDER_SELF_H
#define VAXEL_RECORDER_SELF_H

#include "ipc/process.h"
#include "ipc/ring.h"
#include "process/recorder/recipients.h"
#include "process/recorder/journal.h"
#include "process/recorder/slot.h"
#include "store/store.h"

#define DRAIN_RING_MS 200   /* how long RING_STOP may take after RECORD_END */
#define BEHIND_MOST_MS 5000 /* and more, while the rings hold more */
#define TELL_AGAIN_MS 5000
#define ALIVE_EVERY_MS 500
#define CARRY_AT_ONCE 32
#define CLOCK_JUMP_MS 5000
#define FAULT_QUIET_MS 20000 /* storage works again for so long: recover */

struct kept;
struct pendings;
struct dones;

struct recorder {
	struct process *p;
	struct slot_table table;
	struct slots *slots;
	struct journal *journal;
	struct store *store;
	struct store_part **parts; /* by slot; NULL: not open in this process */
	struct stream *stream;
	struct spool_nonce nonce;
	struct ring *rings[PROCESS_MEDIA_MAX];
	unsigned ring_count; /* rings[] may be NULL: its header was ruined */
	unsigned made_room;  /* syncs for one slot's sake, in this turn */
	bool behind;   /* there was more in the rings than one turn takes */
	bool cut_said; /* in this turn */
	struct recipients *recipients;
	int64_t months_asked_ms; /* whether keys by the month run out */
	struct id_map *events;   /* event id to who waits for it; report.c */
	struct kept *kept;
	struct pendings *pendings;
	struct dones *dones;
	uv_timer_t tick;
	uint64_t alive_ms; /* when the switch was last told that we live */
	int64_t wall_minus_mono_ms;
	uint64_t lowest_needed; /* segment, by recordings in progress */
	bool turn_spool; /* an erased recording's START may be in the segment */
	uint64_t pinned; /* by recordings that ended in a fault */
	uint64_t faulted_ms; /* monotonic, of the last such fault; 0: none */
	bool storage_alarm;  /* said, until a commit succeeds again */
	bool store_failed;   /* in this flush */
	bool drain_now;
	bool flushing;
	uint8_t data[SPOOL_DATA_MAX];
	uint8_t chunk[STREAM_SEALED_CHUNK_BYTES];
	uint8_t json[CARD_JSON_MAX];
};

/* The next slot that is taken; NULL begins, and ends. */
static inline struct slot *slot_next(const struct recorder *self,
				     struct slot *slot)
{
	struct slot *end = self->slots->slot + self->slots->max;

	slot = slot ? slot + 1 : self->slots->slot;
	while (slot < end && slot->state == SLOT_FREE)
		slot++;
	return slot < end ? slot : NULL;
}

static inline uint32_t slot_index(const struct recorder *self,
				  const struct slot *slot)
{
	return (uint32_t)(slot - self->slots->slot);
}

/* ---- begin.c */

void begin_recipients(struct recorder *self);
void begin_asked(struct recorder *self, uint64_t call,
		 const struct ipc_RECORD_ASK *ask);
void begin_fact(struct recorder *self, uint64_t call,
		const struct ipc_RECORD_FACT *fact);
void begin_mark(struct recorder *self, uint64_t call,
		const struct ipc_RECORD_MARK *mark);
void begin_end(struct recorder *self, uint64_t call, uint8_t reason);

/* START is durable. */
void begin_running(struct recorder *self, struct slot *slot);

/* No more frames will come. */
void begin_ending(struct slot *slot);

/* Say where the recording stands, if the switch has not heard it. */
void begin_tell_switch(struct recorder *self, struct slot *slot);

/* ---- capture.c */

int capture_open(struct recorder *self) CHECK_RESULT;
void capture_close(struct recorder *self);

/*
 * What lies in the rings, but of each no more than a turn may take: what a
 * worker that is broken puts there shall not keep us from the others.
 */
void capture_drain(struct recorder *self);

/* Does that worker have a ring that can be read? */
bool capture_has_ring(const struct recorder *self, unsigned worker);

/* We took over: recordings whose ring cannot be read any more are cut. */
void capture_cut_lost(struct recorder *self);

/* Into the text track and the card. */
void capture_mark(struct recorder *self, struct slot *slot, enum mark_kind kind,
		  uint64_t at_ms);

/* ---- flush.c */

/* Spool what is new, make it durable, do what rests on it. */
void flush_all(struct recorder *self);

/* A fact for the card, sealed; it is durable after the next flush. */
void flush_fact(struct recorder *self, struct slot *slot, uint8_t kind,
		struct text value);

/* A new recorder, or a new segment: what is not durable is spooled again. */
void flush_again(struct recorder *self);

/* ---- finish.c */

/* START is being made: is the store there? */
int finish_open_part(struct recorder *self, struct slot *slot) CHECK_RESULT;

/* Put into the body what has become ready. */
void finish_chunks(struct recorder *self, struct slot *slot);

/* Where END is durable: last chunk, name, card. */
void finish_bodies(struct recorder *self);

/* The recording ends here, by a fault; the call does not. */
void finish_failed(struct recorder *self, struct slot *slot,
		   enum record_reason reason);

/* DONE is durable, or not needed. */
void finish_free(struct recorder *self, struct slot *slot);

/* ---- report.c */

int report_open(struct recorder *self) CHECK_RESULT;
void report_close(struct recorder *self);

/*
 * Tell the ledger what it does not know yet. index and pending say whose
 * dossier it is; card may be empty. again: also what was told and not
 * acknowledged.
 */
void report_tell(struct recorder *self, struct dossier *d, uint32_t index,
		 bool pending, struct bytes card, bool again);
void report_slot(struct recorder *self, struct slot *slot, bool again);

/* EVENTS_STORED, ENVELOPE_STORED, RECORDING_END_STORED */
void report_events_stored(struct recorder *self, struct bytes events);
void report_stored(struct recorder *self, const uint8_t id[ID_BYTES],
		   enum tell what);

/* Nothing more is to be told. */
static inline bool report_done(const struct dossier *d)
{
	return !(d->due & ~d->told);
}

/* From the START record: ids, check, controller, digests. EBADMSG. */
int report_dossier(struct dossier *d, struct bytes start) CHECK_RESULT;

/* ---- kept.c */

int kept_open(struct recorder *self) CHECK_RESULT;
void kept_close(struct recorder *self);
void kept_asked(struct recorder *self, const struct ipc_EVENT_KEEP *event);
/* One that was found in the spool. */
int kept_found(struct recorder *self, const struct spool_record *rec,
	       uint64_t segment) CHECK_RESULT;
/* Append what is not in the spool yet; carry: also out of old segments. */
int kept_spool(struct recorder *self, bool carry) CHECK_RESULT;
void kept_spool_again(struct recorder *self);
void kept_committed(struct recorder *self, uint64_t segment);
void kept_forward(struct recorder *self, bool again);
/* False: not one of these. */
bool kept_stored(struct recorder *self, const uint8_t id[ID_BYTES]);
uint64_t kept_lowest_segment(const struct recorder *self);

/* ---- pending.c */

int pending_open(struct recorder *self) CHECK_RESULT;
void pending_close(struct recorder *self);
/* A record of a recording that is not in progress. */
int pending_found(struct recorder *self, const struct spool_record *rec,
		  const struct journal_place *place) CHECK_RESULT;
/* The scan is over: what is done is forgotten, the rest reported. */
void pending_begin(struct recorder *self);
void pending_step(struct recorder *self);
/* END records that came, DONE records that are due. */
int pending_spool(struct recorder *self) CHECK_RESULT;
void pending_spool_again(struct recorder *self);
void pending_committed(struct recorder *self, uint64_t segment);
void pending_recovered(struct recorder *self, uint64_t request,
		       const struct ipc_RECOVERED_PASS *piece);
/* The desk went or came, or a person asks. */
void pending_retry(struct recorder *self);
struct dossier *pending_dossier(struct recorder *self, uint32_t index);
struct dossier *pending_of_id(struct recorder *self, const uint8_t id[ID_BYTES],
			      uint32_t *ret_index);
size_t pending_count(const struct recorder *self);

/* ---- done.c */

/* A recording of which nothing is left to do, and where its DONE is. */
struct done {
	uint8_t id[ID_BYTES];
	uint64_t lowest;  /* segment that may hold its START */
	uint64_t segment; /* that holds DONE */
	uint8_t state, reason;
	bool carried;
};

int done_open(struct recorder *self) CHECK_RESULT;
void done_close(struct recorder *self);
void done_add(struct recorder *self, const struct done *done);
/* Append what would leave with the oldest segment. */
int done_spool(struct recorder *self) CHECK_RESULT;
void done_spool_again(struct recorder *self);
void done_committed(struct recorder *self, uint64_t segment);
/* The lowest segment that has to stay for a DONE in it. */
uint64_t done_lowest_segment(const struct recorder *self);

#endif
