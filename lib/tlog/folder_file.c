#include "tlog/folder_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

enum { PATH_BYTES = 96 };

int file_read(int dir_fd, const char *path, void *buf, size_t max,
	      size_t *ret_len)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t len = 0;
	int err = 0;

	if (fd < 0)
		return errno;
	for (;;) {
		uint8_t extra;
		ssize_t n = len < max
				    ? read(fd, (uint8_t *)buf + len, max - len)
				    : read(fd, &extra, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = errno;
		else if (n > 0 && len == max)
			err = EMSGSIZE;
		if (n <= 0 || err)
			break;
		len += (size_t)n;
	}
	(void)close(fd);
	if (!err)
		*ret_len = len;
	return err;
}

static int sync_folder(int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return errno;
	err = fsync(fd) ? errno : 0;
	(void)close(fd);
	return err;
}

/* Make the folders above path; each new one is synced into its parent. */
static int make_folders(int dir_fd, const char *path)
{
	char part[PATH_BYTES], parent[PATH_BYTES] = ".";

	for (const char *s = strchr(path, '/'); s; s = strchr(s + 1, '/')) {
		int err = text_copy(part, sizeof(part),
				    (struct text){ path, (size_t)(s - path) });

		if (err)
			return err;
		if (!mkdirat(dir_fd, part, 0755)) {
			err = sync_folder(dir_fd, parent);
			if (err)
				return err;
		} else if (errno != EEXIST) {
			return errno;
		}
		memcpy(parent, part, sizeof(part));
	}
	return 0;
}

int file_write(int dir_fd, const char *path, const void *p, size_t len,
	       unsigned mode)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
	char part[PATH_BYTES], folder[PATH_BYTES] = ".";
	const char *slash = strrchr(path, '/');
	int fd, err = 0;

	if (strlen(path) + 5 > sizeof(part))
		return EMSGSIZE;
	(void)snprintf(part, sizeof(part), "%s.tmp", path);
	if (slash)
		err = text_copy(folder, sizeof(folder),
				(struct text){ path, (size_t)(slash - path) });
	if (err)
		return err;
	fd = openat(dir_fd, part, flags, (mode_t)mode);
	if (fd < 0 && errno == ENOENT) {
		err = make_folders(dir_fd, path);
		if (err)
			return err;
		fd = openat(dir_fd, part, flags, (mode_t)mode);
	}
	if (fd < 0)
		return errno;
	err = fd_write_and_close(fd, p, len);
	if (!err && renameat(dir_fd, part, dir_fd, path))
		err = errno;
	return err ? err : sync_folder(dir_fd, folder);
}

void file_remove_folder(int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!d) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(d), e->d_name, 0);
	(void)closedir(d);
	(void)unlinkat(dir_fd, path, AT_REMOVEDIR);
}
