/*
 * slot -- one recording in progress, in memory that outlives the recorder
 *
 * Everything that the next recorder needs to go on after a kill: keys, the
 * state of the container, and the tail of the body that no chunk holds yet.
 * Plain structs, no pointers. A recorder may die between any two stores, so
 * what changes together lies in two copies, and one store turns from the old
 * to the new: struct progress (a frame is in the body whole or not at all) and
 * struct sealed (a chunk is counted and hashed, or neither).
 *
 * "Are we recording?" has one answer, slot->state.
 */
#ifndef VAXEL_RECORDER_SLOT_H
#define VAXEL_RECORDER_SLOT_H

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <assert.h>
#include <stdatomic.h>

#include "base/encode.h"
#include "process/recorder/facts.h"
#include "process/recorder/id_map.h"
#include "container/mkv.h"
#include "container/timeline.h"
#include "ipc/values.h"
#include "recording/seek.h"
#include "seal/card.h"
#include "seal/spool.h"
#include "settings/settings.h"

#define SLOT_MAGIC 0x7661786c72656302ull
/* a chunk, and what comes in while a flush is not durable: of two voices in
 * G.711 a quarter of a second; what is more costs a flush of its own */
#define SLOT_BODY_BYTES (STREAM_CHUNK_BYTES + 4 * 1024)
#define SLOT_START_MAX 2048
#define SLOT_TRACKS MKV_AUDIO_TRACKS

/*
 *   state      means                             leaves it when
 *   FREE       nothing
 *   STARTING   START is written                  START is durable
 *   RUNNING    capture may run                   RECORD_END
 *   DRAINING   frames of the ring still come     RING_STOP, or 200 ms
 *   ENDING     the body's bytes are all here     all of them are durable
 *   CLOSING    END is written                    END is durable, body renamed
 *   OVER       keys wiped, outcome known         the ledger has stored it
 *   LEAVING    DONE is written                   DONE is durable
 */
enum slot_state {
	SLOT_FREE,
	SLOT_STARTING,
	SLOT_RUNNING,
	SLOT_DRAINING,
	SLOT_ENDING,
	SLOT_CLOSING,
	SLOT_OVER,
	SLOT_LEAVING,
};

/* What the ledger is told of one recording; bits of due and told. */
enum tell {
	TELL_ENVELOPE = 1 << 0,
	TELL_STARTED = 1 << 1,
	TELL_ALARM = 1 << 2,
	TELL_RECOVERING = 1 << 3,
	TELL_OUTCOME = 1 << 4, /* recording.sealed or recording.recovered */
	TELL_END = 1 << 5,
};

struct dossier {
	uint8_t id[ID_BYTES];
	uint8_t call_id[ID_BYTES];
	uint8_t body_name[ID_BYTES];
	uint8_t check[SEAL_CHECK_BYTES];
	uint8_t body_sha256[32];
	uint8_t envelope_sha256[32];
	uint8_t card_envelope_sha256[32];
	uint8_t end_sha256[32]; /* of the END record, where has_end */
	uint8_t has_end;        /* the spool held one when we found it */
	char controller[SETTINGS_NAME_MAX + 1];
	uint8_t state;  /* enum record_state */
	uint8_t reason; /* enum record_reason */
	uint8_t due;    /* set of enum tell */
	uint8_t told;
	uint64_t started_ms; /* wall clock */
	uint64_t ended_ms;
	uint64_t length_ms;
	uint64_t body_bytes; /* of the sealed body */
	uint64_t sent_ms;    /* monotonic, when the ledger was last told */
	uint32_t start_len;
	uint32_t card_len;
	uint8_t start[SLOT_START_MAX]; /* the START record */
};

struct progress {
	struct mkv_writer mkv;
	struct timeline lines[SLOT_TRACKS];
	uint64_t body_len; /* of the plaintext */
	uint64_t packets[SLOT_TRACKS];
	uint64_t last_at_ns[SLOT_TRACKS];
	uint32_t last_rtp[SLOT_TRACKS];
	uint8_t heard[SLOT_TRACKS];
};

struct sealed {
	SHA256_CTX sha; /* of the body as far as it is sealed; no secret */
	uint64_t chunks;
};

struct slot {
	uint8_t state; /* enum slot_state */
	uint8_t end_asked;
	uint8_t stopped;     /* RING_STOP came */
	uint8_t end_reason;  /* enum record_end */
	uint8_t switch_told; /* enum record_state that the switch has heard */
	uint16_t generation; /* never 0 */
	uint16_t worker;
	uint8_t codecs[SLOT_TRACKS];
	uint64_t call;    /* the switch's handle */
	uint64_t base_ns; /* monotonic: when the recording's time begins */
	uint64_t drain_until_ms;
	uint64_t gaps; /* times at which frames were lost */
	uint8_t cut;   /* media had frames that we did not get: alarm */

	struct seal_keys keys, card_keys;
	struct spool_seal seal;
	struct progress progress[2];
	_Atomic uint8_t progress_now;
	struct sealed sealed[2];
	_Atomic uint8_t sealed_now;

	uint64_t spooled;        /* body bytes given to the spool */
	uint64_t durable;        /* body bytes that survive a power cut */
	uint64_t lowest_segment; /* that ever held a record of it */
	uint64_t first_segment;  /* of the spool, that it needs */
	uint64_t done_segment;   /* where DONE is */
	/* what was given to the spool, and what of it is durable */
	uint8_t start_spooled, start_durable;
	uint8_t end_spooled, end_durable;
	uint8_t done_spooled, done_durable;
	uint16_t facts_spooled, facts_durable; /* places in facts */
	uint8_t carried;     /* in this commit, to the current segment */
	uint8_t body_whole;  /* named, hashed: body[] may hold the card now */
	uint8_t recoverable; /* ended by a fault, but START is durable */

	uint16_t records_len; /* of the facts' records, once it is over */
	struct seek seek;
	uint16_t end_len;
	uint8_t end[SPOOL_ALIGN];
	struct facts facts;
	struct dossier dossier;
	/* the body from the first chunk that is not sealed: a circle; once
	 * the recording is over, its card, and behind CARD_MAX the records of
	 * its facts */
	uint8_t body[SLOT_BODY_BYTES];
};

static_assert(CARD_MAX + FACTS_RECORDS_MAX <= SLOT_BODY_BYTES,
	      "card and records fit where the body was");
static_assert(sizeof(struct slot) <= 78 * 1024, "promised to operators");

struct slots {
	uint64_t magic; /* written last */
	uint32_t max;
	uint32_t slot_bytes;
	struct slot slot[];
};

size_t slots_bytes(uint32_t max);

/* Take the memory as it was left, or lay it out. EINVAL: too small. */
int slots_attach(void *memory, size_t len, uint32_t max,
		 struct slots **ret) CHECK_RESULT;

/*
 * Where to find a slot, beside the memory: rebuilt by each recorder. Slots are
 * large, so nothing that happens per message walks over them.
 */
struct slot_table {
	struct slots *slots;
	struct id_map *by_id; /* recording id to slot */
	uint32_t *by_call;    /* low half of the call's handle, modulo */
	uint32_t *unused;
	uint32_t unused_count;
	uint32_t max;
};

int slot_table_new(struct slot_table *t, struct slots *s) CHECK_RESULT;
void slot_table_free(struct slot_table *t);

/* NULL when all are taken. The slot is clean and still SLOT_FREE. */
struct slot *slot_new(struct slot_table *t);

/* Give it a call and an id, then a state: from here on it is found. */
int slot_take(struct slot_table *t, struct slot *slot, uint64_t call,
	      const uint8_t id[ID_BYTES], enum slot_state state) CHECK_RESULT;

/* Wipes everything but the generation. */
void slot_free(struct slot_table *t, struct slot *slot);

/* What media writes into each frame. */
uint32_t slot_handle(const struct slots *s, const struct slot *slot);
struct slot *slot_of_handle(struct slots *s, uint32_t handle);

/* NULL when no recording of that call takes messages any more. */
struct slot *slot_of_call(struct slot_table *t, uint64_t call);
struct slot *slot_of_id(struct slot_table *t, const uint8_t id[ID_BYTES]);

static inline const struct progress *slot_progress(const struct slot *slot)
{
	return &slot->progress[slot->progress_now & 1];
}

static inline const struct sealed *slot_sealed(const struct slot *slot)
{
	return &slot->sealed[slot->sealed_now & 1];
}

static inline uint64_t slot_chunk_at(const struct slot *slot)
{
	return slot_sealed(slot)->chunks * STREAM_CHUNK_BYTES;
}

/* Bytes that the body can still take. */
size_t slot_room(const struct slot *slot);

/* Copy into the circle at body offset `at`: not yet part of the body. */
void slot_body_write(struct slot *slot, uint64_t at, const uint8_t *p,
		     size_t len);
void slot_body_read(const struct slot *slot, uint64_t at, uint8_t *to,
		    size_t len);

/* The scratch copy to change, and the store that makes it the truth. */
struct progress *slot_progress_begin(struct slot *slot);
void slot_progress_commit(struct slot *slot);
struct sealed *slot_sealed_begin(struct slot *slot);
void slot_sealed_commit(struct slot *slot);

/* May chunk n be sealed: full, and a byte of the next one durable? */
static inline bool slot_chunk_ready(uint64_t chunks, uint64_t durable)
{
	return durable > (chunks + 1) * STREAM_CHUNK_BYTES;
}

/* The records of a recording that is over. */
static inline struct bytes slot_records(const struct slot *slot)
{
	return (struct bytes){ slot->body + CARD_MAX, slot->records_len };
}

/* Keys and plaintext are no longer needed; card and records stay. */
void slot_wipe_keys(struct slot *slot);

#endif
