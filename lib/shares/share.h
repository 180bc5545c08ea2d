/*
 * share -- a secret in printable shares, any k of n of which give it back
 *
 * The format is SLIP-39 (SatoshiLabs, "Shamir's Secret-Sharing for Mnemonic
 * Codes"): a share is a line of 20 to 33 words from a list of 1,024, with a
 * checksum over all of them that finds up to three wrong words. Shares of one
 * splitting have their first words in common. Fewer than k tell nothing.
 *
 * Whoever reads has to do with everything that the format allows: two levels
 * (members of groups), both kinds of salt, any cost. What is written here is
 * one group, with the "extendable" salt.
 *
 * A passphrase changes what comes out and is not checked by the format: with
 * another one the shares give another secret. Whoever joins must know the
 * secret by something else, here by its public key.
 *
 * Values lie where the caller puts them: in secret memory. Time does not
 * depend on values, nor on words. Needs sodium_init(). Pure but for chance.
 */
#ifndef VAXEL_SHARES_SHARE_H
#define VAXEL_SHARES_SHARE_H

#include "base/bytes.h"

#define SHARE_SECRET_MIN 16 /* bytes, an even number */
#define SHARE_SECRET_MAX 32
#define SHARE_MEMBERS_MAX 16
#define SHARE_WORDS_MIN 20
#define SHARE_WORDS_MAX 33
#define SHARE_WORD_CHARS 8
#define SHARE_TEXT_MAX (SHARE_WORDS_MAX * (SHARE_WORD_CHARS + 1))
#define SHARE_SET_MAX 64
/*
 * 640,000 turns of PBKDF2: what is advised for words that a person thought of.
 * It takes about a second, and is done once. Without a passphrase it would
 * protect nothing: 0 then.
 */
#define SHARE_EXPONENT 6

struct share {
	/* the same in all shares of a splitting */
	uint16_t id;
	bool extendable;
	uint8_t exponent; /* PBKDF2 runs 10000 << exponent times */
	uint8_t groups_needed;
	uint8_t groups;
	/* the same in all shares of a group */
	uint8_t group;
	uint8_t needed;
	uint8_t member;
	uint8_t len;
	uint8_t value[SHARE_SECRET_MAX];
};

struct share_set {
	unsigned count;
	struct share list[SHARE_SET_MAX];
};

enum share_fault {
	SHARE_GOOD,
	SHARE_WORD,      /* a word that is not of the list */
	SHARE_LENGTH,    /* no share has so many words */
	SHARE_CHECKSUM,  /* words of the list, and one or more of them wrong */
	SHARE_MALFORMED, /* a checksum that is right over what makes no sense */
	SHARE_OTHER_SET, /* of another splitting */
	SHARE_TWICE,     /* the very same share once more */
	SHARE_CLASH,     /* the same number as another, and not the same */
	SHARE_TOO_FEW,
	SHARE_TOO_MANY, /* more than SHARE_SET_MAX */
	SHARE_NO_FIT,   /* each is whole, but they give no secret together */
};

/*
 * Read a line of words; case and the number of blanks do not matter.
 *
 * ret_word  with SHARE_WORD: which one, from 1
 */
enum share_fault share_read(struct text t, struct share *ret,
			    unsigned *ret_word) CHECK_RESULT;

/* Writes up to SHARE_TEXT_MAX characters; the buffer is the caller's to wipe.
 */
void share_write(const struct share *s, struct writer *w);

enum share_fault share_add(struct share_set *set,
			   const struct share *s) CHECK_RESULT;

/*
 * The secret, of ret_len bytes. Shares beyond those that are needed must agree
 * with them. On a fault nothing is written.
 */
enum share_fault share_join(const struct share_set *set, struct text passphrase,
			    uint8_t ret[SHARE_SECRET_MAX],
			    size_t *ret_len) CHECK_RESULT;

/*
 * Split in `count` shares (2 to 16), `needed` of which (2 or more) give it
 * back.
 *
 * exponent  see SHARE_EXPONENT; up to 15
 *
 * EINVAL  numbers or length out of range, or a passphrase that is not of
 *         printable ASCII
 */
int share_split(struct bytes secret, struct text passphrase, unsigned needed,
		unsigned count, unsigned exponent,
		struct share_set *ret) CHECK_RESULT;

/* Characters that the format allows in a passphrase; it may be empty. */
bool share_passphrase_ok(struct text passphrase);

#endif
