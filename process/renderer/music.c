#include "process/renderer/music.h"

#include <math.h>
#include <stdlib.h>

#define CHORDS 8
#define NOTES 8 /* of a chord */
#define NOTE_S 0.5
#define PEAK 0.22  /* well below speech */
#define TONE_S 3.0 /* a struck tone has died by then */
#define PAD_LEVEL 0.10f

/* MIDI numbers, low to high: C G/B Am7 Em7 Fmaj7 C/E Dm7 Gsus4 */
static const int chords[CHORDS][4] = {
	{ 48, 60, 64, 67 }, { 47, 59, 62, 67 }, { 45, 60, 64, 67 },
	{ 52, 59, 64, 67 }, { 53, 60, 64, 69 }, { 52, 60, 64, 67 },
	{ 50, 60, 65, 69 }, { 55, 60, 62, 67 },
};
/* which tone of the chord comes when, and how strongly it is struck */
static const int order[NOTES] = { 0, 1, 2, 3, 2, 3, 1, 2 };
static const float touch[NOTES] = { 1.0f,  0.55f, 0.6f, 0.8f,
				    0.55f, 0.65f, 0.5f, 0.55f };

static double frequency(int note)
{
	return 440 * pow(2, (note - 69) / 12.0);
}

/* A sine by turning a pointer: a call of sin() a sample would take seconds. */
struct turn {
	double cos, sin;
	double step_cos, step_sin;
};

static struct turn turn_begin(double hz, unsigned rate)
{
	double step = 2 * M_PI * hz / rate;

	return (struct turn){ 1, 0, cos(step), sin(step) };
}

static void turn_on(struct turn *t)
{
	double c = t->cos * t->step_cos - t->sin * t->step_sin;

	t->sin = t->sin * t->step_cos + t->cos * t->step_sin;
	t->cos = c;
}

/* 0 to 1 over the first samples, and back to 0 over the last. */
static double fade(size_t i, size_t len, size_t in, size_t out)
{
	if (i < in)
		return (double)i / (double)in;
	return i + out > len ? (double)(len - i) / (double)out : 1;
}

/* Added in a circle, so that what rings at the end rings on at the start. */
static void strike(struct sound *s, size_t begin, int note, float level)
{
	struct turn t = turn_begin(frequency(note), s->rate);
	double decay = exp(-1 / (0.8 * s->rate)), one = level;
	size_t len = (size_t)(TONE_S * s->rate);

	for (size_t i = 0; i < len; i++, turn_on(&t)) {
		double two = one * one / level, four = two * two / level;
		double v = one * t.sin + 0.30 * two * 2 * t.sin * t.cos +
			   0.08 * four * t.sin * (3 - 4 * t.sin * t.sin);

		s->samples[(begin + i) % s->count] +=
			(float)(v *
				fade(i, len, s->rate / 50, s->rate * 3 / 10));
		one *= decay;
	}
}

/* The upper tones of the chord, swelling and fading into the next. */
static void pad(struct sound *s, size_t begin, size_t len, const int *chord)
{
	size_t whole = len + len / 4;

	for (int n = 1; n < 4; n++) {
		struct turn t = turn_begin(frequency(chord[n]), s->rate);

		for (size_t i = 0; i < whole; i++, turn_on(&t))
			s->samples[(begin + i) % s->count] +=
				PAD_LEVEL *
				(float)(t.sin *
					fade(i, whole, whole / 2, whole / 2));
	}
}

int music_make(unsigned rate, struct sound *ret)
{
	size_t note = (size_t)(NOTE_S * rate);
	struct sound s = { .rate = rate, .count = note * NOTES * CHORDS };
	float most = 0;

	s.samples = calloc(s.count, sizeof(float));
	if (!s.samples)
		return ENOMEM;
	for (size_t c = 0; c < CHORDS; c++) {
		size_t begin = c * note * NOTES;

		pad(&s, begin, note * NOTES, chords[c]);
		for (size_t n = 0; n < NOTES; n++)
			strike(&s, begin + n * note, chords[c][order[n]],
			       touch[n]);
	}
	for (size_t i = 0; i < s.count; i++)
		most = fmaxf(most, fabsf(s.samples[i]));
	for (size_t i = 0; i < s.count; i++)
		s.samples[i] *= (float)PEAK / most;
	*ret = s;
	return 0;
}
