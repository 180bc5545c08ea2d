/*
 * ring -- captured packets from one media worker to the recorder
 *
 * One producer, one consumer, in a memfd that the parent keeps alive, so that
 * what was captured survives the death of either side. The producer never
 * waits: a full ring loses the packet and counts it. Neither side trusts the
 * other: indices are checked, and a frame is copied out before its length is
 * believed.
 *
 * A frame costs a memcpy and one release store. Nobody is woken: the recorder
 * looks at each ring every 100 ms, when it syncs for all calls.
 */
#ifndef VAXEL_IPC_RING_H
#define VAXEL_IPC_RING_H

#include <stdbool.h>

#include "base/bytes.h"

#define RING_PAYLOAD_MAX 1500

enum ring_kind {
	RING_AUDIO = 1, /* one RTP payload */
	RING_STOP =
		2, /* capture of this recording has ended; nothing follows */
};

struct ring_frame {
	uint32_t recording; /* the recorder's handle, from RECORD_STATE */
	uint8_t kind;       /* enum ring_kind */
	uint8_t track;      /* 0 caller, 1 nurse, 2 third party */
	uint16_t len;       /* bytes of payload */
	uint32_t rtp_time;  /* unwrapped by whoever writes the track */
	uint32_t lost;      /* packets missing just before this one */
	uint32_t dropped;   /* of these, such as the full ring did not take */
	uint64_t at_ns;     /* CLOCK_MONOTONIC when it arrived */
	uint8_t payload[RING_PAYLOAD_MAX];
};

struct ring;

/* Bytes of memory that a ring of so many bytes of frames takes (power of 2). */
size_t ring_memory_bytes(size_t frame_bytes);

/* Lay out fresh memory, once, by the parent. */
int ring_format(void *memory, size_t memory_bytes) CHECK_RESULT;

/*
 * Take one end. The other end may have been here before and died: a producer
 * goes on at the published head, a consumer at the published tail.
 * EBADMSG when the header makes no sense.
 */
int ring_attach(struct ring **ret, void *memory,
		size_t memory_bytes) CHECK_RESULT;
void ring_detach(struct ring *r);

/* Producer. EAGAIN when full. Copies only frame->len bytes of payload. */
int ring_put(struct ring *r, const struct ring_frame *frame) CHECK_RESULT;

/*
 * Consumer. EAGAIN when empty; EBADMSG when the producer wrote nonsense (the
 * ring is then emptied up to the published head).
 */
int ring_get(struct ring *r, struct ring_frame *ret) CHECK_RESULT;

/*
 * Consumer: hand frames that were got back to the producer. Until then they
 * stay, and a consumer that dies before it releases gets them again.
 */
void ring_release(struct ring *r);

#endif
