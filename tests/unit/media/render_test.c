#include "tests/unit/unit.h"

#include <math.h>
#include <opus/opus.h>
#include <spandsp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/renderer/music.h"
#include "process/renderer/plan.h"
#include "process/renderer/resample.h"
#include "process/renderer/speak.h"

/* ---- WAVE */

struct wave {
	uint8_t raw[256];
	size_t len;
};

static void little(struct wave *w, uint32_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		w->raw[w->len++] = (uint8_t)(v >> 8 * i);
}

static void tag(struct wave *w, const char *name, uint32_t size)
{
	memcpy(w->raw + w->len, name, 4);
	w->len += 4;
	little(w, size, 4);
}

static struct wave wave(uint16_t kind, uint16_t channels, uint32_t rate,
			uint16_t bits, const void *data, uint32_t len)
{
	struct wave w = { .len = 0 };

	tag(&w, "RIFF", 0);
	memcpy(w.raw + w.len, "WAVE", 4);
	w.len += 4;
	tag(&w, "LIST", 3); /* odd: a byte of filling follows */
	little(&w, 0, 4);
	tag(&w, "fmt ", 16);
	little(&w, kind, 2);
	little(&w, channels, 2);
	little(&w, rate, 4);
	little(&w, rate * channels * bits / 8, 4);
	little(&w, channels * bits / 8u, 2);
	little(&w, bits, 2);
	tag(&w, "data", len);
	memcpy(w.raw + w.len, data, len);
	w.len += len;
	return w;
}

static void waves_are_read(void **state)
{
	static const uint8_t one[] = { 0x00, 0x40, 0x00, 0xc0 };
	static const uint8_t deep[] = { 0, 0, 0x40, 0, 0, 0xc0 };
	static const uint8_t shallow[] = { 0xc0, 0x40 };
	const float floats[] = { 0.5f, -0.5f };
	static const uint8_t stereo[] = { 0x00, 0x40, 0x00, 0x40,
					  0x00, 0x80, 0x00, 0x00 };
	struct {
		struct wave w;
		int err;
	} rows[] = {
		{ wave(1, 1, 8000, 16, one, 4), 0 },
		{ wave(1, 1, 22050, 24, deep, 6), 0 },
		{ wave(1, 1, 48000, 8, shallow, 2), 0 },
		{ wave(3, 1, 16000, 32, floats, 8), 0 },
		{ wave(1, 2, 8000, 16, stereo, 8), 0 },
		{ wave(1, 1, 7999, 16, one, 4), EBADMSG },
		{ wave(1, 0, 8000, 16, one, 4), EBADMSG },
		{ wave(1, 9, 8000, 16, one, 4), EBADMSG },
		{ wave(1, 1, 8000, 12, one, 4), EBADMSG },
		{ wave(2, 1, 8000, 16, one, 4), EBADMSG },
		{ wave(3, 1, 8000, 16, one, 4), EBADMSG },
		{ wave(1, 1, 8000, 16, one, 0), EBADMSG },
	};
	struct sound s;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(wav_read(&s, rows[i].w.raw, rows[i].w.len),
				 rows[i].err);
		if (rows[i].err)
			continue;
		assert_int_equal(s.count, 2);
		assert_true(fabsf(s.samples[0] - 0.5f) < 0.001f);
		assert_true(fabsf(s.samples[1] + 0.5f) < 0.001f);
		sound_free(&s);
	}
	/* as a program writes it that cannot go back */
	rows[0].w.raw[rows[0].w.len - 5] = 0x7f;
	assert_int_equal(wav_read(&s, rows[0].w.raw, rows[0].w.len), 0);
	assert_int_equal(s.count, 2);
	sound_free(&s);
	for (size_t cut = 0; cut < rows[4].w.len - 4; cut++)
		assert_int_equal(wav_read(&s, rows[4].w.raw, cut), EBADMSG);
}

/* ---- rates */

static struct sound tone(double hz, unsigned rate, double seconds)
{
	struct sound s = { .rate = rate, .count = (size_t)(seconds * rate) };

	s.samples = calloc(s.count, sizeof(float));
	for (size_t i = 0; i < s.count; i++)
		s.samples[i] =
			(float)(0.5 * sin(2 * M_PI * hz * (double)i / rate));
	return s;
}

static double power_db(double p)
{
	return 10 * log10(p + 1e-20);
}

/* Power of the tone itself, and of all else, in the middle of the sound. */
static void measure(const float *p, size_t n, double hz, unsigned rate,
		    double *ret_tone, double *ret_rest)
{
	double re = 0, im = 0, all = 0, edge = (double)n;

	for (size_t i = 0; i < n; i++) {
		double x = 2 * M_PI * hz * (double)i / rate;
		double w = 0.5 - 0.5 * cos(2 * M_PI * (double)i / edge);

		re += w * p[i] * cos(x);
		im += w * p[i] * sin(x);
	}
	re *= 4 / edge;
	im *= 4 / edge;
	for (size_t i = 0; i < n; i++) {
		double x = 2 * M_PI * hz * (double)i / rate;
		double left = p[i] - re * cos(x) - im * sin(x);

		all += left * left;
	}
	*ret_tone = (re * re + im * im) / 2;
	*ret_rest = all / edge;
}

static void rates_change_cleanly(void **state)
{
	static const struct {
		double hz;
		unsigned from, to;
	} rows[] = {
		{ 1000, 22050, 8000 },  { 3300, 22050, 8000 },
		{ 440, 44100, 8000 },   { 3000, 48000, 16000 },
		{ 1000, 22050, 48000 }, { 6500, 16000, 48000 },
		{ 300, 8000, 48000 },   { 1000, 11025, 8000 },
		{ 700, 24000, 16000 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sound in = tone(rows[i].hz, rows[i].from, 1), out;
		double signal, rest;

		assert_int_equal(resample(&in, rows[i].to, &out), 0);
		assert_int_equal(out.count, rows[i].to);
		measure(out.samples + out.count / 4, out.count / 2, rows[i].hz,
			rows[i].to, &signal, &rest);
		/* 0.1 dB flat, 70 dB clean */
		if (fabs(power_db(signal) - power_db(0.125)) > 0.1 ||
		    power_db(signal) - power_db(rest) < 70)
			fail_msg("%f %u %u: %f dB, clean to %f dB", rows[i].hz,
				 rows[i].from, rows[i].to, power_db(signal),
				 power_db(signal) - power_db(rest));
		sound_free(&in);
		sound_free(&out);
	}
}

static void what_would_alias_is_gone(void **state)
{
	static const double hz[] = { 4100, 5000, 7000, 10000 };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct sound in = tone(hz[i], 22050, 1), out;
		double all = 0;

		assert_int_equal(resample(&in, 8000, &out), 0);
		for (size_t k = 2000; k < 6000; k++)
			all += out.samples[k] * out.samples[k] / 4000;
		assert_true(power_db(all) - power_db(0.125) < -70);
		sound_free(&in);
		sound_free(&out);
	}
}

/* ---- packets */

static void codecs_give_the_tone_back(void **state)
{
	(void)state;
	for (unsigned c = 0; c < PROMPTS_CODECS; c++) {
		enum codec codec = (enum codec)c;
		unsigned rate = packets_rate(codec);
		struct sound in = tone(1000, rate, 1.01); /* 50.5 packets */
		struct pile pile = { 0 };
		float *heard = calloc(rate * 2, sizeof(float));
		int16_t pcm[960];
		OpusDecoder *opus = opus_decoder_create(24000, 1, NULL);
		g722_decode_state_t *g722 = g722_decode_init(NULL, 64000, 0);
		uint32_t packets = 0;
		size_t at = 0, n = 0;
		double signal, rest;

		assert_int_equal(
			packets_make(&pile, &in, codec, false, &packets), 0);
		assert_int_equal(packets, 51);
		while (at < pile.len) {
			int len = pile.p[at] << 8 | pile.p[at + 1], got = len;
			const uint8_t *p = pile.p + at + 2;

			if (codec == CODEC_OPUS)
				got = opus_decode(opus, p, len, pcm, 960, 0);
			else if (codec == CODEC_G722)
				got = g722_decode(g722, pcm, p, len);
			else
				for (int i = 0; i < len; i++)
					pcm[i] = codec == CODEC_PCMA
							 ? alaw_to_linear(p[i])
							 : ulaw_to_linear(p[i]);
			assert_int_equal(got, rate / 50);
			for (int i = 0; i < got; i++)
				heard[n++] = (float)pcm[i] / 32768;
			at += 2u + (size_t)len;
		}
		measure(heard + rate / 4, rate / 2, 1000, rate, &signal, &rest);
		assert_true(fabs(power_db(signal) - power_db(0.125)) < 1);
		assert_true(power_db(signal) - power_db(rest) > 20);
		free(heard);
		free(pile.p);
		sound_free(&in);
		opus_decoder_destroy(opus);
		(void)g722_decode_free(g722);
	}
}

/* ---- music */

static void music_is_calm_and_joins(void **state)
{
	struct sound a, b;
	float most = 0, step = 0;
	double mean = 0, all = 0;

	(void)state;
	assert_int_equal(music_make(8000, &a), 0);
	assert_int_equal(music_make(8000, &b), 0);
	assert_int_equal(a.count % 160, 0);
	assert_int_equal(a.count, 32 * 8000);
	assert_memory_equal(a.samples, b.samples, a.count * sizeof(float));
	for (size_t i = 0; i < a.count; i++) {
		float next = a.samples[(i + 1) % a.count];

		most = fmaxf(most, fabsf(a.samples[i]));
		step = fmaxf(step, fabsf(next - a.samples[i]));
		mean += a.samples[i] / (double)a.count;
		all += a.samples[i] * a.samples[i] / (double)a.count;
	}
	assert_true(most <= 0.25f && most > 0.1f);
	assert_true(fabs(mean) < 0.001);
	assert_true(power_db(all) > -35 && power_db(all) < -18);
	/* no click anywhere, the seam included */
	assert_true(step < 0.15f);
	/* never silent for half a second */
	for (size_t i = 0; i + 4000 <= a.count; i += 4000) {
		double part = 0;

		for (size_t k = i; k < i + 4000; k++)
			part += a.samples[k] * a.samples[k] / 4000;
		assert_true(power_db(part) > -50);
	}
	sound_free(&a);
	sound_free(&b);
}

/* ---- the plan */

static struct settings *some_settings(void)
{
	struct settings *s = calloc(1, sizeof(*s));
	struct line *l = &s->lines[0];

	s->role = NODE_ONE_MACHINE;
	s->line_count = 1;
	s->codecs[0] = CODEC_PCMA;
	s->codecs[1] = CODEC_OPUS;
	s->codec_count = 2;
	l->notice_count = 2;
	strcpy(l->notices[0].language, "sv");
	strcpy(l->notices[0].text, "Ring 112 om det gäller livet.");
	strcpy(l->notices[1].language, "en");
	strcpy(l->notices[1].audio, "/nowhere.wav");
	strcpy(l->busy_text, "Ingen är här.");
	strcpy(l->position_text, "Du är nummer %u i kön, %s.");
	return s;
}

static void the_plan_follows_the_settings(void **state)
{
	struct settings *s = some_settings();
	struct plan *p;

	(void)state;
	assert_int_equal(plan_new(&p, s), 0);
	assert_int_equal(p->count, 2 + 1 + PROMPTS_POSITIONS + 1);
	assert_int_equal(p->jobs[0].prompt, prompt_index(0, PROMPT_NOTICE, 0));
	assert_string_equal(p->jobs[0].text, s->lines[0].notices[0].text);
	assert_null(p->jobs[0].file);
	assert_string_equal(p->jobs[1].file, "/nowhere.wav");
	assert_int_equal(p->jobs[2].prompt, prompt_index(0, PROMPT_BUSY, 0));
	assert_string_equal(p->jobs[2].language, "sv");
	/* the number, and nothing else that printf would obey */
	assert_string_equal(p->jobs[3 + 11].text, "Du är nummer 12 i kön, %s.");
	assert_int_equal(p->jobs[23].prompt, prompt_index(0, PROMPT_MUSIC, 0));
	assert_true(p->jobs[23].loop);
	plan_free(p);
	free(s);
}

/* What a national node says, and no notice or queue of which it has none. */
static void the_plan_of_one_who_asks(void **state)
{
	struct settings *s = some_settings();
	struct ask_words *a = &s->lines[0].asks[0];
	struct plan *p;

	(void)state;
	s->role = NODE_NATIONAL;
	s->lines[0].ask_count = 1;
	strcpy(a->language, "sv");
	strcpy(a->postcode, "Postnummer, %u?");
	strcpy(a->regions, "Region: %r. Tack.");
	assert_int_equal(plan_new(&p, s), 0);
	assert_int_equal(p->count, ASK_PIECES + 1);
	assert_string_equal(p->jobs[0].text, "Postnummer, %u?");
	assert_int_equal(p->jobs[1].prompt,
			 prompt_index(0, PROMPT_ASK, ASK_PIECE_REGIONS));
	assert_memory_equal(p->jobs[1].text, "Region: 0 1, Region Stockholm. ",
			    31);
	assert_non_null(
		strstr(p->jobs[1].text, ". 2 5, Region Norrbotten. Ta"));
	assert_true(p->jobs[ASK_PIECES].loop);
	plan_free(p);
	free(s);
}

static void rendered_prompts_can_be_read(void **state)
{
	static const uint8_t pcm[4] = { 0, 1, 0, 2 };
	struct settings *s = some_settings();
	struct wave w = wave(1, 1, 8000, 16, pcm, 4);
	struct prompts found;
	struct pile pile;
	struct plan *p;
	unsigned job;

	(void)state;
	assert_int_equal(plan_new(&p, s), 0);
	for (unsigned i = 0; i < p->count - 1; i++) {
		p->jobs[i].wav = malloc(w.len);
		memcpy(p->jobs[i].wav, w.raw, w.len);
		p->jobs[i].wav_len = w.len;
	}
	assert_int_equal(plan_render(p, &pile, &job), 0);
	assert_int_equal(prompts_read(&found, pile.p, pile.len), 0);
	for (unsigned c = CODEC_PCMA; c <= CODEC_OPUS; c += CODEC_OPUS) {
		/* 200 ms before speech; a file as it is */
		assert_int_equal(
			prompts_samples(&found,
					prompt_index(0, PROMPT_NOTICE, 0),
					(enum codec)c),
			11 * 160);
		assert_int_equal(
			prompts_samples(&found,
					prompt_index(0, PROMPT_NOTICE, 1),
					(enum codec)c),
			160);
		assert_int_equal(
			prompts_samples(&found,
					prompt_index(0, PROMPT_MUSIC, 0),
					(enum codec)c),
			32 * 8000);
	}
	assert_int_equal(prompts_samples(&found,
					 prompt_index(0, PROMPT_NOTICE, 0),
					 CODEC_G722),
			 0);
	free(pile.p);
	/* a broken file is named, a text without sound is not music */
	p->jobs[1].wav_len = 20;
	assert_int_equal(plan_render(p, &pile, &job), EBADMSG);
	assert_int_equal(job, 1);
	free(p->jobs[0].wav);
	p->jobs[0].wav = NULL;
	assert_int_equal(plan_render(p, &pile, &job), EBADMSG);
	assert_int_equal(job, 0);
	plan_free(p);
	free(s);
}

static void speech_is_spoken(void **state)
{
	struct sound s;
	uint8_t *wav;
	size_t len;
	double all = 0;
	int err;

	(void)state;
	assert_int_equal(speak("-w/tmp/x", TEXT("hej"), &wav, &len), EINVAL);
	assert_int_equal(speak("s;v", TEXT("hej"), &wav, &len), EINVAL);
	if (access("/usr/bin/espeak-ng", X_OK)) {
		print_message("skipped: no espeak-ng\n");
		skip();
	}
	err = speak("sv", TEXT("Välkommen till elva sjuttiosju."), &wav, &len);
	assert_int_equal(err, 0);
	assert_int_equal(wav_read(&s, wav, len), 0);
	assert_in_range(s.count * 10 / s.rate, 10, 50);
	for (size_t i = 0; i < s.count; i++)
		all += s.samples[i] * s.samples[i] / (double)s.count;
	assert_true(power_db(all) > -40);
	sound_free(&s);
	free(wav);
	assert_int_equal(speak("zz", TEXT("hej"), &wav, &len), EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waves_are_read),
		cmocka_unit_test(rates_change_cleanly),
		cmocka_unit_test(what_would_alias_is_gone),
		cmocka_unit_test(codecs_give_the_tone_back),
		cmocka_unit_test(music_is_calm_and_joins),
		cmocka_unit_test(the_plan_follows_the_settings),
		cmocka_unit_test(the_plan_of_one_who_asks),
		cmocka_unit_test(rendered_prompts_can_be_read),
		cmocka_unit_test(speech_is_spoken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
