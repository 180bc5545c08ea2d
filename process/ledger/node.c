#include "process/ledger/node.h"

#include <sodium.h>

static void id_of(enum event_type type, uint64_t started_ms,
		  uint8_t to[ID_BYTES])
{
	static const char label[] = "vaxel/node/1";
	uint8_t in[sizeof(label) + 9], digest[crypto_hash_sha256_BYTES];
	struct writer w = writer_on(in, sizeof(in));

	writer_copy(&w, label, sizeof(label));
	writer_u8(&w, (uint8_t)type);
	writer_u64(&w, started_ms);
	(void)crypto_hash_sha256(digest, in, w.len);
	memcpy(to, digest, ID_BYTES);
}

int node_say(struct book *b, enum event_type type, const char *organisation,
	     uint64_t started_ms, int64_t now_ms)
{
	char details[64];
	struct writer w = writer_on(details, sizeof(details));
	struct book_event e = { .type = type,
				.at_ms = now_ms,
				.organisation = text_of(organisation) };
	uint64_t entry;

	writer_printf(&w, "{\"started\":%llu}", (unsigned long long)started_ms);
	e.details = (struct text){ details, w.len };
	id_of(type, started_ms, e.id);
	return book_enter(b, &e, &entry);
}
