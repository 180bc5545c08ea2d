#include "process/keeper/keepfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"

static int read_whole(int fd, uint8_t *buf, size_t max, size_t *ret_len)
{
	size_t len = 0;

	while (len < max) {
		ssize_t n = read(fd, buf + len, max - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (!n) {
			*ret_len = len;
			return 0;
		}
		len += (size_t)n;
	}
	return EMSGSIZE;
}

int keepfile_read(int dir_fd, const char *name, uint8_t *buf, size_t max,
		  size_t *ret_len)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return errno;
	err = read_whole(fd, buf, max, ret_len);
	(void)close(fd);
	return err;
}

int keepfile_replace(int dir_fd, const char *name, const uint8_t *p, size_t len)
{
	char fresh[64];
	int fd, err;

	(void)snprintf(fresh, sizeof(fresh), "%s.new", name);
	fd = openat(dir_fd, fresh,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd < 0)
		return errno;
	err = fd_write_and_close(fd, p, len);
	if (!err && renameat(dir_fd, fresh, dir_fd, name))
		err = errno;
	if (!err && fsync(dir_fd))
		err = errno;
	return err;
}
