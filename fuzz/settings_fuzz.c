/* The configuration comes from an operator, but must never crash a node. */
#include <stdlib.h>
#include <string.h>

#include "settings/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void on_fault(void *arg, const struct settings_fault *f)
{
	(void)arg;
	(void)f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct settings *s = NULL;
	char *text = calloc(1, len + 1);

	/* libconfuse reads include files by itself: not what is tested here */
	if (text && len) {
		memcpy(text, data, len);
		if (!strstr(text, "include") &&
		    !settings_parse(&s, "/fuzz.conf", text, on_fault, NULL))
			settings_free(s);
	}
	free(text);
	return 0;
}
