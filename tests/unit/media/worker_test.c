#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/allocations.h"
#include "tests/unit/media/rig.h"

/* A whole worker over real sockets, told by real messages. */

#define PCMA 8

/* Two phones on A-law that hear each other. */
static void talking(struct rig *r, struct phone *a, struct phone *b)
{
	rig_up(r, 0);
	phone_up(a, "127.0.0.1", PCMA, 11);
	phone_up(b, "127.0.0.1", PCMA, 22);
	rig_leg(r, 0, a, 101);
	rig_leg(r, 1, b, 101);
	rig_bridge(r, 0, 1, true);
}

static void both_ways(struct rig *r, struct phone *a, struct phone *b)
{
	for (uint8_t i = 0; i < 10; i++) {
		phone_say(a, i);
		phone_say(b, (uint8_t)(100 + i));
		rig_run(r, 2);
	}
	for (uint8_t i = 0; i < 10; i++) {
		struct heard h;

		assert_true(phone_hear(b, &h));
		assert_int_equal(h.in.payload_len, 160);
		assert_int_equal(h.in.payload[0], i);
		assert_int_equal(h.in.payload[159], i);
		assert_int_not_equal(h.in.ssrc, a->ssrc);
		assert_int_equal(h.in.type, b->type);
		assert_int_equal(h.in.marker, i == 0);
		assert_true(phone_hear(a, &h));
		assert_int_equal(h.in.payload[80], 100 + i);
		assert_int_equal(h.in.type, a->type);
	}
}

static void relays_both_ways(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "::1" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct rig r;
		struct phone a, b;
		const struct ipc_message *m;

		rig_up(&r, 0);
		phone_up(&a, hosts[i], PCMA, 11);
		phone_up(&b, hosts[0], 97, 22); /* types are mapped */
		rig_leg(&r, 0, &a, 101);
		rig_leg(&r, 1, &b, 126);
		rig_bridge(&r, 0, 1, true);
		both_ways(&r, &a, &b);
		/* not bridged, nothing passes */
		rig_bridge(&r, 0, 1, false);
		phone_say(&a, 1);
		rig_run(&r, 5);
		assert_int_equal(phone_drain(&b), 0);
		assert_int_equal(
			IPC_SEND(r.switch_end, CALL_CLOSE, RIG_CALL, 0), 0);
		rig_run(&r, 5);
		m = rig_got(&r, IPC_CALL_CLOSED);
		assert_non_null(m);
		assert_int_equal(m->u.CALL_CLOSED.packets_in, 21);
		assert_int_equal(m->u.CALL_CLOSED.packets_out, 20);
		assert_int_equal(m->u.CALL_CLOSED.packets_lost, 0);
		assert_int_equal(worker_state(r.worker, RIG_CALL), IPC_IDLE);
		phone_down(&a);
		phone_down(&b);
		rig_down(&r);
	}
}

/* Bridged and captured: a packet costs no memory. */
static void a_packet_allocates_nothing(void **state)
{
	struct rig r;
	struct phone a, b;
	void *volatile one;

	(void)state;
	if (!allocations_counted())
		skip();
	talking(&r, &a, &b);
	assert_int_equal(IPC_SEND(r.switch_end, CAPTURE, RIG_CALL, .on = 1,
				  .recording = 7),
			 0);
	both_ways(&r, &a, &b);
	allocations = 0;
	one = malloc(1);
	free(one);
	assert_int_equal(allocations, 1);
	for (unsigned i = 0; i < 20; i++) {
		phone_say(&a, 1);
		phone_say(&b, 2);
		rig_run(&r, 2);
	}
	assert_int_equal(allocations, 1);
	assert_int_equal(phone_drain(&a), 20);
	assert_int_equal(phone_drain(&b), 20);
	phone_down(&a);
	phone_down(&b);
	rig_down(&r);
}

static void one_source_whatever_it_hears(void **state)
{
	struct rig r;
	struct phone caller, nurse, next;
	struct heard h;
	uint32_t ssrc = 0, time = 0;
	uint16_t seq = 0;
	unsigned n = 0, marks = 0;

	(void)state;
	rig_up(&r, 0);
	phone_up(&caller, "127.0.0.1", PCMA, 11);
	phone_up(&nurse, "127.0.0.1", PCMA, 22);
	phone_up(&next, "127.0.0.1", PCMA, 33);
	rig_leg(&r, 0, &caller, 101);
	assert_int_equal(IPC_SEND(r.switch_end, PLAY, RIG_CALL, .leg = 0,
				  .prompt = RIG_PROMPT, .serial = 1),
			 0);
	rig_run(&r, 150);
	rig_leg(&r, 1, &nurse, 101);
	rig_bridge(&r, 0, 1, true);
	for (int i = 0; i < 5; i++) {
		phone_say(&nurse, 0x55);
		rig_run(&r, 3);
	}
	/* the next nurse, on the same leg */
	assert_int_equal(IPC_SEND(r.switch_end, LEG_CLOSE, RIG_CALL, .leg = 1),
			 0);
	rig_leg(&r, 1, &next, 101);
	rig_bridge(&r, 0, 1, true);
	for (int i = 0; i < 5; i++) {
		phone_say(&next, 0x66);
		rig_run(&r, 3);
	}
	while (phone_hear(&caller, &h)) {
		if (n++) {
			assert_int_equal(h.in.ssrc, ssrc);
			assert_int_equal(h.in.seq, (uint16_t)(seq + 1));
			assert_in_range((uint32_t)(h.in.time - time), 160,
					8000);
		}
		marks += h.in.marker;
		ssrc = h.in.ssrc;
		seq = h.in.seq;
		time = h.in.time;
	}
	assert_int_equal(n, 15);
	assert_int_equal(marks, 3); /* prompt, nurse, next nurse */
	phone_down(&caller);
	phone_down(&nurse);
	phone_down(&next);
	rig_down(&r);
}

static void a_stranger_is_not_relayed(void **state)
{
	struct rig r;
	struct phone a, b, stranger;

	(void)state;
	rig_up(&r, 0);
	phone_up(&a, "127.0.0.1", PCMA, 11);
	phone_up(&b, "127.0.0.1", PCMA, 22);
	phone_up(&stranger, "127.0.0.66", PCMA, 66);
	rig_leg(&r, 0, &a, 101);
	rig_leg(&r, 1, &b, 101);
	rig_bridge(&r, 0, 1, true);
	stranger.worker = a.worker;
	/* before, between and after the latch; many */
	for (int i = 0; i < 40; i++) {
		phone_say(&stranger, 0x66);
		if (i >= 10 && i < 20)
			phone_say(&a, 0x11);
		phone_say(&b, 0x22);
		rig_run(&r, 2);
	}
	for (int i = 0; i < 10; i++) {
		struct heard h;

		assert_true(phone_hear(&b, &h));
		assert_int_equal(h.in.payload[0], 0x11);
	}
	assert_int_equal(phone_drain(&b), 0);
	assert_int_equal(phone_drain(&a), 40);
	assert_int_equal(phone_drain(&stranger), 0);
	phone_down(&a);
	phone_down(&b);
	phone_down(&stranger);
	rig_down(&r);
}

static void a_prompt_plays_to_its_end(void **state)
{
	struct rig r;
	struct phone a;
	struct heard h;
	const struct ipc_message *m;

	(void)state;
	rig_up(&r, 0);
	phone_up(&a, "127.0.0.1", PCMA, 11);
	rig_leg(&r, 0, &a, 101);
	assert_int_equal(IPC_SEND(r.switch_end, PLAY, RIG_CALL, .leg = 0,
				  .prompt = RIG_PROMPT, .serial = 42),
			 0);
	rig_run(&r, 60);
	assert_null(rig_got(&r, IPC_PLAYED));
	rig_run(&r, 100);
	m = rig_got(&r, IPC_PLAYED);
	assert_non_null(m);
	assert_int_equal(m->u.PLAYED.serial, 42);
	assert_true(m->u.PLAYED.complete);
	assert_int_equal(m->u.PLAYED.samples_sent, RIG_PROMPT_PACKETS * 160);
	for (uint8_t i = 0; i < RIG_PROMPT_PACKETS; i++) {
		assert_true(phone_hear(&a, &h));
		assert_int_equal(h.in.payload[7], 0xe0 + i);
		assert_int_equal(h.in.type, PCMA);
	}
	assert_false(phone_hear(&a, &h));

	/* music repeats until it is stopped, and is then not complete */
	assert_int_equal(IPC_SEND(r.switch_end, PLAY, RIG_CALL, .leg = 0,
				  .prompt = RIG_PROMPT, .repeat = 1,
				  .serial = 43),
			 0);
	rig_run(&r, 300);
	assert_int_equal(rig_count(&r, IPC_PLAYED), 1);
	assert_int_equal(IPC_SEND(r.switch_end, PLAY_STOP, RIG_CALL, .leg = 0),
			 0);
	rig_run(&r, 5);
	m = rig_got(&r, IPC_PLAYED);
	assert_int_equal(m->u.PLAYED.serial, 43);
	assert_false(m->u.PLAYED.complete);
	assert_in_range(m->u.PLAYED.samples_sent, 10 * 160, 17 * 160);
	assert_int_equal(phone_drain(&a), m->u.PLAYED.samples_sent / 160);

	/* one that is not there was not played */
	assert_int_equal(IPC_SEND(r.switch_end, PLAY, RIG_CALL, .leg = 0,
				  .prompt = RIG_PROMPT + 1, .serial = 44),
			 0);
	rig_run(&r, 40);
	m = rig_got(&r, IPC_PLAYED);
	assert_int_equal(m->u.PLAYED.serial, 44);
	assert_false(m->u.PLAYED.complete);
	phone_down(&a);
	rig_down(&r);
}

static void play_of(struct rig *r, uint16_t prompts, uint32_t serial)
{
	assert_int_equal(IPC_SEND(r->switch_end, PLAY, RIG_CALL, .leg = 0,
				  .prompts = prompts, .prompt = RIG_PROMPT,
				  .serial = serial),
			 0);
}

/* Whole, and all of it from that rendering: its packets begin with `first`. */
static void heard_whole(struct rig *r, struct phone *a, uint32_t serial,
			uint8_t first)
{
	const struct ipc_message *m = rig_got(r, IPC_PLAYED);
	struct heard h;

	assert_non_null(m);
	assert_int_equal(m->u.PLAYED.serial, serial);
	assert_true(m->u.PLAYED.complete);
	assert_int_equal(m->u.PLAYED.samples_sent, RIG_PROMPT_PACKETS * 160);
	for (uint8_t i = 0; i < RIG_PROMPT_PACKETS; i++) {
		assert_true(phone_hear(a, &h));
		assert_int_equal(h.in.payload[7], first + i);
	}
	assert_false(phone_hear(a, &h));
}

static char went[32];

static void on_unheard(void *arg, uint16_t number, bool room)
{
	(void)arg;
	(void)snprintf(went + strlen(went), sizeof(went) - strlen(went),
		       "%u%s ", number, room ? "" : "!");
}

static void later(struct rig *r)
{
	r->worker->now_ms += 10000;
	rendered_tick(r->worker);
}

static void a_prompt_is_of_one_rendering(void **state)
{
	static uint8_t other[sizeof(((struct rig *)0)->prompts)];
	const size_t head = PROMPTS_HEAD_BYTES + PROMPTS_ROW_BYTES;
	const size_t len = head + RIG_PROMPT_PACKETS * 162u;
	const struct ipc_message *m;
	struct rig r;
	struct phone a;

	(void)state;
	went[0] = '\0';
	rig_up(&r, 0);
	r.worker->unheard = on_unheard;
	memcpy(other, r.prompts, sizeof(other));
	for (size_t i = head; i < len; i++)
		if (other[i] >= 0xe0)
			other[i] = (uint8_t)(other[i] - 0x10);
	phone_up(&a, "127.0.0.1", PCMA, 11);
	rig_leg(&r, 0, &a, 101);
	/* another comes into force while one is heard */
	play_of(&r, 0, 1);
	rig_run(&r, 45);
	assert_int_equal(rendered_add(r.worker, 1, other, len), 0);
	rendered_in_force(r.worker, 1);
	later(&r);
	/* there is no room for a third meanwhile */
	assert_int_equal(rendered_add(r.worker, 2, other, len), EBUSY);
	rig_run(&r, 130);
	heard_whole(&r, &a, 1, 0xe0);
	assert_string_equal(went, "");
	/* what the switch said before it knew is still played */
	play_of(&r, 0, 2);
	rig_run(&r, 160);
	heard_whole(&r, &a, 2, 0xe0);
	play_of(&r, 1, 3);
	rig_run(&r, 160);
	heard_whole(&r, &a, 3, 0xd0);
	/* unheard for long enough it goes; then there is nothing of it */
	later(&r);
	assert_string_equal(went, "0 ");
	play_of(&r, 0, 4);
	rig_run(&r, 30);
	m = rig_got(&r, IPC_PLAYED);
	assert_int_equal(m->u.PLAYED.serial, 4);
	assert_false(m->u.PLAYED.complete);
	assert_int_equal(m->u.PLAYED.samples_sent, 0);
	assert_int_equal(phone_drain(&a), 0);
	/* one that never came into force makes way for the next */
	assert_int_equal(rendered_add(r.worker, 2, other, len - 1), EBADMSG);
	assert_int_equal(rendered_add(r.worker, 2, other, len), 0);
	assert_int_equal(rendered_add(r.worker, 3, r.prompts, len), 0);
	assert_string_equal(went, "0 2! ");
	rendered_in_force(r.worker, 3);
	play_of(&r, 3, 5);
	rig_run(&r, 160);
	heard_whole(&r, &a, 5, 0xe0);
	later(&r);
	assert_string_equal(went, "0 2! 1 ");
	phone_down(&a);
	rig_down(&r);
}

/* What is not heard is not told as played. */
static void a_prompt_waits_on_hold(void **state)
{
	struct rig r;
	struct phone a;
	const struct ipc_message *m;

	(void)state;
	rig_up(&r, 0);
	phone_up(&a, "127.0.0.1", PCMA, 11);
	rig_leg(&r, 0, &a, 101);
	rig_leg_set(&r, 0, &a, 101, false, true, NULL, NULL);
	assert_int_equal(IPC_SEND(r.switch_end, PLAY, RIG_CALL, .leg = 0,
				  .prompt = RIG_PROMPT, .serial = 1),
			 0);
	rig_run(&r, 200);
	assert_null(rig_got(&r, IPC_PLAYED));
	assert_int_equal(phone_drain(&a), 0);
	rig_leg_set(&r, 0, &a, 101, true, true, NULL, NULL);
	rig_run(&r, 180);
	m = rig_got(&r, IPC_PLAYED);
	assert_non_null(m);
	assert_true(m->u.PLAYED.complete);
	assert_int_equal(phone_drain(&a), RIG_PROMPT_PACKETS);
	phone_down(&a);
	rig_down(&r);
}

static void what_each_sent_is_captured(void **state)
{
	struct rig r;
	struct phone a, b;
	struct ring_frame f;
	unsigned tracks[2] = { 0, 0 };

	(void)state;
	talking(&r, &a, &b);
	phone_say(&a, 1);
	phone_say(&b, 2);
	rig_run(&r, 5);
	assert_int_equal(ring_get(r.reader, &f), EAGAIN); /* not yet */
	assert_int_equal(IPC_SEND(r.switch_end, CAPTURE, RIG_CALL, .on = 1,
				  .recording = 77),
			 0);
	rig_run(&r, 5);
	assert_int_equal(worker_state(r.worker, RIG_CALL), IPC_TALKING);
	/* a prompt to the caller is not what a party sent */
	assert_int_equal(IPC_SEND(r.switch_end, PLAY, RIG_CALL, .leg = 0,
				  .prompt = RIG_PROMPT, .serial = 1),
			 0);
	for (uint8_t i = 0; i < 10; i++) {
		uint32_t time = a.time;

		if (i == 5) {
			a.seq = (uint16_t)(a.seq + 3); /* three are lost */
			a.time = time + 480;
		}
		phone_say(&a, (uint8_t)(10 + i));
		phone_send(&b, 101, false, b.time, "\5\0\0\xa0", 4);
		phone_say(&b, (uint8_t)(50 + i));
		rig_run(&r, 15);
	}
	assert_int_equal(IPC_SEND(r.switch_end, CAPTURE, RIG_CALL, .on = 0), 0);
	rig_run(&r, 5);
	phone_say(&a, 1);
	rig_run(&r, 5);
	while (!ring_get(r.reader, &f) && f.kind == RING_AUDIO) {
		assert_int_equal(f.recording, 77);
		assert_in_range(f.track, 0, 1);
		assert_int_equal(f.len, 160);
		assert_int_equal(f.payload[0],
				 (f.track ? 50 : 10) + tracks[f.track]);
		assert_int_equal(f.lost, !f.track && tracks[0] == 5 ? 3 : 0);
		assert_true(f.at_ns > 0);
		tracks[f.track]++;
	}
	assert_int_equal(tracks[0], 10);
	assert_int_equal(tracks[1], 10);
	assert_int_equal(f.kind, RING_STOP);
	assert_int_equal(f.recording, 77);
	assert_int_equal(ring_get(r.reader, &f), EAGAIN);
	phone_down(&a);
	phone_down(&b);
	rig_down(&r);
}

/* Nobody reads: calls go on, the loss is told, the end is not lost. */
static void a_full_ring_costs_frames_and_nothing_else(void **state)
{
	struct rig r;
	struct phone a, b;
	struct ring_frame f;
	unsigned got = 0, heard = 0;
	uint32_t lost = 0;

	(void)state;
	talking(&r, &a, &b);
	assert_int_equal(IPC_SEND(r.switch_end, CAPTURE, RIG_CALL, .on = 1,
				  .recording = 5),
			 0);
	for (unsigned i = 0; i < 600; i++) {
		phone_say(&a, 3);
		if (i % 20 == 19) {
			rig_run(&r, 1);
			heard += phone_drain(&b);
		}
	}
	rig_run(&r, 20);
	assert_int_equal(heard + phone_drain(&b), 600);
	/* the recorder comes back and takes a few; then one more frame */
	for (int i = 0; i < 100; i++, got++)
		assert_int_equal(ring_get(r.reader, &f), 0);
	ring_release(r.reader);
	phone_say(&a, 3);
	rig_run(&r, 5);
	for (unsigned i = 0; i < 400; i++)
		phone_say(&a, 3);
	rig_run(&r, 20); /* full again */
	assert_int_equal(IPC_SEND(r.switch_end, CAPTURE, RIG_CALL, .on = 0), 0);
	rig_run(&r, 5);
	while (!ring_get(r.reader, &f)) {
		assert_int_equal(f.kind, RING_AUDIO);
		/* none was lost on the way to us: the ring was full */
		assert_int_equal(f.dropped, f.lost);
		lost += f.lost;
		got++;
	}
	ring_release(r.reader);
	rig_run(&r, HOUSEKEEPING_MS + 100);
	assert_int_equal(ring_get(r.reader, &f), 0);
	assert_int_equal(f.kind, RING_STOP);
	assert_true(f.dropped > 0); /* what no frame told any more */
	assert_true(lost > 0);
	assert_true(got < 1001);
	phone_down(&a);
	phone_down(&b);
	rig_down(&r);
}

static void srtp_on_one_side(void **state)
{
	static const uint8_t to_phone[30] = { 1, 2, 3 };
	static const uint8_t from_phone[30] = { 9, 8, 7 };
	struct rig r;
	struct phone a, b;
	struct ring_frame f;
	struct sdes *keep;

	(void)state;
	rig_up(&r, 0);
	phone_up(&a, "127.0.0.1", PCMA, 11);
	phone_up(&b, "127.0.0.1", PCMA, 22);
	assert_int_equal(sdes_new(&a.tx, from_phone), 0);
	assert_int_equal(sdes_new(&a.rx, to_phone), 0);
	rig_leg(&r, 0, &a, 101);
	rig_leg_set(&r, 0, &a, 101, true, true, to_phone, from_phone);
	rig_leg(&r, 1, &b, 101);
	rig_bridge(&r, 0, 1, true);
	assert_int_equal(IPC_SEND(r.switch_end, CAPTURE, RIG_CALL, .on = 1,
				  .recording = 5),
			 0);
	rig_run(&r, 5);
	both_ways(&r, &a, &b);
	/* in the ring it is in the clear */
	for (int i = 0; i < 20; i++) {
		assert_int_equal(ring_get(r.reader, &f), 0);
		assert_int_equal(f.payload[3], f.track ? 100 + i / 2 : i / 2);
	}
	/* in the clear on a leg with keys: nobody's */
	keep = a.tx;
	a.tx = NULL;
	phone_say(&a, 1);
	rig_run(&r, 5);
	assert_int_equal(phone_drain(&b), 0);
	a.tx = keep;
	/* the same keys told again change nothing */
	rig_leg_set(&r, 0, &a, 101, true, true, to_phone, from_phone);
	phone_say(&b, 9);
	rig_run(&r, 5);
	assert_int_equal(phone_drain(&a), 1);
	phone_down(&a);
	phone_down(&b);
	rig_down(&r);
}

static void digits_are_told_and_relayed(void **state)
{
	struct rig r;
	struct phone a, b;
	struct heard h;

	(void)state;
	rig_up(&r, 0);
	phone_up(&a, "127.0.0.1", PCMA, 11);
	phone_up(&b, "127.0.0.1", PCMA, 22);
	rig_leg(&r, 0, &a, 101);
	rig_leg(&r, 1, &b, 126);
	rig_bridge(&r, 0, 1, true);
	phone_say(&a, 1);
	for (int i = 0; i < 3; i++)
		phone_send(&a, 101, i == 0, a.time, "\11\012\0\xa0", 4);
	rig_run(&r, 10);
	assert_int_equal(rig_count(&r, IPC_DTMF), 1);
	assert_int_equal(rig_got(&r, IPC_DTMF)->u.DTMF.event, 9);
	assert_true(phone_hear(&b, &h));
	for (int i = 0; i < 3; i++) {
		assert_true(phone_hear(&b, &h));
		assert_int_equal(h.in.type, 126);
		assert_int_equal(h.in.payload_len, 4);
		assert_int_equal(h.in.payload[0], 9);
		assert_int_equal(h.in.marker, i == 0);
	}
	phone_down(&a);
	phone_down(&b);
	rig_down(&r);
}

static void silence_is_told_once(void **state)
{
	struct rig r;
	struct phone a, held;

	(void)state;
	rig_up(&r, 1);
	phone_up(&a, "127.0.0.1", PCMA, 11);
	phone_up(&held, "127.0.0.1", PCMA, 22);
	rig_leg(&r, 0, &a, 101);
	rig_leg(&r, 1, &held, 101);
	rig_leg_set(&r, 1, &held, 101, true, false, NULL, NULL);
	rig_run(&r, 2600);
	assert_int_equal(rig_count(&r, IPC_SILENT), 1);
	assert_int_equal(rig_got(&r, IPC_SILENT)->u.SILENT.leg, 0);
	assert_true(rig_got(&r, IPC_SILENT)->u.SILENT.silent_ms >= 1000);
	phone_down(&a);
	phone_down(&held);
	rig_down(&r);
}

/* RTCP of ours at the end, with BYE, to the port above. */
static void reports_go_out(void **state)
{
	struct rig r;
	struct phone a;
	struct report_in in;
	uint8_t raw[512];
	ssize_t n;

	(void)state;
	rig_up(&r, 0);
	phone_up(&a, "127.0.0.1", PCMA, 11);
	rig_leg(&r, 0, &a, 101);
	phone_say(&a, 1);
	phone_say(&a, 1);
	rig_run(&r, 5);
	assert_int_equal(IPC_SEND(r.switch_end, LEG_CLOSE, RIG_CALL, .leg = 0),
			 0);
	rig_run(&r, 5);
	n = recv(a.rtcp, raw, sizeof(raw), 0);
	assert_true(n > 0);
	assert_int_equal(report_read(&in, raw, (size_t)n, a.ssrc), 0);
	assert_true(in.bye);
	assert_true(in.has_block);
	phone_down(&a);
	rig_down(&r);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct rig r;
	struct phone a;

	(void)state;
	rig_up(&r, 0);
	/* four slots: the fifth call finds none */
	assert_int_equal(IPC_SEND(r.switch_end, LEG_OPEN, (1ULL << 32) | 4, 0),
			 0);
	rig_run(&r, 5);
	assert_int_equal(rig_got(&r, IPC_LEG_OPENED)->u.LEG_OPENED.error,
			 EMSGSIZE);
	/* of a call that is not there: refused by the table */
	assert_int_equal(IPC_SEND(r.switch_end, PLAY, RIG_CALL, .serial = 1),
			 0);
	rig_run(&r, 20);
	assert_null(rig_got(&r, IPC_PLAYED));
	/* a slot taken again by a later call, as after a death of the switch */
	phone_up(&a, "127.0.0.1", PCMA, 11);
	rig_leg(&r, 0, &a, 101);
	assert_int_equal(IPC_SEND(r.switch_end, LEG_OPEN, (8ULL << 32) | 2, 0),
			 0);
	rig_run(&r, 5);
	assert_int_equal(worker_state(r.worker, RIG_CALL), IPC_IDLE);
	assert_int_equal(worker_state(r.worker, (8ULL << 32) | 2), IPC_OPEN);
	assert_int_equal(r.worker->open_calls, 1);
	phone_down(&a);
	rig_down(&r);
}

static void empty(void *arg)
{
	*(bool *)arg = true;
}

static void drains(void **state)
{
	struct rig r;
	struct phone a;
	bool done = false;

	(void)state;
	rig_up(&r, 0);
	phone_up(&a, "127.0.0.1", PCMA, 11);
	rig_leg(&r, 0, &a, 101);
	worker_drain(r.worker, false, empty, &done);
	assert_false(done);
	assert_int_equal(IPC_SEND(r.switch_end, LEG_OPEN, (1ULL << 32) | 1, 0),
			 0);
	rig_run(&r, 5);
	assert_int_equal(rig_got(&r, IPC_LEG_OPENED)->u.LEG_OPENED.error,
			 EPROTO);
	assert_int_equal(IPC_SEND(r.switch_end, CALL_CLOSE, RIG_CALL, 0), 0);
	rig_run(&r, 5);
	assert_true(done);
	phone_down(&a);
	rig_down(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(relays_both_ways),
		cmocka_unit_test(a_packet_allocates_nothing),
		cmocka_unit_test(one_source_whatever_it_hears),
		cmocka_unit_test(a_stranger_is_not_relayed),
		cmocka_unit_test(a_prompt_plays_to_its_end),
		cmocka_unit_test(a_prompt_is_of_one_rendering),
		cmocka_unit_test(a_prompt_waits_on_hold),
		cmocka_unit_test(what_each_sent_is_captured),
		cmocka_unit_test(a_full_ring_costs_frames_and_nothing_else),
		cmocka_unit_test(srtp_on_one_side),
		cmocka_unit_test(digits_are_told_and_relayed),
		cmocka_unit_test(silence_is_told_once),
		cmocka_unit_test(reports_go_out),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(drains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
