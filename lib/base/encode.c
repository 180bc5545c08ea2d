#include "base/encode.h"

#include <sodium.h>

static const char base64_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char base32_alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

void base64_write(struct writer *w, enum base64_form form, const void *p,
		  size_t len)
{
	const char *alphabet =
		form == BASE64_URL ? base64url_alphabet : base64_alphabet;
	const uint8_t *in = p;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)in[i] << 16;

		if (n > 1)
			v |= (uint32_t)in[i + 1] << 8;
		if (n > 2)
			v |= in[i + 2];
		for (size_t k = 0; k < 4; k++) {
			if (k <= n)
				writer_u8(w,
					  (uint8_t)alphabet[v >> (18 - 6 * k) &
							    63]);
			else if (form == BASE64_PADDED)
				writer_u8(w, '=');
		}
	}
}

static int base64_digit(enum base64_form form, char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (form == BASE64_URL ? '-' : '+'))
		return 62;
	return c == (form == BASE64_URL ? '_' : '/') ? 63 : -1;
}

int base64_read(struct text t, enum base64_form form, uint8_t *to, size_t max,
		size_t *ret_len)
{
	struct writer w = writer_on(to, max);
	uint32_t acc = 0;
	unsigned bits = 0;

	if (form == BASE64_PADDED) {
		if (t.len % 4)
			return EBADMSG;
		for (int i = 0; i < 2 && t.len && t.p[t.len - 1] == '='; i++)
			t.len--;
	}
	if (t.len % 4 == 1)
		return EBADMSG;
	for (size_t i = 0; i < t.len; i++) {
		int d = base64_digit(form, t.p[i]);

		if (d < 0)
			return EBADMSG;
		acc = (acc << 6 | (uint32_t)d) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			writer_u8(&w, (uint8_t)(acc >> bits));
		}
	}
	/* the bits left over carry nothing, and must say so */
	if (acc & ((1u << bits) - 1))
		return EBADMSG;
	if (w.full)
		return EMSGSIZE;
	*ret_len = w.len;
	return 0;
}

void hex_write(struct writer *w, const void *p, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = p;

	for (size_t i = 0; i < len; i++) {
		writer_u8(w, (uint8_t)digits[in[i] >> 4]);
		writer_u8(w, (uint8_t)digits[in[i] & 15]);
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hex_read(struct text t, uint8_t *to, size_t len)
{
	if (t.len != 2 * len)
		return EBADMSG;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(t.p[2 * i]);
		int low = hex_digit(t.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return EBADMSG;
		to[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

void id_new(uint8_t id[ID_BYTES])
{
	randombytes_buf(id, ID_BYTES);
}

void id_text(const uint8_t id[ID_BYTES], char to[ID_CHARS + 1])
{
	for (size_t i = 0; i < ID_CHARS; i++) {
		size_t bit = 5 * i;
		uint32_t pair = (uint32_t)id[bit / 8] << 8;

		if (bit / 8 + 1 < ID_BYTES)
			pair |= id[bit / 8 + 1];
		to[i] = base32_alphabet[pair >> (11 - bit % 8) & 31];
	}
	to[ID_CHARS] = '\0';
}

int id_read(struct text t, uint8_t id[ID_BYTES])
{
	uint8_t out[ID_BYTES] = { 0 };
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t n = 0;

	if (t.len != ID_CHARS)
		return EBADMSG;
	for (size_t i = 0; i < t.len; i++) {
		const char *hit = memchr(base32_alphabet, t.p[i], 32);

		if (!hit)
			return EBADMSG;
		acc = (acc << 5 | (uint32_t)(hit - base32_alphabet)) & 0xffff;
		bits += 5;
		if (bits >= 8 && n < ID_BYTES) {
			bits -= 8;
			out[n++] = (uint8_t)(acc >> bits);
		}
	}
	if (acc & 3) /* 26 characters hold two bits more than 16 bytes */
		return EBADMSG;
	memcpy(id, out, ID_BYTES);
	return 0;
}
