#include "store/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_SUFFIX ".part"
#define NAME_MAX_BYTES (ID_CHARS + sizeof(PART_SUFFIX))

struct store {
	int folder;
};

struct store_part {
	struct store *store;
	int fd;
	uint8_t name[ID_BYTES];
};

static void body_name(const uint8_t name[ID_BYTES], char to[NAME_MAX_BYTES])
{
	id_text(name, to);
}

static void part_name(const uint8_t name[ID_BYTES], char to[NAME_MAX_BYTES])
{
	id_text(name, to);
	memcpy(to + ID_CHARS, PART_SUFFIX, sizeof(PART_SUFFIX));
}

int store_open(struct store **ret, const char *folder)
{
	struct store *s;
	int err;

	if (mkdir(folder, 0750) && errno != EEXIST)
		return errno;
	s = calloc(1, sizeof(*s));
	if (!s)
		return ENOMEM;
	s->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->folder < 0) {
		err = errno;
		free(s);
		return err;
	}
	*ret = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	close(s->folder);
	free(s);
}

int store_part_open(struct store *s, const uint8_t name[ID_BYTES],
		    struct store_part **ret)
{
	char file[NAME_MAX_BYTES];
	struct store_part *p = calloc(1, sizeof(*p));

	if (!p)
		return ENOMEM;
	part_name(name, file);
	p->store = s;
	memcpy(p->name, name, ID_BYTES);
	p->fd = openat(s->folder, file,
		       O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (p->fd < 0) {
		int err = errno;

		free(p);
		return err;
	}
	*ret = p;
	return 0;
}

int store_part_write(struct store_part *p, uint64_t offset, const void *bytes,
		     size_t len)
{
	const uint8_t *at = bytes;

	while (len) {
		ssize_t n = pwrite(p->fd, at, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EIO;
		at += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int read_at(int fd, uint64_t offset, void *to, size_t len, size_t *got)
{
	uint8_t *at = to;
	size_t have = 0;

	while (have < len) {
		ssize_t n = pread(fd, at + have, len - have,
				  (off_t)(offset + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	*got = have;
	return 0;
}

int store_part_read(struct store_part *p, uint64_t offset, void *to, size_t len,
		    size_t *ret_len)
{
	return read_at(p->fd, offset, to, len, ret_len);
}

int store_part_size(struct store_part *p, uint64_t *ret_size)
{
	struct stat st;

	if (fstat(p->fd, &st))
		return errno;
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

int store_part_finish(struct store_part *p, uint64_t total)
{
	char part[NAME_MAX_BYTES], body[NAME_MAX_BYTES];
	struct stat st;

	part_name(p->name, part);
	body_name(p->name, body);
	if (fstat(p->fd, &st))
		return errno;
	if ((uint64_t)st.st_size != total)
		return EBADMSG;
	if (fsync(p->fd))
		return errno;
	return renameat(p->store->folder, part, p->store->folder, body) ? errno
									: 0;
}

int store_names_sync(struct store *s)
{
	return fsync(s->folder) ? errno : 0;
}

int store_whole(struct store *s, const uint8_t name[ID_BYTES], uint64_t total)
{
	uint64_t size = 0;
	int err = store_size(s, name, &size);

	if (err)
		return err;
	return size == total ? store_names_sync(s) : EBADMSG;
}

void store_part_close(struct store_part *p)
{
	if (!p)
		return;
	close(p->fd);
	free(p);
}

int store_part_delete(struct store *s, const uint8_t name[ID_BYTES])
{
	char file[NAME_MAX_BYTES];

	part_name(name, file);
	return unlinkat(s->folder, file, 0) ? errno : 0;
}

int store_delete(struct store *s, const uint8_t name[ID_BYTES])
{
	char file[NAME_MAX_BYTES];
	int err;

	body_name(name, file);
	if (!unlinkat(s->folder, file, 0))
		return store_names_sync(s);
	if (errno != ENOENT)
		return errno;
	/* gone before, but perhaps not yet for good */
	err = store_names_sync(s);
	return err ? err : ENOENT;
}

int store_sync(struct store *s)
{
	return syncfs(s->folder) ? errno : 0;
}

int store_size(struct store *s, const uint8_t name[ID_BYTES],
	       uint64_t *ret_size)
{
	char file[NAME_MAX_BYTES];
	struct stat st;

	body_name(name, file);
	if (fstatat(s->folder, file, &st, AT_SYMLINK_NOFOLLOW))
		return errno;
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

int store_read(struct store *s, const uint8_t name[ID_BYTES], uint64_t offset,
	       void *to, size_t len, size_t *ret_len)
{
	char file[NAME_MAX_BYTES];
	int fd, err;

	body_name(name, file);
	fd = openat(s->folder, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno;
	err = read_at(fd, offset, to, len, ret_len);
	close(fd);
	return err;
}

int store_list(struct store *s, store_list_h *h, void *arg)
{
	int fd = openat(s->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!dir) {
		int err = errno;

		if (fd >= 0)
			close(fd);
		return err;
	}
	while ((e = readdir(dir))) {
		size_t len = strlen(e->d_name);
		bool part = len == NAME_MAX_BYTES - 1 &&
			    !strcmp(e->d_name + ID_CHARS, PART_SUFFIX);
		uint8_t name[ID_BYTES];

		if (!part && len != ID_CHARS)
			continue;
		if (!id_read((struct text){ e->d_name, ID_CHARS }, name))
			h(arg, name, part);
	}
	closedir(dir);
	return 0;
}
