/*
 * spool -- the records of the recorder's journal, as bytes
 *
 * Pure: writes records into a buffer, reads them from one. One spool serves
 * all calls; it holds, sealed, what the bodies will hold, so that a power cut
 * costs no more than what was not yet synced.
 *
 * Every record is a multiple of SPOOL_ALIGN bytes. Integers are big-endian.
 *
 *   at  bytes
 *    0  4   "VXS1"
 *    4  4   length of the whole record, padding and tag included
 *    8  1   type (enum spool_type)
 *    9  3   zero
 *   12  16  id of the recording; of the event in EVENT
 *   28  8   seq: 0 in START, then one more a record of the same recording;
 *           0 in EVENT; in DONE that which follows END, or 0
 *   36  24  nonce: 16 bytes drawn at the start of the process and a counter;
 *           zero in records that are not sealed
 *   60  n   content, see below, filled up with zeros
 *  end  16  tag
 *
 * Sealed records (DATA, FACT, END): the content is XChaCha20-Poly1305 of
 *
 *    0  4   length of what follows, without the padding
 *    4  n   fields of the type
 *       -   zeros
 *
 * under the tail key (FACT: the card's tail key) with 41 bytes of associated
 * data: SHA-256 of the START record (all of it, 32 bytes), type (1), seq (8).
 * The tag is Poly1305's. Sizes are hidden to the next SPOOL_ALIGN.
 *
 * Clear records (START, EVENT, DONE): the content is the same, not sealed, and
 * the tag is SHA-256 of all before it, cut to 16 bytes: it shows torn writes,
 * and no forgery. What START says is covered by each sealed record after it.
 *
 * Fields (text and blobs: 2 bytes of length, then the bytes):
 *
 *   START  8 wall clock ms, 16 body name, 16 call id, 2 media worker,
 *          3 codec a track (enum codec), text controller,
 *          16 pn, 16 key check, blob envelope,
 *          16 card's pn, 16 card's key check, blob card's envelope
 *   DATA   8 offset in the body's plaintext, 3 times 8: index of the last
 *          packet of caller, nurse, third party that these bytes hold (all
 *          ones: none yet), 4 length, bytes
 *   FACT   1 kind (enum fact_kind), 8 wall clock ms, text value
 *   END    8 length of the body's plaintext, 8 length of the talk in ms,
 *          1 reason (enum record_end), 8 wall clock ms
 *   EVENT  1 type (enum event_type), 8 wall clock ms, text organisation,
 *          text details (JSON without personal data)
 *   DONE   1 state, 1 reason (enum record_state, record_reason): the ledger
 *          has the recording's end; nothing is left to recover
 *
 * A nonce is never used twice: the 16 bytes are new in each process, and the
 * counter only goes up. One END a recording, ever; after it only DONE.
 */
#ifndef VAXEL_SEAL_SPOOL_H
#define VAXEL_SEAL_SPOOL_H

#include "seal/envelope.h"

#define SPOOL_ALIGN 512
#define SPOOL_HEADER_BYTES 60
#define SPOOL_TAG_BYTES 16
#define SPOOL_ID_BYTES 16
#define SPOOL_DIGEST_BYTES 32
#define SPOOL_TRACKS 3
#define SPOOL_DATA_MAX ((size_t)64 * 1024) /* body bytes of one DATA */
#define SPOOL_FACT_MAX 512                 /* bytes of one value */
#define SPOOL_RECORD_MAX ((size_t)66 * 1024)
#define SPOOL_NO_PACKET UINT64_MAX

enum spool_type {
	SPOOL_START = 1,
	SPOOL_DATA,
	SPOOL_FACT,
	SPOOL_END,
	SPOOL_EVENT,
	SPOOL_DONE,
	SPOOL_TYPES
};

/* One a process, never stored. */
struct spool_nonce {
	uint8_t start[16];
	uint64_t next;
};

void spool_nonce_init(struct spool_nonce *n);

/* What seals the records of one recording; plain, for memory that survives. */
struct spool_seal {
	uint8_t id[SPOOL_ID_BYTES];
	uint8_t start_digest[SPOOL_DIGEST_BYTES];
	uint8_t tail[STREAM_KEY_BYTES];      /* DATA, END */
	uint8_t card_tail[STREAM_KEY_BYTES]; /* FACT */
	uint64_t seq;                        /* of the next record */
};

struct spool_start {
	uint8_t id[SPOOL_ID_BYTES];
	uint64_t at_ms;
	uint8_t body_name[16];
	uint8_t call_id[16];
	uint16_t worker;
	uint8_t codecs[SPOOL_TRACKS]; /* enum codec */
	struct text controller;
	uint8_t pn[AGE_NONCE_BYTES];
	uint8_t check[SEAL_CHECK_BYTES];
	struct bytes envelope;
	uint8_t card_pn[AGE_NONCE_BYTES];
	uint8_t card_check[SEAL_CHECK_BYTES];
	struct bytes card_envelope;
};

struct spool_data {
	uint64_t offset;
	uint64_t last_packet[SPOOL_TRACKS];
	struct bytes bytes;
};

struct spool_fact {
	uint8_t kind;
	uint64_t at_ms;
	struct text value;
};

struct spool_end {
	uint64_t body_len;
	uint64_t length_ms;
	uint8_t reason;
	uint64_t at_ms;
};

struct spool_event {
	uint8_t id[SPOOL_ID_BYTES];
	uint8_t type;
	uint64_t at_ms;
	struct text organisation;
	struct text details;
};

struct spool_done {
	uint8_t state;
	uint8_t reason;
};

/*
 * Append one record. EMSGSIZE: it does not fit, or a field is over its limit;
 * then nothing was appended and no seq used. spool_write_start() also fills
 * *ret_seal: keys, digest, seq 1.
 */
int spool_write_start(struct writer *w, const struct spool_start *start,
		      const struct seal_keys *keys,
		      const struct seal_keys *card_keys,
		      struct spool_seal *ret_seal) CHECK_RESULT;
int spool_write_data(struct writer *w, struct spool_seal *seal,
		     struct spool_nonce *nonce,
		     const struct spool_data *data) CHECK_RESULT;
int spool_write_fact(struct writer *w, struct spool_seal *seal,
		     struct spool_nonce *nonce,
		     const struct spool_fact *fact) CHECK_RESULT;
int spool_write_end(struct writer *w, struct spool_seal *seal,
		    struct spool_nonce *nonce,
		    const struct spool_end *end) CHECK_RESULT;
int spool_write_event(struct writer *w,
		      const struct spool_event *event) CHECK_RESULT;
int spool_write_done(struct writer *w, const uint8_t id[SPOOL_ID_BYTES],
		     uint64_t seq, const struct spool_done *done) CHECK_RESULT;

struct spool_record {
	enum spool_type type;
	uint8_t id[SPOOL_ID_BYTES];
	uint64_t seq;
	struct bytes raw; /* all of it, in the buffer that was read */
};

/*
 * The next record of a spool, without keys.
 *
 * 0        *ret is whole as far as can be seen without keys: clear records are
 *          checked by their tag, sealed ones by their form
 * ENOENT   the clean end: no bytes left, or only zeros (room made in advance)
 * EBADMSG  torn, bad or of an unknown kind: the spool ends here
 *
 * After ENOENT or EBADMSG r->at stays where the good records end.
 */
int spool_next(struct reader *r, struct spool_record *ret) CHECK_RESULT;

/*
 * One whole END of that recording and nothing else, as far as can be seen
 * without keys? Asked of bytes that others made, before they enter a spool:
 * one record of another form hides all that follow it.
 */
bool spool_is_end(struct bytes raw, const uint8_t id[SPOOL_ID_BYTES]);

/* Texts and blobs in *ret point into the record. EBADMSG. */
int spool_read_start(const struct spool_record *rec,
		     struct spool_start *ret) CHECK_RESULT;
int spool_read_event(const struct spool_record *rec,
		     struct spool_event *ret) CHECK_RESULT;
int spool_read_done(const struct spool_record *rec,
		    struct spool_done *ret) CHECK_RESULT;

/* What seals the records after this START, from keys that were recovered.
 * EPERM: these are not its keys (key check or pn differ). */
int spool_resume(const struct spool_record *start, const struct seal_keys *keys,
		 const struct seal_keys *card_keys,
		 struct spool_seal *ret_seal) CHECK_RESULT;

/*
 * Open a sealed record into buf (SPOOL_RECORD_MAX suffices), to which *ret
 * then points; the caller wipes it. The record must carry seal->id and
 * seal->seq, which goes up by one on success.
 *
 * EBADMSG forged, torn, or out of sequence: the recording ends before it
 */
struct spool_content {
	enum spool_type type;
	union {
		struct spool_data data;
		struct spool_fact fact;
		struct spool_end end;
	} u;
};
int spool_open(const struct spool_record *rec, struct spool_seal *seal,
	       uint8_t *buf, size_t max,
	       struct spool_content *ret) CHECK_RESULT;

#endif
