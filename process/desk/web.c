#include "process/desk/web.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/log.h"

enum {
	CONNECTIONS = 64,
	CONNECTIONS_OF_ONE = 16,
	SILENCE_S = 30,
	BODY_MAX = 4096,
};

/* NULL, and *err says why. An empty name has no text. */
static char *read_pem(const char *file, const char *what, int *err)
{
	char *text = NULL;

	if (!*err && *file)
		*err = settings_read_file(file, &text);
	if (*err)
		log_error("cannot read the %s of desk: %s", what,
			  strerror(*err));
	return *err ? NULL : text;
}

static void wipe(char *text)
{
	if (text)
		sodium_memzero(text, strlen(text));
	free(text);
}

static const struct desk_peer *peer_of(const struct desk *d,
				       const struct https_request *r)
{
	const struct settings *s = d->process->settings;

	for (unsigned i = 0; i < s->peer_count; i++)
		if (https_client_is(r, s->peers[i].name))
			return &s->peers[i];
	return NULL;
}

static void on_request(void *arg, struct https_request *r)
{
	const struct desk_peer *peer = peer_of(arg, r);

	if (peer)
		feed_request(arg, peer, r);
	else
		https_answer_text(r, 403,
				  "this certificate is not that of a peer");
}

int web_open(struct desk *d)
{
	const struct settings *s = d->process->settings;
	struct https_options o = { .fd = process_socket(d->process,
							SOCKET_HTTPS, 0),
				   .connections = CONNECTIONS,
				   .connections_of_one = CONNECTIONS_OF_ONE,
				   .silence_s = SILENCE_S,
				   .body_max = BODY_MAX,
				   .request = on_request,
				   .arg = d };
	char *certificate, *key, *ca;
	int err = 0;

	if (o.fd < 0)
		return 0;
	o.certificate = certificate =
		read_pem(s->https_certificate, "certificate", &err);
	o.key = key = read_pem(s->https_key, "key", &err);
	o.client_ca = ca = read_pem(s->https_client_ca, "client-ca", &err);
	if (!err) {
		err = https_server_start(&d->web, &o);
		if (err)
			log_error("certificate, key and client-ca of desk do "
				  "not make a server");
	}
	wipe(key);
	free(certificate);
	free(ca);
	return err;
}
