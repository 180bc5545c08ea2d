/*
 * shim -- preloaded into the recorder, to know what a power cut would leave
 *
 * Writes down every call that changes a disk or makes it durable, with the
 * bytes. At a given call it stops: the process does nothing any more until the
 * driver kills it. Files and folders are known by their inode numbers.
 *
 * Loaded before main(), so it finds its tape by the environment, which the
 * process then clears, and maps it, so that closing descriptors does not
 * matter. It makes no system call that the recorder's own confinement forbids.
 */
/* both names of each call are to be found here, so none may be an alias */
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/power/tape.h"

#define FDS 4096

static struct tape *tape;
static uint64_t file_of[FDS]; /* regular files opened for writing */
static uint64_t seed = 88172645463325252u;

__attribute__((constructor)) static void find_tape(void)
{
	const char *name = getenv("POWER_TAPE");
	int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
	void *at;

	if (fd < 0)
		return;
	at = mmap(NULL, TAPE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		abort();
	seed ^= (uint64_t)getpid() << 20;
	tape = at;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t draw(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* One more call: the last one that is carried out? */
static void step(void)
{
	struct timespec nap = { 0, 1000000 };

	if (!tape || atomic_fetch_add(&tape->ops, 1) < tape->cut_at)
		return;
	atomic_store(&tape->cut_ns, now_ns());
	for (;;)
		nanosleep(&nap, NULL);
}

static void put(enum tape_kind kind, uint64_t folder, uint64_t file,
		uint64_t offset, const char *name, const void *bytes,
		size_t len)
{
	struct tape_entry e = { .kind = kind,
				.file = file,
				.folder = folder,
				.offset = offset,
				.at_ns = now_ns(),
				.len = (uint32_t)len,
				.name_len = name ? (uint32_t)strlen(name) : 0 };
	uint64_t at = tape->used;

	e.total = (uint32_t)(sizeof(e) + e.name_len + len + 7) & ~7u;
	if (at + e.total > TAPE_BYTES - sizeof(*tape)) {
		tape->full = 1;
		return;
	}
	memcpy(tape->entries + at, &e, sizeof(e));
	if (name)
		memcpy(tape->entries + at + sizeof(e), name, e.name_len);
	if (len)
		memcpy(tape->entries + at + sizeof(e) + e.name_len, bytes, len);
	atomic_store(&tape->used, at + e.total);
	if (tape->cut_after != (uint32_t)kind + 1)
		return;
	if (tape->cut_skip)
		tape->cut_skip--;
	else
		atomic_store(&tape->cut_at, atomic_load(&tape->ops));
}

static uint64_t inode(int fd)
{
	struct stat st;
	int kept = errno;
	uint64_t n = fstat(fd, &st) ? 0 : (uint64_t)st.st_ino;

	errno = kept;
	return n;
}

typedef int openat_f(int, const char *, int, ...);
typedef ssize_t pwrite_f(int, const void *, size_t, off_t);
typedef int fd_f(int);
typedef int ftruncate_f(int, off_t);
typedef int renameat_f(int, const char *, int, const char *);
typedef int unlinkat_f(int, const char *, int);

static void *next(const char *name)
{
	void *at = dlsym(RTLD_NEXT, name);

	if (!at)
		abort();
	return at;
}

/* ISO C has no cast from an object's address to a function's. */
#define REAL(type, name)                                                       \
	static type *real;                                                     \
	if (!real)                                                             \
	memcpy(&real, &(void *){ next(name) }, sizeof(real))

static void opened(int dir, const char *path, int flags, int fd, bool fresh)
{
	struct stat st;

	if (!tape || fd < 0 || fd >= FDS || fstat(fd, &st))
		return;
	file_of[fd] = S_ISREG(st.st_mode) && (flags & O_ACCMODE) != O_RDONLY
			      ? (uint64_t)st.st_ino
			      : 0;
	if (fresh && dir >= 0)
		put(TAPE_CREATE, inode(dir), (uint64_t)st.st_ino, 0, path, NULL,
		    0);
}

int openat(int dir, const char *path, int flags, ...)
{
	REAL(openat_f, "openat");
	mode_t mode = 0;
	bool fresh = false;
	int fd;

	if (flags & O_CREAT) {
		va_list ap;
		struct stat st;

		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
		fresh = fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0;
		if (fresh)
			step();
	}
	fd = real(dir, path, flags, mode);
	opened(dir, path, flags, fd, fresh);
	return fd;
}

int openat64(int dir, const char *path, int flags, ...);
int openat64(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return openat(dir, path, flags, mode);
}

ssize_t pwrite(int fd, const void *p, size_t len, off_t offset)
{
	REAL(pwrite_f, "pwrite");
	ssize_t n;

	if (!tape || fd >= FDS || !file_of[fd])
		return real(fd, p, len, offset);
	step();
	n = real(fd, p, len, offset);
	if (n > 0)
		put(TAPE_WRITE, 0, file_of[fd], (uint64_t)offset, NULL, p,
		    (size_t)n);
	return n;
}

ssize_t pwrite64(int fd, const void *p, size_t len, off_t offset);
ssize_t pwrite64(int fd, const void *p, size_t len, off_t offset)
{
	return pwrite(fd, p, len, offset);
}

static int synced(int fd, fd_f *real, enum tape_kind kind, uint32_t delay_us)
{
	struct timespec nap = { 0, 0 };
	uint64_t begun;
	int err;

	if (!tape)
		return real(fd);
	step();
	begun = now_ns();
	if (delay_us) {
		nap.tv_nsec = (long)draw(delay_us) * 1000;
		nanosleep(&nap, NULL);
	}
	if (tape->ops >= tape->fail_at) {
		tape->fail_at = TAPE_NEVER;
		put(kind == TAPE_SYNC ? TAPE_FAILED : TAPE_SYNCFS_FAILED, 0,
		    inode(fd), 0, NULL, NULL, 0);
		errno = EIO;
		return -1;
	}
	err = real(fd);
	if (delay_us && now_ns() - begun > tape->longest_ns)
		tape->longest_ns = now_ns() - begun;
	if (!err)
		put(kind, 0, inode(fd), 0, NULL, NULL, 0);
	return err;
}

int fsync(int fd)
{
	REAL(fd_f, "fsync");
	return synced(fd, real, TAPE_SYNC, 0);
}

int fdatasync(int fd)
{
	REAL(fd_f, "fdatasync");
	return synced(fd, real, TAPE_SYNC, tape ? tape->delay_us : 0);
}

int syncfs(int fd)
{
	REAL(fd_f, "syncfs");
	return synced(fd, real, TAPE_SYNCFS, 0);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	REAL(renameat_f, "renameat");
	int err;

	if (!tape)
		return real(from_dir, from, to_dir, to);
	step();
	err = real(from_dir, from, to_dir, to);
	if (!err)
		put(TAPE_RENAME, inode(from_dir), 0, 0, from, to, strlen(to));
	return err;
}

int unlinkat(int dir, const char *name, int flags)
{
	REAL(unlinkat_f, "unlinkat");
	int err;

	if (!tape)
		return real(dir, name, flags);
	step();
	err = real(dir, name, flags);
	if (!err)
		put(TAPE_UNLINK, inode(dir), 0, 0, name, NULL, 0);
	return err;
}

/* Not used by the code under test: whoever begins to must teach the model. */
#define FORBIDDEN(what)                                                        \
	do {                                                                   \
		if (tape) {                                                    \
			static const char m[] = "shim: " what " is not "       \
						"modelled\n";                  \
			(void)!write(2, m, sizeof(m) - 1);                     \
			abort();                                               \
		}                                                              \
	} while (0)

int ftruncate(int fd, off_t len)
{
	REAL(ftruncate_f, "ftruncate");
	int err;

	if (!tape)
		return real(fd, len);
	step();
	err = real(fd, len);
	if (!err)
		put(TAPE_TRUNCATE, 0, inode(fd), (uint64_t)len, NULL, NULL, 0);
	return err;
}

int ftruncate64(int fd, off_t len);
int ftruncate64(int fd, off_t len)
{
	return ftruncate(fd, len);
}

int rename(const char *from, const char *to)
{
	REAL(renameat_f, "renameat");
	FORBIDDEN("rename");
	return real(AT_FDCWD, from, AT_FDCWD, to);
}

int unlink(const char *name)
{
	REAL(unlinkat_f, "unlinkat");
	FORBIDDEN("unlink");
	return real(AT_FDCWD, name, 0);
}
