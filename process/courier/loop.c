/*
 * loop -- libcurl says which sockets it waits for and until when; libuv waits
 *
 * Everything that libcurl opens for itself it opens before the process gives
 * up its rights; afterwards come sockets of connections alone, since names are
 * looked up by c-ares and handed over as addresses.
 */
#include <stdlib.h>

#include "base/log.h"
#include "process/courier/self.h"

struct watched {
	uv_poll_t poll;
	struct loop *loop;
	curl_socket_t fd;
};

static void take_ended(struct loop *l)
{
	const CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(l->multi, &left)))
		if (m->msg == CURLMSG_DONE)
			fetch_ended(l->courier, m->easy_handle, m->data.result);
}

static void act(struct loop *l, curl_socket_t fd, int what)
{
	int running;
	CURLMcode code = curl_multi_socket_action(l->multi, fd, what, &running);

	/* the parent starts another; whoever asked is told that we are gone */
	if (code) {
		log_error("cannot go on: %s", curl_multi_strerror(code));
		exit(EXIT_FAILURE);
	}
	take_ended(l);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct watched *w = poll->data;
	int what = status < 0 ? CURL_CSELECT_ERR : 0;

	if (events & UV_READABLE)
		what |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		what |= CURL_CSELECT_OUT;
	act(w->loop, w->fd, what); /* w may be gone now */
}

static void on_timer(uv_timer_t *timer)
{
	act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
	struct loop *l = arg;

	(void)multi;
	if (ms < 0)
		(void)uv_timer_stop(&l->timer);
	else /* never within libcurl's own call */
		(void)uv_timer_start(&l->timer, on_timer, (uint64_t)ms, 0);
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static struct watched *watch(struct loop *l, curl_socket_t fd)
{
	struct watched *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	if (uv_poll_init(l->uv, &w->poll, fd)) {
		free(w);
		return NULL;
	}
	w->poll.data = w;
	w->loop = l;
	w->fd = fd;
	(void)curl_multi_assign(l->multi, fd, w);
	return w;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
		      void *of_socket)
{
	struct watched *w = of_socket;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w) {
			(void)uv_poll_stop(&w->poll);
			uv_close((uv_handle_t *)&w->poll, on_closed);
		}
		return 0;
	}
	if (!w)
		w = watch(arg, fd);
	if (what & CURL_POLL_IN)
		events |= UV_READABLE;
	if (what & CURL_POLL_OUT)
		events |= UV_WRITABLE;
	/* one that cannot be watched ends by its time limit; to say so here
	   would end all the others with it, for good */
	if (!w || uv_poll_start(&w->poll, events, on_ready))
		log_error("a connection cannot be watched");
	return 0;
}

int loop_prepare(struct loop *l)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return ENOMEM;
	l->multi = curl_multi_init();
	return l->multi ? 0 : ENOMEM;
}

int loop_start(struct loop *l, uv_loop_t *uv, struct courier *c)
{
	l->uv = uv;
	l->courier = c;
	l->timer.data = l;
	if (uv_timer_init(uv, &l->timer) ||
	    curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, set_socket) ||
	    curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l) ||
	    curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, set_timer) ||
	    curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l) ||
	    curl_multi_setopt(l->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
			      (long)COURIER_PER_HOST) ||
	    curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS,
			      (long)COURIER_FETCHES))
		return ENOMEM;
	return 0;
}

void loop_close(struct loop *l)
{
	(void)curl_multi_cleanup(l->multi);
	(void)uv_timer_stop(&l->timer);
	l->multi = NULL;
}
