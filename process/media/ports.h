/*
 * ports -- pairs of UDP sockets for legs: RTP on the even port, RTCP above it
 *
 * Each worker has its own share of the configured range, so no two ever want
 * the same port. A pair is bound when it is first needed and then kept: to
 * take it again costs no socket and no bind. A pair that was given back rests
 * for PORTS_REST_MS while fresh ones are left, so that what still comes for
 * the last call does not meet the next.
 */
#ifndef VAXEL_MEDIA_PORTS_H
#define VAXEL_MEDIA_PORTS_H

#include "process/media/endpoint.h"

#define PORTS_REST_MS 10000

struct port {
	int rtp;
	int rtcp;
	uint16_t number;
	bool ipv6;
	void *leg; /* its user; NULL while it rests */
	uint64_t free_since_ms;
	struct port *next_free;
};

struct ports_config {
	unsigned worker, workers;
	uint16_t low, high;   /* the whole range */
	const char *address;  /* IPv4 */
	const char *address6; /* "": no IPv6 */
	unsigned max_pairs;   /* descriptors that may be used, halved */
};

struct ports;

/* EINVAL for an address that is none, or no port for this worker. */
int ports_new(struct ports **ret, const struct ports_config *c) CHECK_RESULT;
void ports_free(struct ports *p);

/* An epoll set that tells which sockets have something. */
int ports_fd(const struct ports *p);

/*
 * A pair for `leg`. EADDRNOTAVAIL: none left in the range or the budget, or no
 * address of that family.
 */
int ports_take(struct ports *p, bool ipv6, void *leg, uint64_t now_ms,
	       struct port **ret) CHECK_RESULT;
void ports_give(struct ports *p, struct port *port, uint64_t now_ms);

/* What the set said: whose socket, and is it the RTCP one? */
struct port *ports_of_event(const struct ports *p, uint64_t data,
			    bool *ret_rtcp);

#endif
