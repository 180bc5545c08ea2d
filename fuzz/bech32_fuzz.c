/* Recipients and identities as text: what is read is written the same. */
#include <stdlib.h>

#include "seal/bech32.h"
#include "seal/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct text t = { (const char *)data, len }, hrp;
	char again[AGE_RECIPIENT_CHARS + 1];
	struct age_recipient r;
	uint8_t out[BECH32_MAX];
	size_t n;

	if (!bech32_read(t, &hrp, out, sizeof(out), &n)) {
		char buf[BECH32_MAX + 1], name[BECH32_MAX + 1];
		struct writer w = writer_on(buf, sizeof(buf));
		bool upper = false;

		for (size_t i = 0; i < len; i++)
			upper |= data[i] >= 'A' && data[i] <= 'Z';
		for (size_t i = 0; i < hrp.len; i++)
			name[i] = (char)(hrp.p[i] >= 'A' && hrp.p[i] <= 'Z'
						 ? hrp.p[i] + 32
						 : hrp.p[i]);
		name[hrp.len] = '\0';
		bech32_write(&w, name, upper, out, n);
		if (w.len != len || memcmp(buf, data, len))
			abort();
	}
	if (!age_recipient_read(t, &r)) {
		age_recipient_text(&r, again);
		if (!text_is(t, again))
			abort();
	}
	return 0;
}
