/*
 * A spool file as the recorder reads it when it starts: any bytes, one
 * segment, through the real file reading.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "process/recorder/journal.c" /* a process, not in the library */

static char folder[] = "/tmp/vaxel-fuzz-XXXXXX";

static int see(void *arg, const struct spool_record *rec,
	       const struct journal_place *place)
{
	struct journal *j = arg;
	static uint8_t again[SPOOL_RECORD_MAX];
	struct spool_start start;
	struct spool_event event;
	struct spool_done done;

	if (rec->raw.len != place->len || place->len > sizeof(again) ||
	    journal_read(j, place, again) ||
	    memcmp(again, rec->raw.p, place->len) != 0)
		abort();
	(void)!spool_read_start(rec, &start);
	(void)!spool_read_event(rec, &event);
	(void)!spool_read_done(rec, &done);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool made;
	struct journal *j;
	char path[128];
	int fd;

	if (!made && !mkdtemp(folder))
		abort();
	made = true;
	(void)snprintf(path, sizeof(path), "%s/%016x.spool", folder, 1);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	(void)close(fd);
	if (journal_open(&j, folder, (uint64_t)1 << 20))
		abort();
	if (journal_scan(j, see, j))
		abort();
	journal_close(j);
	(void)unlink(path);
	return 0;
}
