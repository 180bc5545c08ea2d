#include "tests/unit/unit.h"

#include <sys/mman.h>
#include <unistd.h>

#include "prompts/prompts.h"

static void indices_are_unique_and_bounded(void **state)
{
	bool used[PROMPTS_MAX] = { false };
	unsigned total = 0;

	(void)state;
	for (unsigned line = 0; line < SETTINGS_LINES; line++)
		for (unsigned kind = 0; kind <= PROMPT_ASK; kind++)
			for (unsigned n = 0; n <= PROMPTS_POSITIONS; n++) {
				uint16_t i = prompt_index(
					line, (enum prompt_kind)kind, n);

				if (i == PROMPT_NONE)
					continue;
				if (n > 0 && (kind == PROMPT_BUSY ||
					      kind == PROMPT_MUSIC))
					continue; /* which does not matter */
				assert_true(i < PROMPTS_MAX);
				assert_false(used[i]);
				used[i] = true;
				total++;
			}
	assert_int_equal(total, PROMPTS_MAX);
	assert_int_equal(prompt_index(SETTINGS_LINES, PROMPT_BUSY, 0),
			 PROMPT_NONE);
	assert_int_equal(prompt_index(0, PROMPT_POSITION, 0), PROMPT_NONE);
	assert_int_equal(
		prompt_index(0, PROMPT_POSITION, PROMPTS_POSITIONS + 1),
		PROMPT_NONE);
	assert_int_equal(prompt_index(0, PROMPT_NOTICE, PROMPTS_NOTICES),
			 PROMPT_NONE);
}

/* Two packets of PCMA for prompt 3, one of Opus for prompt 0. */
static size_t build(uint8_t *to, size_t max)
{
	size_t head = PROMPTS_HEAD_BYTES + 2 * PROMPTS_ROW_BYTES;
	const struct prompt_row rows[] = {
		{ 3, CODEC_PCMA, 2, head, 2 + 160 + 2 + 160 },
		{ 0, CODEC_OPUS, 1, head + 324, 2 + 5 },
	};
	struct writer w = writer_on(to, max);
	uint8_t audio[160];

	prompts_write_head(&w, rows, 2);
	memset(audio, 0xd5, sizeof(audio));
	writer_u16(&w, 160);
	writer_copy(&w, audio, 160);
	memset(audio, 0x55, sizeof(audio));
	writer_u16(&w, 160);
	writer_copy(&w, audio, 160);
	writer_u16(&w, 5);
	writer_copy(&w, "opus!", 5);
	assert_int_equal(writer_finish(&w), 0);
	return w.len;
}

static void packets_come_out_as_they_went_in(void **state)
{
	uint8_t raw[1024];
	size_t len = build(raw, sizeof(raw)), at = 0;
	struct prompts p;
	struct bytes b;

	(void)state;
	assert_int_equal(prompts_read(&p, raw, len), 0);
	assert_int_equal(prompts_samples(&p, 3, CODEC_PCMA), 320);
	assert_int_equal(prompts_samples(&p, 0, CODEC_OPUS), 160);
	assert_int_equal(prompts_samples(&p, 3, CODEC_PCMU), 0);
	assert_int_equal(prompts_samples(&p, PROMPT_NONE, CODEC_PCMA), 0);
	assert_true(prompts_next(&p, 3, CODEC_PCMA, &at, &b));
	assert_int_equal(b.len, 160);
	assert_int_equal(b.p[0], 0xd5);
	assert_true(prompts_next(&p, 3, CODEC_PCMA, &at, &b));
	assert_int_equal(b.p[159], 0x55);
	assert_false(prompts_next(&p, 3, CODEC_PCMA, &at, &b));
	at = 0;
	assert_false(prompts_next(&p, 4, CODEC_PCMA, &at, &b));
	assert_true(prompts_next(&p, 0, CODEC_OPUS, &at, &b));
	assert_memory_equal(b.p, "opus!", 5);
}

/* Cut anywhere and laid against a page that may not be read: never past it. */
static void a_cut_memory_is_refused(void **state)
{
	uint8_t raw[1024];
	size_t len = build(raw, sizeof(raw));
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct prompts p;

	(void)state;
	assert_true(map != MAP_FAILED);
	assert_int_equal(mprotect(map + page, page, PROT_NONE), 0);
	for (size_t cut = 0; cut < len; cut++) {
		memcpy(map + page - cut, raw, cut);
		assert_int_equal(prompts_read(&p, map + page - cut, cut),
				 EBADMSG);
	}
	munmap(map, 2 * page);
}

static void a_wrong_field_is_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = {
		{ 0, 'x' },   /* magic */
		{ 8, 0xff },  /* too many rows */
		{ 11, 3 },    /* one row too many: packets taken for a row */
		{ 12, 0xff }, /* prompt */
		{ 14, 4 },    /* codec */
		{ 15, 1 },    /* reserved */
		{ 19, 3 },    /* more packets than there are */
		{ 19, 1 },    /* fewer */
		{ 19, 0 },    /* none */
		{ 20, 0xff }, /* offset */
		{ 28, 0xff }, /* length */
		{ 60, 0xff }, /* a packet's length */
	};
	uint8_t raw[1024];
	struct prompts p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = build(raw, sizeof(raw));

		raw[rows[i].at] = rows[i].value;
		assert_int_equal(prompts_read(&p, raw, len), EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(indices_are_unique_and_bounded),
		cmocka_unit_test(packets_come_out_as_they_went_in),
		cmocka_unit_test(a_cut_memory_is_refused),
		cmocka_unit_test(a_wrong_field_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
