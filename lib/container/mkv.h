/*
 * mkv -- writes a recording as Matroska audio, append-only (RFC 9559)
 *
 * Pure: frames in, bytes out. Segment and clusters have unknown sizes and
 * nothing is ever patched, so the file plays up to wherever it was cut. The
 * codec is the one on the wire.
 *
 * Tracks: 1 caller, 2 nurse, 3 third party (declared only with a codec), 4 a
 * text track of marks. Times are milliseconds since the recording began. A
 * cluster begins about every second.
 *
 * struct mkv_writer is plain and holds no pointer: it may lie in memory that
 * survives the process.
 */
#ifndef VAXEL_CONTAINER_MKV_H
#define VAXEL_CONTAINER_MKV_H

#include "base/bytes.h"
#include "settings/settings.h"

#define MKV_AUDIO_TRACKS 3
#define MKV_TRACKS 4
#define MKV_MARK_TRACK 3   /* index; its number is one more */
#define MKV_FRAME_MAX 1500 /* bytes of one payload */
#define MKV_HEAD_MAX 1024  /* bytes that mkv_begin() writes at most */
#define MKV_BLOCK_OVERHEAD ((size_t)40) /* bytes that a frame costs at most */
#define MKV_CLUSTER_MS 1000

struct mkv_writer {
	uint8_t codec[MKV_AUDIO_TRACKS]; /* enum codec */
	uint8_t open;                    /* a cluster has begun */
	uint32_t reserved;
	uint64_t cluster_ms;
};

/*
 * What stands at the beginning of the file. CODEC_NONE leaves a track out.
 * at_ms is the wall clock, for DateUTC. EINVAL no track; EMSGSIZE.
 */
int mkv_begin(struct mkv_writer *m, const enum codec codecs[MKV_AUDIO_TRACKS],
	      int64_t at_ms, struct writer *w) CHECK_RESULT;

/*
 * One RTP payload. Blocks may come a little out of order between tracks
 * (EINVAL beyond 30 s back). EMSGSIZE: did not fit; nothing was written and
 * the state is as before. EINVAL: no such track, or an empty payload.
 */
int mkv_frame(struct mkv_writer *m, unsigned track, uint64_t at_ms,
	      struct bytes payload, struct writer *w) CHECK_RESULT;

/* A mark, shown as a subtitle for duration_ms. At most 200 bytes of text. */
int mkv_mark(struct mkv_writer *m, uint64_t at_ms, uint32_t duration_ms,
	     struct text words, struct writer *w) CHECK_RESULT;

/* Length of one payload in ms, rounded down; 0 when the codec cannot say. */
unsigned mkv_payload_ms(enum codec codec, struct bytes payload);

#endif
