/*
 * rig -- a real worker in a loop, with this test for its switch and phones
 */
#ifndef VAXEL_TESTS_MEDIA_RIG_H
#define VAXEL_TESTS_MEDIA_RIG_H

#include "process/media/worker.h"

#define RIG_CALL ((7ULL << 32) | 2)
#define RIG_MESSAGES 64
#define RIG_PROMPT 3 /* five packets of PCMA, filled with their number */
#define RIG_PROMPT_PACKETS 5

struct rig {
	uv_loop_t loop;
	struct worker *worker;
	struct ipc *switch_end, *media_end;
	struct ring *ring, *reader;
	void *ring_memory;
	size_t ring_len;
	uint8_t prompts[2048];
	struct ipc_message got[RIG_MESSAGES];
	unsigned got_count;
};

struct phone {
	int fd, rtcp;
	uint16_t port;   /* ours */
	uint16_t worker; /* the worker's, of this phone's leg */
	uint32_t ssrc;
	uint16_t seq;
	uint32_t time;
	uint8_t type;
	bool ipv6;
	struct sdes *tx, *rx;
};

struct heard {
	struct rtpin in;
	uint8_t raw[2048];
};

void rig_up(struct rig *r, unsigned silence_s);
void rig_down(struct rig *r);
void rig_run(struct rig *r, unsigned ms);

/* The last message of that type, or NULL. */
const struct ipc_message *rig_got(const struct rig *r, enum ipc_type type);
unsigned rig_count(const struct rig *r, enum ipc_type type);

/* host "127.0.0.1" or such; port 0: any, with RTCP above it. */
void phone_up(struct phone *p, const char *host, uint8_t type, uint32_t ssrc);
void phone_down(struct phone *p);

/* Open and set leg `leg` of RIG_CALL for this phone. */
void rig_leg(struct rig *r, uint8_t leg, struct phone *p, uint8_t dtmf_type);
void rig_leg_set(struct rig *r, uint8_t leg, const struct phone *p,
		 uint8_t dtmf_type, bool send, bool receive,
		 const uint8_t *tx_key, const uint8_t *rx_key);
void rig_bridge(struct rig *r, uint8_t a, uint8_t b, bool on);

/* 160 bytes of `fill`; sequence and time go on. */
void phone_say(struct phone *p, uint8_t fill);
void phone_send(struct phone *p, uint8_t type, bool marker, uint32_t time,
		const void *payload, size_t len);

/* False: nothing there. */
bool phone_hear(struct phone *p, struct heard *ret);
unsigned phone_drain(struct phone *p);

#endif
