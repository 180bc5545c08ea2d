#include "probe/wire.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"

/* 0 ready, ETIMEDOUT; never beyond the wire's life. */
static int wait_for(const struct wire *w, short events, uint64_t until_ms)
{
	struct pollfd p = { w->fd, events, 0 };

	if (until_ms > w->until_ms)
		until_ms = w->until_ms;
	for (;;) {
		uint64_t now = clock_mono_ms();
		int n;

		if (now >= until_ms)
			return ETIMEDOUT;
		n = poll(&p, 1, (int)(until_ms - now));
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return errno;
	}
}

static int connected(const struct wire *w)
{
	int err = wait_for(w, POLLOUT, w->until_ms), failed = 0;
	socklen_t len = sizeof(failed);

	if (!err && getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &failed, &len))
		err = errno;
	return err ? err : failed;
}

int wire_open(struct wire *w, const struct target *t, int type,
	      unsigned patience_ms)
{
	struct sockaddr_storage from;
	int err = 0;

	*w = (struct wire){ .patience_ms = patience_ms,
			    .until_ms = clock_mono_ms() + 3 * patience_ms };
	w->fd = socket(t->at.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (w->fd < 0)
		return errno;
	if (probe_target_source(t, &from))
		(void)!bind(w->fd, (struct sockaddr *)&from,
			    sizeof(struct sockaddr_in));
	if (connect(w->fd, (const struct sockaddr *)&t->at, t->at_len))
		err = errno == EINPROGRESS ? connected(w) : errno;
	if (err)
		wire_close(w);
	return err;
}

void wire_close(struct wire *w)
{
	SSL_free(w->ssl);
	w->ssl = NULL;
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = -1;
}

/* 0: try again now. */
static int want(struct wire *w, int result, uint64_t until_ms)
{
	switch (SSL_get_error(w->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return wait_for(w, POLLIN, until_ms);
	case SSL_ERROR_WANT_WRITE:
		return wait_for(w, POLLOUT, until_ms);
	default:
		return ECONNABORTED;
	}
}

int wire_tls(struct wire *w, SSL_CTX *ctx, const char *host)
{
	uint64_t until = clock_mono_ms() + w->patience_ms;
	int err = 0, n;

	w->ssl = SSL_new(ctx);
	if (!w->ssl || !SSL_set_fd(w->ssl, w->fd))
		return ENOMEM;
	/* the macro of that name casts const away */
	if (*host &&
	    !SSL_ctrl(w->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
		      TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)host))
		return ENOMEM;
	while (!err && (n = SSL_connect(w->ssl)) != 1)
		err = want(w, n, until);
	if (err) {
		SSL_free(w->ssl);
		w->ssl = NULL;
	}
	return err;
}

static ssize_t push(struct wire *w, const uint8_t *p, size_t len, int *err)
{
	ssize_t n;

	if (w->ssl) {
		n = SSL_write(w->ssl, p, len > 16384 ? 16384 : (int)len);
		*err = n > 0 ? 0 : want(w, (int)n, w->until_ms);
		return n;
	}
	n = send(w->fd, p, len, MSG_NOSIGNAL);
	*err = n >= 0 ? 0 : errno;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		*err = wait_for(w, POLLOUT, w->until_ms);
	return n;
}

int wire_say(struct wire *w, const void *p, size_t len)
{
	const uint8_t *at = p;
	int err = 0;

	while (!err && len) {
		ssize_t n = push(w, at, len, &err);

		at += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return err;
}

/* Bytes; 0 at the end or when the time is over. */
static size_t pull(struct wire *w, uint8_t *to, size_t max, uint64_t until_ms)
{
	for (;;) {
		ssize_t n;
		int err;

		if (w->ssl) {
			n = SSL_read(w->ssl, to,
				     max > 16384 ? 16384 : (int)max);
			err = n > 0 ? 0 : want(w, (int)n, until_ms);
		} else {
			n = recv(w->fd, to, max, 0);
			err = n >= 0 ? 0 : errno;
			if (n < 0 && (errno == EAGAIN || errno == EINTR))
				err = wait_for(w, POLLIN, until_ms);
			else if (!n)
				return 0;
		}
		if (n > 0)
			return (size_t)n;
		if (err)
			return 0;
	}
}

void wire_hear(struct wire *w, void *to, size_t max, unsigned first_ms,
	       size_t *ret_len)
{
	uint64_t until = clock_mono_ms() + first_ms;
	size_t len = 0;

	while (len < max) {
		size_t n = pull(w, (uint8_t *)to + len, max - len, until);

		if (!n)
			break;
		len += n;
		until = clock_mono_ms() + w->patience_ms / 4;
	}
	*ret_len = len;
}
