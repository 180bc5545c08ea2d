/*
 * resolve -- from a name to addresses, as RFC 3263 has it
 *
 * A number is its own answer, at once. A name with a port is looked up as AAAA
 * and A; without a port as SRV first. Answers are kept for their time to live.
 * An address that failed is set aside for a while, so the next caller begins
 * with another. NAPTR is not asked: the transport is configured or stands in
 * the URI.
 *
 * /etc/hosts is read once, by resolve_prepare(); afterwards no file is opened.
 */
#ifndef VAXEL_SIP_RESOLVE_H
#define VAXEL_SIP_RESOLVE_H

#include <re.h>
#include <uv.h>

#include "base/bytes.h"
#include "settings/settings.h"

#define RESOLVE_TARGETS 8

struct resolve;
struct resolve_query;

/* Addresses in the order to try; err ENOENT when there are none. */
typedef void resolve_h(void *arg, int err, const struct sa *addresses,
		       unsigned count);

/* EINVAL: the nameserver of the settings is none. */
int resolve_prepare(struct resolve **ret,
		    const struct settings *settings) CHECK_RESULT;
int resolve_start(struct resolve *r, uv_loop_t *loop) CHECK_RESULT;
void resolve_close(struct resolve *r); /* NULL is fine; no handler called */

/*
 * Ask. The handler may be called before this returns; then *ret_query is NULL.
 *
 * port   0: SRV, else the default port
 * inet4, inet6   which families we have a listener for
 */
int resolve_ask(struct resolve *r, struct resolve_query **ret_query,
		struct text host, uint16_t port, enum sip_transport transport,
		bool inet4, bool inet6, resolve_h *h, void *arg) CHECK_RESULT;

/* The handler will not be called. NULL is fine. */
void resolve_cancel(struct resolve_query *q);

/* This address did not answer: put it last for 30 s. */
void resolve_failed(struct resolve *r, const struct sa *address);

#endif
