/*
 * wire -- one connection to a stranger, bounded in time and size
 *
 * From the moment that it is opened a wire lives for three times its patience
 * and no longer, whatever the other side does.
 */
#ifndef VAXEL_PROBE_WIRE_H
#define VAXEL_PROBE_WIRE_H

#include <openssl/ssl.h>

#include "probe/target.h"

struct wire {
	int fd;
	SSL *ssl;
	unsigned patience_ms; /* with one answer, one handshake */
	uint64_t until_ms;
};

/* type: SOCK_STREAM or SOCK_DGRAM. */
int wire_open(struct wire *w, const struct target *t, int type,
	      unsigned patience_ms) CHECK_RESULT;

/* A handshake. ECONNABORTED: the other side does not do TLS, or not so. */
int wire_tls(struct wire *w, SSL_CTX *ctx, const char *host) CHECK_RESULT;

int wire_say(struct wire *w, const void *p, size_t len) CHECK_RESULT;

/*
 * What comes until it is quiet (for a quarter of the patience), closed, max or
 * out of patience. Nothing is no failure: ret_len is 0.
 *
 * first_ms   how long to wait for the first byte
 */
void wire_hear(struct wire *w, void *to, size_t max, unsigned first_ms,
	       size_t *ret_len);

void wire_close(struct wire *w);

#endif
