#include "tests/unit/unit.h"

#include "container/mkv.h"
#include "recording/last_ms.h"
#include "recording/seek.h"

#define BODY_MAX ((size_t)2 * 1024 * 1024)

static uint8_t body[BODY_MAX];

/* Two G.711 tracks of so many seconds. */
static size_t make_body(unsigned seconds)
{
	static const enum codec codecs[MKV_AUDIO_TRACKS] = { CODEC_PCMA,
							     CODEC_PCMA,
							     CODEC_NONE };
	static const uint8_t payload[160] = { 0x1f, 0x43, 0xb6, 0x75, 1 };
	struct writer w = writer_on(body, sizeof(body));
	struct mkv_writer m;

	assert_int_equal(mkv_begin(&m, codecs, 1700000000000, &w), 0);
	for (uint64_t at = 0; at < seconds * 1000u; at += 20)
		for (unsigned track = 0; track < 2; track++)
			assert_int_equal(
				mkv_frame(&m, track, at,
					  (struct bytes){ payload, 160 }, &w),
				0);
	return w.len;
}

static void points_are_clusters(const struct seek *s, size_t len)
{
	for (uint32_t i = 0; i < s->count; i++) {
		const struct seek_point *p = &s->point[i];
		uint64_t ms;

		assert_int_equal(0,
				 cluster_ms((struct bytes){ body + p->offset,
							    len - p->offset },
					    &ms));
		assert_int_equal(p->ms, ms);
		assert_true(!i || p->ms >= s->point[i - 1].ms + SEEK_EVERY_MS);
	}
}

/* Fed in pieces of any size, each with the end of the one before it. */
static void clusters_are_found(void **state)
{
	static const size_t pieces[] = { 1, 13, 4000, 65536, BODY_MAX };
	size_t len = make_body(45);

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct seek s = { 0 };

		for (size_t at = 0; at < len; at += pieces[i]) {
			size_t from = at < CLUSTER_HEAD_MAX
					      ? 0
					      : at - CLUSTER_HEAD_MAX;
			size_t to = len - at < pieces[i] ? len : at + pieces[i];

			seek_scan(&s, (struct bytes){ body + from, to - from },
				  from);
		}
		assert_int_equal(5, s.count);
		assert_int_equal(0, s.point[0].ms);
		assert_int_equal(40000, s.point[4].ms);
		points_are_clusters(&s, len);
	}
}

/* As long a talk as one likes: the same room, points further apart. */
static void room_is_bounded(void **state)
{
	struct seek s = { 0 };

	(void)state;
	for (uint64_t at = 0; at < 24 * 3600; at++)
		seek_note(&s, at * 1000, at * 16000);
	assert_true(s.count > SEEK_MAX / 2 && s.count <= SEEK_MAX);
	for (uint32_t i = 0; i < s.count; i++) {
		assert_int_equal(s.point[i].ms * 16ull, s.point[i].offset);
		assert_int_equal(s.point[i].ms,
				 i * SEEK_EVERY_MS * s.times_every);
	}
	/* past what a point can say: no point */
	seek_note(&s, UINT32_MAX - 5ull, 1ull << 32);
	seek_note(&s, 1ull << 32, 7);
	assert_true(s.point[s.count - 1].ms < UINT32_MAX - 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clusters_are_found),
		cmocka_unit_test(room_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
