#include "ipc/ring.h"

#include <stdatomic.h>
#include <stdlib.h>

/*
 * head and tail count bytes since the ring was formatted and never wrap; the
 * place in the buffer is the count modulo its size. Each side writes only its
 * own count, on a cache line of its own. A frame never wraps around the end:
 * a frame of length 0 says "go on at the start".
 */
#define RING_MAGIC 0x56584c52494e4731u /* "VXLRING1" */
#define RING_ALIGN 8u

struct ring_header {
	uint64_t magic;
	uint64_t size;
	_Alignas(64) _Atomic uint64_t head; /* producer's */
	_Alignas(64) _Atomic uint64_t tail; /* consumer's */
	_Alignas(64) uint8_t bytes[];
};

struct ring_slot {      /* before each payload */
	uint32_t total; /* slot and payload, rounded up; 0: skip to start */
	uint32_t recording;
	uint8_t kind;
	uint8_t track;
	uint16_t len;
	uint32_t rtp_time;
	uint32_t lost;
	uint32_t dropped;
	uint64_t at_ns;
};

struct ring {
	struct ring_header *h;
	uint64_t size;
	uint64_t at;   /* this side's own count */
	uint64_t seen; /* the other side's, as last read */
};

size_t ring_memory_bytes(size_t frame_bytes)
{
	size_t n = 64 * 1024;

	while (n < frame_bytes)
		n *= 2;
	return sizeof(struct ring_header) + n;
}

int ring_format(void *memory, size_t memory_bytes)
{
	struct ring_header *h = memory;

	if (memory_bytes <= sizeof(*h))
		return EINVAL;
	*h = (struct ring_header){ .magic = RING_MAGIC,
				   .size = memory_bytes - sizeof(*h) };
	return 0;
}

int ring_attach(struct ring **ret, void *memory, size_t memory_bytes)
{
	struct ring_header *h = memory;
	struct ring *r;

	if (memory_bytes <= sizeof(*h) || h->magic != RING_MAGIC ||
	    h->size != memory_bytes - sizeof(*h) || (h->size & (h->size - 1)))
		return EBADMSG;
	r = calloc(1, sizeof(*r));
	if (!r)
		return ENOMEM;
	*r = (struct ring){ .h = h, .size = h->size };
	r->at = UINT64_MAX; /* known once we know which side we are */
	*ret = r;
	return 0;
}

void ring_detach(struct ring *r)
{
	free(r);
}

int ring_put(struct ring *r, const struct ring_frame *f)
{
	uint32_t total =
		(uint32_t)(sizeof(struct ring_slot) + f->len + RING_ALIGN - 1) &
		~(RING_ALIGN - 1);
	struct ring_slot slot = {
		.total = total,
		.recording = f->recording,
		.kind = f->kind,
		.track = f->track,
		.len = f->len,
		.rtp_time = f->rtp_time,
		.lost = f->lost,
		.dropped = f->dropped,
		.at_ns = f->at_ns,
	};
	uint64_t place, skip;

	if (f->len > RING_PAYLOAD_MAX)
		return EMSGSIZE;
	if (r->at == UINT64_MAX)
		r->at = atomic_load(&r->h->head);
	place = r->at & (r->size - 1);
	skip = r->size - place < total ? r->size - place : 0;
	if (r->at + skip + total - r->seen > r->size) {
		r->seen =
			atomic_load_explicit(&r->h->tail, memory_order_acquire);
		if (r->at + skip + total - r->seen > r->size)
			return EAGAIN;
	}
	if (skip) {
		if (skip >= sizeof(uint32_t))
			memset(r->h->bytes + place, 0, sizeof(uint32_t));
		r->at += skip;
		place = 0;
	}
	memcpy(r->h->bytes + place, &slot, sizeof(slot));
	memcpy(r->h->bytes + place + sizeof(slot), f->payload, f->len);
	r->at += total;
	atomic_store_explicit(&r->h->head, r->at, memory_order_release);
	return 0;
}

/* Everything up to the published head is unreadable: leave it behind. */
static int ring_give_up(struct ring *r)
{
	r->at = r->seen;
	return EBADMSG;
}

int ring_get(struct ring *r, struct ring_frame *ret)
{
	struct ring_slot slot;
	uint64_t place;

	if (r->at == UINT64_MAX) {
		r->at = atomic_load(&r->h->tail);
		r->seen = r->at;
	}
	for (;;) {
		if (r->at == r->seen) {
			r->seen = atomic_load_explicit(&r->h->head,
						       memory_order_acquire);
			if (r->at == r->seen)
				return EAGAIN;
			if (r->seen - r->at > r->size || r->seen % RING_ALIGN ||
			    r->at % RING_ALIGN)
				return ring_give_up(r);
		}
		place = r->at & (r->size - 1);
		if (r->size - place < sizeof(slot)) {
			slot.total = 0;
		} else {
			memcpy(&slot, r->h->bytes + place, sizeof(slot));
		}
		if (slot.total)
			break;
		if (r->size - place > r->seen - r->at)
			return ring_give_up(r);
		r->at += r->size - place;
	}
	if (slot.total % RING_ALIGN || slot.len > RING_PAYLOAD_MAX ||
	    slot.total < sizeof(slot) + slot.len ||
	    slot.total > r->seen - r->at || slot.total > r->size - place)
		return ring_give_up(r);
	/* field by field: a literal would clear the whole payload first */
	ret->recording = slot.recording;
	ret->kind = slot.kind;
	ret->track = slot.track;
	ret->len = slot.len;
	ret->rtp_time = slot.rtp_time;
	ret->lost = slot.lost;
	ret->dropped = slot.dropped;
	ret->at_ns = slot.at_ns;
	memcpy(ret->payload, r->h->bytes + place + sizeof(slot), slot.len);
	r->at += slot.total;
	return 0;
}

void ring_release(struct ring *r)
{
	if (r->at != UINT64_MAX)
		atomic_store_explicit(&r->h->tail, r->at, memory_order_release);
}
