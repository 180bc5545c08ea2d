/*
 * sockets -- folders with their owners, and the sockets that we listen on
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "process/parent/house.h"

static int make_folder(const char *parent, const char *name, enum role role,
		       mode_t mode)
{
	char path[PATH_MAX];
	uid_t uid;
	gid_t gid;

	(void)snprintf(path, sizeof(path), "%s%s%s", parent, name ? "/" : "",
		       name ? name : "");
	if (mkdir(path, mode) && errno != EEXIST) {
		log_error("cannot make the folder %s: %s",
			  name ? name : "of state", strerror(errno));
		return errno;
	}
	if (chmod(path, mode))
		return errno;
	if (geteuid() != 0)
		return 0;
	confine_user(role, &uid, &gid);
	if (role == ROLE_PARENT)
		uid = 0;
	return chown(path, uid, gid) ? errno : 0;
}

/* Files that init, or a run by another user, left: one level deep. */
static void adopt_files(const char *state, const char *name, enum role role)
{
	char path[PATH_MAX];
	struct dirent *e;
	uid_t uid;
	gid_t gid;
	DIR *d;

	(void)snprintf(path, sizeof(path), "%s/%s", state, name);
	d = opendir(path);
	if (!d)
		return;
	confine_user(role, &uid, &gid);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			(void)!fchownat(dirfd(d), e->d_name, uid, gid,
					AT_SYMLINK_NOFOLLOW);
	(void)closedir(d);
}

/* Each process is a user of its own, who must get through to its folder. */
static int check_way(const char *state)
{
	char path[PATH_MAX];
	struct stat st;

	if (geteuid() != 0 || text_copy(path, sizeof(path), text_of(state)))
		return 0;
	for (char *slash = strchr(path + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (!stat(path, &st) && !(st.st_mode & S_IXOTH)) {
			log_error("the folder %s lets nobody through to the "
				  "state below it; mend: chmod o+x %s",
				  path, path);
			return EACCES;
		}
		*slash = '/';
	}
	return 0;
}

/* Another node's sockets are not ours to replace. */
static int lock_runtime(struct house *h)
{
	int err = 0;

	h->runtime_fd =
		open(h->settings->runtime, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->runtime_fd < 0 || flock(h->runtime_fd, LOCK_EX | LOCK_NB))
		err = errno;
	if (err && h->runtime_fd >= 0)
		(void)close(h->runtime_fd);
	if (err)
		h->runtime_fd = -1;
	if (err == EWOULDBLOCK)
		log_error("a node runs already with the runtime folder %s",
			  h->settings->runtime);
	else if (err)
		log_error("cannot lock the runtime folder %s: %s",
			  h->settings->runtime, strerror(err));
	return err;
}

int house_make_folders(struct house *h)
{
	static const struct {
		const char *name;
		enum role role;
		mode_t mode;
	} folders[] = {
		{ "spool", ROLE_RECORDER, 0700 },
		{ "store", ROLE_RECORDER, 0750 },
		/* a node has one or the other */
		{ "store", ROLE_PULLER, 0750 },
		{ "ledger", ROLE_LEDGER, 0750 },
		{ "keeper", ROLE_KEEPER, 0700 },
	};
	const struct settings *s = h->settings;
	int err = check_way(s->state);

	if (!err)
		err = make_folder(s->state, NULL, ROLE_PARENT, 0750);

	if (!err)
		err = make_folder(s->runtime, NULL, ROLE_PARENT, 0750);
	if (!err)
		err = lock_runtime(h);
	for (size_t i = 0; !err && i < sizeof(folders) / sizeof(folders[0]);
	     i++) {
		if (!child_of(h, folders[i].role, 0))
			continue;
		err = make_folder(s->state, folders[i].name, folders[i].role,
				  folders[i].mode);
		if (!err && geteuid() == 0)
			adopt_files(s->state, folders[i].name, folders[i].role);
	}
	return err;
}

static socklen_t fill_address(const char *address, uint16_t port,
			      struct sockaddr_storage *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)ret;

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	(void)inet_pton(AF_INET6, address, &v6->sin6_addr);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	return sizeof(*v6);
}

static uint16_t bound_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at = { .v6 = { .sin6_port = 0 } };
	socklen_t len = sizeof(at);

	if (getsockname(fd, &at.any, &len))
		return 0;
	return ntohs(at.any.sa_family == AF_INET ? at.v4.sin_port
						 : at.v6.sin6_port);
}

static int open_sip(const struct listener *l, int *ret_fd)
{
	bool udp = l->transport == SIP_UDP;
	struct sockaddr_storage at;
	socklen_t len = fill_address(l->address, l->port, &at);
	int one = 1, size = 4 * 1024 * 1024;
	int fd = socket(at.ss_family,
			(udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC |
				SOCK_NONBLOCK,
			0);

	if (fd < 0)
		return errno;
	if (at.ss_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
				 sizeof(one));
	if (!udp)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
				 sizeof(one));
	/* a burst of calls must fit; root may pass the system's limit */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size,
				 sizeof(size));
	if (bind(fd, (struct sockaddr *)&at, len) ||
	    (!udp && listen(fd, 512))) {
		int err = errno ? errno : EIO;

		(void)close(fd);
		return err;
	}
	*ret_fd = fd;
	return 0;
}

static int add_socket(struct house *h, enum socket_kind kind, unsigned index,
		      enum role role, int fd)
{
	if (h->socket_count == PROCESS_SOCKETS) {
		(void)close(fd);
		return EMSGSIZE;
	}
	h->sockets[h->socket_count++] = (struct house_socket){
		kind, index, role, fd, bound_port(fd), ""
	};
	return 0;
}

static struct house_socket sip_socket(const struct listener *l, int fd)
{
	static const enum socket_kind kinds[] = { [SIP_UDP] = SOCKET_SIP_UDP,
						  [SIP_TCP] = SOCKET_SIP_TCP,
						  [SIP_TLS] = SOCKET_SIP_TLS };
	struct house_socket k = { .kind = kinds[l->transport],
				  .index = l->order,
				  .for_role = ROLE_SWITCH,
				  .fd = fd,
				  .port = bound_port(fd) };

	memcpy(k.name, l->name, sizeof(k.name));
	return k;
}

/* ---- a reload moves them */

static struct house_socket *socket_named(struct house *h, const char *name)
{
	for (unsigned i = 0; i < h->socket_count; i++)
		if (h->sockets[i].kind <= SOCKET_SIP_TLS &&
		    !strcmp(h->sockets[i].name, name))
			return &h->sockets[i];
	return NULL;
}

static void report_listener(const struct settings *s, const struct listener *l,
			    int err)
{
	struct settings_fault f = {
		.file = s->file,
		.line = s->sip_line,
		.rule = "CONFIG",
		.mend = "listen on an address of this machine that is free; "
			"one that was removed is free when its calls have "
			"ended",
	};

	(void)snprintf(f.fault, sizeof(f.fault), "listen: %s: %s", l->name,
		       strerror(err));
	parent_fault(NULL, &f);
}

void house_close_added(struct house *h)
{
	for (unsigned i = 0; i < h->reload.opened_count; i++)
		(void)close(h->reload.opened[i].fd);
	h->reload.opened_count = 0;
}

int house_add_sockets(struct house *h, bool report)
{
	const struct settings *s = h->reload.fresh;
	int err = 0, fd = -1;

	for (unsigned i = 0; i < s->listener_count; i++) {
		const struct listener *l = &s->listeners[i];
		int failed;

		if (socket_named(h, l->name))
			continue;
		failed = open_sip(l, &fd);
		if (failed) {
			if (report)
				report_listener(s, l, failed);
			err = failed;
			continue;
		}
		h->reload.opened[h->reload.opened_count++] = sip_socket(l, fd);
	}
	if (err)
		house_close_added(h);
	return err;
}

static const struct listener *listener_named(const struct settings *s,
					     const char *name)
{
	for (unsigned i = 0; i < s->listener_count; i++)
		if (!strcmp(s->listeners[i].name, name))
			return &s->listeners[i];
	return NULL;
}

void house_move_sockets(struct house *h)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < h->socket_count; i++) {
		struct house_socket k = h->sockets[i];
		const struct listener *l = listener_named(h->settings, k.name);

		if (k.kind <= SOCKET_SIP_TLS && !l) {
			(void)close(k.fd); /* the switch lets it end */
			continue;
		}
		if (k.kind <= SOCKET_SIP_TLS)
			k.index = l->order;
		h->sockets[kept++] = k;
	}
	h->socket_count = kept;
	for (unsigned i = 0; i < h->reload.opened_count; i++) {
		if (h->socket_count == PROCESS_SOCKETS) {
			(void)close(h->reload.opened[i].fd);
			continue;
		}
		h->sockets[h->socket_count++] = h->reload.opened[i];
	}
}

static int open_local(struct house *h, const char *name, enum socket_kind kind,
		      enum role role)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd;

	if (snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s",
		     h->settings->runtime, name) >= (int)sizeof(at.sun_path)) {
		log_error("runtime: the path is too long for a socket; "
			  "choose a shorter one");
		return EMSGSIZE;
	}
	(void)unlink(at.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    chmod(at.sun_path, 0600) || listen(fd, 32)) {
		int err = errno;

		log_error("cannot listen on %s: %s", name, strerror(err));
		if (fd >= 0)
			(void)close(fd);
		return err;
	}
	return add_socket(h, kind, 0, role, fd);
}

static int open_https(struct house *h)
{
	const struct settings *s = h->settings;
	struct sockaddr_storage at;
	socklen_t len = fill_address(s->https_address, s->https_port, &at);
	int fd = socket(at.ss_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, err;

	if (fd >= 0 && at.ss_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
				 sizeof(one));
	if (fd >= 0 &&
	    !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	    !bind(fd, (struct sockaddr *)&at, len) && !listen(fd, 64))
		return add_socket(h, SOCKET_HTTPS, 0, ROLE_DESK, fd);
	err = errno;
	log_error("cannot listen for HTTPS on port %u (https-listen in desk): "
		  "%s",
		  s->https_port, strerror(err));
	if (fd >= 0)
		(void)close(fd);
	return err;
}

int house_open_sockets(struct house *h)
{
	const struct settings *s = h->settings;
	int err = 0, fd = -1;

	for (unsigned i = 0; !err && i < s->listener_count; i++) {
		err = open_sip(&s->listeners[i], &fd);
		if (err)
			log_error("cannot listen for SIP on port %u: %s",
				  s->listeners[i].port, strerror(err));
		else
			h->sockets[h->socket_count++] =
				sip_socket(&s->listeners[i], fd);
	}
	if (!err && s->https_address[0])
		err = open_https(h);
	if (!err)
		err = open_local(h, "control.sock", SOCKET_CONTROL, ROLE_DESK);
	if (!err && child_of(h, ROLE_KEEPER, 0))
		err = open_local(h, "keeper.sock", SOCKET_KEEPER, ROLE_KEEPER);
	return err;
}

void house_remove_sockets(struct house *h)
{
	static const char *const names[] = { "control.sock", "keeper.sock",
					     "metrics.sock" };
	char path[PATH_MAX];

	if (h->runtime_fd < 0)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s",
			       h->settings->runtime, names[i]);
		(void)unlink(path);
	}
}

static void print_place(const char *what, const char *address, uint16_t port)
{
	(void)printf(strchr(address, ':') ? " %s=[%s]:%u" : " %s=%s:%u", what,
		     address, port);
}

/* The contract of the command line: one line, then nothing more on stdout. */
void house_print_ready(const struct house *h)
{
	const struct settings *s = h->settings;
	const struct house_socket *sip = NULL, *https = NULL;

	for (unsigned i = 0; i < h->socket_count; i++) {
		const struct house_socket *k = &h->sockets[i];

		if (k->kind <= SOCKET_SIP_TLS && !sip)
			sip = k;
		if (k->kind == SOCKET_HTTPS)
			https = k;
	}
	(void)printf("ready");
	print_place("sip", sip ? s->listeners[sip->index].address : "none",
		    sip ? sip->port : 0);
	if (https)
		print_place("https", s->https_address, https->port);
	(void)printf("\n");
	(void)fflush(stdout);
}
