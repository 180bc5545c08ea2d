#include "seal/comb.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "seal/fe25519.h"

enum {
	DIGITS = 64,       /* of a scalar, in radix 16, from -8 to 8 */
	ROWS = DIGITS / 2, /* multiples of 256^i times the point */
	ROW = 8,
};

/* Extended coordinates: x = X/Z, y = Y/Z, xy = T/Z (RFC 8032 section 5.1.4) */
struct point {
	struct fe x, y, z, t;
};

/*
 * An affine point as an addition wants it. Sixteen limbs, one for nothing, so
 * that rows are looked through with vector instructions.
 */
struct addend {
	struct fe y_plus_x, y_minus_x, xy2d;
	uint64_t unused;
};

enum { ADDEND_LIMBS = sizeof(struct addend) / sizeof(uint64_t) };

static_assert(ADDEND_LIMBS == 16, "no padding");

struct comb {
	struct addend rows[ROWS][ROW];
};

/* d of the curve, little-endian, and a root of -1 (RFC 8032 section 5.1) */
static const uint8_t d_bytes[32] = {
	0xa3, 0x78, 0x59, 0x13, 0xca, 0x4d, 0xeb, 0x75, 0xab, 0xd8, 0x41,
	0x41, 0x4d, 0x0a, 0x70, 0x00, 0x98, 0xe8, 0x79, 0x77, 0x79, 0x40,
	0xc7, 0x8c, 0x73, 0xfe, 0x6f, 0x2b, 0xee, 0x6c, 0x03, 0x52,
};
static const uint8_t root_bytes[32] = {
	0xb0, 0xa0, 0x0e, 0x4a, 0x27, 0x1b, 0xee, 0xc4, 0x78, 0xe4, 0x2f,
	0xad, 0x06, 0x18, 0x43, 0x2f, 0xa7, 0xd7, 0xfb, 0x3d, 0x99, 0x00,
	0x4d, 0x2b, 0x0b, 0xdf, 0xc1, 0x4f, 0x80, 0x24, 0x83, 0x2b,
};

static struct point identity(void)
{
	return (struct point){ fe_small(0), fe_small(1), fe_small(1),
			       fe_small(0) };
}

static void join(struct point *p, const struct fe *e, const struct fe *f,
		 const struct fe *g, const struct fe *h)
{
	p->x = fe_mul(e, f);
	p->y = fe_mul(h, g);
	p->t = fe_mul(e, h);
	p->z = fe_mul(f, g);
}

/* RFC 8032 section 5.1.4, with the second point affine and prepared */
static void add(struct point *p, const struct addend *q)
{
	struct fe minus = fe_sub(p->y, p->x), plus = fe_add(p->y, p->x);
	struct fe a = fe_mul(&minus, &q->y_minus_x);
	struct fe b = fe_mul(&plus, &q->y_plus_x);
	struct fe c = fe_mul(&p->t, &q->xy2d), d = fe_add(p->z, p->z);
	struct fe e = fe_sub(b, a), f = fe_sub(d, c), g = fe_add(d, c);
	struct fe h = fe_add(b, a);

	join(p, &e, &f, &g, &h);
}

static void twice(struct point *p)
{
	struct fe a = fe_square(&p->x), b = fe_square(&p->y);
	struct fe z2 = fe_square(&p->z), c = fe_add(z2, z2);
	struct fe h = fe_add(a, b), xy = fe_add(p->x, p->y);
	struct fe s = fe_square(&xy), e = fe_sub(h, s), g = fe_sub(a, b);
	struct fe f = fe_add(c, g);

	join(p, &e, &f, &g, &h);
}

static bool is_identity(const struct point *p)
{
	return fe_equal(p->x, fe_small(0)) && fe_equal(p->y, p->z);
}

static void prepare(const struct point *p, const struct fe *d2,
		    struct addend *ret)
{
	struct fe z = fe_invert(&p->z), one = fe_small(1), xy, sum;
	struct fe x = fe_mul(&p->x, &z), y = fe_mul(&p->y, &z);

	/* multiplied by one to carry: limbs of a table are those of products */
	sum = fe_add(y, x);
	ret->y_plus_x = fe_mul(&sum, &one);
	sum = fe_sub(y, x);
	ret->y_minus_x = fe_mul(&sum, &one);
	xy = fe_mul(&x, &y);
	ret->xy2d = fe_mul(&xy, d2);
}

/*
 * From Montgomery's u to a point: y = (u-1)/(u+1), and either of the two x,
 * which differ in sign: u does not know it, neither does the result.
 */
static int lift(const uint8_t u_bytes[32], const struct fe *d,
		struct point *ret)
{
	struct fe u = fe_read(u_bytes), one = fe_small(1);
	struct fe above = fe_sub(u, one), below = fe_add(u, one);
	struct fe inverse = fe_invert(&below), y = fe_mul(&above, &inverse);
	struct fe y2 = fe_square(&y), dy2 = fe_mul(d, &y2);
	struct fe n = fe_sub(y2, one), m = fe_add(dy2, one);
	struct fe m2, m3, m7, nm7, power, nm3, x, check, root;

	if (fe_equal(below, fe_small(0)))
		return EINVAL;
	/* x = n m^3 (n m^7)^((p-5)/8), RFC 8032 section 5.1.3 */
	m2 = fe_square(&m);
	m3 = fe_mul(&m2, &m);
	m7 = fe_mul(&m3, &m3);
	m7 = fe_mul(&m7, &m);
	nm7 = fe_mul(&n, &m7);
	power = fe_pow_252_3(&nm7);
	nm3 = fe_mul(&n, &m3);
	x = fe_mul(&nm3, &power);
	check = fe_square(&x);
	check = fe_mul(&check, &m);
	if (!fe_equal(check, n)) {
		root = fe_read(root_bytes);
		x = fe_mul(&x, &root);
		check = fe_square(&x);
		check = fe_mul(&check, &m);
		if (!fe_equal(check, n)) /* on the twist */
			return EINVAL;
	}
	*ret = (struct point){ x, y, one, fe_mul(&x, &y) };
	return 0;
}

static void fill(struct comb *c, struct point p, const struct fe *d)
{
	struct fe sum = fe_add(*d, *d), one = fe_small(1);
	struct fe d2 = fe_mul(&sum, &one);

	for (size_t i = 0; i < ROWS; i++) {
		struct point multiple = p;

		prepare(&p, &d2, &c->rows[i][0]);
		for (size_t k = 1; k < ROW; k++) {
			add(&multiple, &c->rows[i][0]);
			prepare(&multiple, &d2, &c->rows[i][k]);
		}
		for (int k = 0; k < 8; k++)
			twice(&p);
	}
}

static bool agrees_with_libsodium(const struct comb *c, const uint8_t point[32])
{
	uint8_t scalar[32], ours[32], theirs[32];
	struct comb_job job = { c, scalar, ours };

	randombytes_buf(scalar, sizeof(scalar));
	return !comb_multiply(&job, 1) &&
	       !crypto_scalarmult(theirs, scalar, point) &&
	       !memcmp(ours, theirs, sizeof(ours));
}

int comb_new(struct comb **ret, const uint8_t point[32])
{
	struct fe d = fe_read(d_bytes);
	struct point p, eighth;
	struct comb *c;
	int err = lift(point, &d, &p);

	if (err)
		return err;
	eighth = p;
	for (int i = 0; i < 3; i++)
		twice(&eighth);
	if (is_identity(&eighth))
		return EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return ENOMEM;
	fill(c, p, &d);
	if (!agrees_with_libsodium(c, point)) {
		comb_free(c);
		return EINVAL;
	}
	*ret = c;
	return 0;
}

void comb_free(struct comb *c)
{
	free(c);
}

/* Digits from -8 to 8 of the clamped scalar (RFC 7748 section 5) */
static void recode(const uint8_t scalar[32], int8_t digits[DIGITS])
{
	int carry = 0;

	for (size_t i = 0; i < 32; i++) {
		uint8_t b = scalar[i];

		if (i == 0)
			b &= 0xf8;
		if (i == 31)
			b = (b & 0x7f) | 0x40;
		digits[2 * i] = (int8_t)(b & 15);
		digits[2 * i + 1] = (int8_t)(b >> 4);
	}
	for (size_t i = 0; i < DIGITS - 1; i++) {
		int v = digits[i] + carry;

		carry = (v + 8) >> 4;
		digits[i] = (int8_t)(v - carry * 16);
	}
	digits[DIGITS - 1] = (int8_t)(digits[DIGITS - 1] + carry);
}

/* to = from where mask is all ones; nothing where it is zero */
static void choose(struct addend *to, const struct addend *from, uint64_t mask)
{
	uint64_t a[ADDEND_LIMBS], b[ADDEND_LIMBS];

	memcpy(a, to, sizeof(a));
	memcpy(b, from, sizeof(b));
#pragma GCC unroll 16
	for (int i = 0; i < ADDEND_LIMBS; i++)
		a[i] ^= mask & (a[i] ^ b[i]);
	memcpy(to, a, sizeof(a));
}

/* digit times the row's point, touching the whole row whatever the digit */
static void pick(const struct addend row[ROW], int8_t digit, struct addend *ret)
{
	uint64_t negative = (uint64_t)((uint8_t)digit >> 7);
	/* |digit|: all bits flipped and one added, where it is negative */
	uint64_t size = ((uint64_t)digit ^ (0 - negative)) + negative;
	struct addend sum = { .y_plus_x = fe_small(1),
			      .y_minus_x = fe_small(1) };
	struct addend minus = { .unused = 0 };

	for (uint64_t k = 0; k < ROW; k++)
		/* all ones where size is k + 1: only then the left side wraps
		 */
		choose(&sum, &row[k], 0 - (((size ^ (k + 1)) - 1) >> 63));
	minus.y_plus_x = sum.y_minus_x;
	minus.y_minus_x = sum.y_plus_x;
	minus.xy2d = fe_sub(minus.xy2d, sum.xy2d);
	choose(&sum, &minus, 0 - negative);
	*ret = sum;
}

static struct point multiply(const struct comb *c, const uint8_t scalar[32])
{
	int8_t digits[DIGITS];
	struct point p = identity();
	struct addend q;

	recode(scalar, digits);
	for (size_t i = 1; i < DIGITS; i += 2) {
		pick(c->rows[i / 2], digits[i], &q);
		add(&p, &q);
	}
	for (int k = 0; k < 4; k++)
		twice(&p);
	for (size_t i = 0; i < DIGITS; i += 2) {
		pick(c->rows[i / 2], digits[i], &q);
		add(&p, &q);
	}
	sodium_memzero(digits, sizeof(digits));
	sodium_memzero(&q, sizeof(q));
	return p;
}

/*
 * u = (Z+Y)/(Z-Y) for each, with one inversion: of the product of all the
 * denominators, taken apart from the end (Montgomery's trick).
 */
int comb_multiply(const struct comb_job *jobs, size_t n)
{
	struct fe above[COMB_BATCH_MAX], below[COMB_BATCH_MAX];
	struct fe product[COMB_BATCH_MAX], rest, inverse, u;
	bool zero = false;

	assert(n && n <= COMB_BATCH_MAX);
	for (size_t i = 0; i < n; i++) {
		struct point p = multiply(jobs[i].comb, jobs[i].scalar);

		above[i] = fe_add(p.z, p.y);
		below[i] = fe_sub(p.z, p.y);
		product[i] = i ? fe_mul(&product[i - 1], &below[i]) : below[i];
		sodium_memzero(&p, sizeof(p));
	}
	rest = fe_invert(&product[n - 1]);
	for (size_t i = n; i-- > 0;) {
		inverse = i ? fe_mul(&rest, &product[i - 1]) : rest;
		rest = fe_mul(&rest, &below[i]);
		u = fe_mul(&above[i], &inverse);
		fe_write(u, jobs[i].out);
		zero |= sodium_is_zero(jobs[i].out, 32);
	}
	sodium_memzero(above, sizeof(above));
	sodium_memzero(below, sizeof(below));
	sodium_memzero(product, sizeof(product));
	sodium_memzero(&rest, sizeof(rest));
	sodium_memzero(&inverse, sizeof(inverse));
	sodium_memzero(&u, sizeof(u));
	return zero ? EBADMSG : 0;
}
