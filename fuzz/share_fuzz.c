/* Shares as words: what is read is written the same, and read the same again.
 */
#include <sodium.h>
#include <stdlib.h>

#include "shares/share.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { (const char *)data, size };
	char text[SHARE_TEXT_MAX];
	struct writer w = writer_on(text, sizeof(text));
	struct share_set set = { 0 };
	uint8_t secret[SHARE_SECRET_MAX];
	struct share s = { 0 }, again = { 0 };
	unsigned word = 0;
	size_t len;
	enum share_fault f = share_read(t, &s, &word);

	if ((f == SHARE_WORD) != (word > 0) || word > SHARE_WORDS_MAX)
		abort();
	if (f)
		return 0;
	share_write(&s, &w);
	if (writer_finish(&w) ||
	    share_read((struct text){ text, w.len }, &again, &word) ||
	    memcmp(&s, &again, sizeof(s)) != 0)
		abort();
	if (share_add(&set, &s) || share_add(&set, &again) != SHARE_TWICE)
		abort();
	set.list[0].exponent = 0;
	f = share_join(&set, TEXT(""), secret, &len);
	if (f && f != SHARE_TOO_FEW)
		abort();
	return 0;
}
