#include "probe/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { STARTING_ROUNDS = 10, STARTING_MS = 300 };
enum { STATUS_MAX = 8192, CHILDREN_MAX = 256, ROLE_TEXT_MAX = 32 };

struct child {
	pid_t pid;
	char role[ROLE_TEXT_MAX];
	struct confinement c;
};

/* ---- /proc/PID/status */

static struct text field(struct text status, const char *name)
{
	size_t n = strlen(name);

	while (status.len) {
		struct text line = text_cut(&status, '\n');

		if (line.len <= n || memcmp(line.p, name, n) ||
		    line.p[n] != ':')
			continue;
		line.p += n + 1;
		line.len -= n + 1;
		while (line.len && (*line.p == ' ' || *line.p == '\t')) {
			line.p++;
			line.len--;
		}
		return text_cut(&line, '\t');
	}
	return (struct text){ "", 0 };
}

static int number(struct text status, const char *name, uint64_t max,
		  uint64_t *ret)
{
	return text_u64(field(status, name), 0, max, ret);
}

static int hex_number(struct text status, const char *name, uint64_t *ret)
{
	char digits[17], *end;
	struct text t = field(status, name);

	if (t.len != 16 || text_copy(digits, sizeof(digits), t))
		return EBADMSG;
	*ret = strtoull(digits, &end, 16);
	return *end ? EBADMSG : 0;
}

int confinement_read(struct text status, struct confinement *ret)
{
	uint64_t parent, uid, seccomp, privs, permitted, effective;

	if (number(status, "PPid", INT32_MAX, &parent) ||
	    number(status, "Uid", UINT32_MAX, &uid) ||
	    number(status, "Seccomp", 2, &seccomp) ||
	    number(status, "NoNewPrivs", 1, &privs) ||
	    hex_number(status, "CapPrm", &permitted) ||
	    hex_number(status, "CapEff", &effective))
		return EBADMSG;
	*ret = (struct confinement){ .parent = (pid_t)parent,
				     .uid = (uid_t)uid,
				     .capabilities = permitted | effective,
				     .seccomp = (unsigned)seccomp,
				     .no_new_privs = privs == 1 };
	return 0;
}

/* Terminated, as far as it fits. */
static int read_small(const char *path, char *to, size_t max, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return errno;
	n = read(fd, to, max - 1);
	(void)close(fd);
	if (n < 0)
		return EIO;
	to[n] = '\0';
	*ret_len = (size_t)n;
	return 0;
}

static int read_of(pid_t pid, const char *file, char *to, size_t max,
		   size_t *ret_len)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return read_small(path, to, max, ret_len);
}

/* ---- which they are */

/* The third word of "vaxel process ROLE". */
static int read_role(pid_t pid, char role[ROLE_TEXT_MAX])
{
	char line[256];
	size_t len, at;
	int err = read_of(pid, "cmdline", line, sizeof(line), &len);

	if (err)
		return err;
	at = strlen(line) + 1;
	if (at >= len || strcmp(line + at, "process") != 0)
		return ENOENT;
	at += sizeof("process");
	return at < len ? text_copy(role, ROLE_TEXT_MAX, text_of(line + at))
			: ENOENT;
}

static bool is_child(pid_t pid, pid_t parent, struct child *ret)
{
	char status[STATUS_MAX];
	size_t len;

	ret->pid = pid;
	return !read_of(pid, "status", status, sizeof(status), &len) &&
	       !confinement_read((struct text){ status, len }, &ret->c) &&
	       ret->c.parent == parent && !read_role(pid, ret->role);
}

static unsigned list_children(pid_t parent, struct child *list)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	unsigned n = 0;

	while (d && n < CHILDREN_MAX && (e = readdir(d)) != NULL) {
		uint64_t pid;

		if (!text_u64(text_of(e->d_name), 1, INT32_MAX, &pid) &&
		    (pid_t)pid != getpid() &&
		    is_child((pid_t)pid, parent, &list[n]))
			n++;
	}
	if (d)
		(void)closedir(d);
	return n;
}

/* Those that live for one piece of work have rights until it begins. */
static bool is_for_a_while(const struct child *c)
{
	return !strcmp(c->role, "renderer") || !strcmp(c->role, "prober");
}

static bool is_starting(const struct child *c)
{
	return c->c.seccomp != 2 && !is_for_a_while(c);
}

/* One that was just started has a moment to confine itself. */
static unsigned list_confined(pid_t parent, struct child *list)
{
	unsigned n = 0;

	for (int round = 0; round < STARTING_ROUNDS; round++) {
		bool starting = false;

		n = list_children(parent, list);
		for (unsigned i = 0; i < n; i++)
			starting |= is_starting(&list[i]);
		if (!starting)
			break;
		(void)!poll(NULL, 0, STARTING_MS);
	}
	return n;
}

/* ---- what is wrong with one */

static bool may_dump(const struct child *c)
{
	char path[64], limits[STATUS_MAX];
	struct stat st;
	size_t len;

	/* files there belong to root, though its user is another, of one that
	   is not dumpable (proc(5)) */
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)c->pid);
	if (c->c.uid && !stat(path, &st) && st.st_uid == c->c.uid)
		return true;
	if (read_of(c->pid, "limits", limits, sizeof(limits), &len))
		return false;
	return !strstr(limits, "Max core file size        0 ");
}

static void judge(struct probe *p, const struct child *c)
{
	static const char mend[] = "start the node anew from the program as it "
				   "was built; nobody but its parent starts it";
	/* to lock memory, where the limit could not be lifted */
	const uint64_t allowed = 1ull << CAP_IPC_LOCK;
	char name[64];

	(void)snprintf(name, sizeof(name), "process %s", c->role);
	if (!probe_step(p, name))
		return;
	if (c->c.seccomp != 2)
		probe_fault(
			p, "GDPR-32-OPEN", name, mend,
			"it may make every system call (no seccomp filter)");
	if (!c->c.no_new_privs)
		probe_fault(p, "GDPR-32-OPEN", name, mend,
			    "it may gain rights (no_new_privs is not set)");
	if (c->c.capabilities & ~allowed)
		probe_fault(p, "GDPR-32-OPEN", name, mend,
			    "it holds rights of root (capabilities %llx)",
			    (unsigned long long)c->c.capabilities);
	if (!c->c.uid && !geteuid())
		probe_fault(p, "GDPR-32-OPEN", name, mend, "it runs as root");
	if (may_dump(c))
		probe_fault(p, "GDPR-32-PLAIN", name, mend,
			    "its memory may be written to a core file");
}

static void judge_users(struct probe *p, const struct child *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < i; k++)
			if (list[i].c.uid == list[k].c.uid &&
			    strcmp(list[i].role, list[k].role) != 0) {
				probe_weakness(
					p, "GDPR-32-OPEN", "processes",
					"start the node as root, so that each "
					"becomes a user of its own",
					"%s and %s are one user, who may read "
					"the files of both",
					list[k].role, list[i].role);
				return;
			}
}

static void judge_kernel(struct probe *p)
{
	char lsm[512];
	size_t len;

	if (read_small("/sys/kernel/security/lsm", lsm, sizeof(lsm), &len) ||
	    strstr(lsm, "landlock"))
		return;
	probe_weakness(p, "GDPR-32-OPEN", "kernel",
		       "boot with landlock among lsm=, or a newer kernel",
		       "it has no Landlock, so only users keep the processes "
		       "from each other's files");
}

int probe_processes_of(struct probe *p, pid_t parent)
{
	struct child *list = calloc(CHILDREN_MAX, sizeof(*list));
	unsigned n;

	if (!list)
		return ENOMEM;
	n = list_confined(parent, list);
	for (unsigned i = 0; i < n; i++)
		if (!is_for_a_while(&list[i]))
			judge(p, &list[i]);
	judge_users(p, list, n);
	judge_kernel(p);
	free(list);
	return n ? 0 : ENOENT;
}

/* Who made the local socket to which this goes: the parent. */
static pid_t parent_of(const char *runtime)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct ucred who = { 0 };
	socklen_t len = sizeof(who);
	int fd;

	if (snprintf(at.sun_path, sizeof(at.sun_path), "%s/control.sock",
		     runtime) >= (int)sizeof(at.sun_path))
		return 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len))
		who.pid = 0;
	(void)close(fd);
	return who.pid;
}

int probe_processes(struct probe *p, const char *runtime)
{
	pid_t parent = parent_of(runtime);

	return parent > 0 ? probe_processes_of(p, parent) : ENOENT;
}
