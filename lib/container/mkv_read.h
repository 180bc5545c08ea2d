/*
 * mkv_read -- walks a recording and says what is in it
 *
 * For `recording verify` and for recovery: which tracks, how long, which gaps,
 * and where the last whole block ends. Takes the file piece by piece, in
 * bounded memory, and expects anything: it reads what mkv.h writes and what
 * stock tools make of it, in the EBML that they share.
 */
#ifndef VAXEL_CONTAINER_MKV_READ_H
#define VAXEL_CONTAINER_MKV_READ_H

#include "container/mkv.h"

#define MKV_READ_ELEMENT_MAX                                                   \
	8192 /* bytes of one element that is not a master */
#define MKV_READ_TRACKS 8

struct mkv_track_info {
	uint64_t number;
	enum codec codec; /* CODEC_NONE: text, or not one of ours */
	bool text;
	uint64_t blocks;
	uint64_t bytes;
	uint64_t first_ms;
	uint64_t end_ms; /* where the last block ends, as far as known */
	uint64_t gaps;   /* times at which nothing follows on */
	uint64_t gap_ms;
};

struct mkv_info {
	struct mkv_track_info tracks[MKV_READ_TRACKS];
	size_t track_count;
	uint64_t clusters;
	uint64_t length_ms;   /* the latest end of any track */
	uint64_t whole_bytes; /* up to the end of the last whole block */
	uint64_t bytes;       /* seen in all */
};

struct mkv_block {
	uint64_t track; /* its number */
	uint64_t at_ms;
	uint64_t duration_ms; /* of a BlockGroup; 0 when not said */
	struct bytes payload;
};

typedef void mkv_block_h(void *arg, const struct mkv_block *block);

struct mkv_reader;

/* block may be NULL. ENOMEM. */
int mkv_reader_new(struct mkv_reader **ret, mkv_block_h *block,
		   void *arg) CHECK_RESULT;
void mkv_reader_free(struct mkv_reader *r);

/*
 * Go on with more bytes. EBADMSG malformed, EMSGSIZE over a limit; info is
 * then valid up to there, and the reader takes nothing more.
 */
int mkv_reader_feed(struct mkv_reader *r, struct bytes more) CHECK_RESULT;

const struct mkv_info *mkv_reader_info(const struct mkv_reader *r);

/* The end of the file: EBADMSG when it was cut inside an element. */
int mkv_reader_end(const struct mkv_reader *r) CHECK_RESULT;

#endif
