#include "probe/probe.h"

#include <stdarg.h>
#include <stdio.h>

enum { NUMBER_DIGITS = 6 }; /* a port has five at most */

static SSL_CTX *client(int min, int max, const char *ciphers)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());

	if (!c)
		return NULL;
	/* it is judged, not refused */
	SSL_CTX_set_verify(c, SSL_VERIFY_NONE, NULL);
	if (SSL_CTX_set_min_proto_version(c, min) &&
	    SSL_CTX_set_max_proto_version(c, max) &&
	    (!ciphers || SSL_CTX_set_cipher_list(c, ciphers)))
		return c;
	SSL_CTX_free(c);
	return NULL;
}

int probe_init(struct probe *p, const char *ca, probe_found_h *found,
	       probe_step_h *step, void *arg)
{
	*p = (struct probe){ .found = found,
			     .step = step,
			     .arg = arg,
			     .patience_ms = PROBE_PATIENCE_MS };
	p->tls = client(TLS1_VERSION, 0, "DEFAULT:@SECLEVEL=0");
	p->old = client(TLS1_VERSION, TLS1_1_VERSION, "ALL:@SECLEVEL=0");
	p->weak = client(TLS1_VERSION, TLS1_2_VERSION,
			 "aNULL:eNULL:RC4:3DES:DES:EXPORT:@SECLEVEL=0");
	if (!p->tls || !p->old || !p->weak) {
		probe_free(p);
		return ENOMEM;
	}
	(void)!X509_STORE_load_file(SSL_CTX_get_cert_store(p->tls),
				    "/etc/ssl/certs/ca-certificates.crt");
	if (ca && *ca)
		(void)!X509_STORE_load_file(SSL_CTX_get_cert_store(p->tls), ca);
	return 0;
}

void probe_free(struct probe *p)
{
	SSL_CTX_free(p->tls);
	SSL_CTX_free(p->old);
	SSL_CTX_free(p->weak);
	p->tls = p->old = p->weak = NULL;
}

bool probe_step(struct probe *p, const char *what)
{
	if (p->stopped)
		return false;
	p->looked++;
	p->stopped = p->step && p->step(p->arg, what);
	return !p->stopped;
}

/*
 * What strangers said must not steer a terminal. And in 2019 files bore the
 * callers' numbers: a finding goes into the ledger, where none may stand.
 */
static void make_harmless(char *s)
{
	for (; *s; s++) {
		size_t digits = strspn(s, "0123456789");

		if (digits >= NUMBER_DIGITS)
			memset(s, 'x', digits);
		if (digits)
			s += digits - 1;
		else if ((unsigned char)*s < ' ' || (unsigned char)*s > '~')
			*s = '?';
	}
}

PRINTF_LIKE(6, 0)
static void say(struct probe *p, bool weakness, const char *rule,
		const char *target, const char *mend, const char *fmt,
		va_list args)
{
	struct probe_finding f = { .rule = rule,
				   .weakness = weakness,
				   .mend = mend };

	(void)snprintf(f.target, sizeof(f.target), "%s", target);
	(void)vsnprintf(f.found, sizeof(f.found), fmt, args);
	make_harmless(f.target);
	make_harmless(f.found);
	if (weakness)
		p->weaknesses++;
	else
		p->faults++;
	p->found(p->arg, &f);
}

void probe_fault(struct probe *p, const char *rule, const char *target,
		 const char *mend, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(p, false, rule, target, mend, fmt, args);
	va_end(args);
}

void probe_weakness(struct probe *p, const char *rule, const char *target,
		    const char *mend, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(p, true, rule, target, mend, fmt, args);
	va_end(args);
}
