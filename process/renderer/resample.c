#include "process/renderer/resample.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define LANES 8 /* sums side by side, for the compiler to take at once */
#define CROSSINGS 24
#define KAISER_BETA 7.5
#define TRANSITION 0.93 /* of the lower Nyquist frequency */

struct filter {
	unsigned up, down; /* the ratio in lowest terms */
	long half;         /* taps to either side */
	float *taps;       /* up phases of 2 * half taps */
};

static unsigned common(unsigned a, unsigned b)
{
	while (b) {
		unsigned rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Modified Bessel function of the first kind, order 0. */
static double bessel(double x)
{
	double sum = 1, term = 1;

	for (int k = 1; term > 1e-12 * sum; k++) {
		term *= x / (2 * k) * (x / (2 * k));
		sum += term;
	}
	return sum;
}

static double tap(double x, double half, double cutoff)
{
	double edge = x / half, sinc = 1;

	if (edge <= -1 || edge >= 1)
		return 0;
	if (fabs(x) > 1e-9)
		sinc = sin(M_PI * cutoff * x) / (M_PI * cutoff * x);
	return cutoff * sinc * bessel(KAISER_BETA * sqrt(1 - edge * edge)) /
	       bessel(KAISER_BETA);
}

static int filter_new(struct filter *f, unsigned from, unsigned to)
{
	unsigned g = common(from, to);
	double cutoff;

	assert(from && to);
	f->up = to / g;
	f->down = from / g;
	cutoff = TRANSITION * (to < from ? (double)to / from : 1);
	f->half = (long)ceil(CROSSINGS / cutoff);
	f->taps = calloc((size_t)f->up * 2 * (size_t)f->half, sizeof(float));
	if (!f->taps)
		return ENOMEM;
	for (unsigned phase = 0; phase < f->up; phase++) {
		float *taps = f->taps + (size_t)phase * 2 * (size_t)f->half;
		double sum = 0;

		for (long k = 0; k < 2 * f->half; k++) {
			double x = (double)(k - f->half + 1) -
				   (double)phase / f->up;

			taps[k] = (float)tap(x, (double)f->half, cutoff);
			sum += taps[k];
		}
		for (long k = 0; k < 2 * f->half; k++)
			taps[k] = (float)(taps[k] / sum);
	}
	return 0;
}

static float at(const struct filter *f, const struct sound *s, size_t i)
{
	uint64_t place = (uint64_t)i * f->down;
	long first = (long)(place / f->up) - f->half + 1;
	const float *taps = f->taps + place % f->up * 2 * (size_t)f->half;
	long begin = first < 0 ? -first : 0;
	long end = 2 * f->half;
	float sum[LANES] = { 0 }, all = 0;

	if (first + end > (long)s->count)
		end = (long)s->count - first;
	for (; begin + LANES <= end; begin += LANES)
		for (int k = 0; k < LANES; k++)
			sum[k] +=
				taps[begin + k] * s->samples[first + begin + k];
	for (; begin < end; begin++)
		all += taps[begin] * s->samples[first + begin];
	for (int k = 0; k < LANES; k++)
		all += sum[k];
	return all;
}

int resample(const struct sound *from, unsigned rate, struct sound *ret)
{
	struct filter f;
	struct sound to = { .rate = rate };
	int err = filter_new(&f, from->rate, rate);

	if (err)
		return err;
	to.count = (size_t)((uint64_t)from->count * f.up / f.down);
	if (!to.count)
		to.count = 1;
	to.samples = malloc(to.count * sizeof(float));
	for (size_t i = 0; to.samples && i < to.count; i++)
		to.samples[i] = at(&f, from, i);
	free(f.taps);
	if (!to.samples)
		return ENOMEM;
	*ret = to;
	return 0;
}
