#include "process/recorder/journal.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/metric.h"

#define NAME_CHARS 16
#define SUFFIX ".spool"
#define FILE_NAME_BYTES (NAME_CHARS + sizeof(SUFFIX))
#define SEGMENT_LEAST ((uint64_t)64 * 1024)
#define SEGMENT_MOST ((uint64_t)64 * 1024 * 1024)

struct segment {
	uint64_t number;
	uint64_t bytes;
};

struct journal {
	int folder;
	int fd; /* of the current segment, -1: none yet */
	uint64_t max_bytes;
	uint64_t segment_bytes;
	struct segment *segments; /* by number, the current one last */
	size_t count, room;
	uint64_t last;    /* highest number ever used */
	uint64_t pinned;  /* segments up to this one stay */
	uint64_t bytes;   /* of all segments */
	uint64_t written; /* of the current one */
	uint64_t synced;  /* of the current one */
	bool unsynced;    /* bytes were written since the last sync */
	struct writer w;
	uint8_t buffer[JOURNAL_BUFFER_BYTES];
};

static void segment_name(uint64_t number, char to[FILE_NAME_BYTES])
{
	(void)snprintf(to, FILE_NAME_BYTES, "%016" PRIx64 SUFFIX, number);
}

static int read_name(const char *name, uint64_t *ret)
{
	uint8_t raw[8];
	struct reader r;

	if (strlen(name) != FILE_NAME_BYTES - 1 ||
	    strcmp(name + NAME_CHARS, SUFFIX) != 0 ||
	    hex_read((struct text){ name, NAME_CHARS }, raw, sizeof(raw)))
		return EBADMSG;
	r = reader_on(raw, sizeof(raw));
	return reader_u64(&r, ret);
}

static int add_segment(struct journal *j, uint64_t number, uint64_t bytes)
{
	if (j->count == j->room) {
		size_t room = j->room ? 2 * j->room : 64;
		struct segment *more =
			realloc(j->segments, room * sizeof(*more));

		if (!more)
			return ENOMEM;
		j->segments = more;
		j->room = room;
	}
	j->segments[j->count++] = (struct segment){ number, bytes };
	j->bytes += bytes;
	if (number > j->last)
		j->last = number;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static int list_segments(struct journal *j)
{
	int fd = openat(j->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int err = 0;

	if (!dir) {
		err = errno;
		if (fd >= 0)
			(void)close(fd);
		return err;
	}
	while (!err && (e = readdir(dir))) {
		uint64_t number;
		struct stat st;

		if (read_name(e->d_name, &number))
			continue;
		if (fstatat(j->folder, e->d_name, &st, AT_SYMLINK_NOFOLLOW))
			err = errno;
		else
			err = add_segment(j, number, (uint64_t)st.st_size);
	}
	(void)closedir(dir);
	if (j->count)
		qsort(j->segments, j->count, sizeof(*j->segments), by_number);
	return err;
}

int journal_open(struct journal **ret, const char *folder, uint64_t max_bytes)
{
	struct journal *j = calloc(1, sizeof(*j));
	int err = 0;

	if (!j)
		return ENOMEM;
	j->fd = -1;
	j->max_bytes = max_bytes;
	j->segment_bytes = max_bytes / 16;
	if (j->segment_bytes < SEGMENT_LEAST)
		j->segment_bytes = SEGMENT_LEAST;
	if (j->segment_bytes > SEGMENT_MOST)
		j->segment_bytes = SEGMENT_MOST;
	j->w = writer_on(j->buffer, sizeof(j->buffer));
	j->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->folder < 0 || flock(j->folder, LOCK_EX | LOCK_NB))
		err = errno;
	if (!err)
		err = list_segments(j);
	if (err) {
		journal_close(j);
		return err;
	}
	*ret = j;
	return 0;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		(void)close(j->fd);
	if (j->folder >= 0)
		(void)close(j->folder);
	free(j->segments);
	free(j);
}

static int open_segment(const struct journal *j, uint64_t number, int *ret)
{
	char name[FILE_NAME_BYTES];

	segment_name(number, name);
	*ret = openat(j->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return *ret < 0 ? errno : 0;
}

static ssize_t read_some(int fd, uint8_t *to, size_t len, uint64_t offset)
{
	ssize_t n;

	do {
		n = pread(fd, to, len, (off_t)offset);
	} while (n < 0 && errno == EINTR);
	return n;
}

/* buf holds JOURNAL_BUFFER_BYTES; read on until the first bad record. */
static int scan_segment(int fd, uint64_t number, uint8_t *buf,
			journal_record_h *h, void *arg)
{
	uint64_t offset = 0;

	for (;;) {
		ssize_t n = read_some(fd, buf, JOURNAL_BUFFER_BYTES, offset);
		struct spool_record rec;
		struct reader r;
		int err = 0;

		if (n <= 0)
			return n < 0 ? errno : 0;
		r = reader_on(buf, (size_t)n);
		while (!err && !spool_next(&r, &rec)) {
			struct journal_place place = {
				number, offset + (uint64_t)(rec.raw.p - buf),
				(uint32_t)rec.raw.len
			};

			err = h(arg, &rec, &place);
		}
		if (err)
			return err;
		/* a record cut by the buffer's end is read again, from its
		   beginning; one that is bad there too ends the segment */
		if (r.at == buf)
			return 0;
		offset += (uint64_t)(r.at - buf);
	}
}

int journal_scan(struct journal *j, journal_record_h *h, void *arg)
{
	int err = 0;

	assert(j->fd < 0 && !j->w.len);
	for (size_t i = 0; !err && i < j->count; i++) {
		int fd;

		err = open_segment(j, j->segments[i].number, &fd);
		if (err)
			break;
		if (fdatasync(fd))
			err = errno;
		else
			err = scan_segment(fd, j->segments[i].number, j->buffer,
					   h, arg);
		(void)close(fd);
	}
	return err;
}

int journal_read(struct journal *j, const struct journal_place *place,
		 uint8_t *buf)
{
	size_t have = 0;
	int fd, err = open_segment(j, place->segment, &fd);

	while (!err && have < place->len) {
		ssize_t n = read_some(fd, buf + have, place->len - have,
				      place->offset + have);

		if (n <= 0)
			err = n < 0 ? errno : ENOENT;
		else
			have += (size_t)n;
	}
	if (fd >= 0)
		(void)close(fd);
	return err;
}

/* The new name must be durable before anything in the file is called so. */
static int begin_segment(struct journal *j)
{
	char name[FILE_NAME_BYTES];
	int err, fd;

	segment_name(j->last + 1, name);
	fd = openat(j->folder, name,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno;
	err = add_segment(j, j->last + 1, 0);
	if (!err && fsync(j->folder))
		err = errno;
	if (err) {
		(void)close(fd);
		return err;
	}
	j->fd = fd;
	j->written = j->synced = 0;
	j->unsynced = false;
	return 0;
}

/*
 * What was written since the last sync may never reach the disk, however often
 * it is synced, and yet be read back. So it is cut off: whoever reads the
 * segment after us shall not find it and call it durable.
 */
void journal_give_up(struct journal *j)
{
	if (j->fd >= 0 && j->unsynced && ftruncate(j->fd, (off_t)j->synced))
		log_error("a failed file of the spool cannot be cut: %s",
			  strerror(errno));
	if (j->fd >= 0)
		(void)close(j->fd);
	j->fd = -1;
	j->w = writer_on(j->buffer, sizeof(j->buffer));
	j->unsynced = false;
}

static int write_buffer(struct journal *j)
{
	const uint8_t *p = j->w.buf;
	size_t left = j->w.len;

	while (left) {
		ssize_t n = pwrite(j->fd, p, left, (off_t)j->written);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EIO;
		p += n;
		left -= (size_t)n;
		j->written += (uint64_t)n;
		j->bytes += (uint64_t)n;
		j->segments[j->count - 1].bytes += (uint64_t)n;
		j->unsynced = true;
	}
	j->w.len = 0;
	return 0;
}

int journal_room(struct journal *j, bool closing, struct writer **ret_w)
{
	int err = 0;

	if (!closing && j->bytes + j->w.len + SPOOL_RECORD_MAX > j->max_bytes)
		return ENOSPC;
	if (j->fd < 0)
		err = begin_segment(j);
	if (!err && j->w.max - j->w.len < SPOOL_RECORD_MAX)
		err = write_buffer(j);
	if (err)
		return err;
	*ret_w = &j->w;
	return 0;
}

void journal_added(struct journal *j)
{
	assert(!j->w.full && j->w.len % SPOOL_ALIGN == 0);
}

uint64_t journal_segment(const struct journal *j)
{
	/* one that is not yet begun will have the next number */
	return j->fd < 0 ? j->last + 1 : j->last;
}

uint64_t journal_offset(const struct journal *j)
{
	return (j->fd < 0 ? 0 : j->written) + j->w.len;
}

bool journal_dirty(const struct journal *j)
{
	return j->w.len || j->unsynced;
}

int journal_commit(struct journal *j)
{
	uint64_t before;
	int err;

	if (!journal_dirty(j))
		return 0;
	err = write_buffer(j);
	before = clock_mono_ns();
	if (!err && fdatasync(j->fd))
		err = errno;
	metric_add(METRIC_spool_fsyncs, 1);
	metric_add(METRIC_spool_fsync_us, (clock_mono_ns() - before) / 1000);
	metric_set(METRIC_spool_bytes, j->bytes);
	if (err) {
		journal_give_up(j);
		return err;
	}
	j->unsynced = false;
	j->synced = j->written;
	/* between commits alone: a commit never spans two files */
	if (j->written >= j->segment_bytes)
		journal_give_up(j);
	return 0;
}

int journal_turn(struct journal *j)
{
	if (journal_dirty(j))
		return EAGAIN;
	journal_give_up(j);
	return begin_segment(j);
}

void journal_pin(struct journal *j, uint64_t segment)
{
	j->pinned = segment;
}

static size_t first_unpinned(const struct journal *j)
{
	size_t i = 0;

	while (i < j->count && j->segments[i].number <= j->pinned)
		i++;
	return i;
}

int journal_trim(struct journal *j, uint64_t needed)
{
	size_t at = first_unpinned(j);
	char name[FILE_NAME_BYTES];

	/* never the one that is being written, nor the last: its number must
	   not be given twice */
	if (at + 1 >= j->count || j->segments[at].number >= needed)
		return 0;
	segment_name(j->segments[at].number, name);
	if (unlinkat(j->folder, name, 0) && errno != ENOENT)
		return errno;
	if (fsync(j->folder))
		return errno;
	j->bytes -= j->segments[at].bytes;
	memmove(&j->segments[at], &j->segments[at + 1],
		(j->count - at - 1) * sizeof(*j->segments));
	j->count--;
	metric_set(METRIC_spool_bytes, j->bytes);
	return 0;
}

uint64_t journal_oldest(const struct journal *j)
{
	size_t at = first_unpinned(j);

	return at < j->count ? j->segments[at].number : journal_segment(j);
}

bool journal_has(const struct journal *j, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < j->count; i++)
		if (j->segments[i].number >= from && j->segments[i].number < to)
			return true;
	return false;
}

uint64_t journal_bytes(const struct journal *j)
{
	return j->bytes;
}

bool journal_crowded(const struct journal *j)
{
	return j->bytes > j->max_bytes / 2 && j->count > 2;
}
