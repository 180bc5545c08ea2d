/*
 * target -- one address at which something may listen
 */
#ifndef VAXEL_PROBE_TARGET_H
#define VAXEL_PROBE_TARGET_H

#include <sys/socket.h>

#include "base/bytes.h"

#define TARGET_HOST_MAX 256
#define TARGET_PATH_MAX 256

struct target {
	struct sockaddr_storage at; /* where to go */
	socklen_t at_len;
	/* what it is called, in findings: "192.0.2.1:443", or its URL */
	char name[TARGET_HOST_MAX + TARGET_PATH_MAX + 16];
	char host[TARGET_HOST_MAX]; /* as a person wrote it; "": an address */
	char path[TARGET_PATH_MAX]; /* of a URL; "": none was named */
	/* others than this machine can reach it, or a person asked for it */
	bool exposed;
	/* all addresses, or one that the whole world routes */
	bool open_bind;
};

/* Is it an address of this machine alone? */
bool probe_target_is_loopback(const struct sockaddr_storage *a);
bool probe_target_is_wildcard(const struct sockaddr_storage *a);
/* Not of a private network (RFC 1918, RFC 4193), link or loopback. */
bool probe_target_is_public(const struct sockaddr_storage *a);

uint16_t probe_target_port(const struct sockaddr_storage *a);
void probe_target_set_port(struct sockaddr_storage *a, uint16_t port);

/* Numeric, "[::1]:80", into name. */
void probe_target_name(struct target *t);

/*
 * http://HOST[:PORT][/PATH], https://..., HOST:PORT, [V6]:PORT, HOST. Looks
 * the name up. ret->at has port 0 where none is said or implied.
 * EINVAL: none of these; ENOENT: no such name.
 */
int probe_target_read(const char *text, struct target *ret) CHECK_RESULT;

/* From where to go there: not from the address that a service trusts. */
bool probe_target_source(const struct target *t, struct sockaddr_storage *ret);

#endif
