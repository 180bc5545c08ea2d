/*
 * A share as words: ten bits a word, and the Reed-Solomon code over them
 */
#include <assert.h>
#include <sodium.h>

#include "shares/share.h"

enum {
	WORDS = 1024,
	WORD_BITS = 10,
	HEAD_WORDS = 4, /* 40 bits of what is the same, and of numbers */
	CHECK_WORDS = 3,
	PADDING_MAX = 8, /* bits */
};

static const char words[][SHARE_WORD_CHARS + 1] = {
#include "shares/words.def"
};

static_assert(sizeof(words) / sizeof(words[0]) == WORDS, "ten bits a word");

/* All ones when x is 0, else 0. */
static uint32_t mask_if_zero(uint32_t x)
{
	return (uint32_t)(((uint64_t)x - 1) >> 32);
}

/* ---- one word. The whole list is walked each time, so that memory tells
 * nothing of which word it was. */

static bool find_word(const char word[SHARE_WORD_CHARS], uint16_t *ret)
{
	uint32_t found = 0, index = 0;

	for (uint32_t i = 0; i < WORDS; i++) {
		uint32_t is;
		uint8_t differs = 0;

		for (unsigned k = 0; k < SHARE_WORD_CHARS; k++)
			differs |= (uint8_t)(words[i][k] ^ word[k]);
		is = mask_if_zero(differs);
		found |= is;
		index |= i & is;
	}
	*ret = (uint16_t)index;
	return found != 0;
}

static void put_word(uint32_t index, struct writer *w)
{
	char word[SHARE_WORD_CHARS] = { 0 };
	size_t len = 0;

	for (uint32_t i = 0; i < WORDS; i++) {
		uint32_t is = mask_if_zero(i ^ index);

		for (unsigned k = 0; k < SHARE_WORD_CHARS; k++)
			word[k] = (char)(word[k] | (words[i][k] & (char)is));
	}
	while (len < SHARE_WORD_CHARS && word[len])
		len++;
	writer_copy(w, word, len);
	sodium_memzero(word, sizeof(word));
}

/* ---- the checksum, RS1024 */

struct checker {
	uint32_t sum;
};

static void check_value(struct checker *c, uint32_t v)
{
	static const uint32_t generator[WORD_BITS] = {
		0x00e0e040, 0x01c1c080, 0x03838100, 0x07070200, 0x0e0e0009,
		0x1c0c2412, 0x38086c24, 0x3090fc48, 0x21b1f890, 0x03f3f120,
	};
	uint32_t top = c->sum >> 20;

	c->sum = ((c->sum & 0xfffff) << WORD_BITS) ^ v;
	for (unsigned i = 0; i < WORD_BITS; i++)
		c->sum ^= generator[i] & (0u - ((top >> i) & 1u));
}

static void check_begin(struct checker *c, bool extendable)
{
	const char *name = extendable ? "shamir_extendable" : "shamir";

	c->sum = 1;
	for (; *name; name++)
		check_value(c, (unsigned char)*name);
}

static uint32_t checksum_of(const uint16_t *list, unsigned count,
			    bool extendable)
{
	struct checker c;

	check_begin(&c, extendable);
	for (unsigned i = 0; i < count; i++)
		check_value(&c, list[i]);
	return c.sum;
}

/* ---- reading */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next word, in small letters, filled with zeros. False: one too long. */
static bool next_word(struct text *t, char to[SHARE_WORD_CHARS])
{
	size_t len = 0;

	memset(to, 0, SHARE_WORD_CHARS);
	while (t->len && !is_blank(*t->p)) {
		unsigned char c = (unsigned char)*t->p;
		unsigned upper = (unsigned)(c - 'A') < 26u;

		if (len == SHARE_WORD_CHARS)
			return false;
		to[len++] = (char)(c | upper << 5);
		t->p++;
		t->len--;
	}
	return true;
}

static void skip_blanks(struct text *t)
{
	while (t->len && is_blank(*t->p)) {
		t->p++;
		t->len--;
	}
}

static enum share_fault read_words(struct text t,
				   uint16_t list[SHARE_WORDS_MAX],
				   unsigned *ret_count, unsigned *ret_word)
{
	char word[SHARE_WORD_CHARS];
	unsigned count = 0;
	enum share_fault f = SHARE_GOOD;

	for (skip_blanks(&t); !f && t.len; skip_blanks(&t)) {
		if (count == SHARE_WORDS_MAX)
			f = SHARE_LENGTH;
		else if (!next_word(&t, word) || !find_word(word, &list[count]))
			f = SHARE_WORD;
		else
			count++;
	}
	sodium_memzero(word, sizeof(word));
	if (f == SHARE_WORD)
		*ret_word = count + 1;
	if (!f && count < SHARE_WORDS_MIN)
		f = SHARE_LENGTH;
	*ret_count = count;
	return f;
}

static void read_head(const uint16_t list[HEAD_WORDS], struct share *s)
{
	uint64_t head = 0;

	for (unsigned i = 0; i < HEAD_WORDS; i++)
		head = head << WORD_BITS | list[i];
	s->id = (uint16_t)(head >> 25);
	s->extendable = head >> 24 & 1;
	s->exponent = head >> 20 & 15;
	s->group = head >> 16 & 15;
	s->groups_needed = (uint8_t)((head >> 12 & 15) + 1);
	s->groups = (uint8_t)((head >> 8 & 15) + 1);
	s->member = head >> 4 & 15;
	s->needed = (uint8_t)((head & 15) + 1);
}

/* The value stands to the right: zeros fill the first word. */
static bool read_value(const uint16_t *list, unsigned count, unsigned padding,
		       struct share *s)
{
	uint32_t bits = list[0];
	unsigned held = WORD_BITS - padding, at = 1;

	if (bits >> held)
		return false;
	for (unsigned i = 0; i < s->len; i++) {
		if (held < 8) {
			bits = bits << WORD_BITS | list[at++];
			held += WORD_BITS;
		}
		held -= 8;
		s->value[i] = (uint8_t)(bits >> held);
		bits &= (1u << held) - 1;
	}
	assert(at == count && !held);
	return true;
}

static enum share_fault read_list(const uint16_t *list, unsigned count,
				  struct share *s)
{
	unsigned values = count - HEAD_WORDS - CHECK_WORDS;
	unsigned padding = values * WORD_BITS % 16;

	if (padding > PADDING_MAX)
		return SHARE_LENGTH;
	read_head(list, s);
	if (checksum_of(list, count, s->extendable) != 1)
		return SHARE_CHECKSUM;
	s->len = (uint8_t)(values * WORD_BITS / 16 * 2);
	if (s->groups_needed > s->groups ||
	    !read_value(list + HEAD_WORDS, values, padding, s))
		return SHARE_MALFORMED;
	return SHARE_GOOD;
}

enum share_fault share_read(struct text t, struct share *ret,
			    unsigned *ret_word)
{
	uint16_t list[SHARE_WORDS_MAX];
	struct share s = { 0 };
	unsigned count, word;
	enum share_fault f = read_words(t, list, &count, &word);

	if (f == SHARE_WORD)
		*ret_word = word;
	if (!f)
		f = read_list(list, count, &s);
	if (!f)
		*ret = s;
	sodium_memzero(list, sizeof(list));
	sodium_memzero(&s, sizeof(s));
	return f;
}

/* ---- writing */

static unsigned write_head(const struct share *s, uint16_t list[HEAD_WORDS])
{
	uint64_t head = s->id;

	head = head << 1 | s->extendable;
	head = head << 4 | s->exponent;
	head = head << 4 | s->group;
	head = head << 4 | (s->groups_needed - 1u);
	head = head << 4 | (s->groups - 1u);
	head = head << 4 | s->member;
	head = head << 4 | (s->needed - 1u);
	for (unsigned i = 0; i < HEAD_WORDS; i++)
		list[i] = head >> (HEAD_WORDS - 1 - i) * WORD_BITS & 1023;
	return HEAD_WORDS;
}

static unsigned write_value(const struct share *s, uint16_t *list)
{
	unsigned count = (s->len * 8u + WORD_BITS - 1) / WORD_BITS, at = 0;
	unsigned held = count * WORD_BITS - s->len * 8u;
	uint32_t bits = 0;

	for (unsigned i = 0; i < s->len; i++) {
		bits = bits << 8 | s->value[i];
		held += 8;
		if (held < WORD_BITS)
			continue;
		held -= WORD_BITS;
		list[at++] = (uint16_t)(bits >> held);
		bits &= (1u << held) - 1;
	}
	assert(at == count && !held);
	return count;
}

void share_write(const struct share *s, struct writer *w)
{
	uint16_t list[SHARE_WORDS_MAX] = { 0 };
	unsigned n = write_head(s, list);
	uint32_t sum;

	n += write_value(s, list + n);
	/* the three that make the whole come to 1 */
	sum = checksum_of(list, n + CHECK_WORDS, s->extendable) ^ 1;
	for (unsigned i = 0; i < CHECK_WORDS; i++)
		list[n++] = sum >> (CHECK_WORDS - 1 - i) * WORD_BITS & 1023;
	for (unsigned i = 0; i < n; i++) {
		if (i)
			writer_u8(w, ' ');
		put_word(list[i], w);
	}
	sodium_memzero(list, sizeof(list));
}
