/*
 * worker -- the calls of one media worker
 *
 * One thread, one loop. Inside the loop stands an epoll set of its own for the
 * RTP sockets (ports.h), so that a packet costs no turn of the loop. Slots for
 * calls are made once at the start; a packet costs a receive, a rewrite in
 * place and a send, and a copy into the ring while it is captured: no
 * allocation, log line, lock or message.
 *
 *   calls.c    what the switch says: legs open, change, close
 *   relay.c    the way of a packet, from one leg to another
 *   capture.c  what each party said, into the ring
 *   player.c   prompts and music
 *   rendered.c which rendering of the prompts is heard
 *   reports.c  RTCP, silence, and what else is looked at now and then
 *   worker.c   loop and timers
 *
 * Rules of hearing: a leg hears the leg it is bridged with; while a prompt
 * plays to it, the prompt alone. A prompt waits while the leg may not be sent
 * to, so a notice is never "played" to somebody on hold. Legs of different
 * codecs are not relayed to each other (the switch sees to it that there are
 * none).
 *
 * What is captured is what each party sent, taken after the latch and SRTP,
 * between CAPTURE on and off; not what it heard, and no telephone events.
 */
#ifndef VAXEL_MEDIA_WORKER_H
#define VAXEL_MEDIA_WORKER_H

#include <uv.h>

#include "ipc/ipc.h"
#include "ipc/ring.h"
#include "process/media/dtmf.h"
#include "process/media/latch.h"
#include "process/media/ports.h"
#include "process/media/report.h"
#include "process/media/rtpin.h"
#include "process/media/rtpout.h"
#include "process/media/rtpseq.h"
#include "process/media/sdes.h"
#include "prompts/prompts.h"

#define LEGS 3
#define PACKET_MAX 1500 /* longer ones are nobody's audio */
#define PACKET_ROOM (PACKET_MAX + SDES_RTCP_EXTRA)
#define PLAY_PHASES 4
#define PLAY_STEP_NS (PROMPT_PACKET_MS * 1000000ULL / PLAY_PHASES)
#define HOUSEKEEPING_MS 500

struct call;

/* One rendering of the prompts, for as long as somebody hears it. */
struct rendering {
	bool here;
	bool was_in_force; /* it is, or was: it may be heard */
	uint16_t number;
	unsigned players;
	uint64_t idle_ms; /* since when nobody hears it */
	struct prompts prompts;
};

/* Its memory may go; room: another may be added now. */
typedef void worker_unheard_h(void *arg, uint16_t number, bool room);

struct play {
	bool on;
	struct rendering *of;
	bool repeat;
	bool whole; /* every packet was taken by the kernel */
	uint16_t prompt;
	uint32_t serial;
	size_t at;       /* in the prompt */
	uint64_t source; /* as rtpout knows it */
	uint64_t index;
	uint32_t samples_sent;
	struct leg *previous, *next; /* of its phase */
};

struct leg {
	struct call *call;
	struct port *port; /* NULL: not open */
	uint8_t number;
	bool ipv6;
	bool set;       /* LEG_SET has been */
	bool send;      /* we may send to it */
	bool receive;   /* we take what it sends */
	bool connected; /* socket to latch.source */
	bool silence_told;
	enum codec codec;
	uint8_t type;      /* payload type of audio */
	uint8_t dtmf_type; /* 0: none */
	uint32_t clock;    /* Hz */
	struct leg *to;    /* bridged with */

	/* inbound */
	struct latch latch;
	struct sdes *rx;
	struct rtpseq seq;
	uint64_t source; /* changes with each new stretch of it */
	uint32_t restarts;
	bool heard;
	uint32_t ssrc;
	struct dtmf dtmf;
	uint64_t alive_ms; /* last RTP or RTCP, or when it began to matter */
	uint32_t not_captured;
	uint64_t packets_in, lost_before;

	uint8_t keys[16]; /* digest of the keys in use; zeroes: none */

	/* outbound */
	struct sdes *tx;
	struct rtpout out;
	struct play play;

	/* RTCP */
	uint64_t report_due_ms;
	uint32_t peer_report; /* middle of its NTP time */
	uint64_t peer_report_ns;
	char cname[REPORT_CNAME_CHARS];
};

struct call {
	uint64_t handle; /* 0: free */
	bool capture;
	uint32_t recording;
	unsigned switch_epoch; /* the switch that last spoke of it */
	uint64_t touched_ms;
	uint64_t packets_in, packets_out, packets_lost; /* of closed legs */
	struct leg legs[LEGS];
};

struct worker_config {
	uv_loop_t *loop;
	unsigned index, workers;
	unsigned calls_max;
	struct ports_config ports;
	unsigned silence_s;
	struct ring *ring; /* NULL: nothing can be captured */
};

/* The last call has ended while draining. */
typedef void worker_empty_h(void *arg);

struct worker {
	uv_loop_t *loop;
	struct ipc *to_switch;
	bool draining;
	worker_empty_h *empty;
	void *arg;
	unsigned index;
	unsigned switch_epoch;
	unsigned workers;
	unsigned silence_s;
	uint64_t now_ns;
	uint64_t now_ms;
	uint64_t sources; /* numbers given to stretches */
	struct ports *ports;
	struct ring *ring;
	struct rendering renderings[2];
	uint16_t in_force; /* which of them */
	worker_unheard_h *unheard;
	void *unheard_arg;

	struct call *calls;
	unsigned slots, open_calls;

	uv_poll_t poll;
	uv_timer_t play_timer, housekeeping;
	uint64_t play_due_ns;
	unsigned play_phase, playing;
	struct leg *phases[PLAY_PHASES];

	struct stop { /* RING_STOP that found the ring full */
		uint32_t recording;
		uint32_t dropped;
	} * stops;
	unsigned stop_count;

	struct ring_frame frame;
	uint8_t packet[PACKET_ROOM];
};

int worker_new(struct worker **ret, const struct worker_config *c) CHECK_RESULT;

/* Sockets and timers into the loop. */
int worker_start(struct worker *w) CHECK_RESULT;

/* Take it out of the loop; then run the loop once and free it. */
void worker_stop(struct worker *w);
void worker_free(struct worker *w);

/* A message of the switch that passed the table, and the state that it needs.
 */
void worker_message(struct worker *w, struct ipc *from,
		    const struct ipc_message *m);
enum ipc_state worker_state(const struct worker *w, uint64_t handle);

/* Take no new call; empty is called when there is none left. now: end them. */
void worker_drain(struct worker *w, bool now, worker_empty_h *empty, void *arg);

/* The switch went (NULL) or came again. */
void worker_switch(struct worker *w, struct ipc *to_switch);

/* ---- between the parts */

/* calls.c */
struct call *call_find(const struct worker *w, uint64_t handle);
void call_close(struct worker *w, struct call *c, bool tell);

/* relay.c */
void relay_ready(struct worker *w);
void relay_disconnect(struct leg *l);
int relay_send(struct worker *w, struct leg *to, uint8_t *packet,
	       size_t payload_len, uint64_t index) CHECK_RESULT;

/* capture.c */
void capture_audio(struct worker *w, struct leg *l, const struct rtpin *in,
		   uint32_t lost);
void capture_set(struct worker *w, struct call *c, bool on, uint32_t recording);
void capture_retry(struct worker *w);

/* player.c */
void player_play(struct worker *w, struct leg *l, const struct ipc_PLAY *play);
void player_stop(struct worker *w, struct leg *l);
void player_tick(uv_timer_t *timer);

/* rendered.c: of no more than two renderings one is in force */

/*
 * EBUSY     the one before is still heard: again when it went (`unheard`)
 * EBADMSG   it is not what prompts.h says
 */
int rendered_add(struct worker *w, uint16_t number, const void *memory,
		 size_t len) CHECK_RESULT;
/* From now on. One that was in force before is heard to its end. */
void rendered_in_force(struct worker *w, uint16_t number);
/* NULL: not here. */
struct rendering *rendered_find(struct worker *w, uint16_t number);
void rendered_tick(struct worker *w);

/* reports.c */
void reports_receive(struct worker *w, struct leg *l);
void reports_send(struct worker *w, struct leg *l, bool bye);
void reports_tick(struct worker *w);

#endif
