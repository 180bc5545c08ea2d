/*
 * fe25519 -- arithmetic modulo 2^255 - 19, for comb.c alone
 *
 * Five limbs of 51 bits. A product's limbs are below 2^52; sums and differences
 * of products are not carried and stay below 2^54, which a product can take:
 * each function says what it wants. Nothing here branches or indexes on values.
 */
#ifndef VAXEL_SEAL_FE25519_H
#define VAXEL_SEAL_FE25519_H

#include "base/bytes.h"

struct fe {
	uint64_t v[5];
};

__extension__ typedef unsigned __int128 fe_wide;

#define FE_MASK ((UINT64_C(1) << 51) - 1)

static inline uint64_t fe_load(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

/* The top bit is ignored, as RFC 7748 section 5 has it. */
static inline struct fe fe_read(const uint8_t p[32])
{
	return (struct fe){ { fe_load(p) & FE_MASK,
			      fe_load(p + 6) >> 3 & FE_MASK,
			      fe_load(p + 12) >> 6 & FE_MASK,
			      fe_load(p + 19) >> 1 & FE_MASK,
			      fe_load(p + 24) >> 12 & FE_MASK } };
}

static inline struct fe fe_small(uint64_t n)
{
	return (struct fe){ { n, 0, 0, 0, 0 } };
}

static inline struct fe fe_add(struct fe a, struct fe b)
{
	return (struct fe){ { a.v[0] + b.v[0], a.v[1] + b.v[1], a.v[2] + b.v[2],
			      a.v[3] + b.v[3], a.v[4] + b.v[4] } };
}

/* b is a product, or smaller: 2p is added so that no limb goes below zero. */
static inline struct fe fe_sub(struct fe a, struct fe b)
{
	return (struct fe){
		{ a.v[0] + 2 * (FE_MASK - 18) - b.v[0],
		  a.v[1] + 2 * FE_MASK - b.v[1], a.v[2] + 2 * FE_MASK - b.v[2],
		  a.v[3] + 2 * FE_MASK - b.v[3], a.v[4] + 2 * FE_MASK - b.v[4] }
	};
}

static inline struct fe fe_carry(fe_wide r0, fe_wide r1, fe_wide r2, fe_wide r3,
				 fe_wide r4)
{
	struct fe r;

	r1 += (uint64_t)(r0 >> 51);
	r2 += (uint64_t)(r1 >> 51);
	r3 += (uint64_t)(r2 >> 51);
	r4 += (uint64_t)(r3 >> 51);
	r.v[0] = ((uint64_t)r0 & FE_MASK) + (uint64_t)(r4 >> 51) * 19;
	r.v[1] = ((uint64_t)r1 & FE_MASK) + (r.v[0] >> 51);
	r.v[0] &= FE_MASK;
	r.v[2] = (uint64_t)r2 & FE_MASK;
	r.v[3] = (uint64_t)r3 & FE_MASK;
	r.v[4] = (uint64_t)r4 & FE_MASK;
	return r;
}

/* Limbs of both below 2^54, one of them below 2^53.5. */
static inline struct fe fe_mul(const struct fe *a, const struct fe *b)
{
	const uint64_t *x = a->v, *y = b->v;
	uint64_t y1 = 19 * y[1], y2 = 19 * y[2], y3 = 19 * y[3];
	uint64_t y4 = 19 * y[4];

#define M(i, j) ((fe_wide)(i) * (j))
	return fe_carry(M(x[0], y[0]) + M(x[1], y4) + M(x[2], y3) +
				M(x[3], y2) + M(x[4], y1),
			M(x[0], y[1]) + M(x[1], y[0]) + M(x[2], y4) +
				M(x[3], y3) + M(x[4], y2),
			M(x[0], y[2]) + M(x[1], y[1]) + M(x[2], y[0]) +
				M(x[3], y4) + M(x[4], y3),
			M(x[0], y[3]) + M(x[1], y[2]) + M(x[2], y[1]) +
				M(x[3], y[0]) + M(x[4], y4),
			M(x[0], y[4]) + M(x[1], y[3]) + M(x[2], y[2]) +
				M(x[3], y[1]) + M(x[4], y[0]));
#undef M
}

static inline struct fe fe_square(const struct fe *a)
{
	return fe_mul(a, a);
}

/* a^(2^n) */
static inline struct fe fe_squares(struct fe a, int n)
{
	while (n--)
		a = fe_square(&a);
	return a;
}

/* a^(2^250 - 1), from which both powers below begin; *ret_11 is a^11. */
static inline struct fe fe_pow_250(const struct fe *a, struct fe *ret_11)
{
	struct fe a2 = fe_square(a), t = fe_squares(a2, 2);
	struct fe a9 = fe_mul(&t, a), a11 = fe_mul(&a9, &a2), p5, p10, p20, p40;
	struct fe p50, p100, p200;

	t = fe_square(&a11);
	p5 = fe_mul(&t, &a9);
	t = fe_squares(p5, 5);
	p10 = fe_mul(&t, &p5);
	t = fe_squares(p10, 10);
	p20 = fe_mul(&t, &p10);
	t = fe_squares(p20, 20);
	p40 = fe_mul(&t, &p20);
	t = fe_squares(p40, 10);
	p50 = fe_mul(&t, &p10);
	t = fe_squares(p50, 50);
	p100 = fe_mul(&t, &p50);
	t = fe_squares(p100, 100);
	p200 = fe_mul(&t, &p100);
	t = fe_squares(p200, 50);
	*ret_11 = a11;
	return fe_mul(&t, &p50);
}

/* 1/a = a^(2^255 - 21); of 0 it is 0. */
static inline struct fe fe_invert(const struct fe *a)
{
	struct fe a11, t = fe_pow_250(a, &a11);

	t = fe_squares(t, 5);
	return fe_mul(&t, &a11);
}

/* a^(2^252 - 3), with which square roots are taken (RFC 8032 section 5.1.3) */
static inline struct fe fe_pow_252_3(const struct fe *a)
{
	struct fe a11, t = fe_pow_250(a, &a11);

	t = fe_squares(t, 2);
	return fe_mul(&t, a);
}

/* Fully reduced. */
static inline void fe_write(struct fe a, uint8_t to[32])
{
	uint64_t q, c = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < 5; i++) {
			a.v[i] += c;
			c = a.v[i] >> 51;
			a.v[i] &= FE_MASK;
		}
		c *= 19;
	}
	a.v[0] += c;
	/* below 2^255 + 19 now: is it p or more? */
	q = (a.v[0] + 19) >> 51;
	for (int i = 1; i < 5; i++)
		q = (a.v[i] + q) >> 51;
	c = 19 * q;
	for (int i = 0; i < 5; i++) {
		a.v[i] += c;
		c = a.v[i] >> 51;
		a.v[i] &= FE_MASK;
	}
	for (size_t i = 0; i < 32; i++) {
		size_t bit = 8 * i, limb = bit / 51, shift = bit % 51;
		uint64_t v = a.v[limb] >> shift;

		if (shift > 43 && limb < 4)
			v |= a.v[limb + 1] << (51 - shift);
		to[i] = (uint8_t)v;
	}
}

static inline bool fe_equal(struct fe a, struct fe b)
{
	uint8_t x[32], y[32];

	fe_write(a, x);
	fe_write(b, y);
	return !memcmp(x, y, sizeof(x));
}

#endif
