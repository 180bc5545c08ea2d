/* Any text as a URI: a number is digits, or nothing. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "sip/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { (const char *)data, size };
	struct number n, again;

	if (number_from_uri(t, &n))
		return 0;
	assert(strspn(n.digits, "+0123456789") == strlen(n.digits));
	assert(strlen(n.digits) < NUMBER_MAX);
	assert((n.kind == NUMBER_E164) == (n.digits[0] == '+'));
	if (n.kind != NUMBER_E164 && n.kind != NUMBER_SHORT)
		return 0;
	/* what is normal stays so */
	assert(!number_from_text(text_of(n.digits), &again));
	assert(again.kind == n.kind && !strcmp(again.digits, n.digits));
	return 0;
}
