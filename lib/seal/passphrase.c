#include "seal/passphrase.h"

#include <assert.h>
#include <sodium.h>

static const char *const words[] = {
#include "seal/words.def"
};

enum { WORDS = sizeof(words) / sizeof(words[0]) };

static_assert(WORDS == 2048, "eight words must be 88 bits");

void passphrase_new(char to[PASSPHRASE_MAX])
{
	struct writer w = writer_on(to, PASSPHRASE_MAX);

	for (unsigned i = 0; i < PASSPHRASE_WORDS; i++) {
		if (i)
			writer_u8(&w, '-');
		writer_str(&w, words[randombytes_uniform(WORDS)]);
	}
	writer_u8(&w, '\0');
	assert(!w.full);
}
