/* Headers, armor and key files, as anybody may hand them to the keeper. */
#include <sodium.h>
#include <stdlib.h>

#include "base/secret.h"
#include "seal/age.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct age_identity id;

static void open_header(struct bytes in)
{
	uint8_t fk[AGE_FILE_KEY_BYTES];
	struct age_header h;

	if (age_header_read(in, &h))
		return;
	if (h.len > in.len || h.covered.len > h.len)
		abort();
	/* work of at most 2^10: the fuzzer shall not wait for scrypt */
	(void)!age_header_unwrap_passphrase(&h, TEXT("password"), 10, fk);
	(void)!age_header_unwrap(&h, &id, 1, fk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = { data, len };
	struct age_identity other;

	if (!id.scalar &&
	    (sodium_init() < 0 || secret_init(4096) || age_identity_new(&id)))
		abort();
	open_header(in);
	if (age_is_armor(in)) {
		uint8_t *buf = malloc(len);
		struct writer w = writer_on(buf, len);

		if (buf && !age_armor_read(in, &w))
			open_header((struct bytes){ buf, w.len });
		free(buf);
	}
	if (!age_identity_file_read((struct text){ (const char *)data, len },
				    &other))
		age_identity_close(&other);
	return 0;
}
