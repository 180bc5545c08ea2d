/* Cards, as the ledger's database may hand them back. */
#include <sodium.h>
#include <stdlib.h>

#include "base/secret.h"
#include "seal/card.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct age_identity id;
static struct stream *s;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* the identity for which the seeds are sealed */
	static const char key[] =
		"AGE-SECRET-KEY-"
		"1QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSKMP32K";
	static uint8_t json[CARD_JSON_MAX];
	struct writer w = writer_on(json, sizeof(json));
	struct bytes in = { data, len }, envelope, payload;

	if (!id.scalar &&
	    (sodium_init() < 0 || secret_init(4096) ||
	     age_identity_read(text_of(key), &id) || stream_new(&s)))
		abort();
	if (!card_split(in, &envelope, &payload) &&
	    envelope.len + payload.len != len)
		abort();
	if (card_open(s, &id, in, &w) && w.len)
		abort();
	return 0;
}
