#include "release/pin.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_line(int dir_fd, const char *line)
{
	int fd = openat(dir_fd, PIN_FILE,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int err = 0;

	if (fd < 0)
		return errno;
	if (dprintf(fd, "%s\n", line) != (int)strlen(line) + 1)
		err = EIO;
	if (!err && (fsync(fd) || fsync(dir_fd)))
		err = errno;
	(void)close(fd);
	return err;
}

int pin_log(const char *state, const char *vkey)
{
	char folder[1024];
	int n = snprintf(folder, sizeof(folder), "%s/" PIN_FOLDER, state);
	int dir_fd, err;

	if (n < 0 || (size_t)n >= sizeof(folder))
		return EMSGSIZE;
	if (mkdir(folder, 0700) && errno != EEXIST)
		return errno;
	dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return errno;
	err = write_line(dir_fd, vkey);
	(void)close(dir_fd);
	return err;
}
