/*
 * TLS between a connection's bytes and its messages, by two memory BIOs.
 *
 * Inbound certificates are asked for when any trunk demands one; whoever shows
 * a wrong one is turned away by the handshake, who shows none goes on as a
 * stranger. Sessions are never resumed: each connection proves itself anew.
 */

#include <limits.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "settings/files.h"
#include "sip/transport_parts.h"

static BIO *bio_of(const struct settings *s, enum file_kind kind)
{
	struct bytes b;

	return !files_find(s->files, kind, "", &b) && b.len <= INT_MAX
		       ? BIO_new_mem_buf(b.p, (int)b.len)
		       : NULL;
}

/* Nobody is there to be asked for a passphrase. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return 0;
}

/* Our certificate, and those between it and an authority. */
static bool use_chain(SSL_CTX *ctx, BIO *bio)
{
	X509 *cert = bio ? PEM_read_bio_X509_AUX(bio, NULL, no_passphrase, NULL)
			 : NULL;
	bool ok = cert && SSL_CTX_use_certificate(ctx, cert) == 1;

	X509_free(cert);
	while (ok && (cert = PEM_read_bio_X509(bio, NULL, no_passphrase,
					       NULL)) != NULL) {
		ok = SSL_CTX_add0_chain_cert(ctx, cert) == 1;
		if (!ok)
			X509_free(cert);
	}
	return ok;
}

static bool use_key(SSL_CTX *ctx, BIO *bio)
{
	EVP_PKEY *key =
		bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
		    : NULL;
	bool ok = key && SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
		  SSL_CTX_check_private_key(ctx) == 1;

	EVP_PKEY_free(key);
	return ok;
}

/* Whom we trust; to a peer who shall show a certificate we name them. */
static bool use_authorities(SSL_CTX *ctx, BIO *bio, bool name)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	bool any = false;
	X509 *cert;

	while (bio && (cert = PEM_read_bio_X509_AUX(bio, NULL, no_passphrase,
						    NULL)) != NULL) {
		any |= X509_STORE_add_cert(store, cert) == 1;
		if (name)
			(void)SSL_CTX_add_client_CA(ctx, cert);
		X509_free(cert);
	}
	return any;
}

/* judge: peers show certificates, and we judge them. */
static int context(const struct settings *s, const SSL_METHOD *method,
		   bool server, bool judge, SSL_CTX **ret)
{
	SSL_CTX *ctx = SSL_CTX_new(method);
	BIO *cert = bio_of(s, FILE_TLS_CERTIFICATE);
	BIO *key = bio_of(s, FILE_TLS_KEY);
	BIO *ca = bio_of(s, FILE_TLS_CA);
	bool ok = ctx != NULL;

	if (ok) {
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET |
						 SSL_OP_NO_RENEGOTIATION |
						 SSL_OP_NO_COMPRESSION);
		SSL_CTX_set_mode(ctx,
				 SSL_MODE_RELEASE_BUFFERS |
					 SSL_MODE_ENABLE_PARTIAL_WRITE |
					 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
		ok = SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) &&
		     (!s->tls_certificate[0] ||
		      (use_chain(ctx, cert) && use_key(ctx, key))) &&
		     (!judge || use_authorities(ctx, ca, server) ||
		      !s->tls_ca[0]);
	}
	BIO_free(cert);
	BIO_free(key);
	BIO_free(ca);
	ERR_clear_error();
	if (ok)
		*ret = ctx;
	else
		SSL_CTX_free(ctx);
	return ok ? 0 : EINVAL;
}

static bool any_demands(const struct settings *s)
{
	for (unsigned i = 0; i < s->trunk_count; i++) {
		if (s->trunks[i].client_certificate)
			return true;
	}
	return false;
}

int secure_contexts(const struct settings *s, SSL_CTX **ret_server,
		    SSL_CTX **ret_client)
{
	SSL_CTX *server, *client;
	bool demanded = any_demands(s);
	int err = context(s, TLS_server_method(), true, demanded, &server);

	if (err)
		return err;
	err = context(s, TLS_client_method(), false, true, &client);
	if (err) {
		SSL_CTX_free(server);
		return err;
	}
	if (demanded)
		SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
	*ret_server = server;
	*ret_client = client;
	return 0;
}

/* Whom we mean to reach: RFC 5922 7.2, and SNI. */
static bool expect_name(struct connection *c)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(c->ssl);
	struct sa numeric;

	X509_VERIFY_PARAM_set_hostflags(param,
					X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (!sa_set_str(&numeric, c->name, 0))
		return X509_VERIFY_PARAM_set1_ip_asc(param, c->name) == 1;
	return X509_VERIFY_PARAM_set1_host(param, c->name, 0) == 1 &&
	       SSL_set_tlsext_host_name(c->ssl, c->name) == 1;
}

/* What the handshake wants to say goes out; 0 or what stream_write() said. */
static int flush(struct connection *c)
{
	BIO *out = SSL_get_wbio(c->ssl);
	char *p;
	long n = BIO_get_mem_data(out, &p);
	int err;

	if (n <= 0)
		return 0;
	err = stream_write(c, p, (size_t)n);
	(void)BIO_reset(out);
	return err;
}

/* The trunk whose certificate this is; -1 for none. */
static int16_t trunk_of(const struct settings *s, X509 *cert)
{
	for (unsigned i = 0; i < s->trunk_count; i++) {
		const struct trunk *k = &s->trunks[i];

		if (k->client_certificate && k->certificate_name[0] &&
		    X509_check_host(cert, k->certificate_name, 0,
				    X509_CHECK_FLAG_NO_WILDCARDS, NULL) == 1)
			return (int16_t)i;
	}
	return -1;
}

void secure_identify(struct connection *c)
{
	X509 *cert = SSL_get1_peer_certificate(c->ssl);
	bool must_show = false;
	int16_t by_address;

	c->flow.verified = cert && SSL_get_verify_result(c->ssl) == X509_V_OK;
	if (!c->outgoing) {
		by_address =
			transport_trunk_from(c->t, &c->flow.peer, &must_show);
		c->flow.trunk = -1;
		if (c->flow.verified)
			c->flow.trunk = trunk_of(c->t->settings, cert);
		if (c->flow.trunk < 0)
			c->flow.trunk = by_address;
		c->flow.refused = c->flow.trunk < 0 && must_show;
	}
	X509_free(cert);
}

static void shake(struct connection *c)
{
	int n = SSL_do_handshake(c->ssl), err;
	int why = n == 1 ? SSL_ERROR_NONE : SSL_get_error(c->ssl, n);

	err = flush(c); /* an alert, too */
	if (err || c->state == CONNECTION_CLOSING)
		return;
	if (n == 1) {
		secure_identify(c);
		stream_opened(c);
	} else if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
		ERR_clear_error();
		stream_close(c, EPERM);
	}
}

int secure_begin(struct connection *c)
{
	SSL_CTX *ctx = c->outgoing ? c->t->client : c->t->server;
	BIO *in, *out;

	if (!ctx)
		return EINVAL;
	c->ssl = SSL_new(ctx);
	in = BIO_new(BIO_s_mem());
	out = BIO_new(BIO_s_mem());
	if (!c->ssl || !in || !out || (c->outgoing && !expect_name(c))) {
		BIO_free(in);
		BIO_free(out);
		return ENOMEM;
	}
	BIO_set_mem_eof_return(in, -1);
	SSL_set_bio(c->ssl, in, out);
	if (c->outgoing) {
		SSL_set_connect_state(c->ssl);
		shake(c);
	} else {
		SSL_set_accept_state(c->ssl);
	}
	return 0;
}

void secure_received(struct connection *c, const uint8_t *p, size_t len)
{
	int n, why;

	if (BIO_write(SSL_get_rbio(c->ssl), p, (int)len) != (int)len) {
		stream_close(c, ENOMEM);
		return;
	}
	if (c->state == CONNECTION_OPENING)
		shake(c);
	while (c->state == CONNECTION_OPEN) {
		n = SSL_read(c->ssl, c->t->plain, MESSAGE_MAX);
		if (n <= 0)
			break;
		stream_input(c, c->t->plain, (size_t)n);
	}
	if (c->state != CONNECTION_OPEN)
		return;
	why = SSL_get_error(c->ssl, n);
	if (flush(c))
		return;
	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
		ERR_clear_error();
		stream_close(c, why == SSL_ERROR_ZERO_RETURN ? 0 : EBADMSG);
	}
}

int secure_send(struct connection *c, const void *p, size_t len)
{
	int n;

	/* a memory BIO takes everything, so a partial write cannot be */
	ERR_clear_error();
	while (len) {
		n = SSL_write(c->ssl, p,
			      (int)(len < 16384 ? len : (size_t)16384));
		if (n <= 0) {
			ERR_clear_error();
			return EPROTO;
		}
		p = (const uint8_t *)p + n;
		len -= (size_t)n;
	}
	return flush(c);
}

void secure_bye(struct connection *c)
{
	if (!c->ssl || !SSL_is_init_finished(c->ssl))
		return;
	(void)SSL_shutdown(c->ssl);
	ERR_clear_error();
	if (flush(c))
		return;
}
