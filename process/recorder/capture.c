/*
 * capture -- frames out of the rings, into the container
 *
 * Runs once a tick over everything that came since the last, without a system
 * call or an allocation. A frame is in the body whole or not at all, and is
 * handed back to its ring right after; so a recorder that is killed in between
 * finds at most that one frame again, and knows it by its times.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "process/recorder/self.h"
#include "recording/card_json.h"

#define SCRATCH_BYTES (MKV_FRAME_MAX + 64)
#define MARK_SHOWN_MS 2000
#define LOST_WORTH_A_MARK 25 /* half a second of 20 ms packets */
#define DROPPED_MOST_MS 40   /* what a recorder that was away may cost */
#define PACKET_MS 20         /* where there is none to look at */
#define FRAMES_A_TURN 16384  /* of 1,600 calls, at a turn each 100 ms */
#define ROOM_A_TURN 64       /* syncs; four empty a ring of 2 s */

static_assert(RING_PAYLOAD_MAX <= MKV_FRAME_MAX, "every frame fits a block");

int capture_open(struct recorder *self)
{
	for (unsigned i = 0; i < PROCESS_MEDIA_MAX; i++) {
		struct memory *ring = process_memory(self->p, MEMORY_RING, i);
		int err;

		if (!ring)
			break;
		err = ring_attach(&self->rings[i], ring->at, ring->len);
		if (err == EBADMSG) {
			log_error("the ring of media worker %u is ruined: its "
				  "calls are not recorded",
				  i);
			metric_add(METRIC_ring_ruined, 1);
		} else if (err) {
			return err;
		}
		self->ring_count = i + 1;
	}
	return 0;
}

void capture_close(struct recorder *self)
{
	for (unsigned i = 0; i < self->ring_count; i++)
		ring_detach(self->rings[i]);
}

/* Is there room for one more block? Making room costs a sync. */
static bool have_room(struct recorder *self, struct slot *slot)
{
	if (slot_room(slot) >= SCRATCH_BYTES)
		return true;
	self->made_room++;
	flush_all(self);
	return slot_room(slot) >= SCRATCH_BYTES;
}

static void commit(struct slot *slot, struct progress *next,
		   const uint8_t *block, size_t len)
{
	const struct mkv_writer *was = &slot_progress(slot)->mkv;
	bool fresh = !was->open || was->cluster_ms != next->mkv.cluster_ms;
	uint64_t at = slot_progress(slot)->body_len;

	slot_body_write(slot, at, block, len);
	next->body_len += len;
	slot_progress_commit(slot);
	/* who dies before this has one point less */
	if (fresh)
		seek_note(&slot->seek, next->mkv.cluster_ms, at);
}

void capture_mark(struct recorder *self, struct slot *slot, enum mark_kind kind,
		  uint64_t at_ms)
{
	uint8_t block[SCRATCH_BYTES];
	struct writer w = writer_on(block, sizeof(block));
	struct progress *next;
	char value[CARD_MARK_MAX];

	if (slot->state != SLOT_RUNNING && slot->state != SLOT_DRAINING)
		return;
	card_mark((uint8_t)kind, at_ms, value);
	flush_fact(self, slot, FACT_MARK, text_of(value));
	if (!have_room(self, slot) ||
	    (slot->state != SLOT_RUNNING && slot->state != SLOT_DRAINING))
		return;
	next = slot_progress_begin(slot);
	if (mkv_mark(&next->mkv, at_ms, MARK_SHOWN_MS,
		     text_of(mark_kind_text(kind)), &w))
		return; /* it stands in the card, then */
	commit(slot, next, block, w.len);
}

static bool seen_before(const struct progress *now, const struct ring_frame *f)
{
	return now->heard[f->track] && now->last_at_ns[f->track] == f->at_ns &&
	       now->last_rtp[f->track] == f->rtp_time;
}

/*
 * Frames that media had are missing: however it ends, it ends as an alarm,
 * which what there is of it may supersede.
 */
static void cut(struct recorder *self, struct slot *slot)
{
	if (slot->cut || slot->state >= SLOT_OVER)
		return;
	slot->cut = 1;
	metric_add(METRIC_recordings_alarm, 1);
	if (!self->cut_said)
		process_alarm(self->p, ALARM_RECORDER_AWAY);
	self->cut_said = true;
}

static void lost_some(struct recorder *self, struct slot *slot,
		      const struct ring_frame *f, uint64_t at_ns,
		      unsigned packet_ms)
{
	metric_add(METRIC_ring_lost, f->dropped);
	slot->gaps++;
	if ((uint64_t)f->dropped * packet_ms > DROPPED_MOST_MS)
		cut(self, slot);
	if (f->lost >= LOST_WORTH_A_MARK)
		capture_mark(self, slot, MARK_GAP, at_ns / 1000000);
}

static void take_audio(struct recorder *self, struct slot *slot,
		       const struct ring_frame *f)
{
	uint8_t block[SCRATCH_BYTES];
	struct writer w = writer_on(block, sizeof(block));
	struct bytes payload = { f->payload, f->len };
	struct progress *next;
	uint64_t at_ns =
		f->at_ns > slot->base_ns ? f->at_ns - slot->base_ns : 0;
	unsigned t = f->track, packet_ms;
	uint64_t ms;

	if (t >= SLOT_TRACKS || slot->codecs[t] == CODEC_NONE || !f->len ||
	    seen_before(slot_progress(slot), f))
		return;
	packet_ms = mkv_payload_ms((enum codec)slot->codecs[t], payload);
	if (f->lost)
		lost_some(self, slot, f, at_ns, packet_ms);
	if (!have_room(self, slot)) {
		metric_add(METRIC_ring_lost, 1);
		return;
	}
	/* making room may have ended it, by a fault */
	if (slot->state != SLOT_RUNNING && slot->state != SLOT_DRAINING)
		return;
	next = slot_progress_begin(slot);
	if (timeline_place(&next->lines[t], f->rtp_time, at_ns, packet_ms,
			   &ms) ||
	    mkv_frame(&next->mkv, t, ms, payload, &w)) {
		metric_add(METRIC_rtp_dropped, 1);
		return;
	}
	next->heard[t] = 1;
	next->last_at_ns[t] = f->at_ns;
	next->last_rtp[t] = f->rtp_time;
	next->packets[t] += 1 + (uint64_t)f->lost;
	slot->stopped = 0;
	commit(slot, next, block, w.len);
}

static void take_frame(struct recorder *self, unsigned worker,
		       const struct ring_frame *f)
{
	struct slot *slot = slot_of_handle(self->slots, f->recording);

	/* a worker speaks of its own calls alone */
	if (!slot || slot->worker != worker ||
	    (slot->state != SLOT_RUNNING && slot->state != SLOT_DRAINING))
		return;
	switch (f->kind) {
	case RING_AUDIO:
		take_audio(self, slot, f);
		return;
	case RING_STOP:
		if (f->dropped)
			lost_some(self, slot, f,
				  f->at_ns > slot->base_ns
					  ? f->at_ns - slot->base_ns
					  : 0,
				  PACKET_MS);
		slot->stopped = 1;
		if (slot->state == SLOT_DRAINING)
			begin_ending(slot);
		return;
	default:
		return;
	}
}

/* The ring was nonsense and has been emptied: all its recordings have a gap. */
static void ring_was_broken(struct recorder *self, unsigned worker)
{
	uint64_t now_ns = clock_mono_ns();

	log_error("the ring of media worker %u was unreadable", worker);
	metric_add(METRIC_ring_lost, 1);
	for (struct slot *slot = slot_next(self, NULL); slot;
	     slot = slot_next(self, slot)) {
		if (slot->worker != worker)
			continue;
		cut(self, slot);
		if (now_ns > slot->base_ns)
			capture_mark(self, slot, MARK_GAP,
				     (now_ns - slot->base_ns) / 1000000);
	}
}

bool capture_has_ring(const struct recorder *self, unsigned worker)
{
	return worker < self->ring_count && self->rings[worker];
}

void capture_cut_lost(struct recorder *self)
{
	for (struct slot *slot = slot_next(self, NULL); slot;
	     slot = slot_next(self, slot)) {
		if (!capture_has_ring(self, slot->worker))
			cut(self, slot);
	}
}

static int drain_ring(struct recorder *self, unsigned worker)
{
	struct ring *ring = self->rings[worker];
	struct ring_frame frame;
	int err;

	self->made_room = 0;
	for (unsigned n = 0; !(err = ring_get(ring, &frame)); n++) {
		take_frame(self, worker, &frame);
		ring_release(ring);
		if (n + 1 < FRAMES_A_TURN && self->made_room < ROOM_A_TURN)
			continue;
		self->behind = true;
		break;
	}
	return err;
}

void capture_drain(struct recorder *self)
{
	self->behind = self->cut_said = false;
	for (unsigned i = 0; i < self->ring_count; i++) {
		if (self->rings[i] && drain_ring(self, i) == EBADMSG) {
			ring_release(self->rings[i]);
			ring_was_broken(self, i);
		}
	}
}
