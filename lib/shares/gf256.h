/*
 * gf256 -- the field of 256 elements that sharing computes in
 *
 * Bytes modulo x^8 + x^4 + x^3 + x + 1 (as in AES, and SLIP-39). Both
 * operations take the same steps whatever the bytes are: no table, no branch.
 */
#ifndef VAXEL_SHARES_GF256_H
#define VAXEL_SHARES_GF256_H

#include <stdint.h>

static inline uint8_t gf256_mul(uint8_t a, uint8_t b)
{
	unsigned product = 0, x = a;

	for (unsigned bit = 0; bit < 8; bit++) {
		product ^= x & (0u - ((b >> bit) & 1u));
		x = (x << 1) ^ (0x11bu & (0u - ((x >> 7) & 1u)));
	}
	return (uint8_t)product;
}

/* a^254, which is 1/a; of 0 it is 0. */
static inline uint8_t gf256_inverse(uint8_t a)
{
	uint8_t power = a, r = 1;

	for (unsigned bit = 1; bit < 8; bit++) {
		power = gf256_mul(power, power);
		r = gf256_mul(r, power);
	}
	return r;
}

#endif
