#include "tests/unit/unit.h"

#include "settings/files.h"
#include "tests/unit/sip/rig.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

uv_loop_t *rig_loop;

void rig_listen(struct rig_node *n, enum sip_transport transport,
		const char *address)
{
	assert_true(rig_listen_at(n, transport, address, 0));
}

bool rig_listen_at(struct rig_node *n, enum sip_transport transport,
		   const char *address, uint16_t port)
{
	unsigned i = n->settings.listener_count;
	struct listener *l = &n->settings.listeners[i];
	struct sockaddr_storage bound;
	socklen_t len = sizeof(bound);
	struct sa sa;
	int one = 1, fd;

	l->transport = transport;
	(void)snprintf(l->address, sizeof(l->address), "%s", address);
	assert_int_equal(sa_set_str(&sa, address, port), 0);
	fd = socket(sa_af(&sa),
		    (transport == SIP_UDP ? SOCK_DGRAM : SOCK_STREAM) |
			    SOCK_CLOEXEC,
		    0);
	assert_true(fd >= 0);
	/* the unspecified one hears both families */
	if (sa_af(&sa) == AF_INET6 && strcmp(address, "::"))
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
				 sizeof(one));
	if (bind(fd, &sa.u.sa, sa.len)) {
		assert_int_equal(close(fd), 0);
		return false;
	}
	assert_int_equal(getsockname(fd, (struct sockaddr *)&bound, &len), 0);
	assert_int_equal(sa_set_sa(&sa, (struct sockaddr *)&bound), 0);
	n->fds[i] = fd;
	n->ports[i] = sa_port(&sa);
	n->settings.listener_count++;
	return true;
}

static void on_event(void *arg, struct stack_server *t, enum stack_event event)
{
	struct rig_node *n = arg;

	n->cancelled += event == STACK_CANCELLED;
	n->no_ack += event == STACK_NO_ACK;
	if (event == STACK_CANCELLED)
		assert_int_equal(stack_answer(t, 487), 0);
	if (event == STACK_GONE) {
		n->gone++;
		if (n->server == t)
			n->server = NULL;
	}
}

static void on_request(void *arg, struct stack_server *t,
		       const struct sip_msg *msg, const struct flow *flow)
{
	struct rig_node *n = arg;
	struct text from = message_header(msg, SIP_HDR_FROM);

	n->flow = *flow;
	n->method = message_method_of(msg);
	n->hops_in = message_hops(msg);
	if (!t) {
		n->acks++;
		if (n->acknowledge && n->server)
			stack_acked(n->server);
		return;
	}
	assert_int_equal(text_copy(n->header, sizeof(n->header), from), 0);
	n->requests++;
	n->server = t;
	stack_server_watch(t, on_event, n);
	if (n->reply)
		assert_int_equal(stack_answer(t, n->reply), 0);
}

static void on_closed(void *arg, uint64_t connection)
{
	struct rig_node *n = arg;

	(void)connection;
	n->closed++;
}

void rig_open(struct rig_node *n)
{
	const struct stack_options options = {
		.trunks_only = n->trunks_only,
		.kept_max = n->kept_max,
		.supported = "100rel, timer",
		.allow = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, REGISTER",
		.agent = "rig",
	};
	static const struct stack_handlers handlers = { .request = on_request,
							.closed = on_closed };
	static uint8_t files[FILES_MAX];

	memset(files, 0, sizeof(files));
	assert_int_equal(
		files_pack(&n->settings, files, sizeof(files), NULL, NULL), 0);
	n->settings.files = (struct bytes){ files, sizeof(files) };
	assert_int_equal(stack_prepare(&n->stack, &n->settings, &options), 0);
	n->settings.files = (struct bytes){ NULL, 0 };
	assert_int_equal(stack_start(n->stack, rig_loop, n->fds, &handlers, n),
			 0);
}

void rig_close(struct rig_node *n)
{
	stack_close(n->stack);
	rig_for(20);
	for (unsigned i = 0; i < n->settings.listener_count; i++)
		close(n->fds[i]);
}

static void tick(uv_timer_t *timer)
{
	(void)timer;
}

static void done(uv_handle_t *handle)
{
	*(bool *)handle->data = true;
}

bool rig_until(const unsigned *count, unsigned want, unsigned ms)
{
	uint64_t end = uv_hrtime() + ms * (uint64_t)1000000;
	bool closed = false;
	uv_timer_t timer;

	assert_int_equal(uv_timer_init(rig_loop, &timer), 0);
	assert_int_equal(uv_timer_start(&timer, tick, 1, 5), 0);
	timer.data = &closed;
	while ((!count || *count < want) && uv_hrtime() < end)
		(void)uv_run(rig_loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, done);
	while (!closed)
		(void)uv_run(rig_loop, UV_RUN_ONCE);
	return count && *count >= want;
}

void rig_for(unsigned ms)
{
	(void)rig_until(NULL, 0, ms);
}

static void on_response(void *arg, struct stack_client *c, unsigned code,
			const struct sip_msg *msg, const struct flow *flow)
{
	struct rig_node *n = arg;

	(void)c;
	(void)flow;
	assert_false(n->ended);
	if (!code) {
		n->ended = true;
		return;
	}
	assert_true(n->code_count < 16);
	n->codes[n->code_count++] = code;
	if (!msg)
		return;
	n->has_retry_after = message_header(msg, SIP_HDR_RETRY_AFTER).p != NULL;
	if (text_copy(n->unsupported, sizeof(n->unsupported),
		      message_header(msg, SIP_HDR_UNSUPPORTED)))
		n->unsupported[0] = '\0';
}

struct stack_client *rig_request(struct rig_node *n, enum message_method m,
				 const char *uri, int trunk, const char *extra)
{
	static unsigned serial;
	struct stack_client *c = NULL;
	struct stack_target target = { .uri = text_of(uri), .trunk = trunk };
	struct stack_request r = { .method = m,
				   .uri = text_of(uri),
				   .hops = n->hops };
	char headers[4096];

	(void)snprintf(headers, sizeof(headers),
		       "From: <sip:a@rig>;tag=f\r\nTo: <%s>\r\n"
		       "Call-ID: rig%u\r\nCSeq: 5 %s\r\n%s",
		       uri, ++serial, message_method_name(m),
		       extra ? extra : "");
	r.headers = text_of(headers);
	r.contact_user = TEXT("a");
	if (m == METHOD_ACK) { /* nothing will be heard of it */
		assert_int_equal(
			stack_request(n->stack, NULL, &target, &r, NULL, NULL),
			0);
		return NULL;
	}
	n->code_count = 0;
	n->ended = false;
	if (stack_request(n->stack, &c, &target, &r, on_response, n))
		return NULL;
	return c;
}

/* ---- certificates */

static EVP_PKEY *new_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	assert_non_null(key);
	return key;
}

static void extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

/* issuer NULL: an authority of its own */
static X509 *new_cert(const char *name, const char *names, EVP_PKEY *key,
		      X509 *issuer, EVP_PKEY *issuer_key)
{
	static long serial = 1;
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);

	assert_int_equal(X509_set_version(cert, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert,
			     issuer ? X509_get_subject_name(issuer) : subject);
	extend(cert, issuer ? issuer : cert, NID_basic_constraints,
	       issuer ? "CA:FALSE" : "critical,CA:TRUE");
	if (names)
		extend(cert, issuer, NID_subject_alt_name, names);
	assert_true(X509_sign(cert, issuer_key, EVP_sha256()) > 0);
	return cert;
}

static void put(char path[96], const char *folder, const char *name, X509 *cert,
		EVP_PKEY *key)
{
	FILE *f;

	(void)snprintf(path, 96, "%s/%s", folder, name);
	f = fopen(path, "we");
	assert_non_null(f);
	if (cert)
		assert_int_equal(PEM_write_X509(f, cert), 1);
	if (key)
		assert_int_equal(
			PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL),
			1);
	assert_int_equal(fclose(f), 0);
}

static void leaf(struct rig_files *f, const char *label, const char *name,
		 const char *names, X509 *ca, EVP_PKEY *ca_key, char path[96],
		 char key_path[96])
{
	EVP_PKEY *key = new_key();
	X509 *cert = new_cert(name, names, key, ca, ca_key);
	char file[40];

	(void)snprintf(file, sizeof(file), "%s.pem", label);
	put(path, f->folder, file, cert, NULL);
	(void)snprintf(file, sizeof(file), "%s.key", label);
	put(key_path, f->folder, file, NULL, key);
	X509_free(cert);
	EVP_PKEY_free(key);
}

void rig_files_make(struct rig_files *f)
{
	EVP_PKEY *key = new_key(), *other_key = new_key();
	X509 *ca = new_cert("Rig CA", NULL, key, NULL, key);
	X509 *other = new_cert("Other CA", NULL, other_key, NULL, other_key);

	(void)snprintf(f->folder, sizeof(f->folder), "/tmp/rig-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	put(f->ca, f->folder, "ca.pem", ca, NULL);
	put(f->other_ca, f->folder, "other.pem", other, NULL);
	leaf(f, "server", "node", "DNS:localhost,IP:127.0.0.1", ca, key,
	     f->server, f->server_key);
	leaf(f, "client", "trunk", "DNS:trunk.example", ca, key, f->client,
	     f->client_key);
	leaf(f, "wrong", "other", "DNS:other.example", ca, key, f->wrong,
	     f->wrong_key);
	leaf(f, "strange", "trunk", "DNS:trunk.example", other, other_key,
	     f->strange, f->strange_key);
	X509_free(ca);
	X509_free(other);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
}

void rig_files_remove(struct rig_files *f)
{
	char *files[] = { f->ca,      f->other_ca,   f->server, f->server_key,
			  f->client,  f->client_key, f->wrong,  f->wrong_key,
			  f->strange, f->strange_key };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	rmdir(f->folder);
}
