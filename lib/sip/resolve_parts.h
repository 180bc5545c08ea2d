/*
 * resolve_parts -- what the files of resolve share
 *
 * resolve.c       questions, their answers, the cache
 * resolve_loop.c  /etc/hosts, and c-ares on libuv
 */
#ifndef VAXEL_SIP_RESOLVE_PARTS_H
#define VAXEL_SIP_RESOLVE_PARTS_H

#include <ares.h>

#include "sip/resolve.h"

#define CACHE_SLOTS 256
#define HOSTS_MAX 64
#define FAILED_MAX 32
#define NAME_MAX_BYTES 256

struct answer {
	char name[NAME_MAX_BYTES]; /* "": empty slot */
	uint16_t port;
	uint8_t transport;
	uint8_t families;
	uint64_t until;
	unsigned count;
	struct sa addresses[RESOLVE_TARGETS];
};

struct host {
	char name[64];
	struct sa address;
};

struct watched {
	struct watched *next;
	struct resolve *r;
	uv_poll_t poll;
	ares_socket_t fd;
};

struct resolve {
	ares_channel channel;
	bool have_channel;
	uv_loop_t *loop;
	uv_timer_t timer;
	unsigned handles;
	bool closing;
	unsigned queries;
	struct watched *watched;
	struct answer cache[CACHE_SLOTS];
	struct host hosts[HOSTS_MAX];
	unsigned host_count;
	struct {
		struct sa address;
		uint64_t until;
	} failed[FAILED_MAX];
	unsigned failed_at;
};

/* Wake up when c-ares next wants to. */
void resolve_arm(struct resolve *r);

#endif
