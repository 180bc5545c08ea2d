#include "ipc/confine.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/metric.h"

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

/* The range that systemd leaves to services without an entry of their own. */
enum { FALLBACK_ID = 61700 };

int confine_first(void)
{
	struct rlimit none = { 0, 0 };

	/* exec made us dumpable again, and the limit alone would not stop a
	   core that is piped to a program */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || setrlimit(RLIMIT_CORE, &none))
		return errno;
	/* no SSLKEYLOGFILE, no LD_*, nothing that a library would obey */
	if (clearenv())
		return EPERM;
	if (syscall(SYS_close_range, 4u, ~0u, 0u) && errno != ENOSYS)
		return errno;
	return 0;
}

void confine_user(enum role role, uid_t *ret_uid, gid_t *ret_gid)
{
	char name[32];
	const struct passwd *pw;
	const struct group *gr = getgrnam("vaxel");

	(void)snprintf(name, sizeof(name), "vaxel-%s", role_name(role));
	pw = getpwnam(name);
	*ret_uid = pw ? pw->pw_uid : (uid_t)(FALLBACK_ID + 1 + (int)role);
	*ret_gid = gr ? gr->gr_gid : (gid_t)FALLBACK_ID;
}

/*
 * Where the limit of locked memory could not be lifted (a container's root may
 * lack that right), an ordinary user could lock next to nothing: this one
 * capability then stays, and no other.
 */
static int keep_locking(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3,
						   0 };
	struct __user_cap_data_struct data[2] = {
		{ 1u << CAP_IPC_LOCK, 1u << CAP_IPC_LOCK, 0 }, { 0, 0, 0 }
	};

	return syscall(SYS_capset, &header, data) ? errno : 0;
}

static int become_user(enum role role)
{
	struct rlimit lock = { RLIM_INFINITY, RLIM_INFINITY };
	bool limited;
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return 0; /* started by an ordinary user: all are that user */
	limited = !getrlimit(RLIMIT_MEMLOCK, &lock) &&
		  lock.rlim_cur != RLIM_INFINITY;
	confine_user(role, &uid, &gid);
	if ((limited && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)) ||
	    setgroups(0, NULL) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid))
		return errno;
	if (limited && keep_locking())
		return errno;
	return setuid(0) == 0 ? EPERM : 0;
}

/* ---- Landlock: which files */

static uint64_t rights_of(int abi, bool write)
{
	uint64_t rights =
		LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

	if (write)
		rights |= LANDLOCK_ACCESS_FS_WRITE_FILE |
			  LANDLOCK_ACCESS_FS_REMOVE_FILE |
			  LANDLOCK_ACCESS_FS_REMOVE_DIR |
			  LANDLOCK_ACCESS_FS_MAKE_REG |
			  LANDLOCK_ACCESS_FS_MAKE_DIR;
#ifdef LANDLOCK_ACCESS_FS_REFER
	if (write && abi >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
#endif
#ifdef LANDLOCK_ACCESS_FS_TRUNCATE
	if (write && abi >= 3)
		rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
#endif
	(void)abi;
	return rights;
}

static int allow_path(int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	long err;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno;
	err = syscall(SYS_landlock_add_rule, ruleset,
		      LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	(void)close(rule.parent_fd);
	return err ? errno : 0;
}

/* A kernel without Landlock leaves user, mount and seccomp to do it. */
static int enter_landlock(const struct confine *c, int *ret_ruleset)
{
	struct landlock_ruleset_attr attr = { 0 };
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	int ruleset, err = 0;

	*ret_ruleset = -1;
	if (abi < 1 || c->run_program)
		return 0;
	attr.handled_access_fs =
		rights_of(abi, true) | LANDLOCK_ACCESS_FS_EXECUTE |
		LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK |
		LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		LANDLOCK_ACCESS_FS_MAKE_SYM;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr),
			       0);
	if (ruleset < 0)
		return errno;
	for (unsigned i = 0; !err && i < c->path_count; i++)
		err = allow_path(ruleset, c->paths[i].path,
				 rights_of(abi, c->paths[i].write));
	if (err)
		(void)close(ruleset);
	else
		*ret_ruleset = ruleset;
	return err;
}

/* ---- seccomp: which system calls */

static const int calls_of_all[] = {
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(lseek),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(brk),
	SCMP_SYS(madvise),
	SCMP_SYS(mlock),
	SCMP_SYS(munlock),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(eventfd2),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getrandom),
	SCMP_SYS(futex),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(recvfrom),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown),
	SCMP_SYS(fcntl),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(sched_yield),
	SCMP_SYS(tgkill),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(dup),
	SCMP_SYS(dup3),
	SCMP_SYS(pipe2),
	SCMP_SYS(prlimit64),
	SCMP_SYS(getrlimit),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(rseq),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(getrusage),
	SCMP_SYS(kill),
};

static const int calls_of_files[] = {
	SCMP_SYS(open),      SCMP_SYS(openat),     SCMP_SYS(stat),
	SCMP_SYS(lstat),     SCMP_SYS(statx),      SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(getdents64),
	SCMP_SYS(readlink),  SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
	SCMP_SYS(pread64),   SCMP_SYS(pwrite64),   SCMP_SYS(preadv),
	SCMP_SYS(pwritev),   SCMP_SYS(fsync),      SCMP_SYS(fdatasync),
	SCMP_SYS(ftruncate), SCMP_SYS(fallocate),  SCMP_SYS(rename),
	SCMP_SYS(renameat),  SCMP_SYS(renameat2),  SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),  SCMP_SYS(mkdir),      SCMP_SYS(mkdirat),
	SCMP_SYS(rmdir),     SCMP_SYS(flock),      SCMP_SYS(fchmod),
	SCMP_SYS(fchown),    SCMP_SYS(statfs),     SCMP_SYS(fstatfs),
	SCMP_SYS(fadvise64), SCMP_SYS(utimensat),  SCMP_SYS(umask),
	SCMP_SYS(fchdir),    SCMP_SYS(chdir),      SCMP_SYS(syncfs),
};

static const int calls_that_kill[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int allow_all(scmp_filter_ctx f, const int *calls, size_t n)
{
	int err = 0;

	for (size_t i = 0; !err && i < n; i++)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	return err;
}

static int add_memory(scmp_filter_ctx f)
{
	/* argument 2, masked with PROT_EXEC, must be 0 */
	const struct scmp_arg_cmp not_exec = { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC,
					       0 };
	static const unsigned long requests[] = { FIONBIO, FIONREAD };
	int err;

	err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_exec);
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				       not_exec);
	for (size_t i = 0; !err && i < COUNT(requests); i++)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       (struct scmp_arg_cmp){ 1, SCMP_CMP_EQ,
							      requests[i], 0 });
	return err;
}

static int add_sockets(scmp_filter_ctx f, const struct confine *c)
{
	static const int inet[] = { SCMP_SYS(connect), SCMP_SYS(bind),
				    SCMP_SYS(listen) };
	static const int families[] = { AF_INET, AF_INET6 };
	int err = 0;

	if (c->accept || c->inet_sockets)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(accept4), 0);
	if (!err && c->accept)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(accept), 0);
	if (!c->inet_sockets)
		return err ? err
			   : seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS,
					      SCMP_SYS(socket), 0);
	for (size_t i = 0; !err && i < 2; i++)
		err = seccomp_rule_add(
			f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
			(struct scmp_arg_cmp){ 0, SCMP_CMP_EQ,
					       (scmp_datum_t)families[i], 0 });
	return err ? err : allow_all(f, inet, COUNT(inet));
}

static int enter_seccomp(const struct confine *c)
{
	scmp_filter_ctx f;
	int err;

	if (c->run_program)
		return 0;
	f = seccomp_init(SCMP_ACT_TRAP);
	if (!f)
		return ENOMEM;
	if (c->only)
		err = allow_all(f, c->only, c->only_count);
	else
		err = allow_all(f, calls_of_all, COUNT(calls_of_all));
	if (!err && c->files && !c->only)
		err = allow_all(f, calls_of_files, COUNT(calls_of_files));
	if (!err)
		err = add_memory(f);
	if (!err)
		err = add_sockets(f, c);
	for (size_t i = 0; !err && i < COUNT(calls_that_kill); i++)
		err = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS,
				       calls_that_kill[i], 0);
	if (!err)
		err = seccomp_load(f);
	seccomp_release(f);
	return err < 0 ? -err : err;
}

/* An unknown call: as if the kernel did not have it, and counted. */
static void on_sigsys(int number, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	(void)number;
	(void)info;
	metric_add(METRIC_syscalls_denied, 1);
#if defined(__x86_64__)
	u->uc_mcontext.gregs[REG_RAX] = -ENOSYS;
#elif defined(__aarch64__)
	u->uc_mcontext.regs[0] = (unsigned long long)-ENOSYS;
#endif
}

int confine_enter(const struct confine *c)
{
	struct sigaction sa = { .sa_sigaction = on_sigsys,
				.sa_flags = SA_SIGINFO };
	int ruleset, err;

	if (UNDER_SANITIZER)
		return 0;
	err = enter_landlock(c, &ruleset);
	if (!err)
		err = become_user(c->role);
	if (!err && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		err = errno;
	if (!err && !c->run_program && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = errno;
	if (!err && ruleset >= 0 &&
	    syscall(SYS_landlock_restrict_self, ruleset, 0))
		err = errno;
	if (ruleset >= 0)
		(void)close(ruleset);
	if (!err && sigaction(SIGSYS, &sa, NULL))
		err = errno;
	return err ? err : enter_seccomp(c);
}
