#include "seal/bech32.h"

static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

enum { CHECKSUM_CHARS = 6 };

static uint32_t polymod(uint32_t c, uint8_t v)
{
	static const uint32_t gen[5] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
					 0x3d4233dd, 0x2a1462b3 };
	uint32_t top = c >> 25;

	c = (c & 0x1ffffff) << 5 ^ v;
	for (unsigned i = 0; i < 5; i++)
		if (top >> i & 1)
			c ^= gen[i];
	return c;
}

static char lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		c = (char)(c - 'A' + 'a');
	return c;
}

/* The human-readable part goes in twice: high bits, zero, low bits. */
static uint32_t polymod_hrp(struct text hrp)
{
	uint32_t c = 1;

	for (size_t i = 0; i < hrp.len; i++)
		c = polymod(c, (uint8_t)((uint8_t)lower(hrp.p[i]) >> 5));
	c = polymod(c, 0);
	for (size_t i = 0; i < hrp.len; i++)
		c = polymod(c, (uint8_t)lower(hrp.p[i]) & 31);
	return c;
}

static void put(struct writer *w, bool upper, char c)
{
	if (upper && c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	writer_u8(w, (uint8_t)c);
}

static void put_value(struct writer *w, bool upper, uint32_t *sum, uint8_t v)
{
	*sum = polymod(*sum, v);
	put(w, upper, charset[v]);
}

void bech32_write(struct writer *w, const char *hrp, bool upper, const void *p,
		  size_t len)
{
	const uint8_t *in = p;
	uint32_t sum = polymod_hrp(text_of(hrp));
	uint32_t acc = 0;
	unsigned bits = 0;

	for (const char *c = hrp; *c; c++)
		put(w, upper, *c);
	put(w, upper, '1');
	for (size_t i = 0; i < len; i++) {
		acc = (acc << 8 | in[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			put_value(w, upper, &sum, acc >> (bits - 5) & 31);
	}
	if (bits)
		put_value(w, upper, &sum, (uint8_t)(acc << (5 - bits) & 31));
	for (unsigned i = 0; i < CHECKSUM_CHARS; i++)
		sum = polymod(sum, 0);
	sum ^= 1;
	for (unsigned i = 0; i < CHECKSUM_CHARS; i++)
		put(w, upper, charset[sum >> (25 - 5 * i) & 31]);
}

/* One case throughout, printable, and a '1' with something on both sides. */
static int split(struct text t, struct text *hrp, struct text *data)
{
	bool up = false, low = false;
	size_t one = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (t.p[i] < 33 || t.p[i] > 126)
			return EBADMSG;
		up |= t.p[i] >= 'A' && t.p[i] <= 'Z';
		low |= t.p[i] >= 'a' && t.p[i] <= 'z';
		if (t.p[i] == '1')
			one = i;
	}
	if ((up && low) || !one || t.len - one - 1 < CHECKSUM_CHARS)
		return EBADMSG;
	*hrp = (struct text){ t.p, one };
	*data = (struct text){ t.p + one + 1, t.len - one - 1 };
	return 0;
}

int bech32_read(struct text t, struct text *ret_hrp, uint8_t *to, size_t max,
		size_t *ret_len)
{
	struct writer w = writer_on(to, max);
	struct text hrp, data;
	uint32_t sum, acc = 0;
	unsigned bits = 0;
	int err;

	if (t.len > BECH32_MAX)
		return EMSGSIZE;
	err = split(t, &hrp, &data);
	if (err)
		return err;
	sum = polymod_hrp(hrp);
	for (size_t i = 0; i < data.len; i++) {
		const char *hit = strchr(charset, lower(data.p[i]));
		uint8_t v;

		if (!hit)
			return EBADMSG;
		v = (uint8_t)(hit - charset);
		sum = polymod(sum, v);
		if (i + CHECKSUM_CHARS >= data.len)
			continue;
		acc = (acc << 5 | v) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			writer_u8(&w, (uint8_t)(acc >> bits));
		}
	}
	/* what is left over must be fewer bits than a character, and zero */
	if (sum != 1 || bits >= 5 || acc & ((1u << bits) - 1))
		return EBADMSG;
	if (w.full)
		return EMSGSIZE;
	*ret_hrp = hrp;
	*ret_len = w.len;
	return 0;
}
