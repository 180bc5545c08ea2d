/*
 * probe -- what a stranger finds who comes to this machine with no credentials
 *
 * A look from outside (services: service.h) and one from inside (files.h,
 * processes.h, machine.h). Each thing that should not be is a finding: the
 * rule of the closed list that it breaks, where, what, and what would mend it.
 * A weakness is told too, and is no fault.
 *
 * Whatever answers is hostile: every wait ends, every answer has a maximum, and
 * what is repeated of it is made printable. Everything here blocks.
 */
#ifndef VAXEL_PROBE_PROBE_H
#define VAXEL_PROBE_PROBE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define PROBE_TARGET_MAX 640
#define PROBE_FOUND_MAX 256

struct probe_finding {
	const char *rule;
	bool weakness;
	char target[PROBE_TARGET_MAX];
	char found[PROBE_FOUND_MAX];
	const char *mend;
};

typedef void probe_found_h(void *arg, const struct probe_finding *f);

/* Before each thing that is looked at; what it is. Not 0: stop. */
typedef int probe_step_h(void *arg, const char *what);

#define PROBE_PATIENCE_MS 1000

struct probe {
	probe_found_h *found;
	probe_step_h *step; /* may be NULL */
	void *arg;
	unsigned patience_ms; /* with one answer */
	unsigned looked;      /* at so many things */
	unsigned faults, weaknesses;
	bool stopped;
	SSL_CTX *tls;  /* as a client of today */
	SSL_CTX *old;  /* TLS 1.0 and 1.1 alone */
	SSL_CTX *weak; /* ciphers that nobody should take */
};

/*
 * ca   a file with authorities of one's own that are believed besides the
 *      system's; NULL: none. What cannot be read is as if it were not there.
 */
int probe_init(struct probe *p, const char *ca, probe_found_h *found,
	       probe_step_h *step, void *arg) CHECK_RESULT;
void probe_free(struct probe *p);

/* Count one thing that is looked at. False: stop looking. */
bool probe_step(struct probe *p, const char *what);

/*
 * mend stays whose it is: a literal. What is not printable becomes '?', and
 * what may be somebody's number a row of x.
 */
void probe_fault(struct probe *p, const char *rule, const char *target,
		 const char *mend, const char *fmt, ...) PRINTF_LIKE(5, 6);
void probe_weakness(struct probe *p, const char *rule, const char *target,
		    const char *mend, const char *fmt, ...) PRINTF_LIKE(5, 6);

#endif
