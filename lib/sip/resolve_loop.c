/* /etc/hosts, and c-ares on libuv. */

#include <stdlib.h>

#include "sip/resolve_parts.h"

static void add_host(struct resolve *r, const char *name, const struct sa *sa)
{
	struct host *h;

	if (r->host_count == HOSTS_MAX || strlen(name) >= sizeof(h->name))
		return;
	h = &r->hosts[r->host_count++];
	memcpy(h->name, name, strlen(name) + 1);
	h->address = *sa;
}

/* RFC 6761 6.3: this name never goes to a name server. */
static void add_localhost(struct resolve *r)
{
	struct sa sa;

	if (!sa_set_str(&sa, "::1", 0))
		add_host(r, "localhost", &sa);
	if (!sa_set_str(&sa, "127.0.0.1", 0))
		add_host(r, "localhost", &sa);
}

static void read_hosts(struct resolve *r)
{
	FILE *f = fopen("/etc/hosts", "re");
	bool has_localhost = false;
	char line[1024];

	while (f && fgets(line, sizeof(line), f)) {
		char *save = NULL, *word;
		struct sa sa;

		line[strcspn(line, "#\n")] = '\0';
		word = strtok_r(line, " \t", &save);
		if (!word || sa_set_str(&sa, word, 0))
			continue;
		while ((word = strtok_r(NULL, " \t", &save))) {
			has_localhost |= !strcasecmp(word, "localhost");
			add_host(r, word, &sa);
		}
	}
	if (f)
		(void)fclose(f);
	if (!has_localhost)
		add_localhost(r);
}

/* ---- c-ares on libuv */

static void handle_closed(struct resolve *r)
{
	if (--r->handles || !r->closing)
		return;
	free(r);
}

static void ready(uv_poll_t *poll, int status, int events)
{
	struct watched *w = poll->data;
	struct resolve *r = w->r;
	ares_socket_t none = ARES_SOCKET_BAD;

	ares_process_fd(r->channel,
			events & UV_READABLE || status < 0 ? w->fd : none,
			events & UV_WRITABLE ? w->fd : none);
	if (!r->closing)
		resolve_arm(r);
}

static void timed(uv_timer_t *timer)
{
	struct resolve *r = timer->data;

	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	if (!r->closing)
		resolve_arm(r);
}

void resolve_arm(struct resolve *r)
{
	struct timeval max = { 1, 0 }, tv;
	struct timeval *next = ares_timeout(r->channel, &max, &tv);

	if (!r->queries) {
		uv_timer_stop(&r->timer);
		return;
	}
	(void)uv_timer_start(&r->timer, timed,
			     (uint64_t)next->tv_sec * 1000 +
				     (uint64_t)next->tv_usec / 1000 + 1,
			     0);
}

static void poll_closed(uv_handle_t *handle)
{
	struct watched *w = handle->data;
	struct resolve *r = w->r;

	free(w);
	handle_closed(r);
}

static void unwatch(struct resolve *r, ares_socket_t fd)
{
	for (struct watched **at = &r->watched; *at; at = &(*at)->next) {
		struct watched *w = *at;

		if (w->fd != fd)
			continue;
		*at = w->next;
		uv_poll_stop(&w->poll); /* c-ares closes the socket next */
		uv_close((uv_handle_t *)&w->poll, poll_closed);
		return;
	}
}

static struct watched *watch(struct resolve *r, ares_socket_t fd)
{
	struct watched *w;

	for (w = r->watched; w; w = w->next) {
		if (w->fd == fd)
			return w;
	}
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	if (uv_poll_init(r->loop, &w->poll, fd)) {
		free(w);
		return NULL;
	}
	w->r = r;
	w->fd = fd;
	w->poll.data = w;
	w->next = r->watched;
	r->watched = w;
	r->handles++;
	return w;
}

static void socket_state(void *arg, ares_socket_t fd, int readable,
			 int writable)
{
	struct resolve *r = arg;
	struct watched *w;

	if (!readable && !writable) {
		unwatch(r, fd);
		return;
	}
	if (!r->loop)
		return;
	w = watch(r, fd);
	if (w)
		(void)uv_poll_start(&w->poll,
				    (readable ? UV_READABLE : 0) |
					    (writable ? UV_WRITABLE : 0),
				    ready);
}

/* In place of what /etc/resolv.conf says. */
static int use_nameserver(struct resolve *r, const struct settings *s)
{
	char one[SETTINGS_NAME_MAX + 16];
	bool inet6 = strchr(s->nameserver, ':') != NULL;

	if (!s->nameserver[0])
		return 0;
	(void)snprintf(one, sizeof(one), "%s%s%s:%u", inet6 ? "[" : "",
		       s->nameserver, inet6 ? "]" : "",
		       s->nameserver_port ? s->nameserver_port : 53);
	return ares_set_servers_ports_csv(r->channel, one) ? EINVAL : 0;
}

int resolve_prepare(struct resolve **ret, const struct settings *settings)
{
	struct resolve *r = calloc(1, sizeof(*r));
	struct ares_options o = { .timeout = 1500, .tries = 2 };
	char lookups[] = "b"; /* never the file: it cannot be opened then */

	if (!r)
		return ENOMEM;
	o.sock_state_cb = socket_state;
	o.sock_state_cb_data = r;
	o.lookups = lookups;
	if (ares_library_init(ARES_LIB_INIT_ALL) ||
	    ares_init_options(&r->channel, &o,
			      ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
				      ARES_OPT_SOCK_STATE_CB |
				      ARES_OPT_LOOKUPS)) {
		free(r);
		return ENOMEM;
	}
	if (use_nameserver(r, settings)) {
		ares_destroy(r->channel);
		ares_library_cleanup();
		free(r);
		return EINVAL;
	}
	r->have_channel = true;
	read_hosts(r);
	*ret = r;
	return 0;
}

int resolve_start(struct resolve *r, uv_loop_t *loop)
{
	int err = uv_timer_init(loop, &r->timer);

	if (err)
		return -err;
	r->timer.data = r;
	r->loop = loop;
	r->handles++;
	return 0;
}

static void timer_closed(uv_handle_t *handle)
{
	handle_closed(handle->data);
}

void resolve_close(struct resolve *r)
{
	if (!r)
		return;
	r->closing = true;
	ares_destroy(r->channel); /* every callback comes, with EDESTRUCTION */
	ares_library_cleanup();
	if (r->loop)
		uv_close((uv_handle_t *)&r->timer, timer_closed);
	else
		free(r);
}
