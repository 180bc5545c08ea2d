#include "tlog/folder.h"
#include "tlog/folder_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

int folder_source_open(struct folder_source *s, const char *dir)
{
	s->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->dir_fd < 0 ? errno : 0;
}

void folder_source_close(struct folder_source *s)
{
	if (s->dir_fd >= 0)
		(void)close(s->dir_fd);
	s->dir_fd = -1;
}

/*
 * Once the full tile stands, partial ones may go; a reader with an older
 * checkpoint then takes what it needs from the full one.
 */
static int read_tile(int dir_fd, struct tile_name name, uint8_t *buf,
		     size_t max, size_t *ret_len)
{
	char path[TILE_PATH_MAX];
	int err;

	tile_path(&name, path);
	err = file_read(dir_fd, path, buf, max, ret_len);
	if (err == ENOENT && name.width < TILE_WIDTH) {
		name.width = TILE_WIDTH;
		tile_path(&name, path);
		err = file_read(dir_fd, path, buf, max, ret_len);
	}
	return err;
}

int folder_fetch(void *arg, const struct tile_name *name, uint8_t *ret,
		 size_t *ret_len)
{
	const struct folder_source *s = arg;
	const size_t want = (size_t)name->width * MERKLE_HASH_BYTES;
	size_t len;
	int err = read_tile(s->dir_fd, *name, ret, TILE_BYTES, &len);

	if (!err)
		*ret_len = len == TILE_BYTES ? want : len;
	return err == EMSGSIZE ? EBADMSG : err;
}

int folder_fetch_bundle(int dir_fd, const struct tile_name *name, uint8_t *buf,
			size_t max, size_t *ret_len)
{
	struct tile_name bundle = { TILE_ENTRIES, name->index, name->width };

	return read_tile(dir_fd, bundle, buf, max, ret_len);
}

int folder_read_note(int dir_fd, char *buf, size_t max, size_t *ret_len)
{
	return file_read(dir_fd, "checkpoint", buf, max, ret_len);
}

/* ---- a folder as a source */

static int source_note(void *arg, char *buf, size_t max, size_t *ret_len)
{
	const struct folder_source *s = arg;

	return folder_read_note(s->dir_fd, buf, max, ret_len);
}

static int source_tile(void *arg, const struct tile_name *name, uint8_t *buf,
		       size_t max, size_t *ret_len)
{
	const struct folder_source *s = arg;

	return read_tile(s->dir_fd, *name, buf, max, ret_len);
}

/* Names in the folder of partial tiles that are widths. */
static int source_partials(void *arg, const struct tile_name *name,
			   bool ret_present[TILE_WIDTH])
{
	const struct folder_source *s = arg;
	struct tile_name partial = { name->level, name->index, 1 };
	char path[TILE_PATH_MAX];
	const struct dirent *e;
	uint64_t width;
	DIR *d;
	int fd;

	tile_path(&partial, path);
	*strrchr(path, '/') = '\0';
	fd = openat(s->dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : errno;
	d = fdopendir(fd);
	if (!d) {
		(void)close(fd);
		return ENOMEM;
	}
	while ((e = readdir(d)))
		if (!text_u64(text_of(e->d_name), 1, TILE_WIDTH - 1, &width))
			ret_present[width] = true;
	(void)closedir(d);
	return 0;
}

void folder_log_source(struct folder_source *s, struct log_source *ret)
{
	*ret = (struct log_source){ s, source_note, source_tile,
				    source_partials };
}
