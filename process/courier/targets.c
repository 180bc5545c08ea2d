/*
 * targets -- who may be fetched from, by whom, and whom we then believe
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "process/courier/self.h"
#include "tlog/folder_file.h"

#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

enum { PEM_MAX = 1024 * 1024, HTTPS_PORT = 443 };

static int pem_load(struct pem *to, const char *path)
{
	char *p = malloc(PEM_MAX);
	size_t len = 0;
	int err = p ? file_read(AT_FDCWD, path, p, PEM_MAX, &len) : ENOMEM;

	if (err) {
		log_error("%s cannot be read: %s", path, strerror(err));
		free(p);
		return err;
	}
	*to = (struct pem){ p, len };
	return 0;
}

static void pem_free(struct pem *p)
{
	if (p->p)
		sodium_memzero(p->p, p->len);
	free(p->p);
	*p = (struct pem){ NULL, 0 };
}

/* "https://host[:port][/prefix]"; a host in brackets is an IPv6 address. */
static int read_url(struct target *t, const char *url)
{
	static const char scheme[] = "https://";
	struct text host = text_of(url);
	uint64_t port = HTTPS_PORT;
	size_t n;

	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0 ||
	    text_copy(t->url, sizeof(t->url), host))
		return EINVAL;
	host.p += sizeof(scheme) - 1;
	n = strcspn(host.p, "/?#@\\ ");
	if (host.p[n] && host.p[n] != '/')
		return EINVAL;
	host.len = n;
	while (n && host.p[n - 1] != ':' && host.p[n - 1] != ']')
		n--;
	if (n && host.p[n - 1] == ':') {
		if (text_u64((struct text){ host.p + n, host.len - n }, 1,
			     65535, &port))
			return EINVAL;
		host.len = n - 1;
	}
	if (host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']') {
		host.p++;
		host.len -= 2;
	}
	n = strlen(t->url);
	while (n && t->url[n - 1] == '/')
		t->url[--n] = '\0';
	t->port = (uint16_t)port;
	return !host.len || text_copy(t->host, sizeof(t->host), host) ? EINVAL
								      : 0;
}

static void fill_witnesses(struct targets *t)
{
	for (unsigned i = 0; i < t->policy.witness_count; i++) {
		struct target *w = &t->witnesses[i];

		memset(w, 0, sizeof(*w));
		w->ca = &t->witness_ca;
		if (t->policy.urls[i][0] && read_url(w, t->policy.urls[i])) {
			log_error("witness %s has no address that can be used",
				  t->policy.names[i]);
			w->host[0] = '\0';
		}
	}
}

static int open_feed(struct targets *t, const struct feed *f)
{
	unsigned i = t->feed_count;
	struct target *to = &t->feeds[i];
	int err = pem_load(&t->feed_ca[i], f->ca);

	t->feed_count++;
	if (!err)
		err = pem_load(&t->feed_certificate[i], f->certificate);
	if (!err)
		err = pem_load(&t->feed_key[i], f->key);
	if (err)
		return err;
	to->ca = &t->feed_ca[i];
	to->certificate = &t->feed_certificate[i];
	to->key = &t->feed_key[i];
	return read_url(to, f->url);
}

void targets_reload(struct targets *t, const struct settings *s)
{
	struct policy *fresh = malloc(sizeof(*fresh));

	if (!fresh || witnesses_read(s, fresh)) {
		log_error("the new policy of witnesses cannot be used");
	} else {
		t->policy = *fresh;
		fill_witnesses(t);
	}
	free(fresh);
}

int targets_open(struct targets *t, const struct settings *s)
{
	int err = 0;

	if (s->companions[COMPANION_WITNESSES][0])
		err = pem_load(&t->witness_ca,
			       s->witness_ca[0] ? s->witness_ca : SYSTEM_CA);
	if (!err)
		err = witnesses_read(s, &t->policy);
	if (!err)
		fill_witnesses(t);
	for (unsigned i = 0; !err && i < s->feed_count; i++)
		err = open_feed(t, &s->feeds[i]);
	return err;
}

void targets_close(struct targets *t)
{
	pem_free(&t->witness_ca);
	for (unsigned i = 0; i < t->feed_count; i++) {
		pem_free(&t->feed_ca[i]);
		pem_free(&t->feed_certificate[i]);
		pem_free(&t->feed_key[i]);
	}
}

const struct target *targets_find(const struct targets *t, enum role asker,
				  enum fetch_target kind, unsigned index)
{
	if (kind == FETCH_WITNESS && asker == ROLE_LEDGER &&
	    index < t->policy.witness_count && t->witnesses[index].host[0])
		return &t->witnesses[index];
	if (kind == FETCH_FEED && asker == ROLE_PULLER && index < t->feed_count)
		return &t->feeds[index];
	return NULL;
}
