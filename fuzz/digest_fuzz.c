/* Any value as a challenge and as an answer; what we write can be read. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <sodium.h>

#include "sip/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct secret *password(void)
{
	static struct secret *s;

	if (!s) {
		if (sodium_init() < 0 || secret_init(4096))
			return NULL;
		s = secret_new(6);
		memcpy(s->bytes, "secret", 6);
	}
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[DIGEST_NONCE_KEY_BYTES];
	static char out[256 * 1024];
	struct writer w = writer_on(out, sizeof(out));
	struct text value = { (const char *)data, size };
	struct digest_challenge c;
	struct digest_answer a;

	if (!password())
		return 0;
	if (!digest_answer_decode(value, &a)) {
		struct digest_asker asker = { .realm = TEXT("realm"),
					      .key = key,
					      .source = TEXT("192.0.2.1") };
		int err = digest_check(&a, &asker, TEXT("INVITE"), a.uri,
				       password());

		assert(err == EPERM || err == EAGAIN || !err);
	}
	if (digest_challenge_decode(value, &c) ||
	    digest_answer_write(&w, &c, TEXT("user"), password(), TEXT("BYE"),
				TEXT("sip:x"), 1, TEXT("c")) ||
	    writer_finish(&w))
		return 0;
	assert(!digest_answer_decode((struct text){ out, w.len }, &a));
	assert(a.algorithm == c.algorithm && a.nonce.len == c.nonce.len);
	return 0;
}
