/* What a witness answers is taken only with a signature that holds. */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "tlog/cosign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char note[] =
		"example.com/log\n9\n"
		"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n";
	static const unsigned statuses[] = { 200, 409 };
	struct note_key key = { .name = "w.example",
				.id = 0x01020304,
				.type = NOTE_COSIGNATURE };
	char line[1024];

	if (sodium_init() < 0)
		abort();
	for (int i = 0; i < 2; i++) {
		struct writer w = writer_on(line, sizeof(line));
		enum cosign_outcome is;
		struct cosign c;
		uint64_t s;

		assert(!cosign_begin(&c, &key, TEXT(note)));
		is = cosign_answer(&c, statuses[i],
				   (struct text){ (const char *)data, size },
				   &w, &s);
		/* nobody has that key */
		assert(is != COSIGN_DONE);
		assert(is != COSIGN_AGAIN || c.old_size <= c.size);
	}
	return 0;
}
