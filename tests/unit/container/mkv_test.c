#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "container/mkv_read.h"
#include "tests/unit/container/tones.h"

enum { MAX = 1 << 20 };

static uint8_t file[MAX];
static size_t file_len;

static int setup(void **state)
{
	struct writer w = writer_on(file, sizeof(file));
	struct tones t = { CODEC_PCMA, CODEC_OPUS, 2000, 600, 800 };

	(void)state;
	if (tones_write(&t, &w))
		return 1;
	file_len = w.len;
	return 0;
}

struct seen {
	uint64_t blocks;
	uint64_t last_at;
	char mark[16];
};

static void on_block(void *arg, const struct mkv_block *b)
{
	struct seen *s = arg;

	s->blocks++;
	s->last_at = b->at_ms;
	if (b->track == MKV_MARK_TRACK + 1) {
		assert_int_equal(b->at_ms, 1000);
		assert_int_equal(b->duration_ms, 500);
		memcpy(s->mark, b->payload.p, b->payload.len);
	}
}

/* For damaged files: reads every byte that it is shown, believes none. */
static void on_any_block(void *arg, const struct mkv_block *b)
{
	struct seen *s = arg;

	s->blocks++;
	for (size_t i = 0; i < b->payload.len; i++)
		s->last_at += b->payload.p[i];
}

/* In pieces of `step` bytes; the verdict of feed or end. */
static int read_in_steps(const uint8_t *p, size_t len, size_t step,
			 mkv_block_h *block, struct mkv_info *info,
			 struct seen *seen)
{
	struct mkv_reader *r;
	int err = 0;

	assert_int_equal(mkv_reader_new(&r, block, seen), 0);
	for (size_t at = 0; !err && at < len; at += step)
		err = mkv_reader_feed(
			r, (struct bytes){ p + at,
					   len - at < step ? len - at : step });
	if (!err)
		err = mkv_reader_end(r);
	*info = *mkv_reader_info(r);
	mkv_reader_free(r);
	return err;
}

static void the_reader_finds_what_was_written(void **state)
{
	static const size_t steps[] = { MAX, 1, 7, 4096 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct seen seen = { .blocks = 0 };
		struct mkv_info info;

		assert_int_equal(read_in_steps(file, file_len, steps[i],
					       on_block, &info, &seen),
				 0);
		assert_int_equal(info.track_count, 3);
		assert_int_equal(info.tracks[0].codec, CODEC_PCMA);
		assert_int_equal(info.tracks[0].blocks, 90);
		assert_int_equal(info.tracks[0].bytes, 90 * 160);
		assert_int_equal(info.tracks[0].first_ms, 0);
		assert_int_equal(info.tracks[0].end_ms, 2000);
		assert_int_equal(info.tracks[0].gaps, 1);
		assert_int_equal(info.tracks[0].gap_ms, 200);
		assert_int_equal(info.tracks[1].codec, CODEC_OPUS);
		assert_int_equal(info.tracks[1].blocks, 75);
		assert_int_equal(info.tracks[1].first_ms, 500);
		assert_int_equal(info.tracks[1].gaps, 0);
		assert_true(info.tracks[2].text);
		assert_int_equal(info.tracks[2].blocks, 1);
		assert_int_equal(info.length_ms, 2000);
		assert_int_equal(info.clusters, 2);
		assert_int_equal(info.whole_bytes, file_len);
		assert_int_equal(seen.blocks, 166);
		assert_string_equal(seen.mark, "hold");
	}
}

/*
 * Cut anywhere, it reads up to the last whole block, and what is whole at one
 * cut is whole at every later one.
 */
static void a_file_cut_anywhere_reads_up_to_there(void **state)
{
	uint64_t whole = 0, blocks = 0;

	(void)state;
	for (size_t cut = 0; cut <= file_len; cut++) {
		struct seen seen = { .blocks = 0 };
		struct mkv_info info;
		int err = read_in_steps(file, cut, MAX, on_block, &info, &seen);

		assert_true(err == 0 || err == EBADMSG);
		assert_true(info.whole_bytes <= cut);
		assert_true(info.whole_bytes >= whole);
		assert_true(seen.blocks >= blocks && seen.blocks <= blocks + 1);
		whole = info.whole_bytes;
		blocks = seen.blocks;
		/* 0 exactly at the borders of elements; a master's header may
		 * stand between */
		if (whole == cut && info.track_count)
			assert_int_equal(err, 0);
	}
	assert_int_equal(blocks, 166);
}

/* The size of what it costs, and that nothing is written where it won't fit. */
static void frames_cost_little_and_never_tear(void **state)
{
	static const enum codec codecs[] = { CODEC_PCMA, CODEC_PCMU,
					     CODEC_NONE };
	uint8_t buf[MKV_HEAD_MAX], payload[160] = { 0 };
	struct writer w = writer_on(buf, sizeof(buf));
	struct mkv_writer m, before;

	(void)state;
	assert_int_equal(mkv_begin(&m, codecs, 0, &w), 0);
	w = writer_on(buf, sizeof(buf));
	assert_int_equal(
		mkv_frame(&m, 0, 0, (struct bytes){ payload, 160 }, &w), 0);
	assert_true(w.len <= 160 + MKV_BLOCK_OVERHEAD);
	w.len = 0;
	assert_int_equal(
		mkv_frame(&m, 1, 20, (struct bytes){ payload, 160 }, &w), 0);
	assert_int_equal(w.len, 160 + 7);
	before = m;
	w = writer_on(buf, 160 + MKV_BLOCK_OVERHEAD - 1);
	assert_int_equal(
		mkv_frame(&m, 1, 5000, (struct bytes){ payload, 160 }, &w),
		EMSGSIZE);
	assert_int_equal(mkv_mark(&m, 5000, 1,
				  (struct text){ (char *)payload, 160 }, &w),
			 EMSGSIZE);
	assert_int_equal(w.len, 0);
	assert_false(w.full);
	assert_memory_equal(&m, &before, sizeof(m));
}

static void wrong_use_is_refused(void **state)
{
	static const enum codec none[] = { CODEC_NONE, CODEC_NONE, CODEC_NONE };
	static const enum codec one[] = { CODEC_NONE, CODEC_G722, CODEC_NONE };
	static uint8_t buf[4096], payload[MKV_FRAME_MAX + 1];
	struct writer w = writer_on(buf, sizeof(buf));
	struct bytes p = { payload, 160 };
	struct mkv_writer m;

	(void)state;
	assert_int_equal(mkv_begin(&m, none, 0, &w), EINVAL);
	assert_int_equal(mkv_begin(&m, one, 0, &w), 0);
	assert_int_equal(mkv_frame(&m, 0, 0, p, &w), EINVAL);
	assert_int_equal(mkv_frame(&m, 3, 0, p, &w), EINVAL);
	assert_int_equal(mkv_frame(&m, 1, 0, (struct bytes){ payload, 0 }, &w),
			 EINVAL);
	assert_int_equal(mkv_frame(&m, 1, 0,
				   (struct bytes){ payload, MKV_FRAME_MAX + 1 },
				   &w),
			 EMSGSIZE);
	assert_int_equal(mkv_frame(&m, 1, 40000, p, &w), 0);
	assert_int_equal(mkv_frame(&m, 1, 10000, p, &w), 0);
	assert_int_equal(mkv_frame(&m, 1, 9999, p, &w), EINVAL);
	assert_int_equal(mkv_mark(&m, 9999, 0, TEXT("x"), &w), EINVAL);
	assert_int_equal(mkv_mark(&m, 40000, 0, TEXT(""), &w), EINVAL);
}

/* Three tracks, all codecs, late blocks: as the file that is kept beside. */
static void the_bytes_are_those_of_the_golden_file(void **state)
{
	static const enum codec codecs[] = { CODEC_PCMA, CODEC_G722,
					     CODEC_OPUS };
	static uint8_t buf[8192], want[8192];
	struct writer w = writer_on(buf, sizeof(buf));
	uint8_t payload[160];
	struct mkv_writer m;
	char path[4096];
	size_t len;
	FILE *f;

	(void)state;
	memset(payload, 0x55, sizeof(payload));
	assert_int_equal(mkv_begin(&m, codecs, 1795295100125, &w), 0);
	assert_int_equal(w.len <= MKV_HEAD_MAX, 1);
	for (uint64_t ms = 0; ms < 1100; ms += 100) {
		assert_int_equal(mkv_frame(&m, 0, ms,
					   (struct bytes){ payload, 160 }, &w),
				 0);
		assert_int_equal(mkv_frame(&m, 1, ms + 3,
					   (struct bytes){ payload, 100 }, &w),
				 0);
		assert_int_equal(mkv_frame(&m, 2, ms / 2,
					   (struct bytes){ payload, 3 }, &w),
				 0);
	}
	assert_int_equal(mkv_mark(&m, 1050, 10, TEXT("transfer"), &w), 0);
	(void)snprintf(path, sizeof(path), "%s/tests/golden/recording.mka",
		       getenv("SOURCE") ? getenv("SOURCE") : ".");
	f = fopen(path, "rb");
	if (!f && getenv("GOLDEN_WRITE")) {
		f = fopen(path, "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(buf, 1, w.len, f), w.len);
		assert_int_equal(fclose(f), 0);
		return;
	}
	assert_non_null(f);
	len = fread(want, 1, sizeof(want), f);
	(void)fclose(f);
	assert_int_equal(len, w.len);
	assert_memory_equal(buf, want, len);
}

static void payloads_say_how_long_they_are(void **state)
{
	static const struct {
		enum codec codec;
		uint8_t p[4];
		size_t len;
		unsigned ms;
	} rows[] = {
		{ CODEC_PCMA, { 0 }, 4, 0 },
		{ CODEC_OPUS, { 0x00 }, 1, 10 },    /* SILK 10 ms */
		{ CODEC_OPUS, { 0x18 }, 1, 60 },    /* SILK 60 ms */
		{ CODEC_OPUS, { 0x78 }, 1, 20 },    /* hybrid 20 ms */
		{ CODEC_OPUS, { 0xf8 }, 1, 20 },    /* CELT 20 ms */
		{ CODEC_OPUS, { 0xf9 }, 1, 40 },    /* two of them */
		{ CODEC_OPUS, { 0x80 }, 1, 2 },     /* CELT 2.5 ms */
		{ CODEC_OPUS, { 0xfb, 3 }, 2, 60 }, /* three of 20 ms */
		{ CODEC_OPUS, { 0xfb }, 1, 0 },     /* cut */
		{ CODEC_NONE, { 0 }, 4, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(mkv_payload_ms(rows[i].codec,
						(struct bytes){ rows[i].p,
								rows[i].len }),
				 rows[i].ms);
}

/* Random damage: no crash, no read past the end, and bounded results. */
static void damage_is_survived(void **state)
{
	static uint8_t bad[MAX];
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct seen seen = { .blocks = 0 };
		struct mkv_info info;

		memcpy(bad, file, file_len);
		for (int k = 0; k < 4; k++) {
			seed = seed * 1664525 + 1013904223;
			bad[seed % file_len] = (uint8_t)(seed >> 24);
			seed = seed * 1664525 + 1013904223;
			if (k & 1)
				bad[seed % 700] ^= (uint8_t)(1 << (seed >> 29));
		}
		(void)read_in_steps(bad, file_len, 1000, on_any_block, &info,
				    &seen);
		assert_true(info.whole_bytes <= file_len);
		assert_true(info.track_count <= MKV_READ_TRACKS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reader_finds_what_was_written),
		cmocka_unit_test(a_file_cut_anywhere_reads_up_to_there),
		cmocka_unit_test(frames_cost_little_and_never_tear),
		cmocka_unit_test(wrong_use_is_refused),
		cmocka_unit_test(the_bytes_are_those_of_the_golden_file),
		cmocka_unit_test(payloads_say_how_long_they_are),
		cmocka_unit_test(damage_is_survived),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
