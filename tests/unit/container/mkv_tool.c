/*
 * mkv_tool -- lib/container as a small command, for tests against other
 * programs
 *
 *   mkv_tool tones CALLER NURSE MS [LOST-FROM LOST-TO]   to standard output;
 *            CALLER and NURSE: pcma, pcmu, g722, opus
 *   mkv_tool info                  what the reader finds in standard input
 *
 * It is not installed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "container/mkv_read.h"
#include "tests/unit/container/tones.h"

enum { ALL_MAX = 16 << 20 };

static uint8_t buf[ALL_MAX];

static enum codec codec_of(const char *name)
{
	static const char *const names[] = { "pcma", "pcmu", "g722", "opus" };

	for (unsigned i = 0; i < 4; i++)
		if (!strcmp(name, names[i]))
			return (enum codec)i;
	exit(2);
}

static unsigned number(const char *t)
{
	uint64_t n;

	if (text_u64(text_of(t), 0, 3600000, &n))
		exit(2);
	return (unsigned)n;
}

static int tones(char **arg, int count)
{
	struct writer w = writer_on(buf, sizeof(buf));
	struct tones t;

	if (count != 3 && count != 5)
		return 2;
	t = (struct tones){ codec_of(arg[0]), codec_of(arg[1]), number(arg[2]),
			    count == 5 ? number(arg[3]) : 0,
			    count == 5 ? number(arg[4]) : 0 };
	if (tones_write(&t, &w))
		return 1;
	return fwrite(buf, 1, w.len, stdout) == w.len ? 0 : 1;
}

static int info(void)
{
	size_t len = fread(buf, 1, sizeof(buf), stdin);
	const struct mkv_info *i;
	struct mkv_reader *r;
	int err;

	if (mkv_reader_new(&r, NULL, NULL))
		return 1;
	err = mkv_reader_feed(r, (struct bytes){ buf, len });
	if (!err)
		err = mkv_reader_end(r);
	i = mkv_reader_info(r);
	(void)printf("{\"error\":%d,\"whole\":%ju,\"length\":%ju,\"tracks\":[",
		     err, (uintmax_t)i->whole_bytes, (uintmax_t)i->length_ms);
	for (size_t k = 0; k < i->track_count; k++) {
		const struct mkv_track_info *t = &i->tracks[k];

		(void)printf("%s{\"number\":%ju,\"blocks\":%ju,\"first\":%ju,"
			     "\"end\":%ju,\"gaps\":%ju,\"gap\":%ju}",
			     k ? "," : "", (uintmax_t)t->number,
			     (uintmax_t)t->blocks, (uintmax_t)t->first_ms,
			     (uintmax_t)t->end_ms, (uintmax_t)t->gaps,
			     (uintmax_t)t->gap_ms);
	}
	(void)printf("]}\n");
	mkv_reader_free(r);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 2 && !strcmp(argv[1], "tones"))
		return tones(argv + 2, argc - 2);
	if (argc == 2 && !strcmp(argv[1], "info"))
		return info();
	return 2;
}
