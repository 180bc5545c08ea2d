/*
 * tls -- is this handshake one that protects?
 */
#include "probe/service.h"

#include <openssl/x509v3.h>

enum { SECURITY_BITS = 112 }; /* RSA 2048, P-224: what is taken today */

/* Would it shake hands so, too? */
static bool takes(struct service *s, SSL_CTX *ctx)
{
	struct wire w;
	bool taken;

	if (wire_open(&w, s->t, SOCK_STREAM, s->p->patience_ms))
		return false;
	taken = !wire_tls(&w, ctx, s->t->host);
	wire_close(&w);
	return taken;
}

static bool has_name(X509 *cert)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool any = names && sk_GENERAL_NAME_num(names) > 0;

	GENERAL_NAMES_free(names);
	return any;
}

static void judge_times(struct service *s, X509 *cert)
{
	static const char mend[] = "put a new certificate in its place";

	if (X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0)
		probe_fault(s->p, "GDPR-32-PLAIN", s->t->name, mend,
			    "its certificate has expired");
	if (X509_cmp_current_time(X509_get0_notBefore(cert)) >= 0)
		probe_fault(s->p, "GDPR-32-PLAIN", s->t->name, mend,
			    "its certificate is not valid yet");
}

static void judge_name(struct service *s, X509 *cert)
{
	const char *host = s->t->host;

	if (!has_name(cert))
		probe_fault(s->p, "GDPR-32-PLAIN", s->t->name,
			    "have it signed for its names (subjectAltName)",
			    "its certificate has no name to check");
	else if (*host && X509_check_host(cert, host, 0, 0, NULL) != 1)
		probe_fault(s->p, "GDPR-32-PLAIN", s->t->name,
			    "have it signed for the name by which it is called",
			    "its certificate is of another name than %s", host);
}

static void judge_trust(struct service *s, const struct wire *w)
{
	switch (SSL_get_verify_result(w->ssl)) {
	case X509_V_OK:
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		s->self_signed = true;
		break;
	default:
		probe_weakness(s->p, "GDPR-32-PLAIN", s->t->name,
			       "name the authority as tls-ca, where only "
			       "partners connect; else use a public one",
			       "its certificate is of an authority that this "
			       "machine does not know");
	}
}

static void judge_key(struct service *s, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);

	if (!key || EVP_PKEY_get_security_bits(key) < SECURITY_BITS)
		probe_fault(s->p, "GDPR-32-PLAIN", s->t->name,
			    "use RSA of 2048 bits or more, or P-256",
			    "the key of its certificate is too short");
}

void tls_judge(struct service *s, const struct wire *w)
{
	X509 *cert = SSL_get1_peer_certificate(w->ssl);

	if (!cert) {
		probe_fault(s->p, "GDPR-32-PLAIN", s->t->name,
			    "give it a certificate",
			    "it shows no certificate, so anybody in between "
			    "can listen");
		return;
	}
	judge_times(s, cert);
	judge_name(s, cert);
	judge_key(s, cert);
	judge_trust(s, w);
	X509_free(cert);
	if (SSL_version(w->ssl) < TLS1_2_VERSION || takes(s, s->p->old))
		probe_fault(s->p, "GDPR-32-PLAIN", s->t->name,
			    "allow TLS 1.2 and later alone",
			    "it takes TLS 1.0 or 1.1, which no longer protect");
	if (takes(s, s->p->weak))
		probe_fault(s->p, "GDPR-32-PLAIN", s->t->name,
			    "allow only ciphers of TLS 1.2 and 1.3 with "
			    "encryption and a certificate",
			    "it takes ciphers that do not protect (none, "
			    "RC4, DES, or without a certificate)");
}
